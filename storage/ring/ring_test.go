package ring

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"go.uber.org/goleak"

	"foster/replication/wire"
	"foster/storage/query"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	guid  = "a1a2a3a4-0000-4000-8000-000000000001"
	epoch = int64(1_800_000_000)
)

func options(t testing.TB, entries int64, dir string) Options {
	return Options{Entries: entries, Dir: dir, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))}
}

func newHost(t testing.TB, o Options) *Host {
	t.Helper()
	h, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// add adds a point to the batch.
func add(t testing.TB, w *Writer, chart, dim string, every, at int64, v float64, f wire.Flags) error {
	t.Helper()
	c := w.Chart(chart)
	column, err := w.Column(c, dim)
	if err != nil {
		t.Fatal(err)
	}
	return w.Add(c, column, every, at, v, f)
}

func commit(t testing.TB, w *Writer) Committed {
	t.Helper()
	done, err := w.Commit()
	if err != nil {
		t.Fatal(err)
	}
	return done
}

func read(t testing.TB, h *Host, chart, dim string, after, before int64) []query.Point {
	t.Helper()
	c := h.Select(chart, dim, after, before)
	var points []query.Point
	buf := make([]query.Point, 7)
	for {
		n, err := c.Read(buf)
		points = append(points, buf[:n]...)
		if errors.Is(err, io.EOF) {
			return points
		}
		if err != nil || n == 0 {
			t.Fatalf("read %d points: %v", n, err)
		}
	}
}

func wantTimes(t testing.TB, points []query.Point, want ...int64) {
	t.Helper()
	var got []int64
	for _, p := range points {
		got = append(got, p.End-epoch)
	}
	if !slices.Equal(got, want) {
		t.Errorf("points end at %v, want %v", got, want)
	}
}

// places runs a test with rings in memory and in files.
func places(t *testing.T, f func(t *testing.T, dir string)) {
	t.Run("memory", func(t *testing.T) { f(t, "") })
	t.Run("mapped", func(t *testing.T) { f(t, filepath.Join(t.TempDir(), "rings")) })
}

func TestPoints(t *testing.T) {
	places(t, func(t *testing.T, dir string) {
		h := newHost(t, options(t, 5, dir))
		defer h.Close()
		w := h.Writer()
		for i, v := range []float64{1.5, math.NaN(), math.MaxFloat64, math.Copysign(0, -1), 1e-300, -2} {
			f := wire.Flags(0)
			if i == 5 {
				f = wire.Anomalous | wire.Reset
			}
			if err := add(t, w, "a.b", "x", 10, epoch+10*int64(i), v, f); err != nil {
				t.Fatal(err)
			}
		}
		if w.Pending() != 5 || len(read(t, h, "a.b", "x", 0, math.MaxInt64)) != 0 {
			t.Errorf("%d points pending, and some are seen before they are committed", w.Pending())
		}
		if done := commit(t, w); done != (Committed{Stored: 5}) || w.Pending() != 0 {
			t.Errorf("committed %+v", done)
		}
		got := read(t, h, "a.b", "x", 0, math.MaxInt64)
		point := func(i int64, v float64) query.Point {
			return query.Point{Start: epoch + 10*i - 10, End: epoch + 10*i, Sum: v, Min: v, Max: v, Count: 1}
		}
		last := point(5, -2)
		last.Anomalous, last.Reset = 1, true
		// The first point has left: of five entries one is a gap.
		if want := []query.Point{point(2, math.MaxFloat32), point(3, 0), point(4, 0), last}; !slices.Equal(got, want) {
			t.Errorf("got %+v\nwant %+v", got, want)
		}
		if math.Signbit(got[1].Sum) {
			t.Error("zero has a sign")
		}
		if s := h.Chart("a.b").Span(); s != (Span{epoch + 20, epoch + 50}) {
			t.Errorf("span %+v", s)
		}
		wantTimes(t, read(t, h, "a.b", "x", epoch+20, epoch+49), 30, 40)
		wantTimes(t, read(t, h, "a.b", "y", 0, epoch+100))
		wantTimes(t, read(t, h, "c.d", "x", 0, epoch+100))
		for _, at := range []int64{0, 9, epoch, -5, maxTime + 11} {
			if err := add(t, w, "a.b", "x", 10, at, 1, 0); !errors.Is(err, ErrTooOld) {
				t.Errorf("a point at %d: %v", at, err)
			}
		}
		// Late, doubled, in between.
		add(t, w, "a.b", "x", 10, epoch+10, 7, 0)
		add(t, w, "a.b", "x", 10, epoch+20, 7, 0)
		add(t, w, "a.b", "x", 10, epoch+33, 7, 0)
		if done := commit(t, w); done != (Committed{Stored: 2, Duplicates: 1}) {
			t.Errorf("committed %+v", done)
		}
		wantTimes(t, read(t, h, "a.b", "x", 0, epoch+100), 10, 20, 33, 40, 50)
		// The clock jumps.
		add(t, w, "a.b", "x", 10, epoch+1000, 1, 0)
		commit(t, w)
		wantTimes(t, read(t, h, "a.b", "x", 0, epoch+2000), 1000)
		if s := h.Chart("a.b").Span(); s != (Span{epoch + 1000, epoch + 1000}) {
			t.Errorf("span after a jump %+v", s)
		}
	})
}

func TestIntervalChanges(t *testing.T) {
	places(t, func(t *testing.T, dir string) {
		o := options(t, 10, dir)
		h := newHost(t, o)
		w := h.Writer()
		for at := epoch + 1; at <= epoch+20; at++ {
			add(t, w, "a.b", "x", 1, at, 1, 0)
		}
		add(t, w, "a.b", "y", 1, epoch+20, 1, 0)
		for at := epoch + 25; at <= epoch+40; at += 5 {
			add(t, w, "a.b", "x", 5, at, 5, 0)
		}
		commit(t, w)
		want := func() {
			t.Helper()
			wantTimes(t, read(t, h, "a.b", "x", 0, epoch+100), 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 25, 30, 35, 40)
			wantTimes(t, read(t, h, "a.b", "y", 0, epoch+100), 20)
		}
		want()
		p := read(t, h, "a.b", "x", epoch+19, epoch+25)
		if p[0].Start != epoch+19 || p[1].Start != epoch+20 {
			t.Errorf("%+v", p)
		}
		if dir != "" {
			h.Close()
			h = newHost(t, o)
			w = h.Writer()
			want()
		}
		// History of the new interval comes late: what it overlaps is not read twice.
		add(t, w, "a.b", "x", 5, epoch+15, 5, 0)
		commit(t, w)
		wantTimes(t, read(t, h, "a.b", "x", 0, epoch+100), 11, 12, 13, 14, 15, 25, 30, 35, 40)
		// All of the old interval leaves.
		add(t, w, "a.b", "x", 5, epoch+70, 5, 0)
		commit(t, w)
		wantTimes(t, read(t, h, "a.b", "x", 0, epoch+100), 25, 30, 35, 40, 70)
		if h.Chart("a.b").past != nil {
			t.Error("the past is kept")
		}
		// A third, and back.
		for i, every := range []int64{1, 7, 5, 7} {
			add(t, w, "a.b", "x", every, epoch+105+int64(i)*7, 5, 0)
			commit(t, w)
		}
		wantTimes(t, read(t, h, "a.b", "x", 0, epoch+200), 119, 126)
		h.Close()
		if _, err := h.Select("a.b", "x", 0, epoch).Read(make([]query.Point, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("read after close: %v", err)
		}
	})
}

func TestEnds(t *testing.T) {
	places(t, func(t *testing.T, dir string) {
		h := newHost(t, options(t, 10, dir))
		w := h.Writer()
		for _, chart := range []string{"a.b", "a.c"} {
			add(t, w, chart, "x", 1, epoch, 1, 0)
		}
		commit(t, w)
		freed, open := h.Select("a.b", "x", 0, epoch), h.Select("a.c", "x", 0, epoch)
		before := h.Bytes()
		h.Free("a.b")
		h.Free("a.b")
		if got := h.Bytes(); got != before/2 {
			t.Errorf("%d bytes of %d after one of two charts was freed", got, before)
		}
		buf := make([]query.Point, 1)
		if n, err := freed.Read(buf); n != 0 || !errors.Is(err, io.EOF) {
			t.Errorf("read of a freed chart: %d, %v", n, err)
		}
		add(t, w, "a.b", "x", 1, epoch+5, 1, 0)
		commit(t, w)
		wantTimes(t, read(t, h, "a.b", "x", 0, epoch+9), 5)
		for range 2 {
			if err := h.Close(); err != nil {
				t.Error(err)
			}
		}
		if _, err := open.Read(buf); !errors.Is(err, ErrClosed) {
			t.Errorf("read after close: %v", err)
		}
		add(t, w, "a.b", "x", 1, epoch+6, 1, 0)
		if _, err := w.Commit(); !errors.Is(err, ErrClosed) {
			t.Errorf("commit after close: %v", err)
		}
		if h.Bytes() != 0 {
			t.Errorf("%d bytes after close", h.Bytes())
		}
	})
}

// Dimensions that come and go do not make the ring wider than those of its time need.
func TestDimensionsComeAndGo(t *testing.T) {
	places(t, func(t *testing.T, dir string) {
		o := options(t, 20, dir)
		h := newHost(t, o)
		defer func() { h.Close() }()
		w := h.Writer()
		for i := range int64(2000) {
			add(t, w, "a.b", "steady", 1, epoch+i, float64(i), 0)
			add(t, w, "a.b", fmt.Sprint("d", i), 1, epoch+i, float64(i), wire.Reset)
			commit(t, w)
			if i%500 == 499 && dir != "" {
				h.Close()
				h = newHost(t, o)
				w = h.Writer()
			}
		}
		if width := h.Chart("a.b").now.width; width > 60 {
			t.Errorf("%d columns", width)
		}
		if p := read(t, h, "a.b", "steady", 0, epoch+3000); len(p) != 20 {
			t.Errorf("%d points", len(p))
		}
		for i := range int64(2000) {
			p := read(t, h, "a.b", fmt.Sprint("d", i), 0, epoch+3000)
			if i < 1980 && len(p) != 0 || i >= 1980 && (len(p) != 1 || p[0].Sum != float64(i) || p[0].End != epoch+i || !p[0].Reset) {
				t.Fatalf("dimension %d has %+v", i, p)
			}
		}
	})
}

// model is what a ring should hold: by chart and row number, a time and the points of the dimensions.
type model struct {
	entries int64
	charts  map[string]map[int64]*modelRow
	last    map[string]int64
}

type modelRow struct {
	t      int64
	points map[string]query.Point
}

func (m *model) put(chart, dim string, every, t int64, v float64, f wire.Flags) {
	if _, _, ok := encode(v, f); !ok {
		return
	}
	n := t / every
	if n <= m.last[chart]-m.entries {
		return
	}
	rows := m.charts[chart]
	if rows == nil {
		rows = map[int64]*modelRow{}
		m.charts[chart] = rows
	}
	m.last[chart] = max(m.last[chart], n)
	maps.DeleteFunc(rows, func(n int64, _ *modelRow) bool { return n <= m.last[chart]-m.entries })
	row := rows[n]
	switch {
	case row == nil || row.t < t:
		row = &modelRow{t, map[string]query.Point{}}
		rows[n] = row
	case row.t > t:
		return
	}
	if _, ok := row.points[dim]; ok {
		return
	}
	p := query.Point{End: t, Sum: v, Min: v, Max: v, Count: 1, Reset: f&wire.Reset != 0}
	if f&wire.Anomalous != 0 {
		p.Anomalous = 1
	}
	row.points[dim] = p
}

func (m *model) read(chart, dim string, every, after, before int64) []query.Point {
	var points []query.Point
	for _, n := range slices.Sorted(maps.Keys(m.charts[chart])) {
		p, ok := m.charts[chart][n].points[dim]
		if !ok || p.End <= after || p.End > before {
			continue
		}
		p.Start = p.End - every
		if n := len(points); n > 0 {
			p.Start = max(p.Start, points[n-1].End)
		}
		points = append(points, p)
	}
	return points
}

// TestModel stores random points, moves the rings from one place to another, and compares with the model.
func TestModel(t *testing.T) {
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			testModel(t, seed)
		})
	}
}

func testModel(t *testing.T, seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 1))
	entries := []int64{1, 2, 7, 100, 300}[rnd.IntN(5)]
	every := []int64{1, 1, 2, 10}[rnd.IntN(4)]
	dir, file := filepath.Join(t.TempDir(), "rings"), filepath.Join(t.TempDir(), "host.save")
	o := options(t, entries, "")
	if seed%2 == 0 {
		o.Dir = dir
	}
	h := newHost(t, o)
	defer func() { h.Close() }()
	w := h.Writer()
	m := &model{entries: entries, charts: map[string]map[int64]*modelRow{}, last: map[string]int64{}}
	charts, dims, at := []string{"a.a", "a.b", "a.c"}, 1+rnd.IntN(40), epoch
	misaligned, flagged := rnd.IntN(3) == 0, rnd.IntN(2) == 0
	check := func(what string) {
		t.Helper()
		for _, chart := range charts {
			for d := range dims {
				dim := fmt.Sprint("d", d)
				after := at - rnd.Int64N(2*entries*every)
				before := after + rnd.Int64N(2*entries*every)
				if d == 0 {
					after, before = 0, at+1000
				}
				got, want := read(t, h, chart, dim, after, before), m.read(chart, dim, every, after, before)
				if !slices.Equal(got, want) {
					t.Fatalf("%s: %s of %s in (%d, %d]:\n got %v\nwant %v", what, dim, chart, after-epoch, before-epoch, got, want)
				}
			}
			first, last := int64(math.MaxInt64), int64(0)
			for _, row := range m.charts[chart] {
				first, last = min(first, row.t), max(last, row.t)
			}
			if last == 0 {
				first = 0
			}
			if c := h.Chart(chart); c != nil && c.Span() != (Span{first, last}) {
				t.Fatalf("%s: span of %s is %+v, want %d to %d", what, chart, c.Span(), first, last)
			}
		}
	}
	for range 300 {
		for range rnd.IntN(6) {
			chart := charts[rnd.IntN(len(charts))]
			time := at
			switch rnd.IntN(20) {
			case 0: // late
				time -= rnd.Int64N(2*entries) * every
			case 1: // a gap
				at += rnd.Int64N(20) * every
			case 2:
				if rnd.IntN(10) == 0 {
					at += rnd.Int64N(3*entries) * every
				}
			}
			if misaligned {
				time += rnd.Int64N(every)
			}
			for d := range min(dims, 1+rnd.IntN(dims)*2) {
				v, f := float64(rnd.IntN(1000))/8, wire.Flags(0)
				if rnd.IntN(10) == 0 {
					v = math.NaN()
				}
				if flagged && rnd.IntN(50) == 0 {
					f = []wire.Flags{wire.Anomalous, wire.Reset, wire.Anomalous | wire.Reset, wire.Empty}[rnd.IntN(4)]
				}
				dim := fmt.Sprint("d", d)
				if err := add(t, w, chart, dim, every, time, v, f); err != nil && !errors.Is(err, ErrTooOld) {
					t.Fatal(err)
				}
				m.put(chart, dim, every, time, v, f)
			}
		}
		at += every
		commit(t, w)
		switch rnd.IntN(40) {
		case 0, 1:
			check("stored")
		case 2: // to another place, through a file
			if err := h.Save(file, guid); err != nil {
				t.Fatal(err)
			}
			h.Drop()
			h = newHost(t, o)
			loaded, err := Load(file, guid, Options{Logger: o.Logger})
			if err != nil {
				t.Fatal(err)
			}
			if loaded.Entries() != entries {
				t.Fatalf("%d entries were loaded, %d saved", loaded.Entries(), entries)
			}
			if err := h.Adopt(loaded); err != nil {
				t.Fatal(err)
			}
			loaded.Drop()
			w = h.Writer()
			check("loaded")
		case 3: // to another place
			if o.Dir == "" {
				o.Dir = dir
			} else {
				o.Dir = ""
			}
			next := newHost(t, o)
			if err := next.Adopt(h); err != nil {
				t.Fatal(err)
			}
			h.Drop()
			h, w = next, next.Writer()
			check("moved")
		case 4:
			if o.Dir != "" {
				h.Close()
				o.Entries = 0
				h = newHost(t, o)
				if o.Entries = entries; h.Entries() != entries && len(h.charts) > 0 {
					t.Fatalf("%d entries were found, %d stored", h.Entries(), entries)
				}
				h.opts.Entries = entries
				w = h.Writer()
				check("opened again")
			}
		}
	}
	check("in the end")
}
