package api

import (
	"math"

	"foster/storage/catalog"
	"foster/storage/query"
)

// wrap writes the object that describes a query of /api/v1/data, with the result inside it.
func (rp *reply) wrap(ans *answer) {
	q := ans.query
	options := ans.options &^ (query.NaturalPoints | query.VirtualPoints)
	if ans.Natural {
		options |= query.NaturalPoints
	} else {
		options |= query.VirtualPoints
	}
	id := ans.id()
	rp.open('{')
	rp.keyInt("api", 1)
	rp.keyString("id", id)
	rp.keyString("name", id)
	rp.keyInt("view_update_every", ans.Step())
	rp.keyInt("update_every", ans.db.UpdateEvery)
	rp.keyInt("first_entry", ans.db.First)
	rp.keyInt("last_entry", ans.db.Last)
	rp.keyInt("after", ans.After)
	rp.keyInt("before", ans.Before)
	rp.keyString("group", q.grouping.String())
	rp.key("options")
	rp.strings(options.Names())
	rp.columnStrings(ans, "dimension_names", func(i int) string { return ans.table.columns[i].name })
	rp.columnStrings(ans, "dimension_ids", func(i int) string { return ans.table.columns[i].id })
	if q.options.Has(query.AllDimensions) {
		rp.choices(ans)
	}
	rp.keyOpen("functions", '[')
	rp.close(']')
	if ans.several {
		rp.columnStrings(ans, "chart_ids", func(i int) string { return ans.dims[i].Chart.ID })
	}
	if !q.labelKeys.Empty() {
		rp.chosenLabels(ans)
	}
	rp.columnNumbers(ans, "latest_values", func(i int) float64 { return ans.latest[i] })
	rp.columnNumbers(ans, "view_latest_values", func(i int) float64 { return ans.table.columns[i].values[ans.Points-1] })
	points := ans.Points
	if len(ans.table.columns) == 0 {
		points = 0
	}
	rp.keyInt("dimensions", int64(len(ans.table.columns)))
	rp.keyInt("points", int64(points))
	rp.keyString("format", q.format.String())
	rp.keyOpen("db_points_per_tier", '[')
	for _, n := range ans.read {
		rp.int(int64(n))
	}
	rp.close(']')
	rp.key("result")
	rp.wrapped(&ans.table, q.format)
	if q.options.Has(query.AnomalyRates) && (q.format == formatJSON || q.format == formatJSONP) {
		rp.key("anomaly_rates")
		rp.table(ans.rates())
	}
	lowest, highest := ans.lowest, ans.highest
	switch q.format {
	case formatSSV, formatSSVComma, formatArray:
		lowest, highest = ans.valueRange()
	}
	rp.keyNumber("min", lowest)
	rp.keyNumber("max", highest)
	rp.timings(&ans.timings)
	rp.close('}')
}

// id describes the query in one line.
func (ans *answer) id() string {
	host := ans.charts[0].chart.Host.Info().Hostname
	if !ans.several {
		return "chart://" + host + "/" + ans.charts[0].chart.ID + "?" + ans.query.String()
	}
	return "context://" + host + "/" + ans.query.contexts.String() + "?chart=" + ans.query.chart + "&" + ans.query.String()
}

// columnStrings and columnNumbers write an array parallel to the columns.
func (rp *reply) columnStrings(ans *answer, key string, value func(i int) string) {
	rp.keyOpen(key, '[')
	for i := range ans.table.columns {
		rp.string(value(i))
	}
	rp.close(']')
}

func (rp *reply) columnNumbers(ans *answer, key string, value func(i int) float64) {
	rp.keyOpen(key, '[')
	for i := range ans.table.columns {
		v := value(i)
		if math.IsInf(v, 0) {
			v = math.NaN()
		}
		rp.number(v)
	}
	rp.close(']')
}

// choices writes everything there was to choose from.
func (rp *reply) choices(ans *answer) {
	type pair struct{ a, b string }
	list := func(key string, pairs func(*catalog.Chart, func(a, b string))) {
		seen := map[pair]bool{}
		rp.keyOpen(key, '[')
		for _, m := range ans.charts {
			pairs(m.chart, func(a, b string) {
				if p := (pair{a, b}); !seen[p] {
					seen[p] = true
					rp.strings([]string{a, b})
				}
			})
		}
		rp.close(']')
	}
	list("full_dimension_list", func(ch *catalog.Chart, add func(a, b string)) {
		for _, d := range ch.Dimensions() {
			add(d.ID, d.Def().Name)
		}
	})
	list("full_chart_list", func(ch *catalog.Chart, add func(a, b string)) { add(ch.ID, ch.Name()) })
	list("full_chart_labels", func(ch *catalog.Chart, add func(a, b string)) {
		for name, value := range chartLabels(ch) {
			add(name, value)
		}
	})
}

// chosenLabels writes, for each label key the query names, the values of the columns' charts.
func (rp *reply) chosenLabels(ans *answer) {
	var keys []string
	seen := map[string]bool{}
	for _, m := range ans.charts {
		for name := range chartLabels(m.chart) {
			if !seen[name] && ans.query.labelKeys.Match(name) {
				seen[name] = true
				keys = append(keys, name)
			}
		}
	}
	rp.keyOpen("chart_labels", '{')
	for _, key := range keys {
		rp.keyOpen(key, '[')
		for _, d := range ans.dims {
			if value, ok := labelValue(d.Chart, key); ok {
				rp.string(value)
			} else {
				rp.null()
			}
		}
		rp.close(']')
	}
	rp.close('}')
}

// labelValue returns the value of a label of a chart.
func labelValue(ch *catalog.Chart, key string) (value string, ok bool) {
	for name, v := range chartLabels(ch) {
		if name == key {
			return v, true
		}
	}
	return "", false
}
