package compress

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

// frames takes a stream apart.
func frames(t *testing.T, stream []byte) (payloads [][]byte) {
	t.Helper()
	for len(stream) > 0 {
		if len(stream) < headerSize {
			t.Fatalf("% x is no frame", stream)
		}
		n, ok := parseHeader(stream)
		if !ok || len(stream) < headerSize+n {
			t.Fatalf("% x is no frame", stream[:headerSize])
		}
		payloads = append(payloads, stream[headerSize:headerSize+n])
		stream = stream[headerSize+n:]
	}
	return payloads
}

func TestHeader(t *testing.T) {
	f := func(size int, header string) {
		t.Helper()
		var b [headerSize]byte
		putHeader(b[:], size)
		if string(b[:]) != header {
			t.Errorf("%d became % x, want % x", size, b, header)
		}
		if got, ok := parseHeader(b[:]); !ok || got != size {
			t.Errorf("% x is read as %d, %v; want %d", b, got, ok, size)
		}
	}
	f(55, "\xFA\xB7\x80\n") // these three were seen on the wire
	f(446, "\xFA\xBE\x83\n")
	f(16255, "\xFA\xFF\xFE\n")
	f(0, "\xFA\x80\x80\n")
	f(16383, "\xFA\xFF\xFF\n")
}

// TestWriterSizes: v2 parents refuse more than 16255 bytes, and older ones a
// frame that does not end with a line.
func TestWriterSizes(t *testing.T) {
	forEach(t, framed, func(t *testing.T, a Algorithm) {
		f := func(name string, msg []byte, wholeLines bool) {
			t.Helper()
			stream := encode(t, a, []byte("BEGIN\n"), msg, []byte("END\n"))
			want := "BEGIN\n" + string(msg) + "END\n"
			plain := 0
			var sofar []byte
			for _, payload := range frames(t, stream) {
				if len(payload) == 0 || len(payload) > maxSendPayload {
					t.Errorf("%s: payload of %d bytes", name, len(payload))
				}
				sofar = append(sofar, frameOf(payload)...)
				got, err := decode(a, sofar)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if n := len(got) - plain; n == 0 || n > maxSendPayload {
					t.Errorf("%s: %d bytes in a frame", name, n)
				}
				if wholeLines && got[len(got)-1] != '\n' {
					t.Errorf("%s: a frame ends with %q", name, got[len(got)-10:])
				}
				plain = len(got)
				if string(got) != want[:plain] {
					t.Fatalf("%s: text differs", name)
				}
			}
			if plain != len(want) {
				t.Errorf("%s: %d bytes came out, want %d", name, plain, len(want))
			}
		}
		f("one byte", []byte("\n"), false)
		f("largest frame", bytes.Repeat([]byte("x"), maxSendPlain), false)
		f("one more", bytes.Repeat([]byte("x"), maxSendPlain+1), false)
		f("lines", bytes.Repeat([]byte("SET2 'a' #A # A\n"), 6000), true)
		f("long line", append(bytes.Repeat([]byte("x"), 100_000), '\n'), false)
		for seed := range uint64(20) {
			f("noise", random(seed, 40_000+int(seed)), false)
			f("noise in one frame", random(seed, maxSendPlain), false)
		}
	})
}

func TestWriterSendsNothingForNothing(t *testing.T) {
	forEach(t, append(framed, None), func(t *testing.T, a Algorithm) {
		if b := encode(t, a, nil, []byte{}); len(b) > 0 {
			t.Errorf("sent % x", b)
		}
	})
}

func TestWriterNoneIsPlain(t *testing.T) {
	msg := bytes.Repeat([]byte("SET\n"), 10_000)
	if b := encode(t, None, msg, []byte("END\n")); string(b) != string(msg)+"END\n" {
		t.Error("text differs")
	}
}

// TestWriterStreamNeverEnds: what was sent can be decoded, and more can follow.
func TestWriterStreamNeverEnds(t *testing.T) {
	forEach(t, framed, func(t *testing.T, a Algorithm) {
		var b bytes.Buffer
		w, r := NewWriter(&b, a), NewReader(&b, a)
		buf := make([]byte, 100_000)
		for i, m := range messages(2, 500) {
			if err := w.WriteMessage(m); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(r, buf[:len(m)]); err != nil || !bytes.Equal(buf[:len(m)], m) {
				t.Fatalf("message %d: %v", i, err)
			}
		}
	})
}

type failing struct{ err error }

func (f *failing) Write(p []byte) (int, error) { return len(p) / 2, f.err }

func TestWriterErrorIsFinal(t *testing.T) {
	forEach(t, append(framed, None), func(t *testing.T, a Algorithm) {
		dst := &failing{err: io.ErrClosedPipe}
		w := NewWriter(dst, a)
		if err := w.WriteMessage([]byte("END\n")); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("error is %v", err)
		}
		dst.err = nil
		if err := w.WriteMessage([]byte("END\n")); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("then error is %v", err)
		}
	})
	if err := NewWriter(io.Discard, Algorithm(9)).WriteMessage([]byte("x")); err == nil {
		t.Error("algorithm 9 was taken")
	}
}

func TestWriterDoesNotAllocate(t *testing.T) {
	forEach(t, append(framed, None), func(t *testing.T, a Algorithm) {
		msgs := messages(4, 2000)
		w := NewWriter(io.Discard, a)
		for _, m := range msgs {
			w.WriteMessage(m)
		}
		i, got := 0, 1.0
		for try := 0; got != 0 && try < 5; try++ { // the race detector takes things away from pools now and then
			got = testing.AllocsPerRun(500, func() {
				if err := w.WriteMessage(msgs[i%len(msgs)]); err != nil {
					t.Fatal(err)
				}
				i++
			})
		}
		if got != 0 {
			t.Errorf("%v allocations for a message", got)
		}
	})
}
