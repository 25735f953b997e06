package tier

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync/atomic"

	"github.com/oklog/ulid/v2"
)

// errVersion says that a block is of a version that is not known.
var errVersion = errors.New("unknown version")

// block is an open block of a coarse tier.
type block struct {
	id    ulid.ULID
	path  string
	f     *os.File
	size  int64
	meta  blockMeta
	pages []pageRef

	refs atomic.Int64 // of readers, and one of the tier; the file is closed with the last
	bad  atomic.Bool  // what a reader found is corrupt
}

// pageRef is the place of a page.
type pageRef struct {
	first []byte // key of its first series
	at    int64
	size  int
}

// openBlock opens the block in the file path. The error is errCorrupt or errVersion when it cannot be read for good.
func openBlock(path string) (_ *block, err error) {
	name := strings.TrimSuffix(filepath.Base(path), blockSuffix)
	id, err := ulid.ParseStrict(name)
	if err != nil {
		return nil, fmt.Errorf("name of %s: %w", path, errVersion)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	b := &block{id: id, path: path, f: f}
	b.refs.Store(1)
	if err := b.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("open block %s: %w", path, err), f.Close())
	}
	return b, nil
}

func (b *block) open() error {
	info, err := b.f.Stat()
	if err != nil {
		return err
	}
	b.size = info.Size()
	if b.size < int64(trailerSize+len(blockMagic)) {
		return errCorrupt
	}
	trailer, err := b.read(b.size-int64(trailerSize), trailerSize)
	if err != nil {
		return err
	}
	fixed, magic := trailer[:trailerSize-len(blockMagic)], string(trailer[trailerSize-len(blockMagic):])
	if magic != blockMagic {
		if n := len(magic) - 1; magic[:n] == blockMagic[:n] {
			return errVersion
		}
		return errCorrupt
	}
	if fixed, err = verify(fixed); err != nil {
		return err
	}
	at := binary.LittleEndian.Uint64(fixed)
	indexSize, metaSize := int64(binary.LittleEndian.Uint32(fixed[8:])), int64(binary.LittleEndian.Uint32(fixed[12:]))
	if at > uint64(b.size) || int64(at)+indexSize+metaSize+int64(trailerSize) != b.size {
		return errCorrupt
	}
	tail, err := b.read(int64(at), int(indexSize+metaSize))
	if err != nil {
		return err
	}
	index, err := verify(tail[:indexSize:indexSize])
	if err != nil {
		return err
	}
	meta, err := verify(tail[indexSize:])
	if err != nil {
		return err
	}
	if err := json.Unmarshal(meta, &b.meta); err != nil {
		return fmt.Errorf("%w: %w", errCorrupt, err)
	}
	if m := &b.meta; m.Step <= 0 || m.Step > maxStep || m.First > m.Last || m.First < 0 || m.Last > maxWindow {
		return errCorrupt
	}
	return b.readIndex(index, int64(at))
}

// readIndex reads the index of pages, which are before place end.
func (b *block) readIndex(index []byte, end int64) error {
	r := chunkReader{b: index}
	for n := r.uvarint(uint64(len(index))); n > 0 && !r.bad; n-- {
		ref := pageRef{first: r.bytes(int(r.uvarint(maxKey)))}
		ref.at = int64(r.uvarint(uint64(end)))
		ref.size = int(r.uvarint(maxPage))
		if ref.at+int64(ref.size) > end {
			return errCorrupt
		}
		b.pages = append(b.pages, ref)
	}
	if r.bad {
		return errCorrupt
	}
	return nil
}

// read returns a part of the file.
func (b *block) read(at int64, size int) ([]byte, error) {
	return b.readInto(nil, at, size)
}

// readInto is read into a buffer that is made larger when it has to be.
func (b *block) readInto(buf []byte, at int64, size int) ([]byte, error) {
	if at < 0 || at > b.size-int64(size) {
		return nil, errCorrupt
	}
	if cap(buf) < size {
		buf = make([]byte, size, size+padding)
	}
	buf = buf[:size]
	if _, err := b.f.ReadAt(buf, at); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errCorrupt
		}
		return nil, err
	}
	return buf, nil
}

// acquire keeps the file open until release. It may be called by who holds a reference, or the lock of the tier that has
// the block.
func (b *block) acquire() { b.refs.Add(1) }

func (b *block) release() error {
	if b.refs.Add(-1) > 0 {
		return nil
	}
	return b.f.Close()
}

// fail notes that the block is corrupt when err says so, and returns the error with the name of the block.
func (b *block) fail(err error) error {
	if errors.Is(err, errCorrupt) {
		b.bad.Store(true)
	}
	return fmt.Errorf("block %s: %w", b.path, err)
}

// overlaps says whether the block can have windows that end in (after, before], in unix seconds.
func (b *block) overlaps(after, before int64) bool {
	return b.meta.Series > 0 && b.meta.First <= before && b.meta.Last > after
}

// keys is an iterator over the series of a block in the order of their keys.
type keys struct {
	b    *block
	page int // the next one
	buf  []byte
	pageReader
}

// seek returns an iterator that begins at, or a little before, the first key that is not less than the given one.
func (b *block) seek(key []byte) *keys {
	after := sort.Search(len(b.pages), func(i int) bool { return bytes.Compare(b.pages[i].first, key) > 0 })
	return &keys{b: b, page: max(0, after-1)}
}

// next goes to the next series, and says whether there is one.
func (k *keys) next() (bool, error) {
	for {
		ok, err := k.pageReader.next()
		if err != nil {
			return false, k.b.fail(err)
		}
		if ok {
			return true, nil
		}
		if k.page == len(k.b.pages) {
			return false, nil
		}
		ref := k.b.pages[k.page]
		k.page++
		if k.buf, err = k.b.readInto(k.buf, ref.at, ref.size); err == nil {
			err = k.open(k.buf)
		}
		if err != nil {
			return false, k.b.fail(err)
		}
	}
}

// prefixed calls f for each series whose key begins so.
func (b *block) prefixed(prefix []byte, f func(e *entry) error) error {
	k := b.seek(prefix)
	for {
		ok, err := k.next()
		if err != nil || !ok {
			return err
		}
		switch {
		case bytes.HasPrefix(k.entry.key, prefix):
			if err := f(&k.entry); err != nil {
				return err
			}
		case bytes.Compare(k.entry.key, prefix) > 0:
			return nil
		}
	}
}

// maxStep is the longest step of a tier, in seconds.
const maxStep = math.MaxInt32
