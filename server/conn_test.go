package server

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"

	"foster/server/config"
)

// bufferedWriter writes as the HTTP server does: the header waits for what follows.
type bufferedWriter struct {
	http.ResponseWriter
	*bufio.Writer
}

func (w bufferedWriter) Write(p []byte) (int, error) { return w.Writer.Write(p) }

// TestWholeWriter: what is sent at once is what was written, whatever its size.
func TestWholeWriter(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	c := newConn(accepted, config.Bind{Network: "tcp"}, resolver{})
	defer c.Close()
	var want bytes.Buffer
	got := make(chan []byte)
	go func() {
		b, _ := io.ReadAll(client)
		got <- b
	}()
	w := bufferedWriter{Writer: bufio.NewWriterSize(c, httpBuffer)}
	whole := wholeWriter{w, c}
	for i, size := range []int{1, httpBuffer, 2*httpBuffer - 100, 2*httpBuffer - 1, 2 * httpBuffer, 25_000, 3 * httpBuffer, 1 << 20, 10} {
		header, body := fmt.Appendf(nil, "answer %d\r\n", i), bytes.Repeat([]byte{byte('a' + i)}, size)
		want.Write(header)
		want.Write(body)
		_, _ = w.Write(header)
		if n, err := whole.Write(body); n != size || err != nil {
			t.Errorf("%d bytes: %d, %v", size, n, err)
		}
		if err := w.Flush(); err != nil {
			t.Error(err)
		}
		if len(c.held) > 0 || c.gathers {
			t.Errorf("%d bytes: %d are held", size, len(c.held))
		}
	}
	_ = c.Close()
	if b := <-got; !bytes.Equal(b, want.Bytes()) {
		t.Errorf("%d bytes came, want %d", len(b), want.Len())
	}
	if _, err := whole.Write(make([]byte, 25_000)); err == nil {
		t.Error("a closed connection takes an answer")
	}
}
