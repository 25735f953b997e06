package ring

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
)

// A saved host is a file of records, little-endian: a length of the body (4 bytes), the checksum of kind and body (4), the
// kind (1) and the body. The first record is saveHead, the last saveEnd; a file without it is not whole. What is loaded is
// stored again point by point, so that a file can hold nothing that a child could not have sent.
const (
	saveHead    = 'F' // magic and version, number of entries (4), then the id of the host
	saveChart   = 'C' // interval (4), then the id; the names, then the rows that follow belong to it
	saveColumn  = 'D' // the name of the next column
	saveRows    = 'R' // rows: time (4), 1 when flags follow (1), a word for each column (4), the flags of each (1)
	saveEnd     = 'E' // how many records come before it (8)
	saveMagic   = "foster rings 1\n"
	maxRecord   = 4 << 20 // bytes of a body; the largest row takes a quarter
	fullRecord  = 64 << 10
	recordHead  = 9
	rowHeadSize = 5
)

// Save writes the rings to a file, which replaces one of an earlier time as a whole or not at all.
func (h *Host) Save(path, id string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("save rings to %s: %w", path, err)
		}
	}()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+"*"+tempSuffix)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	s := &saver{w: bufio.NewWriterSize(f, 256<<10)}
	s.host(h, id)
	if err := errors.Join(s.err, s.w.Flush(), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes a rename survive a power cut.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// saver writes records. The first error stays.
type saver struct {
	w       *bufio.Writer
	err     error
	records uint64
	body    []byte
}

func (s *saver) record(kind byte, body []byte) {
	var head [recordHead]byte
	head[8] = kind
	binary.LittleEndian.PutUint32(head[0:], uint32(len(body)))
	binary.LittleEndian.PutUint32(head[4:], crc32.Update(checksum(head[8:]), castagnoli, body))
	for _, b := range [][]byte{head[:], body} {
		if _, err := s.w.Write(b); err != nil && s.err == nil {
			s.err = err
		}
	}
	s.records++
}

func (s *saver) host(h *Host, id string) {
	s.record(saveHead, append(binary.LittleEndian.AppendUint32([]byte(saveMagic), uint32(h.opts.Entries)), id...))
	for _, c := range h.list() {
		c.mu.RLock()
		s.rows(c, c.past)
		s.rows(c, c.now)
		c.mu.RUnlock()
	}
	s.record(saveEnd, binary.LittleEndian.AppendUint64(nil, s.records))
}

func (s *saver) rows(c *Chart, r *rows) {
	if r == nil || r.last == 0 {
		return
	}
	s.record(saveChart, append(binary.LittleEndian.AppendUint32(nil, uint32(r.every)), c.id...))
	for _, name := range c.names {
		s.record(saveColumn, []byte(name))
	}
	s.body = s.body[:0]
	r.each(func(_, t int64, cells []cell) {
		at := len(s.body)
		s.body = append(binary.LittleEndian.AppendUint32(s.body, uint32(t)), 0)
		words := len(s.body)
		s.body = append(s.body, make([]byte, 4*len(c.names))...)
		for _, cell := range cells {
			binary.LittleEndian.PutUint32(s.body[words+4*int(cell.column):], cell.word)
			if cell.flags != 0 {
				s.body[at+4] = 1
			}
		}
		if s.body[at+4] != 0 {
			flags := len(s.body)
			s.body = append(s.body, make([]byte, len(c.names))...)
			for _, cell := range cells {
				s.body[flags+int(cell.column)] = byte(cell.flags)
			}
		}
		if len(s.body) >= fullRecord {
			s.record(saveRows, s.body)
			s.body = s.body[:0]
		}
	})
	if len(s.body) > 0 {
		s.record(saveRows, s.body)
	}
}

// Load returns a host in memory with what a file of Save holds, as far as the rings reach. Without Options.Entries they
// have as many as those that were saved. When there is no file the error is fs.ErrNotExist; when it is damaged, or of
// another host, ErrCorrupt.
func Load(path, id string, o Options) (*Host, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("load rings: %w", err)
	}
	defer f.Close()
	h, err := load(f, id, o)
	if err != nil {
		return nil, fmt.Errorf("load rings of %s: %w", path, err)
	}
	return h, nil
}

func load(r io.Reader, id string, o Options) (*Host, error) {
	l := &loader{r: bufio.NewReaderSize(r, 256<<10)}
	kind, body, err := l.record()
	if err != nil {
		return nil, err
	}
	const magic = len(saveMagic)
	if kind != saveHead || len(body) < magic+4 || string(body[:magic]) != saveMagic || string(body[magic+4:]) != id {
		return nil, fmt.Errorf("%w: it is not a file of rings of this host that this version can read", ErrCorrupt)
	}
	saved := int64(binary.LittleEndian.Uint32(body[magic:]))
	if saved < 1 || saved > MaxEntries {
		return nil, fmt.Errorf("%w: %d entries", ErrCorrupt, saved)
	}
	o.Entries, o.Dir = cmp.Or(o.Entries, saved), ""
	if l.host, err = New(o); err != nil {
		return nil, err
	}
	for n := uint64(1); ; n++ {
		if kind, body, err = l.record(); err != nil {
			return nil, err
		}
		if kind == saveEnd {
			if len(body) != 8 || binary.LittleEndian.Uint64(body) != n {
				return nil, fmt.Errorf("%w: records are missing", ErrCorrupt)
			}
			return l.host, nil
		}
		if err := l.apply(kind, body); err != nil {
			return nil, err
		}
	}
}

// loader reads records and applies them.
type loader struct {
	host *Host
	r    *bufio.Reader
	buf  []byte

	chart   *Chart // nil before the first
	every   int64
	columns []uint32 // where the chart has the columns of the file
	cells   []cell
}

func (l *loader) record() (kind byte, body []byte, err error) {
	var head [recordHead]byte
	if _, err := io.ReadFull(l.r, head[:]); err != nil {
		return 0, nil, broken(err)
	}
	n := binary.LittleEndian.Uint32(head[0:])
	if n > maxRecord {
		return 0, nil, fmt.Errorf("%w: a record of %d bytes", ErrCorrupt, n)
	}
	if int(n) > cap(l.buf) {
		l.buf = make([]byte, n)
	}
	l.buf = l.buf[:n]
	if _, err := io.ReadFull(l.r, l.buf); err != nil {
		return 0, nil, broken(err)
	}
	if crc32.Update(checksum(head[8:]), castagnoli, l.buf) != binary.LittleEndian.Uint32(head[4:]) {
		return 0, nil, fmt.Errorf("%w: a record has the wrong checksum", ErrCorrupt)
	}
	return head[8], l.buf, nil
}

// broken says that a file that ends too early is damaged, and others that cannot be read are not known to be.
func broken(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it is not whole", ErrCorrupt)
	}
	return err
}

func (l *loader) apply(kind byte, body []byte) error {
	switch {
	case kind == saveChart && len(body) >= 4 && len(body) <= 4+maxID:
		l.every = int64(binary.LittleEndian.Uint32(body))
		l.chart, l.columns = l.host.define(string(body[4:])), l.columns[:0]
		if l.every < 1 || l.every > maxTime {
			return fmt.Errorf("%w: an interval of %d seconds", ErrCorrupt, l.every)
		}
		return nil
	case kind == saveColumn && l.chart != nil && len(l.columns) < maxWidth && len(body) <= maxID:
		column := uint32(0)
		if len(body) > 0 { // else it has no cells
			column = uint32(l.chart.column(string(body), nil))
		}
		l.columns = append(l.columns, column)
		return nil
	case kind == saveRows && l.chart != nil:
		return l.rows(body)
	}
	return fmt.Errorf("%w: a record of kind %q and %d bytes that makes no sense", ErrCorrupt, kind, len(body))
}

func (l *loader) rows(body []byte) error {
	n := len(l.columns)
	for len(body) > 0 {
		size := rowHeadSize + 4*n
		if len(body) >= rowHeadSize && body[4] != 0 {
			size += n
		}
		if len(body) < size {
			return fmt.Errorf("%w: a part of a row", ErrCorrupt)
		}
		t, words, flags := int64(binary.LittleEndian.Uint32(body)), body[rowHeadSize:], body[min(size, rowHeadSize+4*n):size]
		body = body[size:]
		l.cells = l.cells[:0]
		for i, column := range l.columns {
			c := cell{column: column, word: binary.LittleEndian.Uint32(words[4*i:])}
			if len(flags) > 0 {
				c.flags = uint32(flags[i])
			}
			switch {
			case c.word == 0:
			case !finite(c.word) || c.flags >= 1<<flagBits || l.chart.names[column] == "":
				return fmt.Errorf("%w: a value that makes no sense", ErrCorrupt)
			default:
				l.cells = append(l.cells, c)
			}
		}
		if t < l.every || len(l.cells) == 0 {
			return fmt.Errorf("%w: a row that makes no sense", ErrCorrupt)
		}
		if _, err := l.chart.put(t, l.every, l.cells); err != nil && !errors.Is(err, ErrTooOld) {
			return err
		}
	}
	return nil
}
