package storage

import (
	"context"
	"errors"
	"slices"
	"sync"

	"foster/storage/catalog"
	"foster/storage/query"
	"foster/storage/tier"
)

// Many is an open read of any number of dimensions, of any charts and hosts. As a Selection it must be closed soon. It,
// its cursors and Close belong to one goroutine; a cursor returns ErrClosed when the store has been closed.
type Many struct {
	store *Store
	r     Range
	raw   *tier.Many                              // of the charts that are read from tier 0 alone
	alone map[*catalog.Chart]*chartRead           // the other charts
	open  map[*chartRead]struct{}                 // those of them that are being read
	dims  map[*catalog.Chart][]*catalog.Dimension // what is wanted of them
	keys  *[]tier.Key                             // of raw
}

// spareKeys is memory for the keys of another read, at most mostKept.
var spareKeys = sync.Pool{New: func() any { return new([]tier.Key) }}

const mostKept = 4096

// SelectMany opens dimensions for reading, over one range. What tier 0 has all of is read much faster than by a Select for
// each chart; of the rest, a chart is selected when the first of its dimensions is read.
func (s *Store) SelectMany(ctx context.Context, dims []*catalog.Dimension, r Range) (*Many, error) {
	m := &Many{
		store: s, r: r, alone: map[*catalog.Chart]*chartRead{}, open: map[*chartRead]struct{}{}, dims: map[*catalog.Chart][]*catalog.Dimension{},
	}
	whole := s.tier0Has(r)
	m.keys = spareKeys.Get().(*[]tier.Key)
	keys := slices.Grow((*m.keys)[:0], len(dims))
	var chart *catalog.Chart // of the dimension before
	has := false
	for _, d := range dims {
		if d.Chart != chart {
			chart, has = d.Chart, whole(d.Chart)
		}
		if !has {
			m.dims[d.Chart] = append(m.dims[d.Chart], d)
			continue
		}
		keys = append(keys, keyOf(d))
	}
	*m.keys = keys
	raw, err := s.raw.SelectMany(ctx, keys, r.After, r.Before)
	if err != nil {
		return nil, err
	}
	m.raw = raw
	return m, nil
}

// tier0Has returns whether a range is to be read from tier 0 alone, for a chart. Of a host with rings it never is.
func (s *Store) tier0Has(r Range) func(*catalog.Chart) bool {
	if r.Step > 1 || r.Tier != 0 {
		return func(*catalog.Chart) bool { return false }
	}
	only, first := len(s.tiers.Steps()) == 1, s.raw.First()
	return func(ch *catalog.Chart) bool {
		if s.ring(ch.Host) != nil {
			return false
		}
		return only || r.After+1 >= first || ch.Host.RetentionKnown() && ch.First() >= first
	}
}

// Cursor returns a cursor over the points of a dimension, one of those asked for; nil when it is known to have none.
func (m *Many) Cursor(ctx context.Context, d *catalog.Dimension) (query.Cursor, error) {
	ch := d.Chart
	dims, alone := m.dims[ch]
	if !alone {
		return m.raw.Cursor(keyOf(d), ch.UpdateEvery()), nil
	}
	read := m.alone[ch]
	if read == nil {
		selection, err := m.store.Select(ctx, ch, dims, m.r)
		if err != nil {
			return nil, err
		}
		read = &chartRead{many: m, selection: selection, left: len(dims)}
		m.alone[ch], m.open[read] = read, struct{}{}
	}
	for i := range dims {
		if dims[i] == d {
			return &oneRead{Cursor: read.selection.Series[i].Cursor, chart: read}, nil
		}
	}
	return nil, nil
}

// keyOf returns what tier 0 knows a dimension by.
func keyOf(d *catalog.Dimension) tier.Key {
	return tier.Key{GUID: d.Chart.Host.StoreID(), Chart: d.Chart.ID, Dimension: d.ID}
}

// Close ends the read. The cursors must not be used any more. Closing twice is harmless.
func (m *Many) Close() error {
	errs := []error{m.raw.Close()}
	if m.keys != nil && cap(*m.keys) <= mostKept {
		clear(*m.keys)
		spareKeys.Put(m.keys)
	}
	m.keys = nil
	for read := range m.open {
		errs = append(errs, read.selection.Close())
	}
	clear(m.open)
	return errors.Join(errs...)
}

// chartRead is a chart that is being read. It is closed when all of its dimensions have been.
type chartRead struct {
	many      *Many
	selection *Selection
	left      int // dimensions that have not been read to their end
}

// oneRead is the cursor of a dimension of a chartRead.
type oneRead struct {
	query.Cursor
	chart *chartRead
	ended bool
}

// Read implements query.Cursor.
func (r *oneRead) Read(dst []query.Point) (int, error) {
	n, err := r.Cursor.Read(dst)
	if err != nil && !r.ended {
		r.ended = true
		c := r.chart
		if c.left--; c.left == 0 {
			delete(c.many.open, c)
			if closed := c.selection.Close(); closed != nil {
				err = errors.Join(err, closed)
			}
		}
	}
	return n, err
}
