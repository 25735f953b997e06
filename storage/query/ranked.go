package query

import (
	"math"
	"slices"
)

// ranked sorts the values of a row to find its own.
type ranked struct {
	fraction float64 // what it means depends on flushed
	flushed  func(sorted []float64, fraction float64) float64
	values   []float64
}

func (r *ranked) add(v, _ float64) { r.values = append(r.values, v) }

func (r *ranked) flush() float64 {
	if len(r.values) == 0 {
		return math.NaN()
	}
	slices.Sort(r.values)
	v := r.flushed(r.values, r.fraction)
	r.values = r.values[:0]
	return v
}

// median leaves out what is within cut of the range, a fraction, from its ends.
func median(sorted []float64, cut float64) float64 {
	if cut > 0 {
		lowest, highest := sorted[0], sorted[len(sorted)-1]
		margin := (highest - lowest) * cut
		from, to := 0, len(sorted)-1
		for from < to && sorted[from] < lowest+margin {
			from++
		}
		for to > from && sorted[to] > highest-margin {
			to--
		}
		sorted = sorted[from : to+1]
	}
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}

// trimmedMean is the mean of the middle values, as many as keep, a fraction, says.
func trimmedMean(sorted []float64, keep float64) float64 {
	fromZero(sorted)
	n := len(sorted)
	wanted := float64(n) * keep
	k := max(1, int(wanted))
	from := (n - k) / 2
	return fractionalMean(sorted[from:], k, wanted-float64(k))
}

// percentile is the mean of the lowest values, as many as keep, a fraction, says.
func percentile(sorted []float64, keep float64) float64 {
	fromZero(sorted)
	wanted := float64(len(sorted)) * keep
	k := max(1, int(wanted))
	return fractionalMean(sorted, k, wanted-float64(k))
}

// fromZero turns the order around when there are negative values, which for the charts of agents means that all are: what
// comes first is what is near zero (netdata v1.37.1 and v2.11.0).
func fromZero(sorted []float64) {
	if sorted[0] < 0 {
		slices.Reverse(sorted)
	}
}

// fractionalMean is the mean of the first k values and of a further one, which lies between the k-th and its successor, as
// far as the rest of the number wanted, if there is one, says.
func fractionalMean(values []float64, k int, rest float64) float64 {
	total := 0.0
	for _, v := range values[:k] {
		total += v
	}
	n := k
	if rest > 0 && k < len(values) {
		total += rest*values[k] + (1-rest)*values[k-1]
		n++
	}
	return total / float64(n)
}
