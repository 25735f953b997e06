package api

import (
	"math"
	"slices"
)

// changes returns the differences between each value and the one before; a value that is missing is 0.
func changes(values []float64) []float64 {
	if len(values) < 2 {
		return nil
	}
	list := make([]float64, 0, len(values)-1)
	before := orZero(values[0])
	for _, v := range values[1:] {
		v = orZero(v)
		list = append(list, v-before)
		before = v
	}
	return list
}

func orZero(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return v
}

// ks2 returns how certain it is that two samples are of different distributions, from 0 to 1: one less the probability of
// the two-sample Kolmogorov-Smirnov test. It is NaN when a sample is too small.
func ks2(a, b []float64) float64 {
	n, m := float64(len(a)), float64(len(b))
	if len(a) < 2 || len(b) < 2 {
		return math.NaN()
	}
	slices.Sort(a)
	slices.Sort(b)
	distance := 0.0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		v := min(a[i], b[j])
		for i < len(a) && a[i] <= v {
			i++
		}
		for j < len(b) && b[j] <= v {
			j++
		}
		distance = max(distance, math.Abs(float64(i)/n-float64(j)/m))
	}
	size := math.Sqrt(n * m / (n + m))
	return 1 - kolmogorov((size+0.12+0.11/size)*distance)
}

// kolmogorov returns the probability that the Kolmogorov distribution gives to values beyond x.
func kolmogorov(x float64) float64 {
	if x < 0.2 {
		return 1 // to more digits than a float64 has
	}
	sum, sign := 0.0, 1.0
	for k := 1.0; k <= 100; k++ {
		term := math.Exp(-2 * k * k * x * x)
		sum += sign * term
		if term < 1e-16 {
			break
		}
		sign = -sign
	}
	return min(max(2*sum, 0), 1)
}

// volume returns how far the values of a window are from the mean of a baseline, as part of that, times the part of the
// window in which they are on that side of it. It is NaN when the means are the same, or there are no values.
func volume(baseline, window []float64) float64 {
	before, n := sumOf(baseline)
	after, m := sumOf(window)
	if n == 0 || m == 0 {
		return math.NaN()
	}
	before, after = before/float64(n), after/float64(m)
	if before == after {
		return math.NaN()
	}
	beyond := 0
	for _, v := range window {
		if after > before && v > before || after < before && v < before {
			beyond++
		}
	}
	scale := math.Abs(before)
	if scale == 0 {
		scale = math.Abs(after)
	}
	return math.Abs(after-before) / scale * float64(beyond) / float64(m)
}

func sumOf(values []float64) (sum float64, count int) {
	for _, v := range values {
		if !math.IsNaN(v) {
			sum += v
			count++
		}
	}
	return sum, count
}
