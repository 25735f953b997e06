package query

import (
	"errors"
	"io"
	"math"
)

// Coarse returns a cursor over windows of so many seconds, each the aggregate of the points of another cursor that end in it.
// As in the tiers of an agent there is none for a window that may get more points: one that no point follows.
func Coarse(points Cursor, seconds int64) Cursor {
	return &coarse{points: points, seconds: max(1, seconds), buf: make([]Point, readAhead)}
}

type coarse struct {
	points  Cursor
	seconds int64
	buf     []Point
	rest    []Point // of buf
	err     error   // of the last read
	window  Point   // being filled; its End is 0 when there is none
}

// Read implements Cursor.
func (c *coarse) Read(dst []Point) (n int, err error) {
	for n < len(dst) {
		if len(c.rest) == 0 {
			if c.err != nil {
				return n, c.err
			}
			var read int
			read, c.err = c.points.Read(c.buf)
			c.rest = c.buf[:read]
			if read == 0 && c.err == nil {
				return n, io.ErrNoProgress
			}
			if c.err != nil && !errors.Is(c.err, io.EOF) {
				return n, c.err
			}
			continue
		}
		p := &c.rest[0]
		if p.Count == 0 || math.IsInf(p.Sum, 0) || math.IsNaN(p.Sum) {
			c.rest = c.rest[1:]
			continue
		}
		end := (p.End + c.seconds - 1) / c.seconds * c.seconds
		if c.window.End != 0 && end > c.window.End {
			dst[n] = c.window
			n++
			c.window = Point{}
			continue
		}
		if c.window.End == 0 {
			c.window = *p
			c.window.Start, c.window.End = end-c.seconds, end
		} else {
			c.window.merge(p)
		}
		c.rest = c.rest[1:]
	}
	return n, nil
}

// merge adds the samples of another point.
func (p *Point) merge(o *Point) {
	p.Sum += o.Sum
	p.Min, p.Max = min(p.Min, o.Min), max(p.Max, o.Max)
	p.Count += o.Count
	p.Anomalous += o.Anomalous
	p.Reset = p.Reset || o.Reset
}
