package server

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestMaxSockets(t *testing.T) {
	t.Parallel()
	p := start(t, "web server max sockets = 3")
	var conns []net.Conn
	for range 2 {
		c, answer := stream(t, p.plain())
		if !accepted(answer) {
			t.Fatalf("STREAM: %q", answer)
		}
		conns = append(conns, c)
	}
	silent := connect(t, p.plain())
	eventually(t, func() bool { return p.sockets.Load() == 3 }, "three connections")
	if _, err := connect(t, p.plain()).Read(make([]byte, 1)); err == nil {
		t.Error("a fourth connection is served")
	}
	p.log.want(t, "web server max sockets")
	_ = silent.Close()
	_ = conns[0].Close()
	eventually(t, func() bool { return p.sockets.Load() == 1 }, "one connection")
	a := get(t, p.plain(), "/metrics")
	for _, want := range []string{"foster_connections 2", "foster_connections_refused_total 1", "foster_children_connected 1"} {
		if !strings.Contains(a.body, want+"\n") {
			t.Errorf("metrics lack %q", want)
		}
	}
}

// A client that does not say what it wants is disconnected after the timeout for the first request; so is one that says
// half of it, whatever it speaks.
func TestFirstRequestTimeout(t *testing.T) {
	t.Parallel()
	p := start(t, "timeout for first request = 1s", withCertificate(t, 1))
	began := time.Now()
	conns := map[string]net.Conn{}
	for _, begin := range []string{"", "S", "STREAM", "GET / HTTP/1.1\r\nHost:", "\x16", "\x16\x03\x01\x02\x00\x01"} {
		conns[begin] = connect(t, p.plain())
		if _, err := io.WriteString(conns[begin], begin); err != nil {
			t.Fatal(err)
		}
	}
	conns["TLS"] = connect(t, p.encrypted())
	for begin, c := range conns {
		if _, err := io.ReadAll(c); err != nil && strings.Contains(err.Error(), "timeout") {
			t.Errorf("%q: %v", begin, err)
		}
	}
	if took := time.Since(began); took < 900*time.Millisecond || took > 6*time.Second {
		t.Errorf("disconnected after %v", took)
	}
	eventually(t, func() bool { return p.sockets.Load() == 0 }, "all connections to be gone")
}

// A body that never comes does not hold the answer back.
func TestBodyIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	p := start(t, "")
	c := connect(t, p.plain())
	if _, err := io.WriteString(c, "POST /api/v1/info HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(c)
	if !strings.HasPrefix(string(text), "HTTP/1.1 200 OK") {
		t.Errorf("%.100q, %v", text, err)
	}
}

func TestClientsThatCloseAtOnce(t *testing.T) {
	t.Parallel()
	p := start(t, "bind to = 127.0.0.1:$PORT unix:$DIR/s", withCertificate(t, 1))
	for _, at := range []place{p.plain(), p.unix("s")} {
		for range 50 {
			c, err := at.dial(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if tcp, ok := c.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0)
			}
			_ = c.Close()
		}
	}
	if a := get(t, p.encrypted(), "/healthz"); a.status != http.StatusOK {
		t.Errorf("GET: %d", a.status)
	}
	eventually(t, func() bool { return p.sockets.Load() == 0 }, "all connections to be gone")
}

// Headers beyond the limit are refused with an answer that arrives.
func TestLongHeaders(t *testing.T) {
	t.Parallel()
	p := start(t, "")
	a := get(t, p.plain(), "/", func(r *http.Request) { r.Header.Set("X", strings.Repeat("x", 70<<10)) })
	if a.status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("%d", a.status)
	}
}
