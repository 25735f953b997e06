package prom

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/util/stats"

	"foster/storage/catalog"
)

// mostSteps is how many points a series of a range query may have, as in Prometheus.
const mostSteps = 11_000

// query answers an instant query.
func (p *Prom) query(r *http.Request) (*result, error) {
	at, err := timeOf(r, "time", p.opt.Now())
	if err != nil {
		return nil, err
	}
	return p.run(r, at, at, 0)
}

// queryRange answers a range query.
func (p *Prom) queryRange(r *http.Request) (*result, error) {
	var times [2]time.Time
	for i, name := range []string{"start", "end"} {
		var err error
		if times[i], err = parseTime(r.Form.Get(name)); err != nil {
			return nil, badParameter(name, err)
		}
	}
	start, end := times[0], times[1]
	if end.Before(start) {
		return nil, badParameter("end", errors.New("end timestamp must not be before start time"))
	}
	step, err := parseDuration(r.Form.Get("step"))
	if err != nil {
		return nil, badParameter("step", err)
	}
	if step < time.Millisecond {
		return nil, badParameter("step", errors.New("zero or negative query resolution step widths are not accepted. Try a positive integer"))
	}
	if end.Sub(start)/step > mostSteps {
		return nil, errorf(badData, "exceeded maximum resolution of %d points per timeseries. Try decreasing the query resolution (?step=XX)", mostSteps)
	}
	return p.run(r, start, end, step)
}

// run runs the query of a request: an instant query when the step is 0.
func (p *Prom) run(r *http.Request, start, end time.Time, step time.Duration) (res *result, err error) {
	limit, err := limitOf(r)
	if err != nil {
		return nil, err
	}
	reading, err := readingOf(r)
	if err != nil {
		return nil, err
	}
	asked, err := durationOf(r, "timeout")
	if err != nil {
		return nil, err
	}
	back, err := durationOf(r, "lookback_delta")
	if err != nil {
		return nil, err
	}
	text := r.Form.Get("query")
	expr, err := p.parser.ParseExpr(text)
	if err != nil {
		return nil, badParameter("query", err)
	}

	ctx, done, err := p.turn(r.Context(), asked)
	if err != nil {
		return nil, err
	}
	defer func() {
		if res == nil { // there is an error, or a panic
			done()
		}
	}()
	reading.hosts, reading.named = p.hosts(), named(expr)
	reading.keep = int64(back / time.Second)
	if back == 0 {
		if back, err = p.lookback(ctx, expr, reading, start, step); err != nil {
			return nil, err
		}
	}
	var q promql.Query
	opts, from := promql.NewPrometheusQueryOpts(false, back), &queryable{prom: p, reading: reading}
	if step == 0 {
		q, err = p.engine.NewInstantQuery(ctx, from, opts, text, start)
	} else {
		q, err = p.engine.NewRangeQuery(ctx, from, opts, text, start, end, step)
	}
	if err != nil {
		return nil, badParameter("query", err)
	}
	answer := q.Exec(ctx)
	if answer.Err != nil {
		q.Close()
		return nil, answer.Err
	}
	res = &result{value: answer.Value, query: text, notes: answer.Warnings, done: func() {
		q.Close()
		done()
	}}
	if limit > 0 {
		res.truncate(limit)
	}
	if r.Form.Get("stats") != "" {
		res.stats = stats.NewQueryStats(q.Stats())
	}
	return res, nil
}

// turn waits until the query may run. The context it returns ends with the timeout asked for, if that is shorter than
// usual; done gives the turn back, and may be called again.
func (p *Prom) turn(ctx context.Context, asked time.Duration) (_ context.Context, done func(), err error) {
	limit := p.opt.Timeout
	if asked > 0 {
		limit = min(limit, asked)
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	select {
	case p.turns <- struct{}{}:
		return ctx, sync.OnceFunc(func() {
			cancel()
			<-p.turns
		}), nil
	case <-ctx.Done():
		err := ctx.Err()
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			return nil, nil, errorf(timeout, "%d queries are running: there was no turn within %v", p.opt.MaxQueries, limit)
		}
		return nil, nil, err
	}
}

// readingOf returns how a request wants its series to be read.
func readingOf(r *http.Request) (reading, error) {
	res, err := resolutionOf(r)
	return reading{resolution: res}, err
}

// lookback returns how far back the engine has to look for a value: further than usual where values come seldom.
func (p *Prom) lookback(ctx context.Context, expr parser.Expr, how reading, start time.Time, step time.Duration) (time.Duration, error) {
	interval := int64(0)
	widest, oldest := step, start
	err := parser.Walk(visitor(func(node parser.Node) error {
		switch n := node.(type) {
		case *parser.SubqueryExpr:
			widest = max(widest, n.Step)
			oldest = oldest.Add(-n.Range - n.OriginalOffset)
		case *parser.VectorSelector:
			oldest = oldest.Add(-max(0, n.OriginalOffset))
			if n.Timestamp != nil {
				oldest = earlier(oldest, time.UnixMilli(*n.Timestamp))
			}
			return newSelector(n.LabelMatchers).walk(ctx, how.hosts, span{}, func(_ *hostIndex, ch *catalog.Chart, _ []*catalog.Dimension) error {
				interval = max(interval, ch.UpdateEvery())
				return nil
			})
		}
		return nil
	}), expr, nil)
	seconds := max(staleAfter(interval), how.resolution.lookback(p.levels(), oldest.Unix(), int64(widest/time.Second)))
	return max(lookback, time.Duration(seconds)*time.Second), err
}

// visitor is a function as a parser.Visitor.
type visitor func(parser.Node) error

// Visit implements parser.Visitor.
func (v visitor) Visit(node parser.Node, _ []parser.Node) (parser.Visitor, error) {
	if node == nil {
		return nil, nil
	}
	return v, v(node)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// named returns the labels of hosts that a query names: in matchers, in groupings, or as the argument of a function.
func named(expr parser.Expr) map[string]struct{} {
	names := map[string]struct{}{}
	add := func(list ...string) {
		for _, name := range list {
			if isHostLabel(name) {
				names[name] = struct{}{}
			}
		}
	}
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		switch n := node.(type) {
		case *parser.VectorSelector:
			for _, m := range n.LabelMatchers {
				add(m.Name)
			}
		case *parser.AggregateExpr:
			add(n.Grouping...)
		case *parser.BinaryExpr:
			if n.VectorMatching != nil {
				add(n.VectorMatching.MatchingLabels...)
				add(n.VectorMatching.Include...)
			}
		case *parser.StringLiteral:
			add(n.Val)
		}
		return nil
	})
	return names
}

// truncate leaves at most so many series.
func (res *result) truncate(limit int) {
	long := false
	switch v := res.value.(type) {
	case promql.Matrix:
		if long = len(v) > limit; long {
			res.value = v[:limit]
		}
	case promql.Vector:
		if long = len(v) > limit; long {
			res.value = v[:limit]
		}
	}
	if long {
		res.notes.Add(errTruncated)
	}
}

var errTruncated = errors.New("results truncated due to limit")

// formatQuery prints a query prettily.
func (p *Prom) formatQuery(r *http.Request) (*result, error) {
	expr, err := p.parser.ParseExpr(r.Form.Get("query"))
	if err != nil {
		return nil, badParameter("query", err)
	}
	return &result{data: expr.Pretty(0)}, nil
}

// exemplars answers that there are none.
func (p *Prom) exemplars(r *http.Request) (*result, error) {
	if _, err := p.parser.ParseExpr(r.Form.Get("query")); err != nil {
		return nil, badParameter("query", err)
	}
	if _, err := spanOf(r); err != nil {
		return nil, err
	}
	return &result{data: []struct{}{}}, nil
}
