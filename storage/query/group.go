package query

import "math"

// grouper collects the values of a row. One grouper serves all rows of one metric, in order.
type grouper interface {
	add(v, samples float64) // a value that so many samples have
	flush() float64         // the value of the row, NaN when it has none; the next row begins
}

// start returns a grouper for a metric.
func (g Grouping) start(w *Window) grouper {
	switch g.Method {
	case Min:
		return &nearest{v: math.NaN()}
	case Max:
		return &farthest{v: math.NaN()}
	case Sum:
		return &sum{}
	case Median:
		return &ranked{fraction: g.Percent / 100, flushed: median}
	case TrimmedMean:
		return &ranked{fraction: 1 - 2*g.Percent/100, flushed: trimmedMean}
	case Percentile:
		return &ranked{fraction: g.Percent / 100, flushed: percentile}
	case StdDev:
		return &deviation{}
	case Variation:
		return &deviation{relative: true}
	case IncrementalSum:
		return &increment{from: math.NaN(), last: math.NaN()}
	case Latest:
		return &latest{v: math.NaN()}
	case Extremes:
		return &extremes{}
	case CountIf:
		return &countIf{condition: g.Condition}
	case Smoothed:
		return &smoothed{alpha: smoothing(w)}
	case DoublySmoothed:
		return &doublySmoothed{alpha: smoothing(w)}
	}
	return &average{divisor: w.Divisor}
}

type average struct {
	divisor float64 // replaces the number of samples when not 0
	sum, n  float64
}

func (a *average) add(v, samples float64) { a.sum += v * samples; a.n += samples }

func (a *average) flush() float64 {
	v := a.sum / a.n // NaN for none
	if a.divisor != 0 && a.n > 0 {
		v = a.sum / a.divisor
	}
	a.sum, a.n = 0, 0
	return v
}

type sum struct {
	sum float64
	n   int
}

func (s *sum) add(v, _ float64) { s.sum += v; s.n++ }

func (s *sum) flush() float64 {
	if s.n == 0 {
		return math.NaN()
	}
	v := s.sum
	s.sum, s.n = 0, 0
	return v
}

type nearest struct{ v float64 } // NaN when there is none

func (m *nearest) add(v, _ float64) {
	if !(math.Abs(v) >= math.Abs(m.v)) {
		m.v = v
	}
}

func (m *nearest) flush() float64 {
	v := m.v
	m.v = math.NaN()
	return v
}

type farthest struct{ v float64 } // NaN when there is none

func (m *farthest) add(v, _ float64) {
	if !(math.Abs(v) <= math.Abs(m.v)) {
		m.v = v
	}
}

func (m *farthest) flush() float64 {
	v := m.v
	m.v = math.NaN()
	return v
}

type latest struct{ v float64 }

func (l *latest) add(v, _ float64) { l.v = v }

func (l *latest) flush() float64 {
	v := l.v
	l.v = math.NaN()
	return v
}

// extremes is for values that stand for a deviation in both directions.
type extremes struct {
	lowest, highest float64
	n               int
}

func (e *extremes) add(v, _ float64) {
	if e.n == 0 {
		e.lowest, e.highest = v, v
	}
	e.lowest, e.highest = min(e.lowest, v), max(e.highest, v)
	e.n++
}

func (e *extremes) flush() float64 {
	v := math.NaN()
	switch {
	case e.n == 0:
	case e.lowest < 0 && -e.lowest > e.highest:
		v = e.lowest
	default:
		v = e.highest
	}
	e.n = 0
	return v
}

// increment is netdata v2.11.0's: a row goes on from the last value of the row before, unless that had no increment.
// v1.37.1 takes the first value of the row away, and so loses what happens between rows.
type increment struct {
	from, last float64 // NaN when there is none
}

func (i *increment) add(v, _ float64) {
	if math.IsNaN(i.from) {
		i.from = v
	} else {
		i.last = v
	}
}

func (i *increment) flush() float64 {
	v := i.last - i.from
	i.from, i.last = i.last, math.NaN()
	return v
}

type countIf struct {
	condition Condition
	n, held   int
}

func (c *countIf) add(v, _ float64) {
	c.n++
	if c.condition.Holds(v) {
		c.held++
	}
}

func (c *countIf) flush() float64 {
	v := 100 * float64(c.held) / float64(c.n) // NaN for none
	c.n, c.held = 0, 0
	return v
}

// deviation keeps mean and squared distance as values come (Welford), so that large values with small differences lose
// nothing.
type deviation struct {
	relative bool // as percentage of the mean
	n        int
	mean, m2 float64
}

func (d *deviation) add(v, _ float64) {
	d.n++
	delta := v - d.mean
	d.mean += delta / float64(d.n)
	d.m2 += delta * (v - d.mean)
}

func (d *deviation) flush() float64 {
	v := math.NaN()
	switch {
	case d.n == 1:
		v = 0
	case d.n > 1:
		if v = math.Sqrt(d.m2 / float64(d.n-1)); d.relative {
			v = 100 * v / math.Abs(d.mean)
		}
		if math.IsInf(v, 0) {
			v = math.NaN()
		}
	}
	d.n, d.mean, d.m2 = 0, 0, 0
	return v
}
