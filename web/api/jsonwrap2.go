package api

import (
	"foster/storage/query"
)

// keys are the names of the fields of an answer of API v2: short ones or, when asked for, ones that speak.
type keys struct{ long bool }

// of returns the key of a field.
func (k keys) of(short string) string {
	if !k.long {
		return short
	}
	if long := dataKeys[short]; long != "" {
		return long
	}
	if long := longKeys[short]; long != "" {
		return long
	}
	return short
}

// dataKeys are the readable names of the keys that only answers with data have (netdata v2.11.0, option long-keys).
var dataKeys = map[string]string{
	"is": "instances", "ds": "dimensions", "al": "alerts", "sts": "statistics", "vl": "label_values", "pri": "priority",
	"con": "contribution_percent", "arp": "anomaly_rate_percent", "arc": "anomalous_points_count", "cnt": "count",
	"pa": "point_annotations_bitmap", "sl": "selected", "ex": "excluded", "qr": "queried", "fl": "failed", "vol": "volume",
	"point": "point_schema",
}

// wrap2 writes the answer of a data query over hosts.
func (a *API) wrap2(rp *reply, ans *answer2) {
	o := ans.query.options
	minimal := o.Has(query.Minimal)
	k := keys{o.Has(query.LongKeys)}
	rp.open('{')
	rp.keyInt("api", ans.query.version)
	if o.Has(query.Debug) {
		rp.requested(ans.query)
	}
	if !minimal {
		a.versions(rp)
	}
	rp.summary2(ans, k, minimal)
	if !minimal {
		rp.totals2(&ans.summary, k)
		rp.keyOpen("functions", '[')
		rp.close(']')
	}
	rp.key("result")
	if f := ans.query.format; f == formatJSON2 {
		rp.points2(ans, k)
	} else {
		rp.wrapped(&ans.table, f)
		if o.Has(query.AnomalyRates) && (f == formatJSON || f == formatJSONP) {
			rp.key("anomaly_rates")
			rp.table(ans.rates())
		}
	}
	rp.database2(ans, k)
	rp.view2(ans, k)
	if !minimal {
		rp.keyOpen("agents", '[')
		rp.open('{')
		rp.keyString(k.of("mg"), a.opt.Self.GUID)
		rp.keyNull(k.of("nd"))
		rp.keyString(k.of("nm"), a.opt.Self.Hostname)
		rp.keyInt("now", ans.now.Unix())
		rp.keyInt(k.of("ai"), 0)
		rp.timings(&ans.timings)
		rp.close('}')
		rp.close(']')
		rp.keyOpen("timings", '{')
		rp.keyNumber("routing_ms", 0)
		rp.keyNumber("node_max_ms", 0)
		rp.keyNumber("total_ms", ans.timings.milliseconds())
		rp.close('}')
	}
	rp.close('}')
}

// requested writes the query as it was understood.
func (rp *reply) requested(q *data2Query) {
	rp.keyString("id", q.id())
	rp.keyOpen("request", '{')
	for _, s := range [...]struct {
		key string
		*selectors
	}{{"scope", &q.scope}, {"selectors", &q.selected}} {
		rp.keyOpen(s.key, '{')
		rp.keyString("nodes", s.nodes.String())
		rp.keyString("contexts", s.contexts.String())
		rp.keyString("instances", s.instances.String())
		rp.keyString("dimensions", s.dimensions.String())
		rp.keyString("labels", s.labels.String())
		rp.close('}')
	}
	rp.keyOpen("window", '{')
	rp.keyInt("after", q.request.After)
	rp.keyInt("before", q.request.Before)
	rp.keyInt("points", q.request.Points)
	rp.key("options")
	rp.strings(q.options.Names())
	rp.close('}')
	rp.keyOpen("aggregations", '{')
	rp.keyOpen("time", '{')
	rp.keyString("time_group", q.grouping.String())
	rp.keyInt("time_resampling", q.request.Resample)
	rp.close('}')
	rp.keyOpen("metrics", '[')
	for i := range q.passes {
		p := &q.passes[i]
		rp.open('{')
		rp.key("group_by")
		rp.strings(p.names())
		rp.keyString("aggregation", p.aggregation())
		rp.close('}')
	}
	rp.close(']')
	rp.close('}')
	rp.keyInt("timeout", q.timeout.Milliseconds())
	rp.close('}')
}

// points2 writes the format json2: for each row its time and, for each column, an array of value, anomaly rate and
// annotations.
func (rp *reply) points2(ans *answer2, k keys) {
	raw := ans.options.Has(query.Raw)
	rp.open('{')
	rp.keyOpen("labels", '[')
	rp.string("time")
	for i := range ans.columns {
		rp.string(ans.columns[i].id)
	}
	rp.close(']')
	rp.keyOpen(k.of("point"), '{')
	rp.keyInt("value", 0)
	rp.keyInt(k.of("arp"), 1)
	rp.keyInt(k.of("pa"), 2)
	if raw {
		rp.keyInt("count", 3)
	}
	rp.close('}')
	rp.keyOpen("data", '[')
	b := rp.b
	first := true
	last := make([]struct{ value, anomaly printed }, len(ans.groups.list))
	var times clock
	for row := range ans.rows {
		if !first {
			b = append(b, ',')
		}
		first = false
		b = times.append(append(b, "\n["...), ans.Time(row), ans.options&^query.GoogleJSON)
		for i, g := range ans.groups.list {
			b = last[i].value.append(append(b, ",["...), g.Values[row])
			b = last[i].anomaly.append(append(b, ','), g.Anomalies[row])
			b = appendInt(append(b, ','), int64(g.Flags[row]))
			if raw {
				b = appendInt(append(b, ','), int64(g.Counts[row]))
			}
			b = append(b, ']')
		}
		b = append(b, ']')
	}
	rp.b = append(b, "]}"...)
}

// units writes one unit, or all when they differ.
func (rp *reply) units(units []string) {
	for _, u := range units {
		if u != units[0] {
			rp.key("units")
			rp.strings(units)
			return
		}
	}
	if len(units) > 0 {
		rp.keyString("units", units[0])
	}
}
