package ring

import (
	"slices"
	"sync"
	"sync/atomic"
)

// Span is the time that rows cover: the ends of the oldest and of the newest, in unix seconds, 0 when there is none.
type Span struct {
	First, Last int64
}

// Chart is the ring of a chart. It may be read from any goroutine.
type Chart struct {
	host *Host
	id   string

	mu    sync.RWMutex // guards the fields below, which only the writer of the host changes
	names []string     // of the columns: ids of dimensions; "" for a column that nobody has
	index map[string]int
	now   *rows // nil when nothing is stored
	past  *rows // what was stored while the chart had another interval, nil when that has left the window
	size  int64 // of both, in bytes
	inRAM bool  // mapped files are not tried any more
	turns int   // how often the interval has changed
	gone  bool  // nothing is stored any more
	ended error // why nothing can be read any more; nil when there just is nothing

	oldest int64        // number of the row that first is the time of
	first  atomic.Int64 // unix time of the oldest row, as of the last one stored

	looked int64 // number of the row at which columns were last looked for that nobody has
	moves  int   // how many columns dimensions have lost; the writer's
}

// cell is a value of a row.
type cell struct {
	column uint32
	word   uint32
	flags  uint32
}

// First returns the unix time of the oldest row, as it was when the last one was stored; 0 when none was in this run.
func (c *Chart) First() int64 { return c.first.Load() }

// Span returns the time that is stored; that of mapped memory that cannot be read is none.
func (c *Chart) Span() (s Span) {
	if guard(c.host.mapped(), func() { s = c.span() }) != nil {
		return Span{}
	}
	return s
}

func (c *Chart) span() Span {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.spanLocked()
}

func (c *Chart) spanLocked() Span {
	s, past := c.now.span(), c.past.span()
	if past.First > 0 && (s.First == 0 || past.First < s.First) {
		s.First = past.First
	}
	s.Last = max(s.Last, past.Last)
	return s
}

// stored returns the names of the columns that have a value.
func (c *Chart) stored() map[string]struct{} {
	c.mu.RLock()
	defer c.mu.RUnlock()
	used := make([]bool, len(c.names))
	c.now.used(used)
	c.past.used(used)
	names := map[string]struct{}{}
	for i, name := range c.names {
		if used[i] {
			names[name] = struct{}{}
		}
	}
	return names
}

// fewColumns are searched one by one, without a map that would take more memory than they do.
const fewColumns = 16

// columnLocked returns the column of a dimension, or -1.
func (c *Chart) columnLocked(name string) int {
	if c.index == nil {
		return slices.Index(c.names, name)
	}
	if i, ok := c.index[name]; ok {
		return i
	}
	return -1
}

// column returns the column of a dimension, which gets one when it has none: that of a dimension that has left the window,
// unless pending is nil, or else a new one. pending returns the cells that are about to be stored.
func (c *Chart) column(name string, pending func() []cell) int {
	if i := c.columnLocked(name); i >= 0 { // nobody else changes the names
		return i
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	i := -1
	if pending != nil {
		c.forget(pending)
		i = slices.Index(c.names, "")
	}
	if i < 0 {
		i = len(c.names)
		c.names = append(c.names, "")
	}
	c.names[i] = name
	switch {
	case c.index != nil:
		c.index[name] = i
	case len(c.names) > fewColumns:
		c.index = make(map[string]int, len(c.names))
		for i, name := range c.names {
			if name != "" {
				c.index[name] = i
			}
		}
	}
	if r := c.now; r != nil && r.file != nil && i < r.width && !r.file.name(i, name) {
		c.replace(c.newRows(r.every, r.layout))
	}
	return i
}

// forget takes the columns from dimensions that have left the window, when the rows would have to become wider else.
func (c *Chart) forget(pending func() []cell) {
	r := c.now
	if r == nil || len(c.names) < max(r.width, fewColumns) || c.looked != 0 && r.last-c.looked < max(1, r.entries/4) {
		return
	}
	c.looked = r.last
	used := make([]bool, len(c.names))
	r.used(used)
	c.past.used(used)
	for _, cell := range pending() {
		used[cell.column] = true
	}
	before := c.moves
	for i, name := range c.names {
		if !used[i] && name != "" && i < r.width {
			delete(c.index, name)
			c.names[i] = ""
			c.moves++
		}
	}
	if c.moves > before && r.file != nil { // the file has the names of others in these places
		c.replace(c.newRows(r.every, r.layout))
	}
}

// put stores cells at the unix time t, with the chart's interval in seconds. It returns how many were stored. The errors
// are ErrTooOld and ErrClosed.
func (c *Chart) put(t, every int64, cells []cell) (added int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone {
		return 0, ErrClosed
	}
	n := t / every
	if r := c.now; r != nil && r.every == every && r.old(n) {
		return 0, ErrTooOld
	}
	if c.now != nil && c.now.every != every {
		c.turn()
	}
	need := layout{width: len(c.names), tagged: t%every != 0}
	for i := range cells {
		need.flagged = need.flagged || cells[i].flags != 0
	}
	if c.now == nil {
		c.replace(c.newRows(every, need))
	}
	if !c.now.holds(need) {
		c.widen(need)
	}
	r := c.now
	blocks := r.blocks[n%r.entries/r.perBlock] == nil
	added = r.put(n, t, cells)
	if blocks || r.last == n && r.first == n {
		c.resize()
	}
	was := c.past
	if was != nil && was.last*was.every <= t-r.entries*every {
		was.release()
		c.past = nil
		c.resize()
	}
	if r.first != c.oldest || was != nil {
		c.oldest = r.first
		c.first.Store(c.spanLocked().First)
	}
	return added, nil
}

// maxTurns is how often the interval of a chart may change before no files are made for it any more.
const maxTurns = 100

// turn begins a ring for another interval. What is stored stays as it is until it leaves the window.
func (c *Chart) turn() {
	c.past.release()
	c.past, c.now = c.now, nil
	if c.turns++; c.turns > maxTurns {
		c.inRAM = true
	}
	c.looked, c.oldest = 0, 0
}

// newRows returns rows, in a file when the host has files.
func (c *Chart) newRows(every int64, l layout) *rows {
	if c.host.mapped() && !c.inRAM {
		r, err := c.host.create(c.id, c.names, every, l)
		if err == nil {
			return r
		}
		c.inRAM = true
		c.host.complain("a ring cannot be mapped: its points are kept in memory only", c.id, err)
	}
	return newRows(every, c.host.opts.Entries, l)
}

// widen replaces the rows by some that can hold more.
func (c *Chart) widen(need layout) {
	old := c.now
	l := layout{width: old.width, tagged: old.tagged || need.tagged, flagged: old.flagged || need.flagged}
	if need.width > l.width { // dimensions that come one by one must not copy the ring each time
		l.width = max(need.width, l.width+l.width/4)
	}
	c.replace(c.newRows(old.every, l))
}

// replace moves what is stored of the present interval to other rows.
func (c *Chart) replace(r *rows) {
	old := c.now
	old.each(func(n, t int64, cells []cell) {
		cells = slices.DeleteFunc(cells, func(cell cell) bool { return c.names[cell.column] == "" })
		if n > old.last-r.entries && len(cells) > 0 {
			r.put(n, t, cells)
		}
	})
	c.publish(r)
	c.now = r
	old.replaced(r)
	c.resize()
}

// publish puts the file of rows, if they have one, in its place.
func (c *Chart) publish(r *rows) {
	if r.file == nil {
		return
	}
	if err := r.file.publish(); err != nil {
		c.host.complain("a ring's file cannot be put in place: it is not found after a restart", c.id, err)
	}
}

// resize notes how much memory the chart takes.
func (c *Chart) resize() {
	size := c.now.bytes() + c.past.bytes()
	c.host.bytes.Add(size - c.size)
	c.size = size
}

// end ends all writing. Readers get err, or find nothing when it is nil.
func (c *Chart) end(err error, release func(*rows)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.emptyLocked(release)
	c.gone, c.ended = true, err
}

func (c *Chart) emptyLocked(release func(*rows)) {
	release(c.now)
	release(c.past)
	c.now, c.past, c.looked, c.oldest = nil, nil, 0, 0
	c.resize()
}

// adopt stores what another host's ring of the chart holds.
func (c *Chart) adopt(old *Chart) {
	old.mu.RLock()
	defer old.mu.RUnlock()
	columns := make([]uint32, len(old.names))
	for i, name := range old.names {
		if name != "" {
			columns[i] = uint32(c.column(name, nil))
		}
	}
	for _, r := range []*rows{old.past, old.now} {
		r.each(func(n, t int64, cells []cell) {
			for i := range cells {
				cells[i].column = columns[cells[i].column]
			}
			_, _ = c.put(t, r.every, cells) // what is too old for this ring is left out
		})
	}
}
