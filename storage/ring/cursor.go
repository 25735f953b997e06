package ring

import (
	"fmt"
	"io"

	"foster/storage/query"
)

// Cursor reads the points of a dimension in order of time. It belongs to one goroutine.
type Cursor struct {
	chart     *Chart // nil: there are no points
	dimension string
	after     int64 // the end of the last point read, or what comes before all wanted
	before    int64
	begun     bool // a point was read
}

// Select returns a cursor over the points of a dimension that end in (after, before], in unix seconds. A point begins an
// interval of its chart before its end, but not before the end of its predecessor. What is written while the cursor reads
// may be seen or not; what has left the window meanwhile is not read.
func (h *Host) Select(chart, dimension string, after, before int64) *Cursor {
	return &Cursor{chart: h.Chart(chart), dimension: dimension, after: max(after, 0), before: min(before, maxTime)}
}

// Read fills dst with the next points, as query.Cursor has it. After the host was closed it returns ErrClosed.
func (c *Cursor) Read(dst []query.Point) (n int, err error) {
	if c.chart == nil {
		return 0, io.EOF
	}
	fault := guard(c.chart.host.mapped(), func() { n, err = c.read(dst) })
	if fault != nil {
		return n, fmt.Errorf("read the mapped ring of %s: %w", c.chart.id, fault)
	}
	return n, err
}

func (c *Cursor) read(dst []query.Point) (n int, err error) {
	ch := c.chart
	ch.mu.RLock()
	defer ch.mu.RUnlock()
	if ch.ended != nil {
		return 0, ch.ended
	}
	column := ch.columnLocked(c.dimension)
	if column < 0 || ch.now == nil {
		return 0, io.EOF
	}
	if ch.past != nil {
		// Points of the present interval may have been replayed for times that the past one had.
		before := c.before
		if first := ch.now.span().First; first > 0 {
			before = min(before, first-1)
		}
		n = c.rows(dst, ch.past, column, before)
	}
	n += c.rows(dst[n:], ch.now, column, c.before)
	if n < len(dst) {
		return n, io.EOF
	}
	return n, nil
}

// rows reads points until before.
func (c *Cursor) rows(dst []query.Point, r *rows, column int, before int64) (n int) {
	if column >= r.width || r.last == 0 {
		return 0
	}
	for at := max(r.first, c.after/r.every); at <= min(r.last, before/r.every) && n < len(dst); at++ {
		row := r.at(at)
		t := r.time(at, row)
		if t <= c.after || t > before {
			continue
		}
		word := row[r.valuesAt()+column]
		if word == 0 {
			continue
		}
		v, flags := decode(word), r.flags(row, column)
		start := t - r.every
		if c.begun {
			start = max(start, c.after)
		}
		p := query.Point{Start: start, End: t, Sum: v, Min: v, Max: v, Count: 1, Reset: flags&reset != 0}
		if flags&anomalous != 0 {
			p.Anomalous = 1
		}
		c.after, c.begun = t, true
		dst[n] = p
		n++
	}
	return n
}
