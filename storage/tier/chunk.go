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
//	         the values: with chunkConstant a float32, which is each window's only value; else bits, of each columnGroup
//	         windows: without chunkFlat, a bit that says whether in each of them all values are the same; the lowest values;
//	         unless they are the same, the highest values, and the sums divided by sumScale
//
// Values are float32, coded by a column.

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
	var lowest, highest, sum column
	var numbers [columnGroup]uint32
	for len(points) > 0 {
		group := points[:min(columnGroup, len(points))]
		points = points[len(group):]
		flat := true
		for i := range group {
			numbers[i] = math.Float32bits(group[i].min)
			flat = flat && group[i].min == group[i].max
		}
		if flags&chunkFlat == 0 {
			bit := uint32(0)
			if flat {
				bit = 1
			}
			w.write(bit, 1)
		}
		lowest.write(&w, numbers[:len(group)])
		if flat {
			continue
		}
		for i := range group {
			numbers[i] = math.Float32bits(group[i].max)
		}
		highest.write(&w, numbers[:len(group)])
		for i := range group {
			numbers[i] = math.Float32bits(float32(group[i].sum / scale))
		}
		sum.write(&w, numbers[:len(group)])
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

// runs reads as many numbers as there are points and passes them to set. Each is at most limit.
func (r *chunkReader) runs(points []aggregate, limit uint64, set func(p *aggregate, v uint32)) {
	for i := 0; i < len(points) && !r.bad; {
		run := int(r.uvarint(uint64(len(points) - i)))
		v := uint32(r.uvarint(limit))
		r.bad = r.bad || run == 0
		for ; run > 0; run-- {
			set(&points[i], v)
			i++
		}
	}
}

// decodeChunk returns the aggregates of a chunk in buf, which has room for chunkPoints. Bytes behind the chunk, up to the
// capacity, may be read, but have no influence.
func decodeChunk(b []byte, buf []aggregate, scale float64) ([]aggregate, error) {
	r := chunkReader{b: b}
	first, n := r.head()
	flags := r.bytes(1)[0]
	if r.bad || n == 0 {
		return nil, errCorrupt
	}
	points := buf[:n]
	gaps := r.b
	if flags&chunkGaps != 0 {
		r.skipGaps()
	}
	count := uint32(0)
	if flags&chunkSameCount != 0 {
		count = uint32(r.uvarint(math.MaxUint32))
		r.bad = r.bad || count == 0
	}
	for i := range points {
		points[i] = aggregate{window: first + int64(i), count: count}
	}
	if flags&chunkGaps != 0 {
		g := chunkReader{b: gaps}
		g.gaps(points)
		r.bad = r.bad || g.bad
	}
	if flags&chunkSameCount == 0 {
		r.runs(points, math.MaxUint32, func(p *aggregate, v uint32) {
			p.count = v
			r.bad = r.bad || v == 0
		})
	}
	if flags&chunkAnomalous != 0 {
		r.runs(points, math.MaxUint32, func(p *aggregate, v uint32) {
			p.anomalous = v
			r.bad = r.bad || v > p.count
		})
	}
	if r.bad || points[n-1].window > maxWindow {
		return nil, errCorrupt
	}
	if flags&chunkConstant != 0 {
		v := math.Float32frombits(binary.LittleEndian.Uint32(r.bytes(4)))
		for i := range points {
			p := &points[i]
			p.min, p.max, p.sum = v, v, float64(v)*float64(p.count)
		}
		r.bad = r.bad || v != v
	} else {
		r.bad = !readValues(r.b, points, flags, scale)
	}
	if r.bad {
		return nil, errCorrupt
	}
	return points, nil
}

// skipGaps skips what gaps reads.
func (r *chunkReader) skipGaps() {
	for n := r.uvarint(chunkPoints); n > 0; n-- {
		r.uvarint(chunkPoints)
		r.uvarint(maxWindow)
	}
}

// gaps moves the windows of points that are behind gaps.
func (r *chunkReader) gaps(points []aggregate) {
	i, moved := 0, int64(0)
	for n := r.uvarint(chunkPoints); n > 0 && !r.bad; n-- {
		run, skip := int(r.uvarint(chunkPoints)), int64(r.uvarint(maxWindow))
		if run == 0 || skip == 0 || i+run >= len(points) {
			r.bad = true
			return
		}
		for ; run > 0; run-- {
			points[i].window += moved
			i++
		}
		moved += skip
	}
	for ; i < len(points); i++ {
		points[i].window += moved
	}
}

// readValues reads the values of a chunk, and says whether they can be such.
func readValues(b []byte, points []aggregate, flags byte, scale float64) bool {
	end := uint(len(b)) * 8
	if cap(b) < len(b)+padding {
		b = append(b, make([]byte, padding)...)[:len(b)]
	}
	r := bitReader{buf: b[:len(b)+padding]}
	var lowest, highest, sum column
	var numbers [3][columnGroup]uint32
	for len(points) > 0 {
		group := points[:min(columnGroup, len(points))]
		points = points[len(group):]
		flat := flags&chunkFlat != 0
		if !flat {
			if r.pos >= end {
				return false
			}
			flat = r.peek()>>63 == 1
			r.pos++
		}
		mins, maxs, sums := numbers[0][:len(group)], numbers[1][:len(group)], numbers[2][:len(group)]
		if !lowest.read(&r, mins) {
			return false
		}
		ok := true
		if flat {
			for i := range group {
				p, v := &group[i], math.Float32frombits(mins[i])
				p.min, p.max, p.sum = v, v, float64(v)*float64(p.count)
				ok = ok && v == v
			}
		} else {
			if !highest.read(&r, maxs) || !sum.read(&r, sums) {
				return false
			}
			for i := range group {
				p := &group[i]
				p.min, p.max = math.Float32frombits(mins[i]), math.Float32frombits(maxs[i])
				p.sum = float64(math.Float32frombits(sums[i])) * scale
				ok = ok && p.min <= p.max
			}
		}
		if !ok {
			return false
		}
	}
	return true
}
