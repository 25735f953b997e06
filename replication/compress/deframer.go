package compress

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"sync/atomic"
)

// inputSize is the read buffer of a connection. It holds the largest frame that
// 14 bits of length allow, and hundreds of the usual ones.
const inputSize = 20 << 10

// source counts what is read from the connection.
type source struct {
	r io.Reader
	n atomic.Int64
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.n.Add(int64(n))
	return n, err
}

// deframer takes a stream apart into frames. It is an io.Reader of their
// payloads, so that a decoder can pull from it.
//
// It reads from its source only when a further frame is asked for and is not
// yet in its buffer. A decoder asks for a frame when it has delivered all that
// the frames before gave; hence no byte that can be decoded waits for bytes
// that have not come yet.
type deframer struct {
	algorithm Algorithm
	src       source
	br        *bufio.Reader

	// inspect, if set, looks at each whole payload before the decoder does,
	// and returns what the decoder shall have of it.
	inspect func(payload []byte) ([]byte, error)

	err    error  // final
	offset int64  // of the current piece in the stream
	held   int    // length of the current piece, header included
	inLine bool   // a plain line has begun and its '\n' has not come
	frame  []byte // payload of the current piece
	unread []byte // what Read has not given of it
	plain  int    // bytes decoded from the current frame
}

// start reads as much of the session's first bytes as it needs to see whether
// frames follow. If not, the session is plain text: a child may decide not to
// compress after having agreed to (netdata v1.37.1).
func (d *deframer) start() (framed bool, err error) {
	d.br = bufio.NewReaderSize(&d.src, inputSize)
	for i := range headerSize {
		b, err := d.br.Peek(i + 1)
		if err != nil {
			return false, d.ended(err)
		}
		if !isHeaderByte(i, b[i]) {
			return false, nil
		}
	}
	return true, nil
}

// next returns the payload of the next frame, whole, valid until the next
// call. With lz4, plain lines may stand between frames: then it returns the
// part of the line that is there, up to its '\n', and isText.
func (d *deframer) next() (payload []byte, isText bool, err error) {
	if d.err != nil {
		return nil, false, d.err
	}
	payload, isText, d.err = d.advance()
	return payload, isText, d.err
}

func (d *deframer) advance() (payload []byte, isText bool, err error) {
	d.drop()
	b, err := d.br.Peek(1)
	if err != nil {
		return nil, false, d.ended(err)
	}
	if d.inLine || b[0] != signature {
		if d.algorithm != LZ4 {
			return nil, false, d.corrupt("plain text or garbage in place of a frame", d.buffered(), nil)
		}
		return d.line(), true, nil
	}
	if b, err = d.br.Peek(headerSize); err != nil {
		return nil, false, d.ended(err)
	}
	size, ok := parseHeader(b)
	if !ok {
		return nil, false, d.corrupt("bad frame header", d.buffered(), nil)
	}
	if size == 0 {
		return nil, false, d.corrupt("empty frame", d.buffered(), nil)
	}
	if b, err = d.br.Peek(headerSize + size); err != nil {
		return nil, false, d.ended(err)
	}
	d.held = len(b)
	d.frame = b[headerSize:]
	d.plain = 0
	return d.frame, false, nil
}

// release lets go of the buffers.
func (d *deframer) release() {
	d.br, d.frame, d.unread, d.inspect = nil, nil, nil, nil
}

// drop lets go of the current piece.
func (d *deframer) drop() {
	_, _ = d.br.Discard(d.held) // never fails: the piece is in the buffer
	d.offset += int64(d.held)
	d.held, d.frame, d.unread = 0, nil, nil
}

// line returns the rest of a plain line as far as it is in the buffer.
func (d *deframer) line() []byte {
	b := d.buffered()
	i := bytes.IndexByte(b, '\n')
	if i >= 0 {
		b = b[:i+1]
	}
	d.inLine = i < 0
	d.held, d.frame = len(b), b
	return b
}

// buffered returns what is in the buffer, the current piece included, without
// reading.
func (d *deframer) buffered() []byte {
	b, _ := d.br.Peek(d.br.Buffered())
	return b
}

// ready reports whether next would answer without reading.
func (d *deframer) ready() bool {
	if d.err != nil {
		return false
	}
	b := d.buffered()[d.held:]
	if len(b) == 0 {
		return false
	}
	if d.inLine || b[0] != signature {
		return true
	}
	if len(b) < headerSize {
		return false
	}
	size, ok := parseHeader(b)
	return !ok || len(b) >= headerSize+size
}

// pull makes the next frame the one that Read gives.
func (d *deframer) pull() error {
	if d.err == nil && d.frame != nil && d.plain == 0 {
		d.err = d.corrupt("nothing comes out of a frame", d.frame, nil)
	}
	payload, _, err := d.next()
	if err != nil {
		return err
	}
	if d.inspect != nil {
		payload, d.err = d.inspect(payload)
	}
	d.unread = payload
	return d.err
}

// Read gives payload bytes of one frame.
func (d *deframer) Read(p []byte) (int, error) {
	for len(d.unread) == 0 {
		if err := d.pull(); err != nil {
			return 0, err
		}
	}
	n := copy(p, d.unread)
	d.unread = d.unread[n:]
	return n, nil
}

// ended turns the error that stopped the source into that of the stream: the
// end is clean only between frames, anything but an end stays as it is.
func (d *deframer) ended(err error) error {
	if b := d.buffered(); errors.Is(err, io.EOF) && len(b) > 0 {
		return d.corrupt("cut inside a frame", b, io.ErrUnexpectedEOF)
	}
	return err
}

// corrupt returns a FormatError about the current piece, which begins with b.
func (d *deframer) corrupt(what string, b []byte, cause error) error {
	return &FormatError{
		Algorithm: d.algorithm,
		What:      what,
		Offset:    d.offset,
		Head:      bytes.Clone(b[:min(len(b), 16)]),
		Err:       cause,
	}
}
