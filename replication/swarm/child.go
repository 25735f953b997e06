package swarm

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"foster/replication/wire"
)

// Child is a simulated agent. Its methods may be called from any goroutine; Run once.
type Child struct {
	opts   Options
	charts []chart
	index  map[string]int // of charts by id
	log    *slog.Logger
	stats  counters
	buf    []byte // of the session that runs

	mu    sync.Mutex
	conn  net.Conn // nil when not connected
	given [][]Span // by chart
}

// chart is what a child knows of a chart beside its definition.
type chart struct {
	Chart
	first   int64   // unix seconds of the oldest sample; set when Run starts
	counter []int64 // of incremental dimensions: the last collected value
}

// New returns a child. Run starts it.
func New(opts Options) (*Child, error) {
	if err := opts.setDefaults(); err != nil {
		return nil, err
	}
	c := &Child{
		opts:   opts,
		charts: make([]chart, len(opts.Charts)),
		index:  make(map[string]int, len(opts.Charts)),
		log:    opts.Logger.With("child", opts.Hostname),
		given:  make([][]Span, len(opts.Charts)),
	}
	for i, def := range opts.Charts {
		setDefault(&def.UpdateEvery, opts.UpdateEvery)
		setDefault(&def.Type, "line")
		def.Slot = i + 1
		dims := make([]wire.Dimension, len(def.Dimensions))
		copy(dims, def.Dimensions)
		for k := range dims {
			setDefault(&dims[k].Name, dims[k].ID)
			setDefault(&dims[k].Multiplier, 1)
			setDefault(&dims[k].Divisor, 1)
			dims[k].Slot = k + 1
		}
		def.Dimensions = dims
		c.charts[i] = chart{Chart: def, counter: make([]int64, len(dims))}
		c.index[def.ID] = i
	}
	return c, nil
}

// Run connects, streams and connects again until ctx ends. The child's data begin when it is called.
func (c *Child) Run(ctx context.Context) {
	begin := c.clock() - int64(c.opts.History/time.Second)
	for i := range c.charts {
		c.charts[i].first = alignDown(begin, c.charts[i].UpdateEvery)
	}
	for ctx.Err() == nil {
		err := c.connect(ctx)
		if ctx.Err() != nil {
			return
		}
		c.stats.failures.Add(1)
		c.log.Info("connection ended", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(c.opts.ReconnectDelay/2 + rand.N(c.opts.ReconnectDelay)):
		}
	}
}

// clock returns the end of the last interval of one second of which the child has the values.
func (c *Child) clock() int64 { return c.opts.Now().Add(-c.opts.Offset).Unix() }

func alignDown(t, every int64) int64 { return t - t%every }

// ErrRejected says that the parent refused the child.
var ErrRejected = errors.New("rejected by the parent")

// connect runs one connection to its end.
func (c *Child) connect(ctx context.Context) error {
	dialCtx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	conn, err := c.opts.Dial(dialCtx)
	cancel()
	if err != nil {
		return fmt.Errorf("connect to the parent: %w", err)
	}
	defer conn.Close()
	// The end of ctx, or Cut, closes the connection; whoever reads or writes then gets an error.
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	c.setConn(conn)
	defer c.setConn(nil)

	caps, err := c.handshake(conn)
	if err != nil {
		return err
	}
	c.stats.connects.Add(1)
	c.log.Info("streaming", "capabilities", caps.String())
	s := newSession(c, conn, caps)
	defer c.stats.liveCharts.Store(0)
	return s.run(ctx)
}

func (c *Child) setConn(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conn = conn
}

// Cut closes the connection, if there is one, as a failing network would. The child connects again.
func (c *Child) Cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn != nil {
		c.conn.Close()
	}
}

// handshake sends the request and reads the parent's answer. It returns what both sides have in common.
func (c *Child) handshake(conn net.Conn) (wire.Caps, error) {
	request := wire.Request{
		Key:              c.opts.APIKey,
		Hostname:         c.opts.Hostname,
		RegistryHostname: c.opts.Hostname,
		MachineGUID:      c.opts.GUID,
		UpdateEvery:      c.opts.UpdateEvery,
		OS:               c.opts.OS,
		Timezone:         c.opts.Timezone,
		AbbrevTimezone:   c.opts.Timezone,
		Hops:             1,
		Version:          version(c.opts.Caps),
		SystemInfo:       c.opts.SystemInfo,
		ProgramName:      "netdata",
		ProgramVersion:   c.opts.Version,
	}
	if err := conn.SetDeadline(time.Now().Add(c.opts.Timeout)); err != nil {
		return 0, fmt.Errorf("send the request: %w", err)
	}
	c.buf = wire.AppendRequest(c.buf[:0], &request)
	n, err := conn.Write(c.buf)
	c.stats.bytes.Add(int64(n))
	if err != nil {
		return 0, fmt.Errorf("send the request: %w", err)
	}
	// The answer has no end: like an agent, take what one read gives.
	var answer [512]byte
	n, err = conn.Read(answer[:])
	if n == 0 {
		return 0, fmt.Errorf("read the parent's answer: %w", err)
	}
	caps, ok := wire.ParsePrompt(string(answer[:n]))
	if !ok {
		c.stats.rejections.Add(1)
		return 0, fmt.Errorf("%w: %q", ErrRejected, answer[:n])
	}
	return caps & c.opts.Caps, conn.SetDeadline(time.Time{})
}

// raw returns what a collector would have read for the interval that ends at t: the value of an absolute dimension, by
// how much the counter of an incremental one grew.
func (c *Child) raw(ch *chart, chartIndex, dim int, t int64) int64 {
	d := &ch.Dimensions[dim]
	raw := int64(math.Round(c.opts.Values(chartIndex, dim, t) * float64(d.Divisor) / float64(d.Multiplier)))
	if d.Algorithm == wire.Incremental {
		raw = max(raw, 0) * ch.UpdateEvery
	}
	return raw
}

// stored returns what a parent makes of raw.
func (ch *chart) stored(dim int, raw int64) float64 {
	d := &ch.Dimensions[dim]
	v := float64(raw) * float64(d.Multiplier) / float64(d.Divisor)
	if d.Algorithm == wire.Incremental {
		v /= float64(ch.UpdateEvery)
	}
	return v
}

// Value returns what a parent that got the sample of that time must hold, up to the precision of its storage: the value
// of Options.Values, rounded to a multiple of multiplier/divisor, because that is what an integer can carry. The value
// of an incremental dimension is not below 0 (with a negative multiplier: not above). To a parent without replication
// and INTERPOLATED incremental dimensions follow the parent's clock, which nobody can foretell.
func (c *Child) Value(chartIndex, dim int, t int64) float64 {
	ch := &c.charts[chartIndex]
	return ch.stored(dim, c.raw(ch, chartIndex, dim, t))
}
