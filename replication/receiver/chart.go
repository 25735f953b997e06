package receiver

import (
	"foster/replication/wire"
	"foster/storage/catalog"
)

// chart is the state of a chart on a connection.
type chart struct {
	cat  *catalog.Chart
	def  wire.Chart // as the child defined it last
	dims []*dimension
	byID map[string]*dimension

	slots []*dimension
	next  int   // index of the dimension expected next: children send them in one order
	last  int64 // unix seconds of the newest stored point

	defined bool // on this connection
	replay  replay
	v1      *collector // collected values of v1 children; nil for others
}

// dimension is the state of a dimension on a connection.
type dimension struct {
	cat   *catalog.Dimension
	def   wire.Dimension
	index int // in chart.dims
	block int64
	at    int // in session.points, when block is that of the open block
}

// dimension returns the dimension with that slot or id, or nil. id is not kept.
func (c *chart) dimension(slot int, id []byte) *dimension {
	if slot > 0 && slot < len(c.slots) {
		if d := c.slots[slot]; d != nil && d.cat.ID == string(id) {
			return d
		}
	}
	if c.next < len(c.dims) {
		if d := c.dims[c.next]; d.cat.ID == string(id) {
			c.next++
			return d
		}
	}
	if len(c.dims) <= 4 {
		for i, d := range c.dims {
			if d.cat.ID == string(id) {
				c.next = i + 1
				return d
			}
		}
		return nil
	}
	d := c.byID[string(id)]
	if d != nil {
		c.next = d.index + 1
	}
	return d
}

// growSlots makes index n valid.
func growSlots[T any](slots []T, n int) []T {
	for len(slots) <= n {
		slots = append(slots, make([]T, max(16, len(slots), n+1-len(slots)))...)
	}
	return slots
}

// findChart returns the chart with that slot or id, or nil. id is not kept.
func (s *session) findChart(slot int, id []byte) *chart {
	if slot > 0 && slot < len(s.slots) {
		if c := s.slots[slot]; c != nil && c.cat.ID == string(id) {
			return c
		}
	}
	return s.charts[string(id)]
}

// remember keeps the charts of a child that cannot replay: when it comes back, its counters go on from where they were
// and the last two points before its return are interpolated, as a Netdata parent does.
func (s *session) remember() {
	r := s.r
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.caps&(wire.Replication|wire.Interpolated) != 0 {
		delete(r.remembered, s.guid)
		return
	}
	for _, c := range s.charts {
		c.slots, c.replay, c.next = nil, replay{}, 0
		c.defined = false
		for _, d := range c.dims {
			d.block = 0
		}
	}
	r.remembered[s.guid] = s.charts
}

// recall takes what remember has kept.
func (s *session) recall() {
	r := s.r
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.caps&(wire.Replication|wire.Interpolated) == 0 {
		s.charts = r.remembered[s.guid]
	}
	delete(r.remembered, s.guid)
	if s.charts == nil {
		s.charts = map[string]*chart{}
	}
}
