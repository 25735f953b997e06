package receiver

import "foster/replication/wire"

// hole is the search for history that a child has left out of an answer. An agent of v1.37 ends its answer at the first
// gap in its own data and claims to have answered it all; asked again from behind the gap it gives the rest. Where the gap
// ends is found by asking from one interval further each time, and when it is long by doubling and halving the distance.
//
// While a hole is open, what the child streams live of the chart is held back, so that points are stored in order of
// time and a crash leaves nothing that the next connection would not ask for again.
type hole struct {
	open  bool
	end   int64 // unix seconds of the newest point the child said it has answered
	start bool  // what that answer said: live data follow

	empty  int64 // asked from here nothing comes
	filled int64 // asked from here something comes; 0 when not known
	step   int64 // distance of the next question, in seconds
	probe  bool  // the outstanding question only looks: its points are not stored
	rounds int

	times []int64 // of the points held back
	sizes []int   // how many of them have each time
	held  []point
}

const (
	holeLinear = 16  // questions before the distance doubles
	holeRounds = 512 // questions on one connection, of one chart
	holeHeld   = 120 // collections held back: a child that does not answer must not stop the chart
)

// maxHeld is how many points are held back on one connection.
const maxHeld = 1 << 18

// leftOut says whether an answer that claims to reach until before, and whose last point is at last, may have ended at a
// gap: there is room for one, and for a point behind it.
func leftOut(last, before, every int64) bool { return before > last && before-last >= 2*every }

// next returns from where to ask, given whether the last question brought points, and whether that is only to look.
// It is false when nothing is left to find.
func (h *hole) next(every int64, brought bool) (after int64, probe, ok bool) {
	if h.rounds++; h.rounds > holeRounds {
		return 0, false, false
	}
	asked := h.empty + h.step
	switch {
	case h.filled > 0 && h.probe: // halving
		middle := h.empty + (h.filled-h.empty)/2/every*every
		if brought {
			h.filled = middle
		} else {
			h.empty = middle
		}
	case brought:
		h.filled = asked
	default:
		h.empty = asked
		if h.rounds > holeLinear {
			h.step *= 2
		}
	}
	if h.filled > 0 {
		if h.filled-h.empty <= every {
			return h.filled, false, true
		}
		return h.empty + (h.filled-h.empty)/2/every*every, true, true
	}
	after = h.empty + h.step
	if after >= h.end {
		if h.step <= every || h.empty+every >= h.end {
			return 0, false, false
		}
		h.step = (h.end - every - h.empty) / every * every
		after = h.empty + h.step
	}
	return after, h.step > every, true
}

// hold keeps points for later. It is false when there are too many.
func (s *session) hold(h *hole, t int64, points []point) bool {
	if len(h.times) >= holeHeld || s.held+len(points) > maxHeld {
		return false
	}
	s.held += len(points)
	h.times = append(h.times, t)
	h.sizes = append(h.sizes, len(points))
	h.held = append(h.held, points...)
	return true
}

// openHole begins to look for what an answer has left out behind last.
func (s *session) openHole(c *chart, e *wire.ReplayEnd, last int64) {
	h := c.replay.hole
	if h == nil {
		h = &hole{}
		c.replay.hole = h
	}
	every := c.cat.UpdateEvery()
	h.open, h.end, h.start = true, e.Before, e.Start
	h.empty, h.filled, h.step, h.probe = last, 0, every, false
	s.askHole(c, last+every, false)
}

// refill asks for what is missing of a chart that is live, up to a time, and holds its live data back until that has come.
func (s *session) refill(c *chart, until int64) {
	c.replay = replay{hole: &hole{open: true, end: until, start: true}}
	s.replayStarted(0)
	s.askRest(c, max(c.last, s.now.Unix()-s.period(c)))
}

// askRest asks for what follows the point at last, to which all is there.
func (s *session) askRest(c *chart, last int64) {
	h, every := c.replay.hole, c.cat.UpdateEvery()
	h.empty, h.filled, h.step = last-every, 0, every
	s.askHole(c, last, false)
}

func (s *session) askHole(c *chart, after int64, probe bool) {
	h := c.replay.hole
	h.probe = probe
	s.request(c, window{start: h.start, after: after, before: h.end})
}

// answerHole goes on after an answer to askHole. It is true when the search has ended.
func (s *session) answerHole(c *chart, e *wire.ReplayEnd) bool {
	h := c.replay.hole
	brought := c.replay.points > 0
	last := c.replay.last
	if brought && !h.probe && !e.Start && e.Before <= last && last < h.end { // too long for one answer
		if h.rounds++; h.rounds > holeRounds {
			return true
		}
		s.askRest(c, last)
		return false
	}
	if s.caps.Has(wire.Interpolated) {
		return true // such a child says what it leaves out
	}
	if brought && !h.probe { // and it is stored: the next gap, or the end
		h.end = max(h.end, e.Before)
		if !leftOut(last, h.end, c.cat.UpdateEvery()) {
			return true
		}
		rounds := h.rounds
		s.openHole(c, &wire.ReplayEnd{Before: h.end, Start: h.start}, last)
		h.rounds = rounds + 1
		return h.rounds > holeRounds
	}
	after, probe, ok := h.next(c.cat.UpdateEvery(), brought)
	if !ok {
		return true
	}
	s.askHole(c, after, probe)
	return false
}

// closeHole ends the search and stores what was held back.
func (s *session) closeHole(c *chart) {
	h := c.replay.hole
	if h == nil || !h.open {
		return
	}
	h.open = false
	held := h.held
	for i, t := range h.times {
		s.store(c, t, held[:h.sizes[i]], false)
		held = held[h.sizes[i]:]
	}
	s.held -= len(h.held)
	h.times, h.sizes, h.held = nil, nil, nil
}
