package notify

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"foster/health/alert"
	"foster/health/notify/service"
)

// wire is a service in memory, for tests whose clock is not real.
type wire struct {
	mu     sync.Mutex
	start  time.Time
	status int
	header http.Header
	lines  []string // second: title
	bodies []service.Payload
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := &http.Response{StatusCode: w.status, Status: fmt.Sprint(w.status, " answer"), Body: http.NoBody, Header: w.header}
	if w.status != http.StatusOK {
		return a, nil
	}
	var p service.Payload
	if err := json.NewDecoder(r.Body).Decode(&p); err != nil {
		return nil, err
	}
	w.bodies = append(w.bodies, p)
	w.lines = append(w.lines, fmt.Sprintf("%.0fs: %s", time.Since(w.start).Seconds(), p.Title))
	return a, nil
}

// timeline runs a test with a hub of one service in memory.
func timeline(t *testing.T, change func(c *Config), f func(t *testing.T, h *Hub, w *wire)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := &wire{start: time.Now(), status: http.StatusOK}
		c := quick(ServiceConfig{Name: "hook", URL: "generic://nowhere.example/"})
		c.GroupWait = 10 * time.Second
		if change != nil {
			change(&c)
		}
		h, err := Open(t.Context(), Options{Config: c, Dir: dir, Transport: w})
		if err != nil {
			t.Fatal(err)
		}
		defer closeHub(t, h)
		f(t, h, w)
	})
}

func (w *wire) answer(status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.status = status
}

func (w *wire) expect(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(w.lines, want) {
		t.Errorf("got  %q\nwant %q", w.lines, want)
	}
}

// pass lets time go by, until all is done that is due.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestGroups(t *testing.T) {
	timeline(t, nil, func(t *testing.T, h *Hub, w *wire) {
		for i := range int64(50) {
			h.Notify(change(i+1, fmt.Sprint("web", i), alert.Clear, alert.Critical))
			pass(100 * time.Millisecond)
		}
		other := change(90, "web1", alert.Clear, alert.Warning)
		other.AlarmID, other.Name = 9, "load"
		h.Notify(other)
		pass(time.Minute)
		for i := range int64(50) {
			h.Notify(change(i+100, fmt.Sprint("web", i), alert.Critical, alert.Clear))
		}
		pass(time.Minute)
		w.expect(t, "10s: CRITICAL on 50 hosts: disk_full", "15s: WARNING on web1: load = 95%", "75s: CLEAR on 50 hosts: disk_full")
		if text := w.bodies[0].Text; !strings.HasSuffix(text, "and 30 more") {
			t.Error(text)
		}
	})
}

// TestFlapping has alerts that change again before anybody was told.
func TestFlapping(t *testing.T) {
	timeline(t, nil, func(t *testing.T, h *Hub, w *wire) {
		h.Notify(change(1, "web1", alert.Clear, alert.Warning))
		pass(time.Second)
		h.Notify(change(2, "web1", alert.Warning, alert.Critical))
		h.Notify(change(3, "web2", alert.Clear, alert.Warning))
		pass(time.Second)
		h.Notify(change(4, "web2", alert.Warning, alert.Clear))
		pass(time.Minute)
		w.expect(t, "11s: CRITICAL on web1: disk_full = 95%")
		if got := h.outcomesOf(Filter{Host: "web2"}); !slices.Equal(got, []Outcome{Superseded, Superseded}) {
			t.Error(got)
		}
	})
}

func TestRetries(t *testing.T) {
	timeline(t, nil, func(t *testing.T, h *Hub, w *wire) {
		w.answer(http.StatusBadGateway)
		h.Notify(change(1, "web1", alert.Clear, alert.Warning))
		pass(70 * time.Second) // attempts after 10 s, then 5, 10, 20 s, each more or less a tenth
		h.Notify(change(2, "web2", alert.Clear, alert.Warning))
		h.Notify(change(3, "web3", alert.Clear, alert.Warning))
		h.Notify(change(4, "web3", alert.Warning, alert.Clear))
		if n := h.Pending()["hook"]; n != 2 {
			t.Errorf("%d wait", n)
		}
		w.answer(http.StatusOK)
		pass(time.Hour)
		if len(w.lines) != 1 || !strings.HasSuffix(w.lines[0], "WARNING on 2 hosts: disk_full") {
			t.Errorf("%q", w.lines)
		}
		d := h.Deliveries(Filter{Host: "web1"})
		if len(d) != 2 || d[0].Outcome != Sent || d[0].Attempt != 5 || d[1].Outcome != Retried || d[0].Together != 2 {
			t.Errorf("%+v", d)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	timeline(t, nil, func(t *testing.T, h *Hub, w *wire) {
		w.header = http.Header{"Retry-After": {"300"}}
		w.answer(http.StatusTooManyRequests)
		h.Notify(change(1, "web1", alert.Clear, alert.Warning))
		pass(time.Minute)
		w.answer(http.StatusOK)
		pass(time.Hour)
		w.expect(t, "310s: WARNING on web1: disk_full = 95%")
	})
}

func TestGivesUp(t *testing.T) {
	timeline(t, func(c *Config) { c.GiveUp = time.Hour }, func(t *testing.T, h *Hub, w *wire) {
		w.answer(http.StatusBadGateway)
		h.Notify(change(1, "web1", alert.Clear, alert.Warning))
		pass(2 * time.Hour)
		if d := h.Deliveries(Filter{Outcome: Failed}); len(d) != 1 || !strings.HasPrefix(d[0].Reason, "given up: ") || d[0].Attempt < 8 {
			t.Errorf("%+v", d)
		}
		if n := h.Pending()["hook"]; n != 0 {
			t.Errorf("%d wait", n)
		}
	})
}

func TestRateLimit(t *testing.T) {
	timeline(t, func(c *Config) { c.RateLimit, c.RatePeriod = 2, 10*time.Minute }, func(t *testing.T, h *Hub, w *wire) {
		for i := range int64(6) {
			a := change(i+1, "web1", alert.Clear, alert.Warning)
			a.AlarmID, a.Name = i, fmt.Sprint("alert", i)
			h.Notify(a)
			pass(30 * time.Second)
		}
		pass(time.Hour)
		w.expect(t, "10s: WARNING on web1: alert0 = 95%", "40s: WARNING on web1: alert1 = 95%", "610s: WARNING on web1: 4 alerts")
		if w.bodies[2].Held != 4 || !strings.Contains(w.bodies[2].Text, "4 notifications were held back") {
			t.Errorf("%+v", w.bodies[2])
		}
		if n := len(h.Deliveries(Filter{Outcome: Held})); n != 4 {
			t.Errorf("%d were held", n)
		}
	})
}

func TestQueueIsBounded(t *testing.T) {
	timeline(t, func(c *Config) { c.MaxPending = 3 }, func(t *testing.T, h *Hub, w *wire) {
		for i := range int64(5) {
			h.Notify(change(i+1, fmt.Sprint("web", i), alert.Clear, alert.Warning))
		}
		pass(time.Minute)
		w.expect(t, "10s: WARNING on 3 hosts: disk_full")
		if d := h.Deliveries(Filter{Outcome: Dropped}); len(d) != 2 || d[1].Hostname != "web0" {
			t.Errorf("%+v", d)
		}
	})
}

// TestModifiers has one recipient for each modifier.
func TestModifiers(t *testing.T) {
	names := []string{"hook", "critical", "noclear", "nowarn"}
	timeline(t, func(c *Config) {
		c.GroupWait = 0
		for _, name := range names[1:] {
			c.Services = append(c.Services, ServiceConfig{Name: name, URL: "generic://nowhere.example/" + name})
			r, err := ParseRecipient(name + "|" + name)
			if err != nil {
				t.Fatal(err)
			}
			c.Routes[0].To = append(c.Routes[0].To, r)
		}
	}, func(t *testing.T, h *Hub, w *wire) {
		id := int64(0)
		old := alert.Clear
		for _, s := range []alert.Status{alert.Warning, alert.Clear, alert.Warning, alert.Critical, alert.Warning, alert.Clear} {
			id++
			h.Notify(change(id, "web1", old, s))
			pass(time.Second)
			old = s
		}
		for name, want := range map[string]string{
			"hook": "WARNING CLEAR WARNING CRITICAL WARNING CLEAR", "critical": "CRITICAL WARNING CLEAR",
			"noclear": "WARNING WARNING CRITICAL WARNING", "nowarn": "CRITICAL CLEAR",
		} {
			var got []string
			for _, d := range h.Deliveries(Filter{Service: name, Outcome: Sent}) {
				got = append(got, d.Status.String())
			}
			slices.Reverse(got)
			if g := strings.Join(got, " "); g != want {
				t.Errorf("%s: %s, want %s", name, g, want)
			}
		}
	})
}

// TestRaisedAgain has recipients who are not told that an alert is over, and must hear when it comes back.
func TestRaisedAgain(t *testing.T) {
	noClear := func(c *Config) { c.Routes[0].To[0].NoClear = true }
	timeline(t, noClear, func(t *testing.T, h *Hub, w *wire) {
		h.Notify(change(1, "web1", alert.Clear, alert.Critical))
		pass(time.Minute)
		h.Notify(change(2, "web1", alert.Critical, alert.Clear))
		pass(time.Minute)
		h.Notify(change(3, "web1", alert.Clear, alert.Warning))
		pass(time.Second)
		h.Notify(change(4, "web1", alert.Warning, alert.Critical)) // before the warning went out
		pass(time.Minute)
		w.expect(t, "10s: CRITICAL on web1: disk_full = 95%", "131s: CRITICAL on web1: disk_full = 95%")
	})
	timeline(t, nil, func(t *testing.T, h *Hub, w *wire) {
		over := change(2, "web1", alert.Critical, alert.Clear)
		over.Flags |= alert.NoClearNotification
		h.Notify(change(1, "web1", alert.Clear, alert.Critical))
		pass(time.Minute)
		h.Observe(over)
		pass(time.Minute)
		h.Notify(change(3, "web1", alert.Clear, alert.Warning))
		h.Notify(change(4, "web1", alert.Warning, alert.Critical))
		pass(time.Minute)
		w.expect(t, "10s: CRITICAL on web1: disk_full = 95%", "130s: CRITICAL on web1: disk_full = 95%")
	})
}

// TestSilencedThenTold has a change that was observed in silence and is handed over when the silence ends.
func TestSilencedThenTold(t *testing.T) {
	timeline(t, nil, func(t *testing.T, h *Hub, w *wire) {
		h.Notify(change(1, "web1", alert.Clear, alert.Critical))
		pass(time.Minute)
		h.Observe(change(2, "web1", alert.Critical, alert.Clear))
		h.Observe(change(2, "web1", alert.Critical, alert.Clear)) // after a restart of the engine
		pass(time.Minute)
		h.Notify(change(2, "web1", alert.Critical, alert.Clear))
		h.Notify(change(2, "web1", alert.Critical, alert.Clear))
		pass(time.Minute)
		w.expect(t, "10s: CRITICAL on web1: disk_full = 95%", "130s: CLEAR on web1: disk_full = 95%")
	})
}

// TestSeveralAddresses has a URL with three chats, one of which fails: the others hear once.
func TestSeveralAddresses(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		chats := &chatServer{got: map[string]int{}}
		c := quick(ServiceConfig{Name: "chat", URL: "telegram://123:token@telegram?chats=1,2,3"})
		h, err := Open(t.Context(), Options{Config: c, Dir: dir, Transport: chats})
		if err != nil {
			t.Fatal(err)
		}
		defer closeHub(t, h)
		h.Notify(changeOf(1))
		pass(10 * time.Minute)
		if chats.got["1"] != 1 || chats.got["2"] < 4 || chats.got["3"] != 1 {
			t.Errorf("attempts: %v", chats.got)
		}
		if d := h.Deliveries(Filter{Outcome: Sent}); len(d) != 2 || d[0].Address != "3" || d[1].Address != "1" {
			t.Errorf("%+v", d)
		}
	})
}

// chatServer counts messages by chat; the one called 2 does not work.
type chatServer struct {
	mu  sync.Mutex
	got map[string]int
}

func (s *chatServer) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var m struct {
		Chat string `json:"chat_id"`
	}
	if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
		return nil, err
	}
	s.got[m.Chat]++
	status, text := http.StatusOK, `{"ok":true}`
	if m.Chat == "2" {
		status, text = http.StatusInternalServerError, "broken"
	}
	return &http.Response{StatusCode: status, Status: fmt.Sprint(status, " answer"), Body: io.NopCloser(strings.NewReader(text))}, nil
}

// TestNotCounted has services without a limit: nothing is kept of what they got.
func TestNotCounted(t *testing.T) {
	for _, change := range []func(*Config){
		func(c *Config) { c.RateLimit = 0 },
		func(c *Config) { c.Services[0].URL = "pagerduty+https://nowhere.example/key" },
	} {
		timeline(t, change, func(t *testing.T, h *Hub, w *wire) {
			for i := range int64(5) {
				h.Notify(changeOf(i))
				pass(time.Minute)
			}
			h.mu.Lock()
			defer h.mu.Unlock()
			if sent := h.state.queue("hook").sent[""]; len(w.lines) != 5 || len(sent) > 1 {
				t.Errorf("%q were sent, %v is kept", w.lines, sent)
			}
		})
	}
}

func changeOf(i int64) alert.Transition {
	return change(i+1, fmt.Sprint("web", i), alert.Clear, alert.Warning)
}

// TestRestart ends hubs whose service is dead, and opens others on what the journal was at that moment, as after kill -9.
func TestRestart(t *testing.T) {
	dir, killed := t.TempDir(), t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := &wire{start: time.Now(), status: http.StatusServiceUnavailable}
		c := quick(ServiceConfig{Name: "hook", URL: "generic://nowhere.example/"})
		var told []string
		start := func(dir string) *Hub {
			h, err := Open(t.Context(), Options{Config: c, Dir: dir, Transport: w, Done: func(id int64, _ time.Time, code int) {
				told = append(told, fmt.Sprint(id, "=", code))
			}})
			if err != nil {
				t.Fatal(err)
			}
			return h
		}
		h := start(dir)
		h.Notify(change(1, "web1", alert.Clear, alert.Critical))
		h.Notify(change(2, "web2", alert.Clear, alert.Critical))
		pass(20 * time.Second)
		journal, err := os.ReadFile(filepath.Join(dir, journalName))
		if err != nil {
			t.Fatal(err)
		}
		closeHub(t, h)
		// The machine stopped while a line was written.
		if err := os.WriteFile(filepath.Join(killed, journalName), append(journal, `{"in":{"t":{"Glo`...), 0o600); err != nil {
			t.Fatal(err)
		}

		w.answer(http.StatusOK)
		h = start(killed)
		h.mu.Lock()
		for _, it := range h.state.items {
			if it.Attempts != 3 || time.Until(it.Due) <= 0 {
				t.Errorf("%+v", it.recordItem)
			}
		}
		h.mu.Unlock()
		pass(time.Minute)
		closeHub(t, h)
		h = start(killed)
		h.Notify(change(1, "web1", alert.Clear, alert.Critical)) // the engine was not told
		h.Notify(change(3, "web2", alert.Critical, alert.Clear))
		pass(time.Minute)
		closeHub(t, h)
		if len(w.lines) != 2 || !strings.HasSuffix(w.lines[len(w.lines)-1], "CLEAR on web2: disk_full = 95%") {
			t.Errorf("%q", w.lines)
		}
		slices.Sort(told)
		if got := strings.Join(told, " "); got != "1=0 1=0 2=0 3=0" {
			t.Error(got)
		}
		var got []Outcome
		for _, d := range h.Deliveries(Filter{Host: "web2"}) {
			got = append(got, d.Outcome)
		}
		if !slices.Equal(got, []Outcome{Sent, Sent, Retried}) {
			t.Error(got)
		}
	})
}

// TestCompaction compares the state before and after, and what came meanwhile.
func TestCompaction(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := &wire{start: time.Now(), status: http.StatusOK}
		c := quick(ServiceConfig{Name: "hook", URL: "generic://nowhere.example/"})
		open := func() *Hub {
			h, err := Open(t.Context(), Options{Config: c, Dir: dir, Transport: w})
			if err != nil {
				t.Fatal(err)
			}
			return h
		}
		h := open()
		for i := range int64(30) {
			h.Notify(change(i+1, fmt.Sprint("web", i), alert.Clear, alert.Critical))
		}
		pass(time.Minute)
		w.answer(http.StatusBadGateway)
		for i := range int64(10) {
			h.Notify(change(i+100, fmt.Sprint("web", i), alert.Critical, alert.Clear))
		}
		pass(time.Second)
		h.mu.Lock()
		h.journal.size += minCompact + 1 // as if much had been written
		h.mu.Unlock()
		pass(2 * time.Second)
		h.Notify(change(200, "web20", alert.Critical, alert.Warning))
		pass(time.Second)
		closeHub(t, h)
		if h.journal.base == 0 {
			t.Fatal("the journal was not compacted")
		}
		before := h.Deliveries(Filter{Limit: 1000})

		h = open()
		defer closeHub(t, h)
		if got := h.Deliveries(Filter{Limit: 1000}); len(got) != len(before) || got[0].ID != before[0].ID {
			t.Errorf("%d entries of the log, were %d", len(got), len(before))
		}
		if n := h.Pending()["hook"]; n != 11 {
			t.Errorf("%d wait", n)
		}
		if k := h.state.alerts[alertKey{"guid-of-web5", 7}]; k.told[target{"hook", ""}] != alert.Critical || !k.critical {
			t.Errorf("%+v", k)
		}
	})
}
