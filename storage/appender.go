package storage

import (
	"errors"
	"fmt"

	"foster/replication/wire"
	"foster/storage/catalog"
	"foster/storage/tier"
)

// Appender stores the points of one child in batches. It is used by one goroutine. The points of a batch wait in it: only Commit
// opens a batch of the TSDB, and few do at a time. While one is open it takes 80 KiB, compaction waits for it, and the TSDB
// does not forget in which batches the points of all series came.
type Appender struct {
	raw     *tier.Appender
	commits chan struct{}
	points  []point
	oldest  int64         // time accepted in the batch, see tier.Appender.Bounds
	newest  int64         // the same
	ring    *ringAppender // of a host with rings, which has no other
}

// point is one of a batch.
type point struct {
	d *catalog.Dimension
	v float64
	t uint32 // unix seconds
	f wire.Flags
}

// Appender returns a new appender into the tiers. That of a child, whose points may have another place, comes from Receive.
func (s *Store) Appender() *Appender { return &Appender{raw: s.raw.Appender(), commits: s.commits} }

// Append adds a point of d that ends at unix time t to the batch. A gap (a value that is not finite, or the flag
// wire.Empty) is not stored, and of points with the same time one stays; neither is an error. A point older than the
// store accepts gives ErrTooOld, one more than tier.MaxAhead ahead of the clock ErrFuture; the batch remains usable.
// ErrFull and ErrClosed are for the first point of a batch. Hosts with rings have other errors too, as those of Commit.
func (a *Appender) Append(d *catalog.Dimension, t int64, v float64, f wire.Flags) error {
	if a.ring != nil {
		return a.ring.append(d, t, v, f)
	}
	if len(a.points) == 0 {
		var err error
		if a.oldest, a.newest, err = a.raw.Bounds(); err != nil {
			return fmt.Errorf("append to %s of %s: %w", d.ID, d.Chart.ID, err)
		}
	}
	switch {
	case f&wire.Empty != 0 || v-v != 0:
		return nil
	case t < a.oldest:
		a.raw.TooOld()
		return ErrTooOld
	case t > a.newest:
		return ErrFuture
	}
	a.points = append(a.points, point{d, v, uint32(t), f})
	return nil
}

// flush adds the points of the batch to one of the TSDB.
func (a *Appender) flush() error {
	for i := range a.points {
		p := &a.points[i]
		ref, err := a.raw.Append(p.d.Ref, int64(p.t), p.v, p.f)
		if err != nil {
			// A function of its own, so that this one stays small: a series is new once.
			ref, err = a.append(p.d, int64(p.t), p.v, p.f, err)
		}
		if p.d.Ref != ref {
			p.d.Ref = ref
		}
		// What became too old in the meantime is counted by the store.
		if err != nil && !errors.Is(err, ErrTooOld) && !errors.Is(err, ErrFuture) {
			return err
		}
	}
	return nil
}

func (a *Appender) append(d *catalog.Dimension, t int64, v float64, f wire.Flags, err error) (uint64, error) {
	if errors.Is(err, tier.ErrTooOld) || errors.Is(err, tier.ErrFuture) {
		return d.Ref, err
	}
	ref := d.Ref
	if errors.Is(err, tier.ErrUnknownSeries) {
		ch := d.Chart
		ref, err = a.raw.Create(tier.Series{GUID: ch.Host.StoreID(), Chart: ch.ID, Dimension: d.ID, Context: ch.Def().Context}, t, v, f)
	}
	if err != nil {
		return ref, fmt.Errorf("append to %s of %s: %w", d.ID, d.Chart.ID, err)
	}
	return ref, nil
}

// Pending returns the number of points in the batch.
func (a *Appender) Pending() int {
	if a.ring != nil {
		return a.ring.writer.Pending()
	}
	return len(a.points)
}

// Discard ends the batch without storing it.
func (a *Appender) Discard() {
	if a.ring != nil {
		a.ring.discard()
		return
	}
	a.empty()
}

// Commit stores the batch: readers see its points, and they survive the end of the process as far as the host's mode has
// it. After an error they are lost, or some of them, and the appender can be used again; what is stored of the host is then
// not known any more, see catalog.Host.SetRetentionKnown.
func (a *Appender) Commit() error {
	if a.ring != nil {
		return a.ring.commit()
	}
	if len(a.points) == 0 {
		return nil
	}
	a.commits <- struct{}{}
	defer func() { <-a.commits; a.empty() }()
	if err := a.flush(); err != nil {
		a.raw.Discard()
		return err
	}
	return a.raw.Commit()
}

// empty ends the batch. Room that is not needed often, as after a replay, is given back.
func (a *Appender) empty() {
	if cap(a.points) > 4*max(len(a.points), 256) {
		a.points = nil
	}
	a.points = a.points[:0]
}
