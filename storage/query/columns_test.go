package query

import (
	"io"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
)

// columned is a cursor with its points in columns, and pointed the same without.
type columned struct {
	pointed
	samples Samples
}

func (c *columned) Samples() (Samples, bool, error) { return c.samples, true, nil }

type pointed struct{ points []Point }

func (c *pointed) Read(dst []Point) (int, error) {
	n := copy(dst, c.points)
	c.points = c.points[n:]
	if len(c.points) == 0 {
		return n, io.EOF
	}
	return n, nil
}

// Rows made of columns are those made of points.
func TestColumns(t *testing.T) {
	const base = 1_700_000_000 // what is small is relative
	r := rand.New(rand.NewPCG(3, 4))
	filled := 0
	for n := range 400 {
		var s Samples
		var points []Point
		seconds := n%4 == 0 // averages of a second, most of them of windows without gaps
		flagged := !seconds && r.IntN(2) == 0
		for at := int64(base); at < base+400; at++ {
			if gap := r.IntN(20) == 0; gap && !seconds || gap && at > base+380 {
				at += r.Int64N(40)
			}
			v := float64(float32(r.NormFloat64() * 100))
			p := Point{Start: at - 1, End: at, Sum: v, Min: v, Max: v, Count: 1}
			if flagged && r.IntN(10) == 0 {
				p.Anomalous, p.Reset = 1, r.IntN(2) == 0
			}
			points = append(points, p)
			s.Append(at, v, p.Anomalous > 0, p.Reset)
		}
		request := Request{
			After: base - 50 + r.Int64N(300), Before: base + 200 + r.Int64N(300), Points: r.Int64N(100), Resample: r.Int64N(2) * r.Int64N(90),
			Options: []Options{0, Absolute, AnomalyBit, Unaligned}[r.IntN(4)],
		}
		g := methods[r.IntN(len(methods))].grouping
		if seconds {
			request, g = Request{After: base - 10 + r.Int64N(200), Before: base + 200 + r.Int64N(210)}, Grouping{}
		}
		w := request.Window(base+500, Database{First: base, Last: base + 400, UpdateEvery: 1})
		// A store gives what ends in the window.
		last := len(points)
		for last > 0 && points[last-1].End > w.Start()+int64(w.Points)*w.Step() {
			last--
		}
		points, s = points[:last], s.Slice(0, last)
		run := func(c Cursor) *Column {
			result, err := Run(t.Context(), w, g, []Series{{Cursor: c}})
			if err != nil {
				t.Fatal(err)
			}
			column := &result.Columns[0]
			for i, v := range column.Values {
				if math.IsNaN(v) {
					column.Values[i] = -12345 // is equal to itself
				}
			}
			column.Read = 0 // of points, those ahead are read
			column.Stats.Sum = math.Round(column.Stats.Sum*1e6) / 1e6
			return column
		}
		got, want := run(&columned{pointed{points}, s}), run(&pointed{points})
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%d: %+v %+v:\n%+v\nwant\n%+v", n, request, g, got, want)
		}
		filled += got.Filled
	}
	if filled < 10_000 {
		t.Errorf("%d rows have a value: the windows are not where the samples are", filled)
	}
}
