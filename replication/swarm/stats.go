package swarm

import (
	"net"
	"sync/atomic"
)

// counters are what a child counts, for any goroutine to read.
type counters struct {
	connects   atomic.Int64
	rejections atomic.Int64
	failures   atomic.Int64
	live       atomic.Int64
	replayed   atomic.Int64
	bytes      atomic.Int64
	liveCharts atomic.Int64
	sent       atomic.Int64
}

// Stats are the counts of a child or swarm since its start.
type Stats struct {
	Connects   int64 // connections the parent accepted
	Rejections int64 // connections the parent refused
	Failures   int64 // connections that could not be made, were refused or ended
	Live       int64 // samples sent live
	Replayed   int64 // samples sent in answers to REPLAY_CHART, repetitions included
	Sent       int64 // see Child.Sent
	Bytes      int64 // sent, as they are on the network below TLS
	LiveCharts int64 // charts that stream now
	Charts     int64 // charts there are
}

// Stats returns the child's counts.
func (c *Child) Stats() Stats {
	return Stats{
		Connects:   c.stats.connects.Load(),
		Rejections: c.stats.rejections.Load(),
		Failures:   c.stats.failures.Load(),
		Live:       c.stats.live.Load(),
		Replayed:   c.stats.replayed.Load(),
		Sent:       c.stats.sent.Load(),
		Bytes:      c.stats.bytes.Load(),
		LiveCharts: c.stats.liveCharts.Load(),
		Charts:     int64(len(c.charts)),
	}
}

// add adds the counts of o to s.
func (s *Stats) add(o Stats) {
	s.Connects += o.Connects
	s.Rejections += o.Rejections
	s.Failures += o.Failures
	s.Live += o.Live
	s.Replayed += o.Replayed
	s.Sent += o.Sent
	s.Bytes += o.Bytes
	s.LiveCharts += o.LiveCharts
	s.Charts += o.Charts
}

// countingConn counts the bytes written.
type countingConn struct {
	net.Conn
	n *atomic.Int64
}

func (c countingConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.n.Add(int64(n))
	return n, err
}
