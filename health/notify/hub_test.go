package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"foster/health/alert"
	"foster/health/notify/service"
	"foster/internal/pattern"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// receiver is a webhook that remembers what it was told. Its answers can be set.
type receiver struct {
	*httptest.Server
	mu   sync.Mutex
	got  []service.Payload
	fail int // status of answers, 0: success
	stop chan struct{}
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, rq *http.Request) {
		body, _ := io.ReadAll(rq.Body)
		r.mu.Lock()
		stop, fail := r.stop, r.fail
		r.mu.Unlock()
		if stop != nil {
			select {
			case <-stop:
			case <-rq.Context().Done():
			}
		}
		if fail != 0 {
			w.WriteHeader(fail)
			return
		}
		var p service.Payload
		if err := json.Unmarshal(body, &p); err != nil {
			t.Errorf("%s: %v", body, err)
		}
		r.mu.Lock()
		r.got = append(r.got, p)
		r.mu.Unlock()
	}))
	t.Cleanup(func() {
		r.answer(0)
		r.Close()
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	})
	return r
}

func (r *receiver) url() string { return "generic+" + r.URL + "/hook?timeout=30s" }

func (r *receiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fail = status
}

func (r *receiver) titles() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var titles []string
	for _, p := range r.got {
		titles = append(titles, p.Title)
	}
	return titles
}

func quick(services ...ServiceConfig) Config {
	c := DefaultConfig()
	c.GroupWait, c.Summary = 0, false
	c.Services = services
	r := Route{Name: "all"}
	for _, s := range services {
		r.To = append(r.To, Recipient{Service: s.Name})
	}
	c.Routes = []Route{r}
	return c
}

// outcomes collects what the engine is told.
type outcomes struct {
	mu   sync.Mutex
	code map[int64]int
}

func (o *outcomes) done(id int64, _ time.Time, code int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.code == nil {
		o.code = map[int64]int{}
	}
	if _, twice := o.code[id]; twice {
		code += 1000
	}
	o.code[id] = code
}

func (o *outcomes) of(id int64) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	if code, ok := o.code[id]; ok {
		return code
	}
	return -1
}

func open(t *testing.T, dir string, c Config, o *outcomes) *Hub {
	t.Helper()
	h, err := Open(t.Context(), Options{Config: c, Dir: dir, Hostname: "parent", Done: o.done})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeHub(t, h) })
	return h
}

func closeHub(t *testing.T, h *Hub) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := h.Close(ctx); err != nil {
		t.Error(err)
	}
}

func wait(t *testing.T, what string, until func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !until(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited too long: %s", what)
		}
	}
}

var base = time.Unix(1_700_000_000, 0)

// change is a transition of an alert of a host.
func change(id int64, host string, old, status alert.Status) alert.Transition {
	return alert.Transition{
		GlobalID: id, MachineGUID: "guid-of-" + host, Hostname: host, AlarmID: 7, Name: "disk_full", Chart: "disk_space._",
		Recipient: "sysadmin", Old: old, New: status, NewValue: 95, OldValue: math.NaN(), NewText: "95%",
		When: base.Add(time.Duration(id) * time.Second),
	}
}

func (h *Hub) outcomesOf(f Filter) []Outcome {
	var all []Outcome
	for _, d := range h.Deliveries(f) {
		all = append(all, d.Outcome)
	}
	slices.Reverse(all)
	return all
}

func TestDelivers(t *testing.T) {
	r, o := newReceiver(t), &outcomes{}
	h := open(t, t.TempDir(), quick(ServiceConfig{Name: "hook", URL: r.url()}), o)
	h.Notify(change(1, "web1", alert.Clear, alert.Critical))
	wait(t, "the first message", func() bool { return o.of(1) == 0 })
	h.Notify(change(2, "web1", alert.Critical, alert.Clear))
	wait(t, "the second message", func() bool { return o.of(2) == 0 })
	want := []string{"CRITICAL on web1: disk_full = 95%", "CLEAR on web1: disk_full = 95%"}
	if got := r.titles(); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got := h.outcomesOf(Filter{}); !slices.Equal(got, []Outcome{Sent, Sent}) {
		t.Error(got)
	}
	h.Notify(change(2, "web1", alert.Critical, alert.Clear)) // again
	wait(t, "the outcome again", func() bool { return o.of(2) == 1000 })
	if n := len(r.titles()); n != 2 {
		t.Errorf("%d messages", n)
	}
}

// TestSlowServiceDelaysNobody holds one service and watches another.
func TestSlowServiceDelaysNobody(t *testing.T) {
	slow, fast, o := newReceiver(t), newReceiver(t), &outcomes{}
	slow.stop = make(chan struct{})
	h := open(t, t.TempDir(), quick(ServiceConfig{Name: "slow", URL: slow.url()}, ServiceConfig{Name: "fast", URL: fast.url()}), o)
	for i := range int64(20) {
		h.Notify(change(i+1, fmt.Sprint("web", i), alert.Clear, alert.Warning))
	}
	wait(t, "the fast service", func() bool { return h.Pending()["fast"] == 0 })
	if n := len(slow.titles()); n != 0 {
		t.Errorf("the slow service was told %d times", n)
	}
	if p := h.Pending(); p["slow"] != 20 {
		t.Errorf("waiting: %v", p)
	}
	close(slow.stop)
	wait(t, "the slow service", func() bool { return h.Pending()["slow"] == 0 })
}

func TestPermanentFailure(t *testing.T) {
	r, o := newReceiver(t), &outcomes{}
	r.answer(http.StatusForbidden)
	h := open(t, t.TempDir(), quick(ServiceConfig{Name: "hook", URL: r.url()}), o)
	h.Notify(change(1, "web1", alert.Clear, alert.Critical))
	wait(t, "the outcome", func() bool { return o.of(1) == 1 })
	d := h.Deliveries(Filter{})
	if len(d) != 1 || d[0].Outcome != Failed || !strings.Contains(d[0].Reason, "403") {
		t.Errorf("%+v", d)
	}
}

func TestSuppression(t *testing.T) {
	r, o := newReceiver(t), &outcomes{}
	c := quick(ServiceConfig{Name: "hook", URL: r.url()})
	c.SelfNotifying = pattern.Parse("own*", pattern.Blanks)
	h := open(t, t.TempDir(), c, o)
	own := change(1, "own1", alert.Clear, alert.Critical)
	h.Notify(own)
	offline := change(2, "own1", alert.Clear, alert.Critical)
	offline.AlarmID, offline.Name = 8, "child_offline"
	h.Notify(offline)
	silent := change(3, "web1", alert.Clear, alert.Critical)
	silent.Recipient = "silent"
	h.Notify(silent)
	h.Notify(change(4, "web2", alert.Undefined, alert.Clear))
	wait(t, "all outcomes", func() bool { return o.of(1) == 0 && o.of(2) == 0 && o.of(3) == 0 && o.of(4) == 0 })
	if got := r.titles(); !slices.Equal(got, []string{"CRITICAL on own1: child_offline = 95%"}) {
		t.Errorf("%q", got)
	}
	var reasons []string
	for _, d := range h.Deliveries(Filter{Outcome: Suppressed}) {
		reasons = append(reasons, d.Reason)
	}
	if !slices.Equal(reasons, []string{"the alert was not raised", "the host notifies itself"}) {
		t.Errorf("%q", reasons)
	}
}

func TestReload(t *testing.T) {
	old, fresh, o := newReceiver(t), newReceiver(t), &outcomes{}
	old.answer(http.StatusServiceUnavailable)
	c := quick(ServiceConfig{Name: "hook", URL: old.url()}, ServiceConfig{Name: "gone", URL: old.url()})
	h := open(t, t.TempDir(), c, o)
	h.Notify(change(1, "web1", alert.Clear, alert.Critical))
	wait(t, "attempts", func() bool { return len(h.Deliveries(Filter{Outcome: Retried})) == 2 })
	if err := h.Reload(quick(ServiceConfig{Name: "hook", URL: "nonsense://"})); err == nil {
		t.Error("a configuration with an unknown service was taken")
	}
	if err := h.Reload(quick(ServiceConfig{Name: "hook", URL: fresh.url()})); err != nil {
		t.Fatal(err)
	}
	wait(t, "the new service", func() bool { return o.of(1) == 0 })
	d := h.Deliveries(Filter{Service: "gone", Outcome: Failed})
	if len(d) != 1 || d[0].Reason != "the service is no longer configured" {
		t.Errorf("%+v", d)
	}
}
