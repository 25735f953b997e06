package api

import (
	"fmt"
	"testing"
	"time"

	"foster/health"
	"foster/health/alert"
)

// someAlerts has alerts of one host.
type someAlerts struct {
	noAlerts
	of     string
	alerts []health.Snapshot
}

func (s *someAlerts) Enabled(guid string) bool { return guid == s.of }

func (s *someAlerts) Alerts(guid string) []health.Snapshot {
	if guid != s.of {
		return nil
	}
	return s.alerts
}

func (s *someAlerts) Counts(guid string) (c health.Counts) {
	for _, a := range s.Alerts(guid) {
		switch a.Status {
		case alert.Critical:
			c.Critical++
		case alert.Warning:
			c.Warning++
		case alert.Clear:
			c.Clear++
		}
	}
	return c
}

func TestFleetAlerts(t *testing.T) {
	m := newMemory()
	m.web01()
	one := func(name string, status alert.Status, since int64) health.Snapshot {
		return health.Snapshot{Name: name, Chart: "system.cpu", Status: status, ValueText: "97%", LastStatusChange: time.Unix(since, 0)}
	}
	source := &someAlerts{of: webGUID}
	a := testAPI(t, m, func(o *Options) { o.Alerts = source })
	check := func(want string, alerts ...health.Snapshot) {
		t.Helper()
		source.alerts = alerts
		host := object(t, a, "/api/foster/v1/fleet")["hosts"].([]any)[0].(map[string]any)
		if got := fmt.Sprint(host["alerts"]); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	check("map[critical:0 warning:0 worst:<nil>]")
	check("map[critical:0 warning:0 worst:<nil>]", one("a", alert.Clear, start))
	check("map[critical:1 warning:2 worst:map[chart:system.cpu name:c since:1 status:CRITICAL value:97%]]",
		one("a", alert.Clear, 9), one("b", alert.Warning, 5), one("c", alert.Critical, 1), one("d", alert.Warning, 7))
	check("map[critical:0 warning:2 worst:map[chart:system.cpu name:d since:7 status:WARNING value:97%]]",
		one("b", alert.Warning, 5), one("d", alert.Warning, 7))
	source.of = "nobody"
	check("<nil>")
}
