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

	raw *tier.Selection
}

// Range says which points to select.
type Range struct {
	After, Before int64 // the points that end in (After, Before], unix seconds
	// Step is how many seconds a point may cover: points of a coarser tier may be given up to it. 0 gives the points as they
	// were collected.
	Step int64
	// Tier, when it is not 0, is the only tier to read, whatever Step says.
	Tier int
}

// Select opens dimensions of ch for reading. A point as collected begins an interval of the chart before its end, but not
// before the end of its predecessor. Gaps are not read as points: there is none without a value.
func (s *Store) Select(ctx context.Context, ch *catalog.Chart, dims []*catalog.Dimension, r Range) (*Selection, error) {
	ids := make([]string, len(dims))
	for i, d := range dims {
		ids[i] = d.ID
	}
	raw, err := s.raw.Select(ctx, ch.Host.StoreID(), ch.ID, ids, ch.UpdateEvery(), r.After, r.Before)
	if err != nil {
		return nil, err
	}
	series := make([]query.Series, len(dims))
	for i, id := range ids {
		series[i] = query.Series{Dimension: id, Cursor: raw.Cursors[i]}
	}
	return &Selection{Series: series, raw: raw}, nil
}

// Close ends the selection. Closing twice is harmless.
func (s *Selection) Close() error { return s.raw.Close() }
