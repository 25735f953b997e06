package tier

import (
	"io"

	"foster/storage/query"
)

// heldCursor reads points that are held in memory.
type heldCursor struct {
	selection *Selection
	samples   query.Samples // not read yet
	step      int64
	last      int64 // end of the last point read
}

// Read fills dst with the next points. After the selection, or the tier, was closed it returns ErrClosed.
func (c *heldCursor) Read(dst []query.Point) (int, error) {
	if c.selection.ended() {
		return 0, ErrClosed
	}
	n := min(len(dst), len(c.samples.Ends))
	for i := range n {
		v, end := float64(c.samples.Values[i]), int64(c.samples.Ends[i])
		p := &dst[i]
		*p = query.Point{Start: max(end-c.step, c.last), End: end, Sum: v, Min: v, Max: v, Count: 1}
		if c.samples.Flags != nil {
			flags := c.samples.Flags[i]
			p.Reset = flags&query.SampleReset != 0
			if flags&query.SampleAnomalous != 0 {
				p.Anomalous = 1
			}
		}
		c.last = end
	}
	c.samples = c.samples.Slice(n, len(c.samples.Ends))
	if len(c.samples.Ends) == 0 {
		return n, io.EOF
	}
	return n, nil
}

// Samples implements query.SampleCursor.
func (c *heldCursor) Samples() (s query.Samples, ok bool, err error) {
	switch {
	case c.selection.ended():
		return s, false, ErrClosed
	case c.step > 1:
		return s, false, nil
	}
	s, c.samples = c.samples, query.Samples{}
	return s, true, nil
}

func (s *Selection) ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}
