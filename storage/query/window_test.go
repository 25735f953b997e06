package query

import (
	"math/rand/v2"
	"testing"
)

const e = 1_700_000_040 // the end of the database in these tests: a multiple of 60

func TestWindowPeriod(t *testing.T) {
	// now-1 is e+10 here.
	db := Database{First: e - 3599, Last: e, UpdateEvery: 1}
	f := func(after, before, wantAfter, wantBefore int64, wantRelative bool) {
		t.Helper()
		w := Request{After: after, Before: before}.Window(e+11, db)
		if w.After != wantAfter || w.Before != wantBefore || w.Relative != wantRelative {
			t.Errorf("after=%d before=%d: %d…%d relative %v, want %d…%d %v", after, before, w.After-e, w.Before-e, w.Relative,
				wantAfter-e, wantBefore-e, wantRelative)
		}
	}
	f(-60, 0, e-59, e, true)
	f(60, 0, e-59, e, true)
	f(-60, -30, e-79, e-20, true)
	f(-60, 30, e-79, e-20, true)
	f(0, 0, e-3599, e, true)
	f(e-60, e, e-60, e, false)
	f(e, e-60, e-60, e, false)
	f(-120, e-300, e-419, e-300, true)
	f(0, e-3500, e-3599, e-3500, true)
	f(e-30, e+30, e-50, e+10, false) // the future is cut off, and the window keeps its width
	f(e+100, e+130, e-20, e+10, false)
}

func TestWindowRows(t *testing.T) {
	type want struct {
		points              int
		step, after, before int64 // after and before relative to e
		natural             bool
	}
	f := func(r Request, every int64, w want) {
		t.Helper()
		got := r.Window(e+2, Database{First: e - 3600 + every, Last: e, UpdateEvery: every})
		if got.Points != w.points || got.Step() != w.step || got.After != e+w.after || got.Before != e+w.before || got.Natural != w.natural {
			t.Errorf("%+v: %d rows of %d, %d…%d, natural %v, want %+v", r, got.Points, got.Step(), got.After-e, got.Before-e, got.Natural, w)
		}
	}
	// The rows asked for are a limit that integer division approaches.
	f(Request{After: e - 60, Before: e}, 1, want{61, 1, -60, 0, true})
	f(Request{After: e - 60, Before: e, Points: 60}, 1, want{60, 1, -59, 0, false})
	f(Request{After: e - 60, Before: e, Points: 59}, 1, want{61, 1, -60, 0, false})
	f(Request{After: e - 60, Before: e, Points: 31}, 1, want{31, 2, -61, 0, false})
	f(Request{After: e - 59, Before: e, Points: 30}, 1, want{30, 2, -59, 0, false})
	f(Request{After: e - 60, Before: e, Points: 10000}, 1, want{61, 1, -60, 0, false})
	f(Request{After: e - 60, Before: e, Points: -5}, 1, want{61, 1, -60, 0, true})
	f(Request{After: e - 600, Before: e, Points: 10}, 1, want{10, 60, -599, 0, false})
	f(Request{After: e - 10, Before: e - 10}, 1, want{1, 1, -10, -10, true})

	// Aligned to the step: up, or down at the end of the database.
	f(Request{After: e - 597, Before: e - 3, Points: 60}, 1, want{60, 10, -599, 0, false})
	f(Request{After: e - 597, Before: e - 3, Points: 60, Options: Unaligned}, 1, want{60, 10, -602, -3, false})
	f(Request{After: -597, Points: 7}, 1, want{8, 85, -719, -40, true})

	// Slow charts: natural rows are multiples of the collection interval, virtual ones of seconds.
	f(Request{After: -600}, 10, want{60, 10, -590, 0, true})
	f(Request{After: e - 300, Before: e, Points: 300}, 5, want{300, 1, -299, 0, false})
	f(Request{After: e - 300, Before: e, Points: 300, Options: NaturalPoints}, 5, want{60, 5, -295, 0, true})
	f(Request{After: -300, Points: 300, Options: VirtualPoints}, 5, want{300, 1, -299, 0, false})

	// Resampling: rows are multiples of the interval, and the window is at least as long.
	f(Request{After: e - 600, Before: e, Points: 20, Resample: 1}, 1, want{20, 30, -599, 0, false})
	f(Request{After: e - 600, Before: e, Points: 20, Resample: 120}, 1, want{20, 120, -2399, 0, false})
	f(Request{After: e - 599, Before: e, Points: 1, Resample: 3600}, 1, want{1, 7200, -839, 6360, false})
}

func TestWindowDivisor(t *testing.T) {
	f := func(points, resample int64, want float64) {
		t.Helper()
		w := Request{After: e - 600, Before: e, Points: points, Resample: resample}.Window(e+2, Database{First: e - 3599, Last: e, UpdateEvery: 1})
		if w.Divisor != want {
			t.Errorf("points=%d gtime=%d: divisor %v, want %v", points, resample, w.Divisor, want)
		}
	}
	f(20, 0, 0)
	f(20, 1, 0)
	f(20, 2, 15)
	f(20, 60, 1)
	f(5, 60, 2)
}

func TestWindowTouches(t *testing.T) {
	f := func(r Request, first, last int64, want bool) {
		t.Helper()
		w := r.Window(e+121, Database{First: first, Last: last, UpdateEvery: 1})
		if got := w.Touches(first, last); got != want {
			t.Errorf("%+v: %v, want %v", r, got, want)
		}
	}
	// A chart that stopped two minutes ago is not in the last minute, but in the last ten.
	f(Request{After: -60}, e-3599, e, false)
	f(Request{After: -600}, e-3599, e, true)
	f(Request{After: 0}, e-3599, e, true)
	f(Request{After: e - 100000, Before: e - 90000}, e-3599, e, false)
	f(Request{After: e - 3700, Before: e - 3600}, e-3599, e, true)
	f(Request{After: -600}, 0, 0, false)
}

// TestWindowInvariants checks what must hold for every request, however odd.
func TestWindowInvariants(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	odd := func() int64 {
		switch r.IntN(5) {
		case 0:
			return r.Int64N(200000) - 100000
		case 1:
			return r.Int64() - r.Int64()
		case 2:
			return 0
		case 3:
			return 1<<48 - 2*r.Int64N(2)<<48
		default:
			return e - r.Int64N(100000)
		}
	}
	for range 50_000 {
		req := Request{After: odd() % (1 << 49), Before: odd() % (1 << 49), Points: odd(), Resample: odd(), Options: Options(r.Uint32() & 7)}
		db := Database{First: e - r.Int64N(1e8), Last: e, UpdateEvery: 1 + r.Int64N(120)}
		w := req.Window(e+r.Int64N(1000), db)
		if w.Points < 1 || w.Points > 3*MaxPoints/2 || w.Group < 1 || w.Granularity < 1 {
			t.Fatalf("%+v: %+v", req, w)
		}
		if w.Time(w.Points-1) != w.Before || w.Time(0) != w.Start()+w.Step() {
			t.Fatalf("%+v: rows do not end at before: %+v", req, w)
		}
		if !req.Options.Has(Unaligned) && w.Before%w.Step() != 0 {
			t.Fatalf("%+v: not aligned: %+v", req, w)
		}
	}
}
