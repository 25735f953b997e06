package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/google/uuid"

	"foster/server"
	"foster/server/config"
)

// stopTimeout bounds a clean stop.
const stopTimeout = 9 * time.Second

// Where a parent reads and writes when nobody says otherwise: below the working directory.
const (
	defaultConfigDir = "config"
	defaultDataDir   = "data"
)

// serverFlags defines the flags of commands that run a parent. A flag wins over its environment variable.
func serverFlags(e *env, name string) (*flag.FlagSet, *server.Options) {
	fs := flag.NewFlagSet("foster "+name, flag.ContinueOnError)
	fs.SetOutput(e.stderr)
	opts := &server.Options{Version: version, Output: e.stderr}
	for _, f := range []struct {
		field                *string
		name, env, def, help string
	}{
		{&opts.ConfigDir, "config", "FOSTER_CONFIG", defaultConfigDir, "`directory` of stream.conf and foster.conf or netdata.conf"},
		{&opts.DataDir, "data", "FOSTER_DATA", defaultDataDir, "`directory` of the database"},
		{&opts.Listen, "listen", "FOSTER_LISTEN", "", "`addresses` to listen on, separated by commas, as of [web] bind to (default: the configuration's, *:19999)"},
		{&opts.LogFormat, "log-format", "FOSTER_LOG_FORMAT", "", "text or json (default: the configuration's, text)"},
	} {
		fs.StringVar(f.field, f.name, cmp.Or(e.getenv(f.env), f.def), f.help+"; environment "+f.env)
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

// runServer runs a parent until ctx is done. When it is ready it calls started, which may be nil; what that runs
// must end with its context.
func runServer(ctx context.Context, e *env, opts server.Options, started func(context.Context, *server.Server) error) error {
	// A limit of the container or service becomes Go's: the collector works harder before the kernel kills us.
	_, _ = memlimit.SetGoMemLimitWithOpts(memlimit.WithRatio(0.9), memlimit.WithProvider(memlimit.FromCgroup))
	if e.getenv("GOGC") == "" {
		defer tuneGC(ctx)()
	}
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	s, err := server.New(opts)
	if err != nil {
		return err
	}
	if err := s.Start(ctx); err != nil {
		if ctx.Err() != nil && errors.Is(err, context.Canceled) {
			return nil // told to stop before it was ready
		}
		return err
	}
	greet(e, s, opts)

	var side chan error // what started runs, nil when it has ended
	if started != nil {
		side = make(chan error, 1)
		go func() { side <- started(ctx, s) }()
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
			side, running = nil, false
		}
	}
	if side != nil {
		if ended := <-side; !errors.Is(ended, context.Canceled) {
			err = ended
		}
	}
	stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	return errors.Join(err, s.Stop(stopCtx))
}

func runKey(_ context.Context, e *env, args []string) error {
	fs := flag.NewFlagSet("foster key", flag.ContinueOnError)
	fs.SetOutput(e.stderr)
	destination := fs.String("destination", net.JoinHostPort(server.OwnAddress(), config.DefaultPort), "`host:port` at which children reach this parent")
	if err := parse(e, fs, args); err != nil {
		return err
	}
	key := uuid.NewString()
	_, err := fmt.Fprintf(e.stdout, "# Into the stream.conf of this parent, then: kill -HUP, or systemctl reload foster\n[%s]\n    type = api\n    enabled = yes\n\n# Into the stream.conf of each child, then restart it\n%s",
		key, config.ChildLines([]string{*destination}, key))
	return err
}
