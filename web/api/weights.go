package api

import (
	"cmp"
	"context"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"foster/storage/catalog"
	"foster/storage/query"
)

// weightMethod is how a metric is weighed.
type weightMethod string

const (
	weightKS2     weightMethod = "ks2"          // how unlike the changes of its values are in two windows
	weightVolume  weightMethod = "volume"       // how far, and how long, its values are off their mean of before
	weightAnomaly weightMethod = "anomaly-rate" // percentage of samples that the agent found anomalous
	weightValue   weightMethod = "value"        // its mean
)

const (
	minKS2Points   = 15
	maxWeighPoints = 500
	// baselineRatio is how much longer the baseline is than the highlighted window, when it is not given, and how many more
	// rows it has.
	baselineRatio = 4
)

// weightQuery is a decoded request for the weights of metrics.
type weightQuery struct {
	method             weightMethod
	request            query.Request // of the highlighted window
	highlight          span          // as the answer tells it
	baseline           span
	grouping           query.Grouping
	options            query.Options
	raw                bool // weights stay what they are, and are not turned into ranks
	tier               int  // -1 for any
	timeout            time.Duration
	group, optionNames string // as given
}

// parseWeightQuery decodes the parameters. The message says what is wrong with them.
func parseWeightQuery(ps params, now time.Time, tiers int, method weightMethod) (q weightQuery, message string) {
	number := func(otherwise int64, names ...string) int64 {
		if v := ps.get(names...); v != "" {
			return leadingInt(v)
		}
		return otherwise
	}
	q.method, q.tier = method, -1
	if m := ps.get("method"); m != "" {
		q.method = weightMethod(m)
	}
	switch q.method {
	case weightKS2, weightVolume, weightAnomaly, weightValue:
	default:
		return q, "Unknown method: ks2, volume, anomaly-rate and value are supported."
	}
	options := ps.get("options")
	if options == "" {
		options = "nonzero,null2zero,unaligned"
	}
	q.optionNames = options
	for name := range strings.FieldsFuncSeq(options, func(r rune) bool { return r == ',' || r == '|' || r == ' ' }) {
		o, _ := query.ParseOption(name)
		q.options |= o
	}
	q.raw = q.options.Has(query.Raw)
	q.options = q.options&^query.Raw | query.Unaligned
	q.group = cmp.Or(ps.get("time_group", "group"), "average")
	q.grouping, _ = query.ParseGrouping(q.group, ps.get("time_group_options", "group_options"))
	if t := ps.get("tier"); t != "" {
		if q.tier = int(leadingInt(t)); q.tier < 0 || q.tier >= tiers {
			q.tier = -1
		}
	}
	q.timeout = time.Duration(min(max(0, number(60_000, "timeout")), 600_000)) * time.Millisecond
	q.request = query.Request{
		After: number(-60, "highlight_after", "after"), Before: number(0, "highlight_before", "before"),
		Points: number(maxWeighPoints, "max_points", "points"), Options: q.options,
	}
	if q.request.Points <= 0 {
		q.request.Points = maxWeighPoints
	}
	q.request.Points = min(q.request.Points, query.MaxPoints/baselineRatio)
	if q.method == weightKS2 && q.request.Points < minKS2Points {
		return q, "Too few points available, at least 15 are needed."
	}
	q.highlight = resolve(q.request.After, q.request.Before, now)
	duration := q.highlight.before - q.highlight.after
	if duration <= 0 {
		return q, "The highlighted window is empty."
	}
	before := number(q.highlight.after, "baseline_before")
	after := number(q.highlight.after-baselineRatio*duration, "baseline_after")
	q.baseline = resolve(after, before, now)
	if q.baseline.before <= q.baseline.after {
		return q, "The baseline is empty."
	}
	return q, ""
}

// resolve returns absolute times for those of a request.
func resolve(after, before int64, now time.Time) span {
	end := now.Unix() - 1
	relative := func(t, to int64) int64 {
		if t >= -query.MaxRelative && t <= query.MaxRelative {
			return to - magnitude(t)
		}
		return t
	}
	before = relative(before, end)
	after = relative(after, before)
	if after > before {
		after, before = before, after
	}
	return span{max(0, after), max(0, before)}
}

// weight is a metric with its weight.
type weight struct {
	dim    *catalog.Dimension
	weight float64
	stats  query.Stats // of the highlighted window
}

// weighing collects the weights of metrics.
type weighing struct {
	api   *API
	query *weightQuery
	now   int64

	list    []weight
	seen    int // metrics looked at
	queries int
	rows    int
	read    []int // points of each tier
}

// weigh weighs the visible dimensions of charts. It stops with the error of ctx when that is done.
func (w *weighing) weigh(ctx context.Context, charts []*catalog.Chart, pick func(*catalog.Dimension) bool) error {
	for _, ch := range charts {
		var dims []*catalog.Dimension
		for _, d := range ch.Dimensions() {
			w.seen++
			if !d.Def().Hidden && pick(d) {
				dims = append(dims, d)
			}
		}
		if len(dims) == 0 {
			continue
		}
		if err := w.chart(ctx, ch, dims); err != nil {
			return err
		}
	}
	if !w.query.raw && w.query.method != weightValue {
		w.rank()
	}
	return nil
}

// chart weighs dimensions of a chart.
func (w *weighing) chart(ctx context.Context, ch *catalog.Chart, dims []*catalog.Dimension) error {
	q := w.query
	r := q.request
	r.After, r.Before = q.highlight.after, q.highlight.before
	if q.method == weightAnomaly {
		r.Options |= query.AnomalyBit
	}
	if q.method != weightKS2 && q.method != weightVolume {
		r.Points = 1
	}
	high, err := w.run(ctx, r, ch, dims)
	if err != nil || high == nil {
		return err
	}
	var base *query.Result
	if q.method == weightKS2 || q.method == weightVolume {
		r.After, r.Before = q.baseline.after, q.baseline.before
		r.Points *= baselineRatio
		if base, err = w.run(ctx, r, ch, dims); err != nil || base == nil {
			return err
		}
	}
	for i, d := range dims {
		c := &high.Columns[i]
		if q.options.Has(query.NonZero) && c.Zero() && (base == nil || base.Columns[i].Zero()) {
			continue
		}
		var v float64
		switch q.method {
		case weightKS2:
			v = ks2(changes(base.Columns[i].Values), changes(c.Values))
		case weightVolume:
			v = volume(base.Columns[i].Values, c.Values)
		default:
			v = math.Abs(c.Values[len(c.Values)-1])
		}
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			w.list = append(w.list, weight{d, v, c.Stats})
		}
	}
	return nil
}

// run reads a window of dimensions of a chart, nil when there is nothing in it.
func (w *weighing) run(ctx context.Context, r query.Request, ch *catalog.Chart, dims []*catalog.Dimension) (*query.Result, error) {
	first, last := ch.First(), ch.Last()
	window := r.Window(w.now, query.Database{First: first, Last: last, UpdateEvery: ch.UpdateEvery()})
	if !window.Touches(first, last) {
		return nil, nil
	}
	if err := w.api.affordable(window.Points, len(dims)); err != nil {
		return nil, err
	}
	result, err := w.api.run(ctx, &window, w.query.grouping, w.query.tier, ch, dims, w.read)
	if err != nil {
		return nil, err
	}
	w.queries += len(dims)
	w.rows += result.Points * len(dims)
	return result, nil
}

// rank replaces the weights by ranks from 0 up to, but not including, 1: 0 is the metric that weighs most, and metrics of
// the same weight share a rank (netdata v1.37.1 and v2.11.0).
func (w *weighing) rank() {
	values := make([]float64, 0, len(w.list))
	for i := range w.list {
		values = append(values, w.list[i].weight)
	}
	slices.SortFunc(values, func(a, b float64) int { return cmp.Compare(b, a) })
	values = slices.Compact(values)
	place := make(map[float64]int, len(values))
	for i, v := range values {
		place[v] = i
	}
	for i := range w.list {
		w.list[i].weight = float64(place[w.list[i].weight]) / float64(len(values))
	}
}

// weights answers /api/v1/weights.
func (a *API) weights(rp *reply, rq *request) {
	a.weighHost(rp, rq, weightAnomaly, (*reply).weightsByContext)
}

// correlations answers /api/v1/metric_correlations.
func (a *API) correlations(rp *reply, rq *request) {
	a.weighHost(rp, rq, weightKS2, (*reply).weightsByChart)
}

// weighHost weighs the metrics of a host.
func (a *API) weighHost(rp *reply, rq *request, method weightMethod, print func(*reply, *weighing)) {
	q, message := parseWeightQuery(rq.params, rq.now, len(a.steps), method)
	if message != "" {
		rp.failError(http.StatusBadRequest, message)
		return
	}
	ctx, done, ok := a.begin(rp, rq, q.timeout)
	if !ok {
		return
	}
	defer done()
	if !a.loadRetention(ctx, rp, rq) {
		return
	}
	scope := optional(rq.params.get("contexts", "context"))
	var charts []*catalog.Chart
	if rq.host != nil {
		for _, ch := range rq.host.Charts() {
			if listed(ch) && scope.match(ch.Def().Context) {
				charts = append(charts, ch)
			}
		}
	}
	w := &weighing{api: a, query: &q, now: rq.now.Unix(), read: make([]int, len(a.steps))}
	if err := w.weigh(ctx, charts, func(*catalog.Dimension) bool { return true }); err != nil {
		a.failQuery(rp, rq, "weigh metrics", err)
		return
	}
	if len(w.list) == 0 {
		rp.failError(http.StatusNotFound, "No results found.")
		return
	}
	rp.open('{')
	rp.keyInt("after", q.highlight.after)
	rp.keyInt("before", q.highlight.before)
	rp.keyInt("duration", q.highlight.before-q.highlight.after)
	rp.keyInt("points", q.request.Points)
	if q.method == weightKS2 || q.method == weightVolume {
		rp.keyInt("baseline_after", q.baseline.after)
		rp.keyInt("baseline_before", q.baseline.before)
		rp.keyInt("baseline_duration", q.baseline.before-q.baseline.after)
		rp.keyInt("baseline_points", q.request.Points*baselineRatio)
	}
	rp.keyOpen("statistics", '{')
	rp.keyNumber("query_time_ms", float64(a.opt.Now().Sub(rq.now).Microseconds())/1000)
	w.statistics(&rp.encoder)
	rp.close('}')
	rp.keyString("group", q.group)
	rp.keyString("method", string(q.method))
	rp.keyString("options", q.optionNames)
	print(rp, w)
	rp.keyInt("total_dimensions_count", int64(w.seen))
	rp.close('}')
}

// statistics writes what weighing has cost.
func (w *weighing) statistics(e *encoder) {
	e.keyInt("db_queries", int64(w.queries))
	e.keyInt("query_result_points", int64(w.rows))
	e.keyInt("binary_searches", 0)
	total := 0
	for _, n := range w.read {
		total += n
	}
	e.keyInt("db_points_read", int64(total))
	e.keyOpen("db_points_per_tier", '[')
	for _, n := range w.read {
		e.int(int64(n))
	}
	e.close(']')
}

// failError makes the answer an error in an object.
func (rp *reply) failError(status int, message string) {
	rp.status, rp.public = status, false
	rp.b = rp.b[:0]
	rp.open('{')
	rp.keyString("error", message)
	rp.close('}')
}

// weightsByChart writes the weights as metric_correlations does.
func (rp *reply) weightsByChart(w *weighing) {
	rp.keyOpen("correlated_charts", '{')
	for group := range together(w.list, func(x *weight) *catalog.Chart { return x.dim.Chart }) {
		ch := group[0].dim.Chart
		rp.keyOpen(ch.ID, '{')
		rp.keyString("context", ch.Def().Context)
		rp.weightList(group)
		rp.close('}')
	}
	rp.close('}')
	rp.keyInt("correlated_dimensions", int64(len(w.list)))
}

// weightsByContext writes the weights as weights does: with those of charts and contexts, which are means.
func (rp *reply) weightsByContext(w *weighing) {
	slices.SortStableFunc(w.list, contextOrder(w.list))
	rp.keyOpen("contexts", '{')
	for context := range together(w.list, func(x *weight) string { return x.dim.Chart.Def().Context }) {
		rp.keyOpen(context[0].dim.Chart.Def().Context, '{')
		rp.keyOpen("charts", '{')
		for group := range together(context, func(x *weight) *catalog.Chart { return x.dim.Chart }) {
			rp.keyOpen(group[0].dim.Chart.ID, '{')
			rp.weightList(group)
			rp.keyNumber("weight", meanWeight(group))
			rp.close('}')
		}
		rp.close('}')
		rp.keyNumber("weight", meanWeight(context))
		rp.close('}')
	}
	rp.close('}')
	rp.keyInt("weighted_dimensions", int64(len(w.list)))
}

func (rp *reply) weightList(list []weight) {
	rp.keyOpen("dimensions", '{')
	for i := range list {
		rp.keyNumber(list[i].dim.Def().Name, list[i].weight)
	}
	rp.close('}')
}

func meanWeight(list []weight) float64 {
	sum := 0.0
	for i := range list {
		sum += list[i].weight
	}
	return sum / float64(len(list))
}

// contextOrder returns a comparison that brings the metrics of a context together, in order of appearance.
func contextOrder(list []weight) func(a, b weight) int {
	place := map[string]int{}
	for i := range list {
		context := list[i].dim.Chart.Def().Context
		if _, known := place[context]; !known {
			place[context] = i
		}
	}
	return func(a, b weight) int {
		return cmp.Compare(place[a.dim.Chart.Def().Context], place[b.dim.Chart.Def().Context])
	}
}

// together yields the runs of metrics that have the same key.
func together[K comparable](list []weight, key func(*weight) K) func(yield func([]weight) bool) {
	return func(yield func([]weight) bool) {
		for begin := 0; begin < len(list); {
			end := begin + 1
			for end < len(list) && key(&list[end]) == key(&list[begin]) {
				end++
			}
			if !yield(list[begin:end]) {
				return
			}
			begin = end
		}
	}
}
