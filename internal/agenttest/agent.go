package agenttest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	binary     = "/usr/sbin/netdata"
	systemInfo = "/usr/lib/netdata/plugins.d/system-info.sh"

	// requireEnv makes a missing agent a failure; continuous integration sets it.
	requireEnv = "FOSTER_REQUIRE_AGENT"

	stopTimeout = 30 * time.Second
)

// Require skips the test when the real agent is not installed. With
// FOSTER_REQUIRE_AGENT=1 in the environment the test fails instead.
func Require(t testing.TB) {
	t.Helper()
	for _, f := range []string{binary, systemInfo} {
		if _, err := os.Stat(f); err == nil {
			continue
		}
		const hint = "install Debian's netdata-core and netdata-plugins-bash"
		if os.Getenv(requireEnv) == "1" {
			t.Fatalf("%s is missing: %s", f, hint)
		}
		t.Skipf("%s is missing: %s", f, hint)
	}
}

// Agent is a real Netdata agent. It can be stopped and started again with the
// same configuration, data and port.
type Agent struct {
	name string // for messages
	dir  string
	addr string

	mu  sync.Mutex
	run *Process // nil when never started
}

// newAgent writes the configuration of an agent. The agent is killed and its
// directory removed when the test ends.
func newAgent(t testing.TB, name string, netdata, stream config) *Agent {
	t.Helper()
	Require(t)
	// Not t.TempDir: its path holds the name of the test and may be too long for
	// the unix sockets an agent may be told to use.
	dir, err := os.MkdirTemp("", "netdata-")
	if err != nil {
		t.Fatalf("create the directory of agent %s: %v", name, err)
	}
	a := &Agent{name: name, dir: dir, addr: FreeAddr(t)}
	t.Cleanup(func() {
		a.Kill()
		if t.Failed() {
			t.Logf("agent %s: %s", name, a.Log())
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("remove the directory of agent %s: %v", name, err)
		}
	})
	if err := a.writeFiles(netdata, stream); err != nil {
		t.Fatalf("configure agent %s: %v", name, err)
	}
	return a
}

// Addr is the host:port the agent listens on, for streams and HTTP.
func (a *Agent) Addr() string { return a.addr }

// Dir is the directory that holds all files of the agent.
func (a *Agent) Dir() string { return a.dir }

// URL is the base of the agent's HTTP addresses, without a final slash.
func (a *Agent) URL() string { return "http://" + a.addr }

// Start starts the agent and waits until it answers HTTP.
func (a *Agent) Start(ctx context.Context) error {
	if err := a.launch(); err != nil {
		return fmt.Errorf("start agent %s: %w", a.name, err)
	}
	return a.WaitReady(ctx)
}

func (a *Agent) launch() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.run != nil && !a.run.Exited() {
		return errors.New("it is running")
	}
	out, err := os.OpenFile(a.path("log", "out.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer out.Close()
	cmd := exec.Command(binary, "-D", "-P", a.path("run", "pid"), "-c", a.path("etc", "netdata.conf"))
	cmd.Dir = a.dir
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "TZ=UTC", "LC_ALL=C", "HOME=" + a.dir, "TMPDIR=" + a.dir}
	cmd.Stdout, cmd.Stderr = out, out
	a.run, err = StartProcess(cmd)
	return err
}

// WaitReady waits until the agent answers /api/v1/info. It fails at once when
// the agent has exited.
func (a *Agent) WaitReady(ctx context.Context) error {
	p := a.process()
	if p == nil {
		return fmt.Errorf("agent %s is not started", a.name)
	}
	err := p.WaitFor(ctx, func() bool {
		_, err := FetchInfo(ctx, a.URL())
		return err == nil
	})
	if err != nil {
		return fmt.Errorf("wait for agent %s: %w\n%s", a.name, err, a.Log())
	}
	return nil
}

// Stop asks the agent to stop (SIGTERM) and waits until it has. An agent that
// does not within 30 s or until ctx ends is killed, and that is an error.
func (a *Agent) Stop(ctx context.Context) error {
	p := a.process()
	if p == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	if err := p.Stop(ctx); err != nil {
		return fmt.Errorf("stop agent %s: %w", a.name, err)
	}
	return nil
}

// Kill ends the agent and all its processes at once (SIGKILL) and waits for it.
// It does nothing to an agent that is not running.
func (a *Agent) Kill() {
	if p := a.process(); p != nil {
		p.Kill()
	}
}

// Freeze stops the agent where it is (SIGSTOP) for a while. What it would have
// collected in that time, and a second around it, is a gap in its data.
func (a *Agent) Freeze(ctx context.Context, d time.Duration) error {
	p := a.process()
	if p == nil {
		return fmt.Errorf("freeze agent %s: it is not started", a.name)
	}
	p.signal(-p.pid, syscall.SIGSTOP)
	defer p.signal(-p.pid, syscall.SIGCONT)
	if err := Sleep(ctx, d); err != nil {
		return fmt.Errorf("freeze agent %s: %w", a.name, err)
	}
	return nil
}

// Sleep waits for d, or until ctx ends, which is an error.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (a *Agent) process() *Process {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.run
}

// Log is the end of the agent's error log, which is daemon.log since v2, and of what it printed.
func (a *Agent) Log() string {
	var b strings.Builder
	for _, name := range []string{"error.log", "daemon.log", "out.log"} {
		text, err := Tail(a.path("log", name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			fmt.Fprintf(&b, "%s: %v\n", name, err)
			continue
		}
		fmt.Fprintf(&b, "--- %s of %s\n%s", name, a.name, text)
	}
	return b.String()
}

func (a *Agent) path(elem ...string) string {
	return filepath.Join(append([]string{a.dir}, elem...)...)
}
