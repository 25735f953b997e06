package api

import (
	"foster/internal/pattern"
	"foster/storage/catalog"
	"foster/storage/query"
)

// chartMetrics is the dimensions of a chart that a query reads. All of them are read for percentages; visible ones are
// printed.
type chartMetrics struct {
	chart   *catalog.Chart
	dims    []*catalog.Dimension
	visible []bool
}

// selectCharts returns the charts of a host that the query is about, with their dimensions. several says that the query
// is not about one chart by its name.
func (q *dataQuery) selectCharts(h *catalog.Host) (list []chartMetrics, several bool) {
	if q.chart != "" && q.contexts.Empty() {
		if ch := h.Chart(q.chart); ch != nil {
			return q.appendMetrics(nil, ch), false
		}
	}
	charts := pattern.Parse(q.chart, pattern.List)
	for _, ch := range h.Charts() {
		switch {
		case !q.contexts.Empty() && !q.contexts.Match(ch.Def().Context):
		case !charts.Empty() && !charts.Match(ch.ID) && !charts.Match(ch.Name()):
		default:
			list = q.appendMetrics(list, ch)
		}
	}
	return list, true
}

// appendMetrics appends a chart when it has labels and dimensions for the query.
func (q *dataQuery) appendMetrics(list []chartMetrics, ch *catalog.Chart) []chartMetrics {
	if !q.labels.match(ch) || !q.labelKeys.Empty() && !q.hasLabelKey(ch) {
		return list
	}
	m := chartMetrics{chart: ch}
	percentage := q.options.Has(query.Percentage)
	for _, d := range ch.Dimensions() {
		def := d.Def()
		visible := !def.Hidden
		if !q.dimensions.Empty() {
			visible = matchDimension(q.dimensions, q.options, d.ID, def.Name)
		}
		if visible || percentage {
			m.dims = append(m.dims, d)
			m.visible = append(m.visible, visible)
		}
	}
	if len(m.dims) == 0 {
		return list
	}
	return append(list, m)
}

func (q *dataQuery) hasLabelKey(ch *catalog.Chart) bool {
	for name := range chartLabels(ch) {
		if q.labelKeys.Match(name) {
			return true
		}
	}
	return false
}

// matchDimension says whether a pattern chooses a dimension, by its id or its name or what the options leave of that.
func matchDimension(p pattern.Pattern, o query.Options, id, name string) bool {
	ids, names := o.Has(query.MatchIDs), o.Has(query.MatchNames)
	if !ids && !names {
		ids, names = true, true
	}
	return ids && p.Match(id) || names && p.Match(name)
}

// database describes what is stored of charts.
func database(list []chartMetrics) (db query.Database) {
	for i := range list {
		ch := list[i].chart
		if last := ch.Last(); last != 0 {
			if first := ch.First(); db.First == 0 || first < db.First {
				db.First = first
			}
			db.Last = max(db.Last, last)
		}
		if every := ch.UpdateEvery(); db.UpdateEvery == 0 || every < db.UpdateEvery {
			db.UpdateEvery = every
		}
	}
	return db
}

// inWindow plans the rows of a query, and leaves out the charts that have nothing to say about them.
func inWindow(r query.Request, now int64, list []chartMetrics) (query.Window, query.Database, []chartMetrics) {
	db := database(list)
	w := r.Window(now, db)
	kept := list[:0:0]
	for i := range list {
		if ch := list[i].chart; w.Touches(ch.First(), ch.Last()) {
			kept = append(kept, list[i])
		}
	}
	if len(kept) == len(list) {
		return w, db, kept
	}
	db = database(kept)
	return r.Window(now, db), db, kept
}
