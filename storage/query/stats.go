package query

import "math"

// Stats are figures of some values. The zero value is that of none.
type Stats struct {
	Min, Max, Sum float64
	Count         uint64
	Anomalous     uint64
}

// point adds a point that is not a gap.
func (s *Stats) point(p *Point, absolute bool) {
	if p.Count > 1 || s.Count == 0 {
		s.aggregate(p, absolute)
		return
	}
	v := p.Sum
	if absolute {
		v = math.Abs(v)
	}
	if v-v != 0 { // not finite
		return
	}
	if v < s.Min {
		s.Min = v
	}
	if v > s.Max {
		s.Max = v
	}
	s.Sum += v
	s.Count++
	s.Anomalous += uint64(p.Anomalous)
}

func (s *Stats) aggregate(p *Point, absolute bool) {
	if math.IsInf(p.Sum, 0) || math.IsNaN(p.Sum) {
		return
	}
	o := Stats{Min: p.Min, Max: p.Max, Sum: p.Sum, Count: uint64(p.Count), Anomalous: uint64(p.Anomalous)}
	if absolute {
		o.Absolute()
	}
	s.Merge(o)
}

// Absolute makes the figures those of values without sign, as far as they tell.
func (s *Stats) Absolute() {
	low, high := math.Abs(s.Min), math.Abs(s.Max)
	s.Min, s.Max, s.Sum = min(low, high), max(low, high), math.Abs(s.Sum)
}

// Add adds a value; NaN is none.
func (s *Stats) Add(v float64) {
	if !math.IsNaN(v) {
		s.Merge(Stats{Min: v, Max: v, Sum: v, Count: 1})
	}
}

// Merge adds other values.
func (s *Stats) Merge(o Stats) {
	switch {
	case o.Count == 0:
		return
	case s.Count == 0:
		*s = o
		return
	}
	s.Min, s.Max = min(s.Min, o.Min), max(s.Max, o.Max)
	s.Sum += o.Sum
	s.Count += o.Count
	s.Anomalous += o.Anomalous
}

// Mean returns the mean, 0 when there are no values.
func (s *Stats) Mean() float64 {
	if s.Count == 0 {
		return 0
	}
	return s.Sum / float64(s.Count)
}

// AnomalyRate returns the percentage of values that are anomalous.
func (s *Stats) AnomalyRate() float64 {
	if s.Count == 0 {
		return 0
	}
	return 100 * float64(s.Anomalous) / float64(s.Count)
}
