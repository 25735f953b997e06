package receiver

import (
	"errors"
	"math"
	"time"

	"foster/replication/wire"
	"foster/storage"
	"foster/storage/catalog"
)

// blockKind says which command opened a block.
type blockKind uint8

const (
	noBlock blockKind = iota
	collected
	stored
	replayed
)

// block is an open BEGIN, BEGIN2 or RBEGIN.
type block struct {
	kind blockKind
	time int64 // unix seconds of the points; of replayed ones 0 before the first
	usec int64 // BEGIN: microseconds since the collection before
}

// point is a value of the open block.
type point struct {
	dim       *catalog.Dimension
	value     float64
	collected float64 // as collected; NaN when the line does not tell
	flags     wire.Flags
	stored    bool
}

// open starts a block of c.
func (s *session) open(kind blockKind, c *chart, time int64) {
	s.chart = c
	c.next = 0
	s.block.kind, s.block.time = kind, time
	s.points = s.points[:0]
}

// stage adds a value of the i-th dimension to the open block; of two for one dimension the later stays.
func (s *session) stage(i int, value, collected float64, flags wire.Flags) {
	d := &s.chart.dims[i]
	if flags&wire.Empty != 0 || value != value {
		if collected == collected {
			s.setCollected(d.cat, collected)
		}
		return
	}
	if int(d.at) < len(s.points) {
		if p := &s.points[d.at]; p.dim == d.cat {
			p.value, p.collected, p.flags = value, collected, flags
			return
		}
	}
	d.at = uint32(len(s.points))
	s.points = append(s.points, point{dim: d.cat, value: value, collected: collected, flags: flags})
}

// setCollected sets the collected value of a dimension that has no point to go with it.
func (s *session) setCollected(d *catalog.Dimension, v float64) {
	s.chart.cat.LockLatest()
	d.SetCollected(v)
	s.chart.cat.UnlockLatest()
}

// maxAhead is how far in the future of the parent's clock a point may be, in seconds, or twice the chart's interval.
// Later ones are dropped: once stored, they would keep all earlier ones of every host out. When the clocks agree again the
// child is asked for them.
const maxAhead = 60

// flushPoints stores the values of the open block at its time. Points that are not newer than what is stored of the
// chart are dropped: they are there already.
func (s *session) flushPoints() {
	c := s.chart
	if c == nil || s.block.time == 0 || len(s.points) == 0 {
		s.points = s.points[:0]
		return
	}
	s.store(c, s.block.time, s.points, s.block.kind == replayed)
	s.points = s.points[:0]
}

// store appends points of c at the unix time t.
func (s *session) store(c *chart, t int64, points []point, replayed bool) {
	n := int64(len(points))
	if n == 0 || s.lost != nil {
		return
	}
	if s.shelved {
		s.show(c, t, points, replayed)
		return
	}
	if h := c.replay.hole; h != nil && h.open && !replayed {
		if s.hold(h, t, points) {
			return
		}
		c.replay.asked = false // the child does not answer: go on without
		s.state.ReplayFinished(c.replay.span - c.replay.done)
		s.closeHole(c)
	}
	switch ahead := t - s.now.Unix(); {
	case t <= c.last:
		s.state.Dropped.Add(n)
		return
	case ahead > max(maxAhead, 2*c.cat.UpdateEvery()):
		s.state.Dropped.Add(n)
		c.ahead = true
		if !s.ahead {
			s.ahead = true
			s.log.Warn("the child's clock is ahead of ours: its points in our future are not stored",
				"chart", c.cat.ID, "time", time.Unix(t, 0).UTC(), "now", s.now.UTC())
		}
		return
	case c.ahead && !replayed && !c.replay.asked && s.replicates():
		if ahead > maxAhead/2 {
			s.state.Dropped.Add(n)
			return
		}
		c.ahead = false
		s.refill(c, s.now.Unix())
		s.store(c, t, points, false)
		return
	case c.joined && !replayed:
		c.joined = false
		if s.lostAtSeam(c, t) {
			c.seams++
			s.refill(c, t)
			s.store(c, t, points, false)
			return
		}
	}
	if !replayed {
		s.revive(c, points)
	}
	appended := int64(0)
	for i := range points {
		p := &points[i]
		p.stored = false
		switch err := s.app.Append(p.dim, t, p.value, p.flags); {
		case err == nil:
		case errors.Is(err, storage.ErrTooOld), errors.Is(err, storage.ErrFuture):
			continue // counted by the store, and here as dropped
		default:
			if s.refused(err); s.lost == nil {
				s.show(c, t, points, replayed)
			}
			return
		}
		appended++
		p.stored = true
	}
	if appended > 0 {
		s.publish(c, t, points)
	}
	s.state.Samples.Add(appended)
	if replayed {
		s.state.Replayed.Add(appended)
	}
	if appended < n {
		s.state.Dropped.Add(n - appended)
	}
}

// lostAtSeam says whether a point may be missing between the end of a replay and the first that follows live, at t. An agent of
// v1.37 can answer the question for history while it collects: what it collects just then it neither adds to the answer nor
// sends, but it has it. Longer gaps are its own.
func (s *session) lostAtSeam(c *chart, t int64) bool {
	const mostLost, mostSeams = 2, 2
	every := c.cat.UpdateEvery()
	missing := (t-c.last)/every - 1
	return c.last > 0 && missing >= 1 && missing <= mostLost && c.seams < mostSeams &&
		!c.replay.asked && s.replicates() && !s.caps.Has(wire.Interpolated)
}

// publish tells readers the newest values of the chart.
func (s *session) publish(c *chart, t int64, points []point) {
	c.last = t
	c.cat.LockLatest()
	for i := range points {
		p := &points[i]
		if p.stored {
			p.dim.SetLast(t, p.value, p.flags)
		}
		if p.collected == p.collected {
			p.dim.SetCollected(p.collected)
		}
	}
	c.cat.UnlockLatest()
	if !s.child.Keep.Forgets() {
		c.cat.Stored(t)
	}
}

// revive makes a chart and dimensions that were retired current again: they have new data.
func (s *session) revive(c *chart, points []point) {
	if c.cat.Def().Obsolete {
		c.cat.SetObsolete(false)
		s.dirty = true
	}
	if !c.retired {
		return
	}
	for i := range points {
		if def := *points[i].dim.Def(); def.Obsolete {
			def.Obsolete = false
			points[i].dim.SetDef(def)
			s.dirty = true
		}
	}
}

// commitIfFull commits between blocks when the batch is full.
func (s *session) commitIfFull() error {
	switch {
	case s.lost != nil:
		return s.lost
	case s.shelved:
		s.resume()
	}
	if s.app.Pending() >= s.r.opts.CommitSamples {
		return s.commit()
	}
	return nil
}

// begin2 opens the points of a chart at one time, as the child has stored them.
func (s *session) begin2() error {
	var b wire.Begin2
	if err := s.words.Begin2(&b); err != nil {
		return err
	}
	c := s.findChart(b.Slot, b.ID)
	if c == nil {
		return errUnknownChart
	}
	if b.UpdateEvery > 0 && b.UpdateEvery != c.every {
		s.setUpdateEvery(c, b.UpdateEvery)
	}
	s.open(stored, c, b.End)
	return nil
}

func (s *session) set2() error {
	if s.block.kind != stored {
		return errNoBlock
	}
	var v wire.Set2
	if err := s.words.Set2(&v); err != nil {
		return err
	}
	i := s.chart.find(v.Slot, v.ID)
	if i < 0 {
		return errUnknownDimension
	}
	s.chart.heads.learn(stored, i, s.words.Head())
	s.stage(i, v.Value, v.Collected, v.Flags)
	return nil
}

func (s *session) end2() error {
	if s.block.kind != stored {
		return errNoBlock
	}
	s.flushPoints()
	s.block.kind = noBlock
	return s.commitIfFull()
}

// begin opens a collection of raw values.
func (s *session) begin() error {
	var b wire.Begin
	if err := s.words.Begin(&b); err != nil {
		return err
	}
	c := s.findChart(b.Slot, b.ID)
	if c == nil {
		return errUnknownChart
	}
	s.open(collected, c, 0)
	s.block.usec = b.Microseconds
	c.collector()
	return nil
}

func (s *session) set() error {
	var v wire.Set
	if err := s.words.Set(&v); err != nil {
		return err
	}
	c := s.chart
	if c == nil {
		return errNoChart
	}
	if s.block.kind != collected { // directly after a definition
		s.open(collected, c, 0)
		s.block.usec = 0
		c.collector()
	}
	i := c.find(v.Slot, v.ID)
	if i < 0 {
		return errUnknownDimension
	}
	c.heads.learn(collected, i, s.words.Head())
	s.collect(i, &v)
	return nil
}

// collect takes the raw value of the i-th dimension.
func (s *session) collect(i int, v *wire.Set) {
	if v.Has {
		s.chart.collector().set(i, v.Value, v.Float)
	}
}

func (s *session) end() error {
	if s.block.kind != collected {
		return nil // harmless, as at a Netdata parent
	}
	s.block.kind = noBlock
	c := s.chart
	v := c.v1
	c.publishCollected()
	for v.start(s.block.usec, s.now.UnixMicro()); v.next(); {
		s.points = s.points[:0]
		for i := range v.values {
			if x := &v.values[i]; x.ok {
				s.points = append(s.points, point{dim: c.dims[i].cat, value: x.value, collected: math.NaN(), flags: x.flags})
			}
		}
		s.store(c, v.time, s.points, false)
	}
	s.points = s.points[:0]
	return s.commitIfFull()
}

// publishCollected tells readers the raw values of the collection at hand.
func (c *chart) publishCollected() {
	c.cat.LockLatest()
	for i := range c.v1.rates {
		if r := &c.v1.rates[i]; r.set {
			c.dims[i].cat.SetCollected(r.rawFloat)
		}
	}
	c.cat.UnlockLatest()
}

func (s *session) setUpdateEvery(c *chart, seconds int64) {
	if seconds <= 0 || seconds > wire.MaxUpdateEvery {
		return
	}
	c.every = seconds
	c.cat.SetUpdateEvery(seconds)
	if c.v1 != nil {
		c.v1.setUpdateEvery(seconds)
	}
	s.dirty = true
}
