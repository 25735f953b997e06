package api

import (
	"context"
	"slices"
	"time"

	"foster/storage"
	"foster/storage/catalog"
	"foster/storage/query"
)

// dataV2 answers /api/v2/data: the values of the metrics of any hosts, grouped and aggregated.
func (a *API) dataV2(rp *reply, rq *request) { a.data2(rp, rq, 2) }

// dataV3 answers /api/v3/data, which differs in nothing but the number of its version.
func (a *API) dataV3(rp *reply, rq *request) { a.data2(rp, rq, 3) }

func (a *API) data2(rp *reply, rq *request, version int64) {
	q := parseData2Query(rq.params, version, a.steps)
	ctx, done, ok := a.begin(rp, rq, q.timeout)
	if !ok {
		return
	}
	defer done()
	ans, err := a.query2(ctx, &q, rq.now)
	if err != nil {
		a.failQuery(rp, rq, "query of many hosts", err)
		return
	}
	rp.public = !ans.Relative
	rp.filename = q.filename
	if q.format == formatJSONP {
		rp.contentType = typeScript
		rp.call(q.callback, func() { a.wrap2(rp, ans) })
		return
	}
	a.wrap2(rp, ans)
}

// answer2 is the result of a data query over hosts.
type answer2 struct {
	table   // of the groups
	query   *data2Query
	now     time.Time
	db      query.Database
	charts  []scoped
	groups  *groups
	summary summary

	cardinality cardinality
	all         query.Stats // of the rows of all groups before some were folded
	tiers       []storage.TierStats
	read        []int // points of each tier
	series      []int // metrics that had any of the tier
	trimming    trimming
	timings     timings
}

// trimming says which rows at the end of the window were left out.
type trimming struct {
	every    int64 // most seconds between samples
	expected int64 // rows that end later may be
	trimmed  int64 // the last row that was not
}

// query2 runs a query.
func (a *API) query2(ctx context.Context, q *data2Query, now time.Time) (*answer2, error) {
	ans := &answer2{query: q, now: now, timings: startTimings()}
	list, title, err := a.inScope(ctx, q)
	if err != nil {
		return nil, err
	}
	ans.Window, ans.db, ans.charts = q.window(now.Unix(), list)
	ans.tiers = a.source.Stats().Tiers
	ans.read, ans.series = make([]int, len(a.steps)), make([]int, len(a.steps))
	ans.options, ans.summary.title = q.options, title
	ans.timings.prepared()
	gs := newGroups(&q.passes[0], ans.Points)
	for i := range ans.charts {
		if err := a.readScoped(ctx, ans, gs, &ans.charts[i]); err != nil {
			return nil, err
		}
	}
	raw := q.options.Has(query.Raw)
	gs.finish(raw && len(q.passes) == 1)
	if len(q.passes) == 2 {
		gs = gs.regroup(&q.passes[1], q.options)
		gs.finish(raw)
	}
	ans.present(gs)
	ans.timings.queried()
	return ans, nil
}

// readScoped reads the dimensions of a chart into their groups.
func (a *API) readScoped(ctx context.Context, ans *answer2, gs *groups, s *scoped) error {
	if len(s.selected) == 0 {
		ans.summary.add(s, nil)
		return nil
	}
	dims := make([]*catalog.Dimension, 0, len(s.selected)+len(s.excluded))
	for _, d := range s.selected {
		dims = append(dims, d.Dimension)
	}
	if gs.pass.percentage {
		for _, d := range s.excluded {
			dims = append(dims, d.Dimension)
		}
	}
	if err := a.affordable(ans.Points, len(dims)); err != nil {
		return err
	}
	q, before := ans.query, slices.Clone(ans.read)
	r, err := a.run(ctx, &ans.Window, q.grouping, q.tier, s.chart, dims, ans.read)
	if err != nil {
		return err
	}
	for tier := range before {
		if ans.read[tier] > before[tier] {
			ans.series[tier] += len(dims)
		}
	}
	for i := range r.Columns {
		c := &r.Columns[i]
		if i >= len(s.selected) {
			gs.hide(dims[i], c)
			continue
		}
		gs.of(dims[i], s.selected[i].place, q.options).Add(c)
		if err := a.affordable(ans.Points, len(gs.list)); err != nil {
			return err
		}
	}
	ans.summary.add(s, r.Columns[:len(s.selected)])
	return nil
}

// present makes the groups the columns of the answer.
func (ans *answer2) present(gs *groups) {
	q := ans.query
	ans.groups = gs
	ans.trim()
	for _, g := range gs.list {
		s, _ := g.RowStats()
		ans.all.Merge(s)
	}
	if q.options.Has(query.NonZero) {
		kept := make([]*group, 0, len(gs.list))
		for _, g := range gs.list {
			if !g.Zero() {
				kept = append(kept, g)
			}
		}
		if len(kept) > 0 {
			gs.list = kept
		}
	}
	ans.cardinality = gs.limit(q.most, q.allowed)
	for _, g := range gs.list {
		if q.options.Has(query.Null2Zero) {
			g.Zeros()
		}
		c := column{id: g.id, name: g.name, values: g.Values, anomalies: g.Anomalies}
		for row, flags := range g.Flags {
			if flags&query.Reset == 0 {
				continue
			}
			if c.resets == nil {
				c.resets = make([]bool, len(g.Flags))
			}
			c.resets[row] = true
		}
		ans.columns = append(ans.columns, c)
	}
}

// trim leaves out the newest rows while they are so near to now that samples may still be on their way, and have fewer of
// them than the row before: a graph must not drop at its end because of that.
func (ans *answer2) trim() {
	const late = 2 // intervals
	every := int64(0)
	for i := range ans.charts {
		if len(ans.charts[i].selected) > 0 {
			every = max(every, ans.charts[i].chart.UpdateEvery())
		}
	}
	t := &ans.trimming
	t.every, t.expected = late*every, min(ans.Before, ans.now.Unix()-late*every)
	count := func(row int) (n uint64) {
		for _, g := range ans.groups.list {
			n += uint64(g.Counts[row])
		}
		return n
	}
	last := ans.Points - 1
	for last > 0 && ans.Time(last) > t.expected && count(last) < count(last-1) {
		last--
	}
	t.trimmed = ans.Time(last)
	if cut := ans.Points - 1 - last; cut > 0 {
		ans.Points = last + 1
		ans.Before = t.trimmed
		for _, g := range ans.groups.list {
			g.Cut(ans.Points)
		}
	}
}
