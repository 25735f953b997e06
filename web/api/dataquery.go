package api

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"foster/internal/pattern"
	"foster/storage/catalog"
	"foster/storage/query"
)

// badRequest is the error of a query that must be asked differently.
type badRequest struct {
	status  int
	message string // an answer, with what came from the request escaped
}

func (e *badRequest) Error() string { return e.message }

func refuse(message string) error { return &badRequest{http.StatusBadRequest, message} }

// dataQuery is a decoded request for /api/v1/data.
type dataQuery struct {
	chart      string
	dimensions string // pattern, "" for the visible ones
	request    query.Request
	method     query.Method
	options    query.Options
	format     format
	timeout    time.Duration // 0 when not given
	filename   string
}

// format is how a result is printed.
type format uint8

const (
	formatJSON format = iota
	formatCSV
)

var formatNames = [...]string{formatJSON: "json", formatCSV: "csv"}

func (f format) String() string { return formatNames[f] }

// unsupportedParameters are the parameters of netdata v2.11.0's data queries that change the answer and that foster
// does not have.
var unsupportedParameters = []string{
	"context", "group_options", "chart_label_key", "chart_labels_filter", "tqx", "cardinality_limit", "limit",
}

// unsupportedOptions are the options of netdata v2.11.0 that foster does not have.
var unsupportedOptions = map[string]bool{
	"anomaly-bit": true, "jw-anomaly-rates": true, "selected-tier": true, "details": true, "debug": true, "plan": true,
	"minify": true, "minimal": true, "minimal-stats": true, "group-by-labels": true, "long-keys": true,
	"long-json-keys": true, "rfc3339": true, "cardinality-limit-all": true, "mcp-info": true,
}

// parseDataQuery decodes the parameters of a data query. The error says what is wrong or not supported.
func parseDataQuery(ps params) (dataQuery, error) {
	var q dataQuery
	for _, name := range unsupportedParameters {
		if ps.get(name) != "" {
			return q, refuse("unsupported parameter: " + escape(name))
		}
	}
	if tier := ps.get("tier"); tier != "" && leadingInt(tier) != 0 {
		return q, refuse("unsupported tier: " + escape(tier))
	}
	if q.chart = ps.get("chart"); q.chart == "" {
		return q, refuse("No chart or context is given.")
	}
	var patterns []string
	for p := range ps.all("dimension", "dim", "dimensions", "dims") {
		patterns = append(patterns, p)
	}
	q.dimensions = strings.Join(patterns, "|")

	for list := range ps.all("options") {
		options, err := parseOptions(list)
		if err != nil {
			return q, err
		}
		q.options = options // the last list counts
	}
	if ps.get("show_dimensions") != "" {
		q.options |= query.AllDimensions
	}
	q.request = query.Request{
		After:    ps.number("after", -600),
		Before:   ps.number("before", 0),
		Points:   ps.number("points", 0),
		Resample: ps.number("gtime", 0),
		Options:  q.options,
	}
	if name := ps.get("group"); name != "" {
		method, ok := query.ParseMethod(name)
		if !ok {
			return q, refuse("unsupported group: " + escape(name))
		}
		q.method = method
	}
	switch name := ps.get("format"); name {
	case "", "json":
	case "csv":
		q.format = formatCSV
	default:
		return q, refuse("unsupported format: " + escape(name))
	}
	const longest = 24 * 3600 * 1000
	q.timeout = time.Duration(min(max(0, ps.number("timeout", 0)), longest)) * time.Millisecond
	q.filename = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '_', r == '-':
			return r
		}
		return '_'
	}, ps.get("filename"))
	return q, nil
}

// String describes the query.
func (q *dataQuery) String() string {
	return fmt.Sprintf("dimensions=%s&after=%d&before=%d&points=%d&group=%s&gtime=%d&format=%s&options=%s",
		q.dimensions, q.request.After, q.request.Before, q.request.Points, q.method, q.request.Resample, q.format, q.options)
}

// parseOptions decodes a list of options. Names that Netdata does not have are ignored, as there.
func parseOptions(list string) (query.Options, error) {
	var options query.Options
	for name := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ',' || r == '|' || r == ' ' }) {
		if unsupportedOptions[name] {
			return 0, refuse("unsupported option: " + escape(name))
		}
		o, _ := query.ParseOption(name)
		options |= o
	}
	return options, nil
}

// selection is the dimensions of a chart that a query reads. All of them are read for percentages; visible ones are
// printed.
type selection struct {
	dims    []*catalog.Dimension
	visible []bool
	picked  bool // by a pattern: they stay even if they are zero
}

// selectDimensions returns the dimensions for the query, and false when there are none.
func (q *dataQuery) selectDimensions(ch *catalog.Chart) (s selection, ok bool) {
	p := pattern.Parse(q.dimensions, pattern.List)
	s.picked = !p.Empty()
	percentage := q.options.Has(query.Percentage)
	for _, d := range ch.Dimensions() {
		def := d.Def()
		visible := !def.Hidden
		if s.picked {
			visible = q.matches(p, d.ID, def.Name)
		}
		if visible || percentage {
			s.dims = append(s.dims, d)
			s.visible = append(s.visible, visible)
		}
	}
	return s, len(s.dims) > 0
}

func (q *dataQuery) matches(p pattern.Pattern, id, name string) bool {
	ids, names := q.options.Has(query.MatchIDs), q.options.Has(query.MatchNames)
	if !ids && !names {
		ids, names = true, true
	}
	return ids && p.Match(id) || names && p.Match(name)
}
