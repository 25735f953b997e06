package agenttest

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// maxSamples bounds the differences a ChartReport remembers.
const maxSamples = 5

// Report says how the points of a child's charts are found at its parent.
type Report struct {
	After, Before int64 // the compared window, unix seconds, both included

	Charts    int // of the child, with points in the window
	Dims      int // of those charts
	Points    int // with a value at the child
	Missing   int // of Points, without a value at the parent
	Different int // of Points, with another value at the parent
	Extra     int // with a value at the parent and none at the child
	First     int // first values of dimensions, which no parent can have; in none of the others
	Padding   int // zeros of a child for the time before a dimension; in none of the others

	Bad []ChartReport // charts with something missing, different or extra; the worst first
}

// ChartReport is the part of a Report for one chart.
type ChartReport struct {
	ID                                string
	UpdateEvery                       int64
	Points, Missing, Different, Extra int

	// MissingFrom and MissingTo are the first and last time missing at the
	// parent, 0 if nothing is.
	MissingFrom, MissingTo int64

	Samples []Difference // a few of the points
}

// Difference is one point that is not the same; NaN stands for no value.
type Difference struct {
	Dim           string
	Time          int64
	Child, Parent float64
}

// DifferentRatio is the part of the points that have another value at the
// parent, 0 to 1.
func (r Report) DifferentRatio() float64 { return float64(r.Different) / float64(max(1, r.Points)) }

// compare counts one point.
func (c *ChartReport) compare(dim string, time int64, child, parent float64) {
	switch {
	case math.IsNaN(child) && math.IsNaN(parent):
		return
	case math.IsNaN(child):
		c.Extra++
	case math.IsNaN(parent):
		c.Points++
		c.Missing++
		if c.MissingFrom == 0 || time < c.MissingFrom {
			c.MissingFrom = time
		}
		c.MissingTo = max(c.MissingTo, time)
	case !equal(child, parent):
		c.Points++
		c.Different++
	default:
		c.Points++
		return
	}
	c.Samples = append(c.Samples, Difference{Dim: dim, Time: time, Child: child, Parent: parent})
}

// trimSamples keeps the oldest differences, which tell most about their cause.
func (c *ChartReport) trimSamples() {
	slices.SortFunc(c.Samples, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.Dim, b.Dim))
	})
	c.Samples = slices.Clone(c.Samples[:min(len(c.Samples), maxSamples)])
}

// String is the report for a test's log: one line of totals, and the worst
// charts with samples.
func (r Report) String() string {
	const most = 20
	var b strings.Builder
	fmt.Fprintf(&b, "%d s from %d: %d charts, %d dimensions, %d points: %d missing, %d different (%.3f %%), %d extra; %d first values not sent, %d zeros before a dimension",
		r.Before-r.After+1, r.After, r.Charts, r.Dims, r.Points, r.Missing, r.Different, 100*r.DifferentRatio(), r.Extra, r.First, r.Padding)
	for _, c := range r.Bad[:min(len(r.Bad), most)] {
		fmt.Fprintf(&b, "\n  %s (every %d s): of %d points %d missing, %d different, %d extra", c.ID, c.UpdateEvery, c.Points, c.Missing, c.Different, c.Extra)
		if c.Missing > 0 {
			fmt.Fprintf(&b, "; missing from +%d to +%d", c.MissingFrom-r.After, c.MissingTo-r.After)
		}
		for _, d := range c.Samples {
			fmt.Fprintf(&b, "\n    %s at +%d: child %v, parent %v", d.Dim, d.Time-r.After, d.Child, d.Parent)
		}
	}
	if n := len(r.Bad) - most; n > 0 {
		fmt.Fprintf(&b, "\n  and %d more charts", n)
	}
	return b.String()
}
