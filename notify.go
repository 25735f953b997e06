package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"foster/health/notify"
	"foster/health/notify/service"
	"foster/server"
	"foster/server/config"
)

const notifyUsage = `Usage: foster notify list [flags]
       foster notify test [flags] ROLE

list prints the services and who is told of what. test sends WARNING, CRITICAL and CLEAR of a test alert to all recipients of
a role, and fails when one of them could not be told.
`

// runNotify lists who is notified, or sends test messages.
func runNotify(ctx context.Context, e *env, args []string) error {
	usage := func() error {
		fmt.Fprint(e.stderr, notifyUsage)
		return errUsage
	}
	if len(args) == 0 {
		return usage()
	}
	verb, args := args[0], args[1:]
	if verb == "-h" || verb == "-help" || verb == "--help" {
		fmt.Fprint(e.stdout, notifyUsage)
		return nil
	}
	if verb != "list" && verb != "test" {
		return usage()
	}
	flags := flag.NewFlagSet("foster notify "+verb, flag.ContinueOnError)
	flags.SetOutput(e.stderr)
	dir := flags.String("config", cmp.Or(e.getenv("FOSTER_CONFIG"), defaultConfigDir), "`directory` of the configuration files; environment FOSTER_CONFIG")
	host := ""
	if verb == "test" {
		flags.StringVar(&host, "host", "", "`name` of the host that the test alert is about (default this one)")
	}
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errUsage
	}
	if verb == "list" && flags.NArg() > 0 || verb == "test" && flags.NArg() != 1 {
		return usage()
	}
	cfg, _ := config.Load(*dir) // "foster check" tells what is wrong with it
	c, problems := config.LoadNotify(*dir, cfg.Server)
	for _, p := range problems {
		fmt.Fprintln(e.stderr, p)
	}
	if verb == "list" {
		return listNotify(e, c)
	}
	hostname, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("find the name of this host: %w", err)
	}
	hostname = cmp.Or(cfg.Server.Global.Hostname, hostname)
	env := server.ProgramEnvironment(*dir, cmp.Or(e.getenv("FOSTER_DATA"), defaultDataDir), hostname, version)
	return testNotify(ctx, e, notify.Options{Config: c, Hostname: hostname, Env: env}, flags.Arg(0), cmp.Or(host, hostname))
}

// listNotify prints services and routes, without secrets.
func listNotify(e *env, c notify.Config) error {
	w := tabwriter.NewWriter(e.stdout, 0, 8, 2, ' ', 0)
	services := map[string]*service.Service{}
	fmt.Fprintln(w, "SERVICE\tURL")
	for _, sc := range c.Services {
		sv, err := service.Parse(sc.Name, sc.URL, service.Environment{Template: sc.Template})
		if err != nil {
			return fmt.Errorf("service %s: %w", sc.Name, err)
		}
		services[sc.Name] = sv
		fmt.Fprintf(w, "%s\t%s\n", sc.Name, sv)
	}
	if c.Script != "" {
		fmt.Fprintf(w, "(all alerts)\texec://%s\n", c.Script)
	}
	fmt.Fprintln(w, "\nROUTE\tROLES\tHOSTS\tALERTS\tRECIPIENTS")
	for _, r := range c.Routes {
		var to []string
		for _, recipient := range r.To {
			recipient.Address = services[recipient.Service].ShowAddress(recipient.Address)
			to = append(to, recipient.String())
		}
		name := r.Name
		if r.Critical {
			name += " (critical)"
		}
		if r.Stop {
			name += " (stop)"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", name, cmp.Or(r.Roles.String(), "*"), cmp.Or(r.Hosts.String(), "*"),
			cmp.Or(r.Alerts.String(), "*"), strings.Join(to, ", "))
	}
	return w.Flush()
}

// testNotify sends the test and prints what became of it.
func testNotify(ctx context.Context, e *env, o notify.Options, role, host string) error {
	trials, err := notify.Try(ctx, o, role, host)
	if err != nil {
		return err
	}
	failed := 0
	w := tabwriter.NewWriter(e.stdout, 0, 8, 2, ' ', 0)
	for _, t := range trials {
		text := fmt.Sprintf("sent in %v", t.Took.Round(time.Millisecond))
		switch {
		case t.Err != nil:
			failed++
			text = "FAILED: " + t.Err.Error()
		case t.Skipped != "":
			text = "not sent: " + t.Skipped
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", t.Recipient, t.Service, t.Status, text)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d of %s were not delivered", failed, plural(len(trials), "message"))
	}
	return nil
}
