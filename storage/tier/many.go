package tier

import (
	"context"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"foster/storage/query"
)

// Many is an open read of any dimensions of many charts of many hosts. As a Selection, which it is, it must be closed
// soon. It and its cursors belong to one goroutine; Close may be called from any.
type Many struct {
	Selection
	found map[Key][]storage.Series // of each dimension asked for; nil when it is not stored
}

// Key identifies a dimension of a chart of a host by their ids.
type Key struct {
	GUID, Chart, Dimension string
}

// mostAlternatives is how many values of a label are looked for one by one. With more of them all values are read, and
// those not wanted are left out.
const mostAlternatives = 256

// SelectMany opens dimensions over the points that end in (after, before], in unix seconds. It takes one look into the
// index of each block, whatever the number of charts; a few when both hosts and charts are many.
func (r *Raw) SelectMany(ctx context.Context, keys []Key, after, before int64) (*Many, error) {
	m := &Many{Selection: Selection{raw: r}, found: make(map[Key][]storage.Series, len(keys))}
	after, before = max(after, 0), min(before, math.MaxInt64/1000)
	if before <= after || len(keys) == 0 {
		m.closed = true
		return m, nil
	}
	guids, charts := map[string]struct{}{}, map[string]struct{}{}
	for _, k := range keys {
		m.found[k] = nil
		guids[k.GUID] = struct{}{}
		charts[k.Chart] = struct{}{}
	}
	if err := m.open(ctx, slices.Sorted(maps.Keys(guids)), slices.Sorted(maps.Keys(charts)), (after+1)*1000, before*1000); err != nil {
		return nil, fmt.Errorf("select %d dimensions of %d hosts: %w", len(keys), len(guids), err)
	}
	return m, nil
}

func (m *Many) open(ctx context.Context, guids, charts []string, mint, maxt int64) error {
	r := m.raw
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.closed {
		return ErrClosed
	}
	querier, err := r.db.Querier(mint, maxt)
	if err != nil {
		return err
	}
	parts := [][]string{guids}
	if len(guids) > mostAlternatives && len(charts) > mostAlternatives { // as one it would be the whole store
		parts = slices.Collect(slices.Chunk(guids, mostAlternatives))
	}
	for _, part := range parts {
		if err := m.find(ctx, querier, part, charts, mint, maxt); err != nil {
			_ = querier.Close()
			return err
		}
	}
	m.querier = querier
	r.selMu.Lock()
	r.selections[&m.Selection] = struct{}{}
	r.selMu.Unlock()
	return nil
}

// find adds the series of hosts and charts to those found.
func (m *Many) find(ctx context.Context, querier storage.Querier, guids, charts []string, mint, maxt int64) error {
	matchers, err := oneOf(labelGUID, guids)
	if err != nil {
		return err
	}
	more, err := oneOf(labelChart, charts)
	if err != nil {
		return err
	}
	hints := &storage.SelectHints{Start: mint, End: maxt, Step: 1000} // the step as in Selection.open
	set := querier.Select(ctx, false, hints, append(matchers, more...)...)
	for n := 0; set.Next(); n++ {
		if n%1000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		series := set.At()
		ls := series.Labels()
		key := Key{GUID: ls.Get(labelGUID), Chart: ls.Get(labelChart), Dimension: ls.Get(labelDimension)}
		if list, wanted := m.found[key]; wanted {
			m.found[key] = append(list, series)
		}
	}
	return set.Err()
}

// oneOf returns matchers for the series whose label has one of these values.
func oneOf(label string, values []string) ([]*labels.Matcher, error) {
	if len(values) == 1 {
		return []*labels.Matcher{labels.MustNewMatcher(labels.MatchEqual, label, values[0])}, nil
	}
	if len(values) > mostAlternatives {
		return []*labels.Matcher{labels.MustNewMatcher(labels.MatchNotEqual, label, "")}, nil
	}
	quoted := slices.Clone(values)
	for i, v := range quoted {
		quoted[i] = regexp.QuoteMeta(v)
	}
	m, err := labels.NewMatcher(labels.MatchRegexp, label, strings.Join(quoted, "|"))
	if err != nil {
		return nil, err
	}
	return []*labels.Matcher{m}, nil
}

// Cursor returns a cursor over the points of a dimension, one of those asked for; nil when it has none. A point begins step seconds before its
// end, but not before the end of its predecessor.
func (m *Many) Cursor(k Key, step int64) query.Cursor {
	list := m.found[k]
	if len(list) == 0 {
		return nil
	}
	c := &cursor{selection: &m.Selection, step: step, last: math.MinInt64}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.closed: // its Read says so
		c.it = chunkenc.NewNopIterator()
	case len(list) == 1:
		c.it = list[0].Iterator(nil)
	default: // the context has changed
		c.it = storage.ChainedSeriesMerge(list...).Iterator(nil)
	}
	return c
}
