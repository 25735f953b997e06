package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"foster/health/alert"
	"foster/health/notify"
)

func TestDeliveries(t *testing.T) {
	m := newMemory()
	m.web01()
	a := testAPI(t, m)
	var asked notify.Filter
	a.opt.Deliveries = func(f notify.Filter) []notify.Delivery {
		asked = f
		return []notify.Delivery{{
			ID: 9, At: time.Unix(1_700_000_000, 500e6), Outcome: notify.Retried, Reason: "no answer", Service: "chat",
			Address: "#ops", Role: "sysadmin", Attempt: 2, Together: 1, GlobalID: 5, Hostname: "web01", GUID: "g",
			Alert: "load", Chart: "system.load", Status: alert.Critical,
		}}
	}
	w := briefly(t, a, "/api/foster/v1/deliveries?host=web01&outcome=RETRY&limit=1&before_id=10")
	if want := (notify.Filter{Host: "web01", Outcome: notify.Retried, Limit: 1, Before: 10}); asked != want {
		t.Errorf("asked for %+v", asked)
	}
	var answer struct {
		Deliveries []struct {
			ID                       int
			At                       float64
			Outcome, Reason, Status  string
			Service, Address         string
			Attempt, AlertsInMessage int
		}
		Next int `json:"next_before_id"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatalf("%s: %v", w.Body, err)
	}
	if len(answer.Deliveries) != 1 || answer.Next != 9 {
		t.Fatalf("%s", w.Body)
	}
	if d := answer.Deliveries[0]; d.ID != 9 || d.At != 1_700_000_000.5 || d.Outcome != "retry" || d.Reason != "no answer" ||
		d.Status != "CRITICAL" || d.Address != "#ops" || d.Attempt != 2 {
		t.Errorf("%+v", d)
	}
	for _, bad := range []string{"before_id=x", "before_id=-1", "limit=many", "transition_gi=99999999999999999999", "outcome=lost"} {
		name, _, _ := strings.Cut(bad, "=")
		w := briefly(t, a, "/api/foster/v1/deliveries?"+bad)
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `"field":"`+name+`"`) {
			t.Errorf("%s: status %d, %s", bad, w.Code, w.Body)
		}
	}
	briefly(t, a, "/host/web01/api/foster/v1/deliveries")
	if asked.Host == "" || asked.Host == "web01" || asked.Limit != 100 {
		t.Errorf("asked for %+v", asked)
	}
}
