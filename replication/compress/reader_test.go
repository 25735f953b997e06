package compress

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"testing"
	"testing/iotest"
)

func TestAlgorithmNames(t *testing.T) {
	for a, name := range map[Algorithm]string{None: "none", LZ4: "lz4", ZSTD: "zstd", GZIP: "gzip", Brotli: "brotli"} {
		if got, ok := ParseAlgorithm(name); !ok || got != a || a.String() != name {
			t.Errorf("%q parses as %v, %v; %d prints as %q", name, got, ok, a, a)
		}
	}
	for _, name := range []string{"", "LZ4", "deflate", "algorithm(5)"} {
		if a, ok := ParseAlgorithm(name); ok {
			t.Errorf("%q parses as %v", name, a)
		}
	}
}

// chunks reads from b in pieces of random size.
type chunks struct {
	b   []byte
	rnd *rand.Rand
	max int
}

func (c *chunks) Read(p []byte) (int, error) {
	if len(c.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.b[:min(len(c.b), 1+c.rnd.IntN(c.max))])
	c.b = c.b[n:]
	return n, nil
}

// readRandom reads all of r in pieces of random size.
func readRandom(r io.Reader, rnd *rand.Rand, most int) (all []byte, err error) {
	buf := make([]byte, most)
	for {
		n, err := r.Read(buf[:1+rnd.IntN(most)])
		all = append(all, buf[:n]...)
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
	}
}

func TestReaderTakesAnySplit(t *testing.T) {
	forEach(t, append(framed, None), func(t *testing.T, a Algorithm) {
		msgs := messages(7, 300)
		msgs = append(msgs, random(1, 50_000), bytes.Repeat([]byte("SET2 'x' #A # A\n"), 5000))
		want := bytes.Join(msgs, nil)
		stream := encode(t, a, msgs...)

		check := func(name string, src io.Reader, most int) {
			t.Helper()
			r := NewReader(src, a)
			got, err := readRandom(r, rand.New(rand.NewPCG(3, 3)), most)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if !bytes.Equal(got, want) {
				t.Fatalf("%s: text differs", name)
			}
			if r.BytesIn() != int64(len(stream)) || r.BytesOut() != int64(len(want)) {
				t.Errorf("%s: counted %d in, %d out; want %d, %d", name, r.BytesIn(), r.BytesOut(), len(stream), len(want))
			}
			if n, err := r.Read(make([]byte, 10)); n != 0 || !errors.Is(err, io.EOF) {
				t.Errorf("%s: Read after the end gives %d, %v", name, n, err)
			}
		}
		check("all at once", bytes.NewReader(stream), 100_000)
		check("all at once, small reads", bytes.NewReader(stream), 3)
		check("one byte", iotest.OneByteReader(bytes.NewReader(stream)), 5000)
		check("half", iotest.HalfReader(bytes.NewReader(stream)), 5000)
		check("data with EOF", iotest.DataErrReader(bytes.NewReader(stream)), 70_000)
		for seed, most := range []int{3, 100, 5000, 60_000} {
			check("random", &chunks{b: stream, rnd: rand.New(rand.NewPCG(uint64(seed), 0)), max: most}, 1+most/2)
		}
	})
}

// paced hands out a stream in the given pieces and checks, whenever it is
// read, that the text of all whole frames handed out before was delivered.
type paced struct {
	t         *testing.T
	pieces    [][]byte
	ends      []int // stream offset where each frame ends
	texts     []int // plain offset where its text ends
	given     int
	delivered int
}

func (p *paced) Read(b []byte) (int, error) {
	for len(p.ends) > 0 && p.ends[0] <= p.given {
		if p.delivered < p.texts[0] {
			p.t.Fatalf("asked for more with %d of %d bytes of text delivered", p.delivered, p.texts[0])
		}
		p.ends, p.texts = p.ends[1:], p.texts[1:]
	}
	for len(p.pieces) > 0 && len(p.pieces[0]) == 0 {
		p.pieces = p.pieces[1:]
	}
	if len(p.pieces) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.pieces[0])
	p.pieces[0] = p.pieces[0][n:]
	p.given += n
	return n, nil
}

// TestReaderAsksOnlyWhenDrained: a live second must not wait for the next one,
// and the source takes being read as the sign that all before was taken in.
func TestReaderAsksOnlyWhenDrained(t *testing.T) {
	forEach(t, append(framed, None), func(t *testing.T, a Algorithm) {
		msgs := messages(11, 200)
		msgs = append(msgs, bytes.Repeat([]byte("a"), 16000), random(2, 16000), []byte("\n"))
		msgs = append(msgs, messages(12, 50)...)

		var stream bytes.Buffer
		var ends, texts []int
		w := NewWriter(&stream, a)
		plain := 0
		for _, m := range msgs {
			if err := w.WriteMessage(m); err != nil {
				t.Fatal(err)
			}
			plain += len(m)
			ends = append(ends, stream.Len())
			texts = append(texts, plain)
		}

		check := func(pieces [][]byte, size int) {
			t.Helper()
			p := &paced{t: t, pieces: pieces, ends: ends, texts: texts}
			r := NewReader(p, a)
			defer r.Close()
			buf := make([]byte, size)
			for {
				n, err := r.Read(buf)
				p.delivered += n
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if p.delivered != plain {
				t.Errorf("%d of %d bytes came out", p.delivered, plain)
			}
		}
		cut := func(most int) (pieces [][]byte) {
			rnd := rand.New(rand.NewPCG(uint64(most), 5))
			for b := stream.Bytes(); len(b) > 0; {
				n := min(len(b), 1+rnd.IntN(most))
				pieces = append(pieces, b[:n])
				b = b[n:]
			}
			return pieces
		}
		frames := func() (pieces [][]byte) {
			start := 0
			for _, end := range ends {
				pieces = append(pieces, stream.Bytes()[start:end])
				start = end
			}
			return pieces
		}
		check(cut(5000), 1)
		for _, size := range []int{13, 1000, 16384, 200_000} {
			check(frames(), size)
			check(cut(50), size)
			check(cut(5000), size)
			check(cut(100_000), size)
		}
	})
}

func TestReaderTakesPlainSession(t *testing.T) {
	forEach(t, append(framed, None), func(t *testing.T, a Algorithm) {
		for _, text := range []string{
			"",
			"B",
			"END\n",
			"CHART x.y\n" + string(bytes.Repeat([]byte("SET a = 1\n"), 10_000)),
			"LABEL\n" + string(frameOf([]byte("later frames are text, too"))),
			"\xFA is no frame\n",
			"\xFA\x80\x80 nor is this",
		} {
			for _, src := range []io.Reader{
				bytes.NewReader([]byte(text)),
				iotest.OneByteReader(bytes.NewReader([]byte(text))),
			} {
				got, err := io.ReadAll(NewReader(src, a))
				if err != nil || string(got) != text {
					t.Errorf("%.20q came out as %.20q, %v", text, got, err)
				}
			}
		}
	})
}

func TestReaderPlainSessionIsNotHeldBack(t *testing.T) {
	forEach(t, append(framed, None), func(t *testing.T, a Algorithm) {
		p := &paced{t: t, pieces: [][]byte{[]byte("B"), []byte("EG"), []byte("IN\n")}, ends: []int{1, 3, 6}, texts: []int{1, 3, 6}}
		r := NewReader(p, a)
		for p.delivered < 6 {
			n, err := r.Read(make([]byte, 100))
			if err != nil {
				t.Fatal(err)
			}
			p.delivered += n
		}
	})
}

func TestReaderCutFrame(t *testing.T) {
	forEach(t, framed, func(t *testing.T, a Algorithm) {
		msgs := messages(5, 3)
		whole := encode(t, a, msgs[:2]...)
		stream := encode(t, a, msgs...)
		for n := len(whole) + 1; n < len(stream); n++ {
			got, err := decode(a, stream[:n])
			wantFormatError(t, err, a, "cut inside a frame", io.ErrUnexpectedEOF)
			if want := len(msgs[0]) + len(msgs[1]); len(got) != want {
				t.Fatalf("cut at %d: %d bytes came out, want %d", n, len(got), want)
			}
		}
		for n := 1; n < 5; n++ { // the very first frame
			_, err := decode(a, stream[:n])
			wantFormatError(t, err, a, "cut inside a frame", io.ErrUnexpectedEOF)
		}
		if _, err := decode(a, whole); err != nil {
			t.Errorf("end between frames: %v", err)
		}
	})
}

func TestReaderPassesSourceErrors(t *testing.T) {
	errSource := errors.New("connection reset")
	forEach(t, append(framed, None), func(t *testing.T, a Algorithm) {
		msgs := messages(6, 4)
		stream := encode(t, a, msgs...)
		for _, cause := range []error{errSource, os.ErrDeadlineExceeded} {
			for _, n := range []int{0, 1, 3, len(stream) / 2, len(stream)} {
				r := NewReader(io.MultiReader(bytes.NewReader(stream[:n]), iotest.ErrReader(cause)), a)
				_, err := io.ReadAll(r)
				if !errors.Is(err, cause) {
					t.Errorf("after %d bytes: error is %v, want %v", n, err, cause)
				}
				if _, again := r.Read(make([]byte, 1)); !errors.Is(again, err) {
					t.Errorf("after %d bytes: error became %v", n, again)
				}
			}
		}
	})
}

func TestReaderRefusesGarbage(t *testing.T) {
	forEach(t, framed, func(t *testing.T, a Algorithm) {
		good := encode(t, a, []byte("BEGIN a.b 1000000\nEND\n"))
		f := func(tail []byte, what string) {
			t.Helper()
			_, err := decode(a, append(bytes.Clone(good), tail...))
			wantFormatError(t, err, a, what, nil)
			var fe *FormatError
			if errors.As(err, &fe) && fe.Offset != int64(len(good)) {
				t.Errorf("error is placed at %d, want %d", fe.Offset, len(good))
			}
		}
		f(frameOf(nil), "empty frame")
		f([]byte{0xFA, 0x01, 0x80, '\n', 1, 2, 3}, "bad frame header")
		f([]byte{0xFA, 0x81, 0x80, ' ', 1, 2, 3}, "bad frame header")
		if a != LZ4 {
			f([]byte("BEGIN a.b\n"), "plain text or garbage in place of a frame")
			f([]byte{0}, "plain text or garbage in place of a frame")
		}

		if a == Brotli {
			return // has no checks, noise may well decode to something
		}
		for seed := range uint64(50) {
			_, err := decode(a, append(bytes.Clone(good), frameOf(random(seed, 300))...))
			if err == nil {
				t.Errorf("noise %d was taken", seed)
			}
			_, err = decode(a, frameOf(random(seed, 300)))
			if err == nil {
				t.Errorf("noise %d was taken at the start", seed)
			}
		}
	})
}

func TestReaderAfterClose(t *testing.T) {
	forEach(t, append(framed, None), func(t *testing.T, a Algorithm) {
		r := NewReader(bytes.NewReader(encode(t, a, messages(1, 9)...)), a)
		if _, err := r.Read(make([]byte, 10)); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := r.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		}
		if n, err := r.Read(make([]byte, 10)); n != 0 || !errors.Is(err, os.ErrClosed) {
			t.Errorf("Read after Close gives %d, %v", n, err)
		}
		NewReader(nil, a).Close()
	})
}

func TestReaderRefusesUnknownAlgorithm(t *testing.T) {
	if _, err := decode(Algorithm(9), frameOf([]byte("x"))); err == nil {
		t.Error("algorithm 9 was taken")
	}
}

func TestFormatErrorText(t *testing.T) {
	err := &FormatError{Algorithm: ZSTD, What: "bad zstd header", Offset: 12, Head: []byte{1, 0xFF}, Err: io.ErrUnexpectedEOF}
	if want := "zstd stream at byte 12: bad zstd header (first bytes 01 ff): unexpected EOF"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}
