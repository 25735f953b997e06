package receiver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"foster/replication/compress"
	"foster/replication/wire"
	"foster/storage"
	"foster/storage/catalog"
)

// session is one admitted connection. All but stop and the atomic counters of state belong to its goroutine.
type session struct {
	r     *Receiver
	guid  string
	peer  Peer
	req   wire.Request
	child Child
	caps  wire.Caps
	conn  net.Conn
	state *catalog.Connection
	log   *slog.Logger
	done  chan struct{} // closed when the session has left the registry

	stopOnce   sync.Once
	stopReason string // why stop was called; read after the goroutine has seen its connection closed

	host  *catalog.Host
	app   *storage.Appender
	in    *compress.Reader
	now   time.Time // the parent's clock when the last bytes were received
	dirty bool      // values or definitions changed since the last notification
	batch time.Time // when the first sample of the batch was received; of the system's clock
	// answered is when the child last answered a question for history, or was asked while no answer was due; of the system's
	// clock.
	answered time.Time
	out      []byte // lines for the child, sent when all its bytes are processed

	words   wire.Words
	line    int64 // number of the line being processed
	charts  map[string]*chart
	slots   []*chart
	sweep   int          // the number of charts at which forgotten ones are looked for
	chart   *chart       // in scope
	block   block        // open BEGIN, BEGIN2 or RBEGIN
	points  []point      // of the open block
	labels  []wire.Label // LABEL lines since the last OVERWRITE
	clabels []wire.Label // CLABEL lines since the last CLABEL_COMMIT
	raw     rawBlock     // lines of a JSON or FUNCTION_RESULT block being skipped or kept

	guard guard
	size  int64 // of the host's definitions when the connection began, in bytes
	first int64 // unix seconds of the oldest point stored when the connection began
	held  int   // points held back, of all charts
	ahead bool  // points in the future were seen
	lost  error // why samples were lost; nothing is stored any more

	shelved  bool      // nothing is stored any more, see refused
	resumeAt time.Time // when the connection is ended since there is space; of the system's clock
}

// lastTraffic returns when the last byte was received. It may be called from any goroutine.
func (s *session) lastTraffic() time.Time { return s.state.LastTraffic() }

// stop ends the session for that reason. It may be called from any goroutine, more than once.
func (s *session) stop(reason string) {
	s.stopOnce.Do(func() {
		s.stopReason = reason
		_ = s.conn.Close()
	})
}

// stopped returns why stop was called, "" when it was not.
func (s *session) stopped() string {
	s.stopOnce.Do(func() {}) // orders the read after the write of stop
	return s.stopReason
}

// The ways in which time ends a connection.
var (
	errIdle    = errors.New("no data received for too long")
	errStalled = errors.New("no question for history was answered for too long")
)

// run receives until the connection ends. It returns nil when the child closed the connection at a line's end.
func (s *session) run(ctx context.Context) error {
	store := s.r.opts.Store
	s.log = s.r.opts.Logger.With("host", s.req.Hostname, "machine_guid", s.guid, "ip", s.peer.IP)
	for connected := false; !connected; { // unless the host is removed in this moment: then it is a new one
		s.host = store.Catalog().Define(s.guid, s.hostInfo())
		connected = s.host.Connect(s.state)
	}
	var err error
	if s.app, err = store.Receive(ctx, s.host, s.child.Keep); err != nil {
		s.log.Error("find what is stored of the host", "error", err)
		s.state.SetReason("what is stored of the host cannot be found")
		s.host.Disconnect(s.state)
		return fmt.Errorf("find what is stored of host %q: %w", s.req.Hostname, err)
	}
	s.size, s.first = s.host.Size(), firstStored(s.host)
	s.guard.limits = cmp.Or(s.child.Limits, DefaultLimits())
	s.shelved = s.replicates() && s.child.Keep.InTiers() && store.Full()
	s.recall()
	s.count()
	unlogged, loud := s.r.arrivals.Pass(s.guid, s.r.opts.Now())
	info, bad := slog.LevelInfo, slog.LevelError
	if !loud { // a child that comes and goes must not fill the log
		info, bad = slog.LevelDebug, slog.LevelDebug
	}
	s.log.Log(ctx, info, fmt.Sprintf("STREAM %s [receive from %s]: established link with negotiated capabilities: %s", s.req.Hostname, s.peer.Addr, s.caps),
		"status", "CONNECTED", "not_logged", unlogged, "agent", s.req.ProgramName+" "+s.req.ProgramVersion, "compression", s.state.Compression, "tls", s.peer.TLS, "hops", s.req.Hops)

	s.in = compress.NewReader(idleReader{s}, algorithm(s.caps))
	err = s.receive()
	_ = s.in.Close()
	// A block that is still open is not stored: the next connection is asked for the whole point.
	if e := s.commit(); e != nil && err == nil {
		err = e
	}
	if s.shelved {
		s.host.SetRetentionKnown(false)
	}
	s.remember()
	s.finishReplays()

	reason := s.stopped()
	switch {
	case reason != "":
		s.state.SetReason(reason)
	case err == nil:
		s.state.SetReason("closed by the child")
	default:
		s.state.SetReason(err.Error())
	}
	s.host.Disconnect(s.state)
	attrs := []any{"samples", s.state.Samples.Load(), "replayed", s.state.Replayed.Load(), "dropped", s.state.Dropped.Load(),
		"bytes_in", s.state.BytesIn.Load(), "connected", s.r.opts.Now().Sub(s.state.Since).Round(time.Second).String()}
	message := fmt.Sprintf("STREAM %s [receive from %s]: disconnected", s.req.Hostname, s.peer.Addr)
	switch {
	case reason != "":
		s.log.Log(ctx, info, message, append(attrs, "reason", reason)...)
		return nil
	case err == nil:
		s.log.Log(ctx, info, message, append(attrs, "reason", "closed by the child")...)
	case errors.Is(err, net.ErrClosed) || isReset(err):
		s.log.Log(ctx, info, message, append(attrs, "reason", err.Error())...)
	default:
		s.r.stats.ParseError.Add(1)
		s.log.Log(ctx, bad, fmt.Sprintf("%s: %v", message, err), attrs...)
	}
	return err
}

// algorithm returns the compression that was negotiated.
func algorithm(c wire.Caps) compress.Algorithm {
	switch {
	case c&wire.ZSTD != 0:
		return compress.ZSTD
	case c&wire.LZ4 != 0:
		return compress.LZ4
	case c&wire.Brotli != 0:
		return compress.Brotli
	case c&wire.GZIP != 0:
		return compress.GZIP
	}
	return compress.None
}

// lineBuffer is the size in bytes at which the buffer of a connection's plain text starts. It grows for longer lines.
const lineBuffer = 16 << 10

// receive reads, splits into lines and processes until the stream ends.
func (s *session) receive() error {
	buf := make([]byte, lineBuffer)
	start, end := 0, 0 // of the bytes not processed yet
	searched := 0      // of these, how many hold no line end
	for {
		if end == len(buf) {
			switch {
			case start > 0:
				end = copy(buf, buf[start:end])
				start = 0
			case len(buf) >= s.r.opts.MaxLine:
				return fmt.Errorf("line %d is longer than %d bytes: %s", s.line+1, s.r.opts.MaxLine, excerpt(buf))
			default:
				buf = append(buf, make([]byte, min(len(buf), s.r.opts.MaxLine-len(buf)))...)
			}
		}
		n, err := s.in.Read(buf[end:])
		end += n
		s.state.BytesPlain.Store(s.in.BytesOut())
		for {
			i := indexNewline(buf[start+searched : end])
			if i < 0 {
				searched = end - start
				break
			}
			line := buf[start : start+searched+i]
			start += searched + i + 1
			searched = 0
			s.line++
			if err := s.process(line); err != nil {
				return fmt.Errorf("line %d: %w: %s", s.line, err, excerpt(line))
			}
		}
		if start == end {
			start, end = 0, 0
			if len(buf) > 8*lineBuffer {
				buf = make([]byte, lineBuffer)
			}
		}
		switch {
		case errors.Is(err, io.EOF) && start == end:
			return nil
		case errors.Is(err, io.EOF):
			return fmt.Errorf("the stream ends inside a line: %s", excerpt(buf[start:end]))
		case err != nil:
			return err
		}
	}
}

// excerpt returns the first bytes of a line for a log message.
func excerpt(b []byte) string {
	const most = 80
	if len(b) > most {
		return fmt.Sprintf("%q… (%d bytes)", b[:most], len(b))
	}
	return fmt.Sprintf("%q", b)
}

// commitSoon is the number of pending samples that are committed as soon as the child falls silent, and not after
// Options.CommitDelay: waking up once more for each child would cost more than the larger batch saves.
const commitSoon = 64

// idleReader reads from the connection of a session. Before it waits for the child it sends what is due to it, and when
// the child stays silent it commits the samples received so far.
type idleReader struct{ s *session }

// Read implements io.Reader.
func (r idleReader) Read(p []byte) (int, error) {
	s := r.s
	// What was received is stored while a child that does not read makes us wait.
	if len(s.out) > 0 {
		if err := s.commit(); err != nil {
			return 0, err
		}
	}
	if err := s.send(); err != nil {
		return 0, err
	}
	if s.dirty && s.app.Pending() == 0 {
		s.notify()
	}
	for {
		wait := s.r.opts.IdleTimeout
		pending := s.app.Pending() > 0
		if s.app.Pending() >= commitSoon {
			if err := s.commit(); err != nil {
				return 0, err
			}
			pending = false
		}
		if pending {
			// Deadlines are of the system's clock, whatever clock the receiver was given.
			if s.batch.IsZero() {
				s.batch = time.Now()
			}
			if wait = s.r.opts.CommitDelay - time.Since(s.batch); wait <= 0 {
				if err := s.commit(); err != nil {
					return 0, err
				}
				continue
			}
		}
		if err := s.conn.SetReadDeadline(time.Now().Add(wait)); err != nil {
			return 0, fmt.Errorf("set the read deadline: %w", err)
		}
		n, err := s.conn.Read(p)
		if n > 0 {
			s.now = s.r.opts.Now()
			s.state.SetLastTraffic(s.now)
			s.state.BytesIn.Add(int64(n))
			if s.state.Replicating() > 0 && time.Since(s.answered) > s.r.opts.ReplayTimeout {
				return 0, errStalled
			}
			return n, err
		}
		switch {
		case err == nil:
			continue
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return 0, err
		case !pending:
			return 0, errIdle
		}
	}
}

// sendBuffer is the size in bytes up to which the buffer of lines for the child is kept.
const sendBuffer = 64 << 10

// send writes the lines that are due to the child.
func (s *session) send() error {
	if len(s.out) == 0 {
		return nil
	}
	_ = s.conn.SetWriteDeadline(time.Now().Add(s.r.opts.WriteTimeout))
	if _, err := s.conn.Write(s.out); err != nil {
		return fmt.Errorf("send to the child: %w", err)
	}
	if cap(s.out) > sendBuffer {
		s.out = nil
	}
	s.out = s.out[:0]
	return nil
}

// commit makes the samples received so far durable and visible.
func (s *session) commit() error {
	s.batch = time.Time{}
	if s.lost != nil {
		return s.lost
	}
	if s.app.Pending() == 0 {
		return nil
	}
	if err := s.app.Commit(); err != nil {
		s.refused(err)
		return s.lost
	}
	s.notify()
	return nil
}

// lose notes that the store could not take samples. What is stored is not known any more: the connection ends, the next one
// reads it again and asks for the rest. What is newer than the lost samples would keep them out.
func (s *session) lose(err error) {
	s.lost = fmt.Errorf("store the samples: %w", err)
	s.app.Discard()
	s.host.SetRetentionKnown(false)
}

// notify tells the readers of the host that something changed.
func (s *session) notify() {
	s.dirty = false
	s.host.Notify()
}

// isReset says whether the child's side broke the connection.
func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
