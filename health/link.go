package health

import (
	"maps"
	"slices"
	"strings"

	"foster/health/alert"
	"foster/storage/catalog"
)

// obsoleteFor is how long a chart may be obsolete before its alerts are removed, in seconds.
const obsoleteFor = 60

// forget makes link look at everything again.
func (h *host) forget() { h.linked = linkState{} }

// linkState is what alerts were linked for the last time.
type linkState struct {
	generation uint64
	settings   *settings
	open       bool
}

// link gives each chart the alerts that definitions have for it. Alerts that stay are not touched, whatever has changed.
func (h *host) link(now int64) {
	s := h.settings.Load()
	state := linkState{settings: s, open: h.open}
	if h.catalog != nil {
		state.generation = h.catalog.Generation()
	}
	h.generation.Store(state.generation)
	// That a child has defined a chart again, as it was, is no change of the definitions.
	changed := state != h.linked || now-h.linkedAt >= rulesEvery || now < h.linkedAt
	if !changed && len(h.obsolete) == 0 {
		return
	}
	all := h.linked.settings != s // or forget was called
	if changed {
		h.linkedAt = now
	}
	h.linked = state
	if changed && all {
		h.linkPlace(h.own, s, now)
	}
	if h.catalog == nil || !h.open {
		return
	}
	clear(h.obsolete)
	for _, ch := range h.catalog.Charts() {
		p := h.places[ch]
		if p == nil {
			h.linkNew(ch, s, now)
			continue
		}
		if p.refresh() || all {
			h.linkPlace(p, s, now)
		}
		h.retire(p, now)
	}
	for ch, p := range h.places {
		if ch.Removed() {
			h.removePlace(p, now)
		}
	}
}

// linkNew links a chart that has no alerts yet. Those that have no definition cost no memory.
func (h *host) linkNew(ch *catalog.Chart, s *settings, now int64) {
	def := ch.Def()
	if def.Obsolete || len(ch.Dimensions()) == 0 {
		return
	}
	if ds := s.definitions; ds.charts[ch.ID] == nil && ds.charts[ch.Name()] == nil && ds.contexts[def.Context] == nil {
		return
	}
	if conn := h.connection.Load(); conn != nil && ch.Defined().Unix() < conn.Since.Unix() {
		return // it is not known whether the child still has it
	}
	p := newPlace(ch)
	h.linkPlace(p, s, now)
	if len(p.alerts) > 0 {
		h.places[ch] = p
	}
}

// linkPlace makes the alerts of a place those that the definitions want.
func (h *host) linkPlace(p *place, s *settings, now int64) {
	wanted := h.wanted(p, s)
	kept := make([]*running, 0, len(wanted))
	for _, a := range p.alerts {
		i := slices.IndexFunc(wanted, func(w want) bool { return w.name == a.name && w.def.hash == a.def.hash && w.dimension == a.dimension })
		if i < 0 {
			h.remove(a, now)
			continue
		}
		a.apply(wanted[i].def, s)
		a.describe(&h.facts)
		kept = append(kept, a)
	}
	added := false
	for _, w := range wanted {
		if slices.ContainsFunc(kept, func(a *running) bool { return a.name == w.name }) {
			continue
		}
		a := newRunning(w.def, p, w.name, w.dimension, h.identity(key{p.id, w.name}), s)
		a.describe(&h.facts)
		h.begin(a, now)
		kept = append(kept, a)
		h.alerts = append(h.alerts, a)
		h.byName[a.name] = append(h.byName[a.name], a)
		added = true
	}
	p.alerts = kept
	if added {
		h.links++
	}
}

// want is an alert that a place should have.
type want struct {
	def       *definition
	name      string
	dimension *catalog.Dimension
}

// wanted returns the alerts that a place should have: of each name the first definition that matches.
func (h *host) wanted(p *place, s *settings) []want {
	var list []want
	add := func(w want) {
		if !slices.ContainsFunc(list, func(o want) bool { return o.name == w.name }) {
			list = append(list, w)
		}
	}
	for _, d := range s.definitions.candidates(p) {
		if !d.matches(p, &h.facts) {
			continue
		}
		if d.Lookup == nil || !d.Lookup.Foreach {
			add(want{def: d, name: d.Name})
			continue
		}
		for _, dim := range p.dimensions {
			if def := dim.Def(); !def.Obsolete && d.Lookup.Dimension.Match(def.Name) {
				add(want{d, d.Name + "_" + def.Name, dim})
			}
		}
	}
	return list
}

// retire removes the alerts of a chart that has been obsolete for a while.
func (h *host) retire(p *place, now int64) {
	switch {
	case !p.def.Obsolete:
		p.gone = 0
		return
	case p.gone == 0:
		p.gone = now
	case now-p.gone >= obsoleteFor && now-p.lastCollected() >= obsoleteFor:
		h.removePlace(p, now)
		return
	}
	h.obsolete[p] = struct{}{}
}

// removePlace removes the alerts of a place, and the place.
func (h *host) removePlace(p *place, now int64) {
	for _, a := range p.alerts {
		h.remove(a, now)
	}
	p.alerts = nil
	delete(h.obsolete, p)
	if p.chart != nil {
		delete(h.places, p.chart)
	}
}

// removeCharts removes the alerts of all charts; those on what foster knows of the host stay.
func (h *host) removeCharts(now int64) {
	for _, p := range slices.SortedFunc(maps.Values(h.places), func(a, b *place) int { return strings.Compare(a.id, b.id) }) {
		h.removePlace(p, now)
	}
	h.forget()
}

// removeAll removes all alerts.
func (h *host) removeAll(now int64) {
	if len(h.alerts) == 0 {
		return
	}
	h.removeCharts(now)
	h.removePlace(h.own, now)
}

// remove ends an alert.
func (h *host) remove(a *running, now int64) {
	same := func(o *running) bool { return o == a }
	h.alerts = slices.DeleteFunc(h.alerts, same)
	if list := slices.DeleteFunc(h.byName[a.name], same); len(list) > 0 {
		h.byName[a.name] = list
	} else {
		delete(h.byName, a.name)
	}
	h.links++
	h.change(a, alert.Removed, now)
}
