package catalog

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foster/replication/wire"
)

func TestConnectionHistory(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	path := filepath.Join(t.TempDir(), "catalog.db")
	c := openCatalog(t, path)
	setClock(c, func() time.Time { return now })
	h, other := fill(c), c.Define("other", HostInfo{Hostname: "other"})
	connect := func(since time.Time) *Connection {
		conn := &Connection{Since: since, RemoteAddr: "192.0.2.1:4000", TLS: true, Caps: wire.VCaps, Compression: "zstd"}
		conn.SetLastTraffic(since.Add(time.Minute))
		if !h.Connect(conn) {
			t.Fatal("the host cannot connect")
		}
		return conn
	}
	record := func(age time.Duration, samples int64, reason string) ConnectionRecord {
		r := ConnectionRecord{Since: now.Add(-age), Address: "192.0.2.1:4000", TLS: true, Version: "v2.11.0", Caps: wire.VCaps,
			Compression: "zstd", Samples: samples, Reason: reason}
		if reason != "" {
			r.Until = r.Since.Add(time.Minute)
		}
		return r
	}
	want := func(h *Host, want ...ConnectionRecord) {
		t.Helper()
		got, err := h.Connections(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("connections (-want +got):\n%s", diff)
		}
	}
	for _, age := range []time.Duration{91 * 24 * time.Hour, 89 * 24 * time.Hour, time.Hour} {
		conn := connect(now.Add(-age))
		conn.Samples.Add(7)
		conn.SetReason("closed by the child")
		h.Disconnect(conn)
	}
	open := connect(now)
	// Nothing has been flushed, and an open connection has the counters of the moment.
	oldest, old, last := record(91*24*time.Hour, 7, "closed by the child"), record(89*24*time.Hour, 7, "closed by the child"), record(time.Hour, 7, "closed by the child")
	want(h, record(0, 0, ""), last, old, oldest)
	open.Samples.Add(5)
	want(h, record(0, 5, ""), last, old, oldest)
	want(other)
	if err := c.persister.touch(t.Context()); err != nil {
		t.Fatal(err)
	}
	want(h, record(0, 5, ""), last, old)

	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Connections(t.Context()); err == nil {
		t.Error("a closed catalog tells connections")
	}
	h = openCatalog(t, path).Host(h.GUID)
	killed := record(0, 0, "foster was killed")
	want(h, killed, last, old)

	memory := NewInMemory()
	h = fill(memory)
	want(h)
	connect(now)
	want(h, record(0, 0, ""))
}

// setClock sets the clock of a catalog that is open.
func setClock(c *Catalog, now func() time.Time) {
	c.persister.mu.Lock()
	c.persister.now = now
	c.persister.mu.Unlock()
}
