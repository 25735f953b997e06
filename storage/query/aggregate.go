package query

import "math"

// Aggregation is how the values that metrics have at one time become one value.
type Aggregation uint8

// The aggregations.
const (
	AggregateAverage Aggregation = iota
	AggregateSum
	AggregateMin
	AggregateMax
	AggregateExtremes // the value that is farthest from zero
)

// Annotations of a value.
const (
	Empty   uint8 = 1 // there is no value
	Reset   uint8 = 2 // a counter was reset or overflowed
	Partial uint8 = 4 // not all metrics of the group have a value
)

// Aggregate is the values of a group of metrics, one a row.
type Aggregate struct {
	Values    []float64 // NaN where no metric has a value
	Counts    []uint32  // values in each
	Anomalies []float64 // percent; the sum over the metrics until Finish
	Flags     []uint8
	Metrics   int   // in the group
	Parts     int   // metrics, or groups of them, that were added
	Stats     Stats // of the samples of all metrics

	how    Aggregation
	hidden []float64 // sums of what was left out, NaN for none; nil when nothing was
}

// NewAggregate returns a group without metrics.
func NewAggregate(rows int, how Aggregation) *Aggregate {
	g := &Aggregate{
		Values: make([]float64, rows), Counts: make([]uint32, rows), Anomalies: make([]float64, rows), Flags: make([]uint8, rows), how: how,
	}
	for i := range g.Values {
		g.Values[i] = math.NaN()
	}
	return g
}

// Add adds a metric.
func (g *Aggregate) Add(c *Column) {
	g.Metrics++
	g.Parts++
	g.Stats.Merge(c.Stats)
	for row, v := range c.Values {
		if math.IsNaN(v) {
			continue
		}
		g.put(row, v)
		if c.Anomalies != nil {
			g.Anomalies[row] += c.Anomalies[row]
		}
		if c.Reset != nil && c.Reset[row] {
			g.Flags[row] |= Reset
		}
	}
}

// Merge adds another group, whose values count once each, after it was finished.
func (g *Aggregate) Merge(o *Aggregate) {
	g.Metrics += o.Metrics
	g.Parts++
	g.Stats.Merge(o.Stats)
	for row, v := range o.Values {
		if math.IsNaN(v) {
			continue
		}
		g.put(row, v)
		g.Anomalies[row] += o.Anomalies[row]
		g.Flags[row] |= o.Flags[row] &^ Empty
	}
}

// Hide sets what, beside its own metrics, the percentages of the group are percentages of.
func (g *Aggregate) Hide(sums *Aggregate) { g.hidden = sums.Values }

func (g *Aggregate) put(row int, v float64) {
	p := &g.Values[row]
	g.Counts[row]++
	if g.Counts[row] == 1 {
		*p = v
		return
	}
	switch g.how {
	case AggregateMin:
		*p = min(*p, v)
	case AggregateMax:
		*p = max(*p, v)
	case AggregateExtremes:
		if math.Abs(v) > math.Abs(*p) {
			*p = v
		}
	default:
		*p += v
	}
}

// Finish makes the values final when all metrics are in. With raw they stay sums, to be merged with those of other
// parents. Where metrics were hidden, values become percentages of themselves and those; where none were they stay what
// they are, as in netdata v2.11.0.
func (g *Aggregate) Finish(raw bool) {
	for row, n := range g.Counts {
		if n == 0 {
			g.Flags[row] |= Empty
			continue
		}
		if int(n) < g.Parts {
			g.Flags[row] |= Partial
		}
		if raw {
			continue
		}
		if g.how == AggregateAverage {
			g.Values[row] /= float64(n)
		}
		g.Anomalies[row] /= float64(n)
		if g.hidden != nil {
			total := g.Values[row]
			if h := g.hidden[row]; !math.IsNaN(h) {
				total += h
			}
			if total != 0 {
				g.Values[row] = g.Values[row] * 100 / total
			}
		}
	}
}

// RowStats returns the figures of the rows' values; the anomalous share of them is that of the rows.
func (g *Aggregate) RowStats() (s Stats, anomalyRate float64) {
	rates := 0.0
	for row, v := range g.Values {
		s.Add(v)
		if !math.IsNaN(v) {
			rates += g.Anomalies[row]
		}
	}
	if s.Count > 0 {
		rates /= float64(s.Count)
	}
	return s, rates
}

// Zero says whether there is nothing but zeros and missing values.
func (g *Aggregate) Zero() bool {
	for _, v := range g.Values {
		if v != 0 && !math.IsNaN(v) {
			return false
		}
	}
	return true
}

// Fold adds another group to what remains when groups are too many: sums, whatever the aggregation.
func (g *Aggregate) Fold(o *Aggregate) {
	g.how = AggregateSum
	g.Metrics += o.Metrics
	g.Stats.Merge(o.Stats)
	for row, v := range o.Values {
		if math.IsNaN(v) {
			continue
		}
		if n := g.Counts[row]; n == 0 {
			g.Values[row], g.Anomalies[row] = v, o.Anomalies[row]
		} else {
			g.Values[row] += v
			g.Anomalies[row] = max(g.Anomalies[row], o.Anomalies[row])
		}
		g.Counts[row] += o.Counts[row]
		g.Flags[row] = (g.Flags[row] | o.Flags[row]) &^ Empty
	}
}

// Zeros puts 0 where there is no value.
func (g *Aggregate) Zeros() {
	for row, v := range g.Values {
		if math.IsNaN(v) {
			g.Values[row] = 0
		}
	}
}

// Cut leaves only the first rows.
func (g *Aggregate) Cut(rows int) {
	g.Values, g.Counts, g.Anomalies, g.Flags = g.Values[:rows], g.Counts[:rows], g.Anomalies[:rows], g.Flags[:rows]
}
