package api

import (
	"context"
	"math"
	"net/http"
	"strings"

	"foster/internal/pattern"
	"foster/storage/catalog"
	"foster/storage/query"
)

const (
	typeSVG = "image/svg+xml"
	// staleBadge is how many intervals old the newest sample of a chart may be to be shown.
	staleBadge = 3
	maxScale   = 2000 // percent
	maxFixed   = 2000 // pixels
)

// badge answers /api/v1/badge.svg: a picture of one value.
func (a *API) badge(rp *reply, rq *request) {
	ps := rq.params
	id := ps.get("chart")
	if id == "" {
		rp.fail(http.StatusBadRequest, "No chart id is given at the request.")
		return
	}
	image := badgeImage{
		labelColor: parseColor(ps.get("label_color"), labelColor),
		labelText:  parseColor(ps.get("text_color_lbl"), textColor),
		valueText:  parseColor(ps.get("text_color_val"), textColor),
		scale:      min(max(100, ps.number("scale", 100)), maxScale),
		labelWidth: float64(min(max(0, ps.number("fixed_width_lbl", 0)), maxFixed)),
		valueWidth: float64(min(max(0, ps.number("fixed_width_val", 0)), maxFixed)),
	}
	var ch *catalog.Chart
	if rq.host != nil {
		ch = rq.host.Chart(id)
	}
	switch alarm := ps.get("alarm"); {
	case ch == nil:
		image.label, image.value, image.valueColor = "chart not found", "-", emptyColor
	case alarm != "":
		a.alarmBadge(rp, rq, ch, alarm, &image)
	default:
		if !a.chartBadge(rp, rq, ch, &image) {
			return
		}
	}
	rp.contentType = typeSVG
	rp.b = image.appendSVG(rp.b)
}

// chartBadge fills in the label and the value of a chart. It is false when the value cannot be read, with the answer set.
func (a *API) chartBadge(rp *reply, rq *request, ch *catalog.Chart, image *badgeImage) bool {
	ps := rq.params
	q := parseBadgeQuery(ps, ch)
	ctx, cancel := context.WithTimeout(rq.Context(), a.opt.QueryTimeout)
	defer cancel()
	if !a.acquire(ctx) {
		rp.busy()
		return false
	}
	defer func() { <-a.queries }()
	if !a.loadRetention(ctx, rp, rq) {
		return false
	}
	v := math.NaN()
	if rq.now.Unix()-ch.Last() <= staleBadge*ch.UpdateEvery() {
		var err error
		if v, err = a.newest(ctx, ch, &q, rq.now.Unix()); err != nil {
			a.failQuery(rp, rq, "read "+ch.ID+" for a badge", err)
			return false
		}
	}
	v = v * float64(nonzero(ps.number("multiply", 1))) / float64(nonzero(ps.number("divide", 1)))
	shown := v
	if q.options.Has(query.DisplayAbsolute) {
		shown = math.Abs(v)
	}
	units := ps.get("units")
	switch {
	case units != "":
	case q.options.Has(query.Percentage):
		units = "%"
	default:
		units = ch.Def().Units
	}
	image.value = valueText(shown, units, ps.number("precision", autoPrecision))
	switch label := ps.get("label"); {
	case label != "":
		image.label = label
	case q.dimensions != "":
		image.label = q.dimensions
	default:
		image.label = ch.Name()
	}
	otherwise := valueColor
	if math.IsNaN(v) {
		otherwise = emptyColor
	}
	image.valueColor = ruleColor(ps.get("value_color"), v, otherwise)
	rp.refresh = refreshOf(ps, &q)
	return true
}

func nonzero(n int64) int64 {
	if n == 0 {
		return 1
	}
	return n
}

// refreshOf returns after how many seconds a page shall ask for the badge again, 0 for never.
func refreshOf(ps params, q *badgeQuery) int64 {
	const longest = 365 * 86400
	if ps.get("refresh") == "auto" {
		return min(magnitude(q.request.Before-q.request.After), longest)
	}
	return min(max(0, ps.number("refresh", 0)), longest)
}

// badgeQuery is the query for the value of a badge.
type badgeQuery struct {
	dimensions string // pattern
	request    query.Request
	grouping   query.Grouping
	options    query.Options
}

// parseBadgeQuery decodes the parameters that badges share with data queries.
func parseBadgeQuery(ps params, ch *catalog.Chart) badgeQuery {
	var q badgeQuery
	var patterns []string
	for p := range ps.all("dimension", "dim", "dimensions", "dims") {
		patterns = append(patterns, p)
	}
	q.dimensions = strings.Join(patterns, "|")
	for name := range strings.FieldsFuncSeq(ps.get("options"), func(r rune) bool { return r == ',' || r == '|' || r == ' ' }) {
		o, _ := query.ParseOption(name)
		q.options |= o
	}
	q.grouping, _ = query.ParseGrouping(ps.get("group"), ps.get("group_options")) // an unknown one is the average
	q.request = query.Request{
		After: ps.number("after", -ch.UpdateEvery()), Before: ps.number("before", 0), Points: ps.number("points", 1), Options: q.options,
	}
	return q
}

// newest returns the newest row of the query as one value: the sum of its dimensions, or with min2max their range, in which
// 0 always is. It is NaN when there is no value.
func (a *API) newest(ctx context.Context, ch *catalog.Chart, q *badgeQuery, now int64) (float64, error) {
	first, last, every := ch.First(), ch.Last(), ch.UpdateEvery()
	w := q.request.Window(now, query.Database{First: first, Last: last, UpdateEvery: every})
	picked, percentage := pattern.Parse(q.dimensions, pattern.List), q.options.Has(query.Percentage)
	var dims []*catalog.Dimension
	var visible []bool
	for _, d := range ch.Dimensions() {
		def := d.Def()
		shown := !def.Hidden
		if !picked.Empty() {
			shown = picked.Match(d.ID) || picked.Match(def.Name)
		}
		if shown || percentage {
			dims, visible = append(dims, d), append(visible, shown)
		}
	}
	if len(dims) == 0 || !w.Touches(first, last) {
		return math.NaN(), nil
	}
	if err := a.affordable(w.Points, len(dims)); err != nil {
		return 0, err
	}
	r, err := a.run(ctx, &w, q.grouping, -1, ch, dims, nil)
	if err != nil {
		return 0, err
	}
	if percentage {
		r.Percentages()
	}
	row, sum, lowest, highest, some := r.Points-1, 0.0, 0.0, 0.0, false
	for i := range r.Columns {
		v := r.Columns[i].Values[row]
		if !visible[i] || math.IsNaN(v) {
			continue
		}
		some = true
		sum += v
		lowest, highest = min(lowest, v), max(highest, v)
	}
	switch {
	case !some && q.options.Has(query.Null2Zero):
		return 0, nil
	case !some:
		return math.NaN(), nil
	case q.options.Has(query.Min2Max):
		return highest - lowest, nil
	}
	return sum, nil
}
