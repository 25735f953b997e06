package service

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"
	"text/template"
	"time"
)

// webhook posts to any address: JSON of its own form, or what a template makes of it.
type webhook struct {
	s        *Service
	url      string
	method   string
	header   http.Header
	template *template.Template // nil: JSON
}

// Payload is what a webhook posts, and what its template is given.
type Payload struct {
	Title  string         `json:"title"`
	Text   string         `json:"text"`
	Status string         `json:"status"` // of the worst alert
	Link   string         `json:"link,omitempty"`
	Test   bool           `json:"test,omitempty"`
	Held   int            `json:"held_back,omitempty"` // messages that this one replaces
	Alerts []PayloadAlert `json:"alerts"`
}

// PayloadAlert is one alert of a Payload. Durations are in seconds.
type PayloadAlert struct {
	TransitionID   string   `json:"transition_id"`
	Key            string   `json:"key"` // the same for all transitions of the alert
	Host           string   `json:"host"`
	MachineGUID    string   `json:"machine_guid"`
	Name           string   `json:"alert"`
	Chart          string   `json:"chart"`
	Context        string   `json:"context"`
	Class          string   `json:"class"`
	Component      string   `json:"component"`
	Type           string   `json:"type"`
	Role           string   `json:"role"`
	Status         string   `json:"status"`
	OldStatus      string   `json:"old_status"`
	Value          *float64 `json:"value"` // null: none
	OldValue       *float64 `json:"old_value"`
	ValueText      string   `json:"value_string"`
	OldValueText   string   `json:"old_value_string"`
	Units          string   `json:"units"`
	Summary        string   `json:"summary"`
	Info           string   `json:"info"`
	When           int64    `json:"when"` // unix seconds
	Duration       int64    `json:"duration"`
	RaisedDuration int64    `json:"raised_duration"`
	Link           string   `json:"link,omitempty"`
}

// Payload returns the message as webhooks get it.
func (m *Message) Payload() *Payload {
	p := &Payload{
		Title: m.Title(), Text: m.Text(), Status: m.Status().String(), Link: m.Link(), Test: m.Test, Held: m.Held,
		Alerts: make([]PayloadAlert, len(m.Alerts)),
	}
	for i := range m.Alerts {
		a := &m.Alerts[i]
		p.Alerts[i] = PayloadAlert{
			TransitionID: a.UUID.String(), Key: a.Key(), Host: a.Hostname, MachineGUID: a.MachineGUID, Name: a.Name,
			Chart: a.Chart, Context: a.Context, Class: a.Class, Component: a.Component, Type: a.Type, Role: a.Recipient,
			Status: a.New.String(), OldStatus: a.Old.String(), Value: finite(a.NewValue), OldValue: finite(a.OldValue),
			ValueText: a.NewText, OldValueText: a.OldText, Units: a.Units, Summary: a.Summary, Info: a.Info,
			When: a.When.Unix(), Duration: int64(a.Duration / time.Second), RaisedDuration: int64(a.RaisedDuration / time.Second),
			Link: m.ChartLink(a),
		}
	}
	return p
}

// finite returns nil for what JSON cannot write.
func finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// newWebhook reads generic://host/path, generic+http://…. Of the parameters method and contenttype are for us, those that
// begin with @ are headers, and the rest belongs to the address.
func newWebhook(s *Service, t *target, e Environment) error {
	if t.url.Host == "" {
		return errors.New("the URL is generic://host/path")
	}
	w := &webhook{s: s, url: t.base(), method: http.MethodPost, header: http.Header{"Content-Type": {"application/json"}}}
	switch method := strings.ToUpper(t.take("method")); method {
	case "":
	case http.MethodPost, http.MethodPut, http.MethodPatch:
		w.method = method
	default:
		return fmt.Errorf("method %q is not POST, PUT or PATCH", cut(method, 20))
	}
	if kind := t.take("contenttype"); kind != "" {
		w.header.Set("Content-Type", oneLine(kind))
	}
	rest := url.Values{}
	for name, values := range t.query {
		if header, ok := strings.CutPrefix(name, "@"); ok {
			w.header[http.CanonicalHeaderKey(header)] = values
			continue
		}
		rest[name] = values
	}
	if user, password := t.user(); user != "" {
		r := http.Request{Header: w.header}
		r.SetBasicAuth(user, password)
	}
	if len(rest) > 0 {
		w.url += "?" + rest.Encode()
	}
	if e.Template != "" {
		parsed, err := template.New(s.Name).Option("missingkey=error").Funcs(template.FuncMap{
			"json": func(v any) (string, error) {
				text, err := json.Marshal(v)
				return string(text), err
			},
			"urlquery": url.QueryEscape,
			"lower":    strings.ToLower,
			"cut":      func(n int, s string) string { return cut(s, max(n, 3)) },
		}).Parse(e.Template)
		if err != nil {
			return fmt.Errorf("parse the template: %w", err)
		}
		w.template = parsed
	}
	s.sender = w
	return nil
}

// maxBody bounds what a template can make.
const maxBody = 1 << 20

type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxBody {
		return 0, fmt.Errorf("it makes more than %d bytes", maxBody)
	}
	return b.Buffer.Write(p)
}

func (w *webhook) send(ctx context.Context, m *Message, _ string) error {
	payload := m.Payload()
	if w.template == nil {
		return w.s.postJSON(ctx, w.method, w.url, w.header.Clone(), payload)
	}
	var body bounded
	if err := w.template.Execute(&body, payload); err != nil {
		return permanent("run the template: %v", err)
	}
	if strings.Contains(w.header.Get("Content-Type"), "json") && !json.Valid(body.Bytes()) {
		return permanent("what the template makes is not JSON; {{json .Title}} writes a text with its quotes")
	}
	return w.s.post(ctx, w.method, w.url, w.header.Clone(), body.Bytes())
}
