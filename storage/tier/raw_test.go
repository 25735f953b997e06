package tier

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"foster/replication/wire"
	"foster/storage/query"
)

func TestPointsAndFlags(t *testing.T) {
	r := openRaw(t, t.TempDir(), testOptions())
	f := newFeeder(t, r)
	s := series("system.cpu", "user")
	f.append(s, epoch+1, 1.5, 0)
	f.append(s, epoch+2, 0, wire.Anomalous)
	f.append(s, epoch+3, 1, wire.Empty)
	f.append(s, epoch+4, math.NaN(), 0)
	f.append(s, epoch+5, -2.5, wire.Reset)
	if n := f.app.Pending(); n != 3 {
		t.Errorf("%d points pending, want 3", n)
	}
	if got := read(t, r, "system.cpu", "user", epoch, epoch+10); got != nil {
		t.Errorf("points are visible before they are committed: %v", got)
	}
	f.commit()
	if n := f.app.Pending(); n != 0 {
		t.Errorf("%d points pending after a commit", n)
	}
	want := []query.Point{
		{Start: epoch, End: epoch + 1, Sum: 1.5, Min: 1.5, Max: 1.5, Count: 1},
		{Start: epoch + 1, End: epoch + 2, Count: 1, Anomalous: 1},
		{Start: epoch + 4, End: epoch + 5, Sum: -2.5, Min: -2.5, Max: -2.5, Count: 1, Reset: true},
	}
	wantPoints(t, read(t, r, "system.cpu", "user", epoch, epoch+10), want)
	wantPoints(t, read(t, r, "system.cpu", "user", epoch+1, epoch+4), want[1:2])
	wantPoints(t, read(t, r, "system.cpu", "user", epoch+1, epoch+5), want[1:])
	wantPoints(t, read(t, r, "system.cpu", "user", epoch+10, epoch+1), nil)
	wantPoints(t, read(t, r, "system.cpu", "user", math.MinInt64, math.MaxInt64), want)
	wantPoints(t, read(t, r, "system.cpu", "nice", epoch, epoch+10), nil)
	wantPoints(t, read(t, r, "system", "user", epoch, epoch+10), nil)
}

func wantPoints(t *testing.T, got, want []query.Point) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("got %d points %v, want %d", len(got), got, len(want))
		return
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("point %d is %+v, want %+v", i, got[i], want[i])
		}
	}
}

func TestSelectSeveral(t *testing.T) {
	r := openRaw(t, t.TempDir(), testOptions())
	f := newFeeder(t, r)
	for i := range int64(10) {
		f.append(series("system.load", "load1"), epoch+10*i, float64(i), 0)
		f.append(series("system.load", "load5"), epoch+10*i, float64(-i), 0)
	}
	f.commit()
	s, err := r.Select(t.Context(), guid, "system.load", []string{"load5", "none", "load1", "load5"}, 10, epoch, epoch+30)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i, want := range []float64{-1, 0, 1, -1} {
		points := drain(t, s.Cursors[i])
		if want == 0 {
			wantPoints(t, points, nil)
			continue
		}
		wantPoints(t, points, []query.Point{
			{Start: epoch, End: epoch + 10, Sum: want, Min: want, Max: want, Count: 1},
			{Start: epoch + 10, End: epoch + 20, Sum: 2 * want, Min: 2 * want, Max: 2 * want, Count: 1},
			{Start: epoch + 20, End: epoch + 30, Sum: 3 * want, Min: 3 * want, Max: 3 * want, Count: 1},
		})
	}
}

// A chart that is collected less often now has old points that are closer together.
func TestPointsDoNotOverlap(t *testing.T) {
	r := openRaw(t, t.TempDir(), testOptions())
	f := newFeeder(t, r)
	s := series("a.b", "c")
	for _, at := range []int64{1, 2, 10, 20} {
		f.append(s, epoch+at, 1, 0)
	}
	f.commit()
	sel, err := r.Select(t.Context(), guid, "a.b", []string{"c"}, 10, epoch, epoch+20)
	if err != nil {
		t.Fatal(err)
	}
	defer sel.Close()
	var starts []int64
	for _, p := range drain(t, sel.Cursors[0]) {
		starts = append(starts, p.Start-epoch)
	}
	if got := fmt.Sprint(starts); got != "[-9 1 2 10]" {
		t.Errorf("points start at %s", got)
	}
}

func TestContextChanges(t *testing.T) {
	r := openRaw(t, t.TempDir(), testOptions())
	f := newFeeder(t, r)
	before, after := series("a.b", "c"), series("a.b", "c")
	after.Context = "a.new"
	for at := epoch + 1; at <= epoch+100; at++ {
		f.append(before, at, ramp(at), 0)
	}
	for at := epoch + 90; at <= epoch+200; at++ {
		f.append(after, at, ramp(at), 0)
	}
	f.commit()
	wantRamp(t, read(t, r, "a.b", "c", epoch, epoch+1000), epoch+1, epoch+200)
}

func TestRestart(t *testing.T) {
	dir := t.TempDir()
	s, replayed, rare := series("a.b", "c"), series("a.replayed", "x"), series("a.rare", "x")
	const run, runs = 400, 5
	for n := range int64(runs) {
		r := openRaw(t, dir, testOptions())
		from := epoch + 10_000 + n*run
		f := newFeeder(t, r)
		for at := from; at < from+run; at++ {
			f.append(s, at, ramp(at), 0)
			if n == 0 && at == from {
				f.append(replayed, at, ramp(at), 0)
			}
			back := epoch + 10_000 - (n*run + run - (at - from)) // a piece of history before the last one
			f.append(replayed, back, ramp(back), 0)
			if at%100 == 0 {
				f.commit()
			}
		}
		f.append(rare, from, ramp(from), 0)
		f.commit()
		check := func() {
			t.Helper()
			wantRamp(t, read(t, r, "a.b", "c", epoch, epoch+100_000), epoch+10_000, from+run-1)
			wantRamp(t, read(t, r, "a.replayed", "x", epoch, epoch+100_000), epoch+10_000-(n+1)*run, epoch+10_000)
			wantSpan(t, r, "a.replayed", epoch+10_000-(n+1)*run, epoch+10_000)
			wantSpan(t, r, "a.b", epoch+10_000, from+run-1)
			wantSpan(t, r, "a.rare", epoch+10_000, from)
			if got := len(read(t, r, "a.rare", "x", epoch, epoch+100_000)); got != int(n+1) {
				t.Errorf("%d points of the rare series, want %d", got, n+1)
			}
		}
		check()
		for range 2 {
			if err := r.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		}
		r = openRaw(t, dir, testOptions())
		check()
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A copy of the directory of an open tier is what a killed process leaves behind.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	r := openRaw(t, dir, testOptions())
	f := newFeeder(t, r)
	live, replayed := series("a.b", "live"), series("a.b", "replayed")
	for at := epoch + 7200; at <= epoch+7500; at++ {
		f.append(live, at, ramp(at), 0)
		f.append(replayed, at, ramp(at), 0)
		if at == epoch+7300 { // and what an orderly end before has left behind
			f.commit()
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			r = openRaw(t, dir, testOptions())
			f = newFeeder(t, r)
		}
	}
	f.commit()
	for at := epoch + 1; at < epoch+7200; at++ {
		f.append(replayed, at, ramp(at), 0)
		if at%600 == 0 {
			f.commit()
		}
	}
	f.commit()
	f.append(live, epoch+7501, 1, 0) // not committed: lost

	killed := openRaw(t, copyDir(t, dir), testOptions())
	wantRamp(t, read(t, killed, "a.b", "live", epoch, epoch+8000), epoch+7200, epoch+7500)
	wantRamp(t, read(t, killed, "a.b", "replayed", epoch, epoch+8000), epoch+1, epoch+7500)
	wantSpan(t, killed, "a.b", epoch+1, epoch+7500)
	f.commit()
}

func TestReplayWhileLive(t *testing.T) {
	r := openRaw(t, t.TempDir(), testOptions())
	now := epoch + 10_000
	live, replayed := series("a.live", "x"), series("a.replayed", "x")
	first := newFeeder(t, r)
	first.append(live, now, ramp(now), 0)
	first.append(replayed, now, ramp(now), 0)
	first.commit()
	var wg sync.WaitGroup
	wg.Go(func() {
		f := newFeeder(t, r)
		for at := now + 1; at <= now+1000; at++ {
			f.append(live, at, ramp(at), 0)
			f.commit()
		}
	})
	wg.Go(func() {
		f := newFeeder(t, r)
		for at := now - 3600; at < now; at++ {
			f.append(replayed, at, ramp(at), 0)
			if at%100 == 0 {
				f.commit()
			}
		}
		f.commit()
	})
	wg.Wait()
	wantRamp(t, read(t, r, "a.live", "x", epoch, now+2000), now, now+1000)
	wantRamp(t, read(t, r, "a.replayed", "x", epoch, now+2000), now-3600, now)
	wantSpan(t, r, "a.replayed", now-3600, now)
}

func TestDuplicates(t *testing.T) {
	r := openRaw(t, t.TempDir(), testOptions())
	f := newFeeder(t, r)
	s := series("a.b", "c")
	for range 3 {
		for at := epoch + 1; at <= epoch+1000; at++ {
			f.append(s, at, ramp(at), 0)
		}
		f.commit()
	}
	// The newest point again with another value: the first stays.
	f.append(s, epoch+1000, 7, 0)
	f.commit()
	wantRamp(t, read(t, r, "a.b", "c", epoch, epoch+2000), epoch+1, epoch+1000)
	if d := r.Stats().Duplicates; d != 1 {
		t.Errorf("%d duplicates counted, want 1", d)
	}
}

func TestRefused(t *testing.T) {
	o := testOptions()
	now := epoch + 86400*2
	o.Now = func() time.Time { return time.Unix(now, 0) }
	r := openRaw(t, t.TempDir(), o)
	a := r.Appender()
	s := series("a.b", "c")
	f := func(at int64, want error) {
		t.Helper()
		if _, err := a.Create(s, at, 1, 0); !errors.Is(err, want) {
			t.Errorf("point at now%+d: got %v, want %v", at-now, err, want)
		}
	}
	f(0, ErrTooOld)
	f(math.MinInt64, ErrTooOld)
	f(math.MaxInt64, ErrFuture)
	f(now+601, ErrFuture)
	f(now, nil)
	if err := a.Commit(); err != nil {
		t.Fatal(err)
	}
	f(now-26*3600, nil)
	f(now-26*3600-1, ErrTooOld)
	f(now+600, nil)
	if err := a.Commit(); err != nil {
		t.Fatal(err)
	}
	if n := len(read(t, r, "a.b", "c", 0, now+86400)); n != 3 {
		t.Errorf("%d points stored, want 3", n)
	}
	if got := r.Stats().TooOld; got != 3 {
		t.Errorf("%d points counted as too old, want 3", got)
	}
}

func TestLocked(t *testing.T) {
	dir := t.TempDir()
	r := openRaw(t, dir, testOptions())
	if _, err := Open(dir, testOptions()); !errors.Is(err, ErrLocked) {
		t.Errorf("second open: %v, want %v", err, ErrLocked)
	}
	f := newFeeder(t, r)
	f.append(series("a.b", "c"), epoch, 1, 0)
	f.commit()

	other := t.TempDir()
	release, err := Lock(other)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(other); !errors.Is(err, ErrLocked) {
		t.Errorf("second lock: %v, want %v", err, ErrLocked)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	if release, err = Lock(other); err != nil {
		t.Fatalf("lock after release: %v", err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
}

func TestRegistererIsFreed(t *testing.T) {
	dir := t.TempDir()
	o := testOptions()
	registry := prometheus.NewRegistry()
	o.Registerer = registry
	for range 3 {
		r := openRaw(t, dir, o)
		if families, err := registry.Gather(); err != nil || len(families) == 0 {
			t.Errorf("%d metric families, error %v", len(families), err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if families, _ := registry.Gather(); len(families) != 0 {
			t.Errorf("%d metric families are left after close", len(families))
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	f := func(change func(*Options)) {
		t.Helper()
		o := testOptions()
		change(&o)
		if _, err := Open(t.TempDir(), o); err == nil {
			t.Errorf("options are accepted: %+v", o)
		}
	}
	f(func(o *Options) { o.Logger = nil })
	f(func(o *Options) { o.Now = nil })
	f(func(o *Options) { o.BlockDuration = 0 })
	f(func(o *Options) { o.Retention = time.Minute })
	f(func(o *Options) { o.OutOfOrder = 0 })
	f(func(o *Options) { o.MaxBytes = -1 })
}

func TestClosedWhileReading(t *testing.T) {
	r := openRaw(t, t.TempDir(), testOptions())
	f := newFeeder(t, r)
	for at := epoch + 1; at <= epoch+1000; at++ {
		f.append(series("a.b", "c"), at, ramp(at), 0)
	}
	f.commit()
	f.append(series("a.b", "c"), epoch+1001, 1, 0)
	s, err := r.Select(t.Context(), guid, "a.b", []string{"c"}, 1, epoch, epoch+1000)
	if err != nil {
		t.Fatal(err)
	}
	reading := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		buf := make([]query.Point, 1)
		for i := 0; ; i++ {
			_, err := s.Cursors[0].Read(buf)
			if i == 10 {
				close(reading)
			}
			if err != nil { // io.EOF when all was read before the close
				return
			}
		}
	})
	<-reading
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if _, err := s.Cursors[0].Read(make([]query.Point, 1)); !errors.Is(err, ErrClosed) {
		t.Errorf("read after close: %v, want %v", err, ErrClosed)
	}
	if err := s.Close(); err != nil {
		t.Errorf("close of a selection after the tier: %v", err)
	}
	if err := f.app.Commit(); !errors.Is(err, ErrClosed) {
		t.Errorf("commit after close: %v, want %v", err, ErrClosed)
	}
	if _, err := f.app.Create(series("a.b", "d"), epoch, 1, 0); !errors.Is(err, ErrClosed) {
		t.Errorf("append after close: %v, want %v", err, ErrClosed)
	}
	if _, err := r.Select(t.Context(), guid, "a.b", []string{"c"}, 1, epoch, epoch+1); !errors.Is(err, ErrClosed) {
		t.Errorf("select after close: %v, want %v", err, ErrClosed)
	}
	if _, err := r.Retention(t.Context(), guid); !errors.Is(err, ErrClosed) {
		t.Errorf("retention after close: %v, want %v", err, ErrClosed)
	}
	if r.Stats() != (Stats{}) {
		t.Error("a closed tier has figures")
	}
}

// Readers see whole batches, here of three points, while the chunk they read is written.
func TestReadersSeeWholeBatches(t *testing.T) {
	r := openRaw(t, t.TempDir(), testOptions())
	f := newFeeder(t, r)
	s := series("a.b", "c")
	f.append(s, epoch, ramp(epoch), 0)
	f.commit()
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				points := read(t, r, "a.b", "c", epoch-1, epoch+100_000)
				wantRamp(t, points, epoch, epoch+int64(len(points))-1)
				if len(points)%3 != 1 {
					t.Errorf("a batch is seen in part: %d points", len(points))
				}
			}
		})
	}
	for at := epoch + 1; at <= epoch+3000; at++ {
		f.append(s, at, ramp(at), 0)
		if at%3 == 0 {
			f.commit()
		}
	}
	f.commit()
	close(stop)
	wg.Wait()
}

func TestStats(t *testing.T) {
	r := openRaw(t, t.TempDir(), testOptions())
	if s := r.Stats(); s.First != 0 || s.Last != 0 || s.Series != 0 {
		t.Errorf("figures of an empty tier: %+v", s)
	}
	f := newFeeder(t, r)
	for at := epoch + 1; at <= epoch+10; at++ {
		f.append(series("a.b", "c"), at, 1, 0)
		f.append(series("a.b", "d"), at, 1, 0)
	}
	f.commit()
	s := r.Stats()
	if s.Series != 2 || s.Appended != 20 || s.First != epoch+1 || s.Last != epoch+10 || s.HeadBytes == 0 {
		t.Errorf("figures are %+v", s)
	}
}

// TestBatchSteps: a batch goes forward few steps of time in the in-order part, and ends between rows.
func TestBatchSteps(t *testing.T) {
	r := openRaw(t, t.TempDir(), testOptions())
	manual(r)
	f := newFeeder(t, r)
	const dimensions = 3
	for step := range int64(3*batchSteps + 1) {
		for d := range dimensions {
			f.append(Series{GUID: "g", Chart: "c", Dimension: fmt.Sprint(d), Context: "x"}, epoch+29*86400+step, 1, 0)
			if want := int(step%batchSteps)*dimensions + d + 1; f.app.Pending() != want {
				t.Fatalf("step %d: %d points are pending, want %d", step, f.app.Pending(), want)
			}
		}
	}
	f.commit()
}

// A shard has no more than six series on average, which is one group of Go's map.
func TestStripes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ series, want int }{{0, 4096}, {24_576, 4096}, {24_582, 8192}, {200_000, 65_536}, {100_000_000, 262_144}} {
		if got := stripes(c.series); got != c.want {
			t.Errorf("%d series in %d shards, not %d", c.series, got, c.want)
		}
	}
}
