package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"foster/internal/pattern"
	"foster/storage"
	"foster/storage/catalog"
	"foster/storage/query"
)

// contextQuery is a decoded request for /api/v1/contexts or /api/v1/context.
type contextQuery struct {
	span       span
	charts     bool
	dimensions bool
	labels     bool
	pick       pattern.Pattern // dimensions, by id or name
	keys       pattern.Pattern // label keys of charts
	filter     pattern.Pattern // key:value labels of charts
}

func parseContextQuery(rq *request) contextQuery {
	ps, o := rq.params, parseMetaOptions(rq.params)
	all := o.has("full", "all")
	q := contextQuery{
		span:       parseSpan(ps, rq.now.Unix()),
		charts:     all || o.has("charts", "instances"),
		dimensions: all || o.has("dimensions", "metrics"),
		labels:     all || o.has("labels"),
		keys:       pattern.Parse(ps.get("chart_label_key"), pattern.List),
		filter:     pattern.Parse(ps.get("chart_labels_filter"), pattern.List),
	}
	var picks []string
	for p := range ps.all("dimension", "dim", "dimensions", "dims") {
		picks = append(picks, p)
	}
	q.pick = pattern.Parse(strings.Join(picks, "|"), pattern.List)
	q.dimensions = q.dimensions || !q.pick.Empty()
	q.charts = q.charts || q.dimensions || q.labels || q.filtered()
	return q
}

// filtered says whether contexts without a matching chart are left out.
func (q *contextQuery) filtered() bool {
	return !q.pick.Empty() || !q.keys.Empty() || !q.filter.Empty()
}

// contexts answers /api/v1/contexts: all contexts of a host.
func (a *API) contexts(rp *reply, rq *request) {
	q := parseContextQuery(rq)
	if !a.loadRetention(rq.Context(), rp, rq) {
		return
	}
	id := a.identify(rq.host)
	rp.open('{')
	rp.keyString("hostname", id.hostname)
	rp.keyString("machine_guid", id.guid)
	nodeID, claimID := "", ""
	if rq.host != nil {
		info := rq.host.Info()
		nodeID, claimID = info.NodeID, info.ClaimID
	}
	rp.keyString("node_id", nodeID)
	rp.keyString("claim_id", claimID)
	if q.labels {
		rp.keyOpen("host_labels", '{')
		for name, value := range a.allHostLabels(rq.host) {
			rp.keyString(name, value)
		}
		rp.close('}')
	}
	rp.keyOpen("contexts", '{')
	if rq.host != nil {
		for _, c := range contextsOf(rq.host).list {
			if err := a.context(rp, rq, c, &q, true); err != nil {
				a.failQuery(rp, rq, "read the retention of "+c.id, err)
				return
			}
		}
	}
	rp.close('}')
	rp.close('}')
}

// oneContext answers /api/v1/context: one context of a host.
func (a *API) oneContext(rp *reply, rq *request) {
	id := rq.params.get("context", "ctx")
	if id == "" {
		rp.fail(http.StatusBadRequest, "No context is given at the request.")
		return
	}
	q := parseContextQuery(rq)
	if !a.loadRetention(rq.Context(), rp, rq) {
		return
	}
	if rq.host != nil {
		if c := contextsOf(rq.host).byID[id]; c != nil {
			if err := a.context(rp, rq, c, &q, false); err != nil {
				a.failQuery(rp, rq, "read the retention of "+id, err)
				return
			}
		}
	}
	if len(rp.b) == 0 {
		rp.fail(http.StatusNotFound, "")
	}
}

// context writes a context, with its id as key when named, unless nothing of it matches.
func (a *API) context(rp *reply, rq *request, c *contextCharts, q *contextQuery, named bool) error {
	now := rq.now.Unix()
	if !q.span.touches(c.first, lastTime(c.last, now, c.live)) {
		return nil
	}
	begin := len(rp.b)
	if named {
		rp.key(c.id)
	}
	rp.open('{')
	rp.keyString("title", c.title)
	rp.keyString("units", c.units)
	rp.keyString("family", c.family)
	rp.keyString("chart_type", c.kind)
	rp.keyInt("priority", int64(c.priority))
	rp.keyInt("first_time_t", c.first)
	rp.keyInt("last_time_t", lastTime(c.last, now, c.live))
	rp.keyBool("collected", c.live)
	if q.charts {
		rp.keyOpen("charts", '{')
		matched := 0
		for _, ch := range c.charts {
			wrote, err := a.contextChart(rp, rq, ch, q)
			if err != nil {
				return err
			}
			if wrote {
				matched++
			}
		}
		if matched == 0 && q.filtered() {
			rp.b = rp.b[:begin]
			return nil
		}
		rp.close('}')
	}
	rp.close('}')
	return nil
}

// contextChart writes a chart of a context, and says whether it matches the query.
func (a *API) contextChart(rp *reply, rq *request, ch *catalog.Chart, q *contextQuery) (wrote bool, err error) {
	now, live, first := rq.now.Unix(), collected(ch), ch.First()
	last := lastTime(ch.Last(), now, live)
	if !q.span.touches(first, last) || !q.labelsMatch(ch) {
		return false, nil
	}
	var dims []*catalog.Dimension
	for _, d := range ch.Dimensions() {
		if q.pick.Empty() || q.pick.MatchAny(d.ID, d.Def().Name) {
			dims = append(dims, d)
		}
	}
	if len(dims) == 0 {
		return false, nil
	}
	def := ch.Def()
	rp.keyOpen(ch.ID, '{')
	rp.keyString("name", ch.Name())
	rp.keyString("context", def.Context)
	rp.keyString("title", def.Title)
	rp.keyString("units", def.Units)
	rp.keyString("family", def.Family)
	rp.keyString("chart_type", def.Type)
	rp.keyInt("priority", int64(def.Priority))
	rp.keyInt("update_every", ch.UpdateEvery())
	rp.keyInt("first_time_t", first)
	rp.keyInt("last_time_t", last)
	rp.keyBool("collected", live)
	if q.labels {
		rp.keyOpen("labels", '{')
		for name, value := range chartLabels(ch) {
			rp.keyString(name, value)
		}
		rp.close('}')
	}
	if q.dimensions {
		spans, err := a.dimensionSpans(rq.Context(), ch, dims)
		if err != nil {
			return false, err
		}
		rp.keyOpen("dimensions", '{')
		for i, d := range dims {
			live := live && !d.Def().Obsolete
			last := lastTime(spans[i].last, now, live)
			if !q.span.touches(spans[i].first, last) {
				continue
			}
			rp.keyOpen(d.ID, '{')
			rp.keyString("name", d.Def().Name)
			rp.keyInt("first_time_t", spans[i].first)
			rp.keyInt("last_time_t", last)
			rp.keyBool("collected", live)
			rp.close('}')
		}
		rp.close('}')
	}
	rp.close('}')
	return true, nil
}

// labelsMatch says whether the chart has a label that the filters ask for.
func (q *contextQuery) labelsMatch(ch *catalog.Chart) bool {
	key, pair := q.keys.Empty(), q.filter.Empty()
	for name, value := range chartLabels(ch) {
		key = key || q.keys.Match(name)
		pair = pair || q.filter.Match(name+":"+value)
	}
	return key && pair
}

// storedSpan is the time that the samples of a dimension cover.
type storedSpan struct{ first, last int64 }

// dimensionSpans returns the retention of dimensions of a chart. It reads the store: the catalog knows the retention of the
// whole chart.
func (a *API) dimensionSpans(ctx context.Context, ch *catalog.Chart, dims []*catalog.Dimension) ([]storedSpan, error) {
	first, last, every := ch.First(), ch.Last(), ch.UpdateEvery()
	spans := make([]storedSpan, len(dims))
	if last == 0 {
		return spans, nil
	}
	// Nearly always the oldest and the newest sample of a dimension are close to those of the chart.
	const near = 16
	var missing []int
	if err := a.edges(ctx, ch, dims, first-1, first+near*every, func(i int, p *query.Point) {
		if spans[i].first == 0 {
			spans[i].first = p.End
		}
		spans[i].last = p.End
	}); err != nil {
		return nil, err
	}
	if err := a.edges(ctx, ch, dims, last-near*every, last, func(i int, p *query.Point) { spans[i].last = p.End }); err != nil {
		return nil, err
	}
	for i := range spans {
		if spans[i].first == 0 || spans[i].last < last-near*every {
			missing = append(missing, i)
		}
	}
	if len(missing) == 0 {
		return spans, nil
	}
	rest := make([]*catalog.Dimension, len(missing))
	for i, place := range missing {
		rest[i] = dims[place]
	}
	err := a.edges(ctx, ch, rest, first-1, last, func(i int, p *query.Point) {
		s := &spans[missing[i]]
		if s.first == 0 || p.End < s.first {
			s.first = p.End
		}
		s.last = max(s.last, p.End)
	})
	return spans, err
}

// edges gives the points with a value of dimensions that end in (after, before] to each.
func (a *API) edges(ctx context.Context, ch *catalog.Chart, dims []*catalog.Dimension, after, before int64, each func(i int, p *query.Point)) error {
	series, reading, err := a.source.Select(ctx, ch, dims, storage.Range{After: after, Before: before})
	if err != nil {
		return err
	}
	defer func() { _ = reading.Close() }() // the points have been read
	points := make([]query.Point, 256)
	for i := range series {
		if err := readPoints(ctx, series[i].Cursor, points, func(p *query.Point) { each(i, p) }); err != nil {
			return err
		}
	}
	return nil
}

// readPoints gives the points of a cursor that have a value to each. buf is where they are read to.
func readPoints(ctx context.Context, c query.Cursor, buf []query.Point, each func(p *query.Point)) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := c.Read(buf)
		for i := range buf[:n] {
			if buf[i].Count > 0 {
				each(&buf[i])
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case n == 0:
			return io.ErrNoProgress
		}
	}
}
