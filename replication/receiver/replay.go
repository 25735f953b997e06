package receiver

import (
	"math"
	"strconv"
	"time"

	"foster/replication/wire"
)

// replay is the state of a chart's replication.
type replay struct {
	asked  bool  // a request is outstanding
	window       // of the outstanding request
	before int64 // echoed by the child's last answer of this round, 0 before the first
	stuck  int   // answers of this round that did not advance
	span   int64 // seconds this round was expected to replay when it began
	done   int64 // of these, answered

	points int   // in the answer at hand
	last   int64 // unix seconds of the last of them, empty ones included
	hole   *hole // nil until the child has left something out
}

// window is what a REPLAY_CHART asks for: the points in (after, before], and then, with start, live data.
type window struct {
	start         bool
	after, before int64 // unix seconds; both 0 for nothing
}

// offer is the history a child has of a chart, in unix seconds of its clock.
type offer struct {
	first, last, clock int64
}

// missing returns what to ask for. mine is the newest time stored of the chart, 0 when there is none; before is that of
// the child's last answer in this round, 0 when there was none. Times and durations are seconds.
//
// See netdata v2.11.0 src/streaming/stream-replication-receiver.c.
func missing(o offer, mine, before, now, period, step int64) window {
	nothing := window{start: true}
	last := min(o.last, o.clock)
	// When all is there the child is still asked from there on: it may collect a point before it reads the question. An
	// agent v2.11 asks for nothing then, and loses that point.
	if o.first <= 0 || last <= 0 || o.first > o.clock || o.first > last || mine > last {
		return nothing
	}
	from := now - period
	switch {
	case before > 0:
		from = before
	case mine > from:
		from = mine
	}
	after := max(o.first, from)
	until := now
	if now-after > step {
		until = after + step
	}
	until = min(until, last)
	if after > until {
		return nothing
	}
	return window{
		start: now-after <= step || until >= last || until >= o.clock || until >= now,
		after: after, before: until,
	}
}

// definitionEnd answers the end of a chart's definition: the child withholds the chart's live data until it is asked for
// history, be it for none.
func (s *session) definitionEnd() error {
	c := s.chart
	if c == nil {
		return errNoChart
	}
	if c.replay.asked {
		return nil // the definition was repeated while an answer is due
	}
	d := s.words.DefinitionEnd()
	o := offer{first: d.First, last: d.Last, clock: d.Wall}
	if o.clock <= 0 {
		o.clock = s.now.Unix()
	}
	c.replay = replay{}
	s.ask(c, o)
	c.replay.span = 0
	if w := c.replay.window; w.before > w.after {
		c.replay.span = max(w.before, min(o.last, s.now.Unix())) - w.after
	}
	s.replayStarted(c.replay.span)
	return nil
}

// replayStarted notes that a chart begins to replay so many seconds.
func (s *session) replayStarted(span int64) {
	if s.state.Replicating() == 0 {
		s.answered = time.Now()
	}
	s.state.ReplayStarted(span)
}

// replicates says whether the child can be asked for history.
func (s *session) replicates() bool { return s.child.Replication && s.caps.Has(wire.Replication) }

// period returns how many seconds of history of c are asked for at most: what the store would not keep is not.
func (s *session) period(c *chart) int64 {
	return s.child.Keep.Period(c.cat.UpdateEvery(), int64(s.child.ReplicationPeriod.Seconds()))
}

// ask requests what is missing of c.
func (s *session) ask(c *chart, o offer) {
	w := window{start: true}
	if s.child.Replication && !s.shelved && len(c.dims) > 0 && c.replay.stuck < maxStuck {
		step := int64(s.child.ReplicationStep.Seconds())
		w = missing(o, c.last, c.replay.before, s.now.Unix(), s.period(c), max(1, step))
	}
	s.request(c, w)
}

// request sends a REPLAY_CHART.
func (s *session) request(c *chart, w window) {
	c.replay.asked, c.replay.window = true, w
	c.replay.points, c.replay.last = 0, w.after
	s.out = append(s.out, `REPLAY_CHART "`...)
	s.out = append(s.out, c.cat.ID...)
	if w.start {
		s.out = append(s.out, `" "true" `...)
	} else {
		s.out = append(s.out, `" "false" `...)
	}
	s.out = strconv.AppendInt(s.out, w.after, 10)
	s.out = append(s.out, ' ')
	s.out = strconv.AppendInt(s.out, w.before, 10)
	s.out = append(s.out, '\n')
}

// maxStuck is the number of answers without progress after which a chart goes live with what there is.
const maxStuck = 2

func (s *session) replayBegin() error {
	var b wire.ReplayBegin
	if err := s.words.ReplayBegin(&b); err != nil {
		return err
	}
	if len(b.ID) > 0 {
		s.answered = time.Now()
		c := s.findChart(b.Slot, b.ID)
		if c == nil {
			return errUnknownChart
		}
		if s.block.kind == replayed {
			s.flushPoints()
		}
		s.open(replayed, c, 0)
	} else if s.block.kind != replayed {
		return errNoBlock
	}
	if !b.HasTimes {
		return nil
	}
	c := s.chart
	s.flushPoints()
	s.open(replayed, c, 0)
	limit := b.Wall + c.cat.UpdateEvery() + 1
	if b.Wall <= 0 {
		limit = s.now.Unix() + 5
	}
	if b.Start < 0 || b.Start >= b.End || b.End >= limit {
		return s.commitIfFull() // the point is ignored, the replay goes on
	}
	if every := b.End - b.Start; every != c.every {
		s.setUpdateEvery(c, every)
	}
	c.replay.points++
	c.replay.last = b.End
	if h := c.replay.hole; h == nil || !h.open || !h.probe {
		s.block.time = b.End
	}
	return s.commitIfFull()
}

func (s *session) replaySet() error {
	if s.block.kind != replayed {
		return errNoBlock
	}
	var v wire.ReplaySet
	if err := s.words.ReplaySet(&v); err != nil {
		return err
	}
	i := s.chart.find(v.Slot, v.ID)
	if i < 0 {
		return errUnknownDimension
	}
	s.chart.heads.learn(replayed, i, s.words.Head())
	s.stageReplayed(i, &v)
	return nil
}

func (s *session) stageReplayed(i int, v *wire.ReplaySet) {
	if !s.caps.Has(wire.Interpolated) {
		v.Flags &^= wire.Anomalous // such a child does not tell
	}
	s.stage(i, v.Value, math.NaN(), v.Flags)
}

func (s *session) replayDimensionState() error {
	if s.block.kind != replayed {
		return errNoBlock
	}
	var v wire.ReplayDimensionState
	if err := s.words.ReplayDimensionState(&v); err != nil {
		return err
	}
	i := s.chart.find(v.Slot, v.ID)
	if i < 0 {
		return errUnknownDimension
	}
	s.setCollected(s.chart.dims[i].cat, v.CollectedValue)
	if s.caps.Has(wire.Interpolated) {
		return nil
	}
	s.chart.collector().restore(i, &v)
	return nil
}

func (s *session) replayChartState() error {
	var v wire.ReplayChartState
	if err := s.words.ReplayChartState(&v); err != nil {
		return err
	}
	if s.block.kind != replayed || s.caps.Has(wire.Interpolated) {
		return nil
	}
	s.chart.collector().restoreClock(v, s.now.UnixMicro())
	return nil
}

func (s *session) replayEnd() error {
	if s.block.kind != replayed {
		return errNoBlock
	}
	var e wire.ReplayEnd
	if err := s.words.ReplayEnd(&e); err != nil {
		return err
	}
	s.flushPoints()
	s.block.kind = noBlock
	c := s.chart
	if !c.replay.asked {
		return s.commitIfFull() // nobody asked; its points are welcome
	}
	asked := c.replay.window
	c.replay.asked = false
	if e.Start && c.v1 != nil && c.v1.collections > 0 {
		c.v1.resync = false // the state was handed over: elapsed times go on from it
	}
	if h := c.replay.hole; h != nil && h.open {
		if !s.answerHole(c, &e) {
			return s.commitIfFull()
		}
		e.Before, e.Start = h.end, h.start
		s.closeHole(c)
	} else {
		if answered := min(e.Before, asked.before) - asked.after; answered > 0 && asked.before > 0 {
			answered = min(answered, c.replay.span-c.replay.done)
			c.replay.done += answered
			s.state.ReplayAdvanced(answered)
		}
		if !s.caps.Has(wire.Interpolated) && asked.before > 0 && leftOut(c.replay.last, e.Before, c.cat.UpdateEvery()) && e.Before <= s.now.Unix()+maxAhead {
			s.openHole(c, &e, c.replay.last)
			return s.commitIfFull()
		}
	}
	if e.Start {
		if e.UpdateEvery > 0 && e.UpdateEvery != c.every {
			s.setUpdateEvery(c, e.UpdateEvery)
		}
		s.state.ReplayFinished(c.replay.span - c.replay.done)
		s.dirty = true
		c.joined = asked.before > 0
		return s.commitIfFull()
	}
	if e.Before <= asked.after || e.Before <= c.replay.before {
		c.replay.stuck++
	}
	c.replay.before = max(c.replay.before, e.Before)
	clock := e.Wall
	if clock <= 0 {
		clock = s.now.Unix()
	}
	s.ask(c, offer{first: e.First, last: e.Last, clock: clock})
	return s.commitIfFull()
}

// finishReplays ends the replays of a connection that has ended.
func (s *session) finishReplays() {
	for _, c := range s.charts {
		if c.replay.asked {
			c.replay.asked = false
			s.state.ReplayFinished(c.replay.span - c.replay.done)
		}
	}
}
