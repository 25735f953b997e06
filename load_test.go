package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"foster/replication/swarm"
	"foster/replication/wire"
	"foster/server"
)

// TestNothingLost streams 100 simulated children with 200 dimensions each for a minute, half of them with history to
// replay, and counts: every sample that was sent is stored, none twice. What it costs is measured by foster bench.
func TestNothingLost(t *testing.T) {
	t.Parallel()
	live := time.Minute
	if testing.Short() {
		live = 5 * time.Second
	}
	dir := t.TempDir()
	conf := filepath.Join(dir, "config")
	if err := os.MkdirAll(conf, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(conf, "stream.conf"), []byte("["+benchKey+"]\n    enabled = yes\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	addr, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.New(server.Options{ConfigDir: conf, DataDir: filepath.Join(dir, "data"), Listen: addr, Version: "test", Output: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.Stop(ctx); err != nil {
			t.Error(err)
		}
	}()

	caps := []wire.Caps{swarm.CapsV2 | wire.LZ4, swarm.CapsV1 | wire.LZ4, swarm.CapsV2 | wire.ZSTD, swarm.CapsV2}
	charts := swarm.Synthetic(20, 10)
	var clock atomic.Pointer[time.Time] // nil while it goes
	now := func() time.Time {
		if stopped := clock.Load(); stopped != nil {
			return *stopped
		}
		return time.Now()
	}
	children, err := swarm.NewSwarm(100, 0, func(i int) swarm.Options {
		o := swarm.Options{
			Addr: addr, APIKey: benchKey, GUID: fmt.Sprintf("f0570000-0000-4000-8000-%012d", i), Hostname: fmt.Sprint("load-", i),
			Caps: caps[i%len(caps)], Charts: charts, Values: swarm.Mix(uint64(i)), Now: now,
		}
		if i%2 == 1 {
			o.History = 2 * time.Minute
		}
		return o
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); children.Run(ctx) }()
	wait, cancelWait := context.WithTimeout(ctx, 2*time.Minute)
	defer cancelWait()
	err = children.WaitLive(wait)
	if err == nil {
		err = pause(ctx, live)
	}
	// Their clock stops, so that nothing more is sent, and they stay connected until all has arrived: what is on its way
	// when a connection ends counts as sent.
	stopped := time.Now().Truncate(time.Second)
	clock.Store(&stopped)
	var sent, stored, points int64
	for deadline := time.Now().Add(2 * time.Minute); err == nil && time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		sent = children.Stats().Sent
		stored = metricOf(t, addr, "foster_samples_stored_total")
		points = metricOf(t, addr, `foster_store_points_total{result="stored"}`)
		if stored == sent && points == sent {
			break
		}
	}
	cancel()
	<-done
	if err != nil {
		t.Fatalf("%v: %+v", err, children.Stats())
	}
	if stored != sent || points != sent {
		t.Errorf("%d samples were sent, %d are stored, the store has taken %d", sent, stored, points)
	}
	for _, result := range []string{"duplicate", "too_old", "failed"} {
		if n := metricOf(t, addr, `foster_store_points_total{result="`+result+`"}`); n != 0 {
			t.Errorf("%d points were %s", n, result)
		}
	}
	t.Logf("%d samples sent and stored", sent)
}

func metricOf(t *testing.T, addr, name string) int64 {
	t.Helper()
	resp, err := http.Get("http://" + addr + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(body)) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), name+" "); ok {
			v, err := strconv.ParseFloat(value, 64)
			if err != nil {
				t.Fatal(err)
			}
			return int64(v)
		}
	}
	t.Fatalf("there is no metric %s", name)
	return 0
}
