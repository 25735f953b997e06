package tier

import (
	"encoding/binary"
	"errors"
	"math"
)

// A chunk holds the aggregates of up to chunkPoints windows of a series:
//
//	uvarint  number of the first window
//	uvarint  number of aggregates
//	byte     flags
//	         with chunkGaps: the gaps: uvarint how many; of each: uvarint aggregates before it, uvarint windows left out
//	         the counts of points: one uvarint with chunkSameCount; else runs of uvarint length, uvarint count
//	         with chunkAnomalous: the counts of anomalous points, in runs
//	         the values: with chunkConstant a float32, which is each window's only value; else bits, of each window:
//	           without chunkFlat, a bit that says whether all its values are the same
//	           the lowest value; unless they are the same, the highest value, and the sum divided by sumScale
//
// Values are float32, each column coded by a xorState.

const (
	chunkPoints = 240

	chunkGaps      = 1 << 0 // some windows between the first and the last have no points
	chunkSameCount = 1 << 1
	chunkAnomalous = 1 << 2 // there are anomalous points
	chunkFlat      = 1 << 3 // in each window all values are the same
	chunkConstant  = 1 << 4 // all values are the same

	maxWindow = 1 << 42
)

// errCorrupt says that what was read is not what was written.
var errCorrupt = errors.New("data is corrupt")

// appendChunk appends the chunk of aggregates, which are 1 to chunkPoints, with windows in order, to b.
func appendChunk(b []byte, points []aggregate, scale float64) []byte {
	b = binary.AppendUvarint(b, uint64(points[0].window))
	b = binary.AppendUvarint(b, uint64(len(points)))
	at := len(b)
	b = append(b, 0)
	flags, gaps := shape(points)
	if gaps > 0 {
		b = binary.AppendUvarint(b, uint64(gaps))
		run := 1
		for i := 1; i < len(points); i, run = i+1, run+1 {
			if skipped := points[i].window - points[i-1].window - 1; skipped > 0 {
				b = binary.AppendUvarint(b, uint64(run))
				b = binary.AppendUvarint(b, uint64(skipped))
				run = 0
			}
		}
	}
	if flags&chunkSameCount != 0 {
		b = binary.AppendUvarint(b, uint64(points[0].count))
	} else {
		b = appendRuns(b, points, func(a *aggregate) uint32 { return a.count })
	}
	if flags&chunkAnomalous != 0 {
		b = appendRuns(b, points, func(a *aggregate) uint32 { return a.anomalous })
	}
	b[at] = flags
	if flags&chunkConstant != 0 {
		return binary.LittleEndian.AppendUint32(b, math.Float32bits(points[0].min))
	}
	w := bitWriter{buf: b}
	var lowest, highest, sum xorState
	for i := range points {
		p := &points[i]
		flat := p.min == p.max
		if flags&chunkFlat == 0 {
			if flat {
				w.write(1, 1)
			} else {
				w.write(0, 1)
			}
		}
		lowest.write(&w, math.Float32bits(p.min))
		if !flat {
			highest.write(&w, math.Float32bits(p.max))
			sum.write(&w, math.Float32bits(float32(p.sum/scale)))
		}
	}
	w.flush()
	return w.buf
}

// shape returns the flags of a chunk and the number of its gaps.
func shape(points []aggregate) (flags byte, gaps int) {
	first := &points[0]
	flags = chunkSameCount | chunkFlat | chunkConstant
	for i := range points {
		p := &points[i]
		if i > 0 && p.window != points[i-1].window+1 {
			flags |= chunkGaps
			gaps++
		}
		if p.count != first.count {
			flags &^= chunkSameCount
		}
		if p.anomalous > 0 {
			flags |= chunkAnomalous
		}
		if p.min != p.max {
			flags &^= chunkFlat | chunkConstant
		}
		if math.Float32bits(p.min) != math.Float32bits(first.min) {
			flags &^= chunkConstant
		}
	}
	return flags, gaps
}

func appendRuns(b []byte, points []aggregate, of func(*aggregate) uint32) []byte {
	for i := 0; i < len(points); {
		n, v := 1, of(&points[i])
		for i+n < len(points) && of(&points[i+n]) == v {
			n++
		}
		b = binary.AppendUvarint(b, uint64(n))
		b = binary.AppendUvarint(b, uint64(v))
		i += n
	}
	return b
}

// chunkReader reads the bytes of a chunk. After an error it reads zeros.
type chunkReader struct {
	b   []byte
	bad bool
}

func (r *chunkReader) uvarint(limit uint64) uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || v > limit {
		r.b, r.bad = nil, true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *chunkReader) bytes(n int) []byte {
	if len(r.b) < n {
		r.b, r.bad = nil, true
		return make([]byte, n)
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

// head reads the head of a chunk.
func (r *chunkReader) head() (first int64, n int) {
	return int64(r.uvarint(maxWindow)), int(r.uvarint(chunkPoints))
}

// runs reads n numbers and returns them in order by calls of set.
func (r *chunkReader) runs(n int, limit uint64, set func(i int, v uint32)) {
	for i := 0; i < n && !r.bad; {
		run := int(r.uvarint(uint64(n - i)))
		v := uint32(r.uvarint(limit))
		if run == 0 {
			r.bad = true
			return
		}
		for ; run > 0; run-- {
			set(i, v)
			i++
		}
	}
}

// decodeChunk returns the aggregates of a chunk in buf, which has room for chunkPoints.
func decodeChunk(b []byte, buf []aggregate, scale float64) ([]aggregate, error) {
	r := chunkReader{b: b}
	first, n := r.head()
	flags := r.bytes(1)[0]
	if r.bad || n == 0 {
		return nil, errCorrupt
	}
	points := buf[:n]
	r.windows(points, first, flags)
	if flags&chunkSameCount != 0 {
		count := uint32(r.uvarint(math.MaxUint32))
		for i := range points {
			points[i].count = count
		}
	} else {
		r.runs(n, math.MaxUint32, func(i int, v uint32) { points[i].count = v })
	}
	if flags&chunkAnomalous != 0 {
		r.runs(n, math.MaxUint32, func(i int, v uint32) { points[i].anomalous = v })
	} else {
		for i := range points {
			points[i].anomalous = 0
		}
	}
	if r.bad {
		return nil, errCorrupt
	}
	if flags&chunkConstant != 0 {
		v := math.Float32frombits(binary.LittleEndian.Uint32(r.bytes(4)))
		for i := range points {
			p := &points[i]
			p.min, p.max, p.sum = v, v, float64(v)*float64(p.count)
		}
	} else if !readValues(r.b, points, flags, scale) {
		return nil, errCorrupt
	}
	for i := range points {
		p := &points[i]
		if p.count == 0 || p.anomalous > p.count || !(p.min <= p.max) {
			return nil, errCorrupt
		}
	}
	if r.bad || points[n-1].window > maxWindow {
		return nil, errCorrupt
	}
	return points, nil
}

// windows reads where the gaps are and numbers the windows.
func (r *chunkReader) windows(points []aggregate, first int64, flags byte) {
	gaps, next, window := 0, len(points), first
	skip := int64(0)
	gap := func(i int) {
		next = len(points)
		if gaps--; gaps >= 0 {
			run := int(r.uvarint(chunkPoints))
			skip = int64(r.uvarint(maxWindow))
			if run == 0 || skip == 0 || i+run >= len(points) {
				r.bad = true
				return
			}
			next = i + run
		}
	}
	if flags&chunkGaps != 0 {
		gaps = int(r.uvarint(chunkPoints))
		gap(0)
	}
	for i := range points {
		if i == next {
			window += skip
			gap(i)
		}
		points[i].window = window
		window++
	}
}

func readValues(b []byte, points []aggregate, flags byte, scale float64) bool {
	r := bitReader{buf: b}
	var lowest, highest, sum xorState
	allFlat := flags&chunkFlat != 0
	for i := range points {
		p := &points[i]
		flat := allFlat
		if !flat {
			if r.n == 0 {
				r.fill()
			}
			flat = r.take(1) == 1
		}
		p.min = math.Float32frombits(lowest.read(&r))
		if flat {
			p.max, p.sum = p.min, float64(p.min)*float64(p.count)
			continue
		}
		p.max = math.Float32frombits(highest.read(&r))
		p.sum = float64(math.Float32frombits(sum.read(&r))) * scale
	}
	return !r.short
}
