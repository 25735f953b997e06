package dense

import (
	"math"
	"math/bits"
)

// An XOR chunk writes of each value that differs from the one before the bits that differ. With them it says where they
// are, or that they are within the bits that were written last, the window. Prometheus takes the smallest window for a value
// and keeps it as long as all that differs is inside: after one large difference every small one is written with all its
// zeros. With all values at hand the windows can be chosen so that the whole is as short as it gets: a run of values shares
// one window when that costs less than to say a new one.

// window is the zero bits above and below the bits that are written. The chunk has five bits for leading.
type window struct{ leading, trailing uint8 }

const (
	insideBits = 2         // that say that the window stays
	windowBits = 2 + 5 + 6 // that say that there is a new one, and which
	maxLeading = 31
)

// bits returns how many bits are written of each value.
func (w window) bits() int { return 64 - int(w.leading) - int(w.trailing) }

// around returns the window that has room for w and the bits that differ.
func (w window) around(differ uint64) window {
	return window{
		min(w.leading, maxLeading, uint8(bits.LeadingZeros64(differ))),
		min(w.trailing, uint8(bits.TrailingZeros64(differ))),
	}
}

// widest is around nothing.
var widest = window{64, 64}

// planner divides differences into runs that share a window.
type planner struct {
	runs  []run
	ends  []end
	plan  []run
	count int
	cost  int // bits of the best division of the differences so far
}

// run is a way to write the last differences: those before first in the best way, which takes base bits, and those from
// first on with one window.
type run struct {
	first, base int
	window      window
}

func (r *run) cost(count int) int {
	return r.base + windowBits - insideBits + (count-r.first)*(insideBits+r.window.bits())
}

// end is the last run of the best division of the differences up to one.
type end struct {
	first  int
	window window
}

func (p *planner) reset() {
	p.runs, p.ends = p.runs[:0], p.ends[:0]
	p.count, p.cost = 0, 0
}

// add tells the planner of the next difference, which is not zero.
func (p *planner) add(differ uint64) {
	p.runs = append(p.runs, run{p.count, p.cost, widest})
	p.count++
	// The earlier a run began, the wider is its window. Of those that have come to the same window only the cheapest can
	// become the best, but for a few bits: so there are never more than a few runs.
	kept := p.runs[:0]
	best, lowest := 0, math.MaxInt
	for _, r := range p.runs {
		r.window = r.window.around(differ)
		cost := r.cost(p.count)
		if last := len(kept) - 1; last >= 0 && kept[last].window == r.window {
			if cost >= kept[last].cost(p.count) {
				continue
			}
			kept[last] = r
		} else {
			kept = append(kept, r)
		}
		if cost < lowest {
			best, lowest = len(kept)-1, cost
		}
	}
	p.runs, p.cost = kept, lowest
	p.ends = append(p.ends, end{kept[best].first, kept[best].window})
}

// division returns the runs of the best division, from the first to the last.
func (p *planner) division() []run {
	p.plan = p.plan[:0]
	for count := p.count; count > 0; {
		e := p.ends[count-1]
		p.plan = append(p.plan, run{first: e.first, window: e.window})
		count = e.first
	}
	for i, j := 0, len(p.plan)-1; i < j; i, j = i+1, j-1 {
		p.plan[i], p.plan[j] = p.plan[j], p.plan[i]
	}
	return p.plan
}
