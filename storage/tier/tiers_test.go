package tier

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"foster/replication/wire"
	"foster/storage/query"
)

// tierOptions returns options of tiers of 1, 10 and 60 seconds over blocks of two minutes.
func tierOptions() (Options, []CoarseOptions) {
	o := compactingOptions()
	return o, []CoarseOptions{{Iterations: 10}, {Iterations: 6}}
}

// openTestTiers opens tiers that do nothing in the background.
func openTestTiers(t testing.TB, dir string, o Options, coarse []CoarseOptions) *Tiers {
	t.Helper()
	o.Logger = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError + 1}))
	ts, err := openTiers(dir, o, coarse)
	if err != nil {
		t.Fatal(err)
	}
	manual(ts.Raw)
	t.Cleanup(func() {
		if err := ts.Close(); err != nil {
			t.Error(err)
		}
	})
	return ts
}

func mustCompact(t testing.TB, ts *Tiers) {
	t.Helper()
	if err := ts.compact(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func mustDerive(t testing.TB, ts *Tiers) {
	t.Helper()
	if err := ts.Derive(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func readTiers(t testing.TB, ts *Tiers, q Query) []query.Point {
	t.Helper()
	r, err := ts.Select(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	points := drain(t, r.Cursors[0])
	read := 0
	for _, n := range r.Read() {
		read += n
	}
	if read != len(points) {
		t.Errorf("%d points, and %v were read", len(points), r.Read())
	}
	return points
}

// fold makes aggregates of points, of windows of so many seconds.
func fold(points []query.Point, step int64) map[int64]query.Point {
	out := map[int64]query.Point{}
	for _, p := range points {
		w := windowOf(p.End, step) * step
		a, ok := out[w]
		if !ok {
			a.Min, a.Max = p.Min, p.Max
		}
		a.Sum += p.Sum
		a.Min, a.Max = min(a.Min, p.Min), max(a.Max, p.Max)
		a.Count += p.Count
		a.Anomalous += p.Anomalous
		a.Start, a.End = w-step, w
		out[w] = a
	}
	return out
}

// same says whether two aggregates are the same, sums to what a float32 keeps of the terms.
func same(a, b query.Point) bool {
	limit := math.Max(math.Abs(b.Min), math.Abs(b.Max)) * float64(b.Count) * 0x1p-22
	return a.Count == b.Count && a.Min == b.Min && a.Max == b.Max && a.Anomalous == b.Anomalous && math.Abs(a.Sum-b.Sum) <= limit
}

// wantTier checks that what a coarse tier has of the windows that end in (after, before] is the aggregate of tier 0.
func wantTier(t testing.TB, ts *Tiers, number int, s Series, after, before int64) {
	t.Helper()
	step := ts.Steps()[number]
	want := fold(readTiers(t, ts, Query{GUID: s.GUID, Chart: s.Chart, Dimensions: []string{s.Dimension}, After: after, Before: before}), step)
	got := readTiers(t, ts, Query{GUID: s.GUID, Chart: s.Chart, Dimensions: []string{s.Dimension}, After: after, Before: before, Tier: number})
	last := int64(0)
	for _, p := range got {
		if p.End <= last || p.Start < last {
			t.Fatalf("tier %d of %v: %+v follows %d", number, s, p, last)
		}
		last = p.End
		w, ok := want[p.End]
		if !ok || !same(p, w) {
			t.Fatalf("tier %d of %v has %+v, tier 0 %+v", number, s, p, w)
		}
		delete(want, p.End)
	}
	for _, p := range want {
		t.Fatalf("tier %d of %v lacks %+v", number, s, p)
	}
}

// wantPlanned checks that reading with wide points gives all there is: sums, counts and extremes of each period.
func wantPlanned(t testing.TB, ts *Tiers, s Series, after, before, width int64) {
	t.Helper()
	q := Query{GUID: s.GUID, Chart: s.Chart, Dimensions: []string{s.Dimension}, After: after, Before: before}
	raw := readTiers(t, ts, q)
	q.Width = width
	points := readTiers(t, ts, q)
	last := after
	rest := raw
	for _, p := range points {
		if p.Start < last-1 && p.Count > 1 || p.End <= last || p.End-p.Start > max(width, 1) {
			t.Fatalf("(%d, %d] width %d: point %+v follows %d", after, before, width, p, last)
		}
		last = p.End
		n := 0
		for n < len(rest) && rest[n].End <= p.End {
			n++
		}
		var w query.Point
		for _, f := range fold(rest[:n], 1<<40) {
			w = f
		}
		if rest = rest[n:]; !same(p, w) {
			t.Fatalf("(%d, %d] width %d: point %+v, tier 0 has %+v", after, before, width, p, w)
		}
	}
	if len(rest) > 0 {
		t.Fatalf("(%d, %d] width %d: %d points of tier 0 are missing from %d on", after, before, width, len(rest), rest[0].End)
	}
}

// history feeds tiers with series that have gaps, are late or begin and end.
type history struct {
	t    testing.TB
	rnd  *rand.Rand
	ts   *Tiers
	feed *feeder
	all  []Series
	held map[Series][]int64 // times that come late
	now  int64
}

func newHistory(t testing.TB, ts *Tiers, seed uint64) *history {
	h := &history{t: t, rnd: rand.New(rand.NewPCG(seed, 1)), ts: ts, held: map[Series][]int64{}, now: epoch}
	h.feed = newFeeder(t, ts.Raw)
	for g := range 3 {
		for c := range 2 {
			for d := range 2 {
				h.all = append(h.all, Series{
					GUID:  fmt.Sprintf("a1a2a3a4-0000-4000-8000-00000000000%d", g),
					Chart: fmt.Sprintf("chart.%d", c), Dimension: fmt.Sprintf("d%d", d), Context: fmt.Sprintf("context%d", (c+g)%3),
				})
			}
		}
	}
	return h
}

func (h *history) add(s Series, at int64) {
	v := []float64{float64(at % 7), 42, h.rnd.NormFloat64() * 100}[(len(s.Chart)+int(s.Chart[6])+int(s.Dimension[1]))%3]
	flags := wire.Flags(0)
	if at%97 == 0 {
		flags = wire.Anomalous
	}
	h.feed.append(s, at, v, flags)
}

// live appends so many seconds. Some series are away for a part of it.
func (h *history) live(seconds int64) {
	away := map[Series]int64{}
	for range seconds {
		h.now++
		for _, s := range h.all {
			switch {
			case away[s] > h.now:
				h.held[s] = append(h.held[s], h.now)
			case h.rnd.IntN(400) == 0:
				away[s] = h.now + h.rnd.Int64N(200)
			case h.rnd.IntN(30) != 0: // else lost for good
				h.add(s, h.now)
			}
		}
		if h.now%20 == 0 {
			h.feed.commit()
		}
	}
	h.feed.commit()
}

// replay appends what came late of some series.
func (h *history) replay() {
	for _, s := range h.all {
		if h.rnd.IntN(2) == 0 {
			continue
		}
		for _, at := range h.held[s] {
			h.add(s, at)
		}
		delete(h.held, s)
		h.feed.commit()
	}
}

func TestDerivedIsAggregate(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			dir := t.TempDir()
			o, coarse := tierOptions()
			ts := openTestTiers(t, dir, o, coarse)
			h := newHistory(t, ts, seed)
			for range 25 {
				switch h.rnd.IntN(8) {
				case 0, 1, 2:
					h.live(1 + h.rnd.Int64N(300))
				case 3:
					h.replay()
				case 4, 5:
					mustCompact(t, ts)
				case 6:
					mustDerive(t, ts)
				case 7:
					if h.rnd.IntN(2) == 0 {
						if err := ts.Close(); err != nil {
							t.Fatal(err)
						}
						ts = openTestTiers(t, dir, o, coarse)
						h.ts, h.feed = ts, newFeeder(t, ts.Raw)
					}
				}
				s := h.all[h.rnd.IntN(len(h.all))]
				after := epoch + h.rnd.Int64N(h.now-epoch+1)
				before := after + h.rnd.Int64N(h.now-after+10)
				wantPlanned(t, ts, s, after, before, []int64{1, 10, 60, 100}[h.rnd.IntN(4)])
				wantPlanned(t, ts, s, epoch-100, h.now+100, 60)
			}
			// Everything in blocks, derived.
			h.live(10)
			for range h.all {
				h.replay()
			}
			mustCompact(t, ts)
			if err := ts.writeLate(t.Context()); err != nil {
				t.Fatal(err)
			}
			mustDerive(t, ts)
			until := ts.db.Head().MinTime()/1000/60*60 - 60
			for _, s := range h.all {
				for number := 1; number <= 2; number++ {
					wantTier(t, ts, number, s, epoch, until)
				}
				wantPlanned(t, ts, s, epoch-1000, h.now+1000, 60)
			}
		})
	}
}

// A tier that was lost, in whole or in part, is derived again at the next start; so is what a block of tier 0 has become.
func TestDerivedAgain(t *testing.T) {
	dir := t.TempDir()
	o, coarse := tierOptions()
	ts := openTestTiers(t, dir, o, coarse)
	h := newHistory(t, ts, 7)
	for range 6 {
		h.live(200)
		mustCompact(t, ts)
		mustDerive(t, ts)
		h.replay()
	}
	check := func() {
		t.Helper()
		mustDerive(t, ts)
		until := ts.db.Head().MinTime()/1000/60*60 - 60
		for _, s := range h.all {
			wantPlanned(t, ts, s, epoch, h.now, 60)
			if len(ts.coarse[1].blocksOfStep()) > 0 {
				wantTier(t, ts, 2, s, epoch, until)
			}
		}
	}
	reopen := func(change func(files []string)) {
		t.Helper()
		if err := ts.writeLate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := ts.Close(); err != nil {
			t.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(dir, "tier[12]", "*"+blockSuffix))
		if err != nil || len(files) < 2 {
			t.Fatalf("files are %v, %v", files, err)
		}
		change(files)
		ts = openTestTiers(t, dir, o, coarse)
		h.ts, h.feed = ts, newFeeder(t, ts.Raw)
		check()
	}
	reopen(func([]string) {})
	reopen(func(files []string) { must(t, os.Remove(files[0])) })
	reopen(func(files []string) {
		for _, f := range files {
			must(t, os.Remove(f))
		}
	})
	reopen(func(files []string) { must(t, os.Truncate(files[0], 100)) })
	reopen(func(files []string) { must(t, os.WriteFile(files[0], nil, 0o600)) })
	reopen(func(files []string) {
		must(t, os.WriteFile(filepath.Join(dir, "tier1", "01J00000000000000000000000"+tmpSuffix), []byte("half"), 0o600))
	})
	if left, _ := filepath.Glob(filepath.Join(dir, "*", "*"+tmpSuffix)); len(left) > 0 {
		t.Errorf("left behind are %v", left)
	}
	// A process was killed after it had merged, and before it removed what it had merged.
	ts.coarse[0].opts.MaxBytes = 0
	blocks := ts.coarse[0].blocksOfStep()
	merged, err := ts.coarse[0].merge(t.Context(), blocks, ts.coarse[0].known().sources)
	must(t, err)
	must(t, merged.release())
	if err := ts.Close(); err != nil {
		t.Fatal(err)
	}
	ts = openTestTiers(t, dir, o, coarse)
	if n := len(ts.coarse[0].blocksOfStep()); n != 1 {
		t.Errorf("%d blocks, want the merged one", n)
	}
	check()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// While a damaged block is still in use, a query fails or is right; the next look removes and derives it.
func TestDamagedWhileOpen(t *testing.T) {
	dir := t.TempDir()
	o, coarse := tierOptions()
	ts := openTestTiers(t, dir, o, coarse)
	h := newHistory(t, ts, 3)
	h.live(1000)
	mustCompact(t, ts)
	mustDerive(t, ts)
	path := ts.coarse[0].blocksOfStep()[0].path
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	must(t, err)
	size, err := f.Seek(0, io.SeekEnd)
	must(t, err)
	_, err = f.WriteAt(make([]byte, size-200), 20)
	must(t, errors.Join(err, f.Close()))
	s := h.all[0]
	q := Query{GUID: s.GUID, Chart: s.Chart, Dimensions: []string{s.Dimension}, After: epoch, Before: h.now, Width: 10}
	r, err := ts.Select(t.Context(), q)
	if err == nil {
		_, err = r.Cursors[0].Read(make([]query.Point, 1000))
		must(t, r.Close())
	}
	if !errors.Is(err, errCorrupt) {
		t.Errorf("reading gives %v", err)
	}
	select {
	case <-ts.wake:
	default:
		t.Error("the background is not told")
	}
	mustDerive(t, ts)
	wantPlanned(t, ts, s, epoch, h.now, 10)
	if slices.ContainsFunc(ts.coarse[0].blocksOfStep(), func(b *block) bool { return b.path == path }) {
		t.Error("the block is still there")
	}
}

func TestPlan(t *testing.T) {
	raw := level{tier: 0, step: 1, horizon: 0}
	one := level{tier: 1, step: 60, horizon: 0}
	two := level{tier: 2, step: 3600, horizon: 0}
	f := func(levels []level, after, before, width int64, want ...part) {
		t.Helper()
		if got := plan(levels, after, before, width); !slices.Equal(got, want) {
			t.Errorf("plan of (%d, %d], width %d is %v, want %v", after, before, width, got, want)
		}
	}
	all := []level{raw, one, two}
	f(all, 100, 10000, 1, part{0, 100, 10000})
	f(all, 100, 10000, 59, part{0, 100, 10000})
	f(all, 100, 10000, 60, part{0, 100, 120}, part{1, 120, 9960}, part{0, 9960, 10000})
	f(all, 100, 10000, 3600, part{0, 100, 120}, part{1, 120, 3600}, part{2, 3600, 7200}, part{1, 7200, 9960}, part{0, 9960, 10000})
	f(all, 120, 180, 60, part{1, 120, 180})
	f(all, 121, 180, 60, part{0, 121, 180})
	f(all, 120, 120, 60)
	f(all, 130, 120, 60)
	f(nil, 130, 200, 60)

	// A first window of which a finer tier has the points is not read, however much more it may tell.
	began := level{tier: 0, step: 1, horizon: 2000}
	f([]level{began, {tier: 1, step: 60, horizon: 1980}, {tier: 2, step: 3600, horizon: 0}}, 0, 9000, 1, part{0, 2000, 9000})
	f([]level{began, {tier: 1, step: 60, horizon: 1980}, {tier: 2, step: 3600, horizon: 0}}, 0, 9000, 60, part{0, 2000, 2040}, part{1, 2040, 9000})
	f([]level{began, {tier: 1, step: 60, horizon: 1920}}, 0, 9000, 1, part{1, 1920, 2040}, part{0, 2040, 9000})

	// What is stale comes from finer tiers.
	one.stale = []span{{1000, math.MaxInt64 / 1000}, {301, 301}, {540, 550}, {240, 240}}
	f([]level{raw, one}, 0, 2000, 60, part{1, 0, 180}, part{0, 180, 240}, part{1, 240, 300}, part{0, 300, 360}, part{1, 360, 480}, part{0, 480, 600}, part{1, 600, 960}, part{0, 960, 2000})
	one.stale = []span{{0, math.MaxInt64 / 1000}}
	f([]level{raw, one}, 10, 2000, 60, part{0, 10, 2000})
	one.stale = nil

	// Finer tiers do not reach back as far.
	raw.horizon, one.horizon, two.horizon = 7000, 3540, -3600
	all = []level{raw, one, two}
	f(all, 10, 9000, 1, part{2, 10, 3600}, part{1, 3600, 7020}, part{0, 7020, 9000})
	f(all, 10, 9000, 60, part{2, 10, 3600}, part{1, 3600, 9000})
	f(all, 10, 9010, 3600, part{2, 10, 3600}, part{1, 3600, 9000}, part{0, 9000, 9010})
	f(all, 10, 20, 1, part{2, 10, 3600}) // the window that covers it
	f(all, 4000, 4010, 1, part{1, 4000, 4020})
	f(all, 6990, 7010, 1, part{1, 6990, 7020})
	one.horizon, two.horizon = 4000, 100
	f([]level{raw, one, two}, 10, 20, 1)
	f([]level{raw, one, two}, 10, 9000, 1, part{2, 100, 7200}, part{0, 7200, 9000})
	// A tier that was configured later than a finer one reaches back less.
	f([]level{{0, 1, 0, nil}, {1, 60, 600, nil}}, 0, 1200, 60, part{0, 0, 600}, part{1, 600, 1200})
}

// TestTiersInBackground lets the goroutine do the work.
func TestTiersInBackground(t *testing.T) {
	o, coarse := tierOptions()
	ts, err := OpenTiers(t.TempDir(), o, coarse)
	must(t, err)
	defer func() { must(t, ts.Close()) }()
	h := newHistory(t, ts, 1)
	h.live(1000)
	mustCompact(t, ts)
	ts.wake <- struct{}{}
	for len(ts.coarse[1].blocksOfStep()) == 0 {
		time.Sleep(time.Millisecond)
	}
	for _, s := range h.all {
		wantPlanned(t, ts, s, epoch, h.now, 60)
	}
}

// Replayed history that is older than all that a small tier 0 keeps still comes to the coarse tiers.
func TestLateForSmallTier(t *testing.T) {
	dir := t.TempDir()
	o, coarse := tierOptions()
	o.Retention = time.Hour
	s := series("a.b", "c")
	fill := func(ts *Tiers) {
		f := newFeeder(t, ts.Raw)
		for at := epoch + 3600; at < epoch+7200; at++ {
			f.append(s, at, ramp(at), 0)
			if at%120 == 0 {
				f.commit()
				mustCompact(t, ts)
				mustDerive(t, ts)
			}
		}
		f.commit()
	}
	probe := openTestTiers(t, t.TempDir(), o, coarse)
	fill(probe)
	o.MaxBytes = probe.Raw.Stats().BlockBytes * 4 / 5
	ts := openTestTiers(t, dir, o, coarse)
	fill(ts)
	f := newFeeder(t, ts.Raw)
	for at := epoch + 3660; at < epoch+3720; at++ { // of another series, of a time that tier 0 has already given up
		f.append(series("a.late", "x"), at, ramp(at), 0)
	}
	f.commit()
	must(t, ts.writeLate(t.Context()))
	mustDerive(t, ts)
	mustCompact(t, ts)
	if size := ts.Raw.Stats().BlockBytes; size > o.MaxBytes+o.MaxBytes/10 {
		t.Errorf("tier 0 has %d bytes, the limit is %d", size, o.MaxBytes)
	}
	points := readTiers(t, ts, Query{GUID: guid, Chart: "a.late", Dimensions: []string{"x"}, After: epoch, Before: epoch + 3800, Tier: 1})
	var count uint32
	for _, p := range points {
		count += p.Count
	}
	if count != 60 {
		t.Errorf("%d late points are in tier 1, want 60", count)
	}
	// The planner knows that tier 0 has not all of that time any more.
	if points = readTiers(t, ts, Query{GUID: guid, Chart: "a.b", Dimensions: []string{"c"}, After: epoch + 3600, Before: epoch + 7190}); len(points) < 300 {
		t.Fatalf("%d points", len(points))
	}
	count, last := 0, int64(0)
	for _, p := range points {
		if p.Start < last {
			t.Errorf("%+v follows %d", p, last)
		}
		last = p.End
		count += p.Count
	}
	if count < 3585 || count > 3600 {
		t.Errorf("all points together are of %d samples, want all 3590 or a few more", count)
	}
}
