package swarm

import (
	"fmt"

	"foster/replication/wire"
)

// liveWindow is how many intervals a request may end before now for the child to go live all the same (netdata v2.11.0
// src/streaming/stream-replication-sender.c).
const liveWindow = 100

// answer sends the history a parent asked for and, when that reaches the present, makes the chart live.
func (s *session) answer(r request) error {
	c := &s.charts[r.chart]
	now, wall := s.child.clock(), s.child.opts.Now().Unix()
	last := alignDown(now, c.UpdateEvery)
	after, before, start := r.After, r.Before, r.Start

	b := s.enc.AppendReplayBegin(s.child.buf[:0], &wire.ReplayBegin{Slot: c.Slot, ID: []byte(c.ID)})
	if after == 0 && before == 0 || after > wall {
		start = true
	} else {
		if before >= last || before >= now-liveWindow*c.UpdateEvery {
			start = true
		}
		if start {
			before = last // or what was collected since the request would be lost
		}
		before = min(before, last)
		var err error
		var whole bool
		if b, before, whole, err = s.appendPoints(b, r.chart, after, before, wall); err != nil {
			return err
		}
		start = start && whole
	}
	if start {
		b = s.appendState(b, r.chart, last)
	}
	b = s.enc.AppendReplayEnd(b, &wire.ReplayEnd{
		UpdateEvery: c.UpdateEvery,
		First:       c.first,
		Last:        last,
		Start:       start,
		After:       after,
		Before:      before,
		Wall:        wall,
	})
	if err := s.write(b); err != nil {
		return fmt.Errorf("answer for %s: %w", c.ID, err)
	}
	if start {
		s.start(c, last)
	}
	return nil
}

// appendPoints appends the samples of a chart in (after, before], and sends them as they become many. When the answer
// grows too long it stops: whole is then false, and end the time of the last sample.
func (s *session) appendPoints(b []byte, i int, after, before, wall int64) (_ []byte, end int64, whole bool, err error) {
	c := &s.charts[i]
	every := c.UpdateEvery
	from := alignDown(max(after, c.first), every) + every
	flushed, points := 0, int64(0)
	end, whole = before, true
	for t := from; t <= before; t += every {
		b = s.appendPoint(b, i, t, wall)
		points++
		if flushed+len(b) > s.child.opts.ReplayBytes && t+every <= before {
			end, whole = t, false
			break
		}
		if len(b) >= flushSize {
			s.gave(i, from, t)
			flushed += len(b)
			if err := s.write(b); err != nil {
				return nil, 0, false, fmt.Errorf("answer for %s: %w", c.ID, err)
			}
			b = b[:0]
		}
	}
	if points > 0 {
		s.gave(i, from, from+(points-1)*every)
		s.child.stats.replayed.Add(points * int64(len(c.Dimensions)))
	}
	return b, end, whole, nil
}

func (s *session) gave(i int, from, to int64) {
	s.child.mu.Lock()
	defer s.child.mu.Unlock()
	s.child.giveLocked(i, from, to)
}

func (s *session) appendPoint(b []byte, i int, t, wall int64) []byte {
	c := &s.charts[i]
	b = append(b, c.rpoint...)
	b = s.enc.AppendReplayBeginValues(b, &wire.ReplayBegin{HasTimes: true, Start: t - c.UpdateEvery, End: t, Wall: wall})
	for k := range c.Dimensions {
		point := wire.ReplaySet{Value: c.stored(k, s.child.raw(c.chart, i, k, t))}
		b = s.enc.AppendReplaySetValues(append(b, c.rsets[k]...), &point)
	}
	return b
}

// appendState appends the collector's state after the collection at last, with which a parent that computes values
// itself continues.
func (s *session) appendState(b []byte, i int, last int64) []byte {
	c := &s.charts[i]
	for k := range c.Dimensions {
		raw := s.child.raw(c.chart, i, k, last)
		state := wire.ReplayDimensionState{
			Slot:          c.Dimensions[k].Slot,
			ID:            []byte(c.Dimensions[k].ID),
			LastCollected: last * 1e6,
			LastStored:    c.stored(k, raw),
		}
		if c.Dimensions[k].Algorithm == wire.Incremental {
			// Nothing is carried over: the collection was at the end of its interval.
			state.CollectedValue = float64(c.collect(k, 0))
		} else {
			state.CollectedValue = float64(raw)
			state.LastCalculated = state.LastStored
		}
		b = s.enc.AppendReplayDimensionState(b, &state)
	}
	return s.enc.AppendReplayChartState(b, &wire.ReplayChartState{LastCollected: last * 1e6, LastUpdated: last * 1e6})
}
