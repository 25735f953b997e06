//go:build linux

package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"foster/replication/swarm"
	"foster/replication/wire"
)

// TestFullDisk fills the disk of the real program while children stream. It must say so once, go on to answer and to show
// what they send, and have all of it some time after there is space again. It needs the right to mount a file system.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("needs root, to mount a small file system")
	}
	if testing.Short() {
		t.Skip("takes a minute")
	}
	c := newCrash(t, 1)
	if err := os.Mkdir(c.data(), 0o750); err != nil {
		t.Fatal(err)
	}
	// Large enough for what is reserved for blocks while they are written, which is no full disk yet.
	if err := syscall.Mount("foster", c.data(), "tmpfs", 0, "size=400m"); err != nil {
		t.Skipf("mount a small file system: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(c.data(), 0); err != nil {
			t.Error(err)
		}
	})
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()

	p := c.startParent()
	c.waitReady(p)
	first := c.children(ctx, &wg, 0, time.Now, swarm.CapsV2|wire.LZ4, swarm.CapsV1, swarm.CapsV2)
	c.waitLive(ctx, p, first)

	ballast := filepath.Join(c.data(), "ballast")
	fill(t, ballast, 20<<20)
	c.waitMetric(p, "foster_store_full", 1)
	connects := first.Stats().Connects
	// One that comes now has to wait with its history too.
	second := c.children(ctx, &wg, 3, time.Now, swarm.CapsV2)
	c.waitLive(ctx, p, second)
	c.waitMetric(p, `foster_hosts{state="live"}`, 4)
	fill(t, ballast, 0)
	pause := 20 * time.Second
	if os.Getenv(envLong) != "" {
		pause = 3 * time.Minute // the head is moved to disk, and compacted, in between
	}
	time.Sleep(pause)
	c.waitMetric(p, `foster_hosts{state="live"}`, 4)
	if n := first.Stats().Connects; n != connects {
		t.Errorf("children have connected %d times while the disk was full", n-connects)
	}
	if stored := metricOf(t, c.addr, "foster_store_failed_commits_total"); stored > 4 {
		t.Errorf("%d commits failed", stored)
	}
	if n := strings.Count(p.log.String(), "level=ERROR"); n == 0 || n > 4 { // the store, the catalog, each once or twice
		t.Errorf("%d errors are logged: %s", n, &p.log)
	}

	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	c.waitMetric(p, "foster_store_full", 0)
	for deadline := time.Now().Add(time.Minute); first.Stats().Connects < connects+3 || second.Stats().Connects < 2; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not all children have come back to tell what they had: %s", &p.log)
		}
	}
	end := c.settle(ctx, p, first, second)

	// Stopped on a full disk it ends in order, or nearly so.
	fill(t, ballast, 0)
	time.Sleep(time.Second)
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.done:
	case <-time.After(10 * time.Second):
		t.Errorf("does not stop on a full disk: %s", &p.log)
	}
	if log := p.log.String(); strings.Contains(log, "goroutine") {
		t.Errorf("panic: %s", log)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	cancel()
	wg.Wait()
	c.compare([]*swarm.Swarm{first, second}, end)
}

// fill writes a file until so many bytes are free, and sees to it that they are not more.
func fill(t *testing.T, file string, free int64) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	block := make([]byte, 4096)
	for {
		var s syscall.Statfs_t
		if err := syscall.Statfs(filepath.Dir(file), &s); err != nil {
			t.Fatal(err)
		}
		if int64(s.Bavail)*s.Bsize <= free {
			return
		}
		if _, err := f.Write(block); err != nil {
			if errors.Is(err, syscall.ENOSPC) {
				return
			}
			t.Fatal(err)
		}
	}
}
