package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"foster/internal/agenttest"
)

// stopTimeout is what foster promises for SIGTERM, 10 s, and a little for a busy
// machine.
const stopTimeout = 15 * time.Second

// Foster is the real foster binary as a parent.
type Foster struct {
	bin  string
	dir  string
	addr string

	mu  sync.Mutex
	run *agenttest.Process // nil when never started
}

// NewFoster prepares the binary to accept children with a key. It is killed when
// the test ends.
func NewFoster(t testing.TB, bin, apiKey string) *Foster {
	t.Helper()
	f := &Foster{bin: bin, dir: t.TempDir(), addr: agenttest.FreeAddr(t)}
	for _, dir := range []string{"config", "data"} {
		if err := os.Mkdir(filepath.Join(f.dir, dir), 0o755); err != nil {
			t.Fatalf("prepare foster: %v", err)
		}
	}
	stream := fmt.Sprintf("[%s]\n    enabled = yes\n", apiKey)
	if err := os.WriteFile(filepath.Join(f.dir, "config", "stream.conf"), []byte(stream), 0o600); err != nil {
		t.Fatalf("prepare foster: %v", err)
	}
	t.Cleanup(func() {
		f.Kill()
		if t.Failed() {
			t.Logf("foster: %s", f.Log())
		}
	})
	return f
}

// Addr is the host:port foster listens on.
func (f *Foster) Addr() string { return f.addr }

// URL is the base of foster's HTTP addresses.
func (f *Foster) URL() string { return "http://" + f.addr }

// Start starts foster and waits until it says that it is ready.
func (f *Foster) Start(ctx context.Context) error {
	p, err := f.launch()
	if err != nil {
		return fmt.Errorf("start foster: %w", err)
	}
	if err := p.WaitFor(ctx, func() bool { return f.ready(ctx) }); err != nil {
		return fmt.Errorf("wait for foster: %w\n%s", err, f.Log())
	}
	return nil
}

func (f *Foster) launch() (*agenttest.Process, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.run != nil && !f.run.Exited() {
		return nil, errors.New("it is running")
	}
	out, err := os.OpenFile(f.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd := exec.Command(f.bin, "run",
		"--config", filepath.Join(f.dir, "config"), "--data", filepath.Join(f.dir, "data"), "--listen", f.addr)
	cmd.Dir = f.dir
	// The variables that steer tests would be taken for options.
	cmd.Env = slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, "FOSTER_") })
	cmd.Stdout, cmd.Stderr = out, out
	f.run, err = agenttest.StartProcess(cmd)
	return f.run, err
}

func (f *Foster) ready(ctx context.Context) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.URL()+"/readyz", nil)
	if err != nil {
		return false
	}
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// Stop ends foster by SIGTERM. That it takes longer than foster promises is an
// error.
func (f *Foster) Stop(ctx context.Context) error {
	p := f.process()
	if p == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	if err := p.Stop(ctx); err != nil {
		return fmt.Errorf("stop foster: %w", err)
	}
	return nil
}

// Kill ends foster by SIGKILL.
func (f *Foster) Kill() {
	if p := f.process(); p != nil {
		p.Kill()
	}
}

func (f *Foster) process() *agenttest.Process {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.run
}

// Log is the end of what foster printed.
func (f *Foster) Log() string {
	text, err := agenttest.Tail(f.logFile())
	if err != nil {
		return err.Error()
	}
	return text
}

func (f *Foster) logFile() string { return filepath.Join(f.dir, "foster.log") }
