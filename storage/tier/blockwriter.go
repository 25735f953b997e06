package tier

import (
	"bufio"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/oklog/ulid/v2"
)

// A block of a coarse tier is one file:
//
//	blockMagic
//	records, and behind those of about pageSize bytes of keys their page
//	index of pages: uvarint how many; of each: uvarint length of the key of its first series, the key, uvarint place of the
//	  page in the file, uvarint length; CRC-32C
//	blockMeta as JSON, CRC-32C
//	trailer: 8 bytes place of the index, 4 bytes length of the index, 4 bytes length of the meta, CRC-32C of these, blockMagic
//
// It is written once, under another name, and gets its name when it is complete.

const (
	blockMagic  = "fstrtr\x00\x01" // the last byte is the version
	blockSuffix = ".tier"
	tmpSuffix   = ".tmp"
	trailerSize = 8 + 4 + 4 + checksumSize + len(blockMagic)
	pageSize    = 16 << 10
)

// blockMeta says what is in a block.
type blockMeta struct {
	Step    int64       `json:"step"`  // seconds a window covers
	First   int64       `json:"first"` // unix seconds of the end of the first window
	Last    int64       `json:"last"`  // and of the last
	Series  int         `json:"series"`
	Points  int64       `json:"points"`
	Samples uint64      `json:"samples"` // that the points were made of
	Sources []ulid.ULID `json:"sources"` // the blocks of tier 0, and what these were made of
	Parents []ulid.ULID `json:"parents"` // the blocks of this tier that this one replaces
}

// blockWriter writes a block. Series are added in the order of their keys.
type blockWriter struct {
	id   ulid.ULID
	dir  string
	f    *os.File
	buf  *bufio.Writer
	at   int64
	err  error
	meta blockMeta

	record *recordWriter
	page   pageWriter
	index  []byte
	pages  int
}

// newBlockWriter begins a block in the directory dir. It must be ended by finish or abort.
func newBlockWriter(dir string, step int64, now time.Time) (*blockWriter, error) {
	id, err := ulid.New(ulid.Timestamp(now), rand.Reader)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, id.String()+tmpSuffix), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	if err != nil {
		return nil, err
	}
	w := &blockWriter{id: id, dir: dir, f: f, buf: bufio.NewWriterSize(f, 1<<18), record: newRecordWriter(step)}
	w.meta.Step = step
	w.write([]byte(blockMagic))
	return w, nil
}

func (w *blockWriter) write(b []byte) {
	if w.err == nil {
		_, w.err = w.buf.Write(b)
	}
	w.at += int64(len(b))
}

// add writes a series: what was added to w.record. It does nothing when that is nothing.
func (w *blockWriter) add(key []byte) error {
	if r := w.record; r.points > 0 {
		w.put(&entry{key: key, first: r.first, last: r.last}, r.bytes(), r.points, r.samples)
	}
	w.record.reset()
	return w.err
}

// raw writes a record of another block, which it reads for the counts.
func (w *blockWriter) raw(e *entry, record []byte, r *recordReader) error {
	if err := r.open(record, 0); err != nil {
		return err
	}
	count, samples := 0, uint64(0)
	for {
		points, err := r.next()
		if err != nil {
			return err
		}
		if len(points) == 0 {
			break
		}
		count += len(points)
		for i := range points {
			samples += uint64(points[i].count)
		}
	}
	w.put(&entry{key: e.key, first: e.first, last: e.last}, record, count, samples)
	return w.err
}

func (w *blockWriter) put(e *entry, record []byte, points int, samples uint64) {
	m := &w.meta
	first, last := e.first*m.Step, e.last*m.Step
	if m.Series == 0 {
		m.First, m.Last = first, last
	}
	m.First, m.Last = min(m.First, first), max(m.Last, last)
	m.Series++
	m.Points += int64(points)
	m.Samples += samples
	e.at, e.size = w.at, len(record)
	w.write(record)
	w.page.add(e)
	if len(w.page.entries) >= pageSize {
		w.cutPage()
	}
}

func (w *blockWriter) cutPage() {
	page := w.page.bytes()
	w.index = binary.AppendUvarint(w.index, uint64(len(w.page.first)))
	w.index = append(w.index, w.page.first...)
	w.index = binary.AppendUvarint(w.index, uint64(w.at))
	w.index = binary.AppendUvarint(w.index, uint64(len(page)))
	w.pages++
	w.write(page)
	w.page.reset()
}

// finish completes the block, with the sources and parents given, and opens it.
func (w *blockWriter) finish(sources, parents []ulid.ULID) (*block, error) {
	if w.page.count > 0 {
		w.cutPage()
	}
	w.meta.Sources, w.meta.Parents = sources, parents
	meta, err := json.Marshal(&w.meta)
	if err != nil {
		w.abort()
		return nil, err
	}
	index := appendChecksum(append(binary.AppendUvarint(nil, uint64(w.pages)), w.index...))
	meta = appendChecksum(meta)
	trailer := binary.LittleEndian.AppendUint64(nil, uint64(w.at))
	trailer = binary.LittleEndian.AppendUint32(trailer, uint32(len(index)))
	trailer = binary.LittleEndian.AppendUint32(trailer, uint32(len(meta)))
	w.write(index)
	w.write(meta)
	w.write(append(appendChecksum(trailer), blockMagic...))
	if w.err == nil {
		w.err = w.buf.Flush()
	}
	if err := errors.Join(w.err, w.f.Sync(), w.f.Close()); err != nil {
		w.f = nil
		w.abort()
		return nil, err
	}
	path := filepath.Join(w.dir, w.id.String()+blockSuffix)
	if err := os.Rename(filepath.Join(w.dir, w.id.String()+tmpSuffix), path); err != nil {
		w.f = nil
		w.abort()
		return nil, err
	}
	if err := syncDir(w.dir); err != nil {
		return nil, err
	}
	return openBlock(path)
}

// abort removes what was written.
func (w *blockWriter) abort() {
	if w.f != nil {
		_ = w.f.Close()
	}
	_ = os.Remove(filepath.Join(w.dir, w.id.String()+tmpSuffix))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	return nil
}
