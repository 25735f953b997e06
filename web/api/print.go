package api

import (
	"math"
	"strconv"
	"time"

	"foster/storage/query"
)

// print writes the answer of a data query in its format, wrapped if that is asked for.
func (rp *reply) print(ans *answer) {
	wrap := ans.query.options.Has(query.JSONWrap)
	switch {
	case wrap:
		rp.wrap(ans)
	case ans.query.format == formatCSV:
		rp.contentType = typeText
		rp.csv(ans, "\r\n")
	default:
		rp.table(ans)
	}
}

// rows yields the rows of the answer in the order in which they are printed.
func (ans *answer) rows(yield func(row int) bool) {
	if ans.none {
		return
	}
	for i := range ans.Points {
		row := i
		if !ans.query.options.Has(query.Flip) {
			row = ans.Points - 1 - i
		}
		if !yield(row) {
			return
		}
	}
}

// name returns the name of a column that is printed.
func (ans *answer) name(column int) string { return ans.dims[column].Def().Name }

// table writes the format json: labels, and rows of a time and values.
func (rp *reply) table(ans *answer) {
	o := ans.query.options
	rp.open('{')
	rp.keyOpen("labels", '[')
	rp.string("time")
	keys := make([]string, 0, len(ans.columns)) // of objects
	for _, c := range ans.columns {
		rp.string(ans.name(c))
		keys = append(keys, string(appendString(nil, ans.name(c)))+":")
	}
	if ans.none {
		rp.string("no data")
	}
	rp.close(']')
	rp.keyOpen("data", '[')
	b := rp.b
	separator := byte('\n')
	for row := range ans.rows {
		if b = append(b, separator); separator == ',' {
			b = append(b, '\n')
		}
		separator = ','
		if o.Has(query.ObjectRows) {
			b = append(b, `{"time":`...)
		} else {
			b = append(b, '[')
		}
		b = appendTime(b, ans.Time(row), o)
		for i, c := range ans.columns {
			b = append(b, ',')
			if o.Has(query.ObjectRows) {
				b = append(b, keys[i]...)
			}
			b = appendNumber(b, ans.Columns[c].Values[row])
		}
		if o.Has(query.ObjectRows) {
			b = append(b, '}')
		} else {
			b = append(b, ']')
		}
	}
	rp.b = append(b, "\n]}"...)
}

// appendTime appends the time of a row of the format json: unix time, in milliseconds with ms, or what JavaScript makes a
// Date of with google_json.
func appendTime(b []byte, t int64, o query.Options) []byte {
	if o.Has(query.GoogleJSON) {
		d := time.Unix(t, 0)
		b = append(b, "new Date("...)
		for i, n := range [...]int{d.Year(), int(d.Month()) - 1, d.Day(), d.Hour(), d.Minute(), d.Second()} {
			if i > 0 {
				b = append(b, ',')
			}
			b = strconv.AppendInt(b, int64(n), 10)
		}
		return append(b, ')')
	}
	b = strconv.AppendInt(b, t, 10)
	if o.Has(query.Milliseconds) {
		b = append(b, "000"...)
	}
	return b
}

// csv writes the format csv.
func (rp *reply) csv(ans *answer, newline string) {
	o := ans.query.options
	b := append(rp.b, "time"...)
	quote := ""
	if o.Has(query.LabelQuotes) {
		quote = `"`
	}
	names := make([]string, 0, len(ans.columns))
	for _, c := range ans.columns {
		names = append(names, ans.name(c))
	}
	if ans.none {
		names = append(names, "no data")
	}
	for _, name := range names {
		b = append(b, ',')
		b = append(b, quote...)
		b = append(b, name...)
		b = append(b, quote...)
	}
	b = append(b, newline...)
	for row := range ans.rows {
		switch t := ans.Time(row); {
		case o&(query.Seconds|query.Milliseconds) != 0:
			b = appendTime(b, t, o&^query.GoogleJSON)
		default:
			b = time.Unix(t, 0).AppendFormat(b, time.DateTime)
		}
		for _, c := range ans.columns {
			b = append(b, ',')
			b = appendNumber(b, ans.Columns[c].Values[row])
		}
		b = append(b, newline...)
	}
	rp.b = b
}

// wrap writes the object that describes the query, with the result inside it.
func (rp *reply) wrap(ans *answer) {
	q, ch := ans.query, ans.chart
	options := q.options &^ (query.NaturalPoints | query.VirtualPoints)
	if ans.Natural {
		options |= query.NaturalPoints
	} else {
		options |= query.VirtualPoints
	}
	id := "chart://" + ch.Host.Info().Hostname + "/" + ch.ID + "?" + q.String()
	rp.open('{')
	rp.keyInt("api", 1)
	rp.keyString("id", id)
	rp.keyString("name", id)
	rp.keyInt("view_update_every", ans.Step())
	rp.keyInt("update_every", ch.UpdateEvery())
	rp.keyInt("first_entry", ch.First())
	rp.keyInt("last_entry", ch.Last())
	rp.keyInt("after", ans.After)
	rp.keyInt("before", ans.Before)
	rp.keyString("group", q.method.String())
	rp.key("options")
	rp.strings(options.Names())
	rp.columnStrings(ans, "dimension_names", func(column int) string { return ans.name(column) })
	rp.columnStrings(ans, "dimension_ids", func(column int) string { return ans.dims[column].ID })
	if q.options.Has(query.AllDimensions) {
		rp.choices(ans)
	}
	rp.keyOpen("functions", '[')
	rp.close(']')
	rp.columnNumbers(ans, "latest_values", func(column int) float64 { return ans.latestValues[column] })
	rp.columnNumbers(ans, "view_latest_values", func(column int) float64 {
		return ans.Columns[column].Values[ans.Points-1]
	})
	points := ans.Points
	if ans.none {
		points = 0
	}
	rp.keyInt("dimensions", int64(len(ans.columns)))
	rp.keyInt("points", int64(points))
	rp.keyString("format", q.format.String())
	rp.keyOpen("db_points_per_tier", '[')
	rp.int(int64(ans.read))
	rp.close(']')
	rp.key("result")
	if q.format == formatCSV {
		text := newReply()
		text.csv(ans, "\n")
		rp.string(string(text.b))
		text.free()
	} else {
		rp.table(ans)
	}
	rp.keyNumber("min", ans.lowest)
	rp.keyNumber("max", ans.highest)
	rp.close('}')
}

// columnStrings and columnNumbers write an array parallel to the printed columns.
func (rp *reply) columnStrings(ans *answer, key string, value func(column int) string) {
	rp.keyOpen(key, '[')
	for _, c := range ans.columns {
		rp.string(value(c))
	}
	rp.close(']')
}

func (rp *reply) columnNumbers(ans *answer, key string, value func(column int) float64) {
	rp.keyOpen(key, '[')
	for _, c := range ans.columns {
		v := value(c)
		if math.IsInf(v, 0) {
			v = math.NaN()
		}
		rp.number(v)
	}
	rp.close(']')
}

// choices writes everything there was to choose from.
func (rp *reply) choices(ans *answer) {
	rp.keyOpen("full_dimension_list", '[')
	for _, d := range ans.chart.Dimensions() {
		rp.strings([]string{d.ID, d.Def().Name})
	}
	rp.close(']')
	rp.keyOpen("full_chart_list", '[')
	rp.strings([]string{ans.chart.ID, ans.chart.Name()})
	rp.close(']')
	rp.keyOpen("full_chart_labels", '[')
	for name, value := range chartLabels(ans.chart) {
		rp.strings([]string{name, value})
	}
	rp.close(']')
}
