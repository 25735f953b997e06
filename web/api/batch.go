package api

import (
	"context"
	"net/http"
	"strconv"

	"foster/storage"
	"foster/storage/catalog"
	"foster/storage/query"
)

// Limits of a request for many charts.
const (
	maxBatch     = 300  // charts
	maxBatchRows = 4096 // of one chart
)

// batchItem is a chart asked for.
type batchItem struct {
	name  string        // the host as asked for, "" for the one in the path
	host  *catalog.Host // nil while there is none
	chart string        // id or name
}

// batchRequest is a decoded request for the rows of many charts.
type batchRequest struct {
	items         []batchItem
	after, before int64 // unix seconds
	rows          int64 // at most, of each chart
	band          bool  // with the extremes of the rows
}

// batch answers /api/foster/v1/data: the rows of many charts, of one host or of several, in one answer. Each chart gets
// the rows that suit it best: a whole number of its interval, and of the points of a tier when they are that long.
func (a *API) batch(rp *reply, rq *request) {
	b, err := a.parseBatch(rq)
	if err != nil {
		a.failQuery(rp, rq, "decode", err)
		return
	}
	ctx, done, ok := a.begin(rp, rq, 0)
	if !ok {
		return
	}
	defer done()
	rp.open('{')
	rp.keyNumber("now", unix(rq.now))
	rp.keyOpen("charts", '[')
	cells := 0
	for i := range b.items {
		if err := a.batchChart(ctx, rp, &b, &b.items[i], rq.now.Unix(), &cells); err != nil {
			a.failQuery(rp, rq, "query "+b.items[i].chart, err)
			return
		}
	}
	rp.close(']')
	rp.close('}')
}

// parseBatch decodes the parameters. A host holds for the charts after it.
func (a *API) parseBatch(rq *request) (batchRequest, error) {
	ps := rq.params
	b := batchRequest{rows: ps.number("points", 300), band: ps.get("band") == "true"}
	host, name := rq.host, ""
	for _, p := range ps {
		switch p.name {
		case "host":
			name = p.value
			host, _ = a.find(name)
		case "chart":
			b.items = append(b.items, batchItem{name, host, p.value})
		}
	}
	now := rq.now.Unix()
	b.after, b.before = ps.number("after", -600), ps.number("before", now)
	if b.before <= 0 {
		b.before += now
	}
	if b.after <= 0 {
		b.after += b.before
	}
	const longest = 10 * 365 * 86400 // seconds
	ordered := b.after < b.before
	b.before = min(b.before, now)
	b.after = min(max(b.after, now-longest), b.before-1)
	switch {
	case len(b.items) == 0:
		return b, refuse("No chart is given.")
	case len(b.items) > maxBatch:
		return b, &badRequest{http.StatusBadRequest, "At most " + strconv.Itoa(maxBatch) + " charts can be asked for at once.", true}
	case b.rows < 1 || b.rows > maxBatchRows:
		return b, refuse("points must be from 1 to " + strconv.Itoa(maxBatchRows) + ".")
	case !ordered:
		return b, refuse("after must be before before.")
	}
	return b, nil
}

// batchItem says what was asked for, and returns that chart, or nil and says why there is none.
func (rp *reply) batchItem(item *batchItem) *catalog.Chart {
	if item.name != "" {
		rp.keyString("host", item.name)
	}
	rp.keyString("chart", item.chart)
	if item.host == nil {
		rp.keyString("error", "unknown host")
		return nil
	}
	ch := item.host.Chart(item.chart)
	if ch == nil {
		rp.keyString("error", "unknown chart")
	}
	return ch
}

// batchChart writes one chart, or why there is nothing of it. The error ends the whole answer.
func (a *API) batchChart(ctx context.Context, rp *reply, b *batchRequest, item *batchItem, now int64, cells *int) error {
	rp.open('{')
	defer rp.close('}')
	ch := rp.batchItem(item)
	if ch == nil {
		return nil
	}
	if err := a.retention(ctx, item.host); err != nil {
		return err
	}
	var dims []*catalog.Dimension
	for _, d := range ch.Dimensions() {
		if !d.Def().Hidden {
			dims = append(dims, d)
		}
	}
	w := b.window(ch, a.steps, now)
	columns := len(dims)
	if b.band && w.Step() > ch.UpdateEvery() {
		columns *= 3
	}
	if *cells += w.Points * columns; *cells > a.opt.MaxCells {
		return &badRequest{http.StatusBadRequest, "The answer would have more than " + strconv.Itoa(a.opt.MaxCells) +
			" values: ask for fewer points or charts.", true}
	}
	rp.keyInt("update_every", ch.UpdateEvery())
	rp.keyInt("step", w.Step())
	if len(dims) == 0 || !w.Touches(ch.First(), ch.Last()) {
		rp.keyInt("rows", 0)
		return nil
	}
	r, bands, err := a.batchRead(ctx, &w, b.band, ch, dims)
	if err != nil {
		return err
	}
	rp.batchRows(r, bands, dims)
	r.Release()
	return nil
}

// window plans the rows of a chart: aligned to their length, and none that reaches beyond now, which would hold a part of
// its samples only.
func (b *batchRequest) window(ch *catalog.Chart, tiers []int64, now int64) query.Window {
	every := ch.UpdateEvery()
	step := batchStep(b.before-b.after, b.rows, every, tiers)
	ceil := func(t int64) int64 { return (t + step - 1) / step }
	before := min(ceil(b.before), (now-1)/step) * step
	after := min(b.after/step*step, before-step)
	points := (before-after)/step + 1
	rq := query.Request{After: before - points*step + 1, Before: before, Points: points}
	return rq.Window(now, query.Database{First: ch.First(), Last: ch.Last(), UpdateEvery: every})
}

// batchStep returns the seconds of a row when a span is to have at most so many of them. Rows as long as the points of a
// tier are a whole number of these, so that the tier can serve them.
func batchStep(span, rows, every int64, tiers []int64) int64 {
	unit := every
	least := (span + rows - 1) / rows
	for _, s := range tiers {
		if s > unit && s <= least && s%every == 0 {
			unit = s
		}
	}
	return max(1, (least+unit-1)/unit) * unit
}

// batchRead reads the rows of dimensions of a chart, and their extremes when those are wanted and differ.
func (a *API) batchRead(ctx context.Context, w *query.Window, band bool, ch *catalog.Chart, dims []*catalog.Dimension) (*query.Result, []extremes, error) {
	r := storage.Range{Step: w.Widest(query.Grouping{}, a.steps)}
	r.After, r.Before = w.Span(ch.UpdateEvery())
	series, reading, err := a.source.Select(ctx, ch, dims, r)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = reading.Close() }() // the points have been read
	var bands []extremes
	if band && w.Step() > ch.UpdateEvery() {
		bands = make([]extremes, len(series))
		for i := range series {
			bands[i] = newExtremes(w)
			series[i].Cursor = &watched{series[i].Cursor, &bands[i]}
		}
	}
	result, err := query.Run(ctx, *w, query.Grouping{}, series)
	return result, bands, err
}
