package receiver

import (
	"math"

	"foster/replication/wire"
)

// collector turns the raw values a v1 child collects into the values a Netdata agent stores: rates, percentages and
// interpolation to the boundaries of the chart's interval (netdata v1.37.1 database/rrdset.c, rrdset_done).
//
// Times are unix microseconds. A collection is: set for each dimension, start, then next until it is false; after each
// next that is true, time and values are those to store.
type collector struct {
	every      int64 // the chart's interval
	storeFirst bool  // the option store_first

	resync        bool  // the next elapsed time is taken from the clock, not from the child
	collections   int   // of this chart, 2 means two or more
	lastCollected int64 // when the last collection happened
	lastUpdated   int64 // the last boundary a value was stored at

	rates []rate

	// The collection in progress.
	now      int64 // when it happened
	prev     int64 // the time up to which increments have been given to boundaries
	boundary int64
	left     int64 // boundaries left, the one at hand included; one more when the last is exactly now
	first    bool  // the boundary at hand is the one before, stored late because of storeFirst

	time   int64   // unix seconds of the boundary at hand
	values []value // one a dimension
}

// value is what a dimension stores at a boundary; ok is false when that is nothing.
type value struct {
	value float64
	flags wire.Flags
	ok    bool
}

// rate is the state of a dimension.
type rate struct {
	algorithm  wire.Algorithm
	multiplier float64
	divisor    float64
	noReset    bool
	float      bool

	set       bool // in the collection at hand
	raw       int64
	rawFloat  float64
	last      int64 // raw value of the collection before
	lastFloat float64
	count     int     // collections, 2 means two or more
	largest   uint64  // largest magnitude ever collected
	calc      float64 // calculated of the collection at hand, less what boundaries have taken
	carried   float64 // incremental: not yet stored; others: calculated of the collection before
	flags     wire.Flags
}

const (
	second = 1_000_000
	// fillBelow: of the boundaries since the last collection only those with fewer than so many left are filled. It is
	// the setting "gap when lost iterations above" = 1, plus 2.
	fillBelow = 3
	// maxGap is the number of intervals after which a chart starts anew, that of an agent's default history.
	maxGap = 3600
)

// collector returns the collector of the chart, made when there is none.
func (c *chart) collector() *collector {
	if c.v1 == nil {
		c.v1 = &collector{resync: true, every: c.cat.UpdateEvery() * second, storeFirst: c.storeFirst}
	}
	for len(c.v1.rates) < len(c.dims) {
		c.v1.rates = append(c.v1.rates, rate{})
		c.v1.define(len(c.v1.rates)-1, c.dims[len(c.v1.rates)-1].cat.Def())
	}
	return c.v1
}

// define sets the definition of a dimension; its counters go on.
func (v *collector) define(i int, def *wire.Dimension) {
	r := &v.rates[i]
	r.algorithm = def.Algorithm
	r.multiplier, r.divisor = float64(def.Multiplier), float64(def.Divisor)
	r.noReset, r.float = def.NoReset, def.Float
}

// setUpdateEvery changes the interval: counters start anew, what is stored stays.
func (v *collector) setUpdateEvery(seconds int64) {
	if v.every == seconds*second {
		return
	}
	v.every = seconds * second
	v.restart()
}

// restart forgets all collections.
func (v *collector) restart() {
	v.collections = 0
	for i := range v.rates {
		r := &v.rates[i]
		r.count, r.carried, r.calc = 0, 0, 0
	}
}

// set takes the raw value of a dimension.
func (v *collector) set(i int, raw int64, float float64) {
	r := &v.rates[i]
	r.raw, r.rawFloat, r.set = raw, float, true
	magnitude := uint64(raw)
	if raw < 0 {
		magnitude = -magnitude
	}
	r.largest = max(r.largest, magnitude)
}

// restore sets the state of a dimension that a replay hands over.
func (v *collector) restore(i int, s *wire.ReplayDimensionState) {
	r := &v.rates[i]
	r.last, r.lastFloat = clampInt(s.CollectedValue), s.CollectedValue
	if math.IsNaN(s.CollectedValue) {
		r.last, r.lastFloat = 0, 0
	}
	r.carried = s.LastCalculated
	if math.IsNaN(r.carried) {
		r.carried = 0
	}
	if s.LastCollected > 0 {
		r.count = max(r.count, 1)
	}
}

func clampInt(f float64) int64 {
	switch {
	case f >= math.MaxInt64:
		return math.MaxInt64
	case f <= math.MinInt64:
		return math.MinInt64
	}
	return int64(f)
}

// restoreClock sets the state of the chart that a replay hands over. now is the parent's clock; times that cannot be
// true are ignored.
func (v *collector) restoreClock(s wire.ReplayChartState, now int64) {
	const day = 86400 * second
	if s.LastCollected <= 0 || s.LastCollected > now+day || s.LastUpdated <= 0 || s.LastUpdated > s.LastCollected+v.every {
		return
	}
	v.lastCollected, v.lastUpdated = s.LastCollected, s.LastUpdated
	v.collections = 2
}

// start begins the boundaries of a collection. usec is the time since the one before as the child tells it, 0 when it
// does not; clock is the parent's.
func (v *collector) start(usec, clock int64) {
	v.first = false
	if v.collections > 0 {
		switch {
		case v.resync, usec <= 0:
			usec = max(0, clock-v.lastCollected)
		}
		v.resync = false // the first collection leaves it to the second
		if usec > maxGap*v.every {
			v.restart()
		}
	}
	v.calculate()
	if v.collections == 0 {
		v.lastUpdated = clock - clock%v.every
		v.lastCollected = v.lastUpdated + second/2
		v.now, v.prev = v.lastCollected, v.lastCollected
		v.boundary, v.left = v.lastUpdated+v.every, 0
		return
	}
	v.now = v.lastCollected + usec
	v.prev = v.lastCollected
	v.boundary = (v.lastUpdated/v.every + 1) * v.every
	v.left = (v.now - v.lastUpdated) / v.every
	if v.now%v.every == 0 {
		v.left++
	}
	v.first = v.storeFirst && v.collections == 1
	// Boundaries that stay empty are passed in one step: the increments they take are the same.
	if skip := v.left - fillBelow; skip > 0 && v.boundary+skip*v.every <= v.now {
		v.boundary += skip * v.every
		v.left -= skip
	}
}

// calculate applies the algorithms to the raw values of the collection.
func (v *collector) calculate() {
	total, totalDelta := 0.0, 0.0
	for i := range v.rates {
		r := &v.rates[i]
		if !r.set {
			continue
		}
		r.flags = 0
		if r.count == 0 {
			r.last, r.lastFloat = r.raw, r.rawFloat
		}
		switch r.algorithm {
		case wire.PercentageOfAbsoluteRow:
			total += r.number()
		case wire.PercentageOfIncrementalRow:
			if r.decreased() {
				r.reset()
				r.last, r.lastFloat = r.raw, r.rawFloat
			}
			totalDelta += r.delta()
		}
	}
	for i := range v.rates {
		r := &v.rates[i]
		if !r.set {
			r.calc = 0
			continue
		}
		switch r.algorithm {
		case wire.Absolute:
			r.calc = r.number() * r.multiplier / r.divisor
		case wire.PercentageOfAbsoluteRow:
			r.calc = 0
			if total != 0 {
				r.calc = 100 * r.number() / total
			}
		case wire.PercentageOfIncrementalRow:
			r.calc = 0
			if totalDelta != 0 {
				r.calc = 100 * r.delta() / totalDelta
			}
		case wire.Incremental:
			r.calc = r.increment() * r.multiplier / r.divisor
		}
	}
}

// number returns the raw value.
func (r *rate) number() float64 {
	if r.float {
		return r.rawFloat
	}
	return float64(r.raw)
}

// delta returns how much the raw value has grown since the collection before.
func (r *rate) delta() float64 {
	if r.float {
		return r.rawFloat - r.lastFloat
	}
	return float64(r.raw - r.last)
}

func (r *rate) decreased() bool {
	if r.float {
		return r.rawFloat < r.lastFloat
	}
	return r.raw < r.last
}

func (r *rate) reset() {
	if !r.noReset {
		r.flags |= wire.Reset
	}
}

// increment returns the growth of a counter, which may have wrapped at 32 or 64 bits or been reset.
func (r *rate) increment() float64 {
	if r.float {
		if r.rawFloat < r.lastFloat {
			r.reset()
			return 0
		}
		return r.delta()
	}
	last, raw := uint64(r.last), uint64(r.raw)
	if raw >= last {
		return r.delta()
	}
	r.reset()
	limit := uint64(math.MaxUint32)
	if r.largest > math.MaxUint32 {
		limit = math.MaxUint64
	}
	wrapped := limit - last + raw
	if float64(wrapped) < float64(limit)/10 {
		return float64(wrapped)
	}
	return 0
}

// next moves to the next boundary to store; it is false when the collection is finished.
func (v *collector) next() bool {
	for len(v.values) < len(v.rates) {
		v.values = append(v.values, value{})
	}
	if v.first {
		v.first = false
		v.time = v.lastUpdated / second
		for i := range v.rates {
			r := &v.rates[i]
			v.values[i] = value{value: r.carried, ok: r.set && r.count > 0}
			if r.algorithm == wire.Incremental {
				v.values[i].value = 0
			}
		}
		return true
	}
	if v.boundary > v.now {
		v.finish()
		return false
	}
	b := v.boundary
	final := b+v.every > v.now
	share := 1.0
	if v.now > v.prev {
		share = float64(b-v.prev) / float64(v.now-v.prev)
	}
	for i := range v.rates {
		r := &v.rates[i]
		var x float64
		switch {
		case r.algorithm == wire.Incremental:
			part := r.calc * share
			r.calc -= part
			x = (part + r.carried) / (float64(v.every) / second)
			r.carried = 0
			if slot := b - v.lastUpdated; slot < v.every {
				x = x * float64(v.every) / float64(slot)
			}
		case final:
			x = r.calc
		default:
			x = r.carried + (r.calc-r.carried)*share
		}
		v.values[i] = value{value: x, flags: r.flags, ok: r.set && r.count > 0 && v.left < fillBelow}
	}
	v.time = b / second
	v.prev, v.lastUpdated = b, b
	v.left--
	v.boundary = b + v.every
	return true
}

// finish ends the collection.
func (v *collector) finish() {
	v.lastCollected = v.now
	v.collections = min(2, v.collections+1)
	for i := range v.rates {
		r := &v.rates[i]
		if !r.set {
			continue
		}
		r.set = false
		r.last, r.lastFloat = r.raw, r.rawFloat
		r.count = min(2, r.count+1)
		if r.algorithm == wire.Incremental {
			r.carried += r.calc
		} else {
			r.carried = r.calc
		}
		r.calc = 0
	}
}
