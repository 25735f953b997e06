package storage

import (
	"errors"
	"sync/atomic"

	"foster/storage/catalog"
	"foster/storage/query"
	"foster/storage/ring"
	"foster/storage/tier"
)

// loadRetention is Store.LoadRetention for a host with rings.
func (r *hostRing) loadRetention(h *catalog.Host) error {
	var spans map[string]ring.Span
	if r.mode != None {
		var err error
		if spans, err = r.Spans(); err != nil {
			return err
		}
	}
	for _, ch := range h.Charts() {
		span := spans[ch.ID] // none: 0, 0
		ch.SetRetention(span.First, span.Last)
	}
	h.SetRetentionKnown(true)
	return nil
}

// stored returns the dimensions of which points are stored.
func (r *hostRing) stored() (tier.Stored, error) {
	if r.mode == None {
		return nil, nil
	}
	return r.Stored()
}

// open is Store.Select for a host with rings.
func (r *hostRing) open(ch *catalog.Chart, dims []*catalog.Dimension, want Range) *Selection {
	s := &Selection{Series: make([]query.Series, len(dims)), ring: &ringSelection{}}
	for i, d := range dims {
		s.ring.cursors = append(s.ring.cursors, ringCursor{selection: s.ring, cursor: r.Select(ch.ID, d.ID, want.After, want.Before)})
		s.Series[i].Dimension = d.ID
	}
	for i := range s.Series {
		s.Series[i].Cursor = &s.ring.cursors[i]
	}
	return s
}

// ringSelection is an open read of rings. Nothing waits for its end.
type ringSelection struct {
	cursors []ringCursor
	closed  atomic.Bool
}

// read returns how many points have been read so far, as those of tier 0.
func (s *ringSelection) read() []int {
	n := 0
	for i := range s.cursors {
		n += s.cursors[i].points
	}
	return []int{n}
}

func (s *ringSelection) close() error {
	s.closed.Store(true)
	return nil
}

// ringCursor reads a ring until its selection or the store is closed.
type ringCursor struct {
	selection *ringSelection
	cursor    *ring.Cursor
	points    int // read so far
}

// Read implements query.Cursor.
func (c *ringCursor) Read(dst []query.Point) (int, error) {
	if c.selection.closed.Load() {
		return 0, ErrClosed
	}
	n, err := c.cursor.Read(dst)
	c.points += n
	if errors.Is(err, ring.ErrClosed) {
		err = ErrClosed
	}
	return n, err
}
