package swarm

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"foster/replication/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testKey  = "11111111-2222-3333-4444-555555555555"
	testGUID = "b6d11b2c-7c1f-4f0e-9c56-0d3c2c5a0101"
)

// all is what the strict parent accepts.
const all = CapsV2 | wire.Compressions | wire.Functions | wire.Paths

func testOptions(p *parent, change func(*Options)) Options {
	o := Options{
		Dial: p.dial, APIKey: testKey, GUID: testGUID, Hostname: "child01",
		Labels:  []wire.Label{{Name: "_os_name", Value: "Debian", Source: wire.LabelAuto}},
		Charts:  Synthetic(4, 20),
		Values:  Mix(7),
		History: time.Minute,
	}
	o.Charts[2].UpdateEvery = 5
	if change != nil {
		change(&o)
	}
	return o
}

func newChild(t *testing.T, o Options) *Child {
	t.Helper()
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// during runs the child while f runs.
func during(t *testing.T, p *parent, c *Child, f func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.Run(ctx)
	}()
	f()
	synctest.Wait()
	cancel()
	<-done
	p.wg.Wait()
}

func TestStream(t *testing.T) {
	for _, tc := range []struct {
		name   string
		child  wire.Caps
		parent wire.Caps
	}{
		{"v2", CapsV2, all},
		{"v2 lz4", CapsV2 | wire.LZ4, all},
		{"v2 zstd", CapsV2 | wire.ZSTD, all},
		{"v2 gzip", CapsV2 | wire.GZIP, all},
		{"v2 brotli", CapsV2 | wire.Brotli, all},
		{"v2 all compressions", CapsV2 | wire.Compressions, all},
		{"v2 to a parent of v1.37", CapsV2 | wire.Compressions, CapsV1 | wire.LZ4},
		{"v2 without binary numbers", CapsV2 &^ wire.IEEE754, all},
		{"v2 without binary numbers and slots", CapsV2 &^ (wire.IEEE754 | wire.Slots), all},
		{"v1", CapsV1, all},
		{"v1 lz4", CapsV1 | wire.LZ4, all},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(300 * time.Millisecond) // agents do not start on the second
				p := newParent(t, tc.parent)
				c := newChild(t, testOptions(p, func(o *Options) { o.Caps = tc.child }))
				begin := time.Now().Unix()
				during(t, p, c, func() { time.Sleep(30 * time.Second) })
				p.check(c, begin-60, begin+30)
				st := c.Stats()
				const perSecond, each5 = 3 * 20, 20
				want := Stats{
					Connects: 1, Live: 30*perSecond + 6*each5, Replayed: 60*perSecond + 12*each5,
					Sent: 90*perSecond + 18*each5, Bytes: st.Bytes, LiveCharts: 0, Charts: 4,
				}
				if st != want || st.Bytes < 10_000 {
					t.Errorf("got %+v, want %+v", st, want)
				}
				if got := p.charts["load0.chart1"]; got.labels["group"] != "group0" || len(got.dims) != 20 || got.Title != "Synthetic chart 1" {
					t.Errorf("definition: %+v", got)
				}
				if p.labels["_os_name"] != "Debian" || p.requests[0].ProgramVersion != "v2.11.0" {
					t.Errorf("labels %v, request %+v", p.labels, p.requests[0])
				}
			})
		})
	}
}

func TestStreamWithoutReplication(t *testing.T) {
	for name, caps := range map[string]wire.Caps{
		"v1.36": CapsOld | wire.LZ4, "v1.33": CapsOld, "v1.31": CapsOld &^ wire.CLabels, "v1.19": wire.V1 | wire.V2 | wire.HLabels, "v1.10": wire.V1,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(300 * time.Millisecond)
				p := newParent(t, all)
				c := newChild(t, testOptions(p, func(o *Options) { o.Caps = caps }))
				begin := time.Now().Unix()
				during(t, p, c, func() { time.Sleep(30 * time.Second) })
				// Charts of 5 s begin elsewhere; look at the others.
				var want int64
				for i := range 4 {
					spans := c.Given(i)
					every := c.charts[i].UpdateEvery
					want += ((spans[0].To-spans[0].From)/every + 1) * 20
					if len(spans) != 1 || every == 1 && spans[0] != (Span{begin + 2, begin + 30}) {
						t.Errorf("chart %d: %v", i, spans)
					}
				}
				if c.Sent() != want || c.Stats().Replayed != 0 {
					t.Errorf("%+v, want %d sent", c.Stats(), want)
				}
				p.check(c, begin+1+5, begin+30)
			})
		})
	}
	t.Run("v2", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := newParent(t, all&^wire.Replication)
			c := newChild(t, testOptions(p, nil))
			begin := time.Now().Unix()
			during(t, p, c, func() { time.Sleep(30 * time.Second) })
			p.check(c, begin, begin+30)
		})
	})
}

// However requests and answers are cut, history is whole and live data follow it without gap.
func TestReplayInPieces(t *testing.T) {
	for _, tc := range []struct {
		step  int64
		bytes int
	}{{3600, 1}, {3600, 5000}, {3600, 100_000}, {600, 10_000}, {7, 1 << 30}, {600, 1 << 30}} {
		t.Run(fmt.Sprint(tc.step, "s ", tc.bytes, "bytes"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newParent(t, all)
				p.step = tc.step
				c := newChild(t, testOptions(p, func(o *Options) { o.ReplayBytes, o.History = tc.bytes, 1000*time.Second }))
				begin := time.Now().Unix()
				during(t, p, c, func() { time.Sleep(10 * time.Second) })
				p.check(c, begin-1000, begin+10)
				if st := c.Stats(); st.Replayed != 1000*60+200*20 || (p.replays > 0) != (tc.bytes < 1<<17 || tc.step < 900) {
					t.Errorf("%d answers said false, %+v", p.replays, st)
				}
			})
		})
	}
}

// A slow parent makes history take long; what is collected meanwhile is not lost.
func TestSlowParent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newParent(t, all)
		p.slow = func() { time.Sleep(300 * time.Microsecond) }
		c := newChild(t, testOptions(p, func(o *Options) { o.History = time.Hour }))
		begin := time.Now().Unix()
		during(t, p, c, func() {
			for c.Stats().LiveCharts < 4 {
				time.Sleep(time.Second)
			}
			time.Sleep(5 * time.Second)
		})
		now := time.Now().Unix()
		if now-begin < 30 {
			t.Errorf("the replay took only %d s", now-begin)
		}
		p.check(c, begin-3600, now)
	})
}

func TestParentWantsNoHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newParent(t, all)
		p.wants = false
		c := newChild(t, testOptions(p, nil))
		begin := time.Now().Unix()
		during(t, p, c, func() { time.Sleep(20 * time.Second) })
		p.check(c, begin, begin+20)
		if st := c.Stats(); st.Replayed != 0 || st.Live != 20*60+4*20 {
			t.Errorf("%+v", st)
		}
	})
}

func TestCutConnections(t *testing.T) {
	for name, caps := range map[string]wire.Caps{"v1": CapsV1 | wire.LZ4, "v2": CapsV2 | wire.LZ4} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newParent(t, all)
				c := newChild(t, testOptions(p, func(o *Options) { o.Caps = caps }))
				begin := time.Now().Unix()
				during(t, p, c, func() {
					for i := range 20 {
						time.Sleep(time.Duration(i)*time.Second + 100*time.Millisecond)
						c.Cut()
					}
					time.Sleep(5 * time.Second)
				})
				now := time.Now().Unix()
				p.check(c, begin-60, now)
				st := c.Stats()
				if st.Connects < 15 || st.Failures < 15 || st.Rejections != 0 {
					t.Errorf("%+v", st)
				}
			})
		})
	}
}

func TestRejections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		texts := []string{
			wire.RejectNotPermitted, wire.RejectAlready, wire.RejectLocalhost, wire.RejectVnode, wire.RejectBusy, wire.RejectInternal,
			wire.RejectInitializing, "HTTP/1.1 400 Bad Request\r\n\r\n", "x", "Hit me baby, push them over with the version=",
		}
		p := newParent(t, all)
		p.reply = func() string {
			if len(texts) == 0 {
				return ""
			}
			text := texts[0]
			texts = texts[1:]
			return text
		}
		c := newChild(t, testOptions(p, nil))
		begin := time.Now().Unix()
		during(t, p, c, func() { time.Sleep(30 * time.Second) })
		p.check(c, begin-60, begin+30)
		if st := c.Stats(); st.Rejections != 10 || st.Connects != 1 || st.Failures != 10 {
			t.Errorf("%+v", st)
		}
	})
}

// Nothing a parent says stops a child.
func TestStrangeParent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newParent(t, all)
		p.greet = "NODE_ID 'a' 'b' 'c'\nJSON STREAM_PATH\n{}\nJSON_PAYLOAD_END\n\n\x00\nREPLAY_CHART\nREPLAY_CHART \"no.such\" \"true\" 1 2\n" +
			"REPLAY_CHART \"load0.chart1\" \"true\" x y\nREPLAY_CHART \"load0.chart1\" \"true\" -1 -2\nFUNCTION 1 2 \"x\"\n"
		c := newChild(t, testOptions(p, nil))
		begin := time.Now().Unix()
		during(t, p, c, func() { time.Sleep(10 * time.Second) })
		p.check(c, begin-60, begin+10)
	})
	synctest.Test(t, func(t *testing.T) {
		p := newParent(t, all)
		p.greet = strings.Repeat("x", 2*maxParentLine)
		c := newChild(t, testOptions(p, nil))
		during(t, p, c, func() { time.Sleep(10 * time.Second) })
		if st := c.Stats(); st.Connects < 5 {
			t.Errorf("a line without end did not end the connection: %+v", st)
		}
	})
}

func TestTimesOfRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Hour) // so that there are times before
		c := newChild(t, testOptions(newParent(t, all), func(o *Options) { o.ReplayBytes = 1 << 40 }))
		now := time.Now().Unix()
		for i := range c.charts {
			c.charts[i].first = now - 3600
		}
		for _, tc := range []struct {
			after, before int64
			start         bool
			points        int64
			wantStart     bool
			wantBefore    int64
		}{
			{now - 100, now, true, 100, true, now},
			{now - 100, now - 1, true, 100, true, now},   // until now, or the last second would be lost
			{now - 100, now - 50, false, 100, true, now}, // close enough to go live
			{now - 3000, now - 2000, false, 1000, false, now - 2000},
			{now - 9000, now - 3590, false, 10, false, now - 3590},
			{now - 9000, now - 5000, false, 0, false, now - 5000},
			{0, 0, false, 0, true, 0},
			{now + 1, now + 100, false, 0, true, now + 100},
			{now - 10, now + 1<<40, false, 10, true, now},
			{1, 1 << 62, false, 3600, true, now},
			{now - 10, now - 200, false, 0, false, now - 200},
		} {
			conn := &recordConn{}
			s := newSession(c, conn, CapsV2)
			before := c.Stats().Replayed
			if err := s.answer(request{0, wire.ReplayChart{ID: "load0.chart0", Start: tc.start, After: tc.after, Before: tc.before}}); err != nil {
				t.Fatal(err)
			}
			var w wire.Words
			w.Split(conn.last[bytes.LastIndex(conn.last, []byte("REND")):])
			var end wire.ReplayEnd
			if err := w.ReplayEnd(&end); err != nil {
				t.Fatal(err)
			}
			want := wire.ReplayEnd{UpdateEvery: 1, First: now - 3600, Last: now, Start: tc.wantStart, After: tc.after, Before: tc.wantBefore, Wall: now}
			if points := (c.Stats().Replayed - before) / 20; points != tc.points || end != want || s.charts[0].live != tc.wantStart {
				t.Errorf("%+v: %d points, %+v", tc, points, end)
			}
		}
	})
}

func TestOptions(t *testing.T) {
	p := newParent(t, all)
	for name, change := range map[string]func(*Options){
		"no parent":         func(o *Options) { o.Dial = nil },
		"no hostname":       func(o *Options) { o.Hostname = "" },
		"no GUID":           func(o *Options) { o.GUID = "" },
		"no key":            func(o *Options) { o.APIKey = "" },
		"no values":         func(o *Options) { o.Values = nil },
		"negative history":  func(o *Options) { o.History = -1 },
		"chart twice":       func(o *Options) { o.Charts = append(o.Charts, o.Charts[0]) },
		"chart without dot": func(o *Options) { o.Charts[0].ID = "x" },
		"dimension":         func(o *Options) { o.Charts[0].Dimensions[0].ID = "" },
		"algorithm":         func(o *Options) { o.Charts[0].Dimensions[0].Algorithm = wire.PercentageOfAbsoluteRow },
	} {
		if _, err := New(testOptions(p, change)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for caps, want := range map[wire.Caps]int64{
		wire.V1: 1, wire.V1 | wire.V2: 2, CapsOld &^ wire.CLabels: 3, CapsOld: 4, CapsOld | wire.LZ4: 5, CapsV1: int64(CapsV1), CapsV2 | wire.ZSTD: int64(CapsV2 | wire.ZSTD),
	} {
		if got := version(caps); got != want {
			t.Errorf("%s: version %d, want %d", caps, got, want)
		}
	}
}
