package receiver

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"foster/internal/throttle"
	"foster/storage/catalog"
)

// Receiver admits children and receives their streams. Its methods may be used from any goroutine.
type Receiver struct {
	opts Options

	mu         sync.Mutex // guards the fields below
	sessions   map[string]*session
	remembered map[string]remembered // by machine GUID; see session.remember
	nextAccept time.Time
	closed     bool

	wg sync.WaitGroup

	handshakes    context.Context // of connections that are not admitted yet; ends with Close
	cutHandshakes context.CancelFunc

	turnedAway rejectionLog      // what Rejections tells
	rejections throttle.Throttle // of log lines, by address and reason
	arrivals   throttle.Throttle // of log lines about connections, by machine GUID
	refused    throttle.Throttle // of log lines about definitions, by machine GUID and limit
	stats      Stats
}

// Stats counts what all connections did since the start. The fields are read and written atomically.
type Stats struct {
	Accepted   atomic.Int64
	Rejected   atomic.Int64
	Samples    atomic.Int64 // stored, of connections that have ended
	Replayed   atomic.Int64 // of these, replayed history
	Dropped    atomic.Int64 // received, not stored
	BytesIn    atomic.Int64
	BytesPlain atomic.Int64
	ParseError atomic.Int64           // connections ended by what they sent
	Refused    [refusals]atomic.Int64 // definitions
}

// New returns a Receiver.
func New(opts Options) (*Receiver, error) {
	if err := opts.setDefaults(); err != nil {
		return nil, err
	}
	r := &Receiver{opts: opts, sessions: map[string]*session{}, remembered: map[string]remembered{}}
	r.handshakes, r.cutHandshakes = context.WithCancel(context.Background())
	return r, nil
}

// Peer is where a connection comes from.
type Peer struct {
	Addr string // for logs: [ip]:port, or the path of a unix socket
	IP   string // matched with allow from; "localhost" for a unix socket
	TLS  bool
}

// Serve reads the STREAM request from conn, answers it and, when the child is admitted, receives until the connection
// ends or ctx is done. It closes conn. It returns nil when the child was admitted and left by itself.
func (r *Receiver) Serve(ctx context.Context, conn net.Conn, peer Peer) error {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		_ = conn.Close()
		return net.ErrClosed
	}
	r.wg.Add(1)
	r.mu.Unlock()
	defer r.wg.Done()
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()

	admitted := context.AfterFunc(r.handshakes, func() { _ = conn.Close() })
	s, err := r.admit(conn, peer)
	admitted() // from now on Close stops the session, which has a reason to tell
	if err != nil {
		return err
	}
	defer r.leave(s)
	return s.run(ctx)
}

// Close ends all connections, those that have not sent their request included, and waits for them until ctx is done.
func (r *Receiver) Close(ctx context.Context) error {
	r.mu.Lock()
	r.closed = true
	for _, s := range r.sessions {
		s.stop("shutdown")
	}
	r.mu.Unlock()
	r.cutHandshakes() // after the sessions are stopped: of one that is in both the reason is kept
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.wg.Wait()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the children to disconnect: %w", ctx.Err())
	}
}

// Disconnect ends the connection of a machine for that reason, if there is one, and waits for its end.
func (r *Receiver) Disconnect(ctx context.Context, guid, reason string) error {
	r.mu.Lock()
	s := r.sessions[guid]
	r.mu.Unlock()
	if s == nil {
		return nil
	}
	s.stop(reason)
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for %s to disconnect: %w", s.req.Hostname, ctx.Err())
	}
}

// Connected returns how many children are connected.
func (r *Receiver) Connected() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.sessions)
}

// Totals returns the counters of all connections since the start, those open now included.
func (r *Receiver) Totals() Totals {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := Totals{
		Connected:  len(r.sessions),
		Accepted:   r.stats.Accepted.Load(),
		Rejected:   r.stats.Rejected.Load(),
		ParseError: r.stats.ParseError.Load(),
		Samples:    r.stats.Samples.Load(),
		Replayed:   r.stats.Replayed.Load(),
		Dropped:    r.stats.Dropped.Load(),
		BytesIn:    r.stats.BytesIn.Load(),
		BytesPlain: r.stats.BytesPlain.Load(),
		Refused:    map[string]int64{},
	}
	for kind := range refusals {
		t.Refused[kind.String()] = r.stats.Refused[kind].Load()
	}
	for _, s := range r.sessions {
		if s.state == nil {
			continue
		}
		t.add(s.state)
	}
	return t
}

// Totals are counters over all connections since the start.
type Totals struct {
	Connected   int
	Replicating int64 // charts
	Accepted    int64
	Rejected    int64
	ParseError  int64
	Samples     int64
	Replayed    int64
	Dropped     int64
	BytesIn     int64
	BytesPlain  int64
	Refused     map[string]int64 // definitions, by what they are of
}

func (t *Totals) add(c *catalog.Connection) {
	t.Replicating += c.Replicating()
	t.Samples += c.Samples.Load()
	t.Replayed += c.Replayed.Load()
	t.Dropped += c.Dropped.Load()
	t.BytesIn += c.BytesIn.Load()
	t.BytesPlain += c.BytesPlain.Load()
}

// leave takes s out of the registry and adds its counters to the totals.
func (r *Receiver) leave(s *session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sessions[s.guid] == s {
		delete(r.sessions, s.guid)
	}
	c := s.state
	r.stats.Samples.Add(c.Samples.Load())
	r.stats.Replayed.Add(c.Replayed.Load())
	r.stats.Dropped.Add(c.Dropped.Load())
	r.stats.BytesIn.Add(c.BytesIn.Load())
	r.stats.BytesPlain.Add(c.BytesPlain.Load())
	close(s.done)
}
