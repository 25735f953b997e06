package prom

import (
	"errors"
	"io"

	"foster/storage/query"
)

// windows makes the points of a cursor cover at least a window each, of width seconds and aligned to it. A tier is not
// derived to its end: without this the newest points of a query would be narrow and many, and would outweigh the others in
// an average.
type windows struct {
	cursor query.Cursor
	width  int64

	buf     []query.Point
	next, n int   // buf[next:n] is to come
	err     error // of the cursor, when it has ended

	point query.Point // the window being filled
	open  bool
}

func newWindows(c query.Cursor, width int64) *windows {
	return &windows{cursor: c, width: width, buf: make([]query.Point, readAhead)}
}

// Read implements query.Cursor.
func (w *windows) Read(dst []query.Point) (n int, err error) {
	for n < len(dst) {
		if w.next == w.n && w.err == nil {
			w.next = 0
			w.n, w.err = w.cursor.Read(w.buf)
		}
		if w.next == w.n {
			if w.err == nil {
				continue
			}
			if w.open && errors.Is(w.err, io.EOF) {
				dst[n], w.open = w.point, false
				n++
			}
			return n, w.err
		}
		p := &w.buf[w.next]
		if p.Count == 0 {
			w.next++
			continue
		}
		if w.open && w.window(p.End) != w.window(w.point.End) {
			dst[n], w.open = w.point, false
			n++
			continue
		}
		w.next++
		if !w.open {
			w.point, w.open = *p, true
			continue
		}
		q := &w.point
		q.End = p.End
		q.Sum += p.Sum
		q.Min, q.Max = min(q.Min, p.Min), max(q.Max, p.Max)
		q.Count += p.Count
		q.Anomalous += p.Anomalous
		q.Reset = q.Reset || p.Reset
	}
	return n, nil
}

// window returns the number of the window in which a point ends at t.
func (w *windows) window(t int64) int64 { return (t + w.width - 1) / w.width }
