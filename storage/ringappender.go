package storage

import (
	"errors"
	"fmt"
	"time"

	"foster/replication/wire"
	"foster/storage/catalog"
	"foster/storage/ring"
	"foster/storage/tier"
)

// ringAppender is an Appender into rings.
type ringAppender struct {
	rings  *rings
	host   *catalog.Host
	ring   *hostRing
	keep   Keep
	writer *ring.Writer

	charts map[*catalog.Chart]*ringChart
	chart  *ringChart   // of the last point; nil at first
	next   int          // the column expected next: children send dimensions in one order
	batch  []*ringChart // that have points in it, some more than once
	limit  int64        // newest time accepted in the batch, unix seconds
	swept  time.Time
}

// ringChart is the ring of a chart with what is known of its columns.
type ringChart struct {
	chart *catalog.Chart
	ring  *ring.Chart
	dims  []*catalog.Dimension // by column; nil where that is not known
	moves int                  // that dims is right for
}

func (s *Store) newRingAppender(h *catalog.Host, r *hostRing, k Keep) *ringAppender {
	return &ringAppender{rings: &s.rings, host: h, ring: r, keep: k, writer: r.Writer(), charts: map[*catalog.Chart]*ringChart{}, swept: s.rings.now()}
}

func (a *ringAppender) append(d *catalog.Dimension, t int64, v float64, f wire.Flags) error {
	c := a.chart
	if c == nil || c.chart != d.Chart {
		c = a.turn(d.Chart)
	}
	if a.writer.Pending() == 0 {
		a.limit = a.rings.now().Add(tier.MaxAhead).Unix()
	}
	if t > a.limit {
		return ErrFuture
	}
	column := a.next
	if column >= len(c.dims) || c.dims[column] != d {
		if f&wire.Empty != 0 || v != v { // a dimension that never has a value needs no column
			return nil
		}
		var err error
		if column, err = a.column(c, d); err != nil {
			return fmt.Errorf("append to %s of %s: %w", d.ID, d.Chart.ID, err)
		}
	}
	a.next = column + 1
	err := a.writer.Add(c.ring, column, d.Chart.UpdateEvery(), t, v, f)
	if errors.Is(err, ring.ErrTooOld) {
		a.rings.tooOld.Add(1)
		return ErrTooOld
	}
	return err
}

// turn makes ch the chart of the points that follow.
func (a *ringAppender) turn(ch *catalog.Chart) *ringChart {
	c := a.charts[ch]
	if c == nil {
		c = &ringChart{chart: ch, ring: a.writer.Chart(ch.ID)}
		a.charts[ch] = c
	}
	a.batch = append(a.batch, c)
	a.chart, a.next = c, 0
	return c
}

// column returns the column of a dimension that is not the expected one.
func (a *ringAppender) column(c *ringChart, d *catalog.Dimension) (int, error) {
	column, err := a.writer.Column(c.ring, d.ID)
	if err != nil {
		return 0, err
	}
	if moves := a.writer.Moves(c.ring); moves != c.moves {
		clear(c.dims)
		c.moves = moves
	}
	for len(c.dims) <= column {
		c.dims = append(c.dims, nil)
	}
	c.dims[column] = d
	return column, nil
}

func (a *ringAppender) discard() {
	a.writer.Discard()
	clear(a.batch)
	a.batch, a.chart = a.batch[:0], nil
}

func (a *ringAppender) commit() error {
	n := a.writer.Pending()
	done, err := a.writer.Commit()
	a.rings.appended.Add(uint64(done.Stored))
	a.rings.duplicates.Add(uint64(done.Duplicates))
	a.rings.tooOld.Add(uint64(done.TooOld))
	if err != nil {
		a.rings.failed.Add(uint64(n - done.Stored - done.Duplicates - done.TooOld))
		a.discard()
		if errors.Is(err, ring.ErrClosed) {
			err = ErrClosed
		}
		return fmt.Errorf("commit %d points: %w", n, err)
	}
	if !a.keep.Forgets() {
		for _, c := range a.batch {
			c.chart.Expired(c.ring.First())
		}
	}
	a.discard()
	a.sweep()
	return nil
}

// sweepEvery is how often rings are looked for that nobody needs.
const sweepEvery = time.Minute

// sweep frees the rings of charts that are no more, of retired ones after a while, and of those that have had no point for
// as long as the ring reaches.
func (a *ringAppender) sweep() {
	now := a.rings.now()
	if now.Sub(a.swept) < sweepEvery {
		return
	}
	a.swept = now
	a.charts = map[*catalog.Chart]*ringChart{}
	spans, err := a.ring.Spans()
	if err != nil {
		return // the next commit tells
	}
	newest := int64(0) // of the host: the clocks of child and parent may jump
	for _, span := range spans {
		newest = max(newest, span.Last)
	}
	for id, span := range spans {
		age := newest - span.Last
		ch := a.host.Chart(id)
		gone := ch == nil || ch.ID != id
		switch {
		case gone:
		case ch.Def().Obsolete && age > int64(a.keep.ObsoleteAfter.Seconds()):
		case age > a.keep.entries()*ch.UpdateEvery():
		default:
			continue
		}
		a.ring.Free(id)
		if !gone {
			ch.SetRetention(0, 0)
		}
	}
}
