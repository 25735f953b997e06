package server

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// The states that a service manager is told, see sd_notify(3).
func TestNotify(t *testing.T) {
	path := filepath.Join(newDir(t), "notify")
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	// As the manager does, read at once: few states fit into the socket.
	states := make(chan string, 1000)
	var wg sync.WaitGroup
	wg.Go(func() {
		buf := make([]byte, 512)
		for {
			n, err := manager.Read(buf)
			if err != nil {
				return
			}
			states <- string(buf[:n])
		}
	})
	defer wg.Wait()
	defer manager.Close()
	// told returns the next state that is no sign of life, and how many of these came before it.
	told := func() (state string, alive int) {
		t.Helper()
		for {
			select {
			case state := <-states:
				if state != "WATCHDOG=1" {
					return state, alive
				}
				alive++
			case <-time.After(5 * time.Second):
				t.Fatal("the manager is not told anything")
			}
		}
	}
	t.Setenv("NOTIFY_SOCKET", path)
	t.Setenv("WATCHDOG_USEC", "20000")
	t.Setenv("WATCHDOG_PID", fmt.Sprint(os.Getpid()))
	p := start(t, "")
	if state, _ := told(); state != "READY=1" {
		t.Errorf("after the start: %q", state)
	}
	time.Sleep(100 * time.Millisecond) // for signs of life
	if err := p.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	state, alive := told()
	var usec int64
	if n, err := fmt.Sscanf(state, "RELOADING=1\nMONOTONIC_USEC=%d", &usec); n != 1 || usec <= 0 {
		t.Errorf("at a reload: %q, %v", state, err)
	}
	if alive == 0 {
		t.Error("no sign of life")
	}
	if state, _ := told(); state != "READY=1" {
		t.Errorf("after the reload: %q", state)
	}
	p.write(t, "config/foster.conf", "[web]\ndefault port = x\n")
	if err := p.Reload(t.Context()); err == nil {
		t.Error("reloads nonsense")
	}
	if state, _ := told(); !strings.HasPrefix(state, "RELOADING=1") {
		t.Errorf("at the second reload: %q", state)
	}
	if state, _ := told(); state != "READY=1" {
		t.Errorf("after a reload that failed: %q", state)
	}
	p.halt(t)
	if state, _ := told(); state != "STOPPING=1" {
		t.Errorf("at the end: %q", state)
	}
}

func TestWatchdogInterval(t *testing.T) {
	for _, c := range []struct {
		usec, pid string
		want      time.Duration
	}{
		{"", "", 0}, {"60000000", "", 30 * time.Second}, {"60000000", fmt.Sprint(os.Getpid()), 30 * time.Second}, {"60000000", "1", 0},
		{"x", "", 0}, {"0", "", 0}, {"-5", "", 0}, {"9223372036854775807", "", 0},
	} {
		t.Setenv("WATCHDOG_USEC", c.usec)
		t.Setenv("WATCHDOG_PID", c.pid)
		if got := watchdogInterval(); got != c.want {
			t.Errorf("%q, %q: %v, want %v", c.usec, c.pid, got, c.want)
		}
	}
}
