package swarm

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"net"
	"sync"
	"testing"
	"time"

	"foster/replication/compress"
	"foster/replication/wire"
)

// parent is a strict parent: it keeps what children send and fails the test when one breaks the protocol.
type parent struct {
	t     testing.TB
	caps  wire.Caps
	order []wire.Caps
	step  int64 // seconds a request spans at most
	// wants is whether history is asked for at all.
	wants bool
	// reply, if it is not nil, may return the text of a rejection.
	reply func() string
	// greet is sent behind the accepting answer, a moment later.
	greet string

	wg sync.WaitGroup

	session sync.Mutex // held by the one connection that is received

	mu       sync.Mutex
	requests []wire.Request
	labels   map[string]string
	charts   map[string]*parentChart // by id; survives connections
	replays  int                     // answers with false
	slow     func()                  // called for each line
}

type parentChart struct {
	wire.Chart
	dims    []wire.Dimension
	labels  map[string]string
	points  map[int64]map[string]float64
	last    int64 // time of the newest point
	decoded struct {
		lastCollected int64 // microseconds; 0 when there was no collection
		raw           map[string]int64
	}
}

func newParent(t testing.TB, caps wire.Caps) *parent {
	return &parent{
		t: t, caps: caps, order: []wire.Caps{wire.LZ4, wire.ZSTD, wire.GZIP, wire.Brotli}, step: 3600, wants: true,
		labels: map[string]string{}, charts: map[string]*parentChart{},
	}
}

// dial is for Options.Dial.
func (p *parent) dial(context.Context) (net.Conn, error) {
	child, conn := net.Pipe()
	p.wg.Go(func() { p.serve(conn) })
	return child, nil
}

func (p *parent) serve(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	var raw []byte
	for !bytes.HasSuffix(raw, []byte("\r\n\r\n")) {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		raw = append(raw, line...)
	}
	request, err := wire.ParseRequest(raw)
	if err != nil || len(raw) >= wire.MaxRequest || in.Buffered() > 0 {
		p.t.Errorf("request %q, followed by %d bytes: %v", raw, in.Buffered(), err)
		return
	}
	p.mu.Lock()
	p.requests = append(p.requests, request)
	p.mu.Unlock()
	if p.reply != nil {
		if text := p.reply(); text != "" {
			io.WriteString(conn, text)
			return
		}
	}
	// The bytes of a connection that was cut can still be on their way: what the child has to give comes behind them.
	p.session.Lock()
	defer p.session.Unlock()
	caps := wire.Negotiate(request.Version, p.caps, p.order)
	if _, err := io.WriteString(conn, caps.Prompt()); err != nil {
		return
	}
	if p.greet != "" {
		time.Sleep(time.Millisecond)
		if _, err := io.WriteString(conn, p.greet); err != nil {
			return
		}
	}
	c := &parentConn{parent: p, conn: conn, caps: caps, charts: map[string]*connChart{}}
	lines := bufio.NewReaderSize(compress.NewReader(in, algorithm(caps)), 64<<10)
	for {
		line, err := lines.ReadSlice('\n')
		if err != nil {
			return
		}
		if p.slow != nil {
			p.slow()
		}
		p.mu.Lock()
		reply, err := c.line(line)
		p.mu.Unlock()
		if err != nil {
			p.t.Errorf("%q: %v", line, err)
			return
		}
		if reply != nil {
			if _, err := conn.Write(wire.AppendReplayChart(nil, reply)); err != nil {
				return
			}
		}
	}
}

// parentConn is one connection to a parent.
type parentConn struct {
	*parent
	conn   net.Conn
	caps   wire.Caps
	charts map[string]*connChart
	labels map[string]string
	scope  *connChart // being defined, replayed or collected
	point  int64      // the time of the open point
	open   wire.Command
	words  wire.Words
}

// connChart is a chart in a connection.
type connChart struct {
	*parentChart
	asked  *wire.ReplayChart // not answered yet
	live   bool
	before int64 // echoed by the last answer
}

func (c *parentConn) line(line []byte) (*wire.ReplayChart, error) {
	w := &c.words
	w.Split(line)
	cmd := w.Command()
	v2 := c.caps.Has(wire.Interpolated)
	switch cmd {
	case wire.CmdVariable:
		_, err := w.Variable()
		return nil, err
	case wire.CmdClaimedID:
		return nil, c.need(c.caps.Has(wire.Claim), "CLAIM")
	case wire.CmdLabel:
		l, err := w.HostLabel()
		if c.labels == nil {
			c.labels = map[string]string{}
		}
		c.labels[l.Name] = l.Value
		return nil, err
	case wire.CmdOverwrite:
		c.parent.labels, c.labels = c.labels, nil
		return nil, c.need(c.caps.Has(wire.HLabels), "HLABELS")
	case wire.CmdChart:
		return nil, c.chart()
	case wire.CmdCLabel:
		l, err := w.ChartLabel()
		c.scope.labels[l.Name] = l.Value
		return nil, err
	case wire.CmdCLabelCommit:
		return nil, c.need(c.caps.Has(wire.CLabels), "CLABELS")
	case wire.CmdDimension:
		d, err := w.Dimension()
		if (d.Slot != 0) != c.caps.Has(wire.Slots|wire.Interpolated) {
			return nil, fmt.Errorf("slot %d", d.Slot)
		}
		c.scope.dims = append(c.scope.dims, d)
		return nil, err
	case wire.CmdDefinitionEnd:
		d := w.DefinitionEnd()
		return c.ask(d.First, d.Last, d.Wall), c.need(c.caps.Has(wire.Replication), "REPLICATION")
	case wire.CmdReplayBegin, wire.CmdReplaySet, wire.CmdReplayDimensionState, wire.CmdReplayChartState, wire.CmdReplayEnd:
		return c.replay(cmd)
	case wire.CmdBegin, wire.CmdSet, wire.CmdEnd:
		if v2 {
			return nil, fmt.Errorf("v1 data in a v2 session")
		}
		return nil, c.v1(cmd)
	case wire.CmdBegin2, wire.CmdSet2, wire.CmdEnd2:
		return nil, c.v2(cmd, v2)
	}
	return nil, fmt.Errorf("unexpected command")
}

func (c *parentConn) need(ok bool, what string) error {
	if !ok {
		return fmt.Errorf("%s was not negotiated", what)
	}
	return nil
}

func (c *parentConn) chart() error {
	def, err := c.words.Chart()
	if err != nil {
		return err
	}
	if (def.Slot != 0) != c.caps.Has(wire.Slots|wire.Interpolated) || c.charts[def.ID] != nil || c.open != 0 {
		return fmt.Errorf("slot %d, defined before: %t, within %d", def.Slot, c.charts[def.ID] != nil, c.open)
	}
	pc := c.parent.charts[def.ID]
	if pc == nil {
		pc = &parentChart{points: map[int64]map[string]float64{}}
		c.parent.charts[def.ID] = pc
	}
	pc.Chart, pc.dims, pc.labels = def, nil, map[string]string{}
	pc.decoded.lastCollected, pc.decoded.raw = 0, map[string]int64{}
	c.scope = &connChart{parentChart: pc, live: !c.caps.Has(wire.Replication)}
	c.charts[def.ID] = c.scope
	return nil
}

// ask computes the next request for the chart in scope as a real parent does.
func (c *parentConn) ask(first, last, childNow int64) *wire.ReplayChart {
	s := c.scope
	r := &wire.ReplayChart{ID: s.ID, Start: true}
	s.asked = r
	last = min(last, childNow)
	if !c.wants || first == 0 || last == 0 || first > last || s.last >= last {
		return r
	}
	now := time.Now().Unix()
	from := s.before
	if from == 0 {
		from = s.last
	}
	if from == 0 {
		from = now - 86400
	}
	r.After = max(first, from)
	r.Before = now
	if now-r.After > c.step {
		r.Before = r.After + c.step
	}
	r.Before = min(r.Before, last)
	r.Start = now-r.After <= c.step || r.Before >= last
	return r
}

func (c *parentConn) replay(cmd wire.Command) (*wire.ReplayChart, error) {
	w := &c.words
	if cmd == wire.CmdReplayBegin {
		var b wire.ReplayBegin
		if err := w.ReplayBegin(&b); err != nil {
			return nil, err
		}
		if !b.HasTimes {
			s := c.charts[string(b.ID)]
			if s == nil || s.asked == nil || s.live || c.open != 0 {
				return nil, fmt.Errorf("opens an answer nobody waits for")
			}
			c.scope, c.open, c.point = s, wire.CmdReplayBegin, 0
			return nil, nil
		}
		if c.open != wire.CmdReplayBegin || b.End-b.Start != c.scope.UpdateEvery || b.End%c.scope.UpdateEvery != 0 {
			return nil, fmt.Errorf("a point of %d seconds in state %d", b.End-b.Start, c.open)
		}
		if b.End <= c.scope.asked.After {
			return nil, fmt.Errorf("ends before %d", c.scope.asked.After)
		}
		c.point = b.End
		return nil, c.newPoint()
	}
	if c.open != wire.CmdReplayBegin {
		return nil, fmt.Errorf("not within an answer")
	}
	switch cmd {
	case wire.CmdReplaySet:
		var s wire.ReplaySet
		if err := w.ReplaySet(&s); err != nil {
			return nil, err
		}
		if normal := s.Flags&wire.Anomalous == 0; normal != c.caps.Has(wire.Interpolated) {
			return nil, fmt.Errorf("flags %b", s.Flags)
		}
		return nil, c.keep(s.Slot, s.ID, s.Value)
	case wire.CmdReplayDimensionState:
		var s wire.ReplayDimensionState
		if err := w.ReplayDimensionState(&s); err != nil {
			return nil, err
		}
		c.scope.decoded.raw[string(s.ID)] = int64(s.CollectedValue)
		return nil, nil
	case wire.CmdReplayChartState:
		var s wire.ReplayChartState
		if err := w.ReplayChartState(&s); err != nil {
			return nil, err
		}
		if len(c.scope.decoded.raw) != len(c.scope.dims) {
			return nil, fmt.Errorf("state of %d dimensions of %d", len(c.scope.decoded.raw), len(c.scope.dims))
		}
		c.scope.decoded.lastCollected = s.LastCollected
		return nil, nil
	}
	var end wire.ReplayEnd
	if err := w.ReplayEnd(&end); err != nil {
		return nil, err
	}
	s := c.scope
	c.open = 0
	if end.UpdateEvery != s.UpdateEvery || end.After != s.asked.After || end.Start != (s.decoded.lastCollected != 0) {
		return nil, fmt.Errorf("%+v answers %+v", end, *s.asked)
	}
	s.live, s.asked = end.Start, nil
	if end.Start {
		return nil, nil
	}
	c.replays++
	s.before = end.Before
	return c.ask(end.First, end.Last, end.Wall), nil
}

func (c *parentConn) newPoint() error {
	s := c.scope
	if c.point <= s.last {
		return fmt.Errorf("%s at %d is not after %d", s.ID, c.point, s.last)
	}
	s.last = c.point
	s.points[c.point] = map[string]float64{}
	return nil
}

func (c *parentConn) keep(slot int, id []byte, v float64) error {
	for _, d := range c.scope.dims {
		if d.ID != string(id) {
			continue
		}
		if slot != d.Slot {
			return fmt.Errorf("slot %d, defined %d", slot, d.Slot)
		}
		point := c.scope.points[c.point]
		if _, twice := point[d.ID]; twice || point == nil {
			return fmt.Errorf("a value twice or without a point")
		}
		point[d.ID] = v
		return nil
	}
	return fmt.Errorf("unknown dimension")
}

func (c *parentConn) v2(cmd wire.Command, negotiated bool) error {
	w := &c.words
	switch {
	case cmd == wire.CmdBegin2:
		var b wire.Begin2
		if err := w.Begin2(&b); err != nil {
			return err
		}
		s := c.charts[string(b.ID)]
		if s == nil || !s.live || c.open != 0 || !negotiated || b.UpdateEvery != s.UpdateEvery || b.Slot != s.Slot {
			return fmt.Errorf("data of a chart that is not live, or within %d", c.open)
		}
		c.scope, c.open, c.point = s, cmd, b.End
		return c.newPoint()
	case c.open != wire.CmdBegin2:
		return fmt.Errorf("not within BEGIN2")
	case cmd == wire.CmdSet2:
		var s wire.Set2
		if err := w.Set2(&s); err != nil {
			return err
		}
		if s.Flags != 0 {
			return fmt.Errorf("flags %b", s.Flags)
		}
		return c.keep(s.Slot, s.ID, s.Value)
	}
	c.open = 0
	return nil
}

// v1 turns collected values into stored ones where there is nothing to interpolate.
func (c *parentConn) v1(cmd wire.Command) error {
	w := &c.words
	switch {
	case cmd == wire.CmdBegin:
		var b wire.Begin
		if err := w.Begin(&b); err != nil {
			return err
		}
		s := c.charts[string(b.ID)]
		if s == nil || !s.live || c.open != 0 {
			return fmt.Errorf("data of a chart that is not live, or within %d", c.open)
		}
		c.scope, c.open, c.point = s, cmd, 0
		if s.decoded.lastCollected == 0 { // without replication: the first collection
			if b.Microseconds != 0 {
				return fmt.Errorf("the first collection has a distance")
			}
			s.decoded.lastCollected = alignDown(time.Now().Unix(), s.UpdateEvery) * 1e6
			return nil
		}
		s.decoded.lastCollected += b.Microseconds
		if s.decoded.lastCollected%(s.UpdateEvery*1e6) != 0 {
			return fmt.Errorf("collected at %d", s.decoded.lastCollected)
		}
		c.point = s.decoded.lastCollected / 1e6
		return c.newPoint()
	case c.open != wire.CmdBegin:
		return fmt.Errorf("not within BEGIN")
	case cmd == wire.CmdSet:
		var s wire.Set
		if err := w.Set(&s); err != nil {
			return err
		}
		before := c.scope.decoded.raw[string(s.ID)]
		c.scope.decoded.raw[string(s.ID)] = s.Value
		if c.point == 0 {
			return nil
		}
		for _, d := range c.scope.dims {
			if d.ID == string(s.ID) {
				v := float64(s.Value) * float64(d.Multiplier) / float64(d.Divisor)
				if d.Algorithm == wire.Incremental {
					v = float64(s.Value-before) * float64(d.Multiplier) / float64(d.Divisor) / float64(c.scope.UpdateEvery)
				}
				return c.keep(0, s.ID, v)
			}
		}
		return fmt.Errorf("unknown dimension")
	}
	c.open = 0
	return nil
}

// check compares what the parent holds of a child with what it must hold: every point of every chart in (from, to].
func (p *parent) check(c *Child, from, to int64) {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	var held int64
	for i := range c.charts {
		ch := &c.charts[i]
		pc := p.charts[ch.ID]
		if pc == nil {
			p.t.Errorf("chart %s is unknown", ch.ID)
			continue
		}
		bad := 0
		for t := alignDown(from, ch.UpdateEvery) + ch.UpdateEvery; t <= to; t += ch.UpdateEvery {
			for k, d := range ch.Dimensions {
				v, ok := pc.points[t][d.ID]
				want := c.Value(i, k, t)
				if !ok || math.Abs(v-want) > 1e-12*math.Abs(want) {
					if bad++; bad < 4 {
						p.t.Errorf("%s %s at %d (%d after the beginning): got %v, %t, want %v", ch.ID, d.ID, t, t-from, v, ok, want)
					}
				}
			}
		}
		for t, point := range pc.points {
			held += int64(len(point))
			if !covers(c.Given(i), t) {
				p.t.Errorf("%s at %d was never given", ch.ID, t)
			}
		}
	}
	if held != c.Sent() {
		p.t.Errorf("the parent holds %d samples, the child sent %d", held, c.Sent())
	}
}

func covers(spans []Span, t int64) bool {
	for _, s := range spans {
		if s.From <= t && t <= s.To {
			return true
		}
	}
	return false
}
