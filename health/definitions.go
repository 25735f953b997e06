package health

import (
	"crypto/sha256"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/google/uuid"

	"foster/health/conf"
	"foster/health/expr"
	"foster/storage/query"
)

// definition is a conf.Definition made ready. It is never changed.
type definition struct {
	*conf.Definition
	hash     uuid.UUID
	order    int // of loading
	grouping query.Grouping
	options  query.Options // of the lookup
}

// definitions are those in force, by what they apply to. They are never changed but replaced.
type definitions struct {
	list     []*definition
	confs    []*conf.Definition
	charts   map[string][]*definition // alarms, by id or name of the chart
	contexts map[string][]*definition // templates
	hashes   map[uuid.UUID]*definition
}

// newDefinitions indexes definitions whose names enabled matches, in the order of loading.
func newDefinitions(list []*conf.Definition, enabled func(name string) bool) *definitions {
	ds := &definitions{charts: map[string][]*definition{}, contexts: map[string][]*definition{}, hashes: map[uuid.UUID]*definition{}}
	for _, c := range list {
		if !enabled(c.Name) {
			continue
		}
		d := &definition{Definition: c, hash: HashOf(c), order: len(ds.list)}
		if l := c.Lookup; l != nil {
			d.grouping, _ = query.ParseGrouping(l.Method, l.Argument) // conf has checked it
			for _, name := range l.Options {
				o, _ := query.ParseOption(name)
				d.options |= o
			}
		}
		ds.list, ds.confs = append(ds.list, d), append(ds.confs, c)
		ds.hashes[d.hash] = d
		by := ds.charts
		if c.Template {
			by = ds.contexts
		}
		by[c.On] = append(by[c.On], d)
	}
	return ds
}

// candidates returns the definitions whose on is the place: alarms first, then templates, each in the order of loading.
func (ds *definitions) candidates(p *place) []*definition {
	list := ds.charts[p.id]
	if p.name != p.id {
		if more := ds.charts[p.name]; len(more) > 0 {
			list = slices.Concat(list, more)
			slices.SortStableFunc(list, func(a, b *definition) int { return a.order - b.order })
		}
	}
	if more := ds.contexts[p.context]; len(more) > 0 {
		list = slices.Concat(list, more)
	}
	return list
}

// HashOf returns the identity of a definition: two that say the same, wherever they stand, have the same.
func HashOf(d *conf.Definition) uuid.UUID {
	var b strings.Builder
	add := func(key string, value any) { fmt.Fprintf(&b, "%s=%v\n", key, value) }
	text := func(e *expr.Expression) string {
		if e == nil {
			return ""
		}
		return e.Text()
	}
	add("name", d.Name)
	add("template", d.Template)
	add("on", d.On)
	for _, s := range []string{
		d.Class, d.Component, d.Type, d.OS.String(), d.Hosts.String(), d.Plugin.String(), d.Module.String(), d.Charts.String(),
		d.Families.String(), text(d.Calc), text(d.Warn), text(d.Crit), d.Units, d.To, d.Exec, d.Info, d.Summary,
	} {
		add("", s)
	}
	for _, list := range [][]conf.LabelCondition{d.HostLabels, d.ChartLabels} {
		for _, c := range list {
			add(c.Name, c.Values.String())
		}
		add("labels", len(list))
	}
	if l := d.Lookup; l != nil {
		add("lookup", []any{l.Method, l.Argument, l.After, l.Before, l.Combine, l.Options, l.Of, l.Foreach})
	}
	add("every", d.Every)
	add("green", math.Float64bits(d.Green))
	add("red", math.Float64bits(d.Red))
	add("delay", d.Delay)
	add("repeat", d.Repeat)
	add("options", d.NoClearNotification)
	sum := sha256.Sum256([]byte(b.String()))
	return uuid.UUID(sum[:16])
}

// matches says whether a definition whose on is the place applies to it.
func (d *definition) matches(p *place, h *hostFacts) bool {
	return d.OS.Match(h.os) && d.Hosts.Match(h.name) && d.Plugin.Match(p.plugin) && d.Module.Match(p.module) &&
		(!d.Template || d.Charts.Match(p.id, p.name) && d.Families.Match(p.family)) &&
		conditions(d.HostLabels, h.label) && conditions(d.ChartLabels, p.label)
}

// conditions says whether labels fulfil all conditions. One that a host or chart lacks fulfils none.
func conditions(list []conf.LabelCondition, label func(name string) (string, bool)) bool {
	for i := range list {
		value, ok := label(list[i].Name)
		if !ok || !list[i].Values.Match(value) {
			return false
		}
	}
	return true
}
