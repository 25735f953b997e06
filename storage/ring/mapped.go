package ring

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
	"path/filepath"
	"sync/atomic"
	"unsafe"
)

// mapped is a file that holds the rows of a chart. It has a head, which says what the rows are, then room for the names of
// columns, then the rows from a multiple of 4096 on. Numbers are of the machine's byte order.
//
// The kernel keeps what a killed process has written, in the order in which it was written. After a power cut any part of
// the file may be of any age: a row is taken for one when its checksum is right, a name likewise, and values of columns
// without a name are wiped out before a name can be given to them.
type mapped struct {
	path  string // where the file is to be found after publish
	temp  string // where it is before; "" afterwards
	data  []byte
	names []byte // the room for names, where none is yet
}

// head begins the file. Its checksum is over the bytes behind it, up to the room for names.
type head struct {
	Magic   uint64
	Sum     uint32
	Version uint32
	Every   uint32
	Width   uint32
	Entries uint32
	ID      uint32 // bytes of the chart's id, which follows
	Names   uint32 // bytes of the room for names
}

const (
	magic   = 0x676e697266_31 // also tells a file of another byte order
	version = 1

	headSize = 40
	nameHead = 12 // sum, column and length of a name
	pageSize = 4096

	maxID    = 1 << 12 // bytes of an id
	maxWidth = 1 << 16 // columns
	maxNames = 1 << 26 // bytes
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// sum returns the checksum of a row. The time is where it begins, which tells rows of different times apart.
func sum(t uint32, words []uint32) uint32 {
	return crc32.Update(t, castagnoli, unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), 4*len(words)))
}

func (h *head) put(b []byte) {
	binary.NativeEndian.PutUint64(b, h.Magic)
	for i, v := range []uint32{h.Sum, h.Version, h.Every, h.Width, h.Entries, h.ID, h.Names} {
		binary.NativeEndian.PutUint32(b[8+4*i:], v)
	}
}

func (h *head) get(b []byte) {
	h.Magic = binary.NativeEndian.Uint64(b)
	for i, v := range []*uint32{&h.Sum, &h.Version, &h.Every, &h.Width, &h.Entries, &h.ID, &h.Names} {
		*v = binary.NativeEndian.Uint32(b[8+4*i:])
	}
}

// rowsAt returns where the rows begin, and size how long the file is.
func (h *head) rowsAt() int64 {
	return (headSize + int64(h.ID) + int64(h.Names) + pageSize - 1) / pageSize * pageSize
}

func (h *head) layout() layout { return layout{width: int(h.Width), tagged: true, flagged: true} }

func (h *head) size() int64 { return h.rowsAt() + 4*int64(h.layout().stride())*int64(h.Entries) }

func (h *head) check(size int64) error {
	switch {
	case h.Magic != magic:
		return fmt.Errorf("%w: it does not begin as a ring of this kind of machine", ErrCorrupt)
	case h.Version != version:
		return fmt.Errorf("%w: version %d is not known", ErrCorrupt, h.Version)
	case h.Every < 1 || h.Width < 1 || h.Width > maxWidth || h.Entries < 1 || h.Entries > MaxEntries || h.ID > maxID || h.Names > maxNames:
		return fmt.Errorf("%w: its head makes no sense", ErrCorrupt)
	case h.size() != size || size > math.MaxInt:
		return fmt.Errorf("%w: it has %d bytes instead of %d", ErrCorrupt, size, h.size())
	}
	return nil
}

// create makes rows in a new file, which is not in its place yet.
func (h *Host) create(id string, names []string, every int64, l layout) (*rows, error) {
	if len(id) > maxID || l.width > maxWidth {
		return nil, errors.New("the chart is too large for a file")
	}
	if err := os.MkdirAll(h.opts.Dir, 0o750); err != nil {
		return nil, err
	}
	room := 0
	for _, name := range names {
		room += nameSize(name)
	}
	room = 2*room + 64 // so that names that come one by one do not make a file each
	hd := head{Magic: magic, Version: version, Every: uint32(every), Width: uint32(l.width), Entries: uint32(h.opts.Entries),
		ID: uint32(len(id)), Names: uint32(room)}
	path := h.path(id, every)
	f, err := os.CreateTemp(h.opts.Dir, filepath.Base(path)+"*"+tempSuffix)
	if err != nil {
		return nil, err
	}
	m := &mapped{path: path, temp: f.Name()}
	m.data, err = allocate(f, hd.size())
	_ = f.Close()
	if err != nil {
		m.remove()
		return nil, err
	}
	hd.put(m.data)
	copy(m.data[headSize:], id)
	hd.Sum = checksum(m.data[12 : headSize+len(id)])
	hd.put(m.data)
	m.names = m.data[headSize+len(id):][:room:room]
	for i, name := range names {
		if name != "" && !m.name(i, name) {
			m.remove()
			return nil, errors.New("the names have no room")
		}
	}
	return m.rows(&hd), nil
}

// allocate gives a file its size and maps it. The space is taken at once: writing to a mapped file on a disk that is full
// would fault.
func allocate(f *os.File, size int64) ([]byte, error) {
	if size > math.MaxInt {
		return nil, errors.New("the file would be too large")
	}
	if err := reserve(f, size); err != nil {
		return nil, fmt.Errorf("reserve %d bytes: %w", size, err)
	}
	data, err := mmap(f, int(size))
	if err != nil {
		return nil, fmt.Errorf("map %d bytes (vm.max_map_count limits how many charts can be mapped): %w", size, err)
	}
	return data, nil
}

// rows returns the rows of the file, as they are.
func (m *mapped) rows(hd *head) *rows {
	r := newRows(int64(hd.Every), int64(hd.Entries), hd.layout())
	r.file = m
	area := m.data[hd.rowsAt():]
	words := unsafe.Slice((*uint32)(unsafe.Pointer(&area[0])), len(area)/4)
	for i := range r.blocks {
		n := int(r.rowsIn(int64(i))) * r.stride()
		r.blocks[i], words = words[:n:n], words[n:]
	}
	return r
}

// openRows opens a file. It returns the rows, the chart they belong to and the names of the columns. What is damaged in it
// is wiped out; when it is damaged as a whole the error is ErrCorrupt.
func openRows(path string) (r *rows, id string, names []string, err error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, "", nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, "", nil, err
	}
	var b [headSize]byte
	if _, err := io.ReadFull(f, b[:]); err != nil {
		return nil, "", nil, fmt.Errorf("%w: it is too short", ErrCorrupt)
	}
	var hd head
	hd.get(b[:])
	if err := hd.check(info.Size()); err != nil {
		return nil, "", nil, err
	}
	m := &mapped{path: path}
	if m.data, err = mmap(f, int(info.Size())); err != nil {
		return nil, "", nil, fmt.Errorf("map: %w", err)
	}
	fault := guard(true, func() { r, id, names, err = m.open(&hd) })
	if err = errors.Join(fault, err); err != nil {
		m.close()
		return nil, "", nil, err
	}
	return r, id, names, nil
}

// open reads the file whose head is known.
func (m *mapped) open(hd *head) (r *rows, id string, names []string, err error) {
	end := headSize + hd.ID
	if checksum(m.data[12:end]) != hd.Sum {
		return nil, "", nil, fmt.Errorf("%w: its head has the wrong checksum", ErrCorrupt)
	}
	m.names = m.data[end:][:hd.Names:hd.Names]
	names = m.readNames(int(hd.Width))
	r = m.rows(hd)
	r.mend(names)
	return r, string(m.data[headSize:end]), names, nil
}

// name gives a column a name. It is false when there is no room.
func (m *mapped) name(column int, name string) bool {
	size := nameSize(name)
	if len(m.names) < size {
		return false
	}
	b := m.names[:size]
	m.names = m.names[size:]
	binary.NativeEndian.PutUint32(b[4:], uint32(column))
	binary.NativeEndian.PutUint32(b[8:], uint32(len(name)))
	copy(b[nameHead:], name)
	binary.NativeEndian.PutUint32(b, checksum(b[4:nameHead+len(name)]))
	return true
}

func nameSize(name string) int { return (nameHead + len(name) + 3) / 4 * 4 }

// readNames reads the names up to the first that is none.
func (m *mapped) readNames(width int) []string {
	var names []string
	for len(m.names) >= nameHead {
		b := m.names
		column, n := binary.NativeEndian.Uint32(b[4:]), binary.NativeEndian.Uint32(b[8:])
		if int64(column) >= int64(width) || n == 0 || int64(n) > int64(len(b)-nameHead) ||
			checksum(b[4:nameHead+n]) != binary.NativeEndian.Uint32(b) {
			break
		}
		for len(names) <= int(column) {
			names = append(names, "")
		}
		names[column] = string(b[nameHead : nameHead+n])
		m.names = b[nameSize(names[column]):]
	}
	return names
}

// publish puts the file in its place.
func (m *mapped) publish() error {
	if m.temp == "" {
		return nil
	}
	if err := os.Rename(m.temp, m.path); err != nil {
		return err
	}
	m.temp = ""
	return nil
}

// mend finds what a file holds. Rows that were not written as a whole are emptied, and columns without a name.
func (r *rows) mend(names []string) {
	for slot := range r.entries {
		row := r.at(slot)
		t := int64(row[timeWord])
		if t == 0 {
			continue
		}
		n := t / r.every
		if n == 0 || n%r.entries != slot || row[sumWord] != sum(uint32(t), row[tagWords:]) || !r.named(row, names) {
			atomic.StoreUint32(&row[timeWord], 0)
			continue
		}
		r.last = max(r.last, n)
	}
	for n := r.last; n > 0 && !r.old(n); n-- {
		if r.time(n, r.at(n)) != 0 {
			r.first = n
		}
	}
}

// named empties the columns that have no name. It is false when a value makes no sense.
func (r *rows) named(row []uint32, names []string) bool {
	values, changed := row[r.valuesAt():], false
	for column, word := range values {
		switch {
		case word == 0:
		case !finite(word):
			return false
		case column >= len(names) || names[column] == "":
			values[column], changed = 0, true
		}
	}
	if changed {
		row[sumWord] = sum(row[timeWord], row[tagWords:])
	}
	return true
}

// close unmaps the file.
func (m *mapped) close() {
	if m.data != nil {
		_ = munmap(m.data)
		m.data, m.names = nil, nil
	}
}

// remove unmaps and deletes the file.
func (m *mapped) remove() {
	m.close()
	if m.temp != "" {
		_ = os.Remove(m.temp)
		return
	}
	_ = os.Remove(m.path)
}

// close ends the use of a file, which stays.
func (r *rows) close() {
	if r != nil && r.file != nil {
		r.file.close()
	}
}

// release drops the rows, with their file.
func (r *rows) release() {
	if r != nil && r.file != nil {
		r.file.remove()
	}
}

// replaced drops the rows when others have taken their place.
func (r *rows) replaced(by *rows) {
	switch {
	case r == nil || r.file == nil:
	case by.file != nil && by.file.path == r.file.path && by.file.temp == "":
		r.file.close()
	default:
		r.file.remove()
	}
}
