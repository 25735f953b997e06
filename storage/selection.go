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

// Select opens dimensions of ch for reading, over the points that end in (after, before], in unix seconds. A point begins
// an interval of the chart before its end, but not before the end of its predecessor. Gaps are not read as points: there
// is none without a value.
func (s *Store) Select(ctx context.Context, ch *catalog.Chart, dims []*catalog.Dimension, after, before int64) (*Selection, error) {
	ids := make([]string, len(dims))
	for i, d := range dims {
		ids[i] = d.ID
	}
	raw, err := s.raw.Select(ctx, ch.Host.GUID, ch.ID, ids, ch.UpdateEvery(), after, before)
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
