package query

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
)

// readAhead is how many points are read from a cursor at once.
const readAhead = 512

// Run reads the points of each metric and returns the rows of the window. It stops with the error of ctx when that is
// done. A point whose values are not finite counts as a point without value.
func Run(ctx context.Context, w Window, m Method, series []Series) (*Result, error) {
	r := &Result{Window: w, Method: m, Columns: make([]Column, len(series))}
	cells := make([]float64, w.Points*len(series))
	f := filler{window: &r.Window, value: methods[m].value, buf: make([]Point, readAhead)}
	for i := range series {
		c := &r.Columns[i]
		c.Dimension = series[i].Dimension
		c.Values, cells = cells[:w.Points:w.Points], cells[w.Points:]
		f.column, f.group = c, methods[m].start(&r.Window)
		if err := f.fill(ctx, series[i].Cursor); err != nil {
			return nil, fmt.Errorf("read %s: %w", c.Dimension, err)
		}
	}
	return r, nil
}

// filler makes the rows of one metric after the other.
type filler struct {
	window *Window
	value  func(*Point) float64
	buf    []Point

	column *Column
	group  grouper
	row    int   // the row being filled
	end    int64 // its end
	reset  bool  // a sample of it was marked
	prev   Point // the point before
}

func (f *filler) fill(ctx context.Context, cursor Cursor) error {
	f.row, f.end, f.reset, f.prev = 0, f.window.Time(0), false, Point{}
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
	v := math.NaN()
	if p.Count > 0 {
		if v = f.value(p); math.IsInf(v, 0) {
			v = math.NaN()
		}
	}
	start := f.window.Start()
	switch {
	case p.End == start && p.End-p.Start > f.window.Granularity:
		f.use(v, p.Reset) // a wide sample touches the row after it too (netdata v1.37.1, virtual points only)
	case p.End <= start:
	case p.End < f.end:
		f.use(v, p.Reset)
	default:
		used := false
		for f.row < f.window.Points && f.end <= p.End {
			if f.end > p.Start {
				f.use(f.at(f.end, p, v), p.Reset)
				used = true
			}
			f.flush()
		}
		if !used && f.row < f.window.Points {
			f.use(v, p.Reset) // it follows a gap in which rows have ended
		}
	}
	f.prev = *p
}

// at returns the value at time t, which is inside p: on the line from the point before when that touches p, else v.
func (f *filler) at(t int64, p *Point, v float64) float64 {
	if t == p.End || p.End-p.Start <= 1 || f.prev.End != p.Start || f.prev.Count == 0 {
		return v
	}
	from := f.value(&f.prev)
	if math.IsNaN(from) || math.IsInf(from, 0) {
		return v
	}
	return from + (v-from)*float64(t-p.Start)/float64(p.End-p.Start)
}

func (f *filler) use(v float64, reset bool) {
	if math.IsNaN(v) {
		return
	}
	f.group.add(v)
	f.reset = f.reset || reset
}

func (f *filler) flush() {
	v := f.group.flush()
	f.column.Values[f.row] = v
	if !math.IsNaN(v) {
		f.column.Filled++
	}
	if f.reset {
		if f.column.Reset == nil {
			f.column.Reset = make([]bool, len(f.column.Values))
		}
		f.column.Reset[f.row] = true
		f.reset = false
	}
	f.row++
	f.end += f.window.Step()
}
