package tier

import (
	"context"
	"math"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"

	"foster/storage/query"
)

// held returns the points of series that end in (after, before], when all of them are recent ones that are asked for often:
// what is asked for is noted, and read when it is time to. They are in dst if it has room. The caller holds r.mu for reading.
func (r *Raw) held(ctx context.Context, keys []Key, after, before int64, dst []query.Samples) ([]query.Samples, bool) {
	newest := r.db.Head().MaxTime() / 1000
	if newest <= 0 || newest > math.MaxUint32-recentSpan || after < newest-recentSpan || after*1000 < r.cutoff.Load() {
		return nil, false
	}
	if newest-before > max(before-after, recentTail) {
		return nil, false // much more would be read than is asked for
	}
	now := r.now().Unix()
	if found, ok := r.recent.find(keys, after, before, now, dst); ok {
		return found, true
	}
	fill := r.recent.request(keys, after, newest, now)
	if fill == nil {
		return nil, false
	}
	var err error
	if len(fill.watch) > 0 {
		err = r.watch(ctx, fill.watch)
	} else {
		err = r.fill(ctx, fill)
	}
	if err != nil { // the query is answered without
		r.recent.abandon(fill)
		return nil, false
	}
	return r.recent.find(keys, after, before, now, dst)
}

// recentFill is what is to be done that series become live: either watch some, or read them.
type recentFill struct {
	watch  []*recentSeries
	read   []*recentSeries
	after  int64
	resets uint64
}

// request notes that points of series that end after a time are asked for, and returns what is to be done, nil for nothing.
func (r *recent) request(keys []Key, after, newest, now int64) *recentFill {
	r.mu.Lock()
	defer r.mu.Unlock()
	span := min(newest-after, recentSpan)
	span += span/8 + 64 // windows move
	missing := 0
	for _, k := range keys {
		if r.series[k] == nil {
			missing++
		}
	}
	f := &recentFill{after: newest - span, resets: r.resets}
	if missing > 0 {
		if len(r.series)+missing > maxRecentSeries || r.points+missing*int(span) > maxRecentPoints {
			return nil // until others have been forgotten
		}
		if r.watched.Load() == nil {
			r.watched.Store(&watchlist{})
		}
		for _, k := range keys {
			if r.series[k] == nil {
				s := &recentSeries{key: k, span: span, turn: math.MaxUint64}
				s.asked.Store(now)
				r.series[k] = s
				f.watch = append(f.watch, s)
			}
		}
		return f
	}
	began := r.turn
	for _, turn := range r.batches {
		began = min(began, turn)
	}
	seen := map[*recentSeries]bool{}
	for _, k := range keys {
		s := r.series[k]
		s.asked.Store(now)
		if s.filling || s.turn > began {
			return nil // not now
		}
		if (!s.live || s.after > after) && !seen[s] {
			seen[s] = true
			f.read = append(f.read, s)
		}
	}
	for _, s := range f.read {
		s.span = max(s.span, span)
		f.after = min(f.after, newest-s.span)
		s.filling, s.live, s.unread = true, false, nil
	}
	return f
}

// abandon undoes request.
func (r *recent) abandon(f *recentFill) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range append(f.watch, f.read...) {
		if r.series[s.key] == s {
			r.drop(s)
		}
	}
}

// watch has batches list the points of series. A series that the head does not have yet is made anew when it gets points.
func (r *Raw) watch(ctx context.Context, list []*recentSeries) error {
	type place struct{ guid, chart string }
	byChart := map[place]map[string]*recentSeries{}
	for _, s := range list {
		p := place{s.key.GUID, s.key.Chart}
		if byChart[p] == nil {
			byChart[p] = map[string]*recentSeries{}
		}
		byChart[p][s.key.Dimension] = s
	}
	ix, err := r.db.Head().Index()
	if err != nil {
		return err
	}
	defer ix.Close()
	refs := make(map[*recentSeries]uint64, len(list))
	var several []*recentSeries
	var builder labels.ScratchBuilder
	var metas []chunks.Meta
	for p, dims := range byChart {
		found, err := tsdb.PostingsForMatchers(ctx, ix,
			labels.MustNewMatcher(labels.MatchEqual, labelGUID, p.guid), labels.MustNewMatcher(labels.MatchEqual, labelChart, p.chart))
		if err != nil {
			return err
		}
		for found.Next() {
			if err := ix.Series(found.At(), &builder, &metas); err != nil {
				return err
			}
			s := dims[builder.Labels().Get(labelDimension)]
			if s == nil {
				continue
			}
			if _, again := refs[s]; again { // the context has changed
				several = append(several, s)
			}
			refs[s] = uint64(found.At())
		}
		if err := found.Err(); err != nil {
			return err
		}
	}
	m := &r.recent
	m.mu.Lock()
	defer m.mu.Unlock()
	watched := m.watched.Load()
	if watched == nil { // a sweep since
		watched = &watchlist{}
		m.watched.Store(watched)
	}
	m.turn++
	for _, s := range list {
		if m.series[s.key] != s {
			continue // made anew meanwhile
		}
		if slices.Contains(several, s) {
			m.drop(s)
			continue
		}
		s.turn = m.turn
		if ref := refs[s]; ref != 0 {
			s.ref = ref
			m.refs[ref] = s
			watched.add(ref)
		}
	}
	return nil
}

// fill reads the points of series, which become live.
func (r *Raw) fill(ctx context.Context, f *recentFill) error {
	mint := (max(f.after, 0) + 1) * 1000
	querier, err := r.db.Querier(mint, math.MaxInt64)
	if err != nil {
		return err
	}
	defer func() { _ = querier.Close() }() // it was only read
	keys := make([]Key, len(f.read))
	for i, s := range f.read {
		keys[i] = s.key
	}
	found, err := seriesOf(ctx, querier, keys, mint, math.MaxInt64)
	if err != nil {
		return err
	}
	columns := make([]query.Samples, len(f.read))
	var it chunkenc.Iterator
	for i, s := range f.read {
		list := found[s.key]
		switch len(list) {
		case 0:
			continue
		case 1:
			it = list[0].Iterator(it)
		default:
			it = storage.ChainedSeriesMerge(list...).Iterator(nil)
		}
		c := &columns[i]
		c.Grow(int(min(s.span+s.span/4, recentSpan)))
		for n := 0; it.Next() == chunkenc.ValFloat; n++ {
			if n%1024 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			t, stored := it.At()
			v, anomalous, reset := decode(stored)
			c.Append(t/1000, v, anomalous, reset)
		}
		if err := it.Err(); err != nil {
			return err
		}
	}
	m := &r.recent
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, s := range f.read {
		if m.series[s.key] != s {
			continue // dropped meanwhile
		}
		if m.resets != f.resets {
			m.drop(s)
			continue
		}
		m.points += cap(columns[i].Ends) - cap(s.Ends)
		s.Samples, s.after = columns[i], f.after
		s.live, s.filling = true, false
		unread := s.unread
		s.unread = nil
		for _, p := range unread {
			if !m.add(s, p) {
				m.drop(s)
				break
			}
		}
	}
	return nil
}
