package receiver

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"foster/replication/wire"
)

// dialogue is a child that a test plays line by line.
type dialogue struct {
	t *testing.T
	c net.Conn
}

func (p *parent) talk(t *testing.T, machine string, caps wire.Caps) *dialogue {
	t.Helper()
	c, reply := p.dial(t, request(machine, int64(caps)))
	if !strings.HasPrefix(reply, "Hit me") {
		t.Fatal(reply)
	}
	return &dialogue{t, c}
}

func (d *dialogue) send(format string, args ...any) {
	d.t.Helper()
	if _, err := fmt.Fprintf(d.c, format, args...); err != nil {
		d.t.Fatal(err)
	}
}

func (d *dialogue) expect(format string, args ...any) {
	d.t.Helper()
	want := fmt.Sprintf(format, args...)
	buf := make([]byte, len(want))
	_ = d.c.SetReadDeadline(time.Now().Add(5 * time.Second))
	if n, err := io.ReadFull(d.c, buf); err != nil || string(buf) != want {
		d.t.Fatalf("the parent sent %q (%v), want %q", buf[:n], err, want)
	}
}

// replay sends points of test.one in (after, before], one each second, and ends the answer.
func (d *dialogue) replay(after, before int64, start bool, echo int64) {
	d.t.Helper()
	var b strings.Builder
	b.WriteString("RBEGIN 'test.one'\n")
	for at := after + 1; at <= before; at++ {
		fmt.Fprintf(&b, "RBEGIN '' %d %d %d\nRSET 'a' %d A\nRSET 'b' 1 A\n", at-1, at, clock+10, at-clock)
	}
	fmt.Fprintf(&b, "REND 1 %d %d %t %d %d %d\n", clock-5000, clock, start, after, echo, clock)
	d.send("%s", b.String())
}

func (d *dialogue) live(at int64) {
	d.t.Helper()
	d.send("BEGIN2 'test.one' 1 %d #\nSET2 'a' %d # A\nSET2 'b' 1 # A\nEND2\n", at, at-clock)
}

// wantPoints waits until exactly the points of test.one in (after, before] are stored, each with its own value.
func (p *parent) wantPoints(t *testing.T, machine string, after, before int64) {
	t.Helper()
	var got map[int64]map[string]float64
	eventually(t, func() bool {
		got = points(t, p.store, p.store.Catalog().Host(machine).Chart("test.one"), after-1000, before+1000)
		return len(got) >= int(before-after)
	}, func() string {
		for at := after + 1; at <= before; at++ {
			if got[at] == nil {
				return fmt.Sprintf("%d points stored, want %d; the first that is missing is %d", len(got), before-after, at-clock)
			}
		}
		return "?"
	})
	if len(got) != int(before-after) {
		t.Errorf("%d points stored, want %d", len(got), before-after)
	}
	for at, row := range got {
		if row["a"] != float64(at-clock) || row["b"] != 1 {
			t.Errorf("at %d: %v", at-clock, row)
		}
	}
}

// TestClockCorrected: a parent that starts with a clock far behind drops what its children send. When the clock is right it
// asks for that again, and stores nothing newer before.
func TestClockCorrected(t *testing.T) {
	var now atomic.Int64
	now.Store(clock - 1000)
	p := startParent(t, func(o *Options) { o.Now = func() time.Time { return time.Unix(now.Load(), 0) } })
	d := p.talk(t, guid(1), capsV2)
	d.send(definition+"CHART_DEFINITION_END %d %d %d\n", clock-100, clock, clock)
	d.expect("REPLAY_CHART \"test.one\" \"true\" 0 0\n")
	d.send("RBEGIN 'test.one'\nREND 1 %d %d true 0 0 %d\n", clock-100, clock, clock)
	d.live(clock + 1)
	d.live(clock + 2)
	p.log.waitFor(t, "the child's clock is ahead of ours")
	now.Store(clock + 3)
	d.live(clock + 3)
	d.expect("REPLAY_CHART \"test.one\" \"true\" %d %d\n", clock+3-86400, clock+3)
	d.live(clock + 4) // before the child has read the question
	d.replay(clock-100, clock-50, false, clock-50)
	d.expect("REPLAY_CHART \"test.one\" \"true\" %d %d\n", clock-50, clock+3)
	d.replay(clock-50, clock+4, true, clock+4)
	d.live(clock + 5)
	p.wantPoints(t, guid(1), clock-100, clock+5)
	if c := p.store.Catalog().Host(guid(1)).Connection(); c.Replicating() != 0 {
		t.Errorf("%d charts replicate", c.Replicating())
	}
}

// TestFarFuture: points that the receiver lets pass and the store does not take do not keep others out.
func TestFarFuture(t *testing.T) {
	store := testStore(t)
	r := testReceiver(t, store)
	r.opts.Now = time.Now // the clock of the store
	h, err := play(t, r, guid(1), capsV2, "CHART a.b '' '' '' '' '' line 1 86400", "DIMENSION x",
		fmt.Sprintf("BEGIN2 a.b 86400 %d #\nSET2 x 1 # A\nEND2", time.Now().Unix()+100_000),
		fmt.Sprintf("BEGIN2 a.b 86400 %d #\nSET2 x 1 # A\nEND2", time.Now().Unix()))
	if err != nil {
		t.Fatal(err)
	}
	if got := points(t, store, h.Chart("a.b"), 0, 1<<40); len(got) != 1 {
		t.Errorf("stored %v", got)
	}
}

// TestLongAnswerBehindHole: an answer that is too long for one message is no gap, even while gaps are looked for.
func TestLongAnswerBehindHole(t *testing.T) {
	p := startParent(t, func(o *Options) { o.Now = func() time.Time { return time.Unix(clock, 0) } })
	d := p.talk(t, guid(1), capsReplay)
	d.send(definition+"CHART_DEFINITION_END %d %d %d\n", clock-100, clock-1, clock)
	d.expect("REPLAY_CHART \"test.one\" \"true\" %d %d\n", clock-100, clock-1)
	d.replay(clock-100, clock-80, true, clock-1) // an agent of v1.37 ends at a gap and says that was all
	d.expect("REPLAY_CHART \"test.one\" \"true\" %d %d\n", clock-79, clock-1)
	d.replay(clock-79, clock-50, false, clock-50) // too long
	d.expect("REPLAY_CHART \"test.one\" \"true\" %d %d\n", clock-50, clock-1)
	d.replay(clock-50, clock-1, true, clock-1)
	h := p.store.Catalog().Host(guid(1))
	eventually(t, func() bool { return h.Connection().Replicating() == 0 }, func() string { return "still replicating" })
	got := points(t, p.store, h.Chart("test.one"), clock-200, clock)
	for at := clock - 99; at < clock; at++ {
		if _, ok := got[at]["a"]; ok != (at != clock-79) {
			t.Errorf("at %d: %v", at-clock, got[at])
		}
	}
}

// TestLostAtSeam: what a child collects while it answers the question for history, and then neither adds to the answer nor
// sends, is asked for again; what it has not collected is asked for no more than twice.
func TestLostAtSeam(t *testing.T) {
	p := startParent(t, func(o *Options) { o.Now = func() time.Time { return time.Unix(clock+3, 0) } })
	d := p.talk(t, guid(1), capsReplay)
	answer := func(after, before, state int64) {
		t.Helper()
		d.send("RBEGIN 'test.one'\n")
		for at := after + 1; at <= before; at++ {
			d.send("RBEGIN '' %d %d %d\nRSET 'a' %d A\nRSET 'b' 1 A\n", at-1, at, clock+10, at-clock)
		}
		d.send("RDSTATE 'a' %d000000 0 0 0\nRDSTATE 'b' %d000000 1 1 1\nRSSTATE %d500000 %d000000\nREND 1 %d %d true %d %d %d\n",
			state, state, state, state, clock-100, before, after, before, clock)
	}
	live := func(at int64) {
		t.Helper()
		d.send("BEGIN 'test.one' 1000000\nSET 'a' %d\nSET 'b' 1\nEND\n", at-clock)
	}
	d.send(definition+"CHART_DEFINITION_END %d %d %d\n", clock-100, clock-3, clock)
	d.expect("REPLAY_CHART \"test.one\" \"true\" %d %d\n", clock-100, clock-3)
	answer(clock-100, clock-3, clock-2) // it has collected the next one meanwhile
	live(clock - 1)
	d.expect("REPLAY_CHART \"test.one\" \"true\" %d %d\n", clock-3, clock-1)
	answer(clock-3, clock-1, clock) // and again
	live(clock + 1)
	d.expect("REPLAY_CHART \"test.one\" \"true\" %d %d\n", clock-1, clock+1)
	answer(clock-1, clock+1, clock+1)
	live(clock + 2)
	p.wantPoints(t, guid(1), clock-100, clock+2)
	if c := p.store.Catalog().Host(guid(1)).Connection(); c.Replicating() != 0 {
		t.Errorf("%d charts replicate", c.Replicating())
	}
	d.send(definition+"CHART_DEFINITION_END %d %d %d\n", clock-100, clock+2, clock+2)
	d.expect("REPLAY_CHART \"test.one\" \"true\" %d %d\n", clock+2, clock+2)
	answer(clock+2, clock+2, clock+3) // a third time, which is left as it is
	live(clock + 4)
	d.send("CHART \"test.two\"\nDIMENSION \"a\"\nCHART_DEFINITION_END 0 0 %d\n", clock)
	d.expect("REPLAY_CHART \"test.two\" \"true\" 0 0\n")
}

// TestHeldBack: live data held back while gaps are looked for do not grow without bound.
func TestHeldBack(t *testing.T) {
	var lines []string
	const charts, dims = 50, 100
	for i := range charts {
		lines = append(lines, fmt.Sprintf("CHART t.c%d", i))
		for k := range dims {
			lines = append(lines, fmt.Sprintf("DIMENSION d%d", k))
		}
		lines = append(lines, fmt.Sprintf("CHART_DEFINITION_END %d %d %d", clock-100, clock-1, clock),
			fmt.Sprintf("RBEGIN t.c%d", i), fmt.Sprintf("REND 1 %d %d true %d %d %d", clock-100, clock-1, clock-100, clock-1, clock))
	}
	for range 100 {
		for i := range charts {
			lines = append(lines, fmt.Sprintf("BEGIN t.c%d 1000000", i))
			for k := range dims {
				lines = append(lines, fmt.Sprintf("SET d%d 5", k))
			}
			lines = append(lines, "END")
		}
	}
	r := testReceiver(t, testStore(t))
	var most int
	r.opts.Now = func() time.Time { // called by the session, before it reads on
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, s := range r.sessions {
			most = max(most, s.held)
		}
		return time.Unix(clock, 0)
	}
	if _, err := play(t, r, guid(1), capsReplay, lines...); err != nil {
		t.Fatal(err)
	}
	if most == 0 || most > maxHeld {
		t.Errorf("%d points were held back, want at most %d", most, maxHeld)
	}
}

// TestUnanswered: a child that streams on and never answers a question for history is disconnected.
func TestUnanswered(t *testing.T) {
	p := startParent(t, func(o *Options) { o.ReplayTimeout = 50 * time.Millisecond })
	d := p.talk(t, guid(1), capsV2)
	now := time.Now().Unix()
	d.send(definition+"CHART_DEFINITION_END %d %d %d\n", now-100, now, now)
	d.expect("REPLAY_CHART \"test.one\" \"true\" %d %d\n", now-100, now)
	eventually(t, func() bool {
		_, err := io.WriteString(d.c, "VARIABLE HOST x 1\n")
		return err != nil
	}, func() string { return "the child is still connected" })
	p.log.waitFor(t, "no question for history was answered for too long")
}

// TestFlapping: a child that comes and goes does not fill the log.
func TestFlapping(t *testing.T) {
	var log logBuffer
	r := testReceiver(t, testStore(t))
	r.opts.Logger = slog.New(slog.NewTextHandler(&log, nil))
	for range 100 {
		if _, err := play(t, r, guid(1), capsV2, "GARBAGE"); err == nil {
			t.Fatal("garbage is accepted")
		}
	}
	if n := strings.Count(log.String(), "\n"); n > 4 {
		t.Errorf("%d lines", n)
	}
}

// TestForget: the charts of children that cannot replay are not remembered for ever.
func TestForget(t *testing.T) {
	now := time.Unix(clock, 0)
	r := testReceiver(t, testStore(t))
	r.opts.Now = func() time.Time { return now }
	for i := range 10 {
		if _, err := play(t, r, guid(i), capsOld, "CHART a.b", "DIMENSION x", "BEGIN a.b", "SET x 1", "END"); err != nil {
			t.Fatal(err)
		}
		now = now.Add(30 * time.Minute)
	}
	if len(r.remembered) != 3 {
		t.Errorf("%d children are remembered, want those of the last hour", len(r.remembered))
	}
}
