package api

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"foster/internal/pattern"
	"foster/storage/query"
)

// groupKeys are the properties of a metric that it is grouped by.
type groupKeys uint8

const (
	groupDimension groupKeys = 1 << iota
	groupInstance
	groupLabel
	groupNode
	groupContext
	groupUnits
	groupSelected
	groupPercentageOfInstance
)

// groupNames are the names of the keys, in the order in which they make up the id of a group.
var groupNames = [...]struct {
	name string
	key  groupKeys
}{
	{"dimension", groupDimension},
	{"instance", groupInstance},
	{"label", groupLabel},
	{"node", groupNode},
	{"context", groupContext},
	{"units", groupUnits},
	{"selected", groupSelected},
	{"percentage-of-instance", groupPercentageOfInstance},
}

// groupPass is one pass of grouping metrics.
type groupPass struct {
	keys       groupKeys
	labels     []string // with groupLabel
	how        query.Aggregation
	percentage bool // values are percentages of what was selected and what was not
}

// names returns the names of the keys.
func (p *groupPass) names() []string {
	var names []string
	for _, n := range groupNames {
		switch {
		case p.keys&n.key == 0:
		case n.key == groupLabel:
			for _, l := range p.labels {
				names = append(names, "label:"+l)
			}
		default:
			names = append(names, n.name)
		}
	}
	return names
}

// data2Query is a decoded request for /api/v2/data or /api/v3/data.
type data2Query struct {
	version  int64
	scope    selectors // what there is to choose from
	selected selectors // what is chosen
	alerts   pattern.Pattern

	request  query.Request
	grouping query.Grouping
	passes   []groupPass // one or two
	most     int         // columns that are kept when there are more than allowed, beside the one for the rest
	allowed  int         // columns; 0: all
	tier     int         // -1: whatever serves best
	timeout  time.Duration
	output
}

// selectors are patterns that choose metrics; an empty one chooses all.
type selectors struct {
	nodes, contexts, instances, dimensions pattern.Pattern
	labels                                 labelFilter
}

func parseSelectors(ps params, prefix string) selectors {
	return selectors{
		nodes:      pattern.Parse(ps.get(prefix+"nodes"), pattern.List),
		contexts:   pattern.Parse(ps.get(prefix+"contexts"), pattern.List),
		instances:  pattern.Parse(ps.get(prefix+"instances"), pattern.List),
		dimensions: listPattern(ps, prefix+"dimensions"),
		labels:     parseLabelFilter(ps.get(prefix + "labels")),
	}
}

// parseData2Query decodes the parameters. As in netdata v2.11.0 nothing of them is an error.
func parseData2Query(ps params, version int64, steps []int64) data2Query {
	q := data2Query{version: version, scope: parseSelectors(ps, "scope_"), selected: parseSelectors(ps, ""), alerts: listPattern(ps, "alerts")}
	options := query.VirtualPoints | query.AnomalyRates | query.JSONWrap
	if given := parseOptions(ps.get("options")); given != 0 {
		if given.Has(query.NaturalPoints) {
			options &^= query.VirtualPoints
		}
		options |= given
	}
	q.passes = parsePasses(ps)
	for i := range q.passes {
		if p := &q.passes[i]; p.keys&groupDimension == 0 {
			options |= query.Absolute // what is not one thing adds up
		}
	}
	q.tier = parseTier(ps, len(steps), &options)
	q.request = parseRequest(ps, options, "time_resampling")
	if q.tier > 0 {
		q.request.Samples = steps[q.tier]
	}
	q.grouping = parseGrouping(ps, "time_group", "time_group_options")
	if n := ps.number("limit", 0); n > 0 {
		q.most = int(min(n, 1<<20))
		q.allowed = q.most
	} else if n := ps.number("cardinality_limit", 0); n > 1 {
		q.allowed = int(min(n, 1<<20)) // the one for the rest counts
		q.most = q.allowed - 1
	}
	q.timeout = parseTimeout(ps)
	q.output = parseOutput(ps, options, formatJSON2)
	return q
}

// parsePasses decodes how metrics are grouped: in one pass, or in two, of which the second groups what the first made.
// The first pass keeps apart what the second needs to tell apart.
func parsePasses(ps params) []groupPass {
	first := func(list []string, i int) string {
		if i < len(list) {
			return list[i]
		}
		return ""
	}
	plain := slices.Collect(ps.all("group_by"))
	labels, how := slices.Collect(ps.all("group_by_label")), slices.Collect(ps.all("aggregation"))
	var passes []groupPass
	for i, suffix := range [...]string{"[0]", "[1]"} {
		keys, label, aggregation := ps.get("group_by"+suffix), ps.get("group_by_label"+suffix), ps.get("aggregation"+suffix)
		if keys == "" {
			keys = first(plain, i)
		}
		if label == "" {
			label = first(labels, i)
		}
		if aggregation == "" {
			aggregation = first(how, i)
		}
		if i > 0 && keys == "" && label == "" {
			break
		}
		passes = append(passes, parsePass(keys, label, aggregation))
	}
	if len(passes) == 2 {
		switch p, next := &passes[0], &passes[1]; {
		case p.keys&(groupSelected|groupPercentageOfInstance) != 0 || next.keys&groupPercentageOfInstance != 0:
			passes = passes[:1] // nothing is left to group
		default:
			p.keys |= next.keys &^ groupSelected
			for _, l := range next.labels {
				if !slices.Contains(p.labels, l) {
					p.labels = append(p.labels, l)
				}
			}
		}
	}
	return passes
}

// maxLabels bounds the labels that are grouped by.
const maxLabels = 64

func parsePass(keys, labels, aggregation string) groupPass {
	var p groupPass
	separated := func(r rune) bool { return r == ',' || r == '|' || r == ' ' }
	for name := range strings.FieldsFuncSeq(keys, separated) {
		for _, n := range groupNames {
			if n.name == name {
				p.keys |= n.key
			}
		}
	}
	for label := range strings.FieldsFuncSeq(labels, func(r rune) bool { return r == ',' || r == '|' }) {
		if len(p.labels) < maxLabels && !slices.Contains(p.labels, label) {
			p.labels = append(p.labels, label)
		}
	}
	switch {
	case p.keys&groupSelected != 0:
		p.keys, p.labels = groupSelected, nil
	case p.keys&groupPercentageOfInstance != 0:
		p.keys, p.labels, p.percentage = groupPercentageOfInstance, nil, true
	case p.keys&^groupLabel == 0 && (p.keys == 0 || len(p.labels) == 0):
		p.keys = groupDimension
	}
	if p.keys&groupLabel != 0 && len(p.labels) == 0 {
		p.keys &^= groupLabel
	}
	if len(p.labels) > 0 {
		p.keys |= groupLabel
	}
	switch aggregation {
	case "sum":
		p.how = query.AggregateSum
	case "min":
		p.how = query.AggregateMin
	case "max":
		p.how = query.AggregateMax
	case "extremes":
		p.how = query.AggregateExtremes
	case "percentage":
		p.how, p.percentage = query.AggregateSum, true
	}
	return p
}

// aggregation returns the name of the aggregation.
func (p *groupPass) aggregation() string {
	switch {
	case p.percentage && p.keys&groupPercentageOfInstance == 0:
		return "percentage"
	case p.how == query.AggregateSum:
		return "sum"
	case p.how == query.AggregateMin:
		return "min"
	case p.how == query.AggregateMax:
		return "max"
	case p.how == query.AggregateExtremes:
		return "extremes"
	}
	return "average"
}

// id describes the query in one line.
func (q *data2Query) id() string {
	return fmt.Sprintf("data://hosts:%s%s/contexts:%s%s/after:%d/before:%d/points:%d/group:%s/options:%s", q.scope.nodes, q.selected.nodes,
		q.scope.contexts, q.selected.contexts, q.request.After, q.request.Before, q.request.Points, q.grouping, q.options)
}
