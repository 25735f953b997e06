package tier

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
)

// Stored are the dimensions of a host of which a tier has points: by chart id and dimension id.
type Stored map[string]map[string]struct{}

func (s Stored) add(chart, dimension string) {
	dimensions := s[chart]
	if dimensions == nil {
		dimensions = map[string]struct{}{}
		s[chart] = dimensions
	}
	dimensions[dimension] = struct{}{}
}

// Dimensions returns the dimensions of a host of which any tier has points. It reads indexes only.
func (t *Tiers) Dimensions(ctx context.Context, guid string) (Stored, error) {
	stored, err := t.Raw.dimensions(ctx, guid)
	if err != nil {
		return nil, fmt.Errorf("list what is stored of host %s: %w", guid, err)
	}
	for _, c := range t.coarse {
		v := c.view(math.MinInt64, math.MaxInt64)
		for _, b := range v.blocks {
			err = b.prefixed(hostPrefix(guid), func(e *entry) error {
				k, err := parseKey(e.key)
				if err != nil {
					return b.fail(err)
				}
				stored.add(k.chart, k.dimension)
				return ctx.Err()
			})
			if err != nil {
				break
			}
		}
		if err = errors.Join(err, closeAll(v.blocks)); err != nil {
			t.found(err)
			return nil, fmt.Errorf("list what is stored of host %s: %w", guid, c.describe("read", err))
		}
	}
	return stored, nil
}

func (r *Raw) dimensions(ctx context.Context, guid string) (Stored, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.closed {
		return nil, ErrClosed
	}
	r.blocks.RLock()
	defer r.blocks.RUnlock()
	for {
		stored := Stored{}
		err := r.eachIndex(func(ix tsdb.IndexReader) error { return addDimensions(ctx, ix, guid, stored) })
		if errors.Is(err, tsdb.ErrClosing) && ctx.Err() == nil {
			continue // a compaction has replaced a block meanwhile
		}
		return stored, err
	}
}

// eachIndex calls do for the index of the head and of each block.
func (r *Raw) eachIndex(do func(tsdb.IndexReader) error) error {
	// The head comes first: what leaves it meanwhile is in a block that is listed afterwards.
	head, err := r.db.Head().Index()
	if err != nil {
		return err
	}
	if err := errors.Join(do(head), head.Close()); err != nil {
		return err
	}
	for _, b := range r.db.Blocks() {
		ix, err := b.Index()
		if err != nil {
			return fmt.Errorf("block %s: %w", idOf(b), err)
		}
		if err := errors.Join(do(ix), ix.Close()); err != nil {
			return fmt.Errorf("block %s: %w", idOf(b), err)
		}
	}
	return nil
}

func addDimensions(ctx context.Context, ix tsdb.IndexReader, guid string, stored Stored) error {
	list, err := postings(ctx, ix, guid)
	if err != nil {
		return err
	}
	var builder labels.ScratchBuilder
	for list.Next() {
		err := ix.Series(list.At(), &builder, nil)
		if errors.Is(err, storage.ErrNotFound) {
			continue // has left the head
		}
		if err != nil {
			return err
		}
		ls := builder.Labels()
		stored.add(ls.Get(labelChart), ls.Get(labelDimension))
	}
	return list.Err()
}
