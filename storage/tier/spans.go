package tier

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
)

// Retention returns the first and last stored time of every chart of a host, by chart id. First is that of the tier that
// reaches back furthest; a window of a coarse tier counts from its beginning.
//
// Last is that of tier 0, because it decides which history a child is asked for. Of charts that tier 0 has nothing of any
// more it is the beginning of their last window: all that came later may be asked for again.
func (t *Tiers) Retention(ctx context.Context, guid string) (map[string]Span, error) {
	found, err := t.Raw.Retention(ctx, guid)
	if err != nil {
		return nil, err
	}
	for _, c := range t.coarse {
		coarse, err := c.spans(ctx, guid)
		if err != nil {
			t.found(err)
			return nil, fmt.Errorf("retention of host %s: %w", guid, c.describe("read", err))
		}
		for chart, span := range coarse {
			finer, ok := found[chart]
			switch {
			case !ok:
				found[chart] = span
			case span.First+c.step < finer.First: // its first window ends before
				found[chart] = Span{span.First, finer.Last}
			}
		}
	}
	return found, nil
}

// spans returns from when to when the first and the last window of every chart of a host begin.
func (t *coarse) spans(ctx context.Context, guid string) (map[string]Span, error) {
	v := t.view(math.MinInt64, math.MaxInt64)
	out := map[string]Span{}
	host := hostPrefix(guid)
	for _, b := range v.blocks {
		// The dimensions of a chart follow each other.
		var prefix []byte
		var chart string
		var span Span
		err := b.prefixed(host, func(e *entry) error {
			first, last := max(1, (e.first-1)*t.step), max(1, (e.last-1)*t.step)
			if prefix != nil && bytes.HasPrefix(e.key, prefix) {
				span = Span{min(span.First, first), max(span.Last, last)}
				return nil
			}
			if prefix != nil {
				out[chart] = span
			}
			id, rest, err := cutField(e.key[len(host):])
			if err != nil {
				return b.fail(err)
			}
			prefix, chart, span = append(prefix[:0], e.key[:len(e.key)-len(rest)]...), id, Span{first, last}
			if known, ok := out[chart]; ok {
				span = Span{min(span.First, known.First), max(span.Last, known.Last)}
			}
			return ctx.Err()
		})
		if err != nil {
			return nil, errors.Join(err, closeAll(v.blocks))
		}
		if prefix != nil {
			out[chart] = span
		}
	}
	return out, closeAll(v.blocks)
}
