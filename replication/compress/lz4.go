package compress

import "github.com/pierrec/lz4/v4"

const (
	lz4Window = 64 << 10 // how far a block may refer back
	lz4Usual  = 16 << 10 // the most that agents put into a block
	lz4Buffer = lz4Window + 2*lz4Usual
)

// lz4Reader decodes frames that hold raw lz4 blocks, each of which may refer
// to the 64 KiB of plain text before it. Plain lines between the frames are
// passed on and are no part of that history.
type lz4Reader struct {
	frames *deframer
	out    []byte // decoded and not yet delivered: part of buf, or a plain line

	// buf holds the history, buf[:end], and room for the next block behind
	// it. When the room gets short the last 64 KiB move to the front, which
	// happens once in 16 to 32 KiB of text.
	buf []byte
	end int
}

func (l *lz4Reader) Read(p []byte) (int, error) {
	if len(l.out) == 0 {
		b, isText, err := l.frames.next()
		if err != nil {
			return 0, err
		}
		if !isText {
			if b, err = l.decode(b); err != nil {
				return 0, err
			}
		}
		l.out = b
	}
	n := copy(p, l.out)
	l.out = l.out[n:]
	return n, nil
}

// decode returns the plain text of a block, valid until the next call.
func (l *lz4Reader) decode(block []byte) ([]byte, error) {
	l.makeRoom(lz4Usual)
	n, err := l.tryDecode(block)
	if err != nil {
		// The decoder does not say whether the block is wrong or the room
		// too small. Only real bombs and unusual senders come here.
		size, ok := lz4PlainSize(block)
		switch {
		case !ok:
			return nil, l.frames.corrupt("corrupt block", block, err)
		case size > maxPlain:
			return nil, l.frames.corrupt("more than 64 KiB come out of a frame", block, ErrBomb)
		}
		l.makeRoom(size)
		if n, err = l.tryDecode(block); err != nil {
			return nil, l.frames.corrupt("corrupt block", block, err)
		}
	}
	if n == 0 {
		return nil, l.frames.corrupt("nothing comes out of a frame", block, nil)
	}
	text := l.buf[l.end : l.end+n]
	l.end += n
	return text, nil
}

// tryDecode needs some room: the library faults on an empty destination.
func (l *lz4Reader) tryDecode(block []byte) (int, error) {
	room := l.buf[l.end:]
	history := l.buf[max(0, l.end-lz4Window):l.end]
	return lz4.UncompressBlockWithDict(block, room[:min(len(room), maxPlain)], history)
}

// makeRoom sees to n free bytes behind the history.
func (l *lz4Reader) makeRoom(n int) {
	if len(l.buf)-l.end >= n {
		return
	}
	from := l.buf[max(0, l.end-lz4Window):l.end]
	if need := lz4Window + n; need > len(l.buf) {
		l.buf = make([]byte, max(need, lz4Buffer))
	}
	l.end = copy(l.buf, from)
}

// lz4PlainSize adds up the lengths a block states. It reports false if the
// block is cut.
func lz4PlainSize(block []byte) (size int, ok bool) {
	i := 0
	length := func(nibble byte) int {
		n := int(nibble)
		for more := nibble == 15; more; i++ {
			if i >= len(block) {
				return -1
			}
			n += int(block[i])
			more = block[i] == 255
		}
		return n
	}
	for i < len(block) {
		token := block[i]
		i++
		literals := length(token >> 4)
		if literals < 0 || literals > len(block)-i {
			return 0, false
		}
		i += literals
		size += literals
		if i == len(block) { // the last sequence has no match
			return size, true
		}
		i += 2 // offset
		match := length(token & 15)
		if match < 0 {
			return 0, false
		}
		size += match + 4
	}
	return size, i == len(block)
}
