package tier

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"

	"foster/replication/wire"
)

// MaxAhead is how far ahead of the clock a point may be. The newest point of all sets where the in-order part of the head
// begins, half a block before it, and the out-of-order window: one child with a wrong clock must not move them away from
// the others.
const MaxAhead = 10 * time.Minute

// Appender stores points in batches. It is used by one goroutine. A batch with points must be ended by Commit, and soon:
// compaction waits for it.
type Appender struct {
	raw     *Raw
	batch   storage.AppenderV2 // nil when pending is 0
	pending int
	limit   int64    // newest time accepted in the batch, unix seconds
	inOrder int64    // oldest time that the batch writes to the in-order part of the head, unix milliseconds
	part    int64    // see partOf, of the last point
	newest  int64    // time of the newest in-order point of the batch, unix seconds
	steps   int      // points of the batch that were newer than all before
	listed  []listed // points of the batch that recent wants
	made    []Key    // series of the batch that were made anew
}

// Appender returns a new appender.
func (r *Raw) Appender() *Appender { return &Appender{raw: r} }

// Pending returns the number of points in the batch.
func (a *Appender) Pending() int { return a.pending }

// Bounds returns the oldest and the newest time, in unix seconds of 32 bits, of points that may be accepted now. The errors are
// ErrFull and ErrClosed.
func (a *Appender) Bounds() (oldest, newest int64, err error) {
	r := a.raw
	if r.space.short() {
		r.refused.Add(1)
		return 0, 0, ErrFull
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.closed {
		return 0, 0, ErrClosed
	}
	oldest = 1
	if t, ok := r.db.Head().AppendableMinValidTime(); ok {
		oldest = max(oldest, (min(t, r.db.Head().MaxTime()-r.window)+999)/1000)
	}
	return oldest, min(r.now().Add(MaxAhead).Unix(), math.MaxUint32), nil
}

// TooOld counts a point that was not appended since it is older than Bounds says.
func (a *Appender) TooOld() { a.raw.tooOld.Add(1) }

// Append adds a point at unix time t to the batch. The reference is what Create, or the last Append to the series,
// returned. A gap (a value that is not finite, or the flag Empty) is not stored, and of points with the same time one
// stays; neither is an error. The errors are ErrUnknownSeries, ErrTooOld and ErrFuture, after which the batch remains
// usable, and ErrFull, which only the first point of a batch gets; others may have lost the points of the batch, as those
// of Commit.
//
// Points of a series that come in order of time are stored in that order, whenever the process is killed: see partOf.
func (a *Appender) Append(ref uint64, t int64, v float64, f wire.Flags) (uint64, error) {
	stored, ok := encode(v, f)
	if !ok {
		return ref, nil
	}
	if ref == 0 {
		return 0, ErrUnknownSeries
	}
	return a.append(ref, labels.EmptyLabels(), t, stored)
}

// Create is Append for a series whose reference is not known. The reference returned is 0 when the point is not stored.
func (a *Appender) Create(s Series, t int64, v float64, f wire.Flags) (uint64, error) {
	stored, ok := encode(v, f)
	if !ok {
		return 0, nil
	}
	ref, err := a.append(0, s.labels(), t, stored)
	if err == nil {
		a.made = append(a.made, Key{s.GUID, s.Chart, s.Dimension})
	}
	return ref, err
}

func (a *Appender) append(ref uint64, ls labels.Labels, t int64, stored float64) (uint64, error) {
	if t <= 0 {
		a.raw.tooOld.Add(1)
		return ref, ErrTooOld
	}
	if a.batch == nil {
		if a.raw.space.short() {
			a.raw.refused.Add(1)
			return ref, ErrFull
		}
		if err := a.begin(); err != nil {
			return ref, err
		}
	}
	err := ErrFuture
	if t <= a.limit {
		part := a.partOf(t)
		if part > a.part && a.pending > 0 {
			if err := a.Commit(); err != nil {
				return ref, err
			}
			return a.append(ref, ls, t, stored)
		}
		a.part = part
		if part == inOrder && t > a.newest {
			if a.steps == batchSteps {
				if err := a.Commit(); err != nil {
					return ref, err
				}
				runtime.Gosched() // rather than with an open batch, see batchSteps
				return a.append(ref, ls, t, stored)
			}
			a.newest = t
			a.steps++
		}
		if ref == 0 {
			a.raw.creating.Lock()
		}
		var got storage.SeriesRef
		got, err = a.batch.Append(storage.SeriesRef(ref), ls, 0, t*1000, stored, nil, nil, storage.AOptions{})
		if ref == 0 {
			a.raw.creating.Unlock()
		}
		if err == nil {
			a.pending++
			if w := a.raw.recent.watched.Load(); w != nil && w.has(uint64(got)) {
				a.listed = append(a.listed, listed{uint64(got), t, stored})
			}
			return uint64(got), nil
		}
	}
	if a.pending == 0 {
		// Nobody will commit a batch without points.
		a.Discard()
	}
	switch {
	case errors.Is(err, storage.ErrDuplicateSampleForTimestamp):
		a.raw.duplicates.Add(1)
		return ref, nil
	case errors.Is(err, storage.ErrTooOldSample), errors.Is(err, storage.ErrOutOfBounds):
		a.raw.tooOld.Add(1)
		return ref, ErrTooOld
	case errors.Is(err, tsdb.ErrInvalidSample):
		// No labels were given: the reference is of a series that left the head.
		return 0, ErrUnknownSeries
	case errors.Is(err, ErrFuture):
		return ref, ErrFuture
	}
	return ref, fmt.Errorf("append to series %d: %w", ref, err)
}

// inOrder is the part of points in the order of time.
const inOrder = math.MaxInt64

// batchSteps is how many steps of time a batch goes forward in the in-order part. For each series the TSDB notes the batch of
// each point, 8 bytes, until no older batch is open, and the room for as many is kept as long as the series: with batches of
// 4,096 points of replayed history it was 4 KiB a series of ten dimensions, and more of fewer.
const batchSteps = 32

// partOf numbers the parts of the store, in order of time, between which a batch must not go forward.
//
// The TSDB logs a batch at once, and then once more, in another log, those of its points that are too old for the in-order
// part of the head. If the process is killed in between, it takes from the first log what is newer than the newest block.
// So of a batch that goes from old points to in-order ones, or from one block to the next, it would keep the newer points
// without the older, and nobody would ask for these again.
func (a *Appender) partOf(t int64) int64 {
	if t*1000 >= a.inOrder {
		return inOrder
	}
	return t * 1000 / a.raw.block
}

func (a *Appender) begin() error {
	a.raw.mu.RLock()
	defer a.raw.mu.RUnlock()
	if a.raw.closed {
		return ErrClosed
	}
	// The batch takes the bound at its beginning. Others may move it meanwhile, and then it is not known.
	for known := false; !known; {
		a.Discard()
		before, _ := a.raw.db.Head().AppendableMinValidTime()
		// Of the head, not of the DB: while a block can be cut, each commit would wake the DB's own compaction, which is off.
		a.batch = a.raw.db.Head().AppenderV2(context.Background())
		a.inOrder, _ = a.raw.db.Head().AppendableMinValidTime()
		known = before == a.inOrder
	}
	a.raw.recent.begin(a)
	a.newest, a.steps = 0, 0
	a.limit = a.raw.now().Add(MaxAhead).Unix()
	return nil
}

// Discard ends the batch without storing it.
func (a *Appender) Discard() {
	if a.batch != nil {
		_ = a.batch.Rollback()
		a.batch, a.pending = nil, 0
		a.raw.recent.discarded(a)
		a.listed, a.made = a.listed[:0], nil
	}
}

// Commit stores the batch: its points are in the log, and readers see them. After an error the points of the batch are
// lost and the appender can be used again.
func (a *Appender) Commit() error {
	if a.batch == nil {
		return nil
	}
	batch, n := a.batch, a.pending
	a.batch, a.pending = nil, 0
	a.raw.late.RLock()
	defer a.raw.late.RUnlock()
	a.raw.mu.RLock()
	defer a.raw.mu.RUnlock()
	var err error
	if a.raw.closed {
		_ = batch.Rollback() // the closing compaction may be waiting for it
		err = ErrClosed
	} else {
		err = batch.Commit()
		a.raw.space.wrote(err)
	}
	a.raw.recent.committed(a, err)
	a.listed, a.made = a.listed[:0], nil
	if err != nil {
		a.raw.failed.Add(uint64(n))
		a.raw.commits.Add(1)
		return fmt.Errorf("commit %d points: %w", n, err)
	}
	a.raw.appended.Add(uint64(n))
	if a.raw.cuttable() {
		select {
		case a.raw.wake <- struct{}{}:
		default:
		}
	}
	return nil
}
