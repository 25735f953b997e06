package prom

import (
	"fmt"
	"time"

	promstorage "github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"
)

// level is a tier that can be read: points of so many seconds, from a time on. The first level has the points as they were
// collected, and width 0.
type level struct {
	width int64
	first int64 // unix seconds of its oldest point, 0 when it has none
}

// resolution is the widest point, in seconds, that a query reads where there are finer ones; auto lets its step decide.
type resolution int64

const auto resolution = -1

// perStep is how many points there are at least in a step, or in the range of a function, when auto chooses them.
const perStep = 5

// onAverages are the functions over a range whose result is the same, or nearly so, when points stand for many samples:
// the sums, minima and maxima of points are exact, averages and lines through them nearly are.
var onAverages = map[string]aggregate{
	"avg_over_time":     average,
	"min_over_time":     minimum,
	"max_over_time":     maximum,
	"sum_over_time":     total,
	"present_over_time": average,
	"absent_over_time":  average,
	"deriv":             average,
	"predict_linear":    average,
}

// plan says what to read for a selector: points of how many seconds where there are such, and what of them.
type plan struct {
	width     int64 // 0: as collected
	aggregate aggregate
	notes     annotations.Annotations
}

// widest returns the widest points allowed for values of so many seconds; 0 for those as collected.
func (r resolution) widest(seconds int64) int64 {
	if r == auto {
		return seconds / perStep
	}
	return int64(r)
}

// plan returns what to read for a selector whose series begin at unix second oldest. Points as collected are read unless
// the step, and the range of the function over them, are so wide that averages do. Where the store has no finer points any
// more it gives coarser ones; a function that has no meaning for them says so by a warning.
func (r resolution) plan(h *promstorage.SelectHints, levels []level, oldest int64) plan {
	aggregate, suits := average, true
	wide := h.Step
	if h.Range > 0 {
		aggregate, suits = onAverages[h.Func]
		if wide <= 0 || h.Range < wide {
			wide = h.Range
		}
	}
	use := 0
	if suits {
		for i, l := range levels {
			if l.first != 0 && l.width <= r.widest(wide/1000) {
				use = i
			}
		}
	}
	p := plan{width: levels[use].width, aggregate: aggregate}
	if use > 0 {
		p.notes.Add(fmt.Errorf("%w: points of %s were read; max_source_resolution=0s has finer ones read", annotations.PromQLInfo,
			length(p.width)))
	}
	from := max(seconds(h.Start, h.End).first, oldest)
	if coarser := nextLevel(levels, use, from); coarser >= 0 {
		kind := annotations.PromQLInfo
		if !suits || h.Range > 0 && aggregate == average { // which would count a point of an hour as much as one of a second
			kind = annotations.PromQLWarning
		}
		p.notes.Add(fmt.Errorf("%w: before %s there are only averages of %s or more", kind,
			time.Unix(levels[use].first, 0).UTC().Format(time.RFC3339), length(levels[coarser].width)))
	}
	return p
}

// nextLevel returns the level that is read for points of a time when those of the one in use begin later, -1 when they do
// not or there is none.
func nextLevel(levels []level, use int, from int64) int {
	first := levels[use].first
	if first == 0 || from >= first {
		return -1
	}
	for i := use + 1; i < len(levels); i++ {
		if levels[i].first != 0 && levels[i].first < first {
			return i
		}
	}
	return -1
}

// lookback returns how many seconds before a time the value at that time may be, for a query that begins at unix second
// start and whose widest step is so many seconds.
func (r resolution) lookback(levels []level, start, step int64) int64 {
	least := int64(0)
	for i, l := range levels {
		if i == 0 || l.first == 0 {
			continue
		}
		if l.width <= r.widest(step) || nextLevel(levels, i-1, start) >= 0 {
			least = staleAfter(l.width)
		}
	}
	return least
}

// length prints seconds as Prometheus does.
func length(seconds int64) string { return (time.Duration(seconds) * time.Second).String() }
