package compress

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

// single hands out one frame per Read and checks that all of it was delivered
// by the next: agents flush behind a line, or when a frame is full.
type single struct {
	t    *testing.T
	b    []byte
	text *bytes.Buffer
	seen int
}

func (s *single) Read(p []byte) (int, error) {
	text := s.text.Bytes()[s.seen:]
	if n := len(text); n > 0 && text[n-1] != '\n' && n != 16255 && n != 16384 {
		s.t.Fatalf("asked for more behind %d bytes, %q", n, text[max(0, n-30):])
	}
	s.seen += len(text)
	if len(s.b) == 0 {
		return 0, io.EOF
	}
	size, _ := parseHeader(s.b)
	n := copy(p, s.b[:headerSize+size])
	s.b = s.b[n:]
	return n, nil
}

// isLine tells text from noise: keywords are upper case, the rest is JSON.
func isLine(line []byte) bool {
	return bytes.IndexByte([]byte("ABCDEFGHIJKLMNOPQRSTUVWXYZ{}]\" \t\n"), line[0]) >= 0
}

// TestRecordedStreams decodes what real agents sent.
func TestRecordedStreams(t *testing.T) {
	f := func(name string, a Algorithm, begin string, lines int) {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			r := NewReader(&single{t: t, b: testdata(t, name), text: &out}, a)
			defer r.Close()
			for buf := make([]byte, 5000); ; {
				n, err := r.Read(buf)
				out.Write(buf[:n])
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			text := out.Bytes()
			if !bytes.HasPrefix(text, []byte(begin)) {
				t.Errorf("begins with %.60q", text)
			}
			if text[len(text)-1] != '\n' {
				t.Errorf("ends with %q", text[len(text)-30:])
			}
			if n := bytes.Count(text, []byte("\n")); n != lines {
				t.Errorf("%d lines, want %d", n, lines)
			}
			for line := range bytes.Lines(text) {
				if !isLine(line) {
					t.Fatalf("line %.60q", line)
				}
			}
		})
	}
	f("lz4-1.37.1", LZ4, "CLAIMED_ID ", 9124)
	f("lz4-2.11.0", LZ4, "VARIABLE HOST active_processors = ", 10215)
	f("zstd-2.11.0", ZSTD, "VARIABLE HOST active_processors = ", 33005)
	f("gzip-2.11.0", GZIP, "VARIABLE HOST active_processors = ", 22644)
	f("brotli-2.11.0", Brotli, "VARIABLE HOST active_processors = ", 30314)
}
