package storage

import (
	"errors"
	"fmt"

	"foster/replication/wire"
	"foster/storage/catalog"
	"foster/storage/tier"
)

// Appender stores the points of one child in batches. It is used by one goroutine. A batch with points must be ended by
// Commit, and soon: compaction waits for it.
type Appender struct {
	raw  *tier.Appender
	ring *ringAppender // of a host with rings, which has no other
}

// Appender returns a new appender into the tiers. That of a child, whose points may have another place, comes from Receive.
func (s *Store) Appender() *Appender { return &Appender{raw: s.raw.Appender()} }

// Append adds a point of d that ends at unix time t to the batch. A gap (a value that is not finite, or the flag
// wire.Empty) is not stored, and of points with the same time one stays; neither is an error. A point older than the
// store accepts gives ErrTooOld, one more than tier.MaxAhead ahead of the clock ErrFuture; the batch remains usable. Other
// errors are as those of Commit.
func (a *Appender) Append(d *catalog.Dimension, t int64, v float64, f wire.Flags) error {
	if a.ring != nil {
		return a.ring.append(d, t, v, f)
	}
	ref, err := a.raw.Append(d.Ref, t, v, f)
	if err != nil {
		// A function of its own, so that this one stays small: a series is new once.
		ref, err = a.append(d, t, v, f, err)
	}
	d.Ref = ref
	return err
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
	return a.raw.Pending()
}

// Discard ends the batch without storing it.
func (a *Appender) Discard() {
	if a.ring != nil {
		a.ring.discard()
		return
	}
	a.raw.Discard()
}

// Commit stores the batch: readers see its points, and they survive the end of the process as far as the host's mode has
// it. After an error they are lost, and the appender can be used again; what is stored of the host is then not known any
// more, see catalog.Host.SetRetentionKnown.
func (a *Appender) Commit() error {
	if a.ring != nil {
		return a.ring.commit()
	}
	return a.raw.Commit()
}
