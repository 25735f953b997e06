package receiver

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"foster/replication/wire"
	"foster/storage"
)

// fuzzed are the capabilities with which FuzzSession connects.
var fuzzed = []wire.Caps{capsOld, capsReplay, capsV2, capsV2 &^ wire.IEEE754, capsV2 &^ wire.Replication, wire.Paths | capsV2}

// FuzzSession receives lines as a child may send them: agents' own, and whatever a fuzzer makes of them. It must not
// panic, hang, claim more than in proportion to what was sent, or store two points of one time.
func FuzzSession(f *testing.F) {
	for i, name := range []string{"k-v1.37-odd-none", "a-v1.37-none", "d-v2.11-none"} {
		stream := readGzip(f, name, "stream.gz")
		_, text, _ := bytes.Cut(stream, []byte("\r\n\r\n"))
		for n := 0; n < len(text) && n < 10*6000; n += 6000 {
			f.Add(uint8(i), text[n:min(n+6000, len(text))])
		}
	}
	for i := range fuzzed {
		f.Add(uint8(i), []byte(strings.Join([]string{
			strings.TrimSpace(definition), "CHART_DEFINITION_END 1795225500 1795225599 1795225600",
			"RBEGIN SLOT:1 test.one", "RBEGIN '' 1795225500 1795225501 1795225600", "RSET a 1 A", "RSET b 2 ''",
			"RDSTATE a 1795225501000000 5 1 1", "RSSTATE 1795225501000000 1795225501000000", "REND 1 1795225500 1795225599 false 1795225500 1795225501 1795225600",
			"RBEGIN test.one", "REND 1 1795225500 1795225599 true 1795225501 1795225599 1795225600",
			"BEGIN2 SLOT:1 test.one 1 1795225600 #", "SET2 SLOT:1 a 5 # A", "SET2 b 5 1.5 R", "END2", "FLUSH",
			"BEGIN test.one 1000000", "SET a 5", "SET b", "END", "CLABEL a b 1", "CLABEL_COMMIT", "VARIABLE CHART x 5", "LABEL x 1 y z", "OVERWRITE labels",
			"FUNCTION GLOBAL x 5 help", "FUNCTION_DEL GLOBAL x", "JSON STREAM_PATH", `{"streaming_path":[{"hops":1,"capabilities":["V1"]}]}`, "JSON_PAYLOAD_END",
			"FUNCTION_RESULT_BEGIN x 200 y 0", "z", "FUNCTION_RESULT_END", "DIMENSION c c incremental 1 0 'obsolete type=float'", "SET c 5.5", "END", "",
		}, "\n")))
	}
	session := newFuzzSession(f)
	f.Fuzz(func(t *testing.T, caps uint8, lines []byte) {
		session.run(t, fuzzed[int(caps)%len(fuzzed)], lines)
	})
}

// fuzzSession receives one input after the other into a store that is begun anew now and then: opening one for each would
// take longer than all else.
type fuzzSession struct {
	dir   string
	store *storage.Store
	r     *Receiver
	n     int
}

func newFuzzSession(f *testing.F) *fuzzSession {
	s := &fuzzSession{}
	f.Cleanup(func() { s.close(f) })
	return s
}

func (s *fuzzSession) close(t testing.TB) {
	if s.store == nil {
		return
	}
	if err := errors.Join(s.store.Close(), os.RemoveAll(s.dir)); err != nil {
		t.Error(err)
	}
	s.store = nil
}

func (s *fuzzSession) open(t testing.TB) {
	s.close(t)
	var err error
	if s.dir, err = os.MkdirTemp("", "fuzz-session"); err != nil {
		t.Fatal(err)
	}
	opts := storage.DefaultOptions()
	opts.Dir = s.dir
	opts.Now = func() time.Time { return time.Unix(clock, 0) }
	if s.store, err = storage.Open(context.Background(), opts); err != nil {
		t.Fatal(err)
	}
	s.r = testReceiver(t, s.store)
}

func (s *fuzzSession) run(t *testing.T, caps wire.Caps, lines []byte) {
	if s.n%1000 == 0 {
		s.open(t)
	}
	s.n++
	machine := guid(s.n)
	var log countingLog
	s.r.opts.Logger = slog.New(slog.NewTextHandler(&log, nil))
	conn := &answered{stream: stream{messages: [][]byte{[]byte(request(machine, int64(caps))), lines}}}
	begin := time.Now()
	_ = s.r.Serve(context.Background(), conn, Peer{Addr: "fuzz", IP: "127.0.0.1"})
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
	if len(conn.sent) > 8*len(lines)+8192 {
		t.Errorf("%d bytes are answered with %d", len(lines), len(conn.sent))
	}
	if log > 4 {
		t.Errorf("%d lines of log", log)
	}
	h := s.store.Catalog().Host(machine)
	if h == nil {
		t.Fatal("the child was not admitted")
	}
	if h.Connection() != nil || s.r.Connected() != 0 {
		t.Error("the connection has not ended")
	}
	if size := h.Size(); size > int64(200*len(lines)) {
		t.Errorf("%d bytes of lines define %d bytes", len(lines), size)
	}
	for _, ch := range h.Charts() {
		stored := points(t, s.store, ch, 0, 1<<40) // which complains of double ones
		for at := range stored {
			if at > ch.Last() || at < ch.First() {
				t.Errorf("a point at %d is outside of %d to %d", at, ch.First(), ch.Last())
			}
		}
	}
}

// answered keeps what the parent sends.
type answered struct {
	stream
	sent []byte
}

func (c *answered) Write(p []byte) (int, error) {
	c.sent = append(c.sent, p...)
	return len(p), nil
}

// countingLog counts lines.
type countingLog int

func (l *countingLog) Write(p []byte) (int, error) {
	*l++
	return len(p), nil
}
