package tier

import (
	"encoding/binary"
	"math/bits"
)

// bitWriter appends bits to a buffer, the highest first.
type bitWriter struct {
	buf []byte
	acc uint64 // its low n bits are still to be written
	n   uint   // less than 8
}

// write appends the low k bits of v, whose other bits are zero. k is at most 32.
func (w *bitWriter) write(v uint32, k uint) {
	w.acc = w.acc<<k | uint64(v)
	for w.n += k; w.n >= 8; w.n -= 8 {
		w.buf = append(w.buf, byte(w.acc>>(w.n-8)))
	}
}

// flush fills the last byte with zeros.
func (w *bitWriter) flush() {
	if w.n > 0 {
		w.write(0, 8-w.n)
	}
}

// bitReader reads what a bitWriter has written. Behind the end it reads zeros, and short is true.
type bitReader struct {
	buf   []byte
	acc   uint64 // its high n bits are the next ones
	n     uint
	short bool
}

// maxRead is how many bits can be read after one fill.
const maxRead = 56

// fill makes at least maxRead bits ready, unless the buffer ends before.
func (r *bitReader) fill() {
	if len(r.buf) >= 8 {
		r.acc |= binary.BigEndian.Uint64(r.buf) >> r.n
		whole := (63 - r.n) >> 3
		r.buf = r.buf[whole:]
		r.n += whole << 3
		return
	}
	for r.n <= maxRead && len(r.buf) > 0 {
		r.acc |= uint64(r.buf[0]) << (maxRead - r.n)
		r.buf = r.buf[1:]
		r.n += 8
	}
}

// take returns the next k bits of those that fill has made ready.
func (r *bitReader) take(k uint) uint32 {
	if r.n < k {
		r.short = true
		return 0
	}
	v := r.acc >> (64 - k)
	r.acc <<= k
	r.n -= k
	return uint32(v)
}

// xorState codes a column of 32-bit floats: of each number the bits that differ from the number before, as in Facebook's
// Gorilla.
type xorState struct {
	prev     uint32
	leading  uint // zero bits above and below those that were written last
	trailing uint
	window   bool // leading and trailing are known
}

// What is written before the bits that differ: nothing differs; they are where the last ones were; how many bits above
// them are the same, and how many differ.
const (
	xorSame   = 0b0
	xorInside = 0b10
	xorNew    = 0b11

	xorHeader = 2 + 5 + 5 // bits of xorNew and what follows it
)

func (s *xorState) write(w *bitWriter, v uint32) {
	x := v ^ s.prev
	s.prev = v
	if x == 0 {
		w.write(xorSame, 1)
		return
	}
	leading, trailing := uint(bits.LeadingZeros32(x)), uint(bits.TrailingZeros32(x))
	if s.window && leading >= s.leading && trailing >= s.trailing {
		if inside := 32 - s.leading - s.trailing; 2+inside <= xorHeader+32-leading-trailing {
			w.write(xorInside, 2)
			w.write(x>>s.trailing, inside)
			return
		}
	}
	s.leading, s.trailing, s.window = leading, trailing, true
	n := 32 - leading - trailing
	w.write(xorNew, 2)
	w.write(uint32(leading)<<5|uint32(n-1), 10)
	w.write(x>>trailing, n)
}

func (s *xorState) read(r *bitReader) uint32 {
	if r.n < xorHeader+32 {
		r.fill()
	}
	if r.take(1) == 0 {
		return s.prev
	}
	if r.take(1) == 1 {
		head := r.take(10)
		leading, n := uint(head>>5), uint(head&31)+1
		if leading+n > 32 {
			r.short = true
			return s.prev
		}
		s.leading, s.trailing = leading, 32-leading-n
	}
	s.prev ^= r.take(32-s.leading-s.trailing) << s.trailing
	return s.prev
}
