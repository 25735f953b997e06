package tier

import (
	"math"
	"math/bits"

	"foster/storage/query"
)

// aggregate is what a coarse tier keeps of the points of a dimension that end in one window.
type aggregate struct {
	window    int64 // the window ends at window times the step of the tier
	sum       float64
	min, max  float32
	count     uint32
	anomalous uint32
}

// windowOf returns the number of the window, of so many seconds, in which a point that ends at unix time t is.
func windowOf(t, step int64) int64 { return (t + step - 1) / step }

// add adds a point with a finite value that is a float32.
func (a *aggregate) add(v float64, anomalous bool) {
	f := float32(v)
	if a.count == 0 {
		a.min, a.max = f, f
	}
	a.min, a.max = min(a.min, f), max(a.max, f)
	a.sum += v
	a.count++
	if anomalous {
		a.anomalous++
	}
}

// merge adds the points of another window.
func (a *aggregate) merge(b *aggregate) {
	if a.count == 0 {
		a.min, a.max = b.min, b.max
	}
	a.min, a.max = min(a.min, b.min), max(a.max, b.max)
	a.sum += b.sum
	a.count += b.count
	a.anomalous += b.anomalous
}

// point returns the aggregate as a point. The step is that of the tier.
func (a *aggregate) point(step int64) query.Point {
	end := a.window * step
	return query.Point{
		Start: end - step, End: end,
		Sum: a.sum, Min: float64(a.min), Max: float64(a.max),
		Count: a.count, Anomalous: a.anomalous,
	}
}

// sumScale returns the power of two by which the sums of a tier are divided when they are stored, so that no sum of so many
// float32 is too large for a float32. Unlike averages, sums of whole numbers have few bits.
func sumScale(step int64) float64 { return math.Ldexp(1, bits.Len64(uint64(step))) }
