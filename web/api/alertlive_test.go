package api

import (
	"context"
	"slices"
	"testing"
	"time"

	"foster/health"
	"foster/health/alert"
	"foster/storage/catalog"
)

// The stream of a host tells of its alerts at the beginning and when one has changed.
func TestLiveAlerts(t *testing.T) {
	f := &fakeAlerts{latest: 5, alerts: map[string][]health.Snapshot{webGUID: {{Name: "a", Status: alert.Clear}, {Name: "b", Status: alert.Warning}}}}
	watch(t, "/host/web01/api/foster/v1/live", func(_ *memory, h *catalog.Host, c *client, _ context.CancelFunc) {
		of := func(list []event) (data []string) {
			for _, e := range list {
				if e.name == "alerts" {
					data = append(data, e.data)
				}
			}
			return data
		}
		want := []string{`{"enabled":true,"latest_alarm_log_unique_id":5,"critical":0,"warning":1,"clear":1,"undefined":0,"uninitialized":0}`}
		if got := of(c.events(t)); !slices.Equal(got, want) {
			t.Errorf("first %v, want %v", got, want)
		}
		time.Sleep(10 * time.Second)
		if got := of(c.events(t)); len(got) != 0 {
			t.Errorf("nothing has changed: %v", got)
		}
		f.mu.Lock()
		f.latest, f.alerts[webGUID] = 6, []health.Snapshot{{Name: "a", Status: alert.Critical}}
		f.mu.Unlock()
		time.Sleep(2 * time.Second)
		want = []string{`{"enabled":true,"latest_alarm_log_unique_id":6,"critical":1,"warning":0,"clear":0,"undefined":0,"uninitialized":0}`}
		if got := of(c.events(t)); !slices.Equal(got, want) {
			t.Errorf("then %v, want %v", got, want)
		}
	}, func(o *Options) { o.Alerts = f })
}
