package server

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"foster/replication/wire"
)

// One port speaks HTTP and STREAM, plain and, with a certificate, over TLS.
func TestOnePort(t *testing.T) {
	t.Parallel()
	p := start(t, "bind to = 127.0.0.1:$PORT=dashboard|streaming^SSL=optional unix:$DIR/s", withCertificate(t, 1))
	for name, at := range map[string]place{"plain": p.plain(), "TLS": p.encrypted(), "unix": p.unix("s")} {
		t.Run(name, func(t *testing.T) {
			if a := get(t, at, "/api/v1/info"); a.status != http.StatusOK || !strings.Contains(a.body, `"mirrored_hosts"`) {
				t.Errorf("GET info: %d %.80q", a.status, a.body)
			}
			c, answer := stream(t, at)
			if !accepted(answer) {
				t.Fatalf("STREAM: %q", answer)
			}
			_ = c.Close()
		})
	}
	p.log.want(t, "tls=true")
	p.log.want(t, "[receive from unix:"+filepath.Join(p.dir, "s")+"]")
}

// The bytes of a request may come one by one.
func TestSniffsByteByByte(t *testing.T) {
	t.Parallel()
	p := start(t, "")
	for _, request := range []string{
		"STREAM key=x HTTP/1.1\r\n\r\n", "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "STATUS / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
	} {
		c := connect(t, p.plain())
		for i := range len(request) {
			if _, err := c.Write([]byte{request[i]}); err != nil {
				t.Fatal(err)
			}
		}
		buf := make([]byte, 512)
		n, err := c.Read(buf)
		want := "HTTP/1.1 "
		if strings.HasPrefix(request, "STREAM") {
			want = wire.RejectNotPermitted
		}
		if got := string(buf[:n]); !strings.HasPrefix(got, want) {
			t.Errorf("%q: %q, %v", request, got, err)
		}
	}
}

// What [web] bind to says a socket offers.
func TestBindGrammar(t *testing.T) {
	t.Parallel()
	const (
		ok       = http.StatusOK
		moved    = http.StatusMovedPermanently
		denied   = http.StatusForbidden
		unknown  = http.StatusNotFound // stream_info of a machine that is not known
		forbid   = "HTTP/1.1 403 Forbidden\r\n"
		badReq   = "HTTP/1.1 400 Bad Request\r\n"
		hitMe    = "Hit me baby"
		noAnswer = 0
	)
	for _, c := range []struct {
		name, suffix string
		cert         bool
		page, info   int // statuses without TLS of a page, and of stream_info
		stream       string
		tlsPage      int
		tlsStream    string
	}{
		{"everything", "", false, ok, unknown, hitMe, noAnswer, ""},
		{"dashboard", "=dashboard", false, ok, unknown, forbid, noAnswer, ""},
		{"streaming", "=streaming", false, denied, unknown, hitMe, noAnswer, ""},
		{"registry", "=registry", false, denied, denied, forbid, noAnswer, ""},
		{"certificate", "", true, moved, unknown, hitMe, ok, hitMe},
		{"force", "^SSL=force", true, moved, moved, badReq, ok, hitMe},
		{"force with services", "=dashboard|streaming^SSL=force", true, moved, moved, badReq, ok, hitMe},
		{"optional", "=dashboard|streaming^SSL=optional", true, ok, unknown, hitMe, ok, hitMe},
		{"dashboard over TLS", "=dashboard^SSL=force", true, moved, moved, forbid, ok, forbid},
		{"force without certificate", "^SSL=force", false, ok, unknown, hitMe, noAnswer, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := start(t, "bind to = 127.0.0.1:$PORT"+c.suffix, func(p *parent) {
				if c.cert {
					withCertificate(t, 1)(p)
				}
			})
			check := func(at place, path string, want int) {
				t.Helper()
				a := get(t, at, path)
				if a.status != want {
					t.Errorf("GET %s (TLS %v): %d, want %d: %.80q", path, at.tls, a.status, want, a.body)
				}
				if want == denied && strings.TrimSpace(a.body) != "You are not allowed to access this resource." {
					t.Errorf("GET %s: refused with %q", path, a.body)
				}
				if to := "https://parent.example" + path; want == moved && a.header.Get("Location") != to {
					t.Errorf("GET %s: redirected to %q", path, a.header.Get("Location"))
				}
			}
			ask := func(at place, want string) {
				t.Helper()
				if _, got := stream(t, at); !strings.HasPrefix(got, want) {
					t.Errorf("STREAM (TLS %v): %q, want %q", at.tls, got, want)
				}
			}
			check(p.plain(), "/healthz?x=1", c.page)
			check(p.plain(), "/api/v3/stream_info?machine_guid=a", c.info)
			ask(p.plain(), c.stream)
			if c.cert {
				check(p.encrypted(), "/healthz", c.tlsPage)
				ask(p.encrypted(), c.tlsStream)
			} else if _, err := p.encrypted().dial(t.Context()); err == nil {
				t.Error("a TLS handshake succeeded without a certificate")
			} else {
				p.log.want(t, "there is no certificate")
			}
		})
	}
}

// A unix socket needs no TLS.
func TestUnixSocketIsNotRedirected(t *testing.T) {
	t.Parallel()
	p := start(t, "bind to = unix:$DIR/s", withCertificate(t, 1))
	if a := get(t, p.unix("s"), "/healthz"); a.status != http.StatusOK {
		t.Errorf("GET: %d", a.status)
	}
}

// The host of a redirect is that of the request and nothing else is taken from it.
func TestRedirectTarget(t *testing.T) {
	t.Parallel()
	p := start(t, "", withCertificate(t, 1))
	for request, want := range map[string]string{
		"GET /a?b=c HTTP/1.1\r\nHost: parent:19999\r\n\r\n":             "https://parent:19999/a?b=c",
		"GET /host/a%2Fb/ HTTP/1.1\r\nHost: parent\r\n\r\n":             "https://parent/host/a%2Fb/",
		"GET //evil.example/ HTTP/1.1\r\nHost: parent\r\n\r\n":          "https://parent//evil.example/",
		"GET x:.evil.example/ HTTP/1.1\r\nHost: parent\r\n\r\n":         "https://parent/",
		"GET http://other:1/x HTTP/1.1\r\nHost: parent\r\n\r\n":         "https://other:1/x",
		"GET /%0d%0aSet-Cookie:x HTTP/1.1\r\nHost: parent\r\n\r\n":      "https://parent/%0d%0aSet-Cookie:x",
		"GET / HTTP/1.0\r\n\r\n":                                        "",
		"GET / HTTP/1.1\r\nHost: parent/../evil.example\r\n\r\n":        "",
		"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Host: evil\r\n\r\n":   "https://a/",
		"GET /x HTTP/1.1\r\nHost: [::1]:19999\r\nA: b\r\n\r\n":          "https://[::1]:19999/x",
		"POST /x HTTP/1.1\r\nHost: parent\r\nContent-Length: 0\r\n\r\n": "https://parent/x",
	} {
		c := connect(t, p.plain())
		if _, err := c.Write([]byte(request)); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 2048)
		n, _ := c.Read(buf)
		got := ""
		for line := range strings.Lines(string(buf[:n])) {
			if to, ok := strings.CutPrefix(line, "Location: "); ok {
				got = strings.TrimSpace(to)
			}
		}
		if got != want {
			t.Errorf("%q: redirected to %q, want %q\n%s", request, got, want, buf[:n])
		}
	}
}

// A socket file that nobody listens on is replaced, a live one and another file are not.
func TestStaleUnixSocket(t *testing.T) {
	t.Parallel()
	t.Run("stale", func(t *testing.T) {
		t.Parallel()
		p := prepare(t, "bind to = unix:$DIR/s")
		ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(p.dir, "s")})
		if err != nil {
			t.Fatal(err)
		}
		ln.SetUnlinkOnClose(false)
		_ = ln.Close()
		p.run(t)
		if a := get(t, p.unix("s"), "/healthz"); a.status != http.StatusOK {
			t.Errorf("GET: %d", a.status)
		}
	})
	t.Run("live", func(t *testing.T) {
		t.Parallel()
		p := start(t, "bind to = unix:$DIR/s")
		q := prepare(t, "bind to = unix:"+filepath.Join(p.dir, "s"))
		if err := q.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "address already in use") {
			t.Errorf("start on the socket of another server: %v", err)
		}
		if a := get(t, p.unix("s"), "/healthz"); a.status != http.StatusOK {
			t.Errorf("GET from the first: %d", a.status)
		}
	})
	t.Run("file", func(t *testing.T) {
		t.Parallel()
		p := prepare(t, "bind to = unix:$DIR/s")
		p.write(t, "s", "precious")
		if err := p.Start(t.Context()); err == nil {
			t.Error("started on a file")
			p.halt(t)
		}
		if text, err := os.ReadFile(filepath.Join(p.dir, "s")); string(text) != "precious" {
			t.Errorf("the file now holds %q, %v", text, err)
		}
	})
}
