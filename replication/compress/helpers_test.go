package compress

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"testing"
)

var framed = []Algorithm{LZ4, ZSTD, GZIP, Brotli}

// forEach runs f as a subtest for each algorithm.
func forEach(t *testing.T, algorithms []Algorithm, f func(t *testing.T, a Algorithm)) {
	for _, a := range algorithms {
		t.Run(a.String(), func(t *testing.T) { f(t, a) })
	}
}

// frameOf returns a frame with the given payload.
func frameOf(payload []byte) []byte {
	b := make([]byte, headerSize, headerSize+len(payload))
	putHeader(b, len(payload))
	return append(b, payload...)
}

// messages returns n messages of the kind children send, 1 to 40 lines each.
func messages(seed uint64, n int) [][]byte {
	rnd := rand.New(rand.NewPCG(seed, 1))
	var all [][]byte
	for i := range n {
		var b bytes.Buffer
		for range 1 + rnd.IntN(10) {
			fmt.Fprintf(&b, "BEGIN2 SLOT:#%X 'system.chart%d' #BAAAAAB #R%06d #A\n", rnd.IntN(400), rnd.IntN(400), i)
			for d := range rnd.IntN(4) {
				fmt.Fprintf(&b, "SET2 SLOT:#%X 'dim%d' #%X @%016X A\n", d, d, rnd.IntN(1<<20), rnd.Uint64N(1<<40))
			}
			b.WriteString("END2\n")
		}
		all = append(all, b.Bytes())
	}
	return all
}

func random(seed uint64, n int) []byte {
	b := make([]byte, n)
	chacha := rand.NewChaCha8([32]byte{byte(seed)})
	chacha.Read(b)
	return b
}

// encode returns the stream that carries the messages.
func encode(tb testing.TB, a Algorithm, msgs ...[]byte) []byte {
	tb.Helper()
	var b bytes.Buffer
	w := NewWriter(&b, a)
	for _, m := range msgs {
		if err := w.WriteMessage(m); err != nil {
			tb.Fatal(err)
		}
	}
	return b.Bytes()
}

// decode reads the whole stream.
func decode(a Algorithm, stream []byte) ([]byte, error) {
	return io.ReadAll(NewReader(bytes.NewReader(stream), a))
}

// wantFormatError checks that err is a FormatError of a, with all context and
// with the given cause, if any.
func wantFormatError(t *testing.T, err error, a Algorithm, what string, cause error) {
	t.Helper()
	var fe *FormatError
	if !errors.As(err, &fe) {
		t.Fatalf("error is %v (%T), want a FormatError", err, err)
	}
	if fe.Algorithm != a {
		t.Errorf("error names %v, want %v", fe.Algorithm, a)
	}
	if fe.What != what {
		t.Errorf("error says %q, want %q", fe.What, what)
	}
	if len(fe.Head) == 0 || len(fe.Head) > 16 {
		t.Errorf("error shows %d bytes", len(fe.Head))
	}
	if cause != nil && !errors.Is(err, cause) {
		t.Errorf("error %v does not wrap %v", err, cause)
	}
}

func testdata(tb testing.TB, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile("testdata/" + name + ".bin")
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// linker is an lz4 encoder with matches up to 64 KiB back across blocks, as
// agents use and the library lacks. It is simple, not fast.
type linker struct {
	text []byte
	seen map[string]int
}

func (l *linker) block(p []byte) []byte {
	if l.seen == nil {
		l.seen = map[string]int{}
	}
	start := len(l.text)
	l.text = append(l.text, p...)
	var out []byte
	anchor, i := start, start
	for i+16 < len(l.text) {
		at, ok := l.seen[string(l.text[i:i+8])]
		l.seen[string(l.text[i:i+8])] = i
		if !ok || i-at > 65535 {
			i++
			continue
		}
		n := 8
		for i+n+8 < len(l.text) && l.text[at+n] == l.text[i+n] {
			n++
		}
		out = appendSequence(out, l.text[anchor:i], i-at, n)
		i += n
		anchor = i
	}
	return appendSequence(out, l.text[anchor:], 0, 0)
}

// appendSequence appends literals and a match of n bytes, or the last
// sequence of a block, which has no match, if n is 0.
func appendSequence(out, literals []byte, offset, n int) []byte {
	more := func(n int) {
		for n -= 15; n >= 0; n -= 255 {
			out = append(out, byte(min(n, 255)))
		}
	}
	token := min(len(literals), 15) << 4
	if n > 0 {
		token |= min(n-4, 15)
	}
	out = append(out, byte(token))
	more(len(literals))
	out = append(out, literals...)
	if n > 0 {
		out = append(out, byte(offset), byte(offset>>8))
		more(n - 4)
	}
	return out
}
