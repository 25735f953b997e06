package compress

import (
	"io"
	"os"
	"sync/atomic"
)

// Reader gives the plain text of what a child sends. It takes the place of
// its source: whatever the first bytes of the session tell (frames or plain
// text), Read gives lines as the child wrote them, cut anywhere.
//
// It decodes inside Read, without goroutines, and reads from its source only
// when all text of the frames received so far has been delivered. So a second
// that has arrived is never held back, and a source may take being read as
// the sign that its reader has caught up.
//
// A Reader allocates on its first Read. From then on a connection holds
//
//	none     nothing; reads go straight into the caller's buffer
//	gzip     60 KiB
//	lz4      116 KiB: input 20, history 64, output 32
//	brotli   0.1 MiB and the text so far, up to the window: 4 MiB from an agent
//	zstd     3.2 MiB, as agents ask for a window of 2 MiB
//
// and never more than the decoder of a window of 8 MiB takes, whatever the
// child sends. Where there are thousands of children, lz4 or gzip should come
// first in "compression algorithms order".
//
// Reading is for one goroutine; BytesIn and BytesOut are for any.
type Reader struct {
	frames deframer
	dec    io.Reader // nil: plain text, or not begun
	begun  bool
	err    error // final
	out    atomic.Int64
}

// NewReader returns a Reader of r, which begins right behind the accepted
// request. It does not read yet.
func NewReader(r io.Reader, a Algorithm) *Reader {
	return &Reader{frames: deframer{algorithm: a, src: source{r: r}}}
}

// Read fills p with plain text, at least one byte, and with more as long as
// whole frames are in the buffer already.
//
// It returns io.EOF at a clean end, a *FormatError if the stream is not what
// it should be (wrapping ErrBomb, or io.ErrUnexpectedEOF for a frame cut by the
// end), and the source's own error otherwise. All are final.
func (r *Reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if r.err == nil && !r.begun {
		r.begun = true
		r.err = r.begin()
	}
	if r.err != nil {
		return 0, r.err
	}
	var n int
	if r.dec == nil {
		n, r.err = r.readPlain(p)
	} else {
		n, r.err = r.readFrames(p)
	}
	r.out.Add(int64(n))
	if n > 0 {
		return n, nil
	}
	return 0, r.err
}

func (r *Reader) begin() error {
	if r.frames.algorithm == None {
		return nil
	}
	framed, err := r.frames.start()
	if err != nil || !framed {
		return err
	}
	if r.frames.algorithm == LZ4 {
		r.dec = &lz4Reader{frames: &r.frames}
	} else {
		r.dec = &streamReader{frames: &r.frames}
	}
	return nil
}

func (r *Reader) readFrames(p []byte) (n int, err error) {
	for {
		var m int
		m, err = r.dec.Read(p[n:])
		n += m
		if err != nil || n == len(p) || !r.frames.ready() {
			return n, err
		}
	}
}

// readPlain gives what start has looked at, then reads without a buffer.
func (r *Reader) readPlain(p []byte) (int, error) {
	if br := r.frames.br; br != nil {
		if br.Buffered() > 0 {
			return br.Read(p)
		}
		r.frames.br = nil
	}
	return r.frames.src.Read(p)
}

// Close lets go of the buffers. It does not close the source, and must not be
// called during a Read. Reading after Close returns os.ErrClosed.
func (r *Reader) Close() error {
	if s, ok := r.dec.(*streamReader); ok {
		s.close()
	}
	r.frames.release()
	r.dec, r.begun, r.err = nil, true, os.ErrClosed
	return nil
}

// BytesIn returns the number of bytes read from the source, frame headers
// included.
func (r *Reader) BytesIn() int64 { return r.frames.src.n.Load() }

// BytesOut returns the number of plain bytes delivered.
func (r *Reader) BytesOut() int64 { return r.out.Load() }
