package catalog

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"

	"foster/replication/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func openCatalog(t testing.TB, path string) *Catalog {
	t.Helper()
	c, err := Open(t.Context(), path, Options{Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func flush(t testing.TB, c *Catalog) {
	t.Helper()
	if err := c.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// snapshot is what must survive a restart, as plain values.
type snapshot struct {
	GUID        string
	Info        HostInfo
	Labels      []wire.Label
	First, Last int64
	APIKey      string
	Charts      []chartSnapshot
}

type chartSnapshot struct {
	Def        wire.Chart
	Labels     []wire.Label
	Dimensions []wire.Dimension
}

func snapshotOf(c *Catalog) []snapshot {
	var list []snapshot
	for _, h := range c.Hosts() {
		s := snapshot{GUID: h.GUID, Info: *h.Info(), Labels: h.Labels(), First: h.FirstSeen().Unix(), Last: h.LastSeen().Unix(), APIKey: h.APIKey()}
		for _, ch := range h.Charts() {
			cs := chartSnapshot{Def: *ch.Def(), Labels: ch.Labels()}
			for _, d := range ch.Dimensions() {
				cs.Dimensions = append(cs.Dimensions, *d.Def())
			}
			s.Charts = append(s.Charts, cs)
		}
		list = append(list, s)
	}
	return list
}

// wantReopened checks that what is opened from a copy of the file equals c. A copy of an open database is what a killed
// process leaves behind.
func wantReopened(t *testing.T, c *Catalog, path string) {
	t.Helper()
	reopened := openCopy(t, path)
	if diff := cmp.Diff(snapshotOf(c), snapshotOf(reopened), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("catalog differs after it was opened again (-memory +file):\n%s", diff)
	}
}

func openCopy(t *testing.T, path string) *Catalog {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(filepath.Dir(path))); err != nil {
		t.Fatal(err)
	}
	return openCatalog(t, filepath.Join(to, filepath.Base(path)))
}

func fill(c *Catalog) *Host {
	h := c.Define("a1a2a3a4-0000-4000-8000-000000000001", HostInfo{
		Hostname: "web1", RegistryHostname: "web1.example", OS: "linux", Timezone: "Europe/Vienna", AbbrevTimezone: "CET",
		UTCOffset: 3600, UpdateEvery: 1, Hops: 1, ProgramName: "netdata", ProgramVersion: "v2.11.0", Tags: "a b",
		MLCapable: true, Ephemeral: true, MemoryMode: "dbengine", ClaimID: "claim", NodeID: "node",
		SystemInfo: map[string]string{"NETDATA_SYSTEM_KERNEL_NAME": "Linux", "ODD": "\"\x01ü"},
	})
	h.SetLabels([]wire.Label{{Name: "_os", Value: "linux", Source: wire.LabelAuto}, {Name: "role", Value: "web", Source: wire.LabelConfig}})
	for i := range 25 {
		ch := h.DefineChart(wire.Chart{
			ID: fmt.Sprintf("disk.d%d", i), Name: fmt.Sprintf("disk.name%d", i), Title: "Disk", Units: "KiB/s", Family: "disk",
			Context: "disk.io", Type: "area", Priority: 2000 - i, UpdateEvery: 2, Detail: true, Hidden: i == 3, StoreFirst: true,
			Plugin: "proc.plugin", Module: "/proc/diskstats",
		})
		ch.SetLabels([]wire.Label{{Name: "device", Value: fmt.Sprint(i), Source: wire.LabelAuto}})
		for j := range 12 {
			ch.AddDimension(wire.Dimension{ID: fmt.Sprintf("d%d", j), Name: "reads", Algorithm: wire.Incremental, Multiplier: -1,
				Divisor: 1024, Hidden: j == 1, NoReset: true, Float: j == 2})
		}
	}
	return h
}

func TestPersist(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	c := openCatalog(t, path)
	h := fill(c)
	c.Define("a1a2a3a4-0000-4000-8000-000000000002", HostInfo{Hostname: "bare"})
	flush(t, c)
	wantReopened(t, c, path)

	// Change everything that can change.
	info := *h.Info()
	info.ProgramVersion = "v2.12.0"
	h.SetInfo(info)
	h.SetLabels([]wire.Label{{Name: "role", Value: "db"}})
	ch := h.Chart("disk.d1")
	def := *ch.Def()
	def.Title, def.Name = "Other", ""
	h.DefineChart(def)
	ch.SetLabels(nil)
	ch.SetObsolete(true)
	ch.AddDimension(wire.Dimension{ID: "new", Name: "new", Multiplier: 1, Divisor: 1})
	d := *ch.Dimension("d0").Def()
	d.Obsolete, d.Algorithm = true, wire.PercentageOfIncrementalRow
	ch.Dimension("d0").SetDef(d)
	h.DefineChart(wire.Chart{ID: "z.last", Context: "z.last", Type: "line"})
	flush(t, c)
	wantReopened(t, c, path)
	flush(t, c) // nothing to do

	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
	if err := c.Flush(t.Context()); err == nil {
		t.Error("a closed catalog can be flushed")
	}
	again := openCatalog(t, path)
	if diff := cmp.Diff(snapshotOf(c), snapshotOf(again), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("catalog differs after a restart:\n%s", diff)
	}
	// What was loaded takes part in everything as if it had been defined.
	loaded := again.Host(h.GUID)
	if loaded.Chart("disk.name2") != loaded.Chart("disk.d2") || loaded.Chart("disk.d2") == nil {
		t.Error("a loaded chart is not found by name")
	}
	generation := loaded.Generation()
	if loaded.DefineChart(*loaded.Chart("disk.d2").Def()); loaded.Generation() != generation {
		t.Error("defining a loaded chart as it is counts as a change")
	}
	loaded.Chart("disk.d2").AddDimension(wire.Dimension{ID: "late", Multiplier: 1, Divisor: 1})
	loaded.DefineChart(wire.Chart{ID: "new.chart", Context: "c", Type: "line"})
	flush(t, again)
	wantReopened(t, again, path)
}

func TestCloseWrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	c := openCatalog(t, path)
	fill(c)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	wantReopened(t, c, path)
}

// A child that connects again defines everything again: nothing of it is written again.
func TestUnchangedIsNotWritten(t *testing.T) {
	c := openCatalog(t, filepath.Join(t.TempDir(), "catalog.db"))
	h := fill(c)
	flush(t, c)
	for _, table := range []string{"chart", "chart_label", "dimension"} {
		forbid(t, c, table)
	}
	for _, ch := range h.Charts() {
		ch.SetObsolete(true)
		ch.SetObsolete(false)
	}
	flush(t, c)
	h.Charts()[7].SetObsolete(true)
	if err := c.Flush(t.Context()); err == nil {
		t.Error("a change is not written")
	}
	for _, table := range []string{"chart", "chart_label", "dimension"} {
		permit(t, c, table)
	}
	flush(t, c)
}

// forbid makes writes to a table fail.
func forbid(t *testing.T, c *Catalog, table string) {
	t.Helper()
	for _, event := range []string{"INSERT", "UPDATE"} {
		if _, err := c.persister.db.Exec("CREATE TRIGGER forbid_" + table + event + " BEFORE " + event + " ON " + table +
			" BEGIN SELECT RAISE(ABORT, 'forbidden'); END"); err != nil {
			t.Fatal(err)
		}
	}
}

func permit(t *testing.T, c *Catalog, table string) {
	t.Helper()
	for _, event := range []string{"INSERT", "UPDATE"} {
		if _, err := c.persister.db.Exec("DROP TRIGGER forbid_" + table + event); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFailedFlushIsRepeated(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	c := openCatalog(t, path)
	forbid(t, c, "dimension")
	h := fill(c)
	conn := &Connection{Since: time.Unix(1000, 0)}
	conn.SetLastTraffic(time.Unix(1001, 0))
	h.Connect(conn)
	for range 3 {
		if err := c.Flush(t.Context()); err == nil || !strings.Contains(err.Error(), "forbidden") {
			t.Errorf("flush: %v, want the trigger's error", err)
		}
		h.DefineChart(wire.Chart{ID: "more.c", Context: "c", Type: "line"}).SetLabels([]wire.Label{{Name: "a", Value: "b"}})
	}
	permit(t, c, "dimension")
	flush(t, c)
	wantReopened(t, c, path)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h.DefineChart(wire.Chart{ID: "even.more", Context: "c", Type: "line"})
	if err := c.Flush(ctx); err == nil {
		t.Error("flush goes on after its context has ended")
	}
	flush(t, c)
	wantReopened(t, c, path)
}

func TestChangesWhileFlushing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	c := openCatalog(t, path)
	var wg sync.WaitGroup
	for n := range 4 {
		wg.Go(func() {
			h := c.Define(fmt.Sprintf("guid%d", n), HostInfo{Hostname: "h"})
			for i := range 200 {
				ch := h.DefineChart(wire.Chart{ID: fmt.Sprintf("a.c%d", i%50), Title: fmt.Sprint(i), Type: "line"})
				if id := fmt.Sprint(i % 7); ch.Dimension(id) == nil {
					ch.AddDimension(wire.Dimension{ID: id, Multiplier: 1, Divisor: 1})
				}
				ch.SetLabels([]wire.Label{{Name: "i", Value: fmt.Sprint(i)}})
				h.SetLabels([]wire.Label{{Name: "i", Value: fmt.Sprint(i)}})
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		flush(t, c)
	}
	flush(t, c)
	wantReopened(t, c, path)
}

func TestConnections(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	c := openCatalog(t, path)
	h := fill(c)
	other := c.Define("other", HostInfo{Hostname: "other"})
	connect := func(h *Host, since int64) *Connection {
		conn := &Connection{Since: time.Unix(since, 0), RemoteAddr: "192.0.2.1:4000", TLS: true, Caps: wire.VCaps | wire.FuncDel, Compression: "zstd"}
		conn.SetLastTraffic(conn.Since)
		h.Connect(conn)
		return conn
	}
	conn := connect(other, 500)
	for i := range int64(130) {
		conn := connect(h, 1000+10*i)
		conn.Samples.Add(i)
		conn.SetLastTraffic(time.Unix(1005+10*i, 5))
		if i%50 == 0 {
			flush(t, c)
		}
		conn.SetReason("closed by the child")
		h.Disconnect(conn)
	}
	flush(t, c)
	wantConnections := func(c *Catalog, h *Host, want ...string) {
		t.Helper()
		var got []string
		rows, err := c.persister.db.Query(`SELECT connected_at, disconnected_at, address, tls, version, capabilities, compression, samples, reason
			FROM connection JOIN host ON host.id = host_id WHERE guid = ? ORDER BY connection.id`, h.GUID)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var connected, caps, samples int64
			var disconnected sql.NullInt64
			var tls bool
			var address, version, compression, reason string
			if err := rows.Scan(&connected, &disconnected, &address, &tls, &version, &caps, &compression, &samples, &reason); err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprint(connected, " ", disconnected.Int64, " ", address, " ", tls, " ", version, " ", wire.Caps(caps), " ", compression, " ", samples, " ", reason))
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("connections of %s:\n%s\nwant\n%s", h.Info().Hostname, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	var want []string
	for i := 30; i < 130; i++ {
		want = append(want, fmt.Sprint(1000+10*i, " ", 1005+10*i, " 192.0.2.1:4000 true v2.11.0 VCAPS FUNCDEL zstd ", i, " closed by the child"))
	}
	wantConnections(c, h, want...)
	wantConnections(c, other, "500 0 192.0.2.1:4000 true  VCAPS FUNCDEL zstd 0 ")
	if got := h.LastSeen(); !got.Equal(time.Unix(2295, 5)) {
		t.Errorf("last seen %v", got)
	}

	// Killed while a host is connected: its last sign of life is known to a minute, and its connection has an end.
	conn.SetLastTraffic(time.Unix(9000, 0))
	setClock(c, func() time.Time { return time.Unix(9000, 0) })
	if err := c.persister.touch(t.Context()); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(filepath.Dir(path))); err != nil {
		t.Fatal(err)
	}
	killed := openCatalog(t, filepath.Join(to, "catalog.db"))
	wantConnections(killed, other, "500 9000 192.0.2.1:4000 true  VCAPS FUNCDEL zstd 0 foster was killed")
	host := killed.Host(h.GUID)
	if first, last := host.FirstSeen().Unix(), host.LastSeen().Unix(); first != 1000 || last != 2295 {
		t.Errorf("first seen %d, last seen %d", first, last)
	}
	if last := killed.Host("other").LastSeen().Unix(); last != 9000 {
		t.Errorf("host that was connected was last seen at %d", last)
	}
	if s := host.State(time.Unix(2300, 0)); s != Stale {
		t.Errorf("state is %s", s)
	}
	conn = connect(host, 9900)
	flush(t, killed)
	host.Disconnect(conn)
	flush(t, killed)
	wantConnections(killed, host, append(want[1:], "9900 9900 192.0.2.1:4000 true v2.11.0 VCAPS FUNCDEL zstd 0 ")...)
}

func TestConnectionChangesAreBounded(t *testing.T) {
	var c changes
	for i := range 3 * maxConnectionChanges {
		c.addConnection(connectionChange{conn: &Connection{Since: time.Unix(int64(i), 0)}})
	}
	if n := len(c.connections); n > maxConnectionChanges {
		t.Errorf("%d changes are kept", n)
	}
	if last := c.connections[len(c.connections)-1].conn.Since.Unix(); last != 3*maxConnectionChanges-1 {
		t.Errorf("the newest change kept is %d", last)
	}
}

// Deleting a host deletes all that belongs to it.
func TestCascade(t *testing.T) {
	c := openCatalog(t, filepath.Join(t.TempDir(), "catalog.db"))
	h := fill(c)
	h.Connect(&Connection{Since: time.Unix(1, 0)})
	flush(t, c)
	if _, err := c.persister.db.Exec(`DELETE FROM host`); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"host_label", "chart", "chart_label", "dimension", "connection"} {
		var n int
		if err := c.persister.db.QueryRow("SELECT count(*) FROM " + table).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d rows are left in %s, error %v", n, table, err)
		}
	}
}

func TestMemoryOnly(t *testing.T) {
	c := NewInMemory()
	h := fill(c)
	conn := &Connection{Since: time.Unix(1, 0)}
	h.Connect(conn)
	h.Disconnect(conn)
	if err := c.Flush(t.Context()); err != nil {
		t.Error(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if !reflect.DeepEqual(h.Info(), c.Find("web1").Info()) {
		t.Error("host is not found by name")
	}
}

// manyDimensions defines 100,000 dimensions.
func manyDimensions(c *Catalog) {
	for i := range 50 {
		h := c.Define(fmt.Sprintf("guid-%d", i), HostInfo{Hostname: "h"})
		for j := range 200 {
			ch := h.DefineChart(wire.Chart{ID: fmt.Sprintf("type.chart%d", j), Title: "A title of ordinary length", Units: "units/s",
				Family: "family", Context: fmt.Sprintf("type.context%d", j%50), Type: "line", Plugin: "plugin", Module: "module"})
			for k := range 10 {
				ch.AddDimension(wire.Dimension{ID: fmt.Sprintf("dimension%d", k), Name: fmt.Sprintf("dimension%d", k), Multiplier: 1, Divisor: 1})
			}
			ch.SetLabels([]wire.Label{{Name: "_collect_plugin", Value: "plugin", Source: wire.LabelAuto}, {Name: "_collect_module", Value: "module", Source: wire.LabelAuto}})
		}
	}
}

func BenchmarkCatalogFlush(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		c := openCatalog(b, filepath.Join(b.TempDir(), "catalog.db"))
		manyDimensions(c)
		b.StartTimer()
		if err := c.Flush(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := c.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

func BenchmarkCatalogOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "catalog.db")
	c := openCatalog(b, path)
	manyDimensions(c)
	if err := c.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := openCatalog(b, path).Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// TestPlace: the dimensions of a chart that was guessed get the order in which its child defines them, for good; those of other
// charts stay where they are.
func TestPlace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	c := openCatalog(t, path)
	h := c.Define("a1a2a3a4-0000-4000-8000-000000000001", HostInfo{Hostname: "h", UpdateEvery: 1})
	known := wire.Chart{ID: "a.known", Title: "Known", Units: "x", Context: "a.known", Type: "line", UpdateEvery: 1}
	for _, def := range []wire.Chart{Guess("a.guessed", "a.guessed"), known} {
		ch := h.DefineChart(def)
		for _, id := range []string{"w", "z", "old", "x"} {
			ch.AddDimension(wire.Dimension{ID: id, Multiplier: 1, Divisor: 1})
		}
	}
	flush(t, c)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = openCatalog(t, path)
	h = c.Host(h.GUID)
	known.Title = "Known and changed"
	guessed := known
	guessed.ID, guessed.Context = "a.guessed", "a.guessed"
	for range 2 { // connections
		for _, def := range []wire.Chart{guessed, known} {
			ch := h.DefineChart(def)
			for i, id := range []string{"x", "y", "z", "w"} {
				d := ch.Dimension(id)
				if d == nil {
					d = ch.AddDimension(wire.Dimension{ID: id, Multiplier: 1, Divisor: 1})
				}
				ch.Place(d, i)
			}
		}
	}
	flush(t, c)
	order := func(id string) string {
		var ids []string
		for _, d := range h.Chart(id).Dimensions() {
			ids = append(ids, d.ID)
		}
		return strings.Join(ids, " ")
	}
	for range 2 {
		if got := order("a.guessed"); got != "x y z w old" {
			t.Errorf("the order of the guessed chart is %s", got)
		}
		if got := order("a.known"); got != "w z old x y" {
			t.Errorf("the order of the known chart is %s", got)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		c = openCatalog(t, path)
		h = c.Host(h.GUID)
	}
}
