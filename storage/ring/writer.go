package ring

import (
	"errors"
	"fmt"

	"foster/replication/wire"
)

// Writer stores points of a host in batches. There is one at a time, used by one goroutine.
type Writer struct {
	host  *Host
	rows  []staged
	cells []cell
}

// staged is a row of the batch.
type staged struct {
	chart    *Chart
	t, every int64
	cells    int // how many of the batch's cells are of this row
}

// Writer returns a writer.
func (h *Host) Writer() *Writer { return &Writer{host: h} }

// Chart returns the ring of a chart, which is made when it has none. It is to be asked for again after Free.
func (w *Writer) Chart(id string) *Chart { return w.host.define(id) }

// Column returns the column of a dimension of a chart. Columns stay the same as long as Moves does.
func (w *Writer) Column(c *Chart, dimension string) (column int, err error) {
	err = guard(w.host.mapped(), func() {
		column = c.column(dimension, func() []cell { return w.of(c) })
	})
	if err != nil {
		return 0, w.fault(c, err)
	}
	return column, nil
}

// of returns the cells of the batch that are of a chart.
func (w *Writer) of(c *Chart) []cell {
	var of []cell
	cells := w.cells
	for _, row := range w.rows {
		if row.chart == c {
			of = append(of, cells[:row.cells]...)
		}
		cells = cells[row.cells:]
	}
	return of
}

// Moves counts the columns of a chart that dimensions have lost. They lose them when they have had no point for as long as
// the ring reaches, in Column.
func (w *Writer) Moves(c *Chart) int { return c.moves }

// Add adds a point that ends at unix time t, of a chart with that interval in seconds, to the batch. A gap is not stored.
// A point older than the ring reaches gives ErrTooOld; the batch remains usable.
func (w *Writer) Add(c *Chart, column int, every, t int64, v float64, f wire.Flags) error {
	word, flags, ok := encode(v, f)
	if !ok {
		return nil
	}
	if n := len(w.rows); n > 0 && w.rows[n-1].chart == c && w.rows[n-1].t == t && w.rows[n-1].every == every {
		w.rows[n-1].cells++
		w.cells = append(w.cells, cell{column: uint32(column), word: word, flags: flags})
		return nil
	}
	// Row 0 stands for no row.
	if every < 1 || t < every || t > maxTime {
		return ErrTooOld
	}
	if r := c.now; r != nil && r.every == every && r.old(t/every) { // nobody else changes it
		return ErrTooOld
	}
	w.rows = append(w.rows, staged{chart: c, t: t, every: every, cells: 1})
	w.cells = append(w.cells, cell{column: uint32(column), word: word, flags: flags})
	return nil
}

// Pending returns the number of points in the batch.
func (w *Writer) Pending() int { return len(w.cells) }

// Discard ends the batch without storing it.
func (w *Writer) Discard() {
	clear(w.rows)
	w.rows, w.cells = w.rows[:0], w.cells[:0]
}

// Committed tells what has become of a batch.
type Committed struct {
	Stored     int
	Duplicates int // of points that were there already
	TooOld     int // of points that have left the window since they were added
}

// Commit stores the batch: readers see it. An error says that the points of a chart are lost, those of the batch and those
// before it.
func (w *Writer) Commit() (done Committed, err error) {
	defer w.Discard()
	at, cells := 0, w.cells
	var closed error
	err = guard(w.host.mapped(), func() {
		for ; at < len(w.rows); at++ {
			row := &w.rows[at]
			added, err := row.chart.put(row.t, row.every, cells[:row.cells])
			cells = cells[row.cells:]
			switch {
			case err == nil:
				done.Stored += added
				done.Duplicates += row.cells - added
			case errors.Is(err, ErrTooOld):
				done.TooOld += row.cells
			default:
				closed = err
			}
		}
	})
	if err != nil {
		return done, w.fault(w.rows[at].chart, err)
	}
	return done, closed
}

// fault drops what a chart has in mapped memory that cannot be used. From now on it is kept in memory.
func (w *Writer) fault(c *Chart, err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inRAM = true
	c.emptyLocked((*rows).release)
	w.host.complain("a mapped ring cannot be used: its points are lost, and are kept in memory from now on", c.id, err)
	return fmt.Errorf("mapped ring of %s: %w", c.id, err)
}
