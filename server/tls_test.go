package server

import (
	"crypto/tls"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// serial returns the serial number of the certificate that a new connection gets.
func serial(t *testing.T, p *parent) int64 {
	t.Helper()
	c := connect(t, p.encrypted())
	return c.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber.Int64()
}

// A certificate replaced on disk is used by new connections; a broken one is not, and connections stay.
func TestCertificateIsReadAgain(t *testing.T) {
	t.Parallel()
	p := prepare(t, "", withCertificate(t, 1))
	p.certEvery = 0
	p.run(t)
	child, answer := stream(t, p.encrypted())
	if !accepted(answer) {
		t.Fatalf("STREAM: %q", answer)
	}
	if got := serial(t, p); got != 1 {
		t.Errorf("serial %d", got)
	}
	withCertificate(t, 2)(p)
	if got := serial(t, p); got != 2 {
		t.Errorf("after the change: serial %d", got)
	}
	for _, broken := range []string{"", "not PEM"} {
		p.write(t, "config/ssl/cert.pem", broken)
		if got := serial(t, p); got != 2 {
			t.Errorf("with a broken file: serial %d", got)
		}
	}
	p.log.want(t, "the one before stays in use")
	_ = os.Remove(filepath.Join(p.dir, "config/ssl/key.pem"))
	if got := serial(t, p); got != 2 {
		t.Errorf("without a key file: serial %d", got)
	}
	withCertificate(t, 3)(p)
	if got := serial(t, p); got != 3 {
		t.Errorf("after the repair: serial %d", got)
	}
	if _, err := io.WriteString(child, "\n"); err != nil {
		t.Errorf("the child of before: %v", err)
	}
	if p.receiver.Load().Connected() != 1 {
		t.Error("the child of before is gone")
	}
}

// Sessions are resumed: a child that reconnects does not cost a whole handshake.
func TestSessionIsResumed(t *testing.T) {
	t.Parallel()
	p := start(t, "tls version = 1.2", withCertificate(t, 1))
	config := &tls.Config{InsecureSkipVerify: true, ClientSessionCache: tls.NewLRUClientSessionCache(1), ServerName: "parent.example"}
	for i := range 2 {
		c, err := (&tls.Dialer{Config: config}).DialContext(t.Context(), "tcp", p.addr)
		if err != nil {
			t.Fatal(err)
		}
		state := c.(*tls.Conn).ConnectionState()
		if state.Version != tls.VersionTLS12 || state.DidResume != (i == 1) {
			t.Errorf("connection %d: version %x, resumed %v", i, state.Version, state.DidResume)
		}
		_ = c.Close()
	}
}

func TestCertificateFiles(t *testing.T) {
	t.Parallel()
	t.Run("key is missing", func(t *testing.T) {
		t.Parallel()
		p := start(t, "bind to = 127.0.0.1:$PORT^SSL=force\nssl certificate = $DIR/config/ssl/cert.pem", func(p *parent) {
			withCertificate(t, 1)(p)
			_ = os.Remove(filepath.Join(p.dir, "config/ssl/key.pem"))
		})
		if a := get(t, p.plain(), "/healthz"); a.status != http.StatusOK || p.TLS() {
			t.Errorf("GET: %d, TLS %v", a.status, p.TLS())
		}
		p.log.want(t, "there is no TLS")
		p.log.want(t, "^SSL=force has no effect without a certificate")
	})
	t.Run("pair does not match", func(t *testing.T) {
		t.Parallel()
		p := prepare(t, "", func(p *parent) {
			withCertificate(t, 1)(p)
			_, key := newCertificatePEM(t, 2)
			p.write(t, "config/ssl/key.pem", key)
		})
		if err := p.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "cert.pem") {
			t.Errorf("start: %v", err)
		}
	})
	t.Run("old version", func(t *testing.T) {
		t.Parallel()
		p := start(t, "tls version = 1.0", withCertificate(t, 1))
		if a := get(t, p.encrypted(), "/healthz"); a.status != http.StatusOK {
			t.Errorf("GET: %d", a.status)
		}
		p.log.want(t, "less than 1.2 is not offered")
	})
}
