package server

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"foster/replication/wire"
)

// connected fails the test unless n children are connected, and the one of c is still served.
func (p *parent) connected(t *testing.T, c net.Conn, n int) {
	t.Helper()
	if _, err := io.WriteString(c, "\n"); err != nil {
		t.Errorf("the child: %v", err)
	}
	if got := p.receiver.Load().Connected(); got != n {
		t.Errorf("%d children connected, want %d", got, n)
	}
}

func TestReloadAddsKey(t *testing.T) {
	t.Parallel()
	p := start(t, "")
	child, answer := stream(t, p.plain())
	if !accepted(answer) {
		t.Fatalf("STREAM: %q", answer)
	}
	key := uuid.NewString()
	with := func(r *wire.Request) { r.Key = key }
	if _, answer := stream(t, p.plain(), with); answer != wire.RejectNotPermitted {
		t.Errorf("STREAM with a key of tomorrow: %q", answer)
	}
	p.write(t, "config/stream.conf", testStream+"["+key+"]\n    enabled = yes\n")
	if err := p.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, answer := stream(t, p.plain(), with); !accepted(answer) {
		t.Errorf("STREAM with the new key: %q", answer)
	}
	p.connected(t, child, 2)
	if key := p.APIKey(); key != testKey {
		t.Errorf("first key: %s", key)
	}
}

// A configuration with an error changes nothing.
func TestReloadRefuses(t *testing.T) {
	t.Parallel()
	p := start(t, "")
	key := uuid.NewString()
	child, _ := stream(t, p.plain())
	for name, c := range map[string]struct {
		web, stream, want string
		change            func(*parent)
	}{
		"number":      {"timeout for first request = soon", "", "foster.conf:5:", nil},
		"bind":        {"bind to = 127.0.0.1:99999", "", "foster.conf:4:", nil},
		"nothing":     {"bind to =", "", "bind to", nil},
		"stream.conf": {"", "    replication period = x\n", "stream.conf:6:", nil},
		"port in use": {"bind to = 127.0.0.1:$PORT 192.0.2.1:$PORT", "", "192.0.2.1", nil},
		"certificate": {"", "", "cert.pem", func(p *parent) {
			p.write(t, "config/ssl/cert.pem", "x")
			p.write(t, "config/ssl/key.pem", "x")
		}},
	} {
		p.configure(t, c.web)
		p.write(t, "config/stream.conf", testStream+"["+key+"]\n    enabled = yes\n"+c.stream)
		if c.change != nil {
			c.change(p)
		}
		err := p.Reload(t.Context())
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "nothing is changed") {
			t.Errorf("%s: %v", name, err)
		}
		if keys := p.config.Load().Stream.EnabledKeys(); len(keys) != 1 {
			t.Errorf("%s: keys %v", name, keys)
		}
		if a := get(t, p.plain(), "/healthz"); a.status != http.StatusOK {
			t.Errorf("%s: GET: %d", name, a.status)
		}
		p.write(t, "config/ssl/cert.pem", "")
		removeAll(t, p, "config/ssl")
	}
	p.connected(t, child, 1)
}

func TestReloadBindTo(t *testing.T) {
	t.Parallel()
	other := freePort(t)
	p := start(t, "bind to = 127.0.0.1:$PORT unix:$DIR/a")
	child, _ := stream(t, p.plain())
	local, _ := stream(t, p.unix("a"))
	first := p.plain()
	second := place{"tcp", "127.0.0.1:" + other, false}
	answers := func(at place) bool {
		a, err := tryGet(t.Context(), at, "/healthz")
		return err == nil && a.status == http.StatusOK
	}
	for _, c := range []struct {
		bind  string
		works []place
		gone  []place
	}{
		{"127.0.0.1:$PORT 127.0.0.1:" + other + " unix:$DIR/b", []place{first, second, p.unix("b")}, []place{p.unix("a")}},
		{"127.0.0.1:" + other, []place{second}, []place{first, p.unix("b")}},
		// The same port with other services, and then an address that covers the one of before.
		{"127.0.0.1:" + other + "=streaming", nil, []place{second}},
		{"127.0.0.1:" + other + "=dashboard", []place{second}, nil},
		{"*:" + other, []place{second}, nil},
		{"127.0.0.1:" + other + " 127.0.0.1:$PORT", []place{first, second}, nil},
	} {
		p.configure(t, "bind to = "+c.bind)
		if err := p.Reload(t.Context()); err != nil {
			t.Fatalf("%s: %v", c.bind, err)
		}
		for _, at := range c.works {
			if !answers(at) {
				t.Errorf("%s: %s does not answer", c.bind, at.addr)
			}
		}
		for _, at := range c.gone {
			if answers(at) {
				t.Errorf("%s: %s answers", c.bind, at.addr)
			}
		}
		p.connected(t, child, 2)
		p.connected(t, local, 2)
	}
	// What was closed for a socket that then cannot be opened comes back.
	p.configure(t, "bind to = *:"+other+" 192.0.2.1:$PORT")
	if err := p.Reload(t.Context()); err == nil {
		t.Error("listens on an address of somebody else")
	}
	if !answers(first) || !answers(second) {
		t.Error("a socket is gone after a reload that failed")
	}
	p.configure(t, "mode = none")
	if err := p.Reload(t.Context()); err != nil || answers(first) || answers(second) {
		t.Errorf("mode = none: %v, %v", err, p.Sockets())
	}
	p.connected(t, child, 2)
}

// A certificate that appears is used after a reload.
func TestReloadCertificate(t *testing.T) {
	t.Parallel()
	p := start(t, "")
	withCertificate(t, 7)(p)
	if err := p.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := serial(t, p); got != 7 {
		t.Errorf("serial %d", got)
	}
}

func TestReloadNamesWhatNeedsRestart(t *testing.T) {
	t.Parallel()
	p := start(t, "")
	p.configure(t, "x-frame-options response header = DENY\nbearer token protection = yes\n[db]\ndbengine tier 0 retention time = 3d")
	if err := p.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.log.want(t, `settings="[db] dbengine tier retention, [web] x-frame-options response header"`)
	p.log.want(t, "bearer token protection is not supported")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p.halt(t)
	if err := p.Reload(ctx); err == nil {
		t.Error("reloads after it has stopped")
	}
}

// What the API tells of the parent, and how it sends it, follows a reload.
func TestReloadShows(t *testing.T) {
	t.Parallel()
	p := start(t, "")
	info := func(at place) (https, compression bool, encoding string) {
		t.Helper()
		var body struct {
			HTTPS       bool   `json:"https-enabled"`
			Compression bool   `json:"stream-compression"`
			Kernel      string `json:"kernel_name"`
			Cores       string `json:"cores_total"`
		}
		a := get(t, at, "/api/v1/info")
		if err := json.Unmarshal([]byte(a.body), &body); err != nil {
			t.Fatalf("%v in %.200s", err, a.body)
		}
		if body.Kernel == "" || body.Cores == "" {
			t.Errorf("kernel %q, %q cores", body.Kernel, body.Cores)
		}
		zipped := get(t, at, "/api/v1/info", func(r *http.Request) { r.Header.Set("Accept-Encoding", "gzip") })
		return body.HTTPS, body.Compression, zipped.header.Get("Content-Encoding")
	}
	if https, compression, encoding := info(p.plain()); https || !compression || encoding != "gzip" {
		t.Errorf("at the start: HTTPS %v, compression %v, encoding %q", https, compression, encoding)
	}
	withCertificate(t, 1)(p)
	p.write(t, "config/stream.conf", testStream+"    enable compression = no\n")
	p.configure(t, "enable gzip compression = no")
	if err := p.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if https, compression, encoding := info(p.encrypted()); !https || compression || encoding != "" {
		t.Errorf("after the reload: HTTPS %v, compression %v, encoding %q", https, compression, encoding)
	}
}
