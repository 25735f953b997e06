package service

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

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

// opsgenie makes and closes alerts of Opsgenie, whose alias is the key of the alert.
type opsgenie struct {
	s                *Service
	url, token       string
	responders, tags []string
	priority         string
}

// newOpsgenie reads opsgenie://api.opsgenie.com/key?responders=team:ops.
func newOpsgenie(s *Service, t *target, _ Environment) error {
	path := t.path()
	if t.url.Host == "" || len(path) == 0 {
		return errors.New("the URL is opsgenie://api.opsgenie.com/key")
	}
	s.sender = &opsgenie{
		s: s, url: t.scheme + "://" + t.url.Host + "/v2/alerts", token: path[len(path)-1],
		responders: t.list("responders"), tags: t.list("tags"), priority: t.query.Get("priority"),
	}
	return nil
}

func (o *opsgenie) send(ctx context.Context, m *Message, address string) error {
	a, header := &m.Alerts[0], bearer("GenieKey", o.token)
	if !a.New.Raised() {
		to := o.url + "/" + url.PathEscape(a.Key()) + "/close?identifierType=alias"
		return o.s.postJSON(ctx, http.MethodPost, to, header, map[string]any{"source": "foster", "note": cut(m.Title(), 25000)})
	}
	priority := "P3"
	if a.New == alert.Critical {
		priority = "P1"
	}
	if o.priority != "" {
		priority = o.priority
	}
	body := map[string]any{
		"message": cut(m.Title(), 130), "alias": a.Key(), "description": cut(m.Text(), 15000), "entity": a.Hostname, "source": "foster",
		"priority": priority, "tags": append([]string{a.New.String()}, o.tags...),
		"details": map[string]string{"host": a.Hostname, "alert": a.Name, "chart": a.Chart, "value": a.NewText, "link": m.Link()},
	}
	responders := o.responders
	if address != "" {
		responders = []string{address}
	}
	var list []map[string]string
	for _, r := range responders {
		kind, name, ok := strings.Cut(r, ":")
		if !ok {
			kind, name = "team", r
		}
		field := "name"
		if kind == "user" {
			field = "username"
		}
		list = append(list, map[string]string{"type": kind, field: name})
	}
	if list != nil {
		body["responders"] = list
	}
	return o.s.postJSON(ctx, http.MethodPost, o.url, header, body)
}
