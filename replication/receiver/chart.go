package receiver

import (
	"time"

	"foster/replication/wire"
	"foster/storage/catalog"
)

// chart is the state of a chart on a connection.
type chart struct {
	cat  *catalog.Chart
	dims []dimension
	ids  []byte // the ids of dims, one behind the other: comparing them touches no other memory

	next  int      // index of the dimension expected next: children send them in one order
	last  int64    // unix seconds of the newest stored point
	every int64    // the interval as the child defined it last, in seconds
	slots []uint16 // index in dims plus 1, by SLOT number
	byID  map[string]int

	heads heads

	storeFirst bool
	retired    bool // a dimension was defined as obsolete
	ahead      bool // the newest points were dropped, being in the future
	joined     bool // a replay has ended, and nothing newer has come since
	seams      int  // how often what was lost behind a replay was asked for
	replay     replay
	v1         *collector // collected values of v1 children; nil for others
}

// dimension is the state of a dimension on a connection. It is small, because every sample touches one.
type dimension struct {
	cat   *catalog.Dimension
	idEnd uint32 // in chart.ids; it begins where that of the dimension before ends
	at    uint32 // where in session.points its point of the open block is, if there
}

// id returns the id of the i-th dimension.
func (c *chart) id(i int) []byte {
	start := uint32(0)
	if i > 0 {
		start = c.dims[i-1].idEnd
	}
	return c.ids[start:c.dims[i].idEnd]
}

// find returns the index of the dimension with that slot or id, or -1. id is not kept.
func (c *chart) find(slot int, id []byte) int {
	if i := c.next; i < len(c.dims) && string(c.id(i)) == string(id) {
		c.next++
		return i
	}
	if slot > 0 && slot < len(c.slots) {
		if i := int(c.slots[slot]) - 1; i >= 0 && string(c.id(i)) == string(id) {
			c.next = i + 1
			return i
		}
	}
	i := c.search(id)
	if i >= 0 {
		c.next = i + 1
	}
	return i
}

// fewDimensions are searched one by one, without a map that would take more memory than they do.
const fewDimensions = 16

func (c *chart) search(id []byte) int {
	if len(c.dims) <= fewDimensions {
		for i := range c.dims {
			if string(c.id(i)) == string(id) {
				return i
			}
		}
		return -1
	}
	if c.byID == nil {
		c.byID = make(map[string]int, len(c.dims))
	}
	for i := len(c.byID); i < len(c.dims); i++ {
		c.byID[c.dims[i].cat.ID] = i
	}
	if i, ok := c.byID[string(id)]; ok {
		return i
	}
	return -1
}

// add appends a dimension and returns its index.
func (c *chart) add(cat *catalog.Dimension) int {
	c.ids = append(c.ids, cat.ID...)
	c.dims = append(c.dims, dimension{cat: cat, idEnd: uint32(len(c.ids))})
	return len(c.dims) - 1
}

// setSlot sets slots[n]. It leaves out a number that is far above how many things are numbered: one line must not claim
// memory for a million, and what has no slot is found by its id.
func setSlot[T any](slots []T, n, things int, value T) []T {
	if n <= 0 || n > 4*things+64 {
		return slots
	}
	if n >= len(slots) {
		slots = append(slots, make([]T, n+1-len(slots))...)
	}
	slots[n] = value
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
	now := s.r.opts.Now()
	for guid, m := range r.remembered { // what has been gone for so long starts anew
		if now.Sub(m.at) > maxGap*time.Second {
			delete(r.remembered, guid)
		}
	}
	for _, c := range s.charts {
		c.slots, c.replay, c.next, c.ahead = nil, replay{}, 0, false
	}
	r.remembered[s.guid] = remembered{s.charts, now}
}

// remembered are the charts of a child that has left at that time.
type remembered struct {
	charts map[string]*chart
	at     time.Time
}

// recall takes what remember has kept.
func (s *session) recall() {
	r := s.r
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.caps&(wire.Replication|wire.Interpolated) == 0 {
		s.charts = r.remembered[s.guid].charts
	}
	for _, c := range s.charts {
		if c.cat.Host != s.host { // it was removed meanwhile
			s.charts = nil
		}
		break
	}
	delete(r.remembered, s.guid)
	if s.charts == nil {
		s.charts = map[string]*chart{}
	}
}
