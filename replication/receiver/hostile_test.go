package receiver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"time"

	"foster/replication/wire"
	"foster/storage"
	"foster/storage/catalog"
)

// clock is what the receiver of play believes the time to be.
const clock = int64(1_795_225_600)

// testReceiver returns a receiver over store whose clock stands at unix time clock.
func testReceiver(t testing.TB, store *storage.Store) *Receiver {
	t.Helper()
	r, err := New(Options{
		Store: store, GUID: parentGUID, Hostname: "parent01", Rules: testRules, Logger: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return time.Unix(clock, 0) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// play receives lines that a child sends without waiting for answers. It returns the host and how the connection ended.
func play(t testing.TB, r *Receiver, machine string, caps wire.Caps, lines ...string) (*catalog.Host, error) {
	t.Helper()
	c := &stream{messages: [][]byte{[]byte(request(machine, int64(caps))), []byte(strings.Join(lines, "\n") + "\n")}}
	err := r.Serve(context.Background(), c, Peer{Addr: "test", IP: "127.0.0.1"})
	return r.opts.Store.Catalog().Host(machine), err
}

const (
	capsOld    = wire.VCaps | wire.HLabels | wire.CLabels
	capsReplay = capsOld | wire.Replication
	capsV2     = capsReplay | wire.Interpolated | wire.IEEE754 | wire.Slots
)

// TestNoPanic sends what once brought the whole parent down.
func TestNoPanic(t *testing.T) {
	r := testReceiver(t, testStore(t))
	for i, test := range []struct {
		name  string
		lines []string
	}{
		{"an interval that overflows", []string{
			"CHART a.b", "DIMENSION x", "BEGIN a.b", "RBEGIN a.b", "RBEGIN '' -9223372036854775808 0 5", "BEGIN a.b 1", "SET x 1", "END",
		}},
		{"a value that is missing, without BEGIN", []string{"CHART a.b", "DIMENSION x", "SET x", "END"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := play(t, r, guid(i), capsReplay, test.lines...); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestCutInsideBlock: what is known of a point when the connection breaks is not stored. It would keep the rest of the point
// out, because the next connection is asked for later points only.
func TestCutInsideBlock(t *testing.T) {
	for name, cut := range map[string][]string{
		"live":   {fmt.Sprintf("BEGIN2 'test.one' 1 %d #", clock-1), "SET2 'a' 2 # A"},
		"replay": {"RBEGIN 'test.one'", fmt.Sprintf("RBEGIN '' %d %d %d", clock-2, clock-1, clock), "RSET 'a' 2 A"},
		// The values of one chart, and then another one in scope.
		"other": {"RBEGIN 'test.one'", fmt.Sprintf("RBEGIN '' %d %d %d", clock-2, clock-1, clock), "RSET 'a' 2 A", "CHART test.two", "DIMENSION a"},
	} {
		t.Run(name, func(t *testing.T) {
			store := testStore(t)
			r := testReceiver(t, store)
			lines := []string{strings.TrimSuffix(definition, "\n"), fmt.Sprintf("BEGIN2 'test.one' 1 %d #", clock-2), "SET2 'a' 1 # A", "SET2 'b' 1 # A", "END2"}
			h, err := play(t, r, guid(1), capsV2, append(lines, cut...)...)
			if err != nil {
				t.Fatal(err)
			}
			if last := h.Chart("test.one").Last(); last != clock-2 {
				t.Errorf("the newest point is that of %d, want %d", last-clock, -2)
			}
			if got := points(t, store, h.Chart("test.one"), clock-10, clock); len(got) != 1 {
				t.Errorf("stored %v", got)
			}
		})
	}
}

// closing closes the store before it hands out a message.
type closing struct {
	stream
	store *storage.Store
	at    int
}

func (c *closing) Read(p []byte) (int, error) {
	if c.next == c.at {
		_ = c.store.Close()
	}
	return c.stream.Read(p)
}

// TestStoreFails: when the store does not take samples the connection ends, and what is stored is read again before the
// child is asked for the rest.
func TestStoreFails(t *testing.T) {
	point := func(at int64) []byte {
		return fmt.Appendf(nil, "BEGIN2 'test.one' 1 %d #\nSET2 'a' 1 # A\nSET2 'b' 1 # A\nEND2\n", at)
	}
	for _, at := range []int{3, 4} { // in the middle of a batch, and before its first sample
		store := testStore(t)
		r := testReceiver(t, store)
		r.opts.CommitSamples = 4
		c := &closing{store: store, at: at, stream: stream{messages: [][]byte{
			[]byte(request(guid(1), int64(capsV2))), []byte(definition), point(clock - 3), append(point(clock-2), point(clock-1)...), point(clock),
		}}}
		err := r.Serve(context.Background(), c, Peer{Addr: "test", IP: "127.0.0.1"})
		if !errors.Is(err, storage.ErrClosed) {
			t.Errorf("closed before message %d: %v", at, err)
		}
		if store.Catalog().Host(guid(1)).RetentionKnown() {
			t.Errorf("closed before message %d: the retention is taken for known", at)
		}
	}
}

// TestLargeDefinitions: definitions of any size are taken. This took minutes when they took time by the square of it.
func TestLargeDefinitions(t *testing.T) {
	dims := func(n int, id func(i int) string) []string {
		lines := []string{"CHART a.b"}
		for i := range n {
			lines = append(lines, "DIMENSION "+id(i))
		}
		return lines
	}
	up := func(i int) string { return fmt.Sprint("d", i) }
	down := func(i int) string { return fmt.Sprint("d", 70_000-i) }
	r := testReceiver(t, testStore(t))
	for _, lines := range [][]string{dims(10_000, up), dims(10_000, up), dims(10_000, down), dims(10_000, down)} {
		if _, err := play(t, r, guid(1), capsV2, lines...); err != nil {
			t.Fatal(err)
		}
	}
	charts := []string{}
	for i := range 7_000 { // a listing of the charts after each new one
		charts = append(charts, fmt.Sprintf("CHART a.c%d", i), "JSON STREAM_PATH", "{}", "JSON_PAYLOAD_END")
	}
	if _, err := play(t, r, guid(2), capsV2, charts...); err != nil {
		t.Fatal(err)
	}
}

// TestGrowth: whatever a child defines, the memory it claims has a bound.
func TestGrowth(t *testing.T) {
	const most = 16 << 20 // here, in place of Limits.growth
	long := strings.Repeat("x", 1000)
	for name, line := range map[string]func(chart, i int) string{
		"variables":  func(chart, i int) string { return fmt.Sprintf("VARIABLE CHART v%d_%d%s 1", chart, i, long) },
		"functions":  func(chart, i int) string { return fmt.Sprintf("FUNCTION f%d_%d 1 '%s' '%s'", chart, i, long, long) },
		"charts":     func(chart, i int) string { return fmt.Sprintf("CHART c.c%d_%d%s '%s'", chart, i, long, long) },
		"dimensions": func(chart, i int) string { return fmt.Sprintf("DIMENSION d%d_%d%s", chart, i, long) },
		"labels": func(chart, i int) string {
			if i == 899 {
				return "CLABEL_COMMIT"
			}
			return fmt.Sprintf("CLABEL n%d_%d%s '%s' 1", chart, i, long, long)
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := catalog.NewInMemory().Define(guid(1), catalog.HostInfo{Hostname: "h"})
			s := &session{
				host: h, charts: map[string]*chart{}, r: &Receiver{}, log: slog.New(slog.DiscardHandler),
				guard: guard{limits: Limits{Charts: 1000, Dimensions: 100_000, ChartDimensions: 10_000, LabelBytes: 1 << 30}},
			}
			s.size = most - s.guard.limits.growth()
			before := heap()
			for n := range 900 * 40 {
				if n%900 == 0 {
					if err := s.process(fmt.Appendf(nil, "CHART c.c%d", n/900)); err != nil {
						t.Fatal(err)
					}
				}
				if err := s.process([]byte(line(n/900, n%900))); err != nil {
					t.Fatal(err)
				}
			}
			if !s.guard.refusing {
				t.Error("nothing was refused")
			}
			if grown := heap() - before; grown > 2*most {
				t.Errorf("%d MiB of memory are claimed, want at most %d", grown>>20, 2*most>>20)
			}
			runtime.KeepAlive(s)
		})
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
