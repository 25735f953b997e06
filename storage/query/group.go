package query

import (
	"math"
	"slices"
)

// Method is how the samples of a row become one value.
type Method uint8

// The methods.
const (
	Average Method = iota
	Min            // the value with the smallest absolute value
	Max            // the value with the largest absolute value
	Sum
)

// grouper collects the values of a row. One grouper serves all rows of one metric, in order.
type grouper interface {
	add(v float64)
	flush() float64 // the value of the row, NaN when it has none; the next row begins
}

// methods describes each method by its names, of which the first is printed, the value it takes of a point that stands
// for several samples, and its grouper.
var methods = [...]struct {
	names []string
	value func(p *Point) float64
	start func(w *Window) grouper
}{
	Average: {[]string{"average", "avg", "mean"}, mean, func(w *Window) grouper { return &average{divisor: w.Divisor} }},
	Min:     {[]string{"min"}, func(p *Point) float64 { return p.Min }, func(*Window) grouper { return &smallest{v: math.NaN()} }},
	Max:     {[]string{"max"}, func(p *Point) float64 { return p.Max }, func(*Window) grouper { return &largest{v: math.NaN()} }},
	Sum:     {[]string{"sum"}, func(p *Point) float64 { return p.Sum }, func(*Window) grouper { return &sum{} }},
}

// ParseMethod returns the method with that name; ok is false when there is none.
func ParseMethod(name string) (m Method, ok bool) {
	for i := range methods {
		if slices.Contains(methods[i].names, name) {
			return Method(i), true
		}
	}
	return 0, false
}

// String returns the name of the method.
func (m Method) String() string { return methods[m].names[0] }

func mean(p *Point) float64 {
	if p.Count == 1 {
		return p.Sum
	}
	return p.Sum / float64(p.Count)
}

type average struct {
	divisor float64 // replaces the number of values when not 0
	sum     float64
	n       int
}

func (a *average) add(v float64) { a.sum += v; a.n++ }

func (a *average) flush() float64 {
	if a.n == 0 {
		return math.NaN()
	}
	v := a.sum / float64(a.n)
	if a.divisor != 0 {
		v = a.sum / a.divisor
	}
	a.sum, a.n = 0, 0
	return v
}

type sum struct {
	sum float64
	n   int
}

func (s *sum) add(v float64) { s.sum += v; s.n++ }

func (s *sum) flush() float64 {
	if s.n == 0 {
		return math.NaN()
	}
	v := s.sum
	s.sum, s.n = 0, 0
	return v
}

type smallest struct{ v float64 } // NaN when there is none

func (s *smallest) add(v float64) {
	if !(math.Abs(v) >= math.Abs(s.v)) {
		s.v = v
	}
}

func (s *smallest) flush() float64 {
	v := s.v
	s.v = math.NaN()
	return v
}

type largest struct{ v float64 } // NaN when there is none

func (l *largest) add(v float64) {
	if !(math.Abs(v) <= math.Abs(l.v)) {
		l.v = v
	}
}

func (l *largest) flush() float64 {
	v := l.v
	l.v = math.NaN()
	return v
}
