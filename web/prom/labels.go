package prom

import (
	"strings"

	"foster/replication/wire"
	"foster/storage/catalog"
	"foster/storage/tier"
)

// Labels of a series that are not labels of its host or chart. The machine GUID, the chart's id and the dimension's id
// identify it.
const (
	labelName          = "__name__" // of the metric
	labelGUID          = "machine_guid"
	labelHost          = "host"
	labelChart         = "chart"
	labelChartName     = "chart_name" // when it is not the id
	labelFamily        = "family"
	labelDimension     = "dimension"
	labelDimensionName = "dimension_name" // when it is not the id

	hostPrefix      = "host_"  // before the name of a label of the host
	collisionPrefix = "label_" // before the name of a label of the chart that is one of the above, or looks like one
)

// pair is a label.
type pair struct {
	name, value string
}

// hostLabelName returns the name under which a label of a host is joined to its series. The underscore before the names of
// what agents find out themselves is dropped.
func hostLabelName(name string) string {
	return hostPrefix + tier.MetricName(strings.TrimLeft(name, "_"))
}

// chartLabelName returns the name under which a label of a chart is joined to its series.
func chartLabelName(name string) string {
	name = tier.MetricName(name)
	switch name {
	case labelGUID, labelHost, labelChart, labelChartName, labelFamily, labelDimension, labelDimensionName:
		return collisionPrefix + name
	}
	if strings.HasPrefix(name, hostPrefix) || strings.HasPrefix(name, collisionPrefix) || strings.HasPrefix(name, "__") {
		return collisionPrefix + name
	}
	return name
}

// isHostLabel says whether a label is joined from the labels of the host.
func isHostLabel(name string) bool { return strings.HasPrefix(name, hostPrefix) }

// join appends labels to pairs under the names that rename gives them. The values of several labels with one name are
// joined with a semicolon, in the order of the original names. Labels without a value do not exist for Prometheus.
func join(pairs []pair, ls []wire.Label, rename func(string) string, want func(wire.Label, string) bool) []pair {
	first := len(pairs)
next:
	for _, l := range ls {
		if l.Value == "" {
			continue
		}
		p := pair{rename(l.Name), valid(l.Value)}
		if want != nil && !want(l, p.name) {
			continue
		}
		for i := range pairs[first:] {
			if same := &pairs[first+i]; same.name == p.name {
				same.value += ";" + p.value
				continue next
			}
		}
		pairs = append(pairs, p)
	}
	return pairs
}

// valid returns s as a label value, which is UTF-8.
func valid(s string) string { return strings.ToValidUTF8(s, "\ufffd") }

// chartPairs appends the labels of a chart, with the name of its metric.
func chartPairs(pairs []pair, ch *catalog.Chart) []pair {
	def := ch.Def()
	pairs = append(pairs, pair{labelName, tier.MetricName(def.Context)}, pair{labelChart, valid(ch.ID)})
	if def.Family != "" {
		pairs = append(pairs, pair{labelFamily, valid(def.Family)})
	}
	if name := ch.Name(); name != ch.ID {
		pairs = append(pairs, pair{labelChartName, valid(name)})
	}
	return join(pairs, ch.Labels(), chartLabelName, nil)
}

// chartValue returns the value of a label of a chart, "" when it has none of that name.
func chartValue(ch *catalog.Chart, label string, scratch *[]pair) string {
	switch label {
	case labelChart:
		return valid(ch.ID)
	case labelFamily:
		return valid(ch.Def().Family)
	case labelChartName:
		if name := ch.Name(); name != ch.ID {
			return valid(name)
		}
		return ""
	case labelName:
		return tier.MetricName(ch.Def().Context)
	}
	if len(ch.Labels()) == 0 {
		return ""
	}
	*scratch = join((*scratch)[:0], ch.Labels(), chartLabelName, nil)
	return valueOf(*scratch, label)
}

// dimensionPairs appends the labels of a dimension.
func dimensionPairs(pairs []pair, d *catalog.Dimension) []pair {
	pairs = append(pairs, pair{labelDimension, valid(d.ID)})
	if name := dimensionName(d); name != "" {
		pairs = append(pairs, pair{labelDimensionName, name})
	}
	return pairs
}

// dimensionName returns the value of the label dimension_name.
func dimensionName(d *catalog.Dimension) string {
	if name := d.Def().Name; name != d.ID {
		return valid(name)
	}
	return ""
}

func valueOf(pairs []pair, name string) string {
	for _, p := range pairs {
		if p.name == name {
			return p.value
		}
	}
	return ""
}

// ofDimension says whether a label belongs to the dimension, and not to its chart or host.
func ofDimension(name string) bool { return name == labelDimension || name == labelDimensionName }

// ofHost says whether a label belongs to the host.
func ofHost(name string) bool { return name == labelGUID || name == labelHost || isHostLabel(name) }
