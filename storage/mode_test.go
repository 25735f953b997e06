package storage

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"foster/storage/catalog"
	"foster/storage/query"
)

// keeping makes a host of a store one of that mode, as a connection does, and returns its appender.
func keeping(t testing.TB, s *Store, h *catalog.Host, mode Mode, entries int64) *Appender {
	t.Helper()
	info := *h.Info()
	info.MemoryMode = string(mode)
	h.SetInfo(info)
	a, err := s.Receive(t.Context(), h, Keep{Mode: mode, Entries: entries, ObsoleteAfter: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// fill stores a point a second that ends in (from, to], its value the second.
func fill(t testing.TB, a *Appender, ch *catalog.Chart, from, to int64) {
	t.Helper()
	for at := from + 1; at <= to; at++ {
		for _, d := range ch.Dimensions() {
			mustAppend(t, a, d, epoch+at, float64(at), 0)
		}
		ch.Stored(epoch + at)
	}
	mustCommit(t, a)
}

// holds checks that the dimension has the points that end in (from, to] and no others, and that the chart says so.
func holds(t testing.TB, s *Store, ch *catalog.Chart, from, to int64) {
	t.Helper()
	if err := s.LoadRetention(t.Context(), ch.Host); err != nil {
		t.Fatal(err)
	}
	first, last := epoch+from+1, epoch+to
	if from == to {
		first, last = 0, 0
	}
	if ch.First() != first || ch.Last() != last {
		t.Errorf("%s has points from %d to %d, want %d to %d", ch.ID, ch.First()-epoch, ch.Last()-epoch, first-epoch, last-epoch)
	}
	points := read(t, s, ch.Dimensions()[0], 0, math.MaxInt32)
	if int64(len(points)) != to-from {
		t.Errorf("%s has %d points, want %d", ch.ID, len(points), to-from)
		return
	}
	for i, p := range points {
		if p.End != epoch+from+1+int64(i) || p.Sum != float64(p.End-epoch) {
			t.Errorf("point %d is %+v", i, p)
			return
		}
	}
}

func TestModes(t *testing.T) {
	for _, mode := range []Mode{RAM, Alloc, Save, Map} {
		t.Run(string(mode), func(t *testing.T) {
			dir := t.TempDir()
			s := openStore(t, dir)
			ch := define(s, 1, "a.b", "x", "y")
			a := keeping(t, s, ch.Host, mode, 100)
			holds(t, s, ch, 0, 0)
			fill(t, a, ch, 0, 250)
			holds(t, s, ch, 150, 250)
			for at, want := range map[int64]error{epoch + 150: ErrTooOld, epoch + 10*86400: ErrFuture, epoch + 200: nil} {
				if err := a.Append(ch.Dimension("x"), at, 1, 0); !errors.Is(err, want) {
					t.Errorf("append at %d: %v, want %v", at-epoch, err, want)
				}
			}
			if a.Pending() != 1 {
				t.Errorf("%d points pending", a.Pending())
			}
			a.Discard()
			mustCommit(t, a)
			if st := s.Stats(); st.Appended != 500 || st.TooOld != 1 || st.RingBytes == 0 {
				t.Errorf("figures are %+v", st)
			}
			// Connected again: all is there, and a little more of it can be kept.
			a = keeping(t, s, ch.Host, mode, 120)
			holds(t, s, ch, 150, 250)
			fill(t, a, ch, 250, 280)
			holds(t, s, ch, 160, 280)

			open, err := s.Select(t.Context(), ch, ch.Dimensions(), Range{Before: math.MaxInt32})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := open.Series[0].Cursor.Read(make([]query.Point, 1)); !errors.Is(err, ErrClosed) {
				t.Errorf("read after the store was closed: %v", err)
			}
			if err := a.Append(ch.Dimension("x"), epoch+300, 1, 0); err == nil {
				if err := a.Commit(); !errors.Is(err, ErrClosed) {
					t.Errorf("commit after the store was closed: %v", err)
				}
			}

			s = openStore(t, dir)
			ch = s.Catalog().Host(ch.Host.GUID).Chart("a.b")
			from := int64(160)
			if mode == RAM || mode == Alloc {
				from = 280
			}
			holds(t, s, ch, from, 280)
			a = keeping(t, s, ch.Host, mode, 120)
			fill(t, a, ch, 280, 300)
			holds(t, s, ch, max(180, from), 300)
			if tiers := s.Stats().Series; tiers != 0 {
				t.Errorf("%d series are in the tiers", tiers)
			}
		})
	}
}

func TestModeNone(t *testing.T) {
	s := openStore(t, t.TempDir())
	ch := define(s, 1, "a.b", "x")
	a := keeping(t, s, ch.Host, None, 100)
	for at := epoch + 1; at <= epoch+30; at++ {
		mustAppend(t, a, ch.Dimension("x"), at, float64(at-epoch), 0)
	}
	mustCommit(t, a)
	if ch.First() != 0 || ch.Last() != 0 {
		t.Errorf("the chart has points from %d to %d", ch.First(), ch.Last())
	}
	// Who follows the host live gets the newest.
	wantValues(t, read(t, s, ch.Dimension("x"), epoch+28, epoch+40), 29, 30)
	if n := len(read(t, s, ch.Dimension("x"), 0, epoch+40)); n != liveEntries {
		t.Errorf("%d points are there", n)
	}
}

// Points go over from one kind of ring to another, and neither from nor to the tiers, whose own stay.
func TestModeChanges(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	ch := define(s, 1, "a.b", "x")
	end := int64(0)
	step := func(mode Mode, entries, from int64) {
		t.Helper()
		a := keeping(t, s, ch.Host, mode, entries)
		holds(t, s, ch, from, end)
		fill(t, a, ch, max(end, 1000*(end/1000)), end+50)
		end += 50
	}
	step(DBEngine, 0, 0)
	holds(t, s, ch, 0, 50)
	a := keeping(t, s, ch.Host, RAM, 200)
	holds(t, s, ch, 0, 0)
	fill(t, a, ch, 50, 100)
	end = 100
	step(Save, 200, 50)
	step(Map, 200, 50)
	step(Map, 120, 80)
	step(Save, 180, 130)
	step(Alloc, 180, 130)
	step(Map, 180, 170)
	holds(t, s, ch, 220, 400)
	a = keeping(t, s, ch.Host, None, 0)
	if ch.Last() != 0 {
		t.Error("mode none has points")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "rings", "*")); len(left) != 0 {
		t.Errorf("files are left: %v", left)
	}
	fill(t, a, ch, 400, 410)
	a = keeping(t, s, ch.Host, DBEngine, 0)
	holds(t, s, ch, 0, 50)
	mustAppend(t, a, ch.Dimension("x"), epoch+51, 51, 0)
	mustCommit(t, a)
	wantValues(t, read(t, s, ch.Dimension("x"), epoch+49, epoch+500), 50, 51)
}

// Rings of charts that are no more are freed, of retired ones after a while, of silent ones when the window has passed.
func TestRingsAreFreed(t *testing.T) {
	o := testOptions(t, t.TempDir())
	now := epoch
	o.Now = func() time.Time { return time.Unix(now, 0) }
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	busy, silent, obsolete := define(s, 1, "a.busy", "x"), define(s, 1, "a.silent", "x"), define(s, 1, "a.obsolete", "x")
	a := keeping(t, s, busy.Host, RAM, 300)
	for _, ch := range []*catalog.Chart{busy, silent, obsolete} {
		fill(t, a, ch, 0, 10)
	}
	obsolete.SetObsolete(true)
	run := func(to int64) {
		t.Helper()
		for at := now - epoch; at < to; at += 10 {
			now = epoch + at
			fill(t, a, busy, at, at+10)
		}
	}
	run(60)
	holds(t, s, silent, 0, 10)
	holds(t, s, obsolete, 0, 10)
	run(180)
	holds(t, s, silent, 0, 10)
	holds(t, s, obsolete, 0, 0)
	run(500)
	holds(t, s, silent, 0, 0)
	holds(t, s, busy, 200, 500)
	if st := s.Stats(); st.RingBytes > 300*4+300 {
		t.Errorf("%d bytes in rings", st.RingBytes)
	}
	// They come back.
	fill(t, a, silent, 495, 500)
	holds(t, s, silent, 495, 500)
}

// savedRing makes a data directory with the ring of one chart, in a file, with the points 0 to 50.
func savedRing(t *testing.T) (dir, file string, ch *catalog.Chart) {
	t.Helper()
	dir = t.TempDir()
	s := openStore(t, dir)
	ch = define(s, 1, "a.b", "x")
	fill(t, keeping(t, s, ch.Host, Save, 100), ch, 0, 50)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "rings", "*"))
	if len(files) != 1 {
		t.Fatalf("saved %v", files)
	}
	return dir, files[0], ch
}

// A damaged file is begun anew.
func TestSavedRingsAreDamaged(t *testing.T) {
	dir, file, ch := savedRing(t)
	if err := os.Truncate(file, 100); err != nil {
		t.Fatal(err)
	}
	o := testOptions(t, dir)
	o.Logger = slog.New(slog.DiscardHandler)
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ch = s.Catalog().Host(ch.Host.GUID).Chart("a.b")
	holds(t, s, ch, 0, 0)
}

// Saved rings that cannot be read now are not replaced by empty ones.
func TestSavedRingsCannotBeRead(t *testing.T) {
	dir, file, ch := savedRing(t)
	kept := file + ".kept"
	if err := errors.Join(os.Rename(file, kept), os.Mkdir(file, 0o700)); err != nil {
		t.Fatal(err)
	}
	if s, err := Open(t.Context(), testOptions(t, dir)); err == nil {
		_ = s.Close()
		t.Fatal("the store is open")
	}
	if err := errors.Join(os.Remove(file), os.Rename(kept, file)); err != nil {
		t.Fatal(err)
	}
	s := openStore(t, dir)
	holds(t, s, s.Catalog().Host(ch.Host.GUID).Chart("a.b"), 0, 50)
}

func TestRemovedHostHasNoRings(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	ch := define(s, 1, "a.b", "x")
	fill(t, keeping(t, s, ch.Host, Map, 100), ch, 0, 50)
	if err := s.Remove(t.Context(), ch.Host); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "rings", "*")); len(left) != 0 {
		t.Errorf("files are left: %v", left)
	}
	if st := s.Stats(); st.RingBytes != 0 || st.RingHosts != 0 {
		t.Errorf("memory is left: %+v", st)
	}
	again := define(s, 1, "a.b", "x")
	a := keeping(t, s, again.Host, Map, 100)
	holds(t, s, again, 0, 0)
	fill(t, a, again, 0, 10)
	holds(t, s, again, 0, 10)
}

func TestRingAppendDoesNotAllocate(t *testing.T) {
	s := openStore(t, t.TempDir())
	var dims []*catalog.Dimension
	for i := range 100 {
		dims = append(dims, define(s, 1, fmt.Sprintf("a.c%d", i), "0", "1", "2", "3", "4", "5", "6", "7", "8", "9").Dimensions()...)
	}
	a := keeping(t, s, dims[0].Chart.Host, RAM, 50)
	at := epoch
	second := func() {
		at++
		for i, d := range dims {
			mustAppend(t, a, d, at, float64(i), 0)
		}
		mustCommit(t, a)
	}
	second()
	if allocs := testing.AllocsPerRun(50, second); allocs > 1 {
		t.Errorf("%v allocations for a batch of %d points", allocs, len(dims))
	}
}

func BenchmarkRingAppendCommit(b *testing.B) {
	for _, mode := range []Mode{RAM, Map, None} {
		b.Run(string(mode), func(b *testing.B) {
			s := openStore(b, b.TempDir())
			var dims []*catalog.Dimension
			for i := range 200 {
				dims = append(dims, define(s, 1, fmt.Sprintf("a.c%d", i), "0", "1", "2", "3", "4", "5", "6", "7", "8", "9").Dimensions()...)
			}
			a := keeping(b, s, dims[0].Chart.Host, mode, 3600)
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
			if kept := min(int64(b.N), 3600); mode != None {
				b.ReportMetric(float64(s.Stats().RingBytes)/float64(kept)/float64(len(dims)), "B/sample")
			}
		})
	}
}

// A copy of a store that is in use has what is saved and what is mapped.
func TestSnapshotOfRings(t *testing.T) {
	s := openStore(t, t.TempDir())
	modes := []Mode{Save, Map, RAM, None}
	for i, mode := range modes {
		ch := define(s, i, "a.b", "x")
		fill(t, keeping(t, s, ch.Host, mode, 100), ch, 0, 150)
	}
	dir := filepath.Join(t.TempDir(), "copy")
	if err := s.Snapshot(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	c := openStore(t, dir)
	for i, mode := range modes {
		ch := c.Catalog().Find(fmt.Sprint("h", i)).Chart("a.b")
		switch mode {
		case Save, Map:
			holds(t, c, ch, 50, 150)
		default:
			holds(t, c, ch, 0, 0)
		}
	}
}

// Charts and dimensions of which the rings have nothing any more are forgotten.
func TestChartsOfRingsAreForgotten(t *testing.T) {
	s := openStore(t, t.TempDir())
	gone, there := define(s, 1, "a.gone", "x"), define(s, 1, "a.there", "x", "y")
	a := keeping(t, s, gone.Host, RAM, 100)
	fill(t, a, there, 0, 10)
	h := gone.Host
	conn := &catalog.Connection{Since: time.Unix(epoch, 0)}
	conn.SetLastTraffic(time.Unix(epoch+10, 0))
	h.Connect(conn)
	h.Disconnect(conn)
	if err := s.CleanCharts(t.Context(), time.Unix(epoch+86400, 0), Cleanup{ObsoleteCharts: time.Hour}); err != nil {
		t.Fatal(err)
	}
	if h.Chart("a.gone") != nil || h.Chart("a.there") == nil {
		t.Errorf("charts %v", h.Charts())
	}
}

// What is in rings is found when the catalog is lost, as soon as the host is back.
func TestCatalogIsLost(t *testing.T) {
	for _, mode := range []Mode{Save, Map} {
		dir := t.TempDir()
		s := openStore(t, dir)
		ch := define(s, 1, "a.b", "x")
		fill(t, keeping(t, s, ch.Host, mode, 100), ch, 0, 50)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(dir, catalogFile)); err != nil {
			t.Fatal(err)
		}
		s = openStore(t, dir)
		ch = define(s, 1, "a.b", "x")
		keeping(t, s, ch.Host, mode, 100)
		holds(t, s, ch, 0, 50)
	}
}
