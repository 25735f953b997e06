package server

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"foster/replication/swarm"
	"foster/replication/wire"
	"foster/storage"
)

func removeAll(t *testing.T, p *parent, name string) {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(p.dir, name)); err != nil {
		t.Fatal(err)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*testing.T, *parent, *Options)
		want   string
	}{
		"no configuration directory": {func(_ *testing.T, _ *parent, o *Options) { o.ConfigDir = "" }, "no configuration directory"},
		"no data directory":          {func(_ *testing.T, _ *parent, o *Options) { o.DataDir = "" }, "no data directory"},
		"log format":                 {func(_ *testing.T, _ *parent, o *Options) { o.LogFormat = "xml" }, `not "xml"`},
		"listen":                     {func(_ *testing.T, _ *parent, o *Options) { o.Listen = "127.0.0.1:0" }, "listen"},
		"nothing to listen on": {func(t *testing.T, p *parent, _ *Options) { p.configure(t, "bind to = udp:*:1 a:b:c") },
			"[web] bind to has no address that can be used"},
		"a file as directory": {func(t *testing.T, p *parent, o *Options) {
			p.write(t, "file", "")
			o.ConfigDir = filepath.Join(p.dir, "file")
		}, "read the configuration"},
	} {
		p := &parent{dir: newDir(t), port: "1", log: &logBuffer{}}
		p.write(t, "config/stream.conf", testStream)
		o := p.options()
		c.change(t, p, &o)
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The first start makes a key, which works; the second finds it. A wrong command line makes none.
func TestFirstStart(t *testing.T) {
	t.Parallel()
	p := prepare(t, "")
	removeAll(t, p, "config/stream.conf")
	o := p.options()
	o.Listen = "nonsense:nonsense:nonsense"
	if _, err := New(o); err == nil {
		t.Error("listens on nonsense")
	}
	if _, err := os.Stat(filepath.Join(p.dir, "config/stream.conf")); err == nil {
		t.Error("a stream.conf was written")
	}
	var err error
	if p.Server, err = New(p.options()); err != nil {
		t.Fatal(err)
	}
	p.run(t)
	key := p.FirstKey()
	if key == "" || p.APIKey() != key {
		t.Errorf("first key %q, of %q", key, p.APIKey())
	}
	if _, answer := stream(t, p.plain(), func(r *wire.Request) { r.Key = key }); !accepted(answer) {
		t.Errorf("STREAM: %q", answer)
	}
	q, err := New(p.options())
	if err != nil || q.FirstKey() != "" || q.APIKey() != key {
		t.Errorf("second start: first key %q, key %q, %v", q.FirstKey(), q.APIKey(), err)
	}
}

// A second server on the same data is refused, and the first does not notice.
func TestSecondServer(t *testing.T) {
	t.Parallel()
	p := start(t, "")
	child, _ := stream(t, p.plain())
	q := prepare(t, "")
	q.opts.DataDir = p.opts.DataDir
	err := q.Start(t.Context())
	if !errors.Is(err, storage.ErrLocked) || err.Error() != "data directory "+p.opts.DataDir+" is in use by another process" {
		t.Errorf("second start: %v", err)
	}
	if _, err := tryGet(t.Context(), q.plain(), "/healthz"); err == nil {
		t.Error("the second still answers")
	}
	if a := get(t, p.plain(), "/readyz"); a.status != http.StatusOK {
		t.Errorf("the first: %d", a.status)
	}
	p.connected(t, child, 1)
}

// When Start fails nothing is left: the sockets are closed and the data is free.
func TestStartFails(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := prepare(t, "bind to = "+taken.Addr().String())
	if err := p.Start(t.Context()); err == nil || !strings.Contains(err.Error(), taken.Addr().String()) {
		t.Errorf("start on a port in use: %v", err)
	}
	if err := p.Stop(t.Context()); err != nil {
		t.Errorf("stop: %v", err)
	}
	_ = taken.Close()
	if p.Server, err = New(p.options()); err != nil {
		t.Fatal(err)
	}
	p.run(t)
}

// One address that cannot be opened does not keep the others from being served, as with agents.
func TestStartWithoutOneAddress(t *testing.T) {
	t.Parallel()
	p := start(t, "bind to = 192.0.2.1:$PORT 127.0.0.1:$PORT 127.0.0.1:$PORT=dashboard")
	if a := get(t, p.plain(), "/healthz"); a.status != http.StatusOK {
		t.Errorf("GET: %d", a.status)
	}
	if got := p.Sockets(); len(got) != 1 || got[0].Bind.Host != "127.0.0.1" {
		t.Errorf("listens on %v", got)
	}
	p.log.want(t, "an address of [web] bind to is left out")
	// Nor does it stand in the way of a reload.
	p.configure(t, "bind to = 192.0.2.1:$PORT 127.0.0.1:$PORT unix:$DIR/s")
	if err := p.Reload(t.Context()); err != nil || len(p.Sockets()) != 2 {
		t.Errorf("reload: %v, %v", err, p.Sockets())
	}
}

// A child that comes while the store is being opened waits, and is then received.
func TestPatience(t *testing.T) {
	t.Parallel()
	p := prepare(t, "bind to = 127.0.0.1:$PORT")
	t.Cleanup(func() { p.halt(t) })
	if err := p.listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	answered := make(chan string, 1)
	go func() {
		_, answer := stream(t, p.plain())
		answered <- answer
	}()
	select {
	case answer := <-answered:
		t.Fatalf("STREAM before the store is open: %q", answer)
	case <-time.After(50 * time.Millisecond):
	}
	if err := p.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	if answer := <-answered; !strings.HasPrefix(answer, "Hit me") {
		t.Errorf("STREAM: %q", answer)
	}
}

// While the store is being opened, for long, everybody is told to come back.
func TestInitializing(t *testing.T) {
	t.Parallel()
	p := prepare(t, "bind to = 127.0.0.1:$PORT unix:$DIR/s")
	p.patience = time.Millisecond
	t.Cleanup(func() { p.halt(t) })
	if err := p.listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 503, "/": 503, "/api/v1/info": 503, "/metrics": 200} {
		a := get(t, p.plain(), path)
		if a.status != want {
			t.Errorf("GET %s: %d, want %d", path, a.status, want)
		}
		if want == 503 && a.header.Get("Retry-After") == "" {
			t.Errorf("GET %s: does not say when to come back", path)
		}
		if path == "/metrics" && !strings.Contains(a.body, "foster_ready 0\n") {
			t.Error("metrics do not say that it is not ready")
		}
	}
	for _, at := range []place{p.plain(), p.unix("s")} {
		if _, answer := stream(t, at); answer != wire.RejectInitializing {
			t.Errorf("STREAM: %q", answer)
		}
	}
	var info map[string]any
	a := get(t, p.plain(), "/api/v3/stream_info?machine_guid="+uuid.NewString())
	if err := json.Unmarshal([]byte(a.body), &info); err != nil || a.status != http.StatusOK || a.header.Get("Content-Length") == "" {
		t.Fatalf("stream_info: %d %q, %v", a.status, a.body, err)
	}
	for key, want := range map[string]any{
		"version": 1.0, "status": 200.0, "host_id": p.guid, "nodes": 1.0, "receivers": 0.0,
		"db_status": "initializing", "db_liveness": "stale", "ingest_type": "child", "ingest_status": "initializing",
		"first_time_s": 0.0, "last_time_s": 0.0,
	} {
		if info[key] != want {
			t.Errorf("stream_info: %s is %v, want %v", key, info[key], want)
		}
	}
	if err := p.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a := get(t, p.plain(), "/readyz"); a.status != http.StatusOK {
		t.Errorf("ready: %d", a.status)
	}
	if _, answer := stream(t, p.plain()); !accepted(answer) {
		t.Errorf("STREAM: %q", answer)
	}
}

// Stop ends what is open, in whatever state, in time.
func TestStop(t *testing.T) {
	t.Parallel()
	p := start(t, "timeout for first request = 60s", withCertificate(t, 1))
	child, answer := stream(t, p.encrypted(), func(r *wire.Request) { r.Hostname = "child01" })
	if !accepted(answer) {
		t.Fatalf("STREAM: %q", answer)
	}
	eventually(t, func() bool { return p.store.Catalog().Len() == 1 }, "the child is not known")
	conns := []net.Conn{child, connect(t, p.encrypted())}
	for _, begin := range []string{"", "ST", "STREAM key=", "GET / HT", "\x16\x03"} {
		c := connect(t, p.plain())
		_, _ = io.WriteString(c, begin)
		conns = append(conns, c)
	}
	// A connection that is kept, and one with a live stream.
	idle, live := connect(t, p.encrypted()), connect(t, p.encrypted())
	_, _ = io.WriteString(idle, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
	_, _ = io.WriteString(live, "GET /host/child01/api/foster/v1/live?chart=a.b HTTP/1.1\r\nHost: a\r\n\r\n")
	for _, c := range []net.Conn{idle, live} {
		line, err := bufio.NewReader(c).ReadString('\n')
		if !strings.HasPrefix(line, "HTTP/1.1 200 OK") {
			t.Fatalf("%q, %v", line, err)
		}
	}
	conns = append(conns, idle, live)

	began := time.Now()
	p.halt(t)
	if took := time.Since(began); took > 6*time.Second {
		t.Errorf("took %v", took)
	}
	for i, c := range conns {
		if _, err := io.Copy(io.Discard, c); err != nil && strings.Contains(err.Error(), "timeout") {
			t.Errorf("connection %d: %v", i, err)
		}
	}
	if n := p.sockets.Load(); n != 0 {
		t.Errorf("%d connections are counted as open", n)
	}
	if _, err := tryGet(t.Context(), p.encrypted(), "/healthz"); err == nil {
		t.Error("still answers")
	}
	p.halt(t) // again
	p.log.want(t, "reason=shutdown")
}

// What was received is there after a restart, before its child comes back.
func TestDataSurvivesRestart(t *testing.T) {
	t.Parallel()
	p := start(t, "")
	ctx := t.Context()
	guid := uuid.NewString()
	s, err := swarm.NewSwarm(1, 0, func(int) swarm.Options {
		return swarm.Options{
			Addr: p.addr, APIKey: testKey, GUID: guid, Hostname: "child01", History: time.Minute,
			Charts: []swarm.Chart{{
				Chart:      wire.Chart{ID: "app.queue", Title: "Queue", Units: "items", Family: "app", Context: "app.queue"},
				Dimensions: []wire.Dimension{{ID: "length", Algorithm: wire.Absolute}},
			}},
			Values: func(_, _ int, at int64) float64 { return float64(at % 1000) },
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	runCtx, stopChild := context.WithCancel(ctx)
	go func() { defer close(done); s.Run(runCtx) }()
	err = s.WaitLive(ctx)
	before := time.Now().Unix() - 5
	stopChild()
	<-done
	if err != nil {
		t.Fatal(err)
	}
	query := fmt.Sprintf("/host/child01/api/v1/data?chart=app.queue&format=csv&after=%d&before=%d", before-20, before)
	value := fmt.Sprint(",", before%1000)
	var rows answer
	eventually(t, func() bool { // the child has sent them, which is not that they are stored
		rows = get(t, p.plain(), query)
		return strings.Contains(rows.body, value)
	}, "the rows that the child has sent")
	p.halt(t)

	if p.Server, err = New(p.options()); err != nil {
		t.Fatal(err)
	}
	p.run(t)
	if a := get(t, p.plain(), "/api/v1/info"); !strings.Contains(a.body, `"child01"`) || !strings.Contains(a.body, guid) {
		t.Errorf("the host is not listed: %s", a.body)
	}
	again := get(t, p.plain(), query)
	if n := strings.Count(strings.TrimSpace(again.body), "\n"); n < 19 || again.body != rows.body || again.status != http.StatusOK {
		t.Errorf("%d rows:\n%s\nbefore the restart:\n%s", n, again.body, rows.body)
	}
	if a := get(t, p.plain(), "/host/"+guid+"/api/v1/charts"); !strings.Contains(a.body, "app.queue") {
		t.Errorf("the chart is not listed: %.200s", a.body)
	}
}

func TestMachineGUID(t *testing.T) {
	dir := t.TempDir()
	guid, err := machineGUID(dir)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := machineGUID(dir); again != guid || err != nil {
		t.Errorf("%s, then %s, %v", guid, again, err)
	}
	if entries, err := os.ReadDir(dir); len(entries) != 1 || err != nil {
		t.Errorf("left %v, %v", entries, err)
	}
	if err := os.WriteFile(filepath.Join(dir, guidFile), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := machineGUID(dir); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("a file without GUID: %v", err)
	}
}
