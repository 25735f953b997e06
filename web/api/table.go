package api

import (
	"math"

	"foster/storage/query"
)

// table is a result as it is printed: rows of a time and the values of columns.
type table struct {
	query.Window
	options query.Options
	columns []column
}

// column is a column of a table.
type column struct {
	id, name  string
	values    []float64 // one a row, the oldest first; NaN is none
	resets    []bool    // nil when there is none
	anomalies []float64 // percent; nil when there is none
}

// rows yields the rows in the order in which they are printed; there are none without columns.
func (t *table) rows(yield func(row int) bool) {
	if len(t.columns) == 0 {
		return
	}
	for i := range t.Points {
		row := i
		if !t.options.Has(query.Flip) {
			row = t.Points - 1 - i
		}
		if !yield(row) {
			return
		}
	}
}

// names returns the names of the columns; a table without columns has one, as in netdata v1.37.1.
func (t *table) names() []string {
	names := make([]string, 0, max(1, len(t.columns)))
	for i := range t.columns {
		names = append(names, t.columns[i].name)
	}
	if len(names) == 0 {
		names = append(names, "no data")
	}
	return names
}

// reset says whether a value of the row has a counter in it that was reset.
func (t *table) reset(row int) bool {
	for i := range t.columns {
		if c := &t.columns[i]; c.resets != nil && c.resets[row] {
			return true
		}
	}
	return false
}

// value returns the one value of a row: the sum, or what the options say; NaN when there is none.
func (t *table) value(row int) float64 {
	var s query.Stats
	for i := range t.columns {
		s.Add(t.columns[i].values[row])
	}
	switch {
	case s.Count == 0:
		return math.NaN()
	case t.options.Has(query.Min2Max):
		return max(s.Max, 0) - min(s.Min, 0) // 0 always counts (netdata v1.37.1 and v2.11.0)
	case t.options.Has(query.RowAverage):
		return s.Mean()
	case t.options.Has(query.RowMin):
		return s.Min
	case t.options.Has(query.RowMax):
		return s.Max
	}
	return s.Sum
}

// valueRange returns the smallest and the largest of the rows' values. A missing one counts as 0, as query.Result.Range
// has it.
func (t *table) valueRange() (lowest, highest float64) {
	first := true
	for row := range t.rows {
		v := t.value(row)
		if math.IsNaN(v) {
			v = 0
		}
		if first {
			lowest, highest, first = v, v, false
		}
		lowest, highest = min(lowest, v), max(highest, v)
	}
	return lowest, highest
}

// rates returns the table of the anomaly rates, in percent.
func (t *table) rates() *table {
	r := &table{Window: t.Window, options: t.options, columns: make([]column, len(t.columns))}
	zeros := make([]float64, t.Points)
	for i := range t.columns {
		r.columns[i] = column{id: t.columns[i].id, name: t.columns[i].name, values: zeros}
		if t.columns[i].anomalies != nil {
			r.columns[i].values = t.columns[i].anomalies
		}
	}
	return r
}
