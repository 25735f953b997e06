package health

import (
	"math"
	"strings"

	"foster/health/alert"
	"foster/health/expr"
	"foster/storage/catalog"
)

// evaluator gives expressions their variables. There is one for each host, for one visit at a time.
type evaluator struct {
	host   *host
	now    int64
	alert  *running
	lookup expr.Lookup
}

func (ev *evaluator) reset(h *host, now int64) {
	ev.host, ev.now = h, now
	if ev.lookup == nil {
		ev.lookup = ev.variable
	}
}

// eval returns what an expression of an alert has, NaN when it has nothing.
func (ev *evaluator) eval(a *running, e *expr.Expression) float64 {
	ev.alert = a
	v, err := e.Eval(ev.lookup)
	if err != nil {
		return math.NaN()
	}
	return v
}

// constants are the statuses as expressions name them.
var constants = map[string]alert.Status{
	"REMOVED": alert.Removed, "UNDEFINED": alert.Undefined, "UNINITIALIZED": alert.Uninitialized, "CLEAR": alert.Clear,
	"WARNING": alert.Warning, "CRITICAL": alert.Critical,
}

// variable returns a variable: first what every alert has, then what its chart has, then what its host has, alerts by
// name, dimensions of other charts as chart.dimension or context.dimension, and at last what v1 has beyond that: dimensions of
// charts of the family and alerts as chart.alert.
func (ev *evaluator) variable(name string) (float64, bool) {
	a := ev.alert
	switch name {
	case "this":
		return a.value, true
	case "status":
		return float64(a.status), true
	case "now":
		return float64(ev.now), true
	case "after":
		return float64(a.after), a.after != 0
	case "before":
		return float64(a.before), a.before != 0
	case "green":
		return a.place.green(a.def.Green)
	case "red":
		return a.place.red(a.def.Red)
	case "last_collected_t":
		return float64(a.place.lastCollected()), true
	case "update_every":
		return float64(a.place.updateEvery()), true
	}
	if status, ok := constants[name]; ok {
		return float64(status), true
	}
	if v, ok := a.place.variable(name); ok {
		return v, true
	}
	h := ev.host
	if h.catalog != nil {
		if v, ok := h.catalog.Variable(name); ok {
			return v, true
		}
	}
	if name == "active_processors" {
		if v, ok := h.facts.processors(); ok {
			return v, true
		}
	}
	return a.bindings.get(h, a, name)
}

// green and red return a threshold of a definition; when it has none, that of the first alert of the place that has one.
func (p *place) green(own float64) (float64, bool) {
	for i := 0; own != own && i < len(p.alerts); i++ {
		own = p.alerts[i].def.Green
	}
	return own, own == own
}

func (p *place) red(own float64) (float64, bool) {
	for i := 0; own != own && i < len(p.alerts); i++ {
		own = p.alerts[i].def.Red
	}
	return own, own == own
}

// variable returns what a dimension or a variable of the place has.
func (p *place) variable(name string) (float64, bool) {
	if p.own != nil {
		v, ok := p.own.values[name]
		return v, ok
	}
	if v, ok := dimensionVariable(p.chart, name); ok {
		return v, true
	}
	return p.chart.Variable(name)
}

// What can be asked of a dimension: name, name_raw, name_last_collected_t.
const (
	rawSuffix  = "_raw"
	timeSuffix = "_last_collected_t"
)

// dimensionVariable returns the variable of a dimension of a chart.
func dimensionVariable(ch *catalog.Chart, name string) (float64, bool) {
	if d := dimension(ch, name); d != nil {
		return stored(d), true
	}
	if base, ok := strings.CutSuffix(name, rawSuffix); ok {
		if d := dimension(ch, base); d != nil {
			return d.Collected(), true
		}
	}
	if base, ok := strings.CutSuffix(name, timeSuffix); ok {
		if d := dimension(ch, base); d != nil {
			t, _, _ := d.Last()
			return float64(t), true
		}
	}
	return 0, false
}

// dimension returns a dimension by id, or else by name.
func dimension(ch *catalog.Chart, name string) *catalog.Dimension {
	if d := ch.Dimension(name); d != nil {
		return d
	}
	for _, d := range ch.Dimensions() {
		if d.Def().Name == name {
			return d
		}
	}
	return nil
}

// stored returns the newest stored value, NaN when there is none in this run.
func stored(d *catalog.Dimension) float64 {
	t, v, _ := d.Last()
	if t == 0 || math.IsInf(v, 0) {
		return math.NaN()
	}
	return v
}

// bindings remember what the names of an alert stand for that are not of its own chart: finding it takes a search. They
// hold as long as nothing is defined or linked on the host.
type bindings struct {
	generation, links uint64
	byName            map[string]binding
}

// binding is what a name stands for: a variable of a dimension of a chart, an alert, or nothing.
type binding struct {
	chart    *catalog.Chart
	variable string // of the chart
	alert    *running
}

func (b *bindings) get(h *host, a *running, name string) (float64, bool) {
	if generation := h.generation.Load(); b.byName == nil || b.generation != generation || b.links != h.links {
		*b = bindings{generation, h.links, map[string]binding{}}
	}
	found, ok := b.byName[name]
	if !ok {
		found = h.bind(a.place, name)
		b.byName[name] = found
	}
	switch {
	case found.alert != nil:
		return found.alert.value, true
	case found.chart != nil:
		return dimensionOrCustom(found.chart, found.variable)
	}
	return 0, false
}

func dimensionOrCustom(ch *catalog.Chart, name string) (float64, bool) {
	switch name {
	case "last_collected_t":
		return float64(ch.Last()), true
	case "update_every":
		return float64(ch.UpdateEvery()), true
	}
	if v, ok := dimensionVariable(ch, name); ok {
		return v, true
	}
	return ch.Variable(name)
}

// bind searches what a name stands for. Of several the one whose chart has most labels in common with p is taken.
func (h *host) bind(p *place, name string) binding {
	if a := h.closestAlert(p, name, nil); a != nil {
		return binding{alert: a}
	}
	if h.catalog == nil {
		return binding{}
	}
	for i := strings.LastIndexByte(name, '.'); i > 0; i = strings.LastIndexByte(name[:i], '.') {
		of, variable := name[:i], name[i+1:]
		if ch := h.catalog.Chart(of); ch != nil {
			if _, ok := dimensionOrCustom(ch, variable); ok {
				return binding{chart: ch, variable: variable}
			}
		}
		if ch := h.closestChart(p, variable, func(ch *catalog.Chart) bool { return ch.Def().Context == of }); ch != nil {
			return binding{chart: ch, variable: variable}
		}
	}
	if p.family != "" {
		if ch := h.closestChart(p, name, func(ch *catalog.Chart) bool { return ch.Def().Family == p.family }); ch != nil {
			return binding{chart: ch, variable: name}
		}
	}
	for i := strings.LastIndexByte(name, '.'); i > 0; i = strings.LastIndexByte(name[:i], '.') {
		of := name[:i]
		if a := h.closestAlert(p, name[i+1:], func(a *running) bool { return a.place.id == of || a.place.name == of }); a != nil {
			return binding{alert: a}
		}
	}
	return binding{}
}

func (h *host) closestAlert(p *place, name string, accept func(*running) bool) *running {
	var best *running
	most := -1
	for _, a := range h.byName[name] {
		if accept != nil && !accept(a) {
			continue
		}
		if n := inCommon(p.labels, a.place.labels); n > most || a.place == p && best.place != p {
			best, most = a, n
		}
	}
	return best
}

func (h *host) closestChart(p *place, variable string, accept func(*catalog.Chart) bool) *catalog.Chart {
	var best *catalog.Chart
	most := -1
	for _, ch := range h.catalog.Charts() {
		if !accept(ch) || ch.Def().Obsolete {
			continue
		}
		if _, ok := dimensionOrCustom(ch, variable); !ok {
			continue
		}
		if n := inCommon(p.labels, ch.Labels()); n > most {
			best, most = ch, n
		}
	}
	return best
}
