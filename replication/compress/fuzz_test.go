package compress

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"
)

// fuzzReader reads any bytes, once as they are and once as the payload of a
// second frame, which gets deeper. The outcome must not depend on how the
// bytes arrive, and the text is bounded by the number of frames.
func fuzzReader(f *testing.F, a Algorithm, recorded ...string) {
	for _, name := range recorded {
		b := testdata(f, name)
		f.Add(b[:4000])
		size, _ := parseHeader(b)
		f.Add(b[headerSize : headerSize+size])
	}
	f.Add(encode(f, a, messages(1, 3)...))
	f.Add([]byte("CHART a.b\nBEGIN a.b\n"))
	f.Add(append(encode(f, a, []byte("END\n")), "BEGIN a.b\n"...))
	first := encode(f, a, []byte("BEGIN a.b 1\n"))

	f.Fuzz(func(t *testing.T, b []byte) {
		streams := [][]byte{b}
		if payload := b[:min(len(b), 16383)]; len(payload) > 0 {
			streams = append(streams, frameOf(payload), append(bytes.Clone(first), frameOf(payload)...))
		}
		for _, stream := range streams {
			text, err := decode(a, stream)
			var fe *FormatError
			if err != nil && !errors.As(err, &fe) {
				t.Fatalf("error is %v (%T)", err, err)
			}
			// Each frame has at least five bytes, plain text is as long as it is.
			if most := (len(stream)/5+1)*maxPlain + len(stream); len(text) > most {
				t.Fatalf("%d bytes gave %d", len(stream), len(text))
			}
			r := NewReader(iotest.OneByteReader(bytes.NewReader(stream)), a)
			again, errAgain := readRandom(r, rand.New(rand.NewPCG(1, 1)), 300)
			if errors.Is(errAgain, io.EOF) {
				errAgain = nil
			}
			if !bytes.Equal(text, again) || (err == nil) != (errAgain == nil) {
				t.Fatalf("all at once: %d bytes, %v; one by one: %d bytes, %v", len(text), err, len(again), errAgain)
			}
		}
	})
}

func FuzzReaderLZ4(f *testing.F)    { fuzzReader(f, LZ4, "lz4-1.37.1", "lz4-2.11.0") }
func FuzzReaderZSTD(f *testing.F)   { fuzzReader(f, ZSTD, "zstd-2.11.0") }
func FuzzReaderGZIP(f *testing.F)   { fuzzReader(f, GZIP, "gzip-2.11.0") }
func FuzzReaderBrotli(f *testing.F) { fuzzReader(f, Brotli, "brotli-2.11.0") }

// FuzzRoundTrip sends any message through all algorithms.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("BEGIN a.b\nEND\n"), uint16(3))
	f.Add(random(1, 20_000), uint16(1000))
	f.Fuzz(func(t *testing.T, b []byte, cut uint16) {
		i := min(int(cut), len(b))
		for _, a := range append(framed, None) {
			got, err := decode(a, encode(t, a, b[:i], b[i:]))
			if err != nil || !bytes.Equal(got, b) {
				t.Fatalf("%v: %v", a, err)
			}
		}
	})
}
