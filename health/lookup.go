package health

import (
	"context"
	"errors"
	"math"

	"foster/storage"
	"foster/storage/catalog"
	"foster/storage/query"
)

// lookup is what the lookup of an alert reads.
type lookup struct {
	of   []*catalog.Dimension // of the chart, as they were when the others were chosen
	read []*catalog.Dimension // those to read
	use  []bool               // which of them are asked for: of the others only the sum matters
	none bool                 // none is asked for
}

// choose chooses the dimensions to read.
func (l *lookup) choose(a *running) {
	dims := a.place.chart.Dimensions()
	if sameSlice(dims, l.of) && (l.read != nil || l.none) {
		return
	}
	*l = lookup{of: dims, none: true}
	all := a.def.options.Has(query.Percentage)
	for _, d := range dims {
		use := a.asksFor(d)
		if use {
			l.none = false
		}
		if use || all {
			l.read, l.use = append(l.read, d), append(l.use, use)
		}
	}
}

// asksFor says whether the lookup is of a dimension.
func (a *running) asksFor(d *catalog.Dimension) bool {
	def := a.def.Lookup
	switch {
	case a.dimension != nil:
		return d == a.dimension
	case def.Of == "":
		return true
	}
	ids, names := a.def.options.Has(query.MatchIDs), a.def.options.Has(query.MatchNames)
	if ids == names {
		ids, names = true, true
	}
	return ids && def.Dimension.Match(d.ID) || names && def.Dimension.Match(d.Def().Name)
}

// look returns the value of the lookup, NaN when there is none.
func (a *running) look(ctx context.Context, ev *evaluator) float64 {
	a.lookup.choose(a)
	if a.lookup.none {
		return math.NaN()
	}
	ch, def := a.place.chart, a.def.Lookup
	request := query.Request{After: seconds(def.After), Before: seconds(def.Before), Points: 1, Options: a.def.options}
	w := request.Window(ev.now, query.Database{First: ch.First(), Last: ch.Last(), UpdateEvery: ch.UpdateEvery()})
	a.after, a.before = w.Start()+w.Granularity, w.Before
	result, err := ev.host.engine.query(ctx, ch, a.lookup.read, w, a)
	if err != nil {
		if e := ev.host.engine; ctx.Err() == nil && !errors.Is(err, storage.ErrClosed) {
			if held, ok := e.unread.Pass(a.def.Name, e.o.Now()); ok {
				e.o.Log.Error("the lookup of an alert could not be read", "alert", a.name, "chart", ch.ID, "host", ev.host.facts.name,
					"error", err, "not_logged", held)
			}
		}
		return math.NaN()
	}
	return a.combine(result)
}

// query reads the rows of a window.
func (e *Engine) query(ctx context.Context, ch *catalog.Chart, dims []*catalog.Dimension, w query.Window, a *running) (*query.Result, error) {
	r := storage.Range{Step: w.Widest(a.def.grouping, e.o.Steps)}
	r.After, r.Before = w.Span(max(r.Step, ch.UpdateEvery()))
	selection, err := e.o.Store.Select(ctx, ch, dims, r)
	if err != nil {
		return nil, err
	}
	result, err := query.Run(ctx, w, a.def.grouping, selection.Series)
	return result, errors.Join(err, selection.Close())
}

// combine makes one value of the newest values of the dimensions.
func (a *running) combine(r *query.Result) float64 {
	o := a.def.options
	if o.Has(query.Percentage) {
		if o.Has(query.Null2Zero) {
			r.Zeros()
		}
		r.Percentages()
	}
	how := a.def.Lookup.Combine
	if o.Has(query.Min2Max) {
		how = "min2max"
	}
	var values []float64
	last := r.Points - 1
	for i := range r.Columns {
		if !a.lookup.use[i] || last < 0 {
			continue
		}
		v := r.Columns[i].Values[last]
		if v != v && o.Has(query.Null2Zero) {
			v = 0
		}
		if v == v {
			values = append(values, v)
		}
	}
	return combine(how, values)
}

// combine makes one value of those of several dimensions, NaN of none; how is as in conf.Lookup.
func combine(how string, values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sum, lowest, highest := 0.0, values[0], values[0]
	for _, v := range values {
		sum += v
		lowest, highest = min(lowest, v), max(highest, v)
	}
	switch how {
	case "average":
		return sum / float64(len(values))
	case "min":
		return lowest
	case "max":
		return highest
	case "min2max":
		return highest - lowest
	}
	return sum
}
