package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/google/uuid"

	"foster/server"
	"foster/server/config"
)

// stopTimeout bounds a clean stop.
const stopTimeout = 9 * time.Second

// serverFlags defines the flags of commands that run a parent. A flag wins over its environment variable.
func serverFlags(e *env, name string) (*flag.FlagSet, *server.Options) {
	fs := flag.NewFlagSet("foster "+name, flag.ContinueOnError)
	fs.SetOutput(e.stderr)
	opts := &server.Options{Version: version, Output: e.stderr}
	for _, f := range []struct {
		field                *string
		name, env, def, help string
	}{
		{&opts.ConfigDir, "config", "FOSTER_CONFIG", "config", "`directory` of stream.conf and foster.conf or netdata.conf"},
		{&opts.DataDir, "data", "FOSTER_DATA", "data", "`directory` of the database"},
		{&opts.Listen, "listen", "FOSTER_LISTEN", "", "`addresses` to listen on, separated by commas, as of [web] bind to (default: the configuration's, *:19999)"},
		{&opts.LogFormat, "log-format", "FOSTER_LOG_FORMAT", "", "text or json (default: the configuration's, text)"},
	} {
		def := f.def
		if v := e.getenv(f.env); v != "" {
			def = v
		}
		fs.StringVar(f.field, f.name, def, f.help+"; environment "+f.env)
	}
	return fs, opts
}

func parse(e *env, fs *flag.FlagSet, args []string) error {
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errUsage
	}
	if fs.NArg() > 0 {
		fmt.Fprintf(e.stderr, "%s: unexpected argument %q\n", fs.Name(), fs.Arg(0))
		return errUsage
	}
	return nil
}

func runParent(ctx context.Context, e *env, args []string) error {
	fs, opts := serverFlags(e, "run")
	if err := parse(e, fs, args); err != nil {
		return err
	}
	return runServer(ctx, e, *opts, nil)
}

// runServer runs a parent until ctx is done. When it is ready it calls started, which may be nil, with the address to
// use from this machine and an enabled API key; what started runs must end with its context.
func runServer(ctx context.Context, e *env, opts server.Options, started func(ctx context.Context, addr, key string) error) error {
	// A limit of the container or service becomes Go's: the collector works harder before the kernel kills us.
	_, _ = memlimit.SetGoMemLimitWithOpts(memlimit.WithRatio(0.9), memlimit.WithProvider(memlimit.FromCgroup))
	s, err := server.New(opts)
	if err != nil {
		return err
	}
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	if err := s.Start(ctx); err != nil {
		return err
	}
	greet(e, s, opts)

	side := make(chan error, 1)
	if started != nil {
		go func() { side <- started(ctx, localAddress(s), s.APIKey()) }()
	}
	for running := true; running; {
		select {
		case <-ctx.Done():
			running = false
		case <-hup:
			if err := s.Reload(ctx); err != nil {
				s.Logger().Error(err.Error())
			}
		case err = <-side:
			started, running = nil, false
		}
	}
	if started != nil {
		if e := <-side; !errors.Is(e, context.Canceled) {
			err = e
		}
	}
	stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	return errors.Join(err, s.Stop(stopCtx))
}

// greet prints, at the first start, what to do next.
func greet(e *env, s *server.Server, opts server.Options) {
	port := portOf(s)
	fmt.Fprintf(e.stdout, "\nfoster %s is running: open http://localhost:%s/\n", opts.Version, port)
	key := s.FirstKey()
	if key == "" {
		return
	}
	fmt.Fprintf(e.stdout, "\nA first %s with a new API key has been written. To stream a Netdata agent here, put these lines\ninto its stream.conf (often /etc/netdata/stream.conf) and restart it:\n\n%s\n",
		filepath.Join(opts.ConfigDir, config.StreamFile), indent(config.ChildLines([]string{net.JoinHostPort(ownAddress(), port)}, key)))
}

func indent(s string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n    ") + "\n"
}

// ownAddress returns an address at which other machines are likely to reach this one.
func ownAddress() string {
	addrs, err := net.InterfaceAddrs()
	if err == nil {
		for _, a := range addrs {
			if ip, ok := a.(*net.IPNet); ok && ip.IP.To4() != nil && ip.IP.IsGlobalUnicast() {
				return ip.IP.String()
			}
		}
	}
	return "127.0.0.1"
}

// portOf returns the port of the first TCP socket.
func portOf(s *server.Server) string {
	for _, a := range s.Addrs() {
		if tcp, ok := a.(*net.TCPAddr); ok {
			return fmt.Sprint(tcp.Port)
		}
	}
	return config.DefaultPort
}

// localAddress returns the address of the server for clients on this machine.
func localAddress(s *server.Server) string {
	for _, a := range s.Addrs() {
		if tcp, ok := a.(*net.TCPAddr); ok && !tcp.IP.IsUnspecified() {
			return tcp.String()
		}
	}
	return net.JoinHostPort("127.0.0.1", portOf(s))
}

func runCheck(_ context.Context, e *env, args []string) error {
	fs := flag.NewFlagSet("foster check", flag.ContinueOnError)
	fs.SetOutput(e.stderr)
	def := "config"
	if v := e.getenv("FOSTER_CONFIG"); v != "" {
		def = v
	}
	dir := fs.String("config", def, "`directory` of the configuration files; environment FOSTER_CONFIG")
	if err := parse(e, fs, args); err != nil {
		return err
	}
	if info, err := os.Stat(*dir); err != nil {
		return fmt.Errorf("read the configuration directory: %w", err)
	} else if !info.IsDir() {
		return fmt.Errorf("read the configuration directory: %s is not a directory", *dir)
	}
	_, problems := config.Load(*dir)
	failed := 0
	for _, p := range problems {
		fmt.Fprintln(e.stdout, p)
		if p.Severity == config.Error {
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d errors in the configuration of %s", failed, *dir)
	}
	fmt.Fprintf(e.stdout, "%s: no errors\n", *dir)
	return nil
}

func runKey(_ context.Context, e *env, args []string) error {
	fs := flag.NewFlagSet("foster key", flag.ContinueOnError)
	fs.SetOutput(e.stderr)
	destination := fs.String("destination", net.JoinHostPort(ownAddress(), config.DefaultPort), "`host:port` at which children reach this parent")
	if err := parse(e, fs, args); err != nil {
		return err
	}
	key := uuid.NewString()
	_, err := fmt.Fprintf(e.stdout, "# Into the stream.conf of this parent, then: kill -HUP, or systemctl reload foster\n[%s]\n    type = api\n    enabled = yes\n\n# Into the stream.conf of each child, then restart it\n%s",
		key, config.ChildLines([]string{*destination}, key))
	return err
}
