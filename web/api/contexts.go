package api

import (
	"strings"
	"unicode/utf8"

	"foster/storage/catalog"
	"foster/storage/query"
)

// contextCharts is the charts of one context, of one host or of several, and what can be said of them together.
type contextCharts struct {
	id       string
	title    string
	family   string
	units    string
	kind     string // chart type
	priority int
	first    int64 // unix time of the oldest sample, 0 when there is none
	last     int64 // unix time of the newest sample
	live     bool  // a chart is being collected
	charts   []*catalog.Chart
}

// contextList is contexts in the order in which their first charts were defined.
type contextList struct {
	list []*contextCharts
	byID map[string]*contextCharts
}

// contextsOf returns the contexts of hosts. Charts of which nothing is known but their definition are left out.
func contextsOf(hosts ...*catalog.Host) *contextList {
	l := &contextList{byID: map[string]*contextCharts{}}
	for _, h := range hosts {
		for _, ch := range h.Charts() {
			if listed(ch) {
				l.add(ch)
			}
		}
	}
	return l
}

// listed says whether a chart belongs to its context: it has stored samples, or collects some.
func listed(ch *catalog.Chart) bool {
	return len(ch.Dimensions()) > 0 && !ch.Def().Hidden && (ch.Last() != 0 || collected(ch))
}

// collected says whether samples of the chart are arriving.
func collected(ch *catalog.Chart) bool { return ch.Host.Connection() != nil && ch.Visible() }

func (l *contextList) add(ch *catalog.Chart) {
	def, first, last, live := ch.Def(), ch.First(), ch.Last(), collected(ch)
	c := l.byID[def.Context]
	if c == nil {
		c = &contextCharts{
			id: def.Context, title: def.Title, family: def.Family, units: def.Units, kind: def.Type, priority: def.Priority,
			first: first, last: last, live: live,
		}
		l.byID[def.Context] = c
		l.list = append(l.list, c)
	} else {
		c.title, c.family = mergeText(c.title, def.Title), mergeText(c.family, def.Family)
		c.priority = min(c.priority, def.Priority)
		if first != 0 && (c.first == 0 || first < c.first) {
			c.first = first
		}
		c.last, c.live = max(c.last, last), c.live || live
	}
	c.charts = append(c.charts, ch)
}

// unlike stands for what differs between the texts of the charts of a context.
const unlike = "[x]"

// mergeText returns what two texts have in common at their beginning and at their end, with [x] between: eth0 and eth1 are
// eth[x] (netdata v1.37.1 and v2.11.0).
func mergeText(a, b string) string {
	if a == b {
		return a
	}
	short := min(len(a), len(b))
	head := 0
	for head < short && a[head] == b[head] {
		head++
	}
	for head > 0 && head < len(a) && !utf8.RuneStart(a[head]) {
		head--
	}
	tail := 0
	for tail < short-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	for tail > 0 && !utf8.RuneStart(a[len(a)-tail]) {
		tail--
	}
	prefix, suffix := a[:head], a[len(a)-tail:]
	// A text that was merged before keeps its mark, whichever side it is on.
	prefix, _ = strings.CutSuffix(prefix, unlike)
	suffix, _ = strings.CutPrefix(suffix, unlike)
	return prefix + unlike + suffix
}

// span is a window of time that retention must touch to be listed.
type span struct{ after, before int64 }

// parseSpan decodes the parameters after and before. Without them everything is listed.
func parseSpan(ps params, now int64) span {
	after, before := ps.number("after", 0), ps.number("before", 0)
	if after == 0 && before == 0 {
		return span{0, maxInt}
	}
	w := query.Request{After: after, Before: before}.Window(now, query.Database{First: 0, Last: now, UpdateEvery: 1})
	return span{w.Start(), w.Before}
}

func (s span) touches(first, last int64) bool { return last >= s.after && first <= s.before }

// lastTime returns the time up to which something has data: now while it is collected, as agents answer.
func lastTime(last, now int64, live bool) int64 {
	if live {
		return max(last, now)
	}
	return last
}
