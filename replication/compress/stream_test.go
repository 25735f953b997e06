package compress

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

var streams = []Algorithm{ZSTD, GZIP, Brotli}

// flushed returns the payload that one flush gives for text, unbounded, and
// the encoder to go on with.
func flushed(t *testing.T, a Algorithm, out *bytes.Buffer) interface {
	flusher
	io.Closer
} {
	t.Helper()
	switch a {
	case ZSTD:
		w, err := zstd.NewWriter(out, zstd.WithEncoderConcurrency(1))
		if err != nil {
			t.Fatal(err)
		}
		return w
	case GZIP:
		return gzip.NewWriter(out)
	default:
		return brotli.NewWriterLevel(out, 5)
	}
}

func take(out *bytes.Buffer) []byte {
	b := bytes.Clone(out.Bytes())
	out.Reset()
	return b
}

func TestStreamBomb(t *testing.T) {
	forEach(t, streams, func(t *testing.T, a Algorithm) {
		for _, size := range []int{maxPlain, maxPlain + 1, 130_000, 10 << 20} {
			for _, chunk := range []int{1000, 1 << 20} {
				var out bytes.Buffer
				w := flushed(t, a, &out)
				w.Write([]byte("END\n"))
				w.Flush()
				stream := frameOf(take(&out))
				w.Write(make([]byte, size))
				w.Flush()
				payload := take(&out)
				if len(payload) > 16383 {
					t.Fatalf("%d bytes are no frame", len(payload))
				}
				stream = append(stream, frameOf(payload)...)

				r := NewReader(bytes.NewReader(stream), a)
				n, err := 0, error(nil)
				for buf := make([]byte, chunk); err == nil; {
					var m int
					m, err = r.Read(buf)
					n += m
				}
				if size <= maxPlain {
					if !errors.Is(err, io.EOF) || n != 4+size {
						t.Errorf("%d bytes: %d came out, %v", size, n, err)
					}
					continue
				}
				wantFormatError(t, err, a, "more than 64 KiB come out of a frame", ErrBomb)
				if n != 4+maxPlain {
					t.Errorf("%d bytes of a bomb came out", n)
				}
			}
		}
	})
}

func TestStreamEnd(t *testing.T) {
	forEach(t, streams, func(t *testing.T, a Algorithm) {
		var out bytes.Buffer
		w := flushed(t, a, &out)
		w.Write([]byte("BEGIN a.b\nEND\n"))
		w.Flush()
		first := frameOf(take(&out))
		w.Write([]byte("BEGIN a.b\nEND\n"))
		w.Close()
		last := frameOf(take(&out))

		f := func(name string, frames ...[]byte) {
			t.Helper()
			_, err := decode(a, bytes.Join(frames, nil))
			if _, ok := errors.AsType[*FormatError](err); !ok {
				t.Errorf("%s: error is %v", name, err)
			}
		}
		f("end", first, last)
		f("something behind the end", first, last, first)
		f("begins again", first, first)
	})
}

func TestStreamFrameWithoutText(t *testing.T) {
	forEach(t, streams, func(t *testing.T, a Algorithm) {
		stream := encode(t, a, []byte("END\n"))
		var idle []byte
		switch a {
		case ZSTD:
			idle = []byte{0, 0, 0} // raw block of size 0
		case GZIP:
			idle = []byte{0, 0, 0, 0xFF, 0xFF} // stored block of size 0
		case Brotli:
			idle = []byte{6} // metadata block of size 0
		}
		for _, tail := range [][]byte{nil, stream} {
			_, err := decode(a, append(append(bytes.Clone(stream), frameOf(idle)...), tail...))
			wantFormatError(t, err, a, "nothing comes out of a frame", nil)
		}
	})
}

// TestStreamHeaderAlone: the text must come with the frame, not later.
func TestStreamHeaderAlone(t *testing.T) {
	forEach(t, streams, func(t *testing.T, a Algorithm) {
		stream := encode(t, a, []byte("END\n"))
		payload := stream[headerSize:]
		for n := 1; n < len(payload); n++ {
			got, err := decode(a, append(frameOf(payload[:n]), frameOf(payload[n:])...))
			var fe *FormatError
			if err == nil && string(got) != "END\n" || err != nil && !errors.As(err, &fe) {
				t.Errorf("cut at %d: %q, %v", n, got, err)
			}
		}
	})
}

func TestZSTDRefusals(t *testing.T) {
	const magic = "\x28\xB5\x2F\xFD"
	f := func(payload, what string) {
		t.Helper()
		_, err := decode(ZSTD, frameOf([]byte(payload)))
		wantFormatError(t, err, ZSTD, what, nil)
	}
	f("nonsense", "bad zstd header")
	f(magic, "bad zstd header")
	f("\x50\x2A\x4D\x18\x00\x00\x00\x00", "skippable data")
	f(magic+"\x00\x58\x01", "zstd block cut by its frame")
	f(magic+"\x00\x58\x28\x00\x00EN", "zstd block cut by its frame")
	f(magic+"\x00\x58\x06\x00\x00", "zstd block of reserved type")
	f(magic+"\x00\x58\x21\x00\x00END\n", "end of a stream that must not end")
	f(magic+"\x00\x70\x20\x00\x00END\n", "corrupt data")     // 16 MiB of window
	f(magic+"\x01\x58\x07\x20\x00\x00END\n", "corrupt data") // dictionary

	got, err := decode(ZSTD, frameOf([]byte(magic+"\x00\x68\x20\x00\x00END\n"))) // 8 MiB of window
	if err != nil || string(got) != "END\n" {
		t.Errorf("8 MiB: %q, %v", got, err)
	}
}

func TestGZIPRefusals(t *testing.T) {
	const header = "\x1F\x8B\x08\x00\x00\x00\x00\x00\x00\x03"
	f := func(payload, what string) {
		t.Helper()
		_, err := decode(GZIP, frameOf([]byte(payload)))
		wantFormatError(t, err, GZIP, what, nil)
	}
	f("nonsense", "bad gzip header")
	f(header[:9], "bad gzip header")
	f("\x1F\x8B\x08\x08\x00\x00\x00\x00\x00\x03name\x00", "bad gzip header")
	f(header, "nothing comes out of a frame")
	f(header+"\x06", "corrupt data") // block of reserved type
}

func TestBrotliWindow(t *testing.T) {
	for _, lgwin := range []int{10, 16, 17, 18, 22, 23, 24} {
		t.Run(fmt.Sprint(lgwin), func(t *testing.T) {
			var out bytes.Buffer
			w := brotli.NewWriterOptions(&out, brotli.WriterOptions{Quality: 5, LGWin: lgwin})
			w.Write([]byte("BEGIN a.b\nEND\n"))
			w.Flush()
			got, err := decode(Brotli, frameOf(out.Bytes()))
			if lgwin > 23 {
				wantFormatError(t, err, Brotli, "brotli window above 8 MiB", nil)
			} else if err != nil || string(got) != "BEGIN a.b\nEND\n" {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}
