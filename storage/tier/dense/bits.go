package dense

import "encoding/binary"

// bitWriter appends bits to a buffer, the highest first.
type bitWriter struct {
	buf []byte
	acc uint64 // its high n bits are still to be written
	n   int    // less than 64
}

// write appends the low k bits of v, whose other bits are zero.
func (w *bitWriter) write(v uint64, k int) {
	room := 64 - w.n
	if k < room {
		w.acc |= v << (room - k)
		w.n += k
		return
	}
	w.acc |= v >> (k - room)
	w.buf = binary.BigEndian.AppendUint64(w.buf, w.acc)
	w.n = k - room
	w.acc = 0
	if w.n > 0 {
		w.acc = v << (64 - w.n)
	}
}

// flush writes the bits that are left, and zeros behind them up to a whole byte.
func (w *bitWriter) flush() {
	for ; w.n > 0; w.n -= 8 {
		w.buf = append(w.buf, byte(w.acc>>56))
		w.acc <<= 8
	}
	w.n, w.acc = 0, 0
}
