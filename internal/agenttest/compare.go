package agenttest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Two values are equal when they differ by at most
//
//	relativeTolerance * max(|a|, |b|) + absoluteTolerance
//
// Netdata 1.37.1 stores a value as an integer of 24 bits scaled by a power of
// ten or 100, which is off by up to 6e-7 of the value. A parent that keeps
// float32 (6e-8) of the number it computed itself thus differs from the child
// by up to 7e-7. Answers are printed with 7 decimals, which adds 5e-8 on either
// side.
const (
	relativeTolerance = 1e-6
	absoluteTolerance = 1.01e-7 // one digit of the 7 decimals, and the rounding of the subtraction
)

func equal(a, b float64) bool {
	return math.Abs(a-b) <= relativeTolerance*max(math.Abs(a), math.Abs(b))+absoluteTolerance
}

// maxFirst bounds the values that count as first ones of a dimension.
const maxFirst = 2

// Compare reads every chart that the child lists over a fixed window, both ends
// included, from the child and from the parent. The bases are those of the same
// host: childBase an agent's own URL, parentBase that of [HostURL].
//
// Both sides must already have the window: see [WaitData]. Hidden dimensions are
// in neither answer. Dimensions are matched by name, in their order where a
// chart has several of one name.
//
// What a dimension that begins inside the window lacks at the parent in its first
// two values is counted as First and not as Missing. A child cannot send the only
// point it has when it defines a chart, and the parent may need the collection
// after it to begin with. A real parent lacks one value of most dimensions, and
// two of some that are collected every 2 s or more.
//
// Netdata 1.37.1 in memory mode ram answers queries with zeros for the time
// before a dimension was added to an older chart, while its replication says that
// there is nothing (an interrupt that occurs for the first time, say). Zeros that
// lead a dimension and are not at the parent are counted as Padding when another
// dimension of the chart has values at the parent from that time on.
func Compare(ctx context.Context, childBase, parentBase string, after, before int64) (Report, error) {
	report := Report{After: after, Before: before}
	charts, err := FetchCharts(ctx, childBase)
	if err != nil {
		return report, fmt.Errorf("list the child's charts: %w", err)
	}
	for _, chart := range charts {
		child, err := FetchData(ctx, childBase, chart.ID, after, before)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return report, fmt.Errorf("compare: child: %w", err)
		}
		parent, err := FetchData(ctx, parentBase, chart.ID, after, before)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return report, fmt.Errorf("compare: parent: %w", err)
		}
		report.add(chart, child, parent)
	}
	if report.Points == 0 {
		return report, fmt.Errorf("compare: the child has no points from %d to %d in %d charts", after, before, len(charts))
	}
	slices.SortStableFunc(report.Bad, func(a, b ChartReport) int {
		return cmp.Or(cmp.Compare(b.Missing, a.Missing), cmp.Compare(b.Extra+b.Different, a.Extra+a.Different))
	})
	return report, nil
}

func (r *Report) add(chart Chart, child, parent Table) {
	c := ChartReport{ID: chart.ID, UpdateEvery: chart.UpdateEvery}
	at, from := index(child), index(parent)
	padding := paddings(child, parent)
	r.Padding += len(padding)
	first := unsent(child, from, padding, func(t int64) bool {
		return t <= chart.FirstEntry+chart.UpdateEvery || t >= r.After+chart.UpdateEvery
	})
	r.First += len(first)
	for key, want := range at {
		if !first[key] && !padding[key] {
			c.compare(key.dim, key.time, want, lookup(from, key))
		}
	}
	for key, got := range from {
		if _, ok := at[key]; !ok {
			c.compare(key.dim, key.time, math.NaN(), got)
		}
	}
	if c.Points > 0 {
		r.Charts++
		r.Dims += len(child.Dims)
	}
	r.Points += c.Points
	r.Missing += c.Missing
	r.Different += c.Different
	r.Extra += c.Extra
	if c.Missing+c.Different+c.Extra > 0 {
		c.trimSamples()
		r.Bad = append(r.Bad, c)
	}
}

// column names a dimension of a table.
type column struct {
	dim string
	nth int // among the dimensions of that name
}

// point names one value of a table.
type point struct {
	column
	time int64
}

// columns are the dimensions of a table in its order.
func columns(t Table) []column {
	seen := make(map[string]int)
	cols := make([]column, len(t.Dims))
	for i, dim := range t.Dims {
		cols[i] = column{dim, seen[dim]}
		seen[dim]++
	}
	return cols
}

// index finds the values of a table by their point, those that are NaN included.
func index(t Table) map[point]float64 {
	m := make(map[point]float64, len(t.Dims)*len(t.Rows))
	for i, col := range columns(t) {
		for _, row := range t.Rows {
			m[point{col, row.Time}] = row.Values[i]
		}
	}
	return m
}

// unsent finds the first values of dimensions that begin in the window, as far
// as the parent has none: at most maxFirst each.
func unsent(child Table, parent map[point]float64, padding map[point]bool, begins func(int64) bool) map[point]bool {
	m := make(map[point]bool)
	for i, col := range columns(child) {
		first := slices.IndexFunc(child.Rows, func(row Row) bool {
			return !math.IsNaN(row.Values[i]) && !padding[point{col, row.Time}]
		})
		if first < 0 || !begins(child.Rows[first].Time) {
			continue
		}
		for _, row := range child.Rows[first:min(first+maxFirst, len(child.Rows))] {
			key := point{col, row.Time}
			if !math.IsNaN(lookup(parent, key)) {
				break
			}
			m[key] = true
		}
	}
	return m
}

// paddings finds the zeros that lead dimensions younger than their chart: see
// Compare.
func paddings(child, parent Table) map[point]bool {
	m := make(map[point]bool)
	// When the chart and its dimensions begin at the parent.
	begin := int64(math.MaxInt64)
	begins := make(map[column]int64)
	for i, col := range columns(parent) {
		if first := slices.IndexFunc(parent.Rows, func(row Row) bool { return !math.IsNaN(row.Values[i]) }); first >= 0 {
			begins[col] = parent.Rows[first].Time
			begin = min(begin, begins[col])
		}
	}
	for i, col := range columns(child) {
		dimBegin, ok := begins[col]
		if !ok {
			dimBegin = math.MaxInt64
		}
		if dimBegin == begin {
			continue
		}
		for _, row := range child.Rows {
			if row.Time >= dimBegin || row.Values[i] != 0 && !math.IsNaN(row.Values[i]) {
				break
			}
			if row.Values[i] == 0 {
				m[point{col, row.Time}] = true
			}
		}
	}
	return m
}

func lookup(m map[point]float64, key point) float64 {
	if v, ok := m[key]; ok {
		return v
	}
	return math.NaN()
}
