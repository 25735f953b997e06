package storage

import (
	"context"

	"foster/storage/catalog"
	"foster/storage/query"
	"foster/storage/tier"
)

// Selection is an open read of dimensions of a chart. It must be closed soon: what it reads cannot be compacted or
// deleted while it is open.
type Selection struct {
	// Series has the dimensions in the order asked for. Their cursors belong to one goroutine; they return ErrClosed when
	// the selection or the store has been closed.
	Series []query.Series

	reading *tier.Reading
	ring    *ringSelection // of a host with rings, which has no other
}

// Range says which points to select.
type Range struct {
	After, Before int64 // the points that end in (After, Before], unix seconds
	// Step is how many seconds a point may cover: points of a coarser tier may be given up to it. 0 gives the points as they
	// were collected. Where only coarser tiers reach back, theirs are given anyway; then the last point may be one that ends
	// after Before.
	Step int64
	// Tier, when it is not 0, is the only tier to read, whatever Step says. The newest points are not in it yet.
	Tier int
}

// Select opens dimensions of ch for reading. A point as collected begins an interval of the chart before its end, but not
// before the end of its predecessor; a point of a coarser tier covers a whole window of it. Gaps are not read as points:
// there is none without a value.
func (s *Store) Select(ctx context.Context, ch *catalog.Chart, dims []*catalog.Dimension, r Range) (*Selection, error) {
	if rings := s.ring(ch.Host); rings != nil {
		return rings.open(ch, dims, r), nil
	}
	q := tier.Query{
		GUID: ch.Host.StoreID(), Chart: ch.ID, Every: ch.UpdateEvery(), Dimensions: make([]string, len(dims)),
		After: r.After, Before: r.Before, Width: r.Step, Tier: r.Tier,
	}
	for i, d := range dims {
		q.Dimensions[i] = d.ID
	}
	reading, err := s.tiers.Select(ctx, q)
	if err != nil {
		return nil, err
	}
	series := make([]query.Series, len(dims))
	for i, id := range q.Dimensions {
		series[i] = query.Series{Dimension: id, Cursor: reading.Cursors[i]}
	}
	return &Selection{Series: series, reading: reading}, nil
}

// Read returns how many points have been read so far of each tier, tier 0 first.
func (s *Selection) Read() []int {
	if s.ring != nil {
		return s.ring.read()
	}
	return s.reading.Read()
}

// Close ends the selection. Closing twice is harmless.
func (s *Selection) Close() error {
	if s.ring != nil {
		return s.ring.close()
	}
	return s.reading.Close()
}
