package tier

import (
	"encoding/binary"
)

// A page lists series of a block in the order of their keys, with the place of their records, which are one behind the
// other:
//
//	uvarint  place of the first record in the file
//	uvarint  number of series, and of each:
//	         uvarint  bytes that its key has in common with the key before
//	         uvarint  length of the rest of the key, the rest
//	         uvarint  length of the record
//	         uvarint  number of its first window
//	         uvarint  windows from the first to the last
//	CRC-32C of all that

// Limits of what is read.
const (
	maxKey    = 1 << 16
	maxRecord = 1 << 28
	maxPage   = 1 << 24
)

// entry is one series of a page.
type entry struct {
	key         []byte
	at          int64 // place of the record in the file
	size        int
	first, last int64 // windows
}

// pageWriter makes pages.
type pageWriter struct {
	entries []byte
	count   int
	at      int64 // of the first record
	first   []byte
	prev    []byte
}

func (w *pageWriter) add(e *entry) {
	shared := 0
	if w.count == 0 {
		w.at = e.at
		w.first = append(w.first[:0], e.key...)
	} else {
		for shared < len(w.prev) && shared < len(e.key) && w.prev[shared] == e.key[shared] {
			shared++
		}
	}
	w.entries = binary.AppendUvarint(w.entries, uint64(shared))
	w.entries = binary.AppendUvarint(w.entries, uint64(len(e.key)-shared))
	w.entries = append(w.entries, e.key[shared:]...)
	w.entries = binary.AppendUvarint(w.entries, uint64(e.size))
	w.entries = binary.AppendUvarint(w.entries, uint64(e.first))
	w.entries = binary.AppendUvarint(w.entries, uint64(e.last-e.first))
	w.prev = append(w.prev[:0], e.key...)
	w.count++
}

func (w *pageWriter) bytes() []byte {
	b := binary.AppendUvarint(nil, uint64(w.at))
	b = binary.AppendUvarint(b, uint64(w.count))
	return appendChecksum(append(b, w.entries...))
}

func (w *pageWriter) reset() { w.entries, w.count = w.entries[:0], 0 }

// pageReader reads the entries of a page.
type pageReader struct {
	r     chunkReader
	left  int
	entry entry // the current one; its key is valid until the next one
}

// open begins to read a page.
func (p *pageReader) open(page []byte) error {
	b, err := verify(page)
	if err != nil {
		return err
	}
	p.r = chunkReader{b: b}
	p.entry.at, p.entry.size = int64(p.r.uvarint(1<<62)), 0
	p.left = int(p.r.uvarint(maxPage))
	p.entry.key = p.entry.key[:0]
	if p.r.bad {
		return errCorrupt
	}
	return nil
}

// next reads the next entry, and says whether there is one.
func (p *pageReader) next() (bool, error) {
	if p.left == 0 {
		return false, nil
	}
	p.left--
	e := &p.entry
	e.at += int64(e.size)
	shared := int(p.r.uvarint(uint64(len(e.key))))
	rest := p.r.bytes(int(p.r.uvarint(maxKey)))
	e.key = append(e.key[:shared], rest...)
	e.size = int(p.r.uvarint(maxRecord))
	e.first = int64(p.r.uvarint(maxWindow))
	e.last = e.first + int64(p.r.uvarint(maxWindow))
	if p.r.bad {
		return false, errCorrupt
	}
	return true, nil
}
