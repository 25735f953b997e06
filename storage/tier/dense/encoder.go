package dense

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
)

// errFull says that there are more samples than a chunk can count.
var errFull = errors.New("more than 65,535 samples in one chunk")

// encoder collects samples and writes them as an XOR chunk.
type encoder struct {
	times   []int64
	values  []uint64
	planner planner
	w       bitWriter
}

// read appends the samples of it between the times mint and maxt, in milliseconds, both included.
func (e *encoder) read(it chunkenc.Iterator, mint, maxt int64) error {
	for {
		switch kind := it.Next(); kind {
		case chunkenc.ValNone:
			return it.Err()
		case chunkenc.ValFloat:
			if t, v := it.At(); t >= mint && t <= maxt {
				e.times = append(e.times, t)
				e.values = append(e.values, math.Float64bits(v))
			}
		default:
			return fmt.Errorf("a sample is a %s", kind)
		}
	}
}

// flush appends the samples to a list of chunks, of which none covers more than maxSpan.
func (e *encoder) flush(into *[]chunks.Meta) error {
	for from := 0; from < len(e.times); {
		to := from + 1
		for to < len(e.times) && e.times[to]-e.times[from] < maxSpan {
			to++
		}
		c, err := e.chunk(e.times[from:to], e.values[from:to])
		if err != nil {
			return err
		}
		*into = append(*into, c)
		from = to
	}
	e.times, e.values = e.times[:0], e.values[:0]
	return nil
}

// join appends the samples of chunks that follow each other to a list, as one chunk.
func (e *encoder) join(into, short []chunks.Meta) ([]chunks.Meta, error) {
	var it chunkenc.Iterator
	for _, c := range short {
		it = c.Chunk.Iterator(it)
		if err := e.read(it, math.MinInt64, math.MaxInt64); err != nil {
			return nil, err
		}
	}
	err := e.flush(&into)
	return into, err
}

// chunk returns samples, of which there is at least one, as a chunk.
func (e *encoder) chunk(times []int64, values []uint64) (chunks.Meta, error) {
	if len(times) > math.MaxUint16 {
		return chunks.Meta{}, errFull
	}
	e.planner.reset()
	for i := 1; i < len(values); i++ {
		if differ := values[i] ^ values[i-1]; differ != 0 {
			e.planner.add(differ)
		}
	}
	e.write(times, values, e.planner.division())
	c, err := chunkenc.FromData(chunkenc.EncXOR, bytes.Clone(e.w.buf))
	if err != nil {
		return chunks.Meta{}, err
	}
	return chunks.Meta{MinTime: times[0], MaxTime: times[len(times)-1], Chunk: c}, nil
}

// write writes the samples with the windows of division. The format is that of github.com/prometheus/prometheus
// tsdb/docs/format/chunks.md.
func (e *encoder) write(times []int64, values []uint64, division []run) {
	e.w = bitWriter{buf: binary.BigEndian.AppendUint16(e.w.buf[:0], uint16(len(times)))}
	e.w.buf = binary.AppendVarint(e.w.buf, times[0])
	e.w.write(values[0], 64)
	var (
		delta   int64
		differs int // values so far that were not the same as the one before
		current window
	)
	for i := 1; i < len(times); i++ {
		last := delta
		delta = times[i] - times[i-1]
		if i == 1 {
			e.writeUvarint(uint64(delta))
		} else {
			e.writeChange(delta - last)
		}
		differ := values[i] ^ values[i-1]
		if differ == 0 {
			e.w.write(0, 1)
			continue
		}
		if len(division) > 0 && division[0].first == differs {
			current, division = division[0].window, division[1:]
			e.w.write(0b11<<11|uint64(current.leading)<<6|uint64(current.bits()&63), windowBits)
		} else {
			e.w.write(0b10, insideBits)
		}
		e.w.write(differ>>current.trailing, current.bits())
		differs++
	}
	e.w.flush()
}

func (e *encoder) writeUvarint(v uint64) {
	var buf [binary.MaxVarintLen64]byte
	for _, b := range buf[:binary.PutUvarint(buf[:], v)] {
		e.w.write(uint64(b), 8)
	}
}

// writeChange writes by how much the distance to the time before has changed.
func (e *encoder) writeChange(change int64) {
	switch {
	case change == 0:
		e.w.write(0, 1)
	case fits(change, 14):
		e.w.write(0b10<<14|uint64(change)&(1<<14-1), 2+14)
	case fits(change, 17):
		e.w.write(0b110<<17|uint64(change)&(1<<17-1), 3+17)
	case fits(change, 20):
		e.w.write(0b1110<<20|uint64(change)&(1<<20-1), 4+20)
	default:
		e.w.write(0b1111, 4)
		e.w.write(uint64(change), 64)
	}
}

// fits says whether v is one of the 2ⁿ numbers that n bits of a chunk stand for, which end with 2ⁿ⁻¹.
func fits(v int64, n int) bool { return v > -1<<(n-1) && v <= 1<<(n-1) }
