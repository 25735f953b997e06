package ring

import "sync/atomic"

// rows is the ring of a chart as long as its interval stays the same. It is guarded by the lock of the chart.
type rows struct {
	layout
	every    int64
	entries  int64
	perBlock int64
	blocks   [][]uint32 // nil where nothing was stored
	file     *mapped    // nil in memory

	first, last int64 // numbers of the oldest and of the newest row; 0 when there is none
}

// Rows of a block. The smaller number makes full blocks of most charts fit the sizes that Go's allocator has; with it
// the table of the blocks of a day would be larger than those of a small chart.
const (
	smallBlock = 256
	largeBlock = 4096
)

func newRows(every, entries int64, l layout) *rows {
	r := &rows{layout: l, every: every, entries: entries, perBlock: smallBlock}
	if entries > 1<<16 {
		r.perBlock = largeBlock
	}
	r.blocks = make([][]uint32, (entries+r.perBlock-1)/r.perBlock)
	return r
}

// rowsIn returns how many rows block i has.
func (r *rows) rowsIn(i int64) int64 { return min(r.perBlock, r.entries-i*r.perBlock) }

// at returns row n, nil when its block is not there.
func (r *rows) at(n int64) []uint32 {
	slot := n % r.entries
	block := r.blocks[slot/r.perBlock]
	if block == nil {
		return nil
	}
	stride := r.stride()
	i := int(slot%r.perBlock) * stride
	return block[i : i+stride : i+stride]
}

// make is at, and makes the block.
func (r *rows) make(n int64) []uint32 {
	i := n % r.entries / r.perBlock
	if r.blocks[i] == nil {
		r.blocks[i] = make([]uint32, int(r.rowsIn(i))*r.stride())
	}
	return r.at(n)
}

// bytes returns what the rows take in memory, or on disk when they are mapped.
func (r *rows) bytes() int64 {
	if r == nil {
		return 0
	}
	words := 0
	for _, b := range r.blocks {
		words += len(b)
	}
	return 4 * int64(words)
}

// time returns the unix time of row n, 0 when it is empty.
func (r *rows) time(n int64, row []uint32) int64 {
	if row == nil {
		return 0
	}
	if r.tagged {
		if t := int64(row[timeWord]); t/r.every == n {
			return t
		}
		return 0
	}
	for _, word := range row[r.valuesAt():] {
		if word != 0 {
			return n * r.every
		}
	}
	return 0
}

// span returns the unix times of the oldest and of the newest row, 0 when there is none.
func (r *rows) span() Span {
	if r == nil || r.last == 0 {
		return Span{}
	}
	return Span{First: r.time(r.first, r.at(r.first)), Last: r.time(r.last, r.at(r.last))}
}

// old says whether row n has left the window.
func (r *rows) old(n int64) bool { return n <= r.last-r.entries }

// clear empties all rows.
func (r *rows) clear() {
	for i := range r.blocks {
		switch {
		case r.file != nil:
			clear(r.blocks[i])
		default:
			r.blocks[i] = nil
		}
	}
	r.first, r.last = 0, 0
}

// put stores cells at the unix time t, of row n, which must not be old and whose layout must hold them. It returns how many
// of them were not there yet.
func (r *rows) put(n, t int64, cells []cell) (added int) {
	if n > r.last {
		r.advance(n)
	}
	row := r.make(n)
	if r.tagged {
		switch at := r.time(n, row); {
		case at > t: // of two points in one interval the newer stays
			return 0
		case at < t:
			atomic.StoreUint32(&row[timeWord], 0)
			clear(row[tagWords:])
		default:
			atomic.StoreUint32(&row[timeWord], 0)
		}
	}
	values := row[r.valuesAt():]
	for _, c := range cells {
		if values[c.column] != 0 {
			continue
		}
		values[c.column] = c.word
		r.setFlags(row, int(c.column), c.flags)
		added++
	}
	if r.tagged {
		if r.file != nil {
			row[sumWord] = sum(uint32(t), row[tagWords:])
		}
		// Whoever finds the time after the process was killed finds the values: the kernel has what was written before.
		atomic.StoreUint32(&row[timeWord], uint32(t))
	}
	if r.first == 0 || n < r.first {
		r.first = n
	}
	return added
}

// advance makes n the newest row, an empty one.
func (r *rows) advance(n int64) {
	switch {
	case r.last == 0:
	case n-r.last >= r.entries && r.file == nil:
		r.clear()
	case n-r.last >= r.entries:
		r.first = 0
	case !r.tagged: // tagged rows of the last round tell that they are not of this one
		for k := r.last + 1; k <= n; k++ {
			clear(r.at(k))
		}
	}
	r.last = n
	if r.first == 0 || !r.old(r.first) {
		return
	}
	r.first = n - r.entries + 1
	for r.first < n && r.time(r.first, r.at(r.first)) == 0 {
		r.first++
	}
}

// each calls f for each row that is not empty, in order. The cells are f's until it returns.
func (r *rows) each(f func(n, t int64, cells []cell)) {
	if r == nil || r.last == 0 {
		return
	}
	var cells []cell
	for n := r.first; n <= r.last; n++ {
		row := r.at(n)
		t := r.time(n, row)
		if t == 0 {
			continue
		}
		cells = cells[:0]
		for column, word := range row[r.valuesAt():] {
			if word != 0 {
				cells = append(cells, cell{column: uint32(column), word: word, flags: r.flags(row, column)})
			}
		}
		f(n, t, cells)
	}
}

// used marks the columns that have a value.
func (r *rows) used(columns []bool) {
	r.each(func(_, _ int64, cells []cell) {
		for _, c := range cells {
			columns[c.column] = true
		}
	})
}
