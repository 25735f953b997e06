package swarm

import (
	"fmt"
	"math"

	"foster/replication/wire"
)

// kind is what a synthetic dimension looks like.
type kind uint8

const (
	constant kind = iota // zero, or another number that never changes
	gauge                // a small integer that changes now and then
	percent              // a noisy decimal between 0 and 100
	rate                 // the growth of a counter, a second
)

// kindOf returns the kind of a synthetic dimension: of 20 dimensions 8 are constant, 4 gauges, 5 percentages, 3 rates,
// which is about what an agent sends.
func kindOf(chart, dim int) kind {
	switch i := (chart*7 + dim) % 20; {
	case i < 8:
		return constant
	case i < 12:
		return gauge
	case i < 17:
		return percent
	}
	return rate
}

// decimals is the divisor of synthetic values that are no integers.
const decimals = 1000

// Synthetic returns charts for tests and benchmarks. Their values come from Mix.
func Synthetic(charts, dimensions int) []Chart {
	out := make([]Chart, charts)
	for i := range out {
		family := fmt.Sprintf("group%d", i/10)
		out[i] = Chart{
			Chart: wire.Chart{
				ID:       fmt.Sprintf("load%d.chart%d", i/100, i),
				Title:    fmt.Sprintf("Synthetic chart %d", i),
				Units:    "units",
				Family:   family,
				Context:  "load.chart",
				Type:     "line",
				Priority: 1000 + i,
				Plugin:   "swarm",
				Module:   "synthetic",
			},
			Labels:     []wire.Label{{Name: "group", Value: family, Source: wire.LabelAuto}},
			Dimensions: make([]wire.Dimension, dimensions),
		}
		for k := range out[i].Dimensions {
			d := &out[i].Dimensions[k]
			*d = wire.Dimension{ID: fmt.Sprintf("dim%d", k), Multiplier: 1, Divisor: 1}
			switch kindOf(i, k) {
			case percent:
				d.Divisor = decimals
			case rate:
				d.Algorithm, d.Divisor = wire.Incremental, decimals
			}
		}
	}
	return out
}

// Mix returns values for Synthetic charts; each child should have a seed of its own.
func Mix(seed uint64) Values {
	return func(chart, dim int, t int64) float64 {
		id := hash(seed, uint64(chart), uint64(dim))
		switch kindOf(chart, dim) {
		case constant:
			return float64(id % 2 * (id >> 8 % 1000))
		case gauge:
			return float64(hash(id, uint64(t)/8, 0) % (2 + id%60))
		case percent:
			base := unit(id) * 60
			return base + 20*triangle(t+int64(id%600), 600) + 20*unit(hash(id, uint64(t), 0))
		default:
			return float64(id%100_000) * (0.5 + unit(hash(id, uint64(t), 0)))
		}
	}
}

// hash mixes its arguments into a number that looks random (the finaliser of splitmix64).
func hash(a, b, c uint64) uint64 {
	x := a ^ b*0x9e3779b97f4a7c15 ^ c*0xc2b2ae3d27d4eb4f
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// unit maps a hash to [0, 1).
func unit(h uint64) float64 { return float64(h>>11) / (1 << 53) }

// triangle is a wave between 0 and 1.
func triangle(t, period int64) float64 {
	return math.Abs(2*float64(t%period)/float64(period) - 1)
}
