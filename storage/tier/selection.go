package tier

import (
	"context"
	"fmt"
	"io"
	"math"
	"sync"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"foster/storage/query"
)

// Selection is an open read of dimensions of a chart. While it is open the part of the store that it reads cannot be
// compacted or deleted: it must be closed soon.
type Selection struct {
	// Cursors read the points, one cursor for each dimension asked for. They belong to one goroutine.
	Cursors []query.Cursor

	raw *Raw

	mu      sync.Mutex // held by a reading cursor, so that Close never pulls the chunks away from it
	querier storage.Querier
	closed  bool
}

// Select opens the dimensions of a chart for reading, over the points that end in (after, before], in unix seconds. A
// point begins step seconds before its end, but not before the end of its predecessor. Dimensions that are not stored
// have no points.
func (r *Raw) Select(ctx context.Context, guid, chart string, dimensions []string, step, after, before int64) (*Selection, error) {
	s := &Selection{raw: r, Cursors: make([]query.Cursor, len(dimensions))}
	iterators, err := s.open(ctx, guid, chart, dimensions, after, before)
	if err != nil {
		return nil, fmt.Errorf("select %s of host %s: %w", chart, guid, err)
	}
	for i := range dimensions {
		s.Cursors[i] = &cursor{selection: s, it: iterators[i], step: step, last: math.MinInt64}
	}
	return s, nil
}

// open opens a querier and returns an iterator for each dimension, nil where there is nothing stored.
func (s *Selection) open(ctx context.Context, guid, chart string, dimensions []string, after, before int64) ([]chunkenc.Iterator, error) {
	iterators := make([]chunkenc.Iterator, len(dimensions))
	after, before = max(after, 0), min(before, math.MaxInt64/1000)
	if before <= after || len(dimensions) == 0 {
		s.closed = true
		return iterators, nil
	}
	s.raw.mu.RLock()
	defer s.raw.mu.RUnlock()
	if s.raw.closed {
		return nil, ErrClosed
	}
	mint, maxt := (after+1)*1000, before*1000
	querier, err := s.raw.db.Querier(mint, maxt)
	if err != nil {
		return nil, err
	}
	matchers := []*labels.Matcher{
		labels.MustNewMatcher(labels.MatchEqual, labelGUID, guid),
		labels.MustNewMatcher(labels.MatchEqual, labelChart, chart),
	}
	if len(dimensions) == 1 {
		matchers = append(matchers, labels.MustNewMatcher(labels.MatchEqual, labelDimension, dimensions[0]))
	}
	// The step makes the reader of the head keep its list of chunks from one chunk to the next.
	hints := &storage.SelectHints{Start: mint, End: maxt, Step: 1000}
	found := make([][]storage.Series, len(dimensions))
	set := querier.Select(ctx, false, hints, matchers...)
	for set.Next() {
		series := set.At()
		id := series.Labels().Get(labelDimension)
		for i, d := range dimensions {
			if d == id {
				found[i] = append(found[i], series)
			}
		}
	}
	if err := set.Err(); err != nil {
		_ = querier.Close()
		return nil, err
	}
	for i, list := range found {
		switch len(list) {
		case 0:
		case 1:
			iterators[i] = list[0].Iterator(nil)
		default: // the context has changed
			iterators[i] = storage.ChainedSeriesMerge(list...).Iterator(nil)
		}
	}
	s.querier = querier
	s.raw.selMu.Lock()
	s.raw.selections[s] = struct{}{}
	s.raw.selMu.Unlock()
	return iterators, nil
}

// Close ends the selection. Closing twice is harmless.
func (s *Selection) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	s.raw.selMu.Lock()
	delete(s.raw.selections, s)
	s.raw.selMu.Unlock()
	if err := s.querier.Close(); err != nil {
		return fmt.Errorf("close selection: %w", err)
	}
	return nil
}

// cursor reads the points of one dimension.
type cursor struct {
	selection *Selection
	it        chunkenc.Iterator
	step      int64
	last      int64 // end of the last point read
}

// Read fills dst with the next points. After the selection, or the tier, was closed it returns ErrClosed.
func (c *cursor) Read(dst []query.Point) (n int, err error) {
	if c.it == nil {
		return 0, io.EOF
	}
	c.selection.mu.Lock()
	defer c.selection.mu.Unlock()
	if c.selection.closed {
		return 0, ErrClosed
	}
	for n < len(dst) {
		if c.it.Next() != chunkenc.ValFloat {
			if err := c.it.Err(); err != nil {
				return n, fmt.Errorf("read points: %w", err)
			}
			return n, io.EOF
		}
		t, stored := c.it.At()
		v, anomalous, reset := decode(stored)
		end := t / 1000
		p := query.Point{Start: max(end-c.step, c.last), End: end, Sum: v, Min: v, Max: v, Count: 1, Reset: reset}
		if anomalous {
			p.Anomalous = 1
		}
		c.last = end
		dst[n] = p
		n++
	}
	return n, nil
}
