package tier

import (
	"context"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"foster/storage/query"
)

// Many is an open read of any dimensions of many charts of many hosts. As a Selection, which it is, it must be closed
// soon. It, its cursors and Close belong to one goroutine.
type Many struct {
	Selection
	found map[Key][]storage.Series // of each dimension asked for; nil when it is not stored
	// Instead, when all are held in memory: the keys in the order in which they were asked for, and their samples.
	keys   []Key
	held   *heldRead
	next   int         // of keys, likely
	places map[Key]int // of keys, when cursors are wanted in another order
}

// heldRead is what reading held points takes, key by key. One read hands it over to the next.
type heldRead struct {
	samples []query.Samples
	cursors []heldCursor // those in use have a selection
}

var heldReads = sync.Pool{New: func() any { return &heldRead{} }}

// mostKept is how many keys a heldRead that is handed over has at most: it takes 170 bytes for each.
const mostKept = 4096

// release lets another read have h.
func (h *heldRead) release() {
	if cap(h.samples) > mostKept {
		return
	}
	clear(h.samples[:cap(h.samples)])
	clear(h.cursors)
	h.samples, h.cursors = h.samples[:0], h.cursors[:0]
	heldReads.Put(h)
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
	m := &Many{Selection: Selection{raw: r}}
	after, before = max(after, 0), min(before, math.MaxInt64/1000)
	if before <= after || len(keys) == 0 {
		m.closed = true
		return m, nil
	}
	if err := m.open(ctx, keys, after, before); err != nil {
		return nil, fmt.Errorf("select %d dimensions: %w", len(keys), err)
	}
	return m, nil
}

func (m *Many) open(ctx context.Context, keys []Key, after, before int64) (err error) {
	m.raw.mu.RLock()
	defer m.raw.mu.RUnlock()
	if m.raw.closed {
		return ErrClosed
	}
	m.raw.blocks.RLock()
	defer m.raw.blocks.RUnlock()
	h := heldReads.Get().(*heldRead)
	if held, ok := m.raw.held(ctx, keys, after, before, h.samples); ok {
		h.samples = held
		h.cursors = slices.Grow(h.cursors, len(held))[:len(held)]
		m.keys, m.held = keys, h
		m.register()
		return nil
	}
	h.release()
	m.found, err = m.find(ctx, keys, after, before)
	return err
}

// seriesOf returns the series of dimensions, by key.
func seriesOf(ctx context.Context, querier storage.Querier, keys []Key, mint, maxt int64) (map[Key][]storage.Series, error) {
	found := make(map[Key][]storage.Series, len(keys))
	guids, charts := map[string]struct{}{}, map[string]struct{}{}
	for _, k := range keys {
		found[k] = nil
		guids[k.GUID] = struct{}{}
		charts[k.Chart] = struct{}{}
	}
	hosts, ids := slices.Sorted(maps.Keys(guids)), slices.Sorted(maps.Keys(charts))
	parts := [][]string{hosts}
	if len(hosts) > mostAlternatives && len(ids) > mostAlternatives { // as one it would be the whole store
		parts = slices.Collect(slices.Chunk(hosts, mostAlternatives))
	}
	for _, part := range parts {
		matchers, err := oneOf(labelGUID, part)
		if err != nil {
			return nil, err
		}
		more, err := oneOf(labelChart, ids)
		if err != nil {
			return nil, err
		}
		matchers = append(matchers, more...)
		if len(keys) == 1 {
			matchers = append(matchers, labels.MustNewMatcher(labels.MatchEqual, labelDimension, keys[0].Dimension))
		}
		// The step makes the reader of the head keep its list of chunks from one chunk to the next.
		hints := &storage.SelectHints{Start: mint, End: maxt, Step: 1000}
		set := querier.Select(ctx, false, hints, matchers...)
		for n := 0; set.Next(); n++ {
			if n%1000 == 0 && ctx.Err() != nil {
				return nil, ctx.Err()
			}
			series := set.At()
			ls := series.Labels()
			key := Key{GUID: ls.Get(labelGUID), Chart: ls.Get(labelChart), Dimension: ls.Get(labelDimension)}
			if list, wanted := found[key]; wanted {
				found[key] = append(list, series)
			}
		}
		if err := set.Err(); err != nil {
			return nil, err
		}
	}
	return found, nil
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

// Cursor returns a cursor over the points of a dimension, one of those asked for; nil when it has none. A point begins step
// seconds before its end, but not before the end of its predecessor.
func (m *Many) Cursor(k Key, step int64) query.Cursor {
	if m.held != nil {
		i, known := m.place(k)
		if !known || len(m.held.samples[i].Ends) == 0 {
			return nil
		}
		c := &m.held.cursors[i]
		if c.selection != nil { // read before
			c = &heldCursor{}
		}
		*c = heldCursor{selection: &m.Selection, samples: m.held.samples[i], step: step, last: math.MinInt64}
		return c
	}
	list := m.found[k]
	if len(list) == 0 {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed { // Read says so
		return &cursor{selection: &m.Selection, it: chunkenc.NewNopIterator()}
	}
	return m.cursor(list, step)
}

// Close ends the read. The cursors must not be used any more. Closing twice is harmless.
func (m *Many) Close() error {
	err := m.Selection.Close()
	if m.held != nil {
		m.held.release()
		m.held, m.keys = nil, nil
	}
	return err
}

// place returns the place of a key among those asked for. Callers want cursors in that order, for the most part.
func (m *Many) place(k Key) (i int, known bool) {
	if m.next < len(m.keys) && m.keys[m.next] == k {
		m.next++
		return m.next - 1, true
	}
	if m.places == nil {
		m.places = make(map[Key]int, len(m.keys))
		for i, k := range m.keys {
			m.places[k] = i
		}
	}
	i, known = m.places[k]
	m.next = i + 1
	return i, known
}
