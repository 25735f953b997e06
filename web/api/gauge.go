package api

import (
	"math"
	"slices"

	"foster/storage/catalog"
)

// gauge is one figure about a whole host that is made of the dimensions of a chart.
type gauge struct {
	chart *catalog.Chart
	dims  []*catalog.Dimension
	part  []bool  // by dimension: it counts to the figure
	scale float64 // of the figure; with share, of the whole
	share bool    // the figure is what the parts are of all dimensions
}

// gaugeKind says how a figure is made of the chart with an id.
type gaugeKind struct {
	chart string
	not   []string           // dimensions that do not count
	scale map[string]float64 // by unit of the chart; nil: none
	share bool
}

// The figures about a whole host. Agents of all systems name the charts so; the dimensions differ.
var (
	gaugeCPU    = gaugeKind{chart: "system.cpu", not: []string{"idle"}}
	gaugeMemory = gaugeKind{
		chart: "system.ram", share: true, scale: byteUnits,
		// Memory that programs get when they ask for it.
		not: []string{"free", "cached", "buffers", "inactive", "cache", "laundry", "standby", "available"},
	}
	gaugeDisk    = gaugeKind{chart: "system.io", scale: byteUnits}
	gaugeNetwork = gaugeKind{chart: "system.net", scale: bitUnits}
	gaugeUptime  = gaugeKind{chart: "system.uptime"}
)

// byteUnits are the units of sizes, and of rates by the second, in bytes.
var byteUnits = map[string]float64{
	"B": 1, "bytes": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "kilobytes": 1 << 10, "MB": 1 << 20,
	"B/s": 1, "bytes/s": 1, "KiB/s": 1 << 10, "MiB/s": 1 << 20, "kilobytes/s": 1 << 10, "KB/s": 1 << 10,
}

// bitUnits are the units of network traffic, in bits per second.
var bitUnits = map[string]float64{"bits/s": 1, "kilobits/s": 1000, "megabits/s": 1e6, "KiB/s": 8 << 10, "B/s": 8}

// gauge returns the figure of a host. It is false when the host does not send what it takes.
func (k *gaugeKind) gauge(h *catalog.Host) (gauge, bool) {
	ch := h.Chart(k.chart)
	if ch == nil {
		return gauge{}, false
	}
	g := gauge{chart: ch, scale: 1, share: k.share}
	if k.scale != nil {
		if g.scale = k.scale[ch.Def().Units]; g.scale == 0 {
			return gauge{}, false
		}
	}
	for _, d := range ch.Dimensions() {
		def := d.Def()
		if def.Obsolete || !k.share && slices.Contains(k.not, d.ID) {
			continue
		}
		g.dims = append(g.dims, d)
		g.part = append(g.part, !slices.Contains(k.not, d.ID))
	}
	return g, len(g.dims) > 0
}

// value makes the figure of values of the dimensions, of which NaN is none: the sum of their magnitudes, because the
// outgoing traffic is negative; or the share of the parts in percent, and the whole.
func (g *gauge) value(values []float64) (v, whole float64) {
	sum, all, found := 0.0, 0.0, false
	for i, x := range values {
		if math.IsNaN(x) {
			continue
		}
		found = true
		all += math.Abs(x)
		if g.part[i] {
			sum += math.Abs(x)
		}
	}
	switch {
	case !found || g.share && all == 0:
		return math.NaN(), math.NaN()
	case g.share:
		return 100 * sum / all, all * g.scale
	}
	return sum * g.scale, math.NaN()
}

// gaugeAge is how many seconds old the newest values may be to be called those of the present, on top of three intervals.
const gaugeAge = 15

// newest makes the figure of the newest values, NaN when there are none of the last seconds.
func (g *gauge) newest(now int64) (v, whole float64) {
	values := make([]float64, len(g.dims))
	oldest := now - gaugeAge - 3*g.chart.UpdateEvery()
	for i, d := range g.dims {
		t, x, _ := d.Last()
		if t < oldest {
			x = math.NaN()
		}
		values[i] = x
	}
	return g.value(values)
}
