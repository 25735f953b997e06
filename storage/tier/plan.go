package tier

import (
	"cmp"
	"math"
	"slices"
)

// span is a time from first to last, in unix seconds, both included.
type span struct{ first, last int64 }

// level is what a plan has to know of a tier.
type level struct {
	tier    int
	step    int64  // seconds a point covers; 1 for tier 0
	horizon int64  // the tier has points that end later
	stale   []span // times of points that the tier does not know of
}

// part is a part of a plan: the points of a tier that end in (after, before].
type part struct {
	tier          int
	after, before int64
}

// plan says which tiers to read for the points that end in (after, before], from the oldest to the newest part. The levels
// are in order of their steps, and each step is a multiple of the one before.
//
// The coarsest tier whose step is at most width is read where it has whole windows, and the next finer one at the edges and
// where it is stale, and so on. Where no tier of at most that width reaches back, the finest one that does is read. It may
// have a point that covers the end, which then ends after before.
func plan(levels []level, after, before, width int64) []part {
	levels = slices.Clone(levels)
	for i, finest := 0, int64(math.MaxInt64); i < len(levels); i++ {
		l := &levels[i]
		if first := roundUp(l.horizon+1, l.step); l.horizon < finest && finest < first {
			l.horizon = finest // its first window would only hide what a finer tier has of it
		}
		finest = min(finest, l.horizon)
	}
	var parts []part
	add := func(p part) {
		if n := len(parts); n > 0 && parts[n-1].tier == p.tier && parts[n-1].before == p.after {
			parts[n-1].before = p.before
		} else if p.before > p.after {
			parts = append(parts, p)
		}
	}
	// Between two horizons the same tiers are there to be read.
	var bounds []int64
	for _, l := range levels {
		if l.horizon > after && l.horizon < before {
			bounds = append(bounds, l.horizon)
		}
	}
	slices.Sort(bounds)
	for _, end := range append(bounds, before) {
		if end <= after {
			continue
		}
		var use []level
		for _, l := range levels {
			if l.horizon <= after && (len(use) == 0 || l.step <= width) {
				use = append(use, l)
			}
		}
		if len(use) == 0 {
			after = end
			continue
		}
		if use[0].step > 1 { // there is nothing finer for the rest of its last window
			end = roundUp(end, use[0].step)
		}
		fill(use, after, end, add)
		after = end
	}
	return parts
}

// fill plans (after, before] with the coarsest of the levels, which reach back so far, and with the others what is left.
func fill(levels []level, after, before int64, add func(part)) {
	n := len(levels) - 1
	l := &levels[n]
	if n == 0 {
		add(part{l.tier, after, before})
		return
	}
	for _, run := range l.clean(roundUp(after, l.step), before/l.step*l.step) {
		fill(levels[:n], after, run.first, add)
		add(part{l.tier, run.first, run.last})
		after = run.last
	}
	if before > after {
		fill(levels[:n], after, before, add)
	}
}

// clean returns the times (first, last] between after and before that have windows which are not stale.
func (l *level) clean(after, before int64) []span {
	stale := slices.SortedFunc(slices.Values(l.stale), func(a, b span) int { return cmp.Compare(a.first, b.first) })
	var runs []span
	for _, s := range stale {
		if s.last <= after {
			continue
		}
		if s.first > before {
			break
		}
		if from := roundUp(s.first, l.step) - l.step; from > after {
			runs = append(runs, span{after, from})
		}
		if s.last >= before {
			return runs
		}
		after = max(after, roundUp(s.last, l.step))
	}
	if before > after {
		runs = append(runs, span{after, before})
	}
	return runs
}

func roundUp(t, step int64) int64 { return windowOf(t, step) * step }
