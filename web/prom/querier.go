package prom

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	promstorage "github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/util/annotations"

	"foster/storage"
	"foster/storage/catalog"
)

// errTooManySeries says that a selector matches more series than one query may read.
type errTooManySeries int

func (e errTooManySeries) Error() string {
	return fmt.Sprintf("the selector matches more than %d series: add a matcher, for example {host=\"…\"}", int(e))
}

// reading is how the selectors of one query are read.
type reading struct {
	hosts      []*hostIndex        // of the catalog, when the query began
	named      map[string]struct{} // labels of hosts that the query names
	keep       int64               // least seconds that a value stands
	resolution resolution
}

// queryable gives the engine the series of the store, for one query.
type queryable struct {
	prom *Prom
	reading
}

// Querier implements storage.Queryable.
func (q *queryable) Querier(mint, maxt int64) (promstorage.Querier, error) {
	return &querier{prom: q.prom, reading: q.reading, mint: mint, maxt: maxt}, nil
}

// querier reads series over a range of time. It belongs to one goroutine.
type querier struct {
	prom *Prom
	reading
	mint, maxt int64 // unix milliseconds, both included

	open []*storage.Many
}

// Close implements storage.Querier.
func (q *querier) Close() error {
	var errs []error
	for _, m := range q.open {
		errs = append(errs, m.Close())
	}
	q.open = nil
	return errors.Join(errs...)
}

// Select implements storage.Querier.
func (q *querier) Select(ctx context.Context, sorted bool, hints *promstorage.SelectHints, matchers ...*labels.Matcher) promstorage.SeriesSet {
	set, err := q.selectSeries(ctx, sorted, hints, matchers)
	if err != nil {
		return promstorage.ErrSeriesSet(err)
	}
	return set
}

func (q *querier) selectSeries(ctx context.Context, sorted bool, hints *promstorage.SelectHints, matchers []*labels.Matcher) (*seriesSet, error) {
	if hints == nil {
		hints = &promstorage.SelectHints{Start: q.mint, End: q.maxt}
	}
	found, err := q.prom.find(ctx, q.hosts, newSelector(matchers), seconds(hints.Start, hints.End), q.named)
	if err != nil {
		return nil, err
	}
	if sorted {
		slices.SortFunc(found, func(a, b series) int { return labels.Compare(a.labels, b.labels) })
	}
	set := &seriesSet{found: found, at: -1, parts: &parts{ctx: ctx, keep: q.keep, maxt: hints.End}}
	if hints.Func == "series" || len(found) == 0 { // only the labels are wanted
		return set, nil
	}
	dims := make([]*catalog.Dimension, len(found))
	oldest := int64(math.MaxInt64)
	for i := range found {
		d := found[i].dimension
		dims[i], found[i].parts = d, set.parts
		first := int64(0)
		if d.Chart.Host.RetentionKnown() {
			first = d.Chart.First()
		}
		oldest = min(oldest, first)
	}
	plan := q.resolution.plan(hints, q.prom.levels(), oldest)
	set.warnings, set.parts.aggregate = plan.notes, plan.aggregate
	over := seconds(hints.Start, hints.End)
	many, err := q.prom.store.SelectMany(ctx, dims, storage.Range{After: over.first - 1, Before: over.last, Step: plan.width})
	if err != nil {
		return nil, err
	}
	q.open = append(q.open, many)
	set.parts.many, set.parts.width = many, plan.width
	return set, nil
}

// seconds returns the span in which points of the milliseconds mint to maxt lie.
func seconds(mint, maxt int64) span {
	floor := func(ms int64) int64 {
		ms = min(max(ms, math.MinInt64/2), math.MaxInt64/2)
		return (ms - ((ms%1000)+1000)%1000) / 1000
	}
	return span{first: floor(max(mint, math.MinInt64/2)-1) + 1, last: floor(maxt)}
}

// LabelValues implements storage.Querier.
func (q *querier) LabelValues(ctx context.Context, name string, _ *promstorage.LabelHints, matchers ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	values, err := q.prom.labelValues(ctx, name, seconds(q.mint, q.maxt), [][]*labels.Matcher{matchers})
	return values, nil, err
}

// LabelNames implements storage.Querier.
func (q *querier) LabelNames(ctx context.Context, _ *promstorage.LabelHints, matchers ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	names, err := q.prom.labelNames(ctx, seconds(q.mint, q.maxt), [][]*labels.Matcher{matchers})
	return names, nil, err
}

// hosts returns the indexes of all hosts.
func (p *Prom) hosts() []*hostIndex { return p.index.all(p.catalog) }

// find returns the series that match, in the order of the catalog.
func (p *Prom) find(ctx context.Context, hosts []*hostIndex, s *selector, over span, named map[string]struct{}) ([]series, error) {
	var found []series
	var builder labels.ScratchBuilder
	var pairs []pair
	err := s.walk(ctx, hosts, over, func(ix *hostIndex, ch *catalog.Chart, dims []*catalog.Dimension) error {
		if len(found)+len(dims) > p.opt.MaxSeries {
			return errTooManySeries(p.opt.MaxSeries)
		}
		pairs = chartPairs(ix.pairs(pairs[:0], named), ch)
		common := len(pairs)
		for _, d := range dims {
			pairs = dimensionPairs(pairs[:common], d)
			builder.Reset()
			for _, l := range pairs {
				builder.Add(l.name, l.value)
			}
			builder.Sort()
			found = append(found, series{labels: builder.Labels(), dimension: d})
		}
		return nil
	})
	return found, err
}

// parts are what the series of a selection have in common.
type parts struct {
	ctx       context.Context //nolint:containedctx // of the query, within which the series are read
	many      *storage.Many
	aggregate aggregate
	width     int64 // least seconds that a point covers; 0: as it was collected
	keep      int64
	maxt      int64
}

// series is a dimension with its labels as Prometheus sees them.
type series struct {
	labels    labels.Labels
	dimension *catalog.Dimension
	parts     *parts // nil when the points are not wanted
}

// Labels implements storage.Series.
func (s *series) Labels() labels.Labels { return s.labels }

// Iterator implements storage.Series.
func (s *series) Iterator(it chunkenc.Iterator) chunkenc.Iterator {
	reader, ok := it.(*samples)
	if !ok {
		reader = &samples{}
	}
	if s.parts == nil {
		reader.reset(nil, average, 0, 0, 0)
		return reader
	}
	cursor, err := s.parts.many.Cursor(s.parts.ctx, s.dimension)
	if cursor != nil && s.parts.width > 0 {
		cursor = newWindows(cursor, s.parts.width)
	}
	reader.reset(cursor, s.parts.aggregate, s.dimension.Chart.UpdateEvery(), s.parts.keep, s.parts.maxt)
	reader.err = err
	return reader
}

// seriesSet is the answer to Select.
type seriesSet struct {
	found    []series
	at       int
	parts    *parts
	warnings annotations.Annotations
}

// Next implements storage.SeriesSet.
func (s *seriesSet) Next() bool {
	s.at++
	return s.at < len(s.found)
}

// At implements storage.SeriesSet.
func (s *seriesSet) At() promstorage.Series { return &s.found[s.at] }

// Err implements storage.SeriesSet.
func (s *seriesSet) Err() error { return nil }

// Warnings implements storage.SeriesSet.
func (s *seriesSet) Warnings() annotations.Annotations { return s.warnings }
