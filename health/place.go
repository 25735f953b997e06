package health

import (
	"slices"
	"strconv"
	"strings"

	"foster/replication/wire"
	"foster/storage/catalog"
)

// place is what alerts run on: a chart, or an own chart: what foster itself knows of a host. The fields are those of the
// time at which its alerts were linked.
type place struct {
	chart *catalog.Chart // nil for own charts
	own   *ownChart      // nil for charts

	id, name, context, family, units string
	plugin, module                   string
	labels                           []wire.Label

	def        *wire.Chart
	dimensions []*catalog.Dimension // as foreach has seen them
	gone       int64                // unix seconds since which it is obsolete, 0: it is not
	alerts     []*running
}

func newPlace(ch *catalog.Chart) *place {
	p := &place{chart: ch, id: ch.ID}
	p.refresh()
	return p
}

// refresh takes over what the chart is now. It is false when nothing has changed.
func (p *place) refresh() bool {
	if p.chart == nil {
		return false
	}
	def, labels, dims := p.chart.Def(), p.chart.Labels(), p.chart.Dimensions()
	if def == p.def && sameSlice(labels, p.labels) && sameSlice(dims, p.dimensions) {
		return false
	}
	p.def, p.labels, p.dimensions = def, labels, dims
	p.name, p.context, p.family, p.units, p.plugin, p.module = p.chart.Name(), def.Context, def.Family, def.Units, def.Plugin, def.Module
	return true
}

// sameSlice says whether two slices are one and the same.
func sameSlice[T any](a, b []T) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// label returns a label of the chart. Agents v2 turn the keys plugin and module into conditions on two labels that older
// agents do not send.
func (p *place) label(name string) (string, bool) {
	if v, ok := labelOf(p.labels, name); ok {
		return v, true
	}
	switch name {
	case "_collect_plugin":
		return p.plugin, p.plugin != ""
	case "_collect_module":
		return p.module, p.module != ""
	}
	return "", false
}

// updateEvery returns the collection interval in seconds.
func (p *place) updateEvery() int64 {
	if p.chart == nil {
		return 1
	}
	return p.chart.UpdateEvery()
}

// lastCollected returns the unix time of the newest point, 0 when there is none.
func (p *place) lastCollected() int64 {
	if p.chart == nil {
		return p.own.at
	}
	return p.chart.Last()
}

func labelOf(labels []wire.Label, name string) (string, bool) {
	i, ok := slices.BinarySearchFunc(labels, name, func(l wire.Label, name string) int { return strings.Compare(l.Name, name) })
	if !ok {
		return "", false
	}
	return labels[i].Value, true
}

// hostFacts are what definitions can ask of a host.
type hostFacts struct {
	info     *catalog.HostInfo
	name, os string
	labels   []wire.Label
}

func (f *hostFacts) label(name string) (string, bool) {
	if v, ok := labelOf(f.labels, name); ok {
		return v, true
	}
	switch name {
	case "_os":
		return f.os, f.os != ""
	case "_hostname":
		return f.name, f.name != ""
	}
	return "", false
}

// processors returns how many the host has, as its labels say: an agent of v1 whose own health is off does not send the
// variable.
func (f *hostFacts) processors() (float64, bool) {
	cores, _ := f.label("_system_cores")
	n, err := strconv.ParseUint(cores, 10, 16)
	return float64(n), err == nil && n > 0
}

// inCommon counts the labels that two charts share.
func inCommon(a, b []wire.Label) int {
	n := 0
	for len(a) > 0 && len(b) > 0 {
		switch c := strings.Compare(a[0].Name, b[0].Name); {
		case c < 0:
			a = a[1:]
		case c > 0:
			b = b[1:]
		default:
			if a[0].Value == b[0].Value {
				n++
			}
			a, b = a[1:], b[1:]
		}
	}
	return n
}
