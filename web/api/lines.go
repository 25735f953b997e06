package api

import (
	"html"
	"time"

	"foster/storage/query"
)

// lineStyle is how the formats with a line for each row look.
type lineStyle struct {
	begin, between, newline string
	ruled                   bool // a line below the names, as in a table of Markdown
	html                    bool // names are escaped
}

// lines writes the table line by line, with the names first.
func (rp *reply) lines(t *table, s *lineStyle) {
	quote := ""
	if t.options.Has(query.LabelQuotes) {
		quote = `"`
	}
	names := t.names()
	b := append(append(rp.b, s.begin...), quote+"time"+quote...)
	for _, name := range names {
		if s.html {
			name = html.EscapeString(name)
		}
		b = append(append(b, s.between...), quote+name+quote...)
	}
	b = append(b, s.newline...)
	if s.ruled {
		b = append(b, ":---:"...)
		for range names {
			b = append(append(b, s.between...), ":---:"...)
		}
		b = append(b, s.newline...)
	}
	last := make([]printed, len(t.columns))
	for row := range t.rows {
		b = appendLineTime(append(b, s.begin...), t.Time(row), t.options)
		for i := range t.columns {
			b = last[i].append(append(b, s.between...), t.columns[i].values[row])
		}
		b = append(b, s.newline...)
	}
	rp.b = b
}

// appendLineTime appends the time of a row for people: local, unless the options want unix time or RFC 3339.
func appendLineTime(b []byte, t int64, o query.Options) []byte {
	switch {
	case o&(query.Seconds|query.Milliseconds) != 0:
		return appendUnix(b, t, o)
	case o.Has(query.RFC3339):
		return appendTimestamp(b, t)
	}
	return time.Unix(t, 0).AppendFormat(b, time.DateTime)
}

// csvArray writes an array of arrays, the names first. Times are unix time, as in netdata v2.11.0: v1.37.1 prints dates
// without quotes, which no parser of JSON reads.
func (rp *reply) csvArray(t *table) {
	rp.b = append(rp.b, '[')
	rp.strings(append([]string{"time"}, t.names()...))
	b := rp.b
	last := make([]printed, len(t.columns))
	for row := range t.rows {
		b = appendUnix(append(b, ",\n["...), t.Time(row), t.options)
		for i := range t.columns {
			b = last[i].append(append(b, ','), t.columns[i].values[row])
		}
		b = append(b, ']')
	}
	rp.b = append(b, "\n]"...)
}
