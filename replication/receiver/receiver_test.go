package receiver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"foster/internal/throttle"
	"foster/replication/wire"
	"foster/storage"
)

func TestMain(m *testing.M) {
	if addr := os.Getenv(envListen); addr != "" {
		fmt.Fprintln(os.Stderr, beParent(addr, os.Getenv(envDir)))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// parent is a receiver behind a loopback port.
type parent struct {
	*Receiver
	store *storage.Store
	addr  string
	log   *logBuffer
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

// waitFor waits until the log has a line with all of words.
func (l *logBuffer) waitFor(t *testing.T, words ...string) {
	t.Helper()
	eventually(t, func() bool {
		for line := range strings.Lines(l.String()) {
			all := true
			for _, w := range words {
				all = all && strings.Contains(line, w)
			}
			if all {
				return true
			}
		}
		return false
	}, func() string { return fmt.Sprintf("no log line with %q in:\n%s", words, l.String()) })
}

func eventually(t *testing.T, ok func() bool, why func() string) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatal(why())
}

const (
	parentGUID = "00000000-0000-4000-8000-0000000000ff"
	testKey    = "11111111-2222-3333-4444-555555555555"
)

func startParent(t *testing.T, change func(*Options)) *parent {
	t.Helper()
	p := &parent{store: testStore(t), log: &logBuffer{}}
	opts := Options{
		Store: p.store, GUID: parentGUID, Hostname: "parent01", Rules: testRules, CommitDelay: 10 * time.Millisecond,
		Logger: slog.New(slog.NewTextHandler(p.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&opts)
	}
	var err error
	if p.Receiver, err = New(opts); err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.addr = ln.Addr().String()
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				_ = p.Serve(context.Background(), c, Peer{Addr: "[127.0.0.1]:" + strings.TrimPrefix(c.RemoteAddr().String(), "127.0.0.1:"), IP: "127.0.0.1"})
			})
		}
	})
	t.Cleanup(func() {
		_ = ln.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := p.Close(ctx); err != nil {
			t.Error(err)
		}
		wg.Wait()
	})
	return p
}

func guid(n int) string { return fmt.Sprintf("cccccccc-0000-4000-8000-%012d", n) }

// request returns a STREAM request; pairs replace or, with an empty value, remove parameters.
func request(machine string, ver int64, pairs ...string) string {
	params := []string{"key", testKey, "hostname", "child01", "registry_hostname", "child01", "machine_guid", machine,
		"update_every", "1", "os", "linux", "timezone", "Etc/UTC", "hops", "1", "ver", fmt.Sprint(ver), "NETDATA_SYSTEM_OS_NAME", "Debian GNU/Linux",
		"NETDATA_PROTOCOL_VERSION", "1.1"}
	var b strings.Builder
	b.WriteString("STREAM ")
	for i := 0; i < len(params); i += 2 {
		value := params[i+1]
		for j := 0; j < len(pairs); j += 2 {
			if pairs[j] == params[i] {
				value = pairs[j+1]
			}
		}
		if value != "" {
			fmt.Fprintf(&b, "%s=%s&", params[i], value)
		}
	}
	return strings.TrimSuffix(b.String(), "&") + " HTTP/1.1\r\nUser-Agent: netdata/v1.37.1\r\nAccept: */*\r\n\r\n"
}

// dial sends a request and returns the connection and the reply. Without more data within 300 ms the reply is complete.
func (p *parent) dial(t *testing.T, request string) (net.Conn, string) {
	t.Helper()
	c, err := net.Dial("tcp", p.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4096)
	_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
	n, _ := c.Read(buf)
	return c, string(buf[:n])
}

func TestAdmission(t *testing.T) {
	const caps137 = 16376
	var rules Rules
	p := startParent(t, func(o *Options) { o.Rules = func(string, string) Rules { return rules } })
	no := func(string) bool { return false }
	for i, test := range []struct {
		name    string
		request func(machine string) string
		rules   func(*Rules)
		reply   string
		log     string
	}{
		{name: "capabilities of 1.37", request: func(m string) string { return request(m, caps137) }, reply: "Hit me baby, push them over with the version=16320"},
		{name: "capabilities of 2.11", request: func(m string) string { return request(m, 469565432) }, rules: func(r *Rules) { r.Child.Compressions = []wire.Caps{wire.LZ4} },
			reply: fmt.Sprintf("Hit me baby, push them over with the version=%d", wire.Negotiate(469565432, wire.ParentCaps, []wire.Caps{wire.LZ4}))},
		{name: "compression off", request: func(m string) string { return request(m, caps137) }, rules: func(r *Rules) { r.Child.Compressions = nil }, reply: "Hit me baby, push them over with the version=15296"},
		{name: "version 1", request: func(m string) string { return request(m, 1) }, reply: "Hit me baby, push them over..."},
		{name: "no version", request: func(m string) string { return request(m, 0, "ver", "") }, reply: "Hit me baby, push them over..."},
		{name: "version 2", request: func(m string) string { return request(m, 2) }, reply: "Hit me baby, push them over and bring the host labels..."},
		{name: "version 3", request: func(m string) string { return request(m, 3) }, reply: "Hit me baby, push them over with the version=3"},
		{name: "version 4", request: func(m string) string { return request(m, 4) }, reply: "Hit me baby, push them over with the version=4"},
		{name: "version 5", request: func(m string) string { return request(m, 5) }, reply: "Hit me baby, push them over with the version=5"},
		{name: "bits without meaning", request: func(m string) string { return request(m, 7) }, reply: "Hit me baby, push them over..."},
		{name: "no key", request: func(m string) string { return request(m, caps137, "key", "") }, reply: wire.RejectNotPermitted, log: "request without an API key (KEY). Forbidding access."},
		{name: "no hostname", request: func(m string) string { return request(m, caps137, "hostname", "") }, reply: wire.RejectNotPermitted, log: "request without a hostname. Forbidding access."},
		{name: "no machine GUID", request: func(m string) string { return request(m, caps137, "machine_guid", "") }, reply: wire.RejectNotPermitted, log: "request without a machine GUID. Forbidding access."},
		{name: "key not GUID", request: func(m string) string { return request(m, caps137, "key", "API_KEY") }, reply: wire.RejectNotPermitted, log: "API key 'API_KEY' is not valid GUID. Forbidding access."},
		{name: "machine not GUID", request: func(m string) string { return request(m, caps137, "machine_guid", "abc") }, reply: wire.RejectNotPermitted, log: "machine GUID 'abc' is not GUID. Forbidding access."},
		{name: "bad hops", request: func(m string) string { return request(m, caps137, "hops", "x") }, reply: wire.RejectNotPermitted},
		{name: "key of a machine", request: func(m string) string { return request(m, caps137) }, rules: func(r *Rules) { r.KeyIsAPI = false }, reply: wire.RejectNotPermitted, log: "is not allowed"},
		{name: "key not enabled", request: func(m string) string { return request(m, caps137) }, rules: func(r *Rules) { r.KeyEnabled = false }, reply: wire.RejectNotPermitted, log: "API key '" + testKey + "' is not allowed. Forbidding access."},
		{name: "key not from here", request: func(m string) string { return request(m, caps137) }, rules: func(r *Rules) { r.KeyAllows = no }, reply: wire.RejectNotPermitted, log: "API key '" + testKey + "' is not permitted from this IP. Forbidding access."},
		{name: "machine not enabled", request: func(m string) string { return request(m, caps137) }, rules: func(r *Rules) { r.MachineEnabled = false }, reply: wire.RejectNotPermitted, log: "is not allowed. Forbidding access."},
		{name: "machine not from here", request: func(m string) string { return request(m, caps137) }, rules: func(r *Rules) { r.MachineAllows = no }, reply: wire.RejectNotPermitted, log: "is not permitted from this IP. Forbidding access."},
		{name: "own GUID", request: func(string) string { return request(strings.ToUpper(parentGUID), caps137) }, reply: wire.RejectLocalhost},
	} {
		t.Run(test.name, func(t *testing.T) {
			rules = testRules("", "")
			rules.Child.Compressions = []wire.Caps{wire.LZ4}
			if test.rules != nil {
				test.rules(&rules)
			}
			p.rejections = throttle.Throttle{}
			c, reply := p.dial(t, test.request(guid(100+i)))
			if reply != test.reply {
				t.Errorf("reply %q, want %q", reply, test.reply)
			}
			if strings.HasPrefix(test.reply, "Hit me") {
				// Nothing follows the prompt until the child has sent something.
				_ = c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
				if n, _ := c.Read(make([]byte, 16)); n != 0 {
					t.Error("the parent sent more than the prompt")
				}
			} else if _, err := io.ReadAll(c); err != nil {
				t.Errorf("the connection was not closed: %v", err)
			}
			if test.log != "" {
				p.log.waitFor(t, test.log, "STREAM [receive from [127.0.0.1]:")
			}
			_ = c.Close()
		})
	}
}

func TestDuplicateAndBusy(t *testing.T) {
	p := startParent(t, func(o *Options) { o.StaleAfter, o.DuplicateGrace = 150*time.Millisecond, 10*time.Millisecond })
	first, reply := p.dial(t, request(guid(1), 15352))
	if !strings.HasPrefix(reply, "Hit me") {
		t.Fatal(reply)
	}
	if _, reply := p.dial(t, request(guid(1), 15352)); reply != wire.RejectAlready {
		t.Errorf("a live child: reply %q", reply)
	}
	if _, reply := p.dial(t, request(guid(1), 15352, "hostname", "other")); reply != wire.RejectNotPermitted {
		t.Errorf("a live child under another name: reply %q", reply)
	}
	time.Sleep(200 * time.Millisecond) // silence makes it stale
	if _, reply := p.dial(t, request(guid(1), 15352)); !strings.HasPrefix(reply, "Hit me") {
		t.Errorf("a stale child is not replaced: reply %q", reply)
	}
	if _, err := first.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the stale connection is not closed: %v", err)
	}

	busy := startParent(t, func(o *Options) { o.AcceptEvery = func() time.Duration { return time.Hour } })
	if _, reply := busy.dial(t, request(guid(1), 15352)); !strings.HasPrefix(reply, "Hit me") {
		t.Fatal(reply)
	}
	if _, reply := busy.dial(t, request(guid(2), 15352)); reply != wire.RejectBusy {
		t.Errorf("within the rate limit: reply %q", reply)
	}
	busy.log.waitFor(t, "too busy to accept new streaming request. Will be allowed in")
}

// TestCloseCutsHandshakes closes a receiver whose connections have not sent all of their request.
func TestCloseCutsHandshakes(t *testing.T) {
	p := startParent(t, func(o *Options) { o.HandshakeTimeout = time.Minute })
	admitted, _ := p.dial(t, request(guid(1), 15352))
	conns := []net.Conn{admitted}
	for _, begin := range []string{"S", "STREAM key=" + testKey} {
		c, err := net.Dial("tcp", p.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := io.WriteString(c, begin); err != nil {
			t.Fatal(err)
		}
		conns = append(conns, c)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := p.Close(ctx); err != nil {
		t.Fatal(err)
	}
	for i, c := range conns {
		_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
		if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("connection %d is open", i)
		}
	}
	p.log.waitFor(t, "reason=shutdown")
}

// definition is what v1 children without replication send to a parent that offers nothing newer.
const definition = `CHART "test.one" "" "One" "things" "fam" "test.ctx" "line" 1 1 "" "plugin" "module"
DIMENSION "a" "a" "absolute" 1 1 ""
DIMENSION "b" "b" "absolute" 1 1 ""
`

// TestHostile sends what no child should: that connection ends with a log line that says who and what, what it had sent
// before is kept, and another child does not notice.
func TestHostile(t *testing.T) {
	p := startParent(t, nil)
	good, reply := p.dial(t, request(guid(1), 64|128|512|4096|16384|32768))
	if !strings.HasPrefix(reply, "Hit me") {
		t.Fatal(reply)
	}
	send := func(c net.Conn, text string) {
		t.Helper()
		if _, err := io.WriteString(c, text); err != nil {
			t.Fatal(err)
		}
	}
	send(good, definition+"CHART_DEFINITION_END 0 0 0\n")
	now := time.Now().Unix()
	for i, test := range []struct{ name, text, log string }{
		{"garbage keyword", "GARBAGE in\n", "unknown keyword"},
		{"lower case", "begin test.one\n", "unknown keyword"},
		{"comment", "# hello\n", "unknown keyword"},
		{"oversized line", strings.Repeat("x", 3<<20), "longer than 1048576 bytes"},
		{"unknown chart", "BEGIN2 'no.such' 1 5 5\n", "not defined"},
		{"unknown dimension", fmt.Sprintf("BEGIN2 'test.one' 1 %d #\nSET2 'zz' 1 1 A\n", now), "not defined"},
		{"missing words", "BEGIN2 'test.one' 1\n", "a mandatory word is missing"},
		{"no number", "BEGIN2 'test.one' 1 x y\n", "not a number"},
		{"chart without dot", "CHART test\n", "no dot"},
		{"dimension without chart", "FLUSH\nDIMENSION a\n", "no chart is in scope"},
		{"END2 alone", "END2\n", "no block is open"},
		{"REND alone", "REND 1 2 3 true 4 5 6\n", "no block is open"},
		{"foreign claim", "CLAIMED_ID " + guid(999) + " NULL\n", "another machine"},
		{"plugin words", "HOST_DEFINE " + guid(999) + " vnode\n", "unknown keyword"},
		{"end in a line", "BEGIN2 'test", "ends inside a line"},
	} {
		t.Run(test.name, func(t *testing.T) {
			machine := guid(10 + i)
			c, reply := p.dial(t, request(machine, 64|128|512|16384|32768, "hostname", fmt.Sprint("bad", i)))
			if !strings.HasPrefix(reply, "Hit me") {
				t.Fatal(reply)
			}
			send(c, definition)
			send(c, fmt.Sprintf("BEGIN2 'test.one' 1 %d #\nSET2 'a' 1 1.5 A\nSET2 'b' 2 # ''\nEND2\n", now-1))
			_, _ = io.WriteString(c, test.text)
			if tcp := c.(*net.TCPConn); test.log == "ends inside a line" {
				_ = tcp.CloseWrite()
			}
			_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
			if _, err := io.ReadAll(c); err != nil && !strings.Contains(err.Error(), "reset") {
				t.Errorf("the connection was not closed: %v", err)
			}
			p.log.waitFor(t, test.log, fmt.Sprint("host=bad", i, " "), "ip=127.0.0.1")
			stored := points(t, p.store, p.store.Catalog().Host(machine).Chart("test.one"), now-10, now+10)
			if row := stored[now-1]; row["a"] != 1.5 || row["b"] != 2 {
				t.Errorf("what was sent before is stored as %v", stored)
			}
		})
	}
	send(good, fmt.Sprintf("BEGIN2 'test.one' 1 %d #\nSET2 'a' 1 7 A\nEND2\n", now))
	eventually(t, func() bool {
		return points(t, p.store, p.store.Catalog().Host(guid(1)).Chart("test.one"), now-10, now+10)[now]["a"] == 7
	}, func() string { return "the other child's point is not stored" })
}

// TestHostileCompression: frames that are cut, corrupt or bombs end the connection.
func TestHostileCompression(t *testing.T) {
	p := startParent(t, nil)
	for i, test := range []struct {
		name string
		ver  int64
		data string
	}{
		{"corrupt lz4", 16376, "\xfa\x85\x80\n\xff\xff\xff\xff\xff"},
		{"cut lz4", 16376, "\xfa\x85\x80\n\x01"},
		{"empty frame", 16376, "\xfa\x80\x80\n"},
		{"corrupt zstd", 16376&^1024 | 524288, "\xfa\x85\x80\nhello"},
		{"corrupt gzip", 16376&^1024 | 1048576, "\xfa\x85\x80\nhello"},
		{"corrupt brotli", 16376&^1024 | 2097152, "\xfa\x85\x80\n\xff\xff\xff\xff\xff"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, reply := p.dial(t, request(guid(10+i), test.ver, "hostname", fmt.Sprint("bad", i)))
			if !strings.HasPrefix(reply, "Hit me") {
				t.Fatal(reply)
			}
			if _, err := io.WriteString(c, test.data); err != nil {
				t.Fatal(err)
			}
			_ = c.(*net.TCPConn).CloseWrite()
			_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
			if _, err := io.ReadAll(c); err != nil {
				t.Errorf("the connection was not closed: %v", err)
			}
			p.log.waitFor(t, "level=ERROR", fmt.Sprint("host=bad", i))
		})
	}
}

// TestReplication follows one chart through its replay: the request, steps, what is there already, and live data.
func TestReplication(t *testing.T) {
	p := startParent(t, func(o *Options) {
		o.Rules = func(string, string) Rules {
			r := testRules("", "")
			r.Child.ReplicationStep = 60 * time.Second
			return r
		}
	})
	const ver = 64 | 128 | 512 | 4096 | 16384 | 32768
	c, reply := p.dial(t, request(guid(1), ver))
	if !strings.HasPrefix(reply, "Hit me") {
		t.Fatal(reply)
	}
	now := time.Now().Unix()
	expect := func(format string, args ...any) {
		t.Helper()
		want := fmt.Sprintf(format, args...)
		buf := make([]byte, len(want))
		_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
		if n, err := io.ReadFull(c, buf); err != nil || string(buf) != want {
			t.Fatalf("the parent sent %q (%v), want %q", buf[:n], err, want)
		}
	}
	send := func(format string, args ...any) {
		t.Helper()
		if _, err := fmt.Fprintf(c, format, args...); err != nil {
			t.Fatal(err)
		}
	}
	replay := func(after, before int64, start bool) {
		t.Helper()
		send("RBEGIN 'test.one'\n")
		for at := after + 1; at <= before; at++ {
			send("RBEGIN '' %d %d %d\nRSET \"a\" %d A\nRSET 'b' 0.5 ''\n", at-1, at, now, at%10)
		}
		send("REND 1 %d %d %t %d %d %d\n", now-100, now-1, start, after, before, now)
	}
	send(definition)
	send("CHART_DEFINITION_END %d %d %d\n", now-100, now-1, now)
	expect("REPLAY_CHART \"test.one\" \"false\" %d %d\n", now-100, now-40)
	send("CHART_DEFINITION_END %d %d %d\n", now-100, now-1, now) // repeated: no second request
	h := p.store.Catalog().Host(guid(1))
	if conn := h.Connection(); conn.Replicating() != 1 {
		t.Errorf("%d charts replicate, want 1", conn.Replicating())
	}
	replay(now-100, now-40, false)
	expect("REPLAY_CHART \"test.one\" \"true\" %d %d\n", now-40, now-1)
	replay(now-40, now-1, true)
	send("BEGIN2 'test.one' 1 %d #\nSET2 'a' 1 %d A\nSET2 'b' 1 0.5 A\nEND2\n", now, now%10)
	eventually(t, func() bool { return len(points(t, p.store, h.Chart("test.one"), now-200, now+10)) == 100 },
		func() string {
			return fmt.Sprintf("%d points stored, want 100", len(points(t, p.store, h.Chart("test.one"), now-200, now+10)))
		})
	for at, row := range points(t, p.store, h.Chart("test.one"), now-200, now+10) {
		if row["a"] != float64(at%10) || row["b"] != 0.5 {
			t.Errorf("at %d: %v", at, row)
		}
	}
	if conn := h.Connection(); conn.Replicating() != 0 || conn.ReplayPercent() != 100 {
		t.Errorf("after the replay: %d charts, %v %%", conn.Replicating(), conn.ReplayPercent())
	}

	// The next connection is asked for what is missing only, and points that are there are not doubled.
	_ = c.Close()
	eventually(t, func() bool { return h.Connection() == nil }, func() string { return "still connected" })
	if c, reply = p.dial(t, request(guid(1), ver)); !strings.HasPrefix(reply, "Hit me") {
		t.Fatal(reply)
	}
	send(definition)
	send("CHART_DEFINITION_END %d %d %d\n", now-100, now, now)
	expect("REPLAY_CHART \"test.one\" \"true\" %d %d\n", now, now) // what it collects meanwhile
	replay(now-3, now-1, true)
	send("BEGIN2 'test.one' 1 %d #\nSET2 'a' 1 99 A\nEND2\n", now) // a second time
	eventually(t, func() bool { c := h.Connection(); return c != nil && c.Dropped.Load() == 5 }, func() string {
		return fmt.Sprintf("%d points dropped, want 5", h.Connection().Dropped.Load())
	})
	if got := points(t, p.store, h.Chart("test.one"), now-200, now+10); len(got) != 100 || got[now]["a"] != float64(now%10) {
		t.Errorf("after a repeated replay: %d points, the last %v", len(got), got[now])
	}
}

// TestStuckReplay: a child that answers without progress goes live and is not asked for ever.
func TestStuckReplay(t *testing.T) {
	p := startParent(t, nil)
	c, _ := p.dial(t, request(guid(1), 64|128|512|4096|16384|32768))
	now := time.Now().Unix()
	fmt.Fprint(c, definition)
	fmt.Fprintf(c, "CHART_DEFINITION_END %d %d %d\n", now-50000, now-1, now)
	requests := 0
	buf := make([]byte, 4096)
	for {
		_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
		n, err := c.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		if requests++; requests > 10 {
			t.Fatal("the parent asks for ever")
		}
		if strings.Contains(string(buf[:n]), `"true" 0 0`) {
			return
		}
		fmt.Fprintf(c, "RBEGIN 'test.one'\nREND 1 %d %d false %d %d %d\n", now-50000, now-1, now-50000, now-50000, now)
	}
}

// TestDefinitions sends every kind of definition and looks at the catalog.
func TestDefinitions(t *testing.T) {
	p := startParent(t, nil)
	c, reply := p.dial(t, request(guid(1), int64(wire.ParentCaps&^wire.Compressions)))
	if !strings.HasPrefix(reply, "Hit me") {
		t.Fatal(reply)
	}
	claim := "aaaaaaaa-0000-4000-8000-000000000001"
	fmt.Fprintf(c, `VARIABLE HOST cpus = 4.0000000
JSON STREAM_PATH
{"version":1,"streaming_path":[{"version":1,"hostname":"child01","host_id":"%s","hops":0,"since":5,"capabilities":["V1"],"flags":["health"]}]}
JSON_PAYLOAD_END
JSON UNKNOWN_THING
CHART this is not a command
JSON_PAYLOAD_END
CLAIMED_ID '%s' '%s'
LABEL "_os" = 1 "linux"
LABEL room = 2 server room
OVERWRITE labels
FUNCTION GLOBAL "processes" 10 "Running processes" "top" 0x13 100 3
FUNCTION_RESULT_BEGIN "x" 200 "text/plain" 0
anything = "goes here
FUNCTION_RESULT_END
FUNCTION_PROGRESS 'x' 1 2
DYNCFG_RESET
CHART SLOT:1 "disk.sda" "my disk" "A disk" "KiB/s" "sda" "disk.io" "area" 2000 2 " detail " "proc" "diskstats"
CLABEL "device" "sda" 1
CLABEL_COMMIT
DIMENSION SLOT:1 "reads" "in" "incremental" -1 1024 " hidden "
FUNCTION "chart-fn" 5 "help"
VARIABLE CHART max = 100
VARIABLE limit 7
VARIABLE HOST broken
CHART_DEFINITION_END 0 0 0
`, guid(1), guid(1), claim)
	h := func() bool {
		return p.store.Catalog().Host(guid(1)) != nil && p.store.Catalog().Host(guid(1)).Chart("disk.sda") != nil
	}
	eventually(t, h, func() string { return "chart not defined\n" + p.log.String() })
	host := p.store.Catalog().Host(guid(1))
	ch := host.Chart("disk.my_disk")
	eventually(t, func() bool { return len(ch.Variables()) == 2 }, func() string { return fmt.Sprint(ch.Variables()) })
	if info := host.Info(); info.ClaimID != claim || info.SystemInfo["NETDATA_SYSTEM_OS_NAME"] != "Debian GNU/Linux" || info.ProgramVersion != "v1.37.1" {
		t.Errorf("host: %+v", info)
	}
	if labels := fmt.Sprint(host.Labels()); labels != "[{_os linux 1} {room server room 2}]" {
		t.Errorf("host labels: %s", labels)
	}
	if v := host.Variables(); v["cpus"] != 4 {
		t.Errorf("host variables: %v", v)
	}
	if f := host.Functions()["processes"]; f.Timeout != 10 || f.Tags != "top" || f.Access != 0x13 || f.Version != 3 {
		t.Errorf("functions: %+v", host.Functions())
	}
	def, dim := ch.Def(), ch.Dimension("reads").Def()
	if def.Name != "disk.my_disk" || def.Type != "area" || def.UpdateEvery != 2 || !def.Detail || def.Priority != 2000 || fmt.Sprint(ch.Labels()) != "[{device sda 1}]" {
		t.Errorf("chart: %+v, labels %v", def, ch.Labels())
	}
	if dim.Name != "in" || dim.Algorithm != wire.Incremental || dim.Multiplier != -1 || dim.Divisor != 1024 || !dim.Hidden {
		t.Errorf("dimension: %+v", dim)
	}
	if v := ch.Variables(); v["max"] != 100 || v["limit"] != 7 {
		t.Errorf("chart variables: %v", v)
	}
	if _, ok := ch.Functions()["chart-fn"]; !ok {
		t.Error("the chart's function is missing")
	}
	// The child is told the path, ourselves included.
	buf := make([]byte, 4096)
	_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
	n, err := c.Read(buf)
	if err != nil || !strings.Contains(string(buf[:n]), `"hostname":"parent01"`) || !strings.Contains(string(buf[:n]), `"hops":1,`) {
		t.Errorf("the parent sent %q (%v)", buf[:n], err)
	}
	if !strings.Contains(string(host.StreamPath()), parentGUID) {
		t.Errorf("stream path: %s", host.StreamPath())
	}
}
