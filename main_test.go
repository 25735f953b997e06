package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"foster/internal/machine"
	"foster/internal/quantity"
	"foster/server"
	"foster/server/config"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"foster": main})
}

// TestScript runs the command lines of testdata/script. Beside what testscript knows there are
//
//	exits STATUS COMMAND...   the command ends with that status
//	ready URL                 wait until the URL answers 200
//	signal NAME               send TERM or HUP to what runs in the background
//	took DURATION             no more time has passed since the last signal
//	expand FILE COPY          copy a file, with variables replaced
//
// and the variables PORT and PORT2, of free ports.
func TestScript(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("GORACE", "atexit_sleep_ms=0") // the race detector waits a second at each exit
			for _, name := range []string{"PORT", "PORT2"} {
				ln, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					return err
				}
				defer ln.Close()
				e.Setenv(name, strconv.Itoa(ln.Addr().(*net.TCPAddr).Port))
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "ready": ready, "children": children, "signal": signalAll, "took": took, "expand": expand,
		},
	})
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS COMMAND...")
	}
	status := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit := new(exec.ExitError)
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		status = exit.ExitCode()
	}
	if fmt.Sprint(status) != args[0] {
		ts.Fatalf("exit status %d, want %s", status, args[0])
	}
}

func ready(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: ready URL")
	}
	var last error
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		res, err := http.Get(args[0])
		if err != nil {
			last = err
			continue
		}
		res.Body.Close()
		if res.StatusCode == http.StatusOK {
			return
		}
		last = errors.New(res.Status)
	}
	ts.Fatalf("%s: %v", args[0], last)
}

// children waits until so many children are connected to the parent that lists its hosts at an address.
func children(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: children NUMBER URL")
	}
	n := 0
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		res, err := http.Get(args[1])
		if err != nil {
			continue
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		ts.Check(err)
		if n = strings.Count(string(body), `"connection":{`); fmt.Sprint(n) == args[0] {
			return
		}
	}
	ts.Fatalf("%d children are connected", n)
}

// signalled is the variable with the time of the last signal.
const signalled = "SIGNALLED"

func signalAll(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]os.Signal{"TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP}
	if neg || len(args) != 1 || signals[args[0]] == nil {
		ts.Fatalf("usage: signal TERM|HUP")
	}
	for _, cmd := range ts.BackgroundCmds() {
		ts.Check(cmd.Process.Signal(signals[args[0]]))
	}
	ts.Setenv(signalled, time.Now().Format(time.RFC3339Nano))
}

func took(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: took DURATION")
	}
	limit, err := time.ParseDuration(args[0])
	ts.Check(err)
	at, err := time.Parse(time.RFC3339Nano, ts.Getenv(signalled))
	ts.Check(err)
	if passed := time.Since(at); passed > limit {
		ts.Fatalf("took %v", passed)
	}
}

func expand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: expand FILE COPY")
	}
	text := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
}

// What an operator is told to open in a browser and to write on a child.
func TestGreeting(t *testing.T) {
	t.Parallel()
	own := server.OwnAddress()
	for _, c := range []struct {
		binds             string
		tls               bool
		look, destination string
	}{
		{"*:1", false, "open http://localhost:1/", own + ":1"},
		{"*:1", true, "open https://localhost:1/", own + ":1"},
		{"*:1^SSL=optional", true, "open http://localhost:1/", own + ":1"},
		{"*:1^SSL=force", true, "open https://localhost:1/", own + ":1:SSL"},
		{"*:1^SSL=force", false, "open http://localhost:1/", own + ":1"},
		{"127.0.0.1:1", false, "open http://localhost:1/", "127.0.0.1:1"},
		{"[::1]:1", false, "open http://localhost:1/", "[::1]:1"},
		{"192.0.2.1:1", false, "open http://192.0.2.1:1/", "192.0.2.1:1"},
		{"[2001:db8::1]:1", false, "open http://[2001:db8::1]:1/", "[2001:db8::1]:1"},
		{"192.0.2.1:1=streaming 192.0.2.1:2=dashboard", false, "open http://192.0.2.1:2/", "192.0.2.1:1"},
		{"unix:/run/s 192.0.2.1:1", false, "open http://192.0.2.1:1/", "192.0.2.1:1"},
		{"unix:/run/s", false, "it listens on unix:/run/s", "unix:/run/s"},
	} {
		sockets := socketsOf(t, c.binds)
		if got := whereToLook(sockets, c.tls); got != c.look {
			t.Errorf("%s, TLS %v: %q, want %q", c.binds, c.tls, got, c.look)
		}
		got := server.Destination(sockets, c.tls)
		if got != c.destination {
			t.Errorf("%s, TLS %v: destination %q, want %q", c.binds, c.tls, got, c.destination)
		}
		if here := strings.HasPrefix(c.binds, "127.0.0.1:") || strings.HasPrefix(c.binds, "[::1]:") || c.binds == "unix:/run/s"; here != onlyHere(sockets) {
			t.Errorf("%s: only for this machine: %v, want %v", c.binds, !here, here)
		}
		if published := server.Published(sockets); published != (strings.HasPrefix(c.binds, "*:") && machine.Facts()["NETDATA_SYSTEM_CONTAINER"] != "") {
			t.Errorf("%s: published elsewhere: %v", c.binds, published)
		}
		if _, err := config.ParseDestinations(got, "19999"); err != nil {
			t.Errorf("%s: a child does not understand %q: %v", c.binds, got, err)
		}
	}
	if got := whereToLook(nil, false); got != "it listens nowhere" {
		t.Errorf("without sockets: %q", got)
	}
}

// socketsOf returns the sockets of [web] bind to as if they were open.
func socketsOf(t *testing.T, bindTo string) []server.Socket {
	t.Helper()
	binds, err := config.ParseBinds(bindTo, "19999")
	if err != nil {
		t.Fatal(err)
	}
	var sockets []server.Socket
	for _, b := range binds {
		var addr net.Addr = &net.UnixAddr{Name: b.Host, Net: "unix"}
		if b.Network == "tcp" {
			ip, err := netip.ParseAddrPort(net.JoinHostPort(cmp.Or(b.Host, "::"), b.Port))
			if err != nil {
				t.Fatal(err)
			}
			addr = net.TCPAddrFromAddrPort(ip)
		}
		sockets = append(sockets, server.Socket{Addr: addr, Bind: b})
	}
	return sockets
}

// Durations are printed as the configuration reads them.
func TestDuration(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "off", time.Second: "1s", 90 * time.Second: "1m30s", 36 * time.Hour: "1d12h", 5 * 24 * time.Hour: "5d", 1500 * time.Millisecond: "1s500ms",
	} {
		got := duration(d)
		back, err := quantity.ParseDuration(got, time.Second)
		if got != want || back != d || err != nil {
			t.Errorf("%v: %q, want %q; read as %v, %v", d, got, want, back, err)
		}
	}
}

// Every setting that can come from a file has a text.
func TestChildSettings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const key = "11111111-2222-3333-4444-555555555555"
	text := "[" + key + "]\nenabled = yes\ndb = ram\nretention = 100\nupdate every = 2\nhealth enabled = yes\npostpone alerts on connect = 2m\n" +
		"health log retention = 6d\nproxy enabled = yes\nproxy destination = a b\nproxy api key = " + key + "\nproxy send charts matching = system.*\n" +
		"enable compression = no\ncompression algorithms order = zstd\nenable replication = no\nreplication period = 2d\nreplication step = 10m\nis ephemeral node = yes\nquota = 512MiB\n"
	if err := os.WriteFile(filepath.Join(dir, config.StreamFile), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, problems := config.Load(dir)
	if len(problems) > 0 {
		t.Error(problems)
	}
	var out strings.Builder
	if err := describeKey(&out, cfg, key); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(text) {
		option := strings.TrimSpace(line)
		switch {
		case option == "enabled = yes" || strings.HasPrefix(option, "["):
			continue
		case option == "proxy destination = a b":
			option = "proxy destination = a:19999 b:19999"
		}
		if !strings.Contains(out.String(), "    "+option+" ") {
			t.Errorf("lacks %q", option)
		}
	}
	if t.Failed() || strings.Contains(out.String(), "?") {
		t.Errorf("summary:\n%s", &out)
	}
}

// A signal before foster is ready is no failure, and nothing is said to be running.
func TestStoppedBeforeReady(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr strings.Builder
	dir := t.TempDir()
	args := []string{"run", "--config", filepath.Join(dir, "config"), "--data", filepath.Join(dir, "data"), "--listen", "unix:" + filepath.Join(dir, "s")}
	if status := execute(ctx, args, &stdout, &stderr); status != 0 || stdout.Len() > 0 {
		t.Errorf("status %d: %s%s", status, &stdout, &stderr)
	}
}
