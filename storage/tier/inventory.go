package tier

import (
	"context"
	"errors"
	"fmt"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/index"
)

// Inventory calls do for each series that is stored, possibly more than once, in any order. Of Series.Context only the
// metric name is known. A block that cannot be read is left out, and that is logged.
func (r *Raw) Inventory(ctx context.Context, do func(Series)) error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.closed {
		return ErrClosed
	}
	r.blocks.RLock()
	defer r.blocks.RUnlock()
	head, err := r.db.Head().Index()
	if err != nil {
		return fmt.Errorf("list what is stored: %w", err)
	}
	if err := errors.Join(eachSeries(ctx, head, do), head.Close()); err != nil {
		return fmt.Errorf("list what is stored: %w", err)
	}
	for _, b := range r.db.Blocks() {
		ix, err := b.Index()
		if err == nil {
			err = errors.Join(eachSeries(ctx, ix, do), ix.Close())
		}
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("list what is stored: %w", ctx.Err())
		case err != nil:
			r.log.Error("a block is damaged: what is in it is not known", "block", b.Dir(), "error", err)
		}
	}
	return nil
}

func eachSeries(ctx context.Context, ix tsdb.IndexReader, do func(Series)) error {
	name, value := index.AllPostingsKey()
	list, err := ix.Postings(ctx, name, value)
	if err != nil {
		return err
	}
	var builder labels.ScratchBuilder
	for n := 0; list.Next(); n++ {
		if n%1000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		err := ix.Series(list.At(), &builder, nil)
		if errors.Is(err, storage.ErrNotFound) { // left the head meanwhile
			continue
		}
		if err != nil {
			return err
		}
		l := builder.Labels()
		do(Series{GUID: l.Get(labelGUID), Chart: l.Get(labelChart), Dimension: l.Get(labelDimension), Context: l.Get(labelMetric)})
	}
	return list.Err()
}
