package service

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"foster/health/alert"
)

// Resend is how often services of mode States are told again what is raised, as a Prometheus does.
const Resend = time.Minute

// alertmanager tells a Prometheus Alertmanager. An alert that is not told again ends there by itself after 4 times Resend.
type alertmanager struct {
	s   *Service
	url string
}

// newAlertmanager reads alertmanager://host:9093, which is http as nearly all Alertmanagers are, and alertmanager+https://….
func newAlertmanager(s *Service, t *target, _ Environment) error {
	if !t.explicit {
		t.scheme = "http"
	}
	if t.url.Host == "" {
		return errors.New("the URL is alertmanager://host:9093")
	}
	s.sender = &alertmanager{s: s, url: t.base() + "/api/v2/alerts"}
	return nil
}

// amAlert is one alert of Alertmanager's API version 2.
type amAlert struct {
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL,omitempty"`
}

func (c *alertmanager) send(ctx context.Context, m *Message, _ string) error {
	now := time.Now()
	var list []amAlert
	for i := range m.Alerts {
		a := &m.Alerts[i]
		// The severity is a label, because routes look at it, and with it an alert is another alert.
		if a.New.Raised() {
			list = append(list, c.alert(m, a, a.New, now.Add(4*Resend)))
		}
		if a.Told.Raised() && a.Told != a.New {
			list = append(list, c.alert(m, a, a.Told, now))
		}
	}
	for part := range slices.Chunk(list, maxPosted) {
		if err := c.s.postJSON(ctx, http.MethodPost, c.url, nil, part); err != nil {
			return err
		}
	}
	return nil
}

// maxPosted is how many alerts one request has.
const maxPosted = 500

func (c *alertmanager) alert(m *Message, a *Alert, s alert.Status, ends time.Time) amAlert {
	am := amAlert{
		Labels: map[string]string{
			"alertname": a.Name, "severity": strings.ToLower(s.String()), "instance": a.Hostname, "host": a.Hostname,
			"machine_guid": a.MachineGUID, "chart": a.Chart, "context": a.Context, "class": a.Class, "component": a.Component,
			"type": a.Type, "role": a.Recipient, "source": "foster",
		},
		Annotations:  map[string]string{"summary": m.Title(), "description": a.Info, "value": a.NewText},
		StartsAt:     a.When,
		EndsAt:       ends,
		GeneratorURL: m.ChartLink(a),
	}
	if len(m.Alerts) > 1 {
		am.Annotations["summary"] = (&Message{Alerts: []Alert{*a}, PublicURL: m.PublicURL, Summary: m.Summary}).Title()
	}
	for name, value := range am.Labels {
		if value == "" {
			delete(am.Labels, name)
		}
	}
	if a.When.IsZero() || a.When.After(ends) {
		am.StartsAt = ends.Add(-time.Second)
	}
	return am
}
