package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"foster/server"
	"foster/server/config"
	"foster/storage"
	"foster/storage/catalog"
)

// hostCommands are the sub-commands of foster host.
var hostCommands = []struct {
	name, arguments, summary string
}{
	{"list", "", "list the hosts"},
	{"remove", "HOST...", "remove hosts, by hostname or machine GUID, and all that is stored of them"},
}

// runHost lists or removes hosts: it asks the parent that runs, or works on the data directory when none does.
func runHost(ctx context.Context, e *env, args []string) error {
	name := ""
	if len(args) > 0 {
		name, args = args[0], args[1:]
	}
	fs, opts := serverFlags(e, "host "+name)
	address := fs.String("url", "", "`address` of the parent, as http://host:19999, instead of that of the configuration")
	force := false
	switch name {
	case "list":
	case "remove":
		fs.BoolVar(&force, "force", false, "remove hosts that are connected, too")
	default:
		fmt.Fprintln(e.stderr, "Usage: foster host COMMAND [flags]")
		for _, c := range hostCommands {
			fmt.Fprintf(e.stderr, "\n  %-6s %-7s  %s", c.name, c.arguments, c.summary)
		}
		fmt.Fprintln(e.stderr)
		if name == "-h" || name == "-help" || name == "--help" {
			return flag.ErrHelp
		}
		return errUsage
	}
	names, err := parseHosts(e, fs, args, name == "remove")
	if err != nil {
		return err
	}
	hosts, done, err := findHosts(ctx, opts, *address)
	if err != nil {
		return err
	}
	if name == "list" {
		err = listHosts(ctx, e, hosts)
	} else {
		for _, n := range names {
			if err = removeHost(ctx, e, hosts, n, force); err != nil {
				break
			}
		}
	}
	return errors.Join(err, done())
}

// parseHosts parses flags and names of hosts in any order, of which there are some or none.
func parseHosts(e *env, fs *flag.FlagSet, args []string, some bool) ([]string, error) {
	names, err := parseNames(fs, args)
	switch {
	case err != nil:
		return nil, err
	case some && len(names) == 0:
		fmt.Fprintf(e.stderr, "%s: which host?\n", fs.Name())
		return nil, errUsage
	case !some && len(names) > 0:
		fmt.Fprintf(e.stderr, "%s: unexpected argument %q\n", fs.Name(), names[0])
		return nil, errUsage
	}
	return names, nil
}

// parseNames parses flags and names in any order.
func parseNames(fs *flag.FlagSet, args []string) (names []string, err error) {
	for {
		if err := fs.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, errUsage
		}
		if fs.NArg() == 0 {
			return names, nil
		}
		names, args = append(names, fs.Arg(0)), fs.Args()[1:]
	}
}

// hostLine is what is told of a host, by the API's names.
type hostLine struct {
	GUID      string  `json:"guid"`
	Hostname  string  `json:"hostname"`
	State     string  `json:"state"`
	Agent     string  `json:"agent"`
	Metrics   int     `json:"metrics"`
	LastSeen  float64 `json:"last_seen"`
	DiskBytes int64   `json:"disk_bytes"`
	Ephemeral bool    `json:"ephemeral"`
}

// hostSource is where hosts are: in a parent that runs, or in a data directory.
type hostSource struct {
	list   func(ctx context.Context) ([]hostLine, error)
	remove func(ctx context.Context, name string, force bool) (hostLine, error)
}

// findHosts opens the data directory, or reaches the parent that uses it. done must be called in the end.
func findHosts(ctx context.Context, opts *server.Options, address string) (s hostSource, done func() error, err error) {
	done = func() error { return nil }
	if address != "" {
		return parentHosts(&http.Client{}, strings.TrimRight(address, "/")), done, nil
	}
	if _, err := os.Stat(filepath.Join(opts.DataDir, "catalog.db")); err != nil {
		return s, done, fmt.Errorf("there is no data of a parent in %s: %w", opts.DataDir, err)
	}
	cfg, _ := config.Load(opts.ConfigDir)
	so := server.StoreOptions(cfg, opts.DataDir)
	so.Logger = slog.New(slog.NewTextHandler(opts.Output, &slog.HandlerOptions{Level: slog.LevelWarn}))
	store, err := storage.Open(ctx, so)
	switch {
	case errors.Is(err, storage.ErrLocked):
		client, base, err := ownParent(opts)
		return parentHosts(client, base), done, err
	case err != nil:
		return s, done, err
	}
	return storeHosts(store), store.Close, nil
}

// parentHosts are the hosts of a parent that runs.
func parentHosts(client *http.Client, base string) hostSource {
	ask := func(ctx context.Context, method, path string, answer any) error {
		req, err := http.NewRequestWithContext(ctx, method, base+"/api/foster/v1/hosts"+path, http.NoBody)
		if err != nil {
			return err
		}
		resp, err := client.Do(req)
		if err != nil {
			return fmt.Errorf("ask the parent at %s: %w", base, err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<30))
		switch {
		case err != nil:
			return fmt.Errorf("read the answer of the parent at %s: %w", base, err)
		case resp.StatusCode != http.StatusOK:
			return fmt.Errorf("the parent at %s answers %s: %s", base, resp.Status, strings.TrimSpace(string(body)))
		}
		if err := json.Unmarshal(body, answer); err != nil {
			return fmt.Errorf("read the answer of the parent at %s: %w", base, err)
		}
		return nil
	}
	return hostSource{
		list: func(ctx context.Context) ([]hostLine, error) {
			var answer struct{ Hosts []hostLine }
			err := ask(ctx, http.MethodGet, "", &answer)
			return answer.Hosts, err
		},
		remove: func(ctx context.Context, name string, force bool) (hostLine, error) {
			var answer struct{ Removed, Hostname string }
			path := "/" + url.PathEscape(name)
			if force {
				path += "?force=1"
			}
			err := ask(ctx, http.MethodDelete, path, &answer)
			return hostLine{GUID: answer.Removed, Hostname: answer.Hostname}, err
		},
	}
}

// storeHosts are the hosts of a store that no parent uses.
func storeHosts(store *storage.Store) hostSource {
	return hostSource{
		list: func(ctx context.Context) ([]hostLine, error) {
			if err := store.Measure(ctx); err != nil {
				return nil, err
			}
			var list []hostLine
			for _, h := range store.Catalog().Hosts() {
				list = append(list, lineOf(store, h))
			}
			return list, nil
		},
		remove: func(ctx context.Context, name string, _ bool) (hostLine, error) {
			h := store.Catalog().Find(name)
			switch {
			case h == nil:
				return hostLine{}, fmt.Errorf("there is no host %q", name)
			case store.Catalog().Ambiguous(h) && h.Info().Hostname == name:
				return hostLine{}, fmt.Errorf("more than one host is named %q: name it by its machine GUID", name)
			}
			line := lineOf(store, h)
			if err := store.Remove(ctx, h); err != nil {
				return line, err
			}
			// What is in the head of tier 0 is left to the parent.
			_, err := store.Erase(ctx)
			return line, err
		},
	}
}

func lineOf(store *storage.Store, h *catalog.Host) hostLine {
	info := h.Info()
	line := hostLine{
		GUID: h.GUID, Hostname: info.Hostname, State: string(h.State(time.Now())), Ephemeral: info.Ephemeral,
		Agent: strings.TrimSpace(info.ProgramName + " " + info.ProgramVersion),
	}
	if seen := h.LastSeen(); !seen.IsZero() {
		line.LastSeen = float64(seen.Unix())
	}
	for _, ch := range h.Charts() {
		if ch.Visible() {
			line.Metrics += len(ch.Dimensions())
		}
	}
	for _, u := range store.Usage(h) {
		line.DiskBytes += u.Bytes
	}
	return line
}

func listHosts(ctx context.Context, e *env, hosts hostSource) error {
	list, err := hosts.list(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(e.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "HOST\tMACHINE GUID\tSTATE\tLAST SEEN\tAGENT\tMETRICS\tON DISK")
	for _, h := range list {
		seen := "never"
		if h.LastSeen > 0 {
			seen = time.Unix(int64(math.Min(h.LastSeen, 1e12)), 0).UTC().Format(time.RFC3339)
		}
		if h.Ephemeral {
			h.State += ", ephemeral"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%.1f MiB\n", printable(h.Hostname), h.GUID, h.State, seen, printable(h.Agent), h.Metrics, float64(h.DiskBytes)/(1<<20))
	}
	return w.Flush()
}

func removeHost(ctx context.Context, e *env, hosts hostSource, name string, force bool) error {
	h, err := hosts.remove(ctx, name, force)
	if err != nil {
		return fmt.Errorf("remove host %s: %w", name, err)
	}
	_, err = fmt.Fprintf(e.stdout, "%s (%s) is removed\n", printable(h.Hostname), h.GUID)
	return err
}

// printable returns what an agent said of itself, for a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}
