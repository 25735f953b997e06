package swarm

import "slices"

// Span is a range of times, both ends included, in unix seconds.
type Span struct{ From, To int64 }

// Sent returns how many distinct samples (pairs of dimension and time) the child has given its parent, live or replayed;
// a sample given twice counts once. What was on its way when a connection broke counts too: with replication the parent
// asks for it again, so once all charts are live Sent is exactly what the parent holds of the child.
//
// Of a child without replication that sends collected values, the first collection of a chart on each connection does
// not count, because a parent stores nothing for it.
func (c *Child) Sent() int64 { return c.stats.sent.Load() }

// Given returns the times of which the child has given its parent the samples of a chart, in order and apart.
func (c *Child) Given(chartIndex int) []Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.given[chartIndex])
}

// giveLocked records that the samples of a chart from the first to the last time were sent.
func (c *Child) giveLocked(chartIndex int, from, to int64) {
	ch := &c.charts[chartIndex]
	spans, added := addSpan(c.given[chartIndex], Span{from, to}, ch.UpdateEvery)
	c.given[chartIndex] = spans
	c.stats.sent.Add(added * int64(len(ch.Dimensions)))
}

// addSpan adds a span to sorted spans that are apart. It returns them and how many times, every seconds apart, are new.
func addSpan(spans []Span, s Span, every int64) (_ []Span, added int64) {
	if n := len(spans); n > 0 && spans[n-1].To == s.From-every { // the next point of live data
		spans[n-1].To = s.To
		return spans, (s.To-s.From)/every + 1
	}
	// lo to hi are the spans that s touches; they become one with it.
	lo := 0
	for lo < len(spans) && spans[lo].To < s.From-every {
		lo++
	}
	hi := lo
	added = (s.To-s.From)/every + 1
	for hi < len(spans) && spans[hi].From <= s.To+every {
		if from, to := max(s.From, spans[hi].From), min(s.To, spans[hi].To); from <= to {
			added -= (to-from)/every + 1
		}
		hi++
	}
	if hi > lo {
		s.From, s.To = min(s.From, spans[lo].From), max(s.To, spans[hi-1].To)
	}
	return slices.Replace(spans, lo, hi, s), added
}
