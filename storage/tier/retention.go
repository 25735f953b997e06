package tier

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/tsdb/index"
)

// Span is the time that stored points cover: the ends of the oldest and of the newest, in unix seconds.
type Span struct {
	First, Last int64
}

// Retention returns the span of each stored chart of a host, by chart id.
//
// It reads indexes: of the data, only the newest chunk of a series is decoded. A query engine's way, by the TSDB's
// queriers, would have to open every chunk.
func (r *Raw) Retention(ctx context.Context, guid string) (map[string]Span, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.closed {
		return nil, ErrClosed
	}
	r.blocks.RLock()
	defer r.blocks.RUnlock()
	for {
		spans, err := r.retention(ctx, guid)
		if errors.Is(err, tsdb.ErrClosing) && ctx.Err() == nil {
			continue // a compaction has replaced a block meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("read the retention of host %s: %w", guid, err)
		}
		return spans, nil
	}
}

func (r *Raw) retention(ctx context.Context, guid string) (map[string]Span, error) {
	spans := spans{}
	// The head comes first: what leaves it meanwhile is in a block that is listed afterwards.
	if err := r.headSpans(ctx, guid, spans); err != nil {
		return nil, fmt.Errorf("head: %w", err)
	}
	for _, b := range r.db.Blocks() {
		if err := blockSpans(ctx, b, guid, spans); err != nil {
			if ctx.Err() != nil || errors.Is(err, tsdb.ErrClosing) {
				return nil, fmt.Errorf("block %s: %w", idOf(b), err)
			}
			// A child must not be kept out because of it: what it has is asked for again.
			if _, told := r.damaged.LoadOrStore(idOf(b), true); !told {
				r.log.Error("a block is damaged: what is in it is not known", "block", b.Dir(), "error", err)
			}
		}
	}
	return spans, nil
}

// spans holds the span of each chart.
type spans map[string]Span

// extend makes the span of a chart include the milliseconds mint to maxt.
func (s spans) extend(chart string, mint, maxt int64) {
	first, last := mint/1000, maxt/1000
	span, ok := s[chart]
	if !ok {
		s[chart] = Span{first, last}
		return
	}
	s[chart] = Span{min(span.First, first), max(span.Last, last)}
}

// covers says whether the span of a chart includes the milliseconds mint to maxt.
func (s spans) covers(chart string, mint, maxt int64) bool {
	span, ok := s[chart]
	return ok && span.First*1000 <= mint && span.Last*1000 >= maxt
}

func postings(ctx context.Context, ix tsdb.IndexReader, guid string) (index.Postings, error) {
	return tsdb.PostingsForMatchers(ctx, ix, labels.MustNewMatcher(labels.MatchEqual, labelGUID, guid))
}

// headSpans extends spans by what the head holds.
func (r *Raw) headSpans(ctx context.Context, guid string, spans spans) error {
	head := r.db.Head()
	// The chunk reader is what makes truncation wait.
	chunkReader, err := head.Chunks()
	if err != nil {
		return err
	}
	defer chunkReader.Close()
	ordered, err := head.Index()
	if err != nil {
		return err
	}
	defer ordered.Close()
	// A lower bound that no in-order chunk reaches leaves the out-of-order ones, with their exact bounds.
	outOfOrder := tsdb.NewHeadAndOOOIndexReader(head, math.MaxInt64, math.MinInt64, math.MaxInt64, 0)
	defer outOfOrder.Close()

	list, err := postings(ctx, ordered, guid)
	if err != nil {
		return err
	}
	var builder labels.ScratchBuilder
	var metas []chunks.Meta
	var it chunkenc.Iterator
	for list.Next() {
		err := ordered.Series(list.At(), &builder, &metas)
		if errors.Is(err, storage.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		chart := builder.Labels().Get(labelChart)
		if len(metas) > 0 {
			newest := metas[len(metas)-1]
			last := newest.MaxTime
			if last == math.MaxInt64 { // the chunk being appended to
				if last, it, err = lastTime(chunkReader, newest, it); err != nil {
					return err
				}
			}
			spans.extend(chart, metas[0].MinTime, max(last, newest.MinTime))
		}
		err = outOfOrder.Series(list.At(), &builder, &metas)
		if errors.Is(err, storage.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		for _, m := range metas {
			spans.extend(chart, m.MinTime, m.MaxTime)
		}
	}
	return list.Err()
}

// lastTime returns the time of the last sample of a chunk of the head, in milliseconds, 0 when it has gone meanwhile.
func lastTime(r tsdb.ChunkReader, m chunks.Meta, it chunkenc.Iterator) (int64, chunkenc.Iterator, error) {
	chunk, _, err := r.ChunkOrIterable(m)
	if errors.Is(err, storage.ErrNotFound) {
		return 0, it, nil
	}
	if err != nil {
		return 0, it, err
	}
	it = chunk.Iterator(it)
	last := int64(0)
	for it.Next() != chunkenc.ValNone {
		last = it.AtT()
	}
	return last, it, it.Err()
}

// blockSpans extends spans by what a block holds. The chunks of a series are looked at only when they can extend the span
// of its chart.
func blockSpans(ctx context.Context, b *tsdb.Block, guid string, spans spans) error {
	ix, err := b.Index()
	if err != nil {
		return err
	}
	defer ix.Close()
	list, err := postings(ctx, ix, guid)
	if err != nil {
		return err
	}
	var builder labels.ScratchBuilder
	var metas []chunks.Meta
	for list.Next() {
		if err := ix.Series(list.At(), &builder, nil); err != nil {
			return err
		}
		chart := builder.Labels().Get(labelChart)
		if spans.covers(chart, b.MinTime(), b.MaxTime()-1000) {
			continue
		}
		if err := ix.Series(list.At(), &builder, &metas); err != nil {
			return err
		}
		if len(metas) > 0 {
			spans.extend(chart, metas[0].MinTime, metas[len(metas)-1].MaxTime)
		}
	}
	return list.Err()
}
