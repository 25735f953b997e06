package tier

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"sync/atomic"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunks"

	"foster/storage/query"
)

// Query says which points to read.
type Query struct {
	GUID       string
	Chart      string
	Dimensions []string
	Every      int64 // seconds from one point of the chart, as it was collected, to the next

	After, Before int64 // the points that end in (After, Before], in unix seconds
	// Width is how many seconds a point may cover: points of coarser tiers are read up to it. Where the tiers of that width
	// do not reach back, points may be wider, and then the last one may end after Before.
	Width int64
	// Tier, when it is not 0, is the only tier to read, whatever Width says; it need not be up to date.
	Tier int
}

// Reading is an open read of dimensions of a chart from all tiers. It must be closed soon: what it reads of tier 0 cannot be
// compacted or deleted while it is open.
type Reading struct {
	// Cursors read the points, one cursor for each dimension asked for. They belong to one goroutine.
	Cursors []query.Cursor

	tiers  *Tiers
	read   []int
	parts  []*Selection // of tier 0
	views  []coarseView
	closed atomic.Bool
}

// Read returns how many points have been read of each tier.
func (r *Reading) Read() []int { return r.read }

// Close ends the reading. Closing twice is harmless.
func (r *Reading) Close() error {
	if r.closed.Swap(true) {
		return nil
	}
	var errs []error
	for _, s := range r.parts {
		errs = append(errs, s.Close())
	}
	for _, v := range r.views {
		errs = append(errs, closeAll(v.blocks))
	}
	return errors.Join(errs...)
}

// Select opens dimensions of a chart for reading. Dimensions that are not stored have no points.
func (t *Tiers) Select(ctx context.Context, q Query) (_ *Reading, err error) {
	if q.Tier < 0 || q.Tier > len(t.coarse) {
		return nil, fmt.Errorf("select %s of host %s: there is no tier %d", q.Chart, q.GUID, q.Tier)
	}
	q.After, q.Before = max(q.After, 0), min(q.Before, math.MaxInt64/1_000_000)
	q.Every = max(q.Every, 1)
	if r, err := t.selectHeld(ctx, &q); r != nil || err != nil {
		return r, err
	}
	views := t.views(&q)
	r := &Reading{tiers: t, views: views, read: make([]int, len(t.coarse)+1), Cursors: make([]query.Cursor, len(q.Dimensions))}
	defer func() {
		if err != nil {
			err = fmt.Errorf("select %s of host %s: %w", q.Chart, q.GUID, errors.Join(err, r.Close()))
		}
	}()
	parts := []part{{q.Tier, q.After, q.Before}}
	if q.Tier == 0 && len(t.coarse) > 0 {
		levels, err := t.levels(ctx, &q, views)
		if err != nil {
			return nil, err
		}
		parts = plan(levels, q.After, q.Before, q.Width)
	}
	chains := make([]chain, len(q.Dimensions))
	for _, p := range parts {
		var cursors []query.Cursor
		if p.tier == 0 {
			s, err := t.Raw.Select(ctx, q.GUID, q.Chart, q.Dimensions, q.Every, p.after, p.before)
			if err != nil {
				return nil, err
			}
			r.parts = append(r.parts, s)
			cursors = s.Cursors
		} else if cursors, err = views[p.tier-1].cursors(&q, p); err != nil {
			t.found(err)
			return nil, err
		}
		for i, c := range cursors {
			chains[i].links = append(chains[i].links, link{p.tier, c})
		}
	}
	for i := range chains {
		chains[i].reading, chains[i].last = r, math.MinInt64
		r.Cursors[i] = &chains[i]
	}
	return r, nil
}

// selectHeld is Select for points of tier 0 that are held in memory, where the plan would not read others. It is nil when they
// are not.
func (t *Tiers) selectHeld(ctx context.Context, q *Query) (*Reading, error) {
	if q.Tier != 0 || q.Before <= q.After || len(q.Dimensions) == 0 || len(t.coarse) > 0 && q.Width >= t.coarse[0].step {
		return nil, nil
	}
	raw := t.Raw
	raw.mu.RLock()
	defer raw.mu.RUnlock()
	if raw.closed {
		return nil, ErrClosed
	}
	raw.blocks.RLock()
	defer raw.blocks.RUnlock()
	if q.After < raw.horizon() { // coarse tiers may reach back further
		return nil, nil
	}
	held, ok := raw.held(ctx, keysOf(q.GUID, q.Chart, q.Dimensions), q.After, min(q.Before, math.MaxInt64/1000), nil)
	if !ok {
		return nil, nil
	}
	s := &Selection{raw: raw, Cursors: make([]query.Cursor, len(held))}
	s.serve(held, q.Every)
	r := &Reading{tiers: t, read: make([]int, len(t.coarse)+1), parts: []*Selection{s}, Cursors: make([]query.Cursor, len(held))}
	chains, links := make([]chain, len(held)), make([]link, len(held))
	for i, c := range s.Cursors {
		links[i] = link{0, c}
		chains[i] = chain{reading: r, links: links[i : i+1 : i+1], last: math.MinInt64}
		r.Cursors[i] = &chains[i]
	}
	return r, nil
}

// found makes the background look at a block that a reader has found to be corrupt.
func (t *Tiers) found(err error) {
	if errors.Is(err, errCorrupt) {
		select {
		case t.wake <- struct{}{}:
		default:
		}
	}
}

// views returns what the query can see of each coarse tier. They come first of all: a block of tier 0 that appears, or is
// derived, after that is not derived for the query.
func (t *Tiers) views(q *Query) []coarseView {
	var views []coarseView
	for _, c := range t.coarse {
		if q.Tier != 0 && q.Tier != c.number {
			views = append(views, coarseView{tier: c, horizon: nothing})
			continue
		}
		views = append(views, c.view(q.After, roundUp(q.Before, c.step)))
	}
	return views
}

// levels describes the tiers for a plan.
func (t *Tiers) levels(ctx context.Context, q *Query, views []coarseView) ([]level, error) {
	raw, err := t.rawState(ctx, q)
	if err != nil {
		return nil, err
	}
	levels := []level{{tier: 0, step: 1, horizon: raw.horizon}}
	for _, v := range views {
		// A tier whose windows are no longer than the interval of the chart says no more than tier 0.
		if v.tier.step <= q.Every && raw.horizon <= q.After {
			continue
		}
		l := level{tier: v.tier.number, step: v.tier.step, horizon: v.horizon, stale: raw.stale}
		for _, m := range raw.blocks {
			if !v.derived(m) {
				l.stale = append(slices.Clip(l.stale), span{m.MinTime / 1000, (m.MaxTime - 1) / 1000})
			}
		}
		levels = append(levels, l)
	}
	return levels, nil
}

// rawState is what tier 0 has that coarse tiers may lack.
type rawState struct {
	horizon int64
	stale   []span // of the head
	blocks  []*tsdb.BlockMeta
}

func (r *Raw) rawState(ctx context.Context, q *Query) (s rawState, err error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.closed {
		return s, ErrClosed
	}
	r.blocks.RLock()
	defer r.blocks.RUnlock()
	// The head comes first: what leaves it meanwhile is in a block that is listed afterwards.
	head := r.db.Head()
	mint := head.MinTime()
	if mint != math.MaxInt64 {
		s.stale = append(s.stale, span{mint / 1000, math.MaxInt64 / 1000})
	}
	if head.MinOOOTime() <= q.Before*1000 && head.MaxOOOTime() > q.After*1000 {
		if s.stale, err = r.lateSpans(ctx, q, s.stale); err != nil {
			return s, err
		}
	}
	for _, b := range r.db.Blocks() {
		s.blocks = append(s.blocks, r.metas.of(b))
	}
	s.horizon = r.horizon()
	return s, nil
}

// horizon returns the unix time that points of tier 0 end after, nothing when there are none.
func (r *Raw) horizon() int64 {
	first := int64(math.MaxInt64)
	for _, b := range r.db.Blocks() {
		first = min(first, b.MinTime())
	}
	if head := r.db.Head(); first == math.MaxInt64 && head.MinTime() != math.MaxInt64 {
		first = min(head.MinTime(), head.MinOOOTime())
	}
	if first == math.MaxInt64 {
		return nothing
	}
	return max(first-1000, r.cutoff.Load()-1) / 1000
}

// lateSpans adds the times of the out-of-order points of a chart in the head to spans.
func (r *Raw) lateSpans(ctx context.Context, q *Query, spans []span) ([]span, error) {
	head := r.db.Head()
	// A lower bound that no in-order chunk reaches leaves the out-of-order ones, with their exact bounds.
	ix := tsdb.NewHeadAndOOOIndexReader(head, math.MaxInt64, math.MinInt64, math.MaxInt64, 0)
	defer ix.Close()
	list, err := tsdb.PostingsForMatchers(ctx, ix,
		labels.MustNewMatcher(labels.MatchEqual, labelGUID, q.GUID),
		labels.MustNewMatcher(labels.MatchEqual, labelChart, q.Chart))
	if err != nil {
		return nil, err
	}
	var builder labels.ScratchBuilder
	var metas []chunks.Meta
	for list.Next() {
		err := ix.Series(list.At(), &builder, &metas)
		if errors.Is(err, storage.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, m := range metas {
			spans = append(spans, span{m.MinTime / 1000, m.MaxTime / 1000})
		}
	}
	return spans, list.Err()
}

// cursors returns a cursor for each dimension over a part of a plan.
func (v *coarseView) cursors(q *Query, p part) ([]query.Cursor, error) {
	pieces := make([][]piece, len(q.Dimensions))
	prefix := chartPrefix(q.GUID, q.Chart)
	for _, b := range v.blocks {
		if !b.overlaps(p.after, p.before) {
			continue
		}
		err := b.prefixed(prefix, func(e *entry) error {
			if e.first*v.tier.step > p.before || e.last*v.tier.step <= p.after {
				return nil
			}
			id, _, err := cutField(e.key[len(prefix):])
			if err != nil {
				return b.fail(err)
			}
			for i, d := range q.Dimensions {
				if d == id {
					pieces[i] = append(pieces[i], e.piece(b))
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	cursors := make([]query.Cursor, len(pieces))
	for i := range pieces {
		c := &coarseCursor{step: v.tier.step, width: max(v.tier.step, q.Every)}
		c.merger.reset(pieces[i], p.after/c.step, p.before/c.step)
		cursors[i] = c
	}
	return cursors, nil
}

// coarseCursor reads the points of a dimension from a coarse tier.
type coarseCursor struct {
	step, width int64
	last        int64 // end of the last point, when points can be wider than steps
	merger      merger
	points      []aggregate // of the merger, those not read
}

// Read implements query.Cursor.
func (c *coarseCursor) Read(dst []query.Point) (n int, err error) {
	for n < len(dst) {
		if len(c.points) == 0 {
			if c.points, err = c.merger.next(); err != nil {
				return n, fmt.Errorf("read points: %w", err)
			}
			if len(c.points) == 0 {
				return n, io.EOF
			}
		}
		part := c.points[:min(len(c.points), len(dst)-n)]
		for i := range part {
			dst[n] = part[i].point(c.step)
			n++
		}
		if c.width > c.step {
			for i := n - len(part); i < n; i++ {
				dst[i].Start = max(dst[i].End-c.width, c.last)
				c.last = dst[i].End
			}
		}
		c.points = c.points[len(part):]
	}
	return n, nil
}

// chain reads the cursors of a dimension one after the other.
type chain struct {
	reading *Reading
	links   []link
	last    int64 // end of the last point
}

type link struct {
	tier   int
	cursor query.Cursor
}

// Read fills dst with the next points. After the reading, or the tiers, were closed it returns ErrClosed.
func (c *chain) Read(dst []query.Point) (n int, err error) {
	for n < len(dst) && len(c.links) > 0 {
		if c.closed() {
			return n, ErrClosed
		}
		l := c.links[0]
		k, err := l.cursor.Read(dst[n:])
		if k > 0 { // the points of a cursor do not overlap
			dst[n].Start = max(dst[n].Start, c.last)
			c.last = dst[n+k-1].End
		}
		c.reading.read[l.tier] += k
		n += k
		switch {
		case errors.Is(err, io.EOF):
			c.links = c.links[1:]
		case err != nil && c.closed(): // while it was read
			return n, ErrClosed
		case err != nil:
			c.reading.tiers.found(err)
			return n, err
		}
	}
	if len(c.links) == 0 {
		return n, io.EOF
	}
	return n, nil
}

// Samples implements query.SampleCursor.
func (c *chain) Samples() (s query.Samples, ok bool, err error) {
	if len(c.links) != 1 || c.closed() {
		return s, false, nil // Read tells why
	}
	cursor, ok := c.links[0].cursor.(query.SampleCursor)
	if !ok {
		return s, false, nil
	}
	if s, ok, err = cursor.Samples(); ok {
		c.reading.read[c.links[0].tier] += len(s.Ends)
		c.links = nil
	}
	return s, ok, err
}

func (c *chain) closed() bool { return c.reading.closed.Load() || c.reading.tiers.ended.Load() }
