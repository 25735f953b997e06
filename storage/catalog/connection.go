package catalog

import (
	"sync/atomic"
	"time"

	"foster/replication/wire"
)

// Connection is the state of a connected child. Its counters are written by the child's goroutine and read by any.
type Connection struct {
	Since       time.Time
	RemoteAddr  string // ip:port, or the path of a unix socket
	TLS         bool
	APIKey      string
	Caps        wire.Caps // negotiated
	Compression string    // lz4, zstd, gzip, brotli or none

	traffic atomic.Int64 // unix nanoseconds of the last byte received
	reason  atomic.Pointer[string]

	BytesIn    atomic.Int64 // received, as on the wire
	BytesPlain atomic.Int64 // received, after decompression
	Samples    atomic.Int64 // stored
	Replayed   atomic.Int64 // of these, replayed history
	Dropped    atomic.Int64 // received but not stored: older than what is stored, or in the future

	charts      atomic.Int64 // charts that were offered a replay
	replicating atomic.Int64 // of these, not finished
	asked       atomic.Int64 // seconds of history asked for, over all charts
	answered    atomic.Int64 // of these, answered

	row int64 // in the database, 0 when it has none yet; belongs to the persister
}

// LastTraffic returns when the last byte was received.
func (c *Connection) LastTraffic() time.Time { return time.Unix(0, c.traffic.Load()) }

// SetLastTraffic sets what LastTraffic returns.
func (c *Connection) SetLastTraffic(t time.Time) { c.traffic.Store(t.UnixNano()) }

// Reason returns why the connection ended, "" when nobody has told.
func (c *Connection) Reason() string {
	if r := c.reason.Load(); r != nil {
		return *r
	}
	return ""
}

// SetReason sets what Reason returns; it is called before Host.Disconnect.
func (c *Connection) SetReason(reason string) { c.reason.Store(&reason) }

// ReplayStarted notes that a chart begins to replay that many seconds of history.
func (c *Connection) ReplayStarted(seconds int64) {
	c.charts.Add(1)
	c.replicating.Add(1)
	c.asked.Add(seconds)
}

// ReplayAdvanced notes that so many seconds of history have been answered.
func (c *Connection) ReplayAdvanced(seconds int64) { c.answered.Add(seconds) }

// ReplayFinished notes that a chart has finished its replay, of which so many seconds were not answered.
func (c *Connection) ReplayFinished(unanswered int64) {
	c.answered.Add(unanswered)
	c.replicating.Add(-1)
}

// Replicating returns how many charts are replaying history.
func (c *Connection) Replicating() int64 { return c.replicating.Load() }

// ReplayPercent returns how much of the history asked for has been answered, 0 to 100; 100 when none is being replayed.
func (c *Connection) ReplayPercent() float64 {
	asked, answered := c.asked.Load(), c.answered.Load()
	if c.Replicating() == 0 || asked <= 0 {
		if c.Replicating() == 0 {
			return 100
		}
		// Nothing but empty answers are outstanding: count charts.
		if n := c.charts.Load(); n > 0 {
			return 100 * float64(n-c.Replicating()) / float64(n)
		}
		return 100
	}
	return min(100, max(0, 100*float64(answered)/float64(asked)))
}
