package storage

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"foster/replication/wire"
	"foster/storage/catalog"
	"foster/storage/query"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	guid  = "a1a2a3a4-0000-4000-8000-000000000001"
	epoch = int64(1_800_000_000)
)

func testOptions(t testing.TB, dir string) Options {
	o := DefaultOptions()
	o.Dir = dir
	o.Logger = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))
	o.Now = func() time.Time { return time.Unix(epoch+86400, 0) }
	return o
}

func openStore(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(t.Context(), testOptions(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// define returns a chart with dimensions of host n.
func define(s *Store, n int, id string, dimensions ...string) *catalog.Chart {
	h := s.Catalog().Define(fmt.Sprintf("%s%d", guid[:len(guid)-1], n), catalog.HostInfo{Hostname: fmt.Sprintf("h%d", n), UpdateEvery: 1})
	ch := h.DefineChart(wire.Chart{ID: id, Context: id, Type: "line", UpdateEvery: 1})
	for _, d := range dimensions {
		if ch.Dimension(d) == nil {
			ch.AddDimension(wire.Dimension{ID: d, Name: d, Multiplier: 1, Divisor: 1})
		}
	}
	return ch
}

func mustAppend(t testing.TB, a *Appender, d *catalog.Dimension, at int64, v float64, f wire.Flags) {
	t.Helper()
	if err := a.Append(d, at, v, f); err != nil {
		t.Fatal(err)
	}
}

func mustCommit(t testing.TB, a *Appender) {
	t.Helper()
	if err := a.Commit(); err != nil {
		t.Fatal(err)
	}
}

// read returns the points of one dimension.
func read(t testing.TB, s *Store, d *catalog.Dimension, after, before int64) []query.Point {
	t.Helper()
	selection, err := s.Select(t.Context(), d.Chart, []*catalog.Dimension{d}, Range{After: after, Before: before})
	if err != nil {
		t.Fatal(err)
	}
	defer selection.Close()
	series := selection.Series
	if len(series) != 1 || series[0].Dimension != d.ID {
		t.Fatalf("selected %v", series)
	}
	var points []query.Point
	buf := make([]query.Point, 100)
	for {
		n, err := series[0].Cursor.Read(buf)
		points = append(points, buf[:n]...)
		if errors.Is(err, io.EOF) {
			return points
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func wantValues(t *testing.T, points []query.Point, want ...float64) {
	t.Helper()
	if len(points) != len(want) {
		t.Errorf("got %d points, want %d", len(points), len(want))
		return
	}
	for i, p := range points {
		if p.Sum != want[i] {
			t.Errorf("point %d is %+v, want value %v", i, p, want[i])
		}
	}
}

func TestStore(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	ch := define(s, 1, "system.cpu", "user", "system")
	user, system := ch.Dimension("user"), ch.Dimension("system")
	if err := s.LoadRetention(t.Context(), ch.Host); err != nil {
		t.Fatal(err)
	}
	if !ch.Host.RetentionKnown() || ch.First() != 0 || ch.Last() != 0 {
		t.Errorf("retention of an empty store is %d to %d", ch.First(), ch.Last())
	}
	a := s.Appender()
	for i := range int64(5) {
		mustAppend(t, a, user, epoch+i, float64(i), wire.Anomalous)
		mustAppend(t, a, system, epoch+i, math.NaN(), 0)
	}
	if a.Pending() != 5 {
		t.Errorf("%d points pending, want 5", a.Pending())
	}
	mustCommit(t, a)
	mustCommit(t, a) // nothing to do
	points := read(t, s, user, epoch, epoch+10)
	wantValues(t, points, 1, 2, 3, 4)
	if p := points[0]; p.Start != epoch || p.End != epoch+1 || p.Anomalous != 1 || p.Count != 1 {
		t.Errorf("point is %+v", p)
	}
	wantValues(t, read(t, s, system, epoch-1, epoch+10))

	for at, want := range map[int64]error{epoch - 40*86400: ErrTooOld, epoch + 2*86400: ErrFuture} {
		if err := a.Append(user, at, 1, 0); !errors.Is(err, want) {
			t.Errorf("append at %d: %v, want %v", at, err, want)
		}
	}
	if stats := s.Stats(); stats.Appended != 5 || stats.TooOld != 1 || stats.Series != 1 || len(stats.Tiers) != 3 ||
		stats.Tiers[0].First != epoch || stats.Tiers[0].Last != epoch+4 || stats.Tiers[0].HeadBytes == 0 {
		t.Errorf("figures are %+v", stats)
	}

	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
	s = openStore(t, dir)
	ch = s.Catalog().Find("h1").Chart("system.cpu")
	wantValues(t, read(t, s, ch.Dimension("user"), epoch-1, epoch+10), 0, 1, 2, 3, 4)
	if err := s.LoadRetention(t.Context(), ch.Host); err != nil {
		t.Fatal(err)
	}
	if ch.First() != epoch || ch.Last() != epoch+4 {
		t.Errorf("retention after a restart is %d to %d", ch.First()-epoch, ch.Last()-epoch)
	}
	a = s.Appender()
	mustAppend(t, a, ch.Dimension("user"), epoch+5, 5, 0)
	mustAppend(t, a, ch.Dimension("system"), epoch+5, 5, 0)
	mustCommit(t, a)
	wantValues(t, read(t, s, ch.Dimension("user"), epoch+2, epoch+10), 3, 4, 5)
}

func TestLoadRetention(t *testing.T) {
	s := openStore(t, t.TempDir())
	one, two, other := define(s, 1, "a.one", "x", "y"), define(s, 1, "a.two", "x"), define(s, 2, "a.one", "x")
	a := s.Appender()
	for at := epoch + 100; at <= epoch+400; at++ {
		mustAppend(t, a, one.Dimensions()[0], at, 1, 0)
		if at <= epoch+200 {
			mustAppend(t, a, two.Dimensions()[0], at, 1, 0)
		}
		mustAppend(t, a, other.Dimensions()[0], at+86000, 1, 0)
	}
	mustCommit(t, a)
	mustAppend(t, a, one.Dimensions()[1], epoch+50, 1, 0)
	mustCommit(t, a)
	want := func(ch *catalog.Chart, first, last int64) {
		t.Helper()
		if err := s.LoadRetention(t.Context(), ch.Host); err != nil {
			t.Fatal(err)
		}
		if ch.First() != first || ch.Last() != last {
			t.Errorf("%s of %s: %d to %d, want %d to %d", ch.ID, ch.Host.GUID, ch.First()-epoch, ch.Last()-epoch, first-epoch, last-epoch)
		}
	}
	want(one, epoch+50, epoch+400)
	want(two, epoch+100, epoch+200)
	want(other, epoch+86100, epoch+86400)
	// What is known is not read again, and what was believed wrongly is corrected.
	two.SetRetention(1, epoch+999)
	want(two, 1, epoch+999)
	two.Host.SetRetentionKnown(false)
	want(two, epoch+100, epoch+200)
}

func TestSelectEnds(t *testing.T) {
	s := openStore(t, t.TempDir())
	ch := define(s, 1, "a.b", "x", "y", "z")
	a := s.Appender()
	for at := epoch; at < epoch+10; at++ {
		mustAppend(t, a, ch.Dimension("x"), at, 1, 0)
		mustAppend(t, a, ch.Dimension("z"), at, 3, 0)
	}
	mustCommit(t, a)
	selection, err := s.Select(t.Context(), ch, ch.Dimensions(), Range{After: epoch, Before: epoch + 10})
	if err != nil {
		t.Fatal(err)
	}
	series := selection.Series
	buf := make([]query.Point, 2)
	if n, err := series[2].Cursor.Read(buf); n != 2 || err != nil || buf[1].Sum != 3 {
		t.Errorf("read %d points %v, error %v", n, buf, err)
	}
	if n, err := series[1].Cursor.Read(buf); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("read %d points of a dimension without any, error %v", n, err)
	}
	for range 2 {
		if err := selection.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	if _, err := series[0].Cursor.Read(buf); !errors.Is(err, ErrClosed) {
		t.Errorf("read after the selection was closed: %v, want %v", err, ErrClosed)
	}

	if selection, err = s.Select(t.Context(), ch, ch.Dimensions(), Range{After: epoch, Before: epoch + 10}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := selection.Series[0].Cursor.Read(buf); !errors.Is(err, ErrClosed) {
		t.Errorf("read after the store was closed: %v, want %v", err, ErrClosed)
	}
	if err := selection.Close(); err != nil {
		t.Errorf("close of a selection after the store: %v", err)
	}
	if err := a.Append(ch.Dimension("x"), epoch+20, 1, 0); !errors.Is(err, ErrClosed) {
		t.Errorf("append after close: %v, want %v", err, ErrClosed)
	}
}

func TestSecondInstanceIsRefused(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	define(s, 1, "a.b", "x")
	if err := s.Catalog().Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), testOptions(t, dir)); !errors.Is(err, ErrLocked) {
		t.Errorf("second open: %v, want %v", err, ErrLocked)
	}
	if aside, _ := filepath.Glob(filepath.Join(dir, "*corrupt*")); len(aside) != 0 {
		t.Errorf("the second instance moved %v", aside)
	}
}

// An open that fails leaves nothing behind that would make the next one fail.
func TestOpenAgainAfterFailure(t *testing.T) {
	dir := t.TempDir()
	obstacle := filepath.Join(dir, "tier0")
	if err := os.WriteFile(obstacle, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	o := testOptions(t, dir)
	o.Registerer = prometheus.NewRegistry()
	for range 2 {
		if _, err := Open(t.Context(), o); err == nil {
			t.Fatal("a file in the place of a directory is no error")
		}
	}
	if err := os.Remove(obstacle); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	f := func(change func(*Options)) {
		t.Helper()
		o := testOptions(t, t.TempDir())
		change(&o)
		if _, err := Open(t.Context(), o); err == nil {
			t.Errorf("options are accepted: %+v", o)
		}
	}
	f(func(o *Options) { o.Dir = "" })
	f(func(o *Options) { o.Logger = nil })
	f(func(o *Options) { o.Now = nil })
	f(func(o *Options) { o.ReplicationPeriod = -1 })
	f(func(o *Options) { o.Tier0.Time = 0 })
	f(func(o *Options) { o.Tier0.Bytes = -1 })
}

// TestBatchesWait: no batch of the TSDB is open before Commit; what has become too old by then does not keep the rest out.
func TestBatchesWait(t *testing.T) {
	o := testOptions(t, t.TempDir())
	registry := prometheus.NewRegistry()
	o.Registerer = registry
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	d := define(s, 1, "a.b", "x").Dimension("x")
	first, second := s.Appender(), s.Appender()
	mustAppend(t, first, d, epoch, 1, 0)
	mustCommit(t, first)

	mustAppend(t, first, d, epoch-20_000, 2, 0)
	mustAppend(t, first, d, epoch+1, 3, 0)
	if n := gauge(t, registry, "prometheus_tsdb_head_active_appenders"); n != 0 {
		t.Errorf("%v batches are open", n)
	}
	mustAppend(t, second, define(s, 2, "a.b", "x").Dimension("x"), epoch+86_400, 4, 0)
	mustCommit(t, second)
	mustCommit(t, first)
	wantValues(t, read(t, s, d, epoch-30_000, epoch+10), 1, 3)
	if stats := s.Stats(); stats.TooOld != 1 {
		t.Errorf("%d points were too old, want 1", stats.TooOld)
	}

	mustAppend(t, first, d, epoch+2, 5, 0)
	first.Discard()
	mustCommit(t, first)
	wantValues(t, read(t, s, d, epoch, epoch+10), 3)

	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := first.Append(d, epoch+3, 6, 0); !errors.Is(err, ErrClosed) {
		t.Errorf("append to a closed store: %v", err)
	}
}

func gauge(t *testing.T, g prometheus.Gatherer, name string) float64 {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	t.Fatalf("there is no metric %s", name)
	return 0
}

func TestAppendDoesNotAllocate(t *testing.T) {
	s := openStore(t, t.TempDir())
	var dims []*catalog.Dimension
	for i := range 100 {
		dims = append(dims, define(s, 1, fmt.Sprintf("a.c%d", i), "0", "1", "2", "3", "4", "5", "6", "7", "8", "9").Dimensions()...)
	}
	a := s.Appender()
	at := epoch
	second := func() {
		at++
		for i, d := range dims {
			mustAppend(t, a, d, at, float64(i), 0)
		}
		mustCommit(t, a)
	}
	second()
	// What is left belongs to the batch, not to its points: and new chunks, one for 120 points.
	if allocs := testing.AllocsPerRun(50, second); allocs > float64(len(dims)/10) {
		t.Errorf("%v allocations for a batch of %d points", allocs, len(dims))
	}
}

func BenchmarkAppendCommit(b *testing.B) {
	s := openStore(b, b.TempDir())
	var dims []*catalog.Dimension
	for i := range 1000 {
		dims = append(dims, define(s, i/200, fmt.Sprintf("a.c%d", i), "0", "1", "2", "3", "4", "5", "6", "7", "8", "9").Dimensions()...)
	}
	a := s.Appender()
	at := epoch
	b.ReportAllocs()
	for b.Loop() {
		at++
		for i, d := range dims {
			err := a.Append(d, at, float64((int(at)+i)%(1+i%20)), 0)
			if err == nil && a.Pending() >= 1000 {
				err = a.Commit()
			}
			if err != nil {
				b.Fatal(err)
			}
		}
		mustCommit(b, a)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(dims)), "ns/sample")
}
