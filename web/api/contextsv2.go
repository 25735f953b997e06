package api

import (
	"slices"

	"foster/storage/catalog"
)

// scopedContexts returns the nodes in scope and the contexts that the parameters select on them. contexts alone, without
// the scope_ before it, does not narrow what there is (netdata v2.11.0).
func (a *API) scopedContexts(rp *reply, rq *request) (nodes []node, list []*contextCharts, ok bool) {
	nodes = a.nodes(rq.params)
	if !a.retentionOf(rp, rq, nodes) {
		return nil, nil, false
	}
	scope := optional(rq.params.get("scope_contexts"))
	window, now := parseSpan(rq.params, rq.now.Unix()), rq.now.Unix()
	var hosts []*catalog.Host
	for i := range nodes {
		if nodes[i].host != nil {
			hosts = append(hosts, nodes[i].host)
		}
	}
	for _, c := range contextsOf(hosts...).list {
		if scope.match(c.id) && window.touches(c.first, lastTime(c.last, now, c.live)) {
			list = append(list, c)
		}
	}
	return withCharts(nodes, list), list, true
}

// withCharts returns the nodes that have charts of the contexts, numbered anew.
func withCharts(nodes []node, list []*contextCharts) []node {
	has := map[*catalog.Host]bool{}
	for _, c := range list {
		for _, ch := range c.charts {
			has[ch.Host] = true
		}
	}
	nodes = slices.DeleteFunc(nodes, func(n node) bool { return !has[n.host] })
	for i := range nodes {
		nodes[i].index = i
	}
	return nodes
}

// contextsV2 answers /api/v2/contexts: the contexts of all nodes in scope, taken together.
func (a *API) contextsV2(rp *reply, rq *request) {
	nodes, list, ok := a.scopedContexts(rp, rq)
	if !ok {
		return
	}
	e := a.newEnvelope(rp, rq)
	e.answered(nodes)
	e.keyOpen("contexts", '{')
	for _, c := range list {
		e.keyOpen(c.id, '{')
		if e.options.has("titles") {
			e.keyString("title", c.title)
		}
		e.keyString("family", c.family)
		e.keyString("units", c.units)
		e.keyInt("priority", int64(c.priority))
		e.keyTime("first_entry", c.first)
		e.keyTime("last_entry", lastTime(c.last, rq.now.Unix(), c.live))
		e.keyBool("live", c.live)
		if e.options.has("dimensions") {
			e.key("dimensions")
			e.strings(c.dimensionNames())
		}
		if e.options.has("labels") {
			e.labels(c.labels(nil))
		}
		if e.options.has("instances") {
			e.key("instances")
			e.strings(c.instances())
		}
		e.close('}')
	}
	e.close('}')
	a.versions(rp)
	e.agents(nil)
	e.end()
}

// dimensionNames returns the distinct names of the dimensions of the context.
func (c *contextCharts) dimensionNames() []string {
	var names unique
	for _, ch := range c.charts {
		for _, d := range ch.Dimensions() {
			names.add(d.Def().Name)
		}
	}
	return names.list
}

// instances returns the distinct ids of the charts of the context.
func (c *contextCharts) instances() []string {
	var ids unique
	for _, ch := range c.charts {
		ids.add(ch.ID)
	}
	return ids.list
}

// unique is a list without repetitions, in order of appearance.
type unique struct {
	list []string
	seen map[string]bool
}

func (u *unique) add(s string) {
	if u.seen[s] {
		return
	}
	if u.seen == nil {
		u.seen = map[string]bool{}
	}
	u.seen[s] = true
	u.list = append(u.list, s)
}

// labelValues is the distinct values of labels by key, both in order of appearance.
type labelValues struct {
	keys   unique
	values map[string]*unique
}

// labels returns the labels of the charts of the context: all, or those whose key or value match.
func (c *contextCharts) labels(match func(s string) bool) *labelValues {
	l := &labelValues{values: map[string]*unique{}}
	for _, ch := range c.charts {
		for name, value := range chartLabels(ch) {
			if match != nil && !match(name) && !match(value) {
				continue
			}
			l.keys.add(name)
			if l.values[name] == nil {
				l.values[name] = &unique{}
			}
			l.values[name].add(value)
		}
	}
	return l
}

// labels writes labels with all their values.
func (e *envelope) labels(l *labelValues) {
	e.keyOpen("labels", '{')
	for _, key := range l.keys.list {
		e.key(key)
		e.strings(l.values[key].list)
	}
	e.close('}')
}
