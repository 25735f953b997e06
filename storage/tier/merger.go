package tier

import (
	"cmp"
	"slices"
)

// piece is the record of a series in a block.
type piece struct {
	b           *block
	at          int64
	size        int
	first, last int64 // windows
}

func (e *entry) piece(b *block) piece { return piece{b, e.at, e.size, e.first, e.last} }

// merger reads the windows of a series from several blocks in order of time. Of the aggregates of a window it takes that
// with the most points, and of those with as many the one of the newest block: points only ever come to a window, so this
// is the one that knows of most of them, in whatever order blocks were derived, and however often.
type merger struct {
	todo   []piece // those not begun, in order of time
	active []*stream
	idle   []*stream
	after  int64 // windows from after+1 to before are wanted
	before int64
	one    [1]aggregate
}

// stream is a piece being read.
type stream struct {
	b      *block
	record []byte
	recordReader
}

// reset begins to read pieces, which it reorders.
func (m *merger) reset(pieces []piece, after, before int64) {
	m.idle = append(m.idle, m.active...)
	m.active = m.active[:0]
	m.after, m.before = after, before
	slices.SortFunc(pieces, func(a, b piece) int {
		return cmp.Or(cmp.Compare(a.first, b.first), a.b.id.Compare(b.b.id))
	})
	m.todo = pieces
}

// next returns the next aggregates, one or more unless the series ends. They are valid until the next call.
func (m *merger) next() ([]aggregate, error) {
	for {
		if err := m.begin(); err != nil {
			return nil, err
		}
		switch len(m.active) {
		case 0:
			return nil, nil
		case 1:
			if run := m.run(); len(run) > 0 {
				return run, nil
			}
		default:
			if best := m.best(); best.window <= m.before {
				m.one[0] = best
				return m.one[:], nil
			}
		}
	}
}

// begin makes every active stream have points, and opens the pieces that may have the next window.
func (m *merger) begin() error {
	for i := range slices.Backward(m.active) {
		if err := m.more(i); err != nil {
			return err
		}
	}
	for len(m.todo) > 0 {
		p := &m.todo[0]
		if p.last > m.after && p.first <= m.before {
			if len(m.active) > 0 && p.first > m.earliest() {
				return nil
			}
			if err := m.open(p); err != nil {
				return err
			}
		}
		m.todo = m.todo[1:]
	}
	return nil
}

// earliest returns the earliest window of the active streams.
func (m *merger) earliest() int64 {
	w := m.active[0].points[0].window
	for _, s := range m.active[1:] {
		w = min(w, s.points[0].window)
	}
	return w
}

func (m *merger) open(p *piece) error {
	var s *stream
	if n := len(m.idle); n > 0 {
		s, m.idle = m.idle[n-1], m.idle[:n-1]
	} else {
		s = &stream{}
	}
	s.b = p.b
	s.scale = sumScale(p.b.meta.Step)
	var err error
	if s.record, err = p.b.readInto(s.record, p.at, p.size); err == nil {
		err = s.recordReader.open(s.record, m.after+1)
	}
	if err != nil {
		return p.b.fail(err)
	}
	m.active = append(m.active, s)
	return m.more(len(m.active) - 1)
}

// more makes the active stream i have points, or ends it.
func (m *merger) more(i int) error {
	s := m.active[i]
	for len(s.points) == 0 || s.points[len(s.points)-1].window <= m.after {
		var err error
		if s.points, err = s.next(); err != nil {
			return s.b.fail(err)
		}
		if len(s.points) == 0 {
			m.end(i)
			return nil
		}
	}
	for s.points[0].window <= m.after {
		s.points = s.points[1:]
	}
	return nil
}

func (m *merger) end(i int) {
	m.idle = append(m.idle, m.active[i])
	m.active = slices.Delete(m.active, i, i+1)
}

// run returns the aggregates of the only active stream up to where another piece begins.
func (m *merger) run() []aggregate {
	s := m.active[0]
	limit := m.before
	if len(m.todo) > 0 {
		limit = min(limit, m.todo[0].first-1)
	}
	n := len(s.points)
	if s.points[n-1].window > limit {
		n, _ = slices.BinarySearchFunc(s.points, limit+1, func(a aggregate, w int64) int { return cmp.Compare(a.window, w) })
	}
	run := s.points[:n]
	if s.points = s.points[n:]; n == 0 {
		m.end(0) // what is left is behind what is wanted
	}
	return run
}

// best returns the best aggregate of the earliest window.
func (m *merger) best() (best aggregate) {
	window := m.earliest()
	var from *block
	for _, s := range m.active {
		p := s.points[0]
		if p.window != window {
			continue
		}
		if from == nil || p.count > best.count || p.count == best.count && s.b.id.Compare(from.id) > 0 {
			best, from = p, s.b
		}
		s.points = s.points[1:]
	}
	return best
}
