//go:build linux

package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// A parent that is told to stop while it reads its logs, which nothing can interrupt, ends all the same.
func TestStopWhileOpening(t *testing.T) {
	t.Parallel()
	c := newCrash(t, 1)
	log := filepath.Join(c.data(), "tier0", "wal")
	if err := os.MkdirAll(log, 0o750); err != nil {
		t.Fatal(err)
	}
	// A log that takes for ever to read: a pipe that nobody writes.
	if err := syscall.Mkfifo(filepath.Join(log, "00000000"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := c.startParent()
	c.waitMetric(p, "foster_ready", 0)
	if !c.await("tier0/wal/00000001") { // made just before the log is read
		t.Fatalf("the log is not read: %s", &p.log)
	}
	time.Sleep(100 * time.Millisecond)
	begin := time.Now()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.done:
	case <-time.After(10 * time.Second):
		t.Fatalf("has not ended: %s", &p.log)
	}
	if status := p.cmd.ProcessState.ExitCode(); status != 0 {
		t.Errorf("exit status %d: %s", status, &p.log)
	}
	t.Logf("ended after %v", time.Since(begin))
}
