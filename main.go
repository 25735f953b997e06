// Foster is a parent for Netdata agents: it receives their streams, keeps their history, and shows it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// version is set by the build.
var version = "v0.1.0-dev"

func main() {
	if name, _ := split(os.Args[1:]); name == "run" || name == "demo" {
		relaxTimers()
	}
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	// A second signal ends the process at once, as if there were no handler.
	context.AfterFunc(ctx, cancel)
	status := execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
	cancel()
	os.Exit(status)
}

// command is one of foster's sub-commands.
type command struct {
	name, summary string
	run           func(ctx context.Context, e *env, args []string) error
}

// env is where a command reads its defaults from and writes to.
type env struct {
	getenv         func(string) string
	stdout, stderr io.Writer
}

var commands = []command{
	{"run", "run the parent (the default)", runParent},
	{"snapshot", "make a copy of the data of a running parent", runSnapshot},
	{"host", "list the hosts, or remove some with all that is stored of them", runHost},
	{"notify", "list who is told of alerts, or send test messages", runNotify},
	{"check", "read the configuration files and list what is wrong with them", runCheck},
	{"key", "make an API key and print the lines a child needs", runKey},
	{"demo", "run the parent with three simulated children", runDemo},
	{"bench", "measure what receiving costs on this machine", runBench},
	{"version", "print the version", runVersion},
}

// errUsage ends a command that was called in the wrong way; what is wrong has been printed.
var errUsage = errors.New("usage")

// execute runs the command that args name and returns the exit status: 0, 1 for a failure, 2 for wrong usage.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	e := &env{getenv: os.Getenv, stdout: stdout, stderr: stderr}
	name, args := split(args)
	if name == "help" {
		usage(stdout)
		return 0
	}
	for _, c := range commands {
		if c.name != name {
			continue
		}
		switch err := c.run(ctx, e, args); {
		case err == nil, errors.Is(err, flag.ErrHelp):
			return 0
		case errors.Is(err, errUsage):
			return 2
		default:
			fmt.Fprintln(stderr, "foster:", err)
			return 1
		}
	}
	fmt.Fprintf(stderr, "foster: there is no command %q\n\n", name)
	usage(stderr)
	return 2
}

// split returns the name of the command that args call, and its own arguments.
func split(args []string) (name string, rest []string) {
	if len(args) == 0 {
		return "run", nil
	}
	switch args[0] {
	case "-h", "-help", "--help":
		return "help", args[1:]
	case "-v", "-V", "-version", "--version":
		return "version", nil
	}
	if strings.HasPrefix(args[0], "-") {
		return "run", args
	}
	return args[0], args[1:]
}

func usage(w io.Writer) {
	fmt.Fprint(w, "Foster is a parent for Netdata agents.\n\nUsage: foster [command] [flags]\n\n")
	for _, c := range commands {
		fmt.Fprintf(w, "  %-8s %s\n", c.name, c.summary)
	}
	fmt.Fprint(w, "\nfoster <command> -h lists the flags of a command.\n")
}

func runVersion(_ context.Context, e *env, args []string) error {
	fs := flag.NewFlagSet("foster version", flag.ContinueOnError)
	fs.SetOutput(e.stderr)
	if err := parse(e, fs, args); err != nil {
		return err
	}
	_, err := fmt.Fprintln(e.stdout, "foster", version)
	return err
}
