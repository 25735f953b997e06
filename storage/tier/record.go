package tier

import (
	"encoding/binary"
	"hash/crc32"
)

// A record holds the aggregates of one series in a block: its chunks in order of time, each behind its length as uvarint,
// and a CRC-32C of all that.

const checksumSize = 4

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func appendChecksum(b []byte) []byte {
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// verify returns b without its checksum, which must be right.
func verify(b []byte) ([]byte, error) {
	n := len(b) - checksumSize
	if n < 0 || crc32.Checksum(b[:n], castagnoli) != binary.LittleEndian.Uint32(b[n:]) {
		return nil, errCorrupt
	}
	return b[:n], nil
}

// recordWriter makes records. Aggregates are added in order of time.
type recordWriter struct {
	scale   float64
	buf     []byte
	chunk   []byte
	pending []aggregate // of the chunk being filled

	first, last int64 // windows
	points      int
	samples     uint64
}

func newRecordWriter(step int64) *recordWriter {
	return &recordWriter{scale: sumScale(step), pending: make([]aggregate, 0, chunkPoints)}
}

func (w *recordWriter) reset() {
	w.buf, w.pending = w.buf[:0], w.pending[:0]
	w.points, w.samples = 0, 0
}

func (w *recordWriter) add(a *aggregate) {
	if w.points == 0 {
		w.first = a.window
	}
	w.last = a.window
	w.points++
	w.samples += uint64(a.count)
	w.pending = append(w.pending, *a)
	if len(w.pending) == chunkPoints {
		w.cut()
	}
}

func (w *recordWriter) cut() {
	w.chunk = appendChunk(w.chunk[:0], w.pending, w.scale)
	w.buf = binary.AppendUvarint(w.buf, uint64(len(w.chunk)))
	w.buf = append(w.buf, w.chunk...)
	w.pending = w.pending[:0]
}

// bytes returns the record, which is valid until reset.
func (w *recordWriter) bytes() []byte {
	if len(w.pending) > 0 {
		w.cut()
	}
	w.buf = appendChecksum(w.buf)
	return w.buf
}

// recordReader reads the aggregates of a record.
type recordReader struct {
	scale  float64
	rest   []byte      // chunks not decoded
	points []aggregate // of the chunk decoded last, those not read
	buf    []aggregate
}

// open begins to read a record at the first chunk that can have windows from the given one on.
func (r *recordReader) open(record []byte, from int64) error {
	b, err := verify(record)
	if err != nil {
		return err
	}
	r.points, r.rest = nil, b
	for {
		_, rest, err := cutChunk(r.rest)
		if err != nil {
			return err
		}
		if len(rest) == 0 {
			return nil
		}
		next, _, err := cutChunk(rest)
		if err != nil {
			return err
		}
		head := chunkReader{b: next}
		if first, _ := head.head(); head.bad || first > from {
			return nil
		}
		r.rest = rest
	}
}

// cutChunk returns the first chunk of b, and what follows it.
func cutChunk(b []byte) (chunk, rest []byte, err error) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size == 0 || size > uint64(len(b)-n) {
		return nil, nil, errCorrupt
	}
	b = b[n:]
	return b[:size], b[size:], nil
}

// next returns the next aggregates, one or more unless the record ends. They are valid until the next call.
func (r *recordReader) next() ([]aggregate, error) {
	if len(r.rest) == 0 {
		return nil, nil
	}
	chunk, rest, err := cutChunk(r.rest)
	if err != nil {
		return nil, err
	}
	r.rest = rest
	if r.buf == nil {
		r.buf = make([]aggregate, chunkPoints)
	}
	return decodeChunk(chunk, r.buf, r.scale)
}
