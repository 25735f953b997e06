package notify

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"foster/health/alert"
	"foster/internal/agenttest"
)

// TestAlertmanager tells a real Alertmanager of an alert that gets worse and ends, and of one that is removed.
func TestAlertmanager(t *testing.T) {
	base, o := agenttest.StartAlertmanager(t), &outcomes{}
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	h := open(t, t.TempDir(), quick(ServiceConfig{Name: "am", URL: "alertmanager+" + base}), o)
	// active returns the firing alerts as "host name severity".
	active := func() string {
		answer, err := http.Get(base + "/api/v2/alerts?active=true")
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		var list []struct {
			Labels, Annotations  map[string]string
			StartsAt, EndsAt     time.Time
			GeneratorURL, Status any
		}
		if err := json.NewDecoder(answer.Body).Decode(&list); err != nil {
			t.Fatal(err)
		}
		var texts []string
		for _, a := range list {
			texts = append(texts, fmt.Sprintf("%s %s %s", a.Labels["instance"], a.Labels["alertname"], a.Labels["severity"]))
			if left := time.Until(a.EndsAt); left < time.Minute || left > 5*time.Minute {
				t.Errorf("it ends at %v", a.EndsAt)
			}
			if a.Annotations["summary"] == "" || a.Labels["role"] != "sysadmin" {
				t.Errorf("%+v", a)
			}
		}
		slices.Sort(texts)
		return strings.Join(texts, ", ")
	}
	step := func(c alert.Transition, want string) {
		t.Helper()
		c.When = time.Now().Truncate(time.Second)
		h.Notify(c)
		wait(t, "the outcome", func() bool { return o.of(c.GlobalID) == 0 })
		wait(t, want, func() bool { return active() == want })
	}
	step(change(1, "web1", alert.Clear, alert.Warning), "web1 disk_full warning")
	step(change(2, "web1", alert.Warning, alert.Critical), "web1 disk_full critical")
	step(change(3, "web2", alert.Clear, alert.Warning), "web1 disk_full critical, web2 disk_full warning")
	step(change(4, "web1", alert.Critical, alert.Clear), "web2 disk_full warning")
	h.Observe(change(5, "web2", alert.Warning, alert.Removed))
	wait(t, "the end of a removed alert", func() bool { return active() == "" })
}

// counter is an Alertmanager in memory.
type counter struct{ posts []string }

func (c *counter) RoundTrip(r *http.Request) (*http.Response, error) {
	var list []struct{ Labels map[string]string }
	if err := json.NewDecoder(r.Body).Decode(&list); err != nil {
		return nil, err
	}
	var texts []string
	for _, a := range list {
		texts = append(texts, a.Labels["instance"]+" "+a.Labels["severity"])
	}
	slices.Sort(texts)
	c.posts = append(c.posts, strings.Join(texts, ", "))
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Header: http.Header{}}, nil
}

// TestResend counts how often an Alertmanager is told what is raised, also by the next run.
func TestResend(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		c := &counter{}
		start := func() *Hub {
			h, err := Open(t.Context(), Options{Config: quick(ServiceConfig{Name: "am", URL: "alertmanager://am:9093"}), Dir: dir, Transport: c})
			if err != nil {
				t.Fatal(err)
			}
			return h
		}
		h := start()
		h.Notify(change(1, "web1", alert.Clear, alert.Warning))
		h.Notify(change(2, "web2", alert.Clear, alert.Critical))
		pass(150 * time.Second)
		closeHub(t, h)
		h = start()
		pass(30 * time.Second)
		h.Notify(change(3, "web1", alert.Warning, alert.Clear))
		pass(40 * time.Second)
		closeHub(t, h)
		got := strings.Join(c.posts, "; ")
		both := "web1 warning, web2 critical"
		// What was raised, twice again, once by the next run, the end of one, and the other again.
		want := strings.Join([]string{both, both, both, both, "web1 warning", "web2 critical"}, "; ")
		if got = strings.TrimPrefix(got, "web1 warning; web2 critical; "); got != want && got != strings.TrimPrefix(want, both+"; ") {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}
