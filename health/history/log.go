package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"foster/health/alert"
)

const (
	// maxQueued bounds the transitions and changes that wait for the disk.
	maxQueued = 1 << 17
	// maxBatch is how many of them are written in one transaction.
	maxBatch = 4096
	// flushEvery is how long one may wait before it is written.
	flushEvery = 500 * time.Millisecond
	// patience is how long the disk may take nothing before Append drops what has waited longest.
	patience = 2 * time.Second
	// retryAfter is the pause after the database could not be written.
	retryAfter = time.Second
	// complainEvery is how often errors are logged while the database cannot be written.
	complainEvery = time.Minute
)

// Log is the alert log. Its methods may be used from any goroutine.
type Log struct {
	log     *slog.Logger
	db      *sql.DB // used by the writing goroutine only
	readers *sql.DB
	writer  *writer

	limit   int // maxQueued, but in a test
	dropped atomic.Int64

	mu     sync.Mutex // guards the following
	queue  []entry
	closed bool
	stuck  bool          // something was dropped, and nothing written since
	done   uint64        // entries written or dropped so far
	added  uint64        // entries queued so far
	moved  chan struct{} // closed, and made anew, whenever done grows

	first     chan struct{} // has an element when something was queued while nothing was
	wake      chan struct{} // has an element when the writing goroutine shall not wait any longer
	stop      chan struct{}
	closeOnce sync.Once
	closeErr  error
	running   sync.WaitGroup
}

// entry is one thing to write: exactly one of the pointers is set.
type entry struct {
	transition *alert.Transition
	change     *Change
	task       *task
	after      func()
}

// task is work that needs the order of the queue.
type task struct {
	run  func(ctx context.Context, w *writer) error
	done chan error // has room for the result
}

// Change is what became of a transition after it happened. What is zero stays as it is.
type Change struct {
	GlobalID  int64       // of the transition
	Flags     alert.Flags // to be set
	Unset     alert.Flags // to be unset
	UpdatedBy int64       // UniqueID of the transition that took its place
	ExecRunAt time.Time   // when it was handed to the notification hub; ExecCode counts only together with it
	ExecCode  int
	Untold    bool // what was handed to the hub of its alert before does not count any more
}

var errClosed = errors.New("the alert log is closed")

func newLog(db, readers *sql.DB, w *writer, log *slog.Logger) *Log {
	l := &Log{
		log:     log,
		db:      db,
		readers: readers,
		writer:  w,
		limit:   maxQueued,
		moved:   make(chan struct{}),
		first:   make(chan struct{}, 1),
		wake:    make(chan struct{}, 1),
		stop:    make(chan struct{}),
	}
	l.running.Go(l.run)
	return l
}

// Append adds transitions, the older ones first. It returns at once unless the disk cannot follow: then it waits for room as
// long as something is written. When nothing is for a moment, and until something is again, what has waited longest is
// dropped and counted.
func (l *Log) Append(list []alert.Transition) {
	entries := make([]entry, len(list))
	for i := range list {
		t := list[i]
		entries[i].transition = &t
	}
	l.add(entries)
}

// Update notes what became of transitions, in order.
func (l *Log) Update(list ...Change) {
	entries := make([]entry, len(list))
	for i := range list {
		c := list[i]
		entries[i].change = &c
	}
	l.add(entries)
}

// After calls f when all that was queued before is in the file, or when the file cannot be written: what f tells others must
// not wait for that. The writing goroutine calls it, so f must not block; it is called before what is queued later is written.
func (l *Log) After(f func()) {
	l.mu.Lock()
	closed := l.closed
	if !closed {
		l.queueLocked([]entry{{after: f}}) // a few more than maxQueued do no harm
	}
	l.mu.Unlock()
	if closed {
		f()
		return
	}
	l.hurry()
}

// Dropped returns how many transitions and changes were given up since the start because the disk could not follow.
func (l *Log) Dropped() int64 { return l.dropped.Load() }

// add queues entries, see Append.
func (l *Log) add(entries []entry) {
	for len(entries) > 0 {
		l.mu.Lock()
		if l.closed {
			l.mu.Unlock()
			l.dropped.Add(int64(len(entries)))
			return
		}
		room := min(max(0, l.limit-len(l.queue)), len(entries))
		l.queueLocked(entries[:room])
		entries = entries[room:]
		moved, stuck := l.moved, l.stuck
		l.mu.Unlock()
		if len(entries) == 0 {
			return
		}
		l.hurry()
		if stuck {
			l.makeRoom(len(entries))
			continue
		}
		timer := time.NewTimer(patience)
		select {
		case <-moved:
		case <-l.stop:
		case <-timer.C:
			l.makeRoom(len(entries))
		}
		timer.Stop()
	}
}

func (l *Log) queueLocked(entries []entry) {
	if len(l.queue) == 0 && len(entries) > 0 {
		poke(l.first)
	}
	l.queue = append(l.queue, entries...)
	l.added += uint64(len(entries))
	if len(l.queue) >= maxBatch {
		l.hurry()
	}
}

// makeRoom drops the n transitions and changes that have waited longest.
func (l *Log) makeRoom(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := l.queue[:0]
	dropped := 0
	for _, e := range l.queue {
		if dropped < n && (e.transition != nil || e.change != nil) {
			dropped++
			continue
		}
		kept = append(kept, e)
	}
	clear(l.queue[len(kept):])
	l.queue, l.stuck = kept, true
	l.dropped.Add(int64(dropped))
	l.doneLocked(dropped)
}

func (l *Log) doneLocked(n int) {
	l.done += uint64(n)
	close(l.moved)
	l.moved = make(chan struct{})
}

// hurry makes the writing goroutine write now.
func (l *Log) hurry() { poke(l.wake) }

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// do runs f in the writing goroutine after all that was queued before.
func (l *Log) do(ctx context.Context, f func(ctx context.Context, w *writer) error) error {
	t := &task{run: f, done: make(chan error, 1)}
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return errClosed
	}
	l.queueLocked([]entry{{task: t}}) // a few more than maxQueued do no harm
	l.mu.Unlock()
	l.hurry()
	select {
	case err := <-t.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Flush waits until all that was queued so far is in the file.
func (l *Log) Flush(ctx context.Context) error {
	l.mu.Lock()
	goal := l.added
	waits := l.done < goal
	l.mu.Unlock()
	for waits {
		l.hurry()
		l.mu.Lock()
		moved := l.moved
		waits = l.done < goal
		closed := l.closed
		l.mu.Unlock()
		if !waits {
			break
		}
		if closed {
			return errClosed
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return fmt.Errorf("write the alert log: %w", ctx.Err())
		}
	}
	return nil
}

// Snapshot writes what was queued so far, and all before, into a new file at path.
func (l *Log) Snapshot(ctx context.Context, path string) error {
	err := l.do(ctx, func(ctx context.Context, _ *writer) error {
		_, err := l.db.ExecContext(ctx, "VACUUM INTO ?", path)
		return err
	})
	if err != nil {
		return fmt.Errorf("copy the alert log: %w", err)
	}
	return nil
}

// settle is Flush for those who read: while the database cannot be written they get what is in it after a moment.
func (l *Log) settle(ctx context.Context) error {
	short, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := l.Flush(short); err != nil && (ctx.Err() != nil || short.Err() == nil) {
		return err
	}
	return nil
}

// Close writes what is queued and closes the file. Closing twice is harmless; what is appended afterwards is dropped.
func (l *Log) Close() error {
	l.closeOnce.Do(func() {
		close(l.stop)
		l.running.Wait()
		l.closeErr = errors.Join(l.closeErr, l.writer.close(), l.readers.Close(), l.db.Close())
		if l.closeErr != nil {
			l.closeErr = fmt.Errorf("close the alert log: %w", l.closeErr)
		}
	})
	return l.closeErr
}
