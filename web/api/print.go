package api

import (
	"slices"
	"time"

	"foster/storage/query"
)

// output is how the answer of a data query is to be printed.
type output struct {
	format   format
	options  query.Options
	callback string // of JSONP
	google   googleQuery
	filename string // the answer is to be saved under this name
}

// parseOutput decodes the parameters of the output.
func parseOutput(ps params, o query.Options, otherwise format) output {
	out := output{options: o, callback: scriptName(ps.get("callback"))}
	if out.callback == "" {
		out.callback = "callback"
	}
	tqx := ps.get("tqx")
	out.google = parseGoogleQuery(tqx)
	out.format = out.google.format(parseFormat(ps.get("format"), otherwise))
	out.filename = fileName(ps.get("filename"))
	if out.google.filename != "" {
		out.filename = fileName(out.google.filename)
	}
	return out
}

// fileName returns s with everything that has a meaning in a header or a path replaced.
func fileName(s string) string {
	b := []byte(s)
	for i, c := range b {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '_', c == '-':
		default:
			b[i] = '_'
		}
	}
	return string(b)
}

// print writes a table in the format asked for. newest is the time of the newest sample there is.
func (rp *reply) print(t *table, out *output, newest int64) {
	rp.contentType = formats[out.format].contentType
	switch out.format {
	case formatJSONP:
		rp.call(out.callback, func() { rp.table(t) })
	case formatDataSource:
		rp.dataSource(t, &out.google, newest)
	default:
		rp.result(t, out.format, "\r\n")
	}
}

// call writes a call of a function with what argument writes.
func (rp *reply) call(name string, argument func()) {
	rp.b = append(append(rp.b, name...), '(')
	argument()
	rp.b = append(rp.b, ");"...)
}

// result writes a table as it is, also in a wrapper.
func (rp *reply) result(t *table, f format, newline string) {
	switch f {
	case formatCSV:
		rp.lines(t, &lineStyle{between: ",", newline: newline})
	case formatTSV, formatExcel:
		rp.lines(t, &lineStyle{between: "\t", newline: newline})
	case formatMarkdown:
		rp.lines(t, &lineStyle{between: "|", newline: newline, ruled: true})
	case formatHTML:
		rp.b = append(rp.b, "<html>\n<center>\n<table border=\"0\" cellpadding=\"5\" cellspacing=\"5\">\n"...)
		rp.lines(t, &lineStyle{begin: "<tr><td>", between: "</td><td>", newline: "</td></tr>\n", html: true})
		rp.b = append(rp.b, "</table>\n</center>\n</html>\n"...)
	case formatCSVArray:
		rp.csvArray(t)
	case formatSSV:
		rp.values(t, " ")
	case formatSSVComma:
		rp.values(t, ",")
	case formatArray:
		rp.b = append(rp.b, '[')
		rp.values(t, ",")
		rp.b = append(rp.b, ']')
	case formatDataTable, formatDataSource:
		rp.dataTable(t)
	default:
		rp.table(t)
	}
}

// wrapped writes a table as the value of a key: text as a string.
func (rp *reply) wrapped(t *table, f format) {
	if !formats[f].text {
		rp.result(t, f, "")
		return
	}
	text := newReply()
	defer text.free()
	text.result(t, f, "\n")
	rp.string(string(text.b))
}

// table writes the format json: labels, and rows of a time and values.
func (rp *reply) table(t *table) {
	o := t.options
	rp.b = append(rp.b, '{')
	rp.key("labels")
	names := t.names()
	rp.strings(append([]string{"time"}, names...))
	rp.keyOpen("data", '[')
	var keys [][]byte // of objects
	if o.Has(query.ObjectRows) {
		for _, name := range names {
			keys = append(keys, append(appendString([]byte{','}, name), ':'))
		}
	}
	b := rp.b
	separator := byte('\n')
	last := make([]printed, len(t.columns))
	var times clock
	for row := range t.rows {
		b = slices.Grow(b, 24*(len(t.columns)+1))
		if b = append(b, separator); separator == ',' {
			b = append(b, '\n')
		}
		separator = ','
		if keys != nil {
			b = append(b, `{"time":`...)
		} else {
			b = append(b, '[')
		}
		b = times.append(b, t.Time(row), o)
		for i := range t.columns {
			if keys != nil {
				b = append(b, keys[i]...)
			} else {
				b = append(b, ',')
			}
			b = last[i].append(b, t.columns[i].values[row])
		}
		if keys != nil {
			b = append(b, '}')
		} else {
			b = append(b, ']')
		}
	}
	rp.b = append(b, "\n]}"...)
}

// clock prints the times of rows. Those of one hundred seconds begin alike.
type clock struct {
	hundred int64
	text    []byte // hundred, in digits
}

// append appends a time as appendTime does.
func (c *clock) append(b []byte, t int64, o query.Options) []byte {
	if t < 100 || o&(query.GoogleJSON|query.RFC3339|query.Milliseconds) != 0 {
		return appendTime(b, t, o)
	}
	if hundred := t / 100; hundred != c.hundred {
		c.hundred, c.text = hundred, appendInt(c.text[:0], hundred)
	}
	pair := t % 100 * 2
	return append(append(b, c.text...), twoDigits[pair], twoDigits[pair+1])
}

// appendTime appends the time of a row of the format json: unix time, in milliseconds with ms, what JavaScript makes a
// Date of with google_json, or text with rfc3339.
func appendTime(b []byte, t int64, o query.Options) []byte {
	switch {
	case o.Has(query.GoogleJSON):
		return append(appendDate(append(b, "new Date("...), t), ')')
	case o.Has(query.RFC3339):
		return append(appendTimestamp(append(b, '"'), t), '"')
	}
	return appendUnix(b, t, o)
}

// appendUnix appends unix time, in milliseconds with ms.
func appendUnix(b []byte, t int64, o query.Options) []byte {
	b = appendInt(b, t)
	if o.Has(query.Milliseconds) {
		b = append(b, "000"...)
	}
	return b
}

// appendTimestamp appends a time as RFC 3339 has it.
func appendTimestamp(b []byte, t int64) []byte {
	return time.Unix(t, 0).UTC().AppendFormat(b, time.RFC3339)
}

// values writes one value a row.
func (rp *reply) values(t *table, separator string) {
	first := true
	for row := range t.rows {
		if !first {
			rp.b = append(rp.b, separator...)
		}
		first = false
		rp.b = appendNumber(rp.b, t.value(row))
	}
}
