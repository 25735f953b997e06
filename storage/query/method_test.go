package query

import (
	"math"
	"slices"
	"testing"
)

func TestParseGrouping(t *testing.T) {
	f := func(name, options string, want Grouping, printed string) {
		t.Helper()
		got, ok := ParseGrouping(name, options)
		if !ok || got != want || got.String() != printed {
			t.Errorf("%s %q: %+v %v, printed %s", name, options, got, ok, got)
		}
	}
	f("average", "", Grouping{}, "average")
	f("mean", "5", Grouping{}, "average")
	f("median", "", Grouping{Method: Median}, "median")
	f("median", "10", Grouping{Method: Median, Percent: 10}, "trimmed-median10")
	f("trimmed-median", "", Grouping{Method: Median, Percent: 5}, "trimmed-median")
	f("trimmed-mean20", "", Grouping{Method: TrimmedMean, Percent: 20}, "trimmed-mean20")
	f("trimmed-mean", "99", Grouping{Method: TrimmedMean, Percent: 50}, "trimmed-mean")
	f("percentile", "-5", Grouping{Method: Percentile}, "percentile")
	f("percentile95", "50.5x", Grouping{Method: Percentile, Percent: 50.5}, "percentile")
	f("percentile", "1.2.3", Grouping{Method: Percentile, Percent: 1.2}, "percentile")
	f("percentile", "nan", Grouping{Method: Percentile}, "percentile")
	f("rsd", "", Grouping{Method: Variation}, "cv")
	f("ewma", "", Grouping{Method: Smoothed}, "ses")
	f("countif", "", Grouping{Method: CountIf}, "countif")
	f("countif", ">=2.5", Grouping{Method: CountIf, Condition: Condition{GreaterOrEqual, 2.5}}, "countif")
	f("countif", "<>-1", Grouping{Method: CountIf, Condition: Condition{NotEqual, -1}}, "countif")
	f("countif", " !3", Grouping{Method: CountIf, Condition: Condition{NotEqual, 3}}, "countif")
	f("countif", "7", Grouping{Method: CountIf, Condition: Condition{Equal, 7}}, "countif")
	if _, ok := ParseGrouping("nope", ""); ok {
		t.Error("nope is a method")
	}
}

// TestGroupings: what netdata v2.11.0 makes of the same values.
func TestGroupings(t *testing.T) {
	n := math.NaN()
	f := func(name, options string, group int, values []float64, want ...float64) {
		t.Helper()
		g, _ := ParseGrouping(name, options)
		w := window(len(values)/group, int64(group), 1)
		var list []Point
		for i, v := range values {
			if !math.IsNaN(v) {
				list = append(list, sample(int64(i+1), 1, v))
			}
		}
		if got := run(t, w, g, list...).Values; !equal(got, want) {
			t.Errorf("%s(%s) of %v: %v, want %v", name, options, values, got, want)
		}
	}
	f("median", "", 5, []float64{5, 1, 4, 2, 3}, 3)
	f("median", "", 4, []float64{1, 2, 3, 10}, 2.5)
	f("median", "", 1, []float64{7}, 7)
	f("trimmed-median25", "", 5, []float64{0, 30, 40, 60, 100}, 40)
	f("trimmed-mean25", "", 4, []float64{0, 1, 3, 100}, 2)
	f("trimmed-mean20", "", 4, []float64{1, 2, 3, 8}, (2+3+0.4*8+0.6*3)/3)
	f("trimmed-mean20", "", 4, []float64{-1, -2, -3, -8}, (-2-3-0.4*8-0.6*3)/3)
	f("percentile50", "", 4, []float64{4, 1, 3, 2}, 1.5)
	f("percentile", "60", 4, []float64{4, 1, 3, 2}, (1+2+0.4*3+0.6*2)/3)
	f("percentile50", "", 4, []float64{-4, -1, -3, -2}, -1.5)
	f("percentile", "0", 4, []float64{4, 1, 3, 2}, 1)
	f("percentile", "100", 4, []float64{4, 1, 3, 2}, 2.5)
	f("stddev", "", 4, []float64{1, 2, 3, 4, 5, n, n, n, n, n, n, n}, math.Sqrt(5./3), 0, n)
	f("stddev", "", 2, []float64{1e9, 1e9 + 1}, math.Sqrt(0.5))
	f("cv", "", 4, []float64{-1, -2, -3, -4}, 100*math.Sqrt(5./3)/2.5)
	f("cv", "", 2, []float64{-1, 1}, n)
	f("incremental_sum", "", 2, []float64{1, 3, 4, 8, n, n, 9, 10}, 2, 5, n, 1)
	f("incremental-sum", "", 1, []float64{1, 2, 3}, n, n, n)
	f("latest", "", 2, []float64{1, 3, 4, n, n, n}, 3, 4, n)
	f("extremes", "", 2, []float64{1, -3, -4, 5, n, n}, -3, 5, n)
	f("countif", ">2", 4, []float64{1, 2, 3, 4, n, n, n, n}, 50, n)
	f("countif", "<=2", 4, []float64{1, 2, 3, n}, 200./3)
	// The newest value counts 2/(2+1), and a gap changes nothing.
	f("ses", "", 2, []float64{3, 6, n, n, n, 0}, 5, 5, 5./3)
	f("ses", "", 2, []float64{n, n, 3, 6}, n, 5)
	f("des", "", 2, []float64{3, 6, n, n}, 7, 7)
}

func TestAnomalies(t *testing.T) {
	list := []Point{sample(1, 1, 1), sample(2, 1, 2), sample(3, 1, 3), sample(4, 1, 4)}
	list[2].Anomalous = 1
	c := run(t, window(2, 2, 1), Grouping{}, list...)
	if !equal(c.Anomalies, []float64{0, 50}) || c.Stats != (Stats{Min: 1, Max: 4, Sum: 10, Count: 4, Anomalous: 1}) {
		t.Errorf("rates %v, %+v", c.Anomalies, c.Stats)
	}
	w := window(2, 2, 1)
	w.Anomalies = true
	if c := run(t, w, Grouping{}, list...); !equal(c.Values, []float64{0, 50}) {
		t.Errorf("values %v", c.Values)
	}
	w = window(2, 2, 1)
	w.Absolute = true
	for i := range list {
		list[i] = sample(list[i].End, 1, -list[i].Sum)
	}
	if c := run(t, w, Grouping{}, list...); !equal(c.Values, []float64{1.5, 3.5}) || c.Stats.Min != 1 || c.Stats.Sum != 10 {
		t.Errorf("absolute %v, %+v", c.Values, c.Stats)
	}
}

func TestWidest(t *testing.T) {
	f := func(w Window, g Grouping, want int64) {
		t.Helper()
		if got := w.Widest(g, []int64{0, 60, 3600}); got != want {
			t.Errorf("%d rows of %d s of %s: %d, want %d", w.Points, w.Step(), g, got, want)
		}
	}
	f(window(10, 1, 1), Grouping{}, 0)
	f(window(10, 60, 1), Grouping{}, 60)
	f(window(10, 120, 1), Grouping{Method: Max}, 60)
	f(window(10, 7200, 1), Grouping{}, 3600)
	f(window(10, 90, 1), Grouping{}, 4)
	f(window(10, 7200, 1), Grouping{Method: Median}, 360)
	w := window(10, 7200, 1)
	w.After += 60
	f(w, Grouping{}, 360)
}

func FuzzParseGrouping(f *testing.F) {
	f.Add("percentile", "-1e999")
	f.Add("countif", "<>!")
	f.Fuzz(func(t *testing.T, name, options string) {
		g, ok := ParseGrouping(name, options)
		if math.IsNaN(g.Percent) || g.Percent < 0 || g.Percent > 100 || math.IsNaN(g.Condition.Operand) {
			t.Fatalf("%+v", g)
		}
		if known := slices.ContainsFunc(methods[:], func(m methodEntry) bool { return m.name == name }); known != ok {
			t.Fatalf("%q: %v", name, ok)
		}
	})
}
