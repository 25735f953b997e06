package compress

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

const (
	// maxSendPayload is the largest payload that v2 parents take.
	maxSendPayload = 16255

	// maxSendPlain is the most plain text put into a frame. It is so much
	// below maxSendPayload that no payload exceeds that, even if the text
	// cannot be compressed: lz4 grows the most, by 1/255 and 16 bytes.
	maxSendPlain = 16175

	// sendSize is how much of a message is collected before it is written.
	sendSize = 32 << 10

	// sendWindow is what a parent has to keep of a zstd stream of ours.
	sendWindow = 256 << 10
)

// flusher is the encoder of one of the algorithms that are one stream.
type flusher interface {
	io.Writer
	Flush() error
}

// Writer sends messages in the compression a parent expects. It is for one
// goroutine. After warm-up it allocates nothing.
type Writer struct {
	w         io.Writer
	algorithm Algorithm
	lz4       *lz4.Compressor
	stream    flusher
	out       frameBuffer
	err       error // final: what follows an incomplete frame is lost
}

// frameBuffer collects frames on their way out.
type frameBuffer struct{ b []byte }

func (f *frameBuffer) Write(p []byte) (int, error) {
	f.b = append(f.b, p...)
	return len(p), nil
}

// NewWriter returns a Writer to w, which begins right behind the parent's
// accepting answer. The encoder is set up by the first message. It takes
// 0.15 MiB for lz4, 1 MiB for brotli, 1.2 MiB for gzip and 1.9 MiB for zstd.
func NewWriter(w io.Writer, a Algorithm) *Writer {
	return &Writer{w: w, algorithm: a}
}

// WriteMessage sends p so that the parent can decode all of it at once. A long
// message is cut into several frames, behind a newline where there is one,
// since parents before v1.37 want whole lines in a frame. The bytes reach the
// underlying writer before WriteMessage returns. An error is final.
func (w *Writer) WriteMessage(p []byte) error {
	if w.err == nil {
		w.err = w.write(p)
	}
	return w.err
}

func (w *Writer) write(p []byte) error {
	if w.algorithm == None {
		if len(p) == 0 {
			return nil
		}
		_, err := w.w.Write(p)
		return err
	}
	if w.lz4 == nil && w.stream == nil {
		if err := w.open(); err != nil {
			return fmt.Errorf("set up %s: %w", w.algorithm, err)
		}
	}
	for len(p) > 0 {
		n := cut(p)
		if err := w.appendFrame(p[:n]); err != nil {
			return fmt.Errorf("compress with %s: %w", w.algorithm, err)
		}
		p = p[n:]
		if len(p) == 0 || len(w.out.b) >= sendSize {
			_, err := w.w.Write(w.out.b)
			w.out.b = w.out.b[:0]
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// cut returns how much of p goes into the next frame.
func cut(p []byte) int {
	if len(p) <= maxSendPlain {
		return len(p)
	}
	if i := bytes.LastIndexByte(p[:maxSendPlain], '\n'); i >= 0 {
		return i + 1
	}
	return maxSendPlain
}

func (w *Writer) open() (err error) {
	switch w.algorithm {
	case LZ4:
		w.lz4 = new(lz4.Compressor)
	case ZSTD:
		w.stream, err = zstd.NewWriter(&w.out,
			zstd.WithEncoderConcurrency(1),
			zstd.WithEncoderLevel(zstd.SpeedDefault),
			zstd.WithWindowSize(sendWindow),
			zstd.WithLowerEncoderMem(true),
			zstd.WithEncoderCRC(false), // would come at the end, which never comes
		)
	case GZIP:
		w.stream, err = gzip.NewWriterLevel(&w.out, 3)
	case Brotli:
		w.stream = brotli.NewWriterOptions(&w.out, brotli.WriterOptions{Quality: 3, LGWin: 18})
	default:
		return fmt.Errorf("no encoder")
	}
	return err
}

// appendFrame compresses p, at most maxSendPlain bytes, into one frame.
func (w *Writer) appendFrame(p []byte) error {
	start := len(w.out.b)
	w.out.b = append(w.out.b, make([]byte, headerSize)...)
	if err := w.compress(p); err != nil {
		return err
	}
	size := len(w.out.b) - start - headerSize
	if size == 0 || size > maxSendPayload {
		return fmt.Errorf("%d bytes became a frame of %d", len(p), size)
	}
	putHeader(w.out.b[start:], size)
	return nil
}

// compress appends the compressed p to the buffer. With lz4 each block stands
// for itself: that is legal in a stream of linked blocks, and the library
// cannot link them.
func (w *Writer) compress(p []byte) error {
	if w.lz4 != nil {
		bound := lz4.CompressBlockBound(len(p))
		w.out.b = slices.Grow(w.out.b, bound)
		end := len(w.out.b)
		n, err := w.lz4.CompressBlock(p, w.out.b[end:end+bound])
		w.out.b = w.out.b[:end+n]
		return err
	}
	if _, err := w.stream.Write(p); err != nil {
		return err
	}
	return w.stream.Flush()
}
