package api

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"foster/internal/pattern"
	"foster/storage/query"
)

// badRequest is the error of a query that must be asked differently.
type badRequest struct {
	status  int
	message string // an answer, with what came from the request escaped
	limit   bool   // the query is more than a limit allows
}

func (e *badRequest) Error() string { return e.message }

func refuse(message string) error {
	return &badRequest{status: http.StatusBadRequest, message: message}
}

// dataQuery is a decoded request for /api/v1/data.
type dataQuery struct {
	chart      string // id, name or pattern
	contexts   pattern.Pattern
	labels     labelFilter     // of charts
	labelKeys  pattern.Pattern // a chart must have one that matches
	dimensions pattern.Pattern // the visible ones when it is empty

	request  query.Request
	grouping query.Grouping
	tier     int // -1: whatever serves best
	timeout  time.Duration
	output
}

// parseDataQuery decodes the parameters of a data query. What Netdata does not know it ignores, and so does this; the
// error is for what would give another answer than the one asked for. steps are those of the tiers.
func parseDataQuery(ps params, steps []int64) (dataQuery, error) {
	q := dataQuery{chart: ps.get("chart"), contexts: pattern.Parse(ps.get("context"), pattern.List)}
	if q.chart == "" && q.contexts.Empty() {
		return q, refuse("No chart or context is given.")
	}
	q.labels = parseLabelFilter(ps.get("chart_labels_filter"))
	q.labelKeys = listPattern(ps, "chart_label_key", "chart_labels_key")
	q.dimensions = listPattern(ps, "dimension", "dim", "dimensions", "dims")
	options := parseOptions(ps.get("options"))
	if ps.get("show_dimensions") != "" {
		options |= query.AllDimensions
	}
	q.tier = parseTier(ps, len(steps), &options)
	q.request = parseRequest(ps, options, "gtime")
	if q.tier > 0 {
		q.request.Samples = steps[q.tier]
	}
	q.grouping = parseGrouping(ps, "group", "group_options")
	q.timeout = parseTimeout(ps)
	q.output = parseOutput(ps, options, formatJSON)
	return q, nil
}

// listPattern returns the pattern of a parameter, which may be repeated.
func listPattern(ps params, names ...string) pattern.Pattern {
	var list []string
	for p := range ps.all(names...) {
		list = append(list, p)
	}
	return pattern.Parse(strings.Join(list, "|"), pattern.List)
}

// parseRequest decodes the window.
func parseRequest(ps params, o query.Options, resample string) query.Request {
	return query.Request{
		After:    ps.number("after", -600),
		Before:   ps.number("before", 0),
		Points:   ps.number("points", 0),
		Resample: ps.number(resample, 0),
		Options:  o,
	}
}

// parseGrouping decodes how samples become rows. A method that is unknown is the average, as in netdata v2.11.0.
func parseGrouping(ps params, name, options string) query.Grouping {
	g, _ := query.ParseGrouping(ps.get(name), ps.get(options))
	return g
}

// parseTier returns the tier asked for, -1 for none in particular, as netdata v2.11.0 takes a tier it does not have.
func parseTier(ps params, tiers int, o *query.Options) int {
	tier := ps.number("tier", -1)
	if tier < 0 || tier >= int64(tiers) {
		*o &^= query.SelectedTier
		return -1
	}
	*o |= query.SelectedTier
	return int(tier)
}

// parseTimeout returns the time a query may take, 0 when it does not say.
func parseTimeout(ps params) time.Duration {
	const longest = 24 * 3600 * 1000
	return time.Duration(min(max(0, ps.number("timeout", 0)), longest)) * time.Millisecond
}

// parseOptions decodes a list of options. Names that Netdata does not have are ignored, as there.
func parseOptions(list string) query.Options {
	var options query.Options
	for name := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ',' || r == '|' || r == ' ' }) {
		o, _ := query.ParseOption(name)
		options |= o
	}
	return options
}

// String describes the query.
func (q *dataQuery) String() string {
	return fmt.Sprintf("dimensions=%s&after=%d&before=%d&points=%d&group=%s&gtime=%d&format=%s&options=%s",
		q.dimensions, q.request.After, q.request.Before, q.request.Points, q.grouping, q.request.Resample, q.format, q.options)
}
