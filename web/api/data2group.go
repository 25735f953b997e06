package api

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"foster/storage/catalog"
	"foster/storage/query"
)

// group is metrics that share what the query groups by: a column of the answer.
type group struct {
	*query.Aggregate
	id, name string
	units    string
	priority int
	chart    *catalog.Chart // of its first metric
	labels   map[string][]string
	dim      *catalog.Dimension
	hiding   string // id without the dimension: what is not selected has no group of its own
}

// groups are the groups of a pass, in the order in which they were found.
type groups struct {
	pass   *groupPass
	rows   int
	list   []*group
	byID   map[string]*group
	hidden map[string]*query.Aggregate // by group.hiding
}

func newGroups(pass *groupPass, rows int) *groups {
	return &groups{pass: pass, rows: rows, byID: map[string]*group{}, hidden: map[string]*query.Aggregate{}}
}

// of returns the group of a metric.
func (gs *groups) of(d *catalog.Dimension, priority int, options query.Options) *group {
	id, name := gs.pass.identify(d, gs.pass.keys)
	g := gs.byID[id]
	if g == nil {
		g = &group{
			Aggregate: query.NewAggregate(gs.rows, gs.pass.how), id: id, name: name, units: d.Chart.Def().Units, priority: priority,
			chart: d.Chart, dim: d,
		}
		if gs.pass.percentage {
			g.hiding, _ = gs.pass.identify(d, gs.pass.keys&^groupDimension)
		}
		gs.byID[id] = g
		gs.list = append(gs.list, g)
	}
	g.priority = min(g.priority, priority)
	if options.Has(query.GroupByLabels) {
		g.addLabels(d.Chart)
	}
	return g
}

// mostLabelValues bounds the values of a label that a group tells.
const mostLabelValues = 1000

func (g *group) addLabels(ch *catalog.Chart) {
	if g.labels == nil {
		g.labels = map[string][]string{}
	}
	for name, value := range chartLabels(ch) {
		if values := g.labels[name]; len(values) < mostLabelValues && !slices.Contains(values, value) {
			g.labels[name] = append(values, value)
		}
	}
}

// hide adds a metric that is not selected to what percentages are percentages of.
func (gs *groups) hide(d *catalog.Dimension, c *query.Column) {
	id, _ := gs.pass.identify(d, gs.pass.keys&^groupDimension)
	sums := gs.hidden[id]
	if sums == nil {
		sums = query.NewAggregate(gs.rows, query.AggregateSum)
		gs.hidden[id] = sums
	}
	sums.Add(c)
}

// identify returns id and name of the group of a metric.
func (p *groupPass) identify(d *catalog.Dimension, keys groupKeys) (id, name string) {
	ch := d.Chart
	switch {
	case keys == groupDimension:
		id = d.Def().Name
		return id, id
	case keys&groupSelected != 0:
		return "selected", "selected"
	case keys&groupPercentageOfInstance != 0:
		return instanceID(ch)
	}
	var ids, names []string
	put := func(id, name string) { ids, names = append(ids, id), append(names, name) }
	if keys&groupDimension != 0 {
		put(d.Def().Name, d.Def().Name)
	}
	if keys&groupInstance != 0 {
		if keys&groupNode != 0 {
			put(ch.ID, ch.Name())
		} else {
			put(instanceID(ch))
		}
	}
	if keys&groupLabel != 0 {
		for _, key := range p.labels {
			value, ok := labelValue(ch, key)
			if !ok {
				value = "[unset]"
			}
			put(value, value)
		}
	}
	if keys&groupNode != 0 {
		put(ch.Host.GUID, ch.Host.Info().Hostname)
	}
	if keys&groupContext != 0 {
		put(ch.Def().Context, ch.Def().Context)
	}
	if keys&groupUnits != 0 {
		put(ch.Def().Units, ch.Def().Units)
	}
	return strings.Join(ids, ","), strings.Join(names, ",")
}

// instanceID returns id and name of a chart among those of all hosts.
func instanceID(ch *catalog.Chart) (id, name string) {
	return ch.ID + "@" + ch.Host.GUID, ch.Name() + "@" + ch.Host.Info().Hostname
}

// regroup makes the groups of a second pass.
func (gs *groups) regroup(pass *groupPass, options query.Options) *groups {
	next := newGroups(pass, gs.rows)
	for _, g := range gs.list {
		into := next.of(g.dim, g.priority, options&^query.GroupByLabels)
		into.Merge(g.Aggregate)
		for key, values := range g.labels {
			if into.labels == nil {
				into.labels = map[string][]string{}
			}
			for _, v := range values {
				if have := into.labels[key]; len(have) < mostLabelValues && !slices.Contains(have, v) {
					into.labels[key] = append(have, v)
				}
			}
		}
	}
	return next
}

// finish makes the values of all groups final.
func (gs *groups) finish(raw bool) {
	for _, g := range gs.list {
		if sums := gs.hidden[g.hiding]; sums != nil && gs.pass.percentage {
			g.Hide(sums)
		}
		g.Finish(raw)
	}
}

// cardinality says what became of groups beyond the limit.
type cardinality struct {
	folded int
	cut    float64 // the sum of the largest group that was folded
}

// limit keeps, of more than the allowed groups, those with the largest sums, and one with all others.
func (gs *groups) limit(most, allowed int) (c cardinality) {
	if allowed <= 0 || len(gs.list) <= allowed {
		return c
	}
	weights := make(map[*group]float64, len(gs.list))
	for _, g := range gs.list {
		s, _ := g.RowStats()
		weights[g] = math.Abs(s.Sum)
	}
	slices.SortStableFunc(gs.list, func(a, b *group) int { return cmp.Compare(weights[b], weights[a]) })
	folded := gs.list[most:]
	c.folded, c.cut = len(folded), weights[folded[0]]
	name := fmt.Sprintf("remaining %d dimensions", len(folded))
	rest := &group{Aggregate: query.NewAggregate(gs.rows, query.AggregateSum), id: name, name: name, units: folded[0].units, priority: folded[0].priority, chart: folded[0].chart}
	for _, g := range folded {
		rest.Fold(g.Aggregate)
		for key, values := range g.labels {
			if rest.labels == nil {
				rest.labels = map[string][]string{}
			}
			rest.labels[key] = append(rest.labels[key], values...)
		}
	}
	gs.list = append(gs.list[:most:most], rest)
	return c
}
