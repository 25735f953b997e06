package prom

import (
	"net/http"
	"time"
)

// Answers are sent to clients that read as they like, and a query holds its turn, and what it has found, until its answer is
// printed.
const (
	mostHeld    = 1 << 20          // bytes of an answer that are held until all of it is printed
	stalled     = 10 * time.Second // a client that does not take a piece of flushAt bytes in so long is given up
	mostSending = 5 * time.Minute  // an answer takes at most
)

// sending writes an answer. It holds what fits into mostHeld, so that a query with a small answer gives its turn back before
// any of it is sent; more than that is sent while it is printed. The client must not stall.
type sending struct {
	http.ResponseWriter
	control *http.ResponseController
	until   time.Time
	held    []byte
	passing bool // nothing is held any more
}

func newSending(w http.ResponseWriter) *sending {
	return &sending{ResponseWriter: w, control: http.NewResponseController(w), until: time.Now().Add(mostSending)}
}

// Unwrap lets http.ResponseController find the connection.
func (s *sending) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// Write implements io.Writer. The error says that the client is gone, or stalls.
func (s *sending) Write(b []byte) (int, error) {
	if !s.passing && len(s.held)+len(b) <= mostHeld {
		s.held = append(s.held, b...)
		return len(b), nil
	}
	if err := s.flush(); err != nil {
		return 0, err
	}
	return s.pass(b)
}

// flush sends what is held, and from now on what is written at once.
func (s *sending) flush() error {
	s.passing = true
	held := s.held
	s.held = nil
	_, err := s.pass(held)
	return err
}

// pass sends b, a piece at a time: the client has so long for each.
func (s *sending) pass(b []byte) (n int, err error) {
	for len(b) > 0 && err == nil {
		deadline := time.Now().Add(stalled)
		if s.until.Before(deadline) {
			deadline = s.until
		}
		_ = s.control.SetWriteDeadline(deadline) // what is no connection has none
		var written int
		written, err = s.ResponseWriter.Write(b[:min(len(b), flushAt)])
		n, b = n+written, b[written:]
	}
	return n, err
}
