package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"foster/server"
	"foster/server/config"
)

// runSnapshot asks the parent that is running for a copy of its data directory, and moves it to where it shall be.
func runSnapshot(ctx context.Context, e *env, args []string) error {
	fs, opts := serverFlags(e, "snapshot")
	url := fs.String("url", "", "`address` of the parent, as http://host:19999, instead of that of the configuration")
	to := fs.String("to", "", "`directory` for the copy, which must not exist (default: a new one in snapshots in the data directory)")
	if err := parse(e, fs, args); err != nil {
		return err
	}
	if *to != "" {
		if _, err := os.Lstat(*to); err == nil {
			return fmt.Errorf("%s is there already", *to)
		}
	}
	client, base := &http.Client{}, strings.TrimRight(*url, "/")
	if base == "" {
		var err error
		if client, base, err = ownParent(opts); err != nil {
			return err
		}
	}
	snapshot, err := askForSnapshot(ctx, client, base)
	if err != nil {
		return fmt.Errorf("ask the parent at %s for a snapshot: %w", base, err)
	}
	path := snapshot.Path
	if *to != "" {
		if err := moveDir(path, *to); err != nil {
			return fmt.Errorf("move the snapshot, which is in %s: %w", path, err)
		}
		path = *to
	}
	_, err = fmt.Fprintln(e.stdout, path)
	return err
}

func askForSnapshot(ctx context.Context, client *http.Client, base string) (s server.Snapshot, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+server.SnapshotPath, http.NoBody)
	if err != nil {
		return s, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return s, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	if err != nil {
		return s, err
	}
	if resp.StatusCode != http.StatusOK {
		return s, fmt.Errorf("it answers %s: %s", resp.Status, strings.TrimSpace(string(body)))
	}
	if err := json.Unmarshal(body, &s); err != nil {
		return s, fmt.Errorf("read its answer: %w", err)
	}
	return s, nil
}

// ownParent returns how to reach the parent that runs with opts on this machine.
func ownParent(opts *server.Options) (*http.Client, string, error) {
	guid, err := server.MachineGUID(opts.DataDir)
	if err != nil {
		return nil, "", fmt.Errorf("there is no data of a parent in %s: %w", opts.DataDir, err)
	}
	cfg, _ := config.Load(opts.ConfigDir)
	web := &cfg.Server.Web
	binds := web.Bind
	if opts.Listen != "" {
		var err error
		if binds, err = config.ParseBinds(opts.Listen, config.DefaultPort); err != nil {
			return nil, "", err
		}
	}
	pair, err := server.LoadCertificate(web)
	if err != nil {
		return nil, "", err
	}
	for _, b := range binds {
		if !b.ACL.Has(config.ACLManagement) {
			continue
		}
		scheme := "http"
		if b.Network != "unix" && pair != nil && b.SSL != config.SSLOptional {
			scheme = "https"
		}
		address := b.Address()
		if host, port, err := net.SplitHostPort(address); b.Network != "unix" && err == nil {
			if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
				host = "localhost"
			}
			address = net.JoinHostPort(host, port)
		}
		dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, b.Network, address)
		}
		name := address
		if b.Network == "unix" {
			name = "localhost"
		}
		// The address is our own; its certificate is for the name that others use.
		transport := &http.Transport{DialContext: dial, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}
		return &http.Client{Transport: owner{transport, guid}}, scheme + "://" + name, nil
	}
	return nil, "", errors.New("the configuration has no address that offers management; name one with --url")
}

// owner asks none but the parent that has a machine GUID: on its address there may be another one.
type owner struct {
	http.RoundTripper
	guid string
}

// RoundTrip implements http.RoundTripper.
func (o owner) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set(server.ForHeader, o.guid)
	resp, err := o.RoundTripper.RoundTrip(req)
	if err != nil || resp.StatusCode != http.StatusMisdirectedRequest {
		return resp, err
	}
	return nil, errors.Join(errors.New("another parent is there; name the address of yours with --url"), resp.Body.Close())
}

// moveDir moves a directory, to another file system if need be.
func moveDir(from, to string) error {
	err := os.Rename(from, to)
	if !errors.Is(err, syscall.EXDEV) {
		return err
	}
	part := to + ".part"
	if err := os.CopyFS(part, os.DirFS(from)); err != nil {
		return errors.Join(err, os.RemoveAll(part))
	}
	if err := syncTree(part); err != nil {
		return err
	}
	if err := os.Rename(part, to); err != nil {
		return err
	}
	return os.RemoveAll(from)
}

// syncTree makes sure that the files of a directory are on the disk.
func syncTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		return errors.Join(f.Sync(), f.Close())
	})
}
