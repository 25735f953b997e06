package api

import (
	"maps"
	"math"
	"slices"

	"foster/storage/query"
)

// database2 writes what is stored of the metrics of a query.
func (rp *reply) database2(ans *answer2, k keys) {
	rp.keyOpen("db", '{')
	rp.keyInt("tiers", int64(len(ans.read)))
	rp.keyInt("update_every", ans.db.UpdateEvery)
	rp.keyTime("first_entry", ans.db.First, ans.options)
	rp.keyTime("last_entry", ans.db.Last, ans.options)
	rp.units(ans.chartUnits())
	rp.keyOpen("dimensions", '{')
	rp.groupStrings(ans, "ids", func(g *group) string { return g.id })
	if len(ans.groups.list) > 0 {
		rp.groupStrings(ans, "units", func(g *group) string { return g.chart.Def().Units })
		rp.statsOfGroups(ans, k, func(g *group) (query.Stats, float64) { return g.Stats, g.Stats.AnomalyRate() })
	}
	rp.close('}')
	rp.keyOpen("per_tier", '[')
	for i, n := range ans.read {
		every, first, last := ans.db.UpdateEvery, ans.db.First, ans.db.Last
		if i > 0 && i < len(ans.tiers) {
			t := &ans.tiers[i]
			every, first, last = max(every, t.Step), max(first, t.First), min(last, t.Last)
		}
		if first > last {
			first, last = 0, 0
		}
		rp.open('{')
		rp.keyInt("tier", int64(i))
		rp.keyInt("queries", int64(ans.series[i]))
		rp.keyInt("points", int64(n))
		rp.keyInt("update_every", every)
		rp.keyTime("first_entry", first, ans.options)
		rp.keyTime("last_entry", last, ans.options)
		rp.close('}')
	}
	rp.close(']')
	rp.close('}')
}

// chartUnits returns the units of the charts, each once.
func (ans *answer2) chartUnits() []string {
	var units []string
	for i := range ans.charts {
		if u := ans.charts[i].chart.Def().Units; !slices.Contains(units, u) {
			units = append(units, u)
		}
	}
	return units
}

// view2 writes what is seen in the rows.
func (rp *reply) view2(ans *answer2, k keys) {
	o := ans.options
	rp.keyOpen("view", '{')
	if len(ans.charts) > 0 {
		rp.keyString("title", ans.summary.title)
	}
	rp.keyInt("update_every", ans.Step())
	rp.keyTime("after", ans.After, o)
	rp.keyTime("before", ans.Before, o)
	if o.Has(query.Raw) {
		rp.keyOpen("partial_data_trimming", '{')
		rp.keyInt("max_update_every", ans.trimming.every)
		rp.keyTime("expected_after", ans.trimming.expected, o)
		rp.keyTime("trimmed_after", ans.trimming.trimmed, o)
		rp.close('}')
		rp.keyInt("points", int64(ans.Points))
	}
	if c := ans.cardinality; c.folded > 0 {
		rp.keyOpen("cardinality", '{')
		rp.keyInt("folded", int64(c.folded))
		rp.keyNumber("cut", c.cut)
		rp.close('}')
	}
	if len(ans.charts) > 0 {
		units := ans.chartUnits()
		for i := range units {
			units[i] = ans.viewUnits(units[i])
		}
		rp.units(units)
		rp.keyString("chart_type", ans.charts[0].chart.Def().Type)
	}
	rp.keyOpen("dimensions", '{')
	rp.key("grouped_by")
	rp.strings(ans.groups.pass.names())
	rp.groupStrings(ans, "ids", func(g *group) string { return g.id })
	rp.groupStrings(ans, "names", func(g *group) string { return g.name })
	if len(ans.groups.list) > 0 {
		rp.groupStrings(ans, "units", func(g *group) string { return ans.viewUnits(g.units) })
		rp.groupNumbers(ans, "priorities", func(g *group) float64 { return float64(g.priority) })
		rp.groupNumbers(ans, "aggregated", func(g *group) float64 { return float64(g.Metrics) })
		rp.statsOfGroups(ans, k, func(g *group) (query.Stats, float64) { return g.RowStats() })
		if o.Has(query.GroupByLabels) {
			rp.labelsOfGroups(ans)
		}
	}
	rp.close('}')
	if len(ans.groups.list) == 0 {
		rp.keyNull("min")
		rp.keyNull("max")
	} else {
		lowest, highest := ans.all.Min, ans.all.Max
		switch ans.query.format {
		case formatSSV, formatSSVComma, formatArray:
			lowest, highest = ans.valueRange()
		}
		rp.keyNumber("min", lowest)
		rp.keyNumber("max", highest)
	}
	rp.close('}')
}

// viewUnits returns the units of values that come from samples with those units.
func (ans *answer2) viewUnits(units string) string {
	for i := range ans.query.passes {
		if ans.query.passes[i].percentage {
			return "%"
		}
	}
	return ans.query.grouping.Units(units)
}

// keyTime writes a time, as text if the options say so.
func (rp *reply) keyTime(key string, t int64, o query.Options) {
	if o.Has(query.RFC3339) {
		rp.keyString(key, string(appendTimestamp(nil, t)))
		return
	}
	rp.keyInt(key, t)
}

func (rp *reply) groupStrings(ans *answer2, key string, value func(*group) string) {
	rp.keyOpen(key, '[')
	for _, g := range ans.groups.list {
		rp.string(value(g))
	}
	rp.close(']')
}

func (rp *reply) groupNumbers(ans *answer2, key string, value func(*group) float64) {
	rp.keyOpen(key, '[')
	for _, g := range ans.groups.list {
		rp.number(value(g))
	}
	rp.close(']')
}

// statsOfGroups writes the figures of the groups, each as an array.
func (rp *reply) statsOfGroups(ans *answer2, k keys, of func(*group) (query.Stats, float64)) {
	stats, rates := make([]query.Stats, len(ans.groups.list)), make([]float64, len(ans.groups.list))
	total := 0.0
	for i, g := range ans.groups.list {
		stats[i], rates[i] = of(g)
		total += math.Abs(stats[i].Sum)
	}
	array := func(key string, value func(i int) float64) {
		rp.keyOpen(k.of(key), '[')
		for i := range stats {
			rp.number(value(i))
		}
		rp.close(']')
	}
	rp.keyOpen(k.of("sts"), '{')
	array("min", func(i int) float64 { return stats[i].Min })
	array("max", func(i int) float64 { return stats[i].Max })
	if ans.options.Has(query.Raw) {
		array("sum", func(i int) float64 { return stats[i].Sum })
		array("cnt", func(i int) float64 { return float64(stats[i].Count) })
		array("arc", func(i int) float64 { return math.Round(rates[i] * float64(stats[i].Count) / 100) })
	} else {
		array("avg", func(i int) float64 { return stats[i].Mean() })
		array("arp", func(i int) float64 { return rates[i] })
		array("con", func(i int) float64 { return share(math.Abs(stats[i].Sum), total) })
	}
	rp.close('}')
}

// share returns the percentage of a part.
func share(part, total float64) float64 {
	if total == 0 {
		return 0
	}
	return 100 * part / total
}

// labelsOfGroups writes, for each label, the values that each group has.
func (rp *reply) labelsOfGroups(ans *answer2) {
	names := map[string]bool{}
	for _, g := range ans.groups.list {
		for name := range g.labels {
			names[name] = true
		}
	}
	rp.keyOpen("labels", '{')
	for _, name := range slices.Sorted(maps.Keys(names)) {
		rp.keyOpen(name, '[')
		for _, g := range ans.groups.list {
			rp.strings(g.labels[name])
		}
		rp.close(']')
	}
	rp.close('}')
}
