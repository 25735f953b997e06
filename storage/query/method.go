package query

import (
	"math"
	"strconv"
	"strings"
)

// Method is how the samples of a row become one value.
type Method uint8

// The methods. Those that take a percentage or a condition find it in their Grouping.
const (
	Average        Method = iota
	Min                   // the value with the smallest absolute value
	Max                   // the value with the largest absolute value
	Sum                   //
	Median                // of the values that are left when Percent of the range is cut at both ends
	TrimmedMean           // mean of the values that are left when Percent of them is cut at both ends
	Percentile            // mean of the lowest Percent of the values, see ranked
	StdDev                // of a sample: of n values, over n-1
	Variation             // standard deviation as percentage of the mean
	IncrementalSum        // last value, less the last value of the row before
	Latest                // last value
	Extremes              // the largest value, or the smallest negative one when that is farther from zero
	CountIf               // percentage of the values for which the condition holds
	Smoothed              // single exponential smoothing, over all rows
	DoublySmoothed        // double exponential smoothing, over all rows
	methodCount    = iota
)

// Grouping is a method with its arguments. The zero value is the average.
type Grouping struct {
	Method    Method
	Percent   float64 // of Median, TrimmedMean and Percentile
	Condition Condition
}

// argument says what the options of a method mean.
type argument uint8

const (
	noArgument argument = iota
	upTo50              // percent
	upTo100             // percent
	condition
)

// methodEntry is a name of a method.
type methodEntry struct {
	name     string
	grouping Grouping
	argument argument
}

// methods are the methods by name. The first name of a grouping is the one that is printed. A percentage in the options
// of a query wins over the one in the name.
var methods = [...]methodEntry{
	{"average", Grouping{}, noArgument},
	{"avg", Grouping{}, noArgument},
	{"mean", Grouping{}, noArgument},
	{"min", Grouping{Method: Min}, noArgument},
	{"max", Grouping{Method: Max}, noArgument},
	{"sum", Grouping{Method: Sum}, noArgument},
	{"median", Grouping{Method: Median}, upTo50},
	{"trimmed-median", Grouping{Method: Median, Percent: 5}, upTo50},
	{"trimmed-median1", Grouping{Method: Median, Percent: 1}, upTo50},
	{"trimmed-median2", Grouping{Method: Median, Percent: 2}, upTo50},
	{"trimmed-median3", Grouping{Method: Median, Percent: 3}, upTo50},
	{"trimmed-median5", Grouping{Method: Median, Percent: 5}, upTo50},
	{"trimmed-median10", Grouping{Method: Median, Percent: 10}, upTo50},
	{"trimmed-median15", Grouping{Method: Median, Percent: 15}, upTo50},
	{"trimmed-median20", Grouping{Method: Median, Percent: 20}, upTo50},
	{"trimmed-median25", Grouping{Method: Median, Percent: 25}, upTo50},
	{"trimmed-mean", Grouping{Method: TrimmedMean, Percent: 5}, upTo50},
	{"trimmed-mean1", Grouping{Method: TrimmedMean, Percent: 1}, upTo50},
	{"trimmed-mean2", Grouping{Method: TrimmedMean, Percent: 2}, upTo50},
	{"trimmed-mean3", Grouping{Method: TrimmedMean, Percent: 3}, upTo50},
	{"trimmed-mean5", Grouping{Method: TrimmedMean, Percent: 5}, upTo50},
	{"trimmed-mean10", Grouping{Method: TrimmedMean, Percent: 10}, upTo50},
	{"trimmed-mean15", Grouping{Method: TrimmedMean, Percent: 15}, upTo50},
	{"trimmed-mean20", Grouping{Method: TrimmedMean, Percent: 20}, upTo50},
	{"trimmed-mean25", Grouping{Method: TrimmedMean, Percent: 25}, upTo50},
	{"percentile", Grouping{Method: Percentile, Percent: 95}, upTo100},
	{"percentile25", Grouping{Method: Percentile, Percent: 25}, upTo100},
	{"percentile50", Grouping{Method: Percentile, Percent: 50}, upTo100},
	{"percentile75", Grouping{Method: Percentile, Percent: 75}, upTo100},
	{"percentile80", Grouping{Method: Percentile, Percent: 80}, upTo100},
	{"percentile90", Grouping{Method: Percentile, Percent: 90}, upTo100},
	{"percentile95", Grouping{Method: Percentile, Percent: 95}, upTo100},
	{"percentile97", Grouping{Method: Percentile, Percent: 97}, upTo100},
	{"percentile98", Grouping{Method: Percentile, Percent: 98}, upTo100},
	{"percentile99", Grouping{Method: Percentile, Percent: 99}, upTo100},
	{"stddev", Grouping{Method: StdDev}, noArgument},
	{"cv", Grouping{Method: Variation}, noArgument},
	{"rsd", Grouping{Method: Variation}, noArgument},
	{"coefficient-of-variation", Grouping{Method: Variation}, noArgument},
	{"incremental-sum", Grouping{Method: IncrementalSum}, noArgument},
	{"incremental_sum", Grouping{Method: IncrementalSum}, noArgument},
	{"latest", Grouping{Method: Latest}, noArgument},
	{"extremes", Grouping{Method: Extremes}, noArgument},
	{"countif", Grouping{Method: CountIf}, condition},
	{"ses", Grouping{Method: Smoothed}, noArgument},
	{"ema", Grouping{Method: Smoothed}, noArgument},
	{"ewma", Grouping{Method: Smoothed}, noArgument},
	{"des", Grouping{Method: DoublySmoothed}, noArgument},
}

// ParseGrouping returns the method with that name and its arguments as options has them; options that cannot be read are
// 0, and those out of range become the nearest in range. It is false when there is no such method.
func ParseGrouping(name, options string) (g Grouping, ok bool) {
	for i := range methods {
		m := &methods[i]
		if m.name != name {
			continue
		}
		g = m.grouping
		switch {
		case m.argument == condition:
			g.Condition = ParseCondition(options)
		case options == "":
		case m.argument == upTo50:
			g.Percent = min(max(leadingNumber(options), 0), 50)
		case m.argument == upTo100:
			g.Percent = min(max(leadingNumber(options), 0), 100)
		}
		return g, true
	}
	return Grouping{}, false
}

// String returns the name of the grouping.
func (g Grouping) String() string {
	name := ""
	for i := range methods {
		m := &methods[i]
		if m.grouping.Method != g.Method {
			continue
		}
		if m.grouping.Percent == g.Percent {
			return m.name
		}
		if name == "" {
			name = m.name
		}
	}
	return name
}

// Mergeable says whether points that stand for several samples serve as well as the samples themselves.
func (g Grouping) Mergeable() bool {
	switch g.Method {
	case Average, Min, Max, Sum, Extremes:
		return true
	}
	return false
}

// Units returns the units of what the method makes of values with those units.
func (g Grouping) Units(units string) string {
	if g.Method == Variation {
		return "%"
	}
	return units
}

// leadingNumber reads the number at the beginning of s; garbage is 0.
func leadingNumber(s string) float64 {
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	end := 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || s[end] == '.' || end == 0 && (s[end] == '-' || s[end] == '+')) {
		end++
	}
	for ; end > 0; end-- { // of several points the first counts
		if v, err := strconv.ParseFloat(s[:end], 64); err == nil && !math.IsInf(v, 0) {
			return v
		}
	}
	return 0
}

// value returns what the method takes of a point, which is not a gap.
func (m Method) value(p *Point) float64 {
	if p.Count == 1 {
		return p.Sum
	}
	switch m {
	case Min:
		return p.Min
	case Max:
		return p.Max
	case Sum:
		return p.Sum
	case Extremes:
		if math.Abs(p.Min) > math.Abs(p.Max) {
			return p.Min
		}
		return p.Max
	}
	return p.Sum / float64(p.Count)
}
