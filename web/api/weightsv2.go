package api

import (
	"net/http"
	"slices"

	"foster/storage/catalog"
	"foster/storage/query"
)

// weightSelectors are the parameters that narrow what is weighed, in the order in which answers tell them.
var (
	weightScopes    = []string{"scope_nodes", "scope_contexts", "scope_instances", "scope_labels"}
	weightSelectors = []string{"nodes", "contexts", "instances", "dimensions", "labels"}
)

// weightsV2 answers /api/v2/weights: the weights of metrics of several nodes, with those of their charts, contexts and
// nodes.
func (a *API) weightsV2(rp *reply, rq *request) {
	q, message := parseWeightQuery(rq.params, rq.now, len(a.steps), weightValue)
	if message != "" {
		rp.failError(http.StatusBadRequest, message)
		return
	}
	ctx, done, ok := a.begin(rp, rq, q.timeout)
	if !ok {
		return
	}
	defer done()
	nodes := a.nodes(rq.params)
	if !a.retentionOf(rp, rq, nodes) {
		return
	}
	ps := rq.params
	instances := [2]optionalPattern{optional(ps.get("scope_instances")), optional(ps.get("instances"))}
	contexts := [2]optionalPattern{optional(ps.get("scope_contexts")), optional(ps.get("contexts"))}
	labels := [2]labelFilter{parseLabelFilter(starIsAll(ps.get("scope_labels"))), parseLabelFilter(starIsAll(ps.get("labels")))}
	dimensions := optional(ps.get("dimensions"))
	var charts []*catalog.Chart
	for i := range nodes {
		if nodes[i].host == nil {
			continue
		}
		var own []*catalog.Chart
		for _, ch := range nodes[i].host.Charts() {
			selected := listed(ch)
			for level := range 2 {
				selected = selected && contexts[level].match(ch.Def().Context) && labels[level].match(ch) && instances[level].chart(ch)
			}
			if selected {
				own = append(own, ch)
			}
		}
		charts = append(charts, byContext(own)...)
	}
	w := &weighing{api: a, query: &q, now: rq.now.Unix(), read: make([]int, len(a.steps))}
	pick := func(d *catalog.Dimension) bool { return dimensions.match(d.ID, d.Def().Name) }
	if err := w.weigh(ctx, charts, pick); err != nil {
		a.failQuery(rp, rq, "weigh metrics", err)
		return
	}
	e := a.newEnvelope(rp, rq)
	e.timed = true
	e.weightRequest(&q)
	e.keyOpen("db", '{')
	w.statistics(&rp.encoder)
	e.close('}')
	a.versions(rp)
	e.weightSchema()
	newWeightTable(w.list, nodes).write(e)
	e.agents(nil)
	e.keyInt("correlated_dimensions", int64(len(w.list)))
	e.keyInt("total_dimensions_count", int64(w.seen))
	e.end()
}

// starIsAll returns a filter of labels, empty for the star that selects everything.
func starIsAll(filter string) string {
	if filter == "*" {
		return ""
	}
	return filter
}

// chart says whether a chart is selected.
func (p optionalPattern) chart(ch *catalog.Chart) bool {
	return p.Empty() || matchInstance(p.Pattern, ch)
}

// weightRequest writes the request as it was understood.
func (e *envelope) weightRequest(q *weightQuery) {
	ps := e.rq.params
	selectors := func(group string, names []string) {
		e.keyOpen(group, '{')
		for _, name := range names {
			value := ps.get(name)
			if value == "" {
				value = "*"
			}
			e.keyString(name, value)
		}
		e.close('}')
	}
	window := func() {
		e.keyOpen("window", '{')
		e.keyInt("after", q.highlight.after)
		e.keyInt("before", q.highlight.before)
	}
	e.keyOpen("request", '{')
	e.keyString("method", string(q.method))
	e.key("options")
	e.strings(q.options.Names())
	selectors("scope", weightScopes)
	selectors("selectors", append(slices.Clip(weightSelectors), "alerts"))
	window()
	e.keyInt("points", q.request.Points)
	if q.tier < 0 {
		e.keyNull("tier")
	} else {
		e.keyInt("tier", int64(q.tier))
	}
	if q.method == weightKS2 || q.method == weightVolume {
		e.keyInt("baseline_after", q.baseline.after)
		e.keyInt("baseline_before", q.baseline.before)
	}
	e.close('}')
	e.keyOpen("aggregations", '{')
	e.keyOpen("time", '{')
	e.keyString("time_group", q.group)
	e.keyOptional("time_group_options", ps.get("time_group_options", "group_options"))
	e.close('}')
	e.keyOpen("metrics", '[')
	e.open('{')
	e.key("group_by")
	e.strings([]string{"none"})
	e.keyString("aggregation", "average")
	e.close('}')
	e.close(']')
	e.close('}')
	e.keyInt("timeout", q.timeout.Milliseconds())
	e.close('}')
	e.keyOpen("view", '{')
	e.keyString("format", "full")
	e.keyString("time_group", q.group)
	window()
	e.keyInt("duration", q.highlight.before-q.highlight.after)
	e.keyInt("points", q.request.Points)
	e.close('}')
	e.close('}')
}

// weightSchema writes what the columns of the result are.
func (e *envelope) weightSchema() {
	column := func(name, kind string) {
		e.open('{')
		e.keyString("name", name)
		e.keyString("type", kind)
	}
	e.keyOpen("schema", '{')
	e.keyString("type", "array")
	e.keyOpen("items", '[')
	column("row_type", "integer")
	e.key("value")
	e.strings([]string{"dimension", "instance", "context", "node"})
	e.close('}')
	for _, dictionary := range []struct{ name, of string }{{"ni", "nodes"}, {"ci", "contexts"}, {"ii", "instances"}, {"di", "dimensions"}} {
		column(dictionary.name, "integer")
		e.keyString("dictionary", dictionary.of)
		e.close('}')
	}
	column("weight", "number")
	e.close('}')
	column("timeframe", "array")
	e.key("labels")
	e.strings([]string{"min", "avg", "max", "sum", "count", "anomaly_count"})
	e.keyOpen("calculations", '{')
	e.keyString("anomaly rate", "anomaly_count * 100 / count")
	e.close('}')
	e.close('}')
	e.close(']')
	e.close('}')
}

// weightTable is the result: rows that name nodes, contexts, instances and dimensions by their indexes.
type weightTable struct {
	list  []weight
	nodes []node
	of    map[*catalog.Host]int

	contexts, instances, dimensions dictionary
	contextUnits                    []string
}

// dictionary gives numbers to texts.
type dictionary struct {
	unique
	index map[string]int
}

func (d *dictionary) number(s string) int {
	if i, known := d.index[s]; known {
		return i
	}
	if d.index == nil {
		d.index = map[string]int{}
	}
	d.index[s] = len(d.list)
	d.add(s)
	return d.index[s]
}

func newWeightTable(list []weight, nodes []node) *weightTable {
	t := &weightTable{list: list, nodes: nodes, of: map[*catalog.Host]int{}}
	for i := range nodes {
		t.of[nodes[i].host] = nodes[i].index
	}
	return t
}

// write writes the rows, and then what their indexes mean.
func (t *weightTable) write(e *envelope) {
	e.keyOpen("result", '[')
	host := func(x *weight) *catalog.Host { return x.dim.Chart.Host }
	context := func(x *weight) string { return x.dim.Chart.Def().Context }
	chart := func(x *weight) *catalog.Chart { return x.dim.Chart }
	for ofHost := range together(t.list, host) {
		ni := t.of[host(&ofHost[0])]
		for ofContext := range together(ofHost, context) {
			ch := ofContext[0].dim.Chart
			ci := t.contexts.number(ch.Def().Context)
			if ci == len(t.contextUnits) {
				t.contextUnits = append(t.contextUnits, ch.Def().Units)
			}
			for ofChart := range together(ofContext, chart) {
				ii := t.instances.number(ofChart[0].dim.Chart.ID)
				for i := range ofChart {
					x := &ofChart[i]
					di := t.dimensions.number(x.dim.ID)
					t.row(e, 0, [4]int{ni, ci, ii, di}, ofChart[i:i+1])
				}
				t.row(e, 1, [4]int{ni, ci, ii, -1}, ofChart)
			}
			t.row(e, 2, [4]int{ni, ci, -1, -1}, ofContext)
		}
		t.row(e, 3, [4]int{ni, -1, -1, -1}, ofHost)
	}
	e.close(']')
	e.keyOpen("dictionaries", '{')
	e.answered(t.nodes)
	t.names(e, "contexts", "ci", t.contexts.list, t.contextUnits)
	t.names(e, "instances", "ii", t.instances.list, nil)
	t.names(e, "dimensions", "di", t.dimensions.list, nil)
	e.close('}')
}

// row writes a row of some kind, over metrics; an index of -1 is null.
func (t *weightTable) row(e *envelope, kind int64, indexes [4]int, list []weight) {
	e.open('[')
	e.int(kind)
	for _, i := range indexes {
		if i < 0 {
			e.null()
		} else {
			e.int(int64(i))
		}
	}
	e.number(meanWeight(list))
	var s query.Stats
	for i := range list {
		s.Merge(list[i].stats)
	}
	e.open('[')
	for _, v := range []float64{s.Min, s.Mean(), s.Max, s.Sum, float64(s.Count), float64(s.Anomalous)} {
		e.number(v)
	}
	e.close(']')
	e.close(']')
}

// names writes a dictionary.
func (t *weightTable) names(e *envelope, name, index string, list, units []string) {
	e.keyOpen(name, '[')
	for i, id := range list {
		e.open('{')
		e.keyString("id", id)
		if units != nil {
			e.keyString("units", units[i])
		}
		e.keyInt(e.k(index), int64(i))
		e.close('}')
	}
	e.close(']')
}
