package tier

import (
	"context"
	"fmt"
	"io"
	"math"
	"sync"

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

	mu      sync.Mutex      // held by a reading cursor, so that Close never pulls the chunks away from it
	querier storage.Querier // nil when the points are held in memory
	closed  bool
}

// Select opens the dimensions of a chart for reading, over the points that end in (after, before], in unix seconds. A
// point begins step seconds before its end, but not before the end of its predecessor. Dimensions that are not stored
// have no points.
func (r *Raw) Select(ctx context.Context, guid, chart string, dimensions []string, step, after, before int64) (*Selection, error) {
	s := &Selection{raw: r, Cursors: make([]query.Cursor, len(dimensions))}
	if err := s.open(ctx, keysOf(guid, chart, dimensions), step, after, before); err != nil {
		return nil, fmt.Errorf("select %s of host %s: %w", chart, guid, err)
	}
	return s, nil
}

func keysOf(guid, chart string, dimensions []string) []Key {
	keys := make([]Key, len(dimensions))
	for i, d := range dimensions {
		keys[i] = Key{guid, chart, d}
	}
	return keys
}

// open makes the cursors of dimensions of one chart.
func (s *Selection) open(ctx context.Context, keys []Key, step, after, before int64) error {
	after, before = max(after, 0), min(before, math.MaxInt64/1000)
	if before <= after || len(keys) == 0 {
		s.closed = true
		for i := range s.Cursors {
			s.Cursors[i] = &cursor{selection: s}
		}
		return nil
	}
	s.raw.mu.RLock()
	defer s.raw.mu.RUnlock()
	if s.raw.closed {
		return ErrClosed
	}
	s.raw.blocks.RLock()
	defer s.raw.blocks.RUnlock()
	if held, ok := s.raw.held(ctx, keys, after, before, nil); ok {
		s.serve(held, step)
		return nil
	}
	found, err := s.find(ctx, keys, after, before)
	if err != nil {
		return err
	}
	for i, k := range keys {
		s.Cursors[i] = s.cursor(found[k], step)
	}
	return nil
}

// serve makes the cursors those over samples.
func (s *Selection) serve(held []query.Samples, step int64) {
	cursors := make([]heldCursor, len(held))
	for i := range held {
		cursors[i] = heldCursor{selection: s, samples: held[i], step: step, last: math.MinInt64}
		s.Cursors[i] = &cursors[i]
	}
	s.register()
}

// find opens a querier, and returns the series of each dimension.
func (s *Selection) find(ctx context.Context, keys []Key, after, before int64) (map[Key][]storage.Series, error) {
	mint, maxt := (after+1)*1000, before*1000
	querier, err := s.raw.db.Querier(mint, maxt)
	if err != nil {
		return nil, err
	}
	found, err := seriesOf(ctx, querier, keys, mint, maxt)
	if err != nil {
		_ = querier.Close()
		return nil, err
	}
	s.querier = querier
	s.register()
	return found, nil
}

func (s *Selection) register() {
	s.raw.selMu.Lock()
	s.raw.selections[s] = struct{}{}
	s.raw.selMu.Unlock()
}

// cursor returns a cursor over the points of a dimension, which has several series when its context has changed.
func (s *Selection) cursor(list []storage.Series, step int64) *cursor {
	c := &cursor{selection: s, step: step, last: math.MinInt64}
	switch len(list) {
	case 0:
	case 1:
		c.it = list[0].Iterator(nil)
	default:
		c.it = storage.ChainedSeriesMerge(list...).Iterator(nil)
	}
	return c
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
	if s.querier == nil {
		return nil
	}
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
