package query

import (
	"math"
	"sync"
)

// Result is the rows of a query, column by column, the oldest row first.
type Result struct {
	Window
	Grouping Grouping
	Columns  []Column

	cells *cells // of the values of the columns
}

// cells is memory for the values of a result.
type cells struct{ values []float64 }

// mostKept bounds what is kept for the next result: 1 MiB.
const mostKept = 1 << 17

var spareCells = sync.Pool{New: func() any { return &cells{} }}

// takeCells returns n values of 0.
func takeCells(n int) *cells {
	c := spareCells.Get().(*cells)
	if cap(c.values) < n {
		c.values = make([]float64, n)
	}
	c.values = c.values[:n]
	clear(c.values)
	return c
}

// Release lets the next result have the memory of the values. Neither these nor the columns may be used afterwards.
func (r *Result) Release() {
	if c := r.cells; c != nil && cap(c.values) <= mostKept {
		spareCells.Put(c)
	}
	r.cells, r.Columns = nil, nil
}

// Column is the values of one metric.
type Column struct {
	Dimension string
	Values    []float64 // one a row, NaN where there is no value
	Reset     []bool    // one a row: a counter was reset or overflowed; nil when none was
	Anomalies []float64 // one a row: percentage of samples that are anomalous; nil when none is
	Stats     Stats     // of the samples in the rows
	Read      int       // points read
	Filled    int       // rows that have a value
}

// Zero says whether the column holds nothing but zeros and missing values.
func (c *Column) Zero() bool {
	for _, v := range c.Values {
		if v != 0 && !math.IsNaN(v) {
			return false
		}
	}
	return true
}

// Percentages turns each value into its percentage of the sum of its row. A sum of 0 counts as 1, as in netdata v1.37.1.
func (r *Result) Percentages() {
	for row := range r.Points {
		total := 0.0
		for i := range r.Columns {
			if v := r.Columns[i].Values[row]; !math.IsNaN(v) {
				total += v
			}
		}
		if total == 0 {
			total = 1
		}
		for i := range r.Columns {
			v := &r.Columns[i].Values[row]
			*v = *v * 100 / total
		}
	}
}

// Range returns the smallest and the largest value of all columns. A missing value counts as 0, as in netdata v1.37.1
// and v2.11.0.
func (r *Result) Range() (lowest, highest float64) {
	first := true
	for i := range r.Columns {
		for _, v := range r.Columns[i].Values {
			if math.IsNaN(v) {
				v = 0
			}
			if first {
				lowest, highest, first = v, v, false
			}
			lowest, highest = min(lowest, v), max(highest, v)
		}
	}
	return lowest, highest
}

// Zeros puts 0 where there is no value.
func (r *Result) Zeros() {
	for i := range r.Columns {
		values := r.Columns[i].Values
		for j, v := range values {
			if math.IsNaN(v) {
				values[j] = 0
			}
		}
	}
}
