package api

import (
	"strings"
	"time"

	"foster/storage/query"
)

// googleQuery is what Google's visualization library asks for in the parameter tqx.
type googleQuery struct {
	version, request, signature string
	handler                     string // of the answer; "" for the library's own
	out, filename               string
}

// parseGoogleQuery reads tqx: names and values, separated by semicolons.
func parseGoogleQuery(tqx string) googleQuery {
	g := googleQuery{version: "0.6", request: "0", signature: "0"}
	for part := range strings.SplitSeq(tqx, ";") {
		name, value, _ := strings.Cut(part, ":")
		if value == "" {
			continue
		}
		switch name {
		case "version":
			g.version = value
		case "reqId":
			g.request = value
		case "sig":
			g.signature = value
		case "out":
			g.out = value
		case "responseHandler":
			g.handler = value
		case "outFileName":
			g.filename = value
		}
	}
	return g
}

// format returns the format that out stands for, or otherwise.
func (g *googleQuery) format(otherwise format) format {
	switch g.out {
	case "json":
		return formatDataSource
	case "html":
		return formatHTML
	case "csv":
		return formatCSV
	case "tsv-excel":
		return formatExcel
	}
	return otherwise
}

// dataSource writes the answer to a Google query: a call of its handler with a table, or with an error when the client has
// the newest row already.
func (rp *reply) dataSource(t *table, g *googleQuery, newest int64) {
	handler := "google.visualization.Query.setResponse"
	if g.handler != "" {
		handler = scriptName(g.handler)
	}
	rp.b = append(rp.b, handler...)
	rp.b = append(rp.b, "({version:"...)
	rp.b = appendScriptString(rp.b, g.version)
	rp.b = append(rp.b, ",reqId:"...)
	rp.b = appendScriptString(rp.b, g.request)
	if leadingInt(g.signature) >= t.Before && g.signature != "0" {
		rp.b = append(rp.b, ",status:'error',errors:[{reason:'not_modified',message:'Data not modified'}]});"...)
		return
	}
	rp.b = append(rp.b, ",status:'ok',sig:'"...)
	rp.b = appendInt(rp.b, newest)
	rp.b = append(rp.b, "',table:"...)
	rp.dataTable(t)
	rp.b = append(rp.b, "});"...)
}

// dataTable writes a table for Google's charts. With google_json it is JavaScript, else JSON.
func (rp *reply) dataTable(t *table) {
	script := t.options.Has(query.GoogleJSON)
	key := func(b []byte, name string) []byte {
		if script {
			return append(append(b, name...), ':')
		}
		return append(append(append(b, '"'), name...), `":`...)
	}
	text := appendString
	if script {
		text = appendScriptString
	}
	column := func(b []byte, label, typ, role string) []byte {
		b = append(b, '{')
		b = text(key(b, "id"), "")
		b = text(key(append(b, ','), "label"), label)
		b = text(key(append(b, ','), "pattern"), "")
		b = text(key(append(b, ','), "type"), typ)
		if role != "" {
			b = append(key(append(b, ','), "p"), '{')
			b = append(text(key(b, "role"), role), '}')
		}
		return append(b, '}')
	}
	b := append(rp.b, "{\n "...)
	b = append(key(b, "cols"), "\n [\n        "...)
	b = column(b, "time", "datetime", "")
	b = column(append(b, ",\n        "...), "", "string", "annotation")
	b = column(append(b, ",\n        "...), "", "string", "annotationText")
	for i := range t.columns {
		b = column(append(b, ",\n     "...), t.columns[i].name, "number", "")
	}
	b = append(key(append(b, "\n  ],\n    "...), "rows"), "\n ["...)
	value, cells := key(nil, "v"), key(nil, "c")
	first := true
	for row := range t.rows {
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(append(append(b, "\n        {"...), cells...), "[{"...)
		b = append(b, value...)
		quote := byte('"')
		if script {
			quote = '\''
		}
		b = append(appendDate(append(append(b, quote), "Date("...), t.Time(row)), ')', quote, '}')
		note, explanation := "", ""
		if t.reset(row) {
			note, explanation = "RESET OR OVERFLOW", "The counters have been wrapped."
		}
		for _, s := range [...]string{note, explanation} {
			b = append(append(b, ",{"...), value...)
			if s == "" {
				b = append(b, "null"...)
			} else {
				b = text(b, s)
			}
			b = append(b, '}')
		}
		for i := range t.columns {
			b = append(append(b, ",{"...), value...)
			b = append(appendNumber(b, t.columns[i].values[row]), '}')
		}
		b = append(b, "]}"...)
	}
	rp.b = append(b, "\n        ]\n    }"...)
}

// appendDate appends the arguments of a JavaScript Date in local time.
func appendDate(b []byte, t int64) []byte {
	d := time.Unix(t, 0)
	e := encoder{b}
	for i, n := range [...]int{d.Year(), int(d.Month()) - 1, d.Day(), d.Hour(), d.Minute(), d.Second()} {
		if i > 0 {
			e.b = append(e.b, ',')
		}
		e.b = appendInt(e.b, int64(n))
	}
	return e.b
}

// appendScriptString appends s as a JavaScript string in single quotes, that also cannot end a script element.
func appendScriptString(b []byte, s string) []byte {
	b = append(b, '\'')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\'' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ' || c == '<' || c == '>':
			b = append(b, '\\', 'x', hexDigits[c>>4], hexDigits[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '\'')
}

// scriptName returns s as the name of a JavaScript function: what cannot be part of one becomes _, so that a request never
// chooses what else is run.
func scriptName(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_', r == '.', r == '$':
			return r
		}
		return '_'
	}, s)
}
