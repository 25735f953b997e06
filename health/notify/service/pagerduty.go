package service

import (
	"context"
	"net/http"

	"foster/health/alert"
)

// pagerDuty sends events of version 2. The key of the alert is the dedup key: CLEAR resolves what it triggered.
type pagerDuty struct {
	s        *Service
	url, key string
}

// newPagerDuty reads pagerduty://events.pagerduty.com/integration-key; without a key recipients name theirs.
func newPagerDuty(s *Service, t *target, _ Environment) error {
	p := &pagerDuty{s: s}
	if path := t.path(); len(path) > 0 {
		p.key = path[len(path)-1]
	}
	host := t.url.Host
	if host == "" {
		host = "events.pagerduty.com"
	}
	p.url = t.scheme + "://" + host + "/v2/enqueue"
	s.sender = p
	return nil
}

func (p *pagerDuty) send(ctx context.Context, m *Message, address string) error {
	key := p.key
	if address != "" {
		key = address
	}
	if key == "" {
		return permanent("neither the recipient nor the URL has an integration key")
	}
	a := &m.Alerts[0]
	event := map[string]any{"routing_key": key, "dedup_key": a.Key(), "event_action": "resolve"}
	if a.New.Raised() {
		severity := "warning"
		if a.New == alert.Critical {
			severity = "critical"
		}
		details := map[string]string{"text": m.Text()}
		for _, f := range m.Facts(a) {
			if f.Name != "" {
				details[f.Name] = f.Value
			}
		}
		event["event_action"] = "trigger"
		event["payload"] = map[string]any{
			"summary": cut(m.Title(), 1024), "source": a.Hostname, "severity": severity,
			"timestamp": a.When.UTC().Format("2006-01-02T15:04:05Z"), "component": a.Chart, "group": a.Family, "class": a.Class,
			"custom_details": details,
		}
		event["client"] = "foster"
		if link := m.Link(); link != "" {
			event["client_url"] = link
		}
	}
	return p.s.postJSON(ctx, http.MethodPost, p.url, nil, event)
}
