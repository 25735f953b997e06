package api

import (
	"context"

	"foster/internal/pattern"
	"foster/storage/catalog"
	"foster/storage/query"
)

// scoped is what the scope of a query leaves: charts, with the dimensions that are selected and those that are not.
type scoped struct {
	chart    *catalog.Chart
	node     *catalog.Host
	out      bool // the chart itself is not selected
	selected []scopedDimension
	excluded []scopedDimension
}

type scopedDimension struct {
	*catalog.Dimension
	place int // among the dimensions of the chart
}

// inScope returns the charts in the scope of the query, and the title that the charts of their contexts share.
func (a *API) inScope(ctx context.Context, q *data2Query) (list []scoped, title string, err error) {
	contexts := map[string]bool{}
	known := func(name string) bool {
		matched, found := contexts[name]
		if !found {
			// Contexts that are not selected do not show in the summary unless there is a scope to compare with.
			scope := q.scope.contexts
			if scope.Empty() {
				scope = q.selected.contexts
			}
			matched = scope.Empty() || scope.Match(name)
			contexts[name] = matched
		}
		return matched
	}
	for _, h := range a.catalog.Hosts() {
		if err := ctx.Err(); err != nil {
			return nil, "", err
		}
		if !q.scope.nodes.Empty() && !matchNode(q.scope.nodes, h) {
			continue
		}
		if err := a.retention(ctx, h); err != nil {
			return nil, "", err
		}
		nodeOut := !q.selected.nodes.Empty() && !matchNode(q.selected.nodes, h)
		for _, ch := range h.Charts() {
			if !known(ch.Def().Context) || ch.Last() == 0 {
				continue
			}
			if t := ch.Def().Title; title == "" {
				title = t
			} else {
				title = mergeText(title, t)
			}
			if !q.scope.instances.Empty() && !matchInstance(q.scope.instances, ch) || !q.scope.labels.match(ch) {
				continue
			}
			s := scoped{chart: ch, node: h}
			s.out = nodeOut ||
				!q.selected.contexts.Empty() && !q.selected.contexts.Match(ch.Def().Context) ||
				!q.selected.instances.Empty() && !matchInstance(q.selected.instances, ch) ||
				!q.selected.labels.match(ch) || !q.alerts.Empty()
			if q.divide(&s) {
				list = append(list, s)
			}
		}
	}
	return list, title, nil
}

// divide finds the dimensions of a chart that are in scope, and says which are selected. It is false when there are none.
func (q *data2Query) divide(s *scoped) bool {
	for i, d := range s.chart.Dimensions() {
		def := d.Def()
		if !q.scope.dimensions.Empty() && !matchDimension(q.scope.dimensions, q.options, d.ID, def.Name) {
			continue
		}
		in := !def.Hidden
		if !q.selected.dimensions.Empty() {
			in = matchDimension(q.selected.dimensions, q.options, d.ID, def.Name)
		}
		if in && !s.out {
			s.selected = append(s.selected, scopedDimension{d, i})
		} else {
			s.excluded = append(s.excluded, scopedDimension{d, i})
		}
	}
	return len(s.selected)+len(s.excluded) > 0
}

// matchNode says whether a pattern chooses a host, by its name, machine GUID or node id.
func matchNode(p pattern.Pattern, h *catalog.Host) bool {
	info := h.Info()
	return p.MatchAny(info.Hostname, h.GUID, info.NodeID)
}

// matchInstance says whether a pattern chooses a chart, by its id or its name, each also with the machine GUID.
func matchInstance(p pattern.Pattern, ch *catalog.Chart) bool {
	name := ch.Name()
	return p.MatchAny(ch.ID, ch.ID+"@"+ch.Host.GUID, name, name+"@"+ch.Host.GUID)
}

// window plans the rows and leaves out the charts that have nothing to say about them.
func (q *data2Query) window(now int64, list []scoped) (query.Window, query.Database, []scoped) {
	describe := func(list []scoped) (db query.Database) {
		var charts []chartMetrics
		for i := range list {
			if len(list[i].selected) > 0 {
				charts = append(charts, chartMetrics{chart: list[i].chart})
			}
		}
		return database(charts)
	}
	db := describe(list)
	w := q.request.Window(now, db)
	kept := list[:0]
	for _, s := range list {
		if w.Touches(s.chart.First(), s.chart.Last()) {
			kept = append(kept, s)
		}
	}
	if len(kept) < len(list) {
		db = describe(kept)
		w = q.request.Window(now, db)
	}
	return w, db, kept
}
