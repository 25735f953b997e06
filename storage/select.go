package storage

import (
	"context"

	"foster/storage/catalog"
	"foster/storage/query"
)

// Select opens dimensions of ch for reading, over the points that end in (after, before], in unix seconds: one series for
// each dimension, in their order. A point begins an interval of the chart before its end, but not before the end of its
// predecessor. Gaps are not read as points: there is none without a value.
//
// The cursors belong to one goroutine. They are valid until ctx is done or the store is closed, and return ErrClosed
// afterwards. That must happen soon: what they read cannot be compacted or deleted.
func (s *Store) Select(ctx context.Context, ch *catalog.Chart, dims []*catalog.Dimension, after, before int64) ([]query.Series, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ids := make([]string, len(dims))
	for i, d := range dims {
		ids[i] = d.ID
	}
	selection, err := s.raw.Select(ctx, ch.Host.GUID, ch.ID, ids, ch.UpdateEvery(), after, before)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() {
		if err := selection.Close(); err != nil {
			s.log.Error("end of a query", "error", err)
		}
	})
	series := make([]query.Series, len(dims))
	for i, id := range ids {
		series[i] = query.Series{Dimension: id, Cursor: selection.Cursors[i]}
	}
	return series, nil
}
