package server

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"foster/replication/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testKey = "11111111-2222-3333-4444-555555555555"

const testStream = "[" + testKey + "]\n    type = api\n    enabled = yes\n"

// parent is a server with directories of its own.
type parent struct {
	*Server
	dir  string // with config and data
	port string
	addr string // 127.0.0.1:port
	log  *logBuffer
}

type logBuffer struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *logBuffer) want(t *testing.T, text string) {
	t.Helper()
	eventually(t, func() bool { return strings.Contains(l.String(), text) }, "a log line with "+text)
}

func eventually(t *testing.T, ok func() bool, what string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("waited in vain for %s", what)
}

// newDir returns a directory whose name is short enough for unix sockets.
func newDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "foster")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return fmt.Sprint(ln.Addr().(*net.TCPAddr).Port)
}

// prepare returns a server that is not started yet. web are lines of [web]; $PORT and $DIR are replaced in them. Without
// a bind to it listens on 127.0.0.1:$PORT.
func prepare(t *testing.T, web string, change ...func(*parent)) *parent {
	t.Helper()
	p := &parent{dir: newDir(t), port: freePort(t), log: &logBuffer{}}
	p.addr = "127.0.0.1:" + p.port
	p.write(t, "config/stream.conf", testStream)
	p.configure(t, web)
	for _, f := range change {
		f(p)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log:\n%s", p.log)
		}
	})
	var err error
	if p.Server, err = New(p.options()); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *parent) options() Options {
	return Options{ConfigDir: filepath.Join(p.dir, "config"), DataDir: filepath.Join(p.dir, "data"), Version: "v0.0.1", Output: p.log}
}

// configure writes the foster.conf.
func (p *parent) configure(t *testing.T, web string) {
	t.Helper()
	if !strings.Contains(web, "bind to") {
		web = "bind to = 127.0.0.1:$PORT\n" + web
	}
	p.write(t, "config/foster.conf", "[logs]\nlevel = debug\n[web]\n"+strings.NewReplacer("$PORT", p.port, "$DIR", p.dir).Replace(web)+"\n")
}

func (p *parent) write(t *testing.T, name, content string) {
	t.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run starts the server, which is stopped when the test ends.
func (p *parent) run(t *testing.T) {
	t.Helper()
	t.Cleanup(func() { p.halt(t) })
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (p *parent) halt(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := p.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
}

func start(t *testing.T, web string, change ...func(*parent)) *parent {
	t.Helper()
	p := prepare(t, web, change...)
	p.run(t)
	return p
}

// place is where a client connects to.
type place struct {
	network, addr string
	tls           bool
}

func (p *parent) plain() place           { return place{"tcp", p.addr, false} }
func (p *parent) encrypted() place       { return place{"tcp", p.addr, true} }
func (p *parent) unix(name string) place { return place{"unix", filepath.Join(p.dir, name), false} }

func (at place) dial(ctx context.Context) (net.Conn, error) {
	d := net.Dialer{Timeout: 5 * time.Second}
	if at.tls {
		return (&tls.Dialer{NetDialer: &d, Config: &tls.Config{InsecureSkipVerify: true}}).DialContext(ctx, at.network, at.addr)
	}
	return d.DialContext(ctx, at.network, at.addr)
}

// connect returns a connection that is closed when the test ends.
func connect(t *testing.T, at place) net.Conn {
	t.Helper()
	c, err := at.dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c
}

// stream sends the request of a child and returns the connection and what is answered at once.
func stream(t *testing.T, at place, change ...func(*wire.Request)) (net.Conn, string) {
	t.Helper()
	c := connect(t, at)
	return c, requestStream(t, c, change...)
}

func requestStream(t *testing.T, c net.Conn, change ...func(*wire.Request)) string {
	t.Helper()
	guid := uuid.NewString()
	req := wire.Request{
		Key: testKey, Hostname: "child-" + guid[:8], MachineGUID: guid, UpdateEvery: 1, OS: "linux", Timezone: "UTC", Hops: 1,
		Version: int64(wire.V1 | wire.V2 | wire.VN | wire.VCaps), ProgramName: "netdata", ProgramVersion: "v2.11.0",
	}
	for _, f := range change {
		f(&req)
	}
	if _, err := c.Write(wire.AppendRequest(nil, &req)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1024)
	n, err := c.Read(buf)
	if n == 0 && !errors.Is(err, io.EOF) {
		t.Fatalf("read the answer: %v", err)
	}
	return string(buf[:n])
}

func accepted(answer string) bool { return strings.HasPrefix(answer, "Hit me baby") }

// answer is what an HTTP request got.
type answer struct {
	status int
	header http.Header
	body   string
}

func get(t *testing.T, at place, path string, change ...func(*http.Request)) answer {
	t.Helper()
	a, err := tryGet(t.Context(), at, path, change...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func tryGet(ctx context.Context, at place, path string, change ...func(*http.Request)) (answer, error) {
	client := http.Client{
		Timeout: 10 * time.Second,
		Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return place{at.network, at.addr, false}.dial(ctx)
			},
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	defer client.CloseIdleConnections()
	scheme := "http"
	if at.tls {
		scheme = "https"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://parent.example"+path, nil)
	if err != nil {
		return answer{}, err
	}
	for _, f := range change {
		f(req)
	}
	res, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, string(body)}, err
}

// withCertificate writes a certificate with that serial number where foster looks for one.
func withCertificate(t *testing.T, serial int64) func(*parent) {
	return func(p *parent) {
		t.Helper()
		cert, key := newCertificatePEM(t, serial)
		p.write(t, "config/ssl/cert.pem", cert)
		p.write(t, "config/ssl/key.pem", key)
	}
}

func newCertificatePEM(t *testing.T, serial int64) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), DNSNames: []string{"parent.example"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
}
