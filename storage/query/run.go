package query

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
)

// readAhead is how many points are read from a cursor at once.
const readAhead = 128

// Run reads the points of each metric and returns the rows of the window. It stops with the error of ctx when that is
// done. A point whose values are not finite counts as a point without value.
func Run(ctx context.Context, w Window, g Grouping, series []Series) (*Result, error) {
	r := &Result{Window: w, Grouping: g, Columns: make([]Column, len(series))}
	r.cells = takeCells(w.Points * len(series))
	cells := r.cells.values
	f := filler{window: &r.Window, method: g.Method}
	for i := range series {
		c := &r.Columns[i]
		c.Dimension = series[i].Dimension
		c.Values, cells = cells[:w.Points:w.Points], cells[w.Points:]
		f.column, f.group = c, g.start(&r.Window)
		if err := f.fill(ctx, series[i].Cursor); err != nil {
			return nil, fmt.Errorf("read %s: %w", c.Dimension, err)
		}
	}
	return r, nil
}

// filler makes the rows of one metric after the other.
type filler struct {
	window *Window
	method Method
	buf    []Point // made when points are read one by one

	column *Column
	group  grouper
	row    int   // the row being filled
	end    int64 // its end
	reset  bool  // a sample of it was marked
	prev   Point // the point before

	samples, anomalous uint64 // of the row
}

func (f *filler) fill(ctx context.Context, cursor Cursor) error {
	f.row, f.end, f.reset, f.prev = 0, f.window.Time(0), false, Point{}
	f.samples, f.anomalous = 0, 0
	if done, err := f.columns(cursor); done || err != nil {
		return err
	}
	if f.buf == nil {
		f.buf = make([]Point, readAhead)
	}
	for f.row < f.window.Points {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := cursor.Read(f.buf)
		f.column.Read += n
		for i := range f.buf[:n] {
			f.add(&f.buf[i])
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if n == 0 {
			return io.ErrNoProgress
		}
	}
	for f.row < f.window.Points {
		f.flush()
	}
	return nil
}

// add uses a point for the rows it belongs to: the one it ends in, and those whose end it covers. A point that covers the
// end of a row has been used with it and is not used again for the row in which it ends, so that a row of wide samples is
// not made of one and the same sample twice.
func (f *filler) add(p *Point) {
	if p.End <= f.prev.End && f.prev.End != 0 {
		return // out of order: the cursor broke its promise, and time must not go back
	}
	if p.End <= f.window.Start() {
		return
	}
	v := f.value(p)
	used := false
	switch {
	case p.End < f.end:
		f.use(v, p)
		used = true
	default:
		inside := f.row < f.window.Points
		for f.row < f.window.Points && f.end <= p.End {
			if f.end > p.Start {
				f.use(f.at(f.end, p, v), p)
				used = true
			}
			f.flush()
		}
		if !used && inside && f.row < f.window.Points {
			f.use(v, p) // it follows a gap in which rows have ended
			used = true
		}
	}
	if used && p.Count > 0 {
		f.column.Stats.point(p, f.window.Absolute)
	}
	f.prev = *p
}

// value returns what the rows take of a point, NaN when that is nothing.
func (f *filler) value(p *Point) float64 {
	if p.Count == 0 {
		return math.NaN()
	}
	if f.window.Anomalies {
		return 100 * float64(p.Anomalous) / float64(p.Count)
	}
	v := f.method.value(p)
	if f.window.Absolute {
		v = math.Abs(v)
	}
	if math.IsInf(v, 0) {
		return math.NaN()
	}
	return v
}

// at returns the value at time t, which is inside p: on the line from the point before when that touches p, else v. So the
// first point of a window is taken as it is (netdata v2.11.0).
func (f *filler) at(t int64, p *Point, v float64) float64 {
	if t == p.End || p.End-p.Start <= 1 || f.prev.End != p.Start || f.prev.Count == 0 {
		return v
	}
	from := f.value(&f.prev)
	if math.IsNaN(from) {
		return v
	}
	return from + (v-from)*float64(t-p.Start)/float64(p.End-p.Start)
}

func (f *filler) use(v float64, p *Point) {
	if math.IsNaN(v) {
		return
	}
	f.group.add(v, float64(p.Count))
	f.reset = f.reset || p.Reset
	f.samples += uint64(p.Count)
	f.anomalous += uint64(p.Anomalous)
}

func (f *filler) flush() {
	c := f.column
	v := f.group.flush()
	c.Values[f.row] = v
	if !math.IsNaN(v) {
		c.Filled++
	}
	if f.reset {
		if c.Reset == nil {
			c.Reset = make([]bool, len(c.Values))
		}
		c.Reset[f.row] = true
		f.reset = false
	}
	if f.anomalous > 0 {
		if c.Anomalies == nil {
			c.Anomalies = make([]float64, len(c.Values))
		}
		c.Anomalies[f.row] = 100 * float64(f.anomalous) / float64(f.samples)
		f.anomalous = 0
	}
	f.samples = 0
	f.row++
	f.end += f.window.Step()
}
