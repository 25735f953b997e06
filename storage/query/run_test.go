package query

import (
	"context"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// points is a cursor over a slice, in pieces of at most step points.
type points struct {
	list []Point
	step int
}

func (c *points) Read(dst []Point) (int, error) {
	n := min(len(dst), len(c.list))
	if c.step > 0 {
		n = min(n, c.step)
	}
	copy(dst, c.list[:n])
	if c.list = c.list[n:]; len(c.list) == 0 {
		return n, io.EOF
	}
	return n, nil
}

func sample(end, width int64, v float64) Point {
	return Point{Start: end - width, End: end, Sum: v, Min: v, Max: v, Count: 1}
}

func gap(end, width int64) Point { return Point{Start: end - width, End: end} }

var null = math.NaN()

func equal(a, b []float64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !(math.Abs(a[i]-b[i]) < 1e-9 || math.IsNaN(a[i]) && math.IsNaN(b[i])) {
			return false
		}
	}
	return true
}

func run(t *testing.T, w Window, m Grouping, list ...Point) Column {
	t.Helper()
	for _, step := range []int{1, 3, 0} {
		r, err := Run(t.Context(), w, m, []Series{{"d", &points{list, step}}})
		if err != nil {
			t.Fatal(err)
		}
		if step == 0 {
			return r.Columns[0]
		}
	}
	panic("unreachable")
}

// window returns rows rows of group slices of q seconds, from time 0.
func window(rows int, group, q int64) Window {
	return Window{After: q, Before: int64(rows) * group * q, Points: rows, Granularity: q, Group: group}
}

func TestRunRows(t *testing.T) {
	f := func(name string, w Window, m Grouping, want []float64, list ...Point) {
		t.Helper()
		if got := run(t, w, m, list...); !equal(got.Values, want) {
			t.Errorf("%s: %v, want %v", name, got.Values, want)
		}
	}
	one := func(values ...float64) (list []Point) {
		for i, v := range values {
			if math.IsNaN(v) {
				list = append(list, gap(int64(i)+1, 1))
			} else {
				list = append(list, sample(int64(i)+1, 1, v))
			}
		}
		return list
	}
	f("as stored", window(4, 1, 1), Grouping{}, []float64{1, 2, null, 4}, one(1, 2, null, 4)...)
	f("nothing stored", window(3, 2, 1), Grouping{}, []float64{null, null, null})
	f("average", window(2, 3, 1), Grouping{}, []float64{2, 5}, one(1, 2, 3, 4, 5, 6)...)
	f("average skips gaps", window(2, 3, 1), Grouping{}, []float64{2, null}, one(1, null, 3, null, null, null)...)
	f("sum", window(2, 3, 1), Grouping{Method: Sum}, []float64{6, -4}, one(1, 2, 3, 4, null, -8)...)
	f("min is nearest to zero", window(2, 3, 1), Grouping{Method: Min}, []float64{-1, 0}, one(-1, 2, 3, 4, 0, -8)...)
	f("max is farthest from zero", window(2, 3, 1), Grouping{Method: Max}, []float64{3, -8}, one(-1, 2, 3, 4, 0, -8)...)
	f("last row is partial", window(2, 3, 1), Grouping{}, []float64{2, 4.5}, one(1, 2, 3, 4, 5)...)
	f("points outside are not used", window(2, 2, 1), Grouping{Method: Sum}, []float64{3, 7},
		append([]Point{sample(-1, 1, 100), sample(0, 1, 100)}, one(1, 2, 3, 4, 100, 100)...)...)
	f("infinity is no value", window(1, 2, 1), Grouping{Method: Sum}, []float64{2}, one(math.Inf(1), 2)...)

	// Samples of 10 seconds in rows of seconds: a straight line between samples that touch.
	f("interpolated", window(5, 4, 1), Grouping{}, []float64{20, 20, 22, 26, 30},
		sample(0, 10, 10), sample(10, 10, 20), sample(20, 10, 30))
	f("no sample before", window(5, 4, 1), Grouping{}, []float64{20, 20, 22, 26, 30}, sample(10, 10, 20), sample(20, 10, 30))
	f("gap before", window(5, 4, 1), Grouping{}, []float64{20, 20, 30, 30, 30}, sample(10, 10, 20), gap(11, 1), sample(20, 9, 30))
	f("row in a gap", window(5, 4, 1), Grouping{}, []float64{20, 20, null, 30, 30}, sample(10, 10, 20), sample(20, 7, 30))
	// A sample that has been used for the rows whose end it covers is not used again for the row it ends in.
	f("used once", window(3, 4, 1), Grouping{Method: Sum}, []float64{20, 20, null}, sample(10, 10, 20))
	// Natural rows of slow charts are their samples.
	f("natural", window(3, 1, 10), Grouping{}, []float64{20, null, 40}, sample(10, 10, 20), sample(30, 10, 40))
	f("natural groups", window(2, 2, 10), Grouping{}, []float64{30, 40}, sample(10, 10, 20), sample(20, 10, 40), sample(40, 10, 40))

	// Points that stand for several samples.
	tier := Point{Start: 0, End: 60, Sum: 90, Min: -1, Max: 5, Count: 30}
	f("mean of a tier", window(1, 60, 1), Grouping{}, []float64{3}, tier)
	f("minimum of a tier", window(1, 60, 1), Grouping{Method: Min}, []float64{-1}, tier)
	f("maximum of a tier", window(1, 60, 1), Grouping{Method: Max}, []float64{5}, tier)
	f("sum of a tier", window(1, 60, 1), Grouping{Method: Sum}, []float64{90}, tier)

	f("mean of points of different tiers", window(1, 62, 1), Grouping{}, []float64{100. / 32}, tier, sample(61, 1, 3), sample(62, 1, 7))

	w := window(2, 60, 1)
	w.Divisor = 2 // 60 seconds, per 30 seconds
	f("per interval", w, Grouping{}, []float64{3, null}, one(1, 2, 3)...)
	f("per interval, of a tier", w, Grouping{}, []float64{45, null}, tier)

	// A cursor that goes back in time cannot make rows twice.
	f("out of order", window(3, 1, 1), Grouping{Method: Sum}, []float64{1, 2, 3}, sample(1, 1, 1), sample(2, 1, 2), sample(1, 1, 50), sample(2, 1, 50), sample(3, 1, 3))
}

func TestRunReset(t *testing.T) {
	list := []Point{sample(1, 1, 1), sample(2, 1, 2), sample(3, 1, 0), sample(4, 1, 2)}
	if c := run(t, window(2, 2, 1), Grouping{}, list...); c.Reset != nil {
		t.Errorf("reset %v without a reset", c.Reset)
	}
	list[2].Reset = true
	c := run(t, window(2, 2, 1), Grouping{}, list...)
	if len(c.Reset) != 2 || c.Reset[0] || !c.Reset[1] {
		t.Errorf("reset %v", c.Reset)
	}
	if c.Read != 4 || c.Filled != 2 {
		t.Errorf("read %d, filled %d", c.Read, c.Filled)
	}
}

type failing struct{ err error }

func (c failing) Read([]Point) (int, error) { return 0, c.err }

func TestRunErrors(t *testing.T) {
	broken := errors.New("broken")
	if _, err := Run(t.Context(), window(2, 2, 1), Grouping{}, []Series{{"d", failing{broken}}}); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	if _, err := Run(t.Context(), window(2, 2, 1), Grouping{}, []Series{{"d", failing{}}}); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("error %v of a cursor that does not move", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, window(2, 2, 1), Grouping{}, []Series{{"d", failing{}}}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v after cancellation", err)
	}
}

// TestRunEverySampleOnce: however a window of one second samples is cut into rows, each sample is in exactly one row.
func TestRunEverySampleOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		now := int64(e + 1)
		req := Request{After: e - r.Int64N(2000), Before: e - r.Int64N(500), Points: r.Int64N(100), Options: Options(r.IntN(2)) * Unaligned}
		db := Database{First: e - 5000, Last: e, UpdateEvery: 1}
		w := req.Window(now, db)
		after, before := w.Span(1)
		var list []Point
		want := 0.0
		for end := after + 1; end <= before; end++ {
			if r.IntN(10) == 0 {
				continue
			}
			v := float64(1 + r.IntN(1000))
			list = append(list, sample(end, 1, v))
			if end > w.Start() && end <= w.Before {
				want += v
			}
		}
		got := 0.0
		for _, v := range run(t, w, Grouping{Method: Sum}, list...).Values {
			if !math.IsNaN(v) {
				got += v
			}
		}
		if got != want {
			t.Fatalf("%+v %+v: sum %v, want %v", req, w, got, want)
		}
	}
}

// TestRunLine: interpolation of samples that lie on a line gives the line, at any width of samples.
func TestRunLine(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 500 {
		width := 2 + r.Int64N(60)
		w := Request{After: e - 600 - r.Int64N(3000), Before: e - r.Int64N(500), Points: 1e6, Options: VirtualPoints}.Window(e+1, Database{First: e - 5000, Last: e, UpdateEvery: width})
		after, before := w.Span(width)
		var list []Point
		for end := after - after%width; end <= before; end += width {
			if end > after {
				list = append(list, sample(end, width, float64(end-e)))
			}
		}
		for i, v := range run(t, w, Grouping{}, list...).Values {
			want := float64(w.Time(i) - e)
			if first := float64(list[0].End - e); want < first {
				want = first // nothing is known of what was before
			}
			if math.Abs(v-want) > 1e-6 {
				t.Fatalf("width %d: row %d is %v, want %v", width, i, v, want)
			}
		}
	}
}

// repeat is a cursor that makes its points as they are read.
type repeat struct{ next, last, width int64 }

func (c *repeat) Read(dst []Point) (n int, err error) {
	for n < len(dst) && c.next <= c.last {
		dst[n] = sample(c.next, c.width, float64(c.next%100))
		c.next += c.width
		n++
	}
	if c.next > c.last {
		return n, io.EOF
	}
	return n, nil
}

func TestRunAllocations(t *testing.T) {
	allocations := func(seconds int64) float64 {
		w := window(100, seconds/100, 1)
		return testing.AllocsPerRun(10, func() {
			if _, err := Run(context.Background(), w, Grouping{}, []Series{{"d", &repeat{1, seconds, 1}}}); err != nil {
				t.Fatal(err)
			}
		})
	}
	if few, many := allocations(1000), allocations(100_000); many > few {
		t.Errorf("%v allocations for 1,000 points, %v for 100,000", few, many)
	}
}

func BenchmarkRun(b *testing.B) {
	bench := func(name string, seconds int64, rows int, m Grouping) {
		b.Run(name, func(b *testing.B) {
			w := window(rows, seconds/int64(rows), 1)
			b.ReportAllocs()
			for b.Loop() {
				series := make([]Series, 10)
				for i := range series {
					series[i] = Series{"d", &repeat{1, seconds, 1}}
				}
				if _, err := Run(b.Context(), w, m, series); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(int64(b.N)*10*seconds), "ns/point")
		})
	}
	bench("10x600", 600, 600, Grouping{})
	bench("10x3600to100", 3600, 100, Grouping{})
	bench("10x3600to100max", 3600, 100, Grouping{Method: Max})
}

func TestCoarse(t *testing.T) {
	var list []Point
	for end := int64(1); end <= 200; end++ {
		if end > 60 && end <= 120 {
			continue
		}
		list = append(list, sample(end, 1, float64(end)))
	}
	list[3].Anomalous, list[5].Reset = 1, true
	list = append(list, gap(201, 1))
	want := []Point{
		{Start: 0, End: 60, Sum: 1830, Min: 1, Max: 60, Count: 60, Anomalous: 1, Reset: true},
		{Start: 120, End: 180, Sum: 9030, Min: 121, Max: 180, Count: 60},
	}
	for _, step := range []int{1, 7, 0} {
		var got []Point
		c := Coarse(&points{list, step}, 60)
		for {
			var buf [1]Point
			n, err := c.Read(buf[:])
			got = append(got, buf[:n]...)
			if err != nil {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	broken := errors.New("broken")
	if _, err := Coarse(failing{broken}, 60).Read(make([]Point, 1)); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	if _, err := Coarse(failing{}, 60).Read(make([]Point, 1)); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("error %v of a cursor that does not move", err)
	}
}
