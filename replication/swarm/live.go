package swarm

import (
	"fmt"

	"foster/replication/wire"
)

// tick sends the live samples of the intervals that have ended, second by second.
func (s *session) tick() error {
	for now := s.child.clock(); s.ticked < now; {
		t := s.ticked + 1
		b, samples := s.child.buf[:0], 0
		s.child.mu.Lock()
		for i := range s.charts {
			c := &s.charts[i]
			if !c.live || c.next != t {
				continue
			}
			c.next += c.UpdateEvery
			if s.caps.Has(wire.Interpolated) {
				b = s.appendV2(b, i, t)
			} else {
				b = s.appendV1(b, i, t)
			}
			samples += len(c.Dimensions)
			if c.fresh {
				c.fresh = false
				continue
			}
			s.child.giveLocked(i, t, t)
		}
		s.child.mu.Unlock()
		if err := s.write(b); err != nil {
			return fmt.Errorf("send data: %w", err)
		}
		s.child.stats.live.Add(int64(samples))
		s.ticked = t
	}
	return nil
}

// appendV2 appends the stored values of chart i at t.
func (s *session) appendV2(b []byte, i int, t int64) []byte {
	c := &s.charts[i]
	b = s.enc.AppendBegin2Values(append(b, c.begin...), &wire.Begin2{UpdateEvery: c.UpdateEvery, End: t, Wall: t})
	for k := range c.Dimensions {
		raw := s.child.raw(c.chart, i, k, t)
		point := wire.Set2{Collected: float64(c.collect(k, raw)), Value: c.stored(k, raw)}
		b = s.enc.AppendSet2Values(append(b, c.sets[k]...), &point)
	}
	return s.enc.AppendEnd2(b)
}

// appendV1 appends what was collected for chart i at t. Collections happen exactly when an interval ends, so that a
// parent has nothing to interpolate.
func (s *session) appendV1(b []byte, i int, t int64) []byte {
	c := &s.charts[i]
	if c.fresh {
		b = s.enc.AppendBegin(b, &wire.Begin{ID: []byte(c.ID)})
	} else {
		b = append(b, c.begin...)
	}
	for k := range c.Dimensions {
		n := c.collect(k, s.child.raw(c.chart, i, k, t))
		b = s.enc.AppendSetValues(append(b, c.sets[k]...), &wire.Set{Value: n, Float: float64(n)})
	}
	return s.enc.AppendEnd(b)
}

// collect returns the collected value of a dimension after its collector read raw.
func (ch *chart) collect(dim int, raw int64) int64 {
	if ch.Dimensions[dim].Algorithm == wire.Incremental {
		ch.counter[dim] += raw
		return ch.counter[dim]
	}
	return raw
}
