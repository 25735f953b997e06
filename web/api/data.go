package api

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"foster/storage"
	"foster/storage/catalog"
	"foster/storage/query"
)

const (
	noMetrics    = "No metrics where matched to query."
	queueTimeout = 2 * time.Second // a query waits that long for its turn
)

// data answers /api/v1/data: the values of a chart over time.
func (a *API) data(rp *reply, rq *request) {
	q, err := parseDataQuery(rq.params)
	if err != nil {
		a.failQuery(rp, rq, "decode", err)
		return
	}
	if rq.host == nil {
		rp.fail(http.StatusNotFound, noMetrics)
		return
	}
	ch := rq.host.Chart(q.chart)
	if ch == nil {
		if strings.ContainsAny(q.chart, "*|,") || strings.HasPrefix(q.chart, "!") {
			rp.fail(http.StatusBadRequest, "unsupported: a pattern as chart: "+escape(q.chart))
			return
		}
		rp.fail(http.StatusNotFound, noMetrics)
		return
	}

	timeout := a.opt.QueryTimeout
	if q.timeout > 0 {
		timeout = min(timeout, q.timeout)
	}
	ctx, cancel := context.WithTimeout(rq.Context(), timeout)
	defer cancel()
	if !a.acquire(ctx) {
		rp.busy()
		return
	}
	defer func() { <-a.queries }()
	if !a.loadRetention(ctx, rp, rq) {
		return
	}
	answer, err := a.query(ctx, &q, ch, rq.now)
	if err != nil {
		a.failQuery(rp, rq, "query "+ch.ID, err)
		return
	}
	rp.public = !answer.Relative
	rp.filename = q.filename
	rp.print(answer)
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
	rp.fail(http.StatusServiceUnavailable, "Too many queries are running. Try later.")
}

// failQuery makes the answer the one for an error of the store or the query engine.
func (a *API) failQuery(rp *reply, rq *request, doing string, err error) {
	var bad *badRequest
	switch {
	case errors.As(err, &bad):
		rp.fail(bad.status, bad.message)
	case errors.Is(err, context.DeadlineExceeded):
		rp.fail(http.StatusGatewayTimeout, "Query timeout exceeded")
	case rq.Context().Err() != nil:
		rp.fail(http.StatusServiceUnavailable, "The request was cancelled.") // nobody reads this
	default:
		a.opt.Log.Error("api query failed", slog.String("host", rq.host.GUID), slog.String("doing", doing), slog.Any("err", err))
		rp.fail(http.StatusInternalServerError, "The database cannot be read.")
	}
}

// answer is the result of a data query with what is needed to print it.
type answer struct {
	*query.Result
	query *dataQuery
	chart *catalog.Chart

	dims         []*catalog.Dimension // of the columns of the result
	columns      []int                // of the result, that are printed
	none         bool                 // no dimension was chosen
	lowest       float64
	highest      float64
	read         int // points
	latestValues []float64
}

// query runs a query over one chart.
func (a *API) query(ctx context.Context, q *dataQuery, ch *catalog.Chart, now time.Time) (*answer, error) {
	s, ok := q.selectDimensions(ch)
	first, last, every := ch.First(), ch.Last(), ch.UpdateEvery()
	w := q.request.Window(now.Unix(), query.Database{First: first, Last: last, UpdateEvery: every})
	if !ok || !w.Touches(first, last) {
		return nil, &badRequest{http.StatusNotFound, noMetrics}
	}
	if cells := w.Points * len(s.dims); cells > a.opt.MaxCells {
		return nil, refuse("The answer would have " + strconv.Itoa(cells) + " values, and " + strconv.Itoa(a.opt.MaxCells) +
			" is the limit: ask for fewer points or dimensions.")
	}
	after, before := w.Span(every)
	series, done, err := a.source.Select(ctx, ch, s.dims, storage.Range{After: after, Before: before})
	if err != nil {
		return nil, err
	}
	defer func() { _ = done() }() // the points have been read
	r, err := query.Run(ctx, w, q.method, series)
	if err != nil {
		return nil, err
	}
	if q.options.Has(query.Percentage) {
		r.Percentages(q.options.Has(query.Absolute))
	}
	if q.options.Has(query.Absolute) {
		r.Absolute()
	}
	ans := &answer{Result: r, query: q, chart: ch, dims: s.dims}
	ans.lowest, ans.highest = r.Range()
	ans.choose(&s)
	if q.options.Has(query.JSONWrap) {
		if err := a.latest(ctx, ans); err != nil {
			return nil, err
		}
	}
	if q.options.Has(query.Null2Zero) {
		r.Zeros()
	}
	return ans, nil
}

// choose decides which columns are printed.
func (ans *answer) choose(s *selection) {
	nonzero := ans.query.options.Has(query.NonZero) && !s.picked
	var zero []int
	visible := 0
	for i := range ans.Columns {
		c := &ans.Columns[i]
		ans.read += c.Read
		if !s.visible[i] {
			continue
		}
		visible++
		switch {
		case ans.dims[i].Def().Obsolete && c.Filled == 0 && !s.picked:
			// It is no more, and has nothing to tell about this window.
		case nonzero && c.Zero():
			zero = append(zero, i)
		default:
			ans.columns = append(ans.columns, i)
		}
	}
	if len(ans.columns) == 0 {
		ans.columns = zero
	}
	ans.none = visible == 0
	if ans.none || len(ans.columns) == 0 {
		ans.columns, ans.none = nil, true
	}
}

// latest finds the newest stored values of the dimensions: from the catalog, and from the store for hosts that have not
// been connected in this run. A dimension that the newest point of the chart has no value for has none.
func (a *API) latest(ctx context.Context, ans *answer) error {
	last := ans.chart.Last()
	ans.latestValues = make([]float64, len(ans.dims))
	var missing []*catalog.Dimension
	var places []int
	for i, d := range ans.dims {
		t, v, _ := d.Last()
		ans.latestValues[i] = v
		if t < last {
			ans.latestValues[i] = math.NaN()
		}
		if t == 0 {
			missing, places = append(missing, d), append(places, i)
		}
	}
	if len(missing) == 0 || last == 0 {
		return nil
	}
	series, done, err := a.source.Select(ctx, ans.chart, missing, storage.Range{After: last - ans.chart.UpdateEvery(), Before: last})
	if err != nil {
		return err
	}
	defer func() { _ = done() }() // the points have been read
	points := make([]query.Point, 4)
	for i := range series {
		n, _ := series[i].Cursor.Read(points) // a value that cannot be read is null, the rest of the answer stands
		if n > 0 && points[n-1].Count > 0 {
			ans.latestValues[places[i]] = points[n-1].Sum / float64(points[n-1].Count)
		}
	}
	return nil
}
