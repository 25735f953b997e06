package tier

import (
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
	prefix := hostPrefix(guid)
	coarse := map[string]Span{}
	for _, c := range t.coarse {
		v := c.view(math.MinInt64, math.MaxInt64)
		for _, b := range v.blocks {
			err = b.prefixed(prefix, func(e *entry) error {
				chart, _, err := cutField(e.key[len(prefix):])
				if err != nil {
					return b.fail(err)
				}
				first, last := max(1, (e.first-1)*c.step), max(1, (e.last-1)*c.step)
				if span, ok := coarse[chart]; ok {
					first, last = min(first, span.First), max(last, span.Last)
				}
				coarse[chart] = Span{first, last}
				return ctx.Err()
			})
			if err != nil {
				break
			}
		}
		if err = errors.Join(err, closeAll(v.blocks)); err != nil {
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
		clear(coarse)
	}
	return found, nil
}
