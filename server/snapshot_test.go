package server

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"foster/replication/wire"
	"foster/storage"
	"foster/storage/catalog"
)

func TestSnapshot(t *testing.T) {
	p := start(t, "allow management from = localhost 10.*")
	h := p.store.Catalog().Define("a1a2a3a4-0000-4000-8000-000000000001", catalog.HostInfo{Hostname: "child", UpdateEvery: 1})
	ch := h.DefineChart(wire.Chart{ID: "system.load", Context: "system.load", UpdateEvery: 1})
	d := ch.AddDimension(wire.Dimension{ID: "load1", Multiplier: 1, Divisor: 1})
	a := p.store.Appender()
	const first = 1_700_000_000
	for at := int64(first); at < first+100; at++ {
		if err := a.Append(d, at, float64(at-first), 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Commit(); err != nil {
		t.Fatal(err)
	}
	post := func(r *http.Request) { r.Method = http.MethodPost }

	if got := get(t, p.plain(), SnapshotPath); got.status != http.StatusNotFound {
		t.Errorf("GET is answered with %d", got.status)
	}
	foreign := func(r *http.Request) { r.Header.Set("Origin", "https://elsewhere.example") }
	if got := get(t, p.plain(), SnapshotPath, post, foreign); got.status != http.StatusForbidden {
		t.Errorf("a page of another site gets %d", got.status)
	}
	// What an earlier process has left unfinished goes.
	left := filepath.Join(p.dir, "data", snapshotsDir, "20200101T000000.000Z"+unfinished)
	if err := os.MkdirAll(left, 0o750); err != nil {
		t.Fatal(err)
	}
	p.snapshot.Lock()
	if got := get(t, p.plain(), SnapshotPath, post); got.status != http.StatusConflict {
		t.Errorf("a second one at the same time gets %d", got.status)
	}
	p.snapshot.Unlock()
	got := get(t, p.plain(), SnapshotPath, post)
	if got.status != http.StatusOK {
		t.Fatalf("answered with %d: %s", got.status, got.body)
	}
	var s Snapshot
	if err := json.Unmarshal([]byte(got.body), &s); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); err == nil {
		t.Errorf("%s is still there", left)
	}
	if !strings.HasPrefix(s.Path, filepath.Join(p.dir, "data", snapshotsDir)) || s.Seconds <= 0 {
		t.Errorf("answer is %+v", s)
	}
	p.halt(t)

	o := storage.DefaultOptions()
	o.Dir = s.Path
	store, err := storage.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	ch = store.Catalog().Find("child").Chart("system.load")
	if err := store.LoadRetention(t.Context(), ch.Host); err != nil {
		t.Fatal(err)
	}
	if ch.First() != first || ch.Last() != first+99 {
		t.Errorf("the copy has points from %d to %d", ch.First(), ch.Last())
	}
	if guid, err := machineGUID(s.Path); err != nil || guid != p.guid {
		t.Errorf("the copy is of %q (%v), want %q", guid, err, p.guid)
	}
}

func TestSnapshotIsManagement(t *testing.T) {
	p := start(t, "bind to = 127.0.0.1:$PORT=dashboard")
	if got := get(t, p.plain(), SnapshotPath, func(r *http.Request) { r.Method = http.MethodPost }); got.status != http.StatusForbidden {
		t.Errorf("a socket without management answers %d", got.status)
	}
}
