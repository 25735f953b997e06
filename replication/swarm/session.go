package swarm

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"foster/replication/compress"
	"foster/replication/wire"
)

const (
	flushSize     = 32 << 10 // of the buffer, while a long answer is written
	maxParentLine = 64 << 10
)

// session is one connection of a child.
type session struct {
	child  *Child
	conn   net.Conn
	w      *compress.Writer
	caps   wire.Caps
	enc    wire.Encoding
	charts []sessionChart
	ticked int64 // all live samples up to this time were sent

	mu       sync.Mutex
	requests []request
	wake     chan struct{} // holds a token when requests may not be empty
}

// sessionChart is the state of a chart in one connection.
type sessionChart struct {
	*chart
	live   bool
	next   int64  // the time of the next live sample
	fresh  bool   // the parent has no collection to compare the next one with
	queued bool   // a request is waiting; guarded by session.mu
	begin  []byte // the head of BEGIN2, or the whole line of BEGIN
	sets   [][]byte
	rpoint []byte // the head of the RBEGIN of a point
	rsets  [][]byte
}

// request is what the parent asks for.
type request struct {
	chart int
	wire.ReplayChart
}

func newSession(c *Child, conn net.Conn, caps wire.Caps) *session {
	s := &session{
		child:  c,
		conn:   conn,
		w:      compress.NewWriter(countingConn{conn, &c.stats.bytes}, algorithm(caps)),
		caps:   caps,
		enc:    wire.NewEncoding(caps),
		charts: make([]sessionChart, len(c.charts)),
		wake:   make(chan struct{}, 1),
	}
	for i := range c.charts {
		s.charts[i] = s.heads(&c.charts[i])
	}
	return s
}

// algorithm returns the compression a child picks of those both sides have.
func algorithm(caps wire.Caps) compress.Algorithm {
	switch {
	case caps.Has(wire.ZSTD):
		return compress.ZSTD
	case caps.Has(wire.LZ4):
		return compress.LZ4
	case caps.Has(wire.Brotli):
		return compress.Brotli
	case caps.Has(wire.GZIP):
		return compress.GZIP
	}
	return compress.None
}

// heads precomputes what is the same in every line of a chart.
func (s *session) heads(ch *chart) sessionChart {
	sc := sessionChart{chart: ch, sets: make([][]byte, len(ch.Dimensions)), rsets: make([][]byte, len(ch.Dimensions))}
	if s.caps.Has(wire.Interpolated) {
		sc.begin = s.enc.AppendHead(nil, wire.CmdBegin2, ch.Slot, ch.ID)
	} else {
		sc.begin = s.enc.AppendBegin(nil, &wire.Begin{ID: []byte(ch.ID), Microseconds: ch.UpdateEvery * 1e6})
	}
	sc.rpoint = s.enc.AppendHead(nil, wire.CmdReplayBegin, ch.Slot, "")
	for k, d := range ch.Dimensions {
		if s.caps.Has(wire.Interpolated) {
			sc.sets[k] = s.enc.AppendHead(nil, wire.CmdSet2, d.Slot, d.ID)
		} else {
			sc.sets[k] = s.enc.AppendHead(nil, wire.CmdSet, 0, d.ID)
		}
		sc.rsets[k] = s.enc.AppendHead(nil, wire.CmdReplaySet, d.Slot, d.ID)
	}
	return sc
}

// run streams until the connection ends or ctx does. It returns what ended it.
func (s *session) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer context.AfterFunc(ctx, func() { s.conn.Close() })() // ends the reader, or a write that hangs
	var wg sync.WaitGroup
	wg.Go(func() { cancel(s.read()) })
	cancel(s.stream(ctx))
	wg.Wait()
	return context.Cause(ctx)
}

// stream writes until it cannot or ctx ends.
func (s *session) stream(ctx context.Context) error {
	if err := s.define(); err != nil {
		return err
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		case <-s.wake:
		}
		if err := s.tick(); err != nil {
			return err
		}
		for r, ok := s.nextRequest(); ok; r, ok = s.nextRequest() {
			if err := s.answer(r); err != nil {
				return err
			}
			if err := s.tick(); err != nil { // live data have priority
				return err
			}
		}
		next := time.Unix(s.ticked+1, 0).Add(s.child.opts.Offset)
		timer.Reset(max(next.Sub(s.child.opts.Now()), time.Millisecond))
	}
}

// define sends what a parent must know before data, and makes the charts live at once if it will not ask for history.
func (s *session) define() error {
	b := s.appendHost(s.child.buf[:0])
	s.ticked = s.child.clock()
	for i := range s.charts {
		c := &s.charts[i]
		last := alignDown(s.ticked, c.UpdateEvery)
		b = s.appendDefinition(b, c, last)
		if !s.caps.Has(wire.Replication) {
			c.fresh = !s.caps.Has(wire.Interpolated)
			s.start(c, last)
		}
		if len(b) >= flushSize {
			if err := s.write(b); err != nil {
				return fmt.Errorf("send definitions: %w", err)
			}
			b = b[:0]
		}
	}
	if err := s.write(b); err != nil {
		return fmt.Errorf("send definitions: %w", err)
	}
	return nil
}

// start makes a chart live behind the sample of the given time.
func (s *session) start(c *sessionChart, last int64) {
	if !c.live {
		c.live, c.next = true, last+c.UpdateEvery
		s.child.stats.liveCharts.Add(1)
	}
}

func (s *session) appendHost(b []byte) []byte {
	for i := range s.child.opts.Variables {
		b = s.enc.AppendVariable(b, &s.child.opts.Variables[i])
	}
	if s.caps.Has(wire.Claim) {
		b = s.enc.AppendClaimedID(b, s.child.opts.GUID, "")
	}
	if s.caps.Has(wire.HLabels) {
		for i := range s.child.opts.Labels {
			b = s.enc.AppendLabel(b, &s.child.opts.Labels[i])
		}
		b = s.enc.AppendOverwrite(b)
	}
	return b
}

func (s *session) appendDefinition(b []byte, c *sessionChart, last int64) []byte {
	b = s.enc.AppendChart(b, &c.Chart.Chart)
	if s.caps.Has(wire.CLabels) && len(c.Labels) > 0 {
		for i := range c.Labels {
			b = s.enc.AppendCLabel(b, &c.Labels[i])
		}
		b = s.enc.AppendCLabelCommit(b)
	}
	for i := range c.Dimensions {
		b = s.enc.AppendDimension(b, &c.Dimensions[i])
	}
	if s.caps.Has(wire.Replication) {
		b = s.enc.AppendDefinitionEnd(b, &wire.DefinitionEnd{First: c.first, Last: last, Wall: s.child.opts.Now().Unix()})
	}
	return b
}

// write sends b as one message and keeps its memory for the next.
func (s *session) write(b []byte) error {
	s.child.buf = b[:0]
	if len(b) == 0 {
		return nil
	}
	if err := s.conn.SetWriteDeadline(time.Now().Add(s.child.opts.Timeout)); err != nil {
		return err
	}
	return s.w.WriteMessage(b)
}

// read takes the parent's lines until the connection ends. It puts requests for history aside and ignores all else.
func (s *session) read() error {
	lines := bufio.NewScanner(s.conn)
	lines.Buffer(make([]byte, 1024), maxParentLine)
	for lines.Scan() {
		r, err := wire.ParseReplayChart(lines.Bytes())
		if err != nil {
			s.child.log.Debug("ignoring a line from the parent", "error", err)
			continue
		}
		i, known := s.child.index[r.ID]
		if !known {
			s.child.log.Debug("asked for an unknown chart", "chart", r.ID)
			continue
		}
		s.request(request{i, r})
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read from the parent: %w", err)
	}
	return fmt.Errorf("read from the parent: %w", io.EOF)
}

// request queues r, unless one for the chart is waiting: the queue is never longer than there are charts.
func (s *session) request(r request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.charts[r.chart].queued {
		return
	}
	s.charts[r.chart].queued = true
	s.requests = append(s.requests, r)
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *session) nextRequest() (request, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.requests) == 0 {
		return request{}, false
	}
	r := s.requests[0]
	s.requests = s.requests[1:]
	s.charts[r.chart].queued = false
	return r, true
}
