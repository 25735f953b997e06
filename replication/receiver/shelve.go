package receiver

import (
	"errors"
	"math/rand/v2"
	"time"

	"foster/storage"
)

// resumed is why a connection is ended then.
const resumed = "the disk was full: what was not stored is asked for on a new connection"

// refused takes note that the store did not take points. When its disk is full the session goes on without: the newest
// values of the child are shown all the same. If the child replicates, nothing more of it is stored on this connection,
// however soon there is space, since what is newer would keep out what is missing; then the connection is ended, and the
// next one asks for all of it. Of other children, what they send meanwhile is lost.
func (s *session) refused(err error) {
	full := errors.Is(err, storage.ErrFull)
	switch {
	case full && !s.replicates():
		return
	case errors.Is(err, storage.ErrClosed), !s.replicates():
		s.lose(err)
		return
	case !full:
		s.app.Discard()
	}
	s.shelved = true
}

// show publishes points that are not stored.
func (s *session) show(c *chart, t int64, points []point, replayed bool) {
	s.state.Dropped.Add(int64(len(points)))
	if replayed {
		return
	}
	last := c.last
	for i := range points {
		points[i].stored = true
	}
	s.publish(c, t, points)
	c.last = last
	s.dirty = true
}

// resume ends the connection of a shelved session when the store has space again.
func (s *session) resume() {
	now := time.Now()
	switch {
	case s.r.opts.Store.Full():
		s.resumeAt = time.Time{}
	case s.resumeAt.IsZero():
		s.resumeAt = now.Add(rand.N(s.r.opts.ResumeSpread))
	case now.After(s.resumeAt):
		s.stop(resumed)
	}
}
