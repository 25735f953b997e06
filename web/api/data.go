package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"foster/storage"
	"foster/storage/catalog"
	"foster/storage/query"
)

const (
	noMetrics    = "No metrics where matched to query."
	queueTimeout = 2 * time.Second // a query waits that long for its turn
)

// data answers /api/v1/data: the values of one or more charts of a host over time.
func (a *API) data(rp *reply, rq *request) {
	q, err := parseDataQuery(rq.params, a.steps)
	if err != nil {
		a.failQuery(rp, rq, "decode", err)
		return
	}
	if rq.host == nil {
		rp.fail(http.StatusNotFound, noMetrics)
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
	ans, err := a.query(ctx, &q, rq.host, rq.now)
	if err != nil {
		a.failQuery(rp, rq, "query "+q.chart, err)
		return
	}
	defer ans.release()
	rp.public = !ans.Relative
	rp.filename = q.filename
	if !q.options.Has(query.JSONWrap) {
		rp.print(&ans.table, &q.output, ans.db.Last)
		return
	}
	if q.format == formatJSONP {
		rp.contentType, rp.sniffed = typeJSON, true
		rp.call(q.callback, func() { rp.wrap(ans) })
		return
	}
	rp.wrap(ans)
}

// begin waits for the turn of a query. When it is false the answer is set; else done must be called at the end of it.
func (a *API) begin(rp *reply, rq *request, timeout time.Duration) (ctx context.Context, done func(), ok bool) {
	if timeout <= 0 || timeout > a.opt.QueryTimeout {
		timeout = a.opt.QueryTimeout
	}
	ctx, cancel := context.WithTimeout(rq.Context(), timeout)
	if !a.acquire(ctx) {
		cancel()
		rp.busy()
		return nil, nil, false
	}
	return ctx, func() { <-a.queries; cancel() }, true
}

// acquire waits for the turn of a query. It is false when that does not come soon; else one element of a.queries is the
// caller's to take back.
func (a *API) acquire(ctx context.Context) bool {
	select {
	case a.queries <- struct{}{}:
		return true
	default:
	}
	timer := time.NewTimer(queueTimeout)
	defer timer.Stop()
	select {
	case a.queries <- struct{}{}:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

func (rp *reply) busy() {
	rp.failLimit(http.StatusServiceUnavailable, "Too many queries are running. Try later.")
}

// failLimit makes the answer an error for a query that is more than a limit allows: an object, so that a program can tell
// its user why.
func (rp *reply) failLimit(status int, message string) {
	rp.fail(status, "")
	rp.contentType = typeJSON
	rp.open('{')
	rp.keyString("error", message)
	rp.close('}')
}

// failQuery makes the answer the one for an error of the store or the query engine.
func (a *API) failQuery(rp *reply, rq *request, doing string, err error) {
	var bad *badRequest
	switch {
	case errors.As(err, &bad) && bad.limit:
		rp.failLimit(bad.status, bad.message)
	case errors.As(err, &bad):
		rp.fail(bad.status, bad.message)
	case errors.Is(err, context.DeadlineExceeded):
		rp.failLimit(http.StatusGatewayTimeout, "Query timeout exceeded")
	case rq.Context().Err() != nil:
		rp.fail(http.StatusServiceUnavailable, "The request was cancelled.") // nobody reads this
	default:
		guid := ""
		if rq.host != nil {
			guid = rq.host.GUID
		}
		a.opt.Log.Error("api query failed", slog.String("host", guid), slog.String("doing", doing), slog.Any("err", err))
		rp.fail(http.StatusInternalServerError, "The database cannot be read.")
	}
}

// answer is the result of a data query with what is needed to print it.
type answer struct {
	table   // of the columns that are printed
	query   *dataQuery
	several bool // not of one chart by its name
	db      query.Database
	charts  []chartMetrics // all that were read

	dims            []*catalog.Dimension // of the columns
	latest          []float64            // of the columns; only for a wrapper
	lowest, highest float64
	read            []int // points of each tier
	timings         timings

	results []*query.Result
}

// release lets the next answer have the memory of the rows; this one must have been printed.
func (ans *answer) release() {
	for _, r := range ans.results {
		r.Release()
	}
}

// query runs a query over charts of a host.
func (a *API) query(ctx context.Context, q *dataQuery, h *catalog.Host, now time.Time) (*answer, error) {
	ans := &answer{query: q, timings: startTimings()}
	list, several := q.selectCharts(h)
	ans.several = several
	ans.Window, ans.db, ans.charts = inWindow(q.request, now.Unix(), list)
	ans.options = q.options
	if len(ans.charts) == 0 {
		return nil, &badRequest{status: http.StatusNotFound, message: noMetrics}
	}
	metrics := 0
	for i := range ans.charts {
		metrics += len(ans.charts[i].dims)
	}
	if err := a.affordable(ans.Points, metrics); err != nil {
		return nil, err
	}
	ans.read = make([]int, len(a.steps))
	ans.timings.prepared()
	r := &query.Result{Window: ans.Window, Grouping: q.grouping}
	for i := range ans.charts {
		part, err := a.run(ctx, &ans.Window, q.grouping, q.tier, ans.charts[i].chart, ans.charts[i].dims, ans.read)
		if err != nil {
			return nil, err
		}
		ans.results = append(ans.results, part)
		if r.Columns == nil {
			r.Columns = part.Columns
		} else {
			r.Columns = append(r.Columns, part.Columns...)
		}
	}
	if q.options.Has(query.Percentage) {
		r.Percentages()
	}
	if q.options.Has(query.JSONWrap) {
		ans.lowest, ans.highest = r.Range()
	}
	ans.choose(r)
	if q.options.Has(query.JSONWrap) {
		if err := a.latest(ctx, ans); err != nil {
			return nil, err
		}
	}
	if q.options.Has(query.Null2Zero) {
		r.Zeros()
	}
	ans.timings.queried()
	return ans, nil
}

// affordable refuses an answer that would be too large.
func (a *API) affordable(rows, columns int) error {
	if columns == 0 || rows <= a.opt.MaxCells/columns {
		return nil
	}
	return &badRequest{http.StatusBadRequest, "The answer would have " + strconv.Itoa(rows*columns) + " values, and " +
		strconv.Itoa(a.opt.MaxCells) + " is the limit: ask for fewer points or dimensions.", true}
}

// run reads dimensions of a chart, and adds to read how many points of each tier that took.
func (a *API) run(ctx context.Context, w *query.Window, g query.Grouping, tier int, ch *catalog.Chart, dims []*catalog.Dimension, read []int) (*query.Result, error) {
	every := ch.UpdateEvery()
	r := storage.Range{Step: w.Widest(g, a.steps)}
	if tier >= 0 {
		r.Step = a.steps[tier]
	}
	if tier > 0 {
		every *= a.steps[tier] // the points of an agent's tiers are so many samples
	}
	r.After, r.Before = w.Span(every)
	series, reading, err := a.source.Select(ctx, ch, dims, r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = reading.Close() }() // the points have been read
	if tier > 0 {
		for i := range series {
			series[i].Cursor = query.Coarse(series[i].Cursor, every)
		}
	}
	result, err := query.Run(ctx, *w, g, series)
	for i, n := range reading.Read() {
		if i < len(read) {
			read[i] += n
		}
	}
	return result, err
}

// choose decides which columns are printed.
func (ans *answer) choose(r *query.Result) {
	picked := !ans.query.dimensions.Empty()
	nonzero := ans.query.options.Has(query.NonZero) && !picked
	type choice struct {
		dim *catalog.Dimension
		c   *query.Column
	}
	chosen := make([]choice, 0, len(r.Columns))
	var zero []choice
	i := 0
	for _, m := range ans.charts {
		for j, d := range m.dims {
			c := &r.Columns[i]
			i++
			switch {
			case !m.visible[j]:
			case d.Def().Obsolete && c.Filled == 0 && !picked:
				// It is no more, and has nothing to tell about this window.
			case nonzero && c.Zero():
				zero = append(zero, choice{d, c})
			default:
				chosen = append(chosen, choice{d, c})
			}
		}
	}
	if len(chosen) == 0 {
		chosen, zero = zero, nil
	}
	if nonzero && len(zero) == 0 {
		ans.options &^= query.NonZero // nothing was left out
	}
	ans.dims, ans.columns = make([]*catalog.Dimension, 0, len(chosen)), make([]column, 0, len(chosen))
	for _, ch := range chosen {
		ans.dims = append(ans.dims, ch.dim)
		ans.columns = append(ans.columns, column{
			id: ch.dim.ID, name: ch.dim.Def().Name, values: ch.c.Values, resets: ch.c.Reset, anomalies: ch.c.Anomalies,
		})
	}
}
