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
	r := rand.New(rand.NewPCG(3, 4))
	for n := range 400 {
		var s Samples
		var points []Point
		flagged := r.IntN(2) == 0
		for at := int64(1000); at < 1400; at++ {
			if r.IntN(20) == 0 {
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
			After: 950 + r.Int64N(300), Before: 1200 + r.Int64N(300), Points: r.Int64N(100), Resample: r.Int64N(2) * r.Int64N(90),
			Options: []Options{0, Absolute, AnomalyBit, Unaligned}[r.IntN(4)],
		}
		w := request.Window(1500, Database{First: 1000, Last: 1400, UpdateEvery: 1})
		g := methods[r.IntN(len(methods))].grouping
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
		got, want := run(&columned{samples: s}), run(&pointed{points})
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%d: %+v %+v:\n%+v\nwant\n%+v", n, request, g, got, want)
		}
	}
}
