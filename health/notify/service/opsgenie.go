package service

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"foster/health/alert"
)

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
	if err := o.s.postJSON(ctx, http.MethodPost, o.url, header, body); err != nil {
		return err
	}
	if !a.Told.Raised() || a.Told == a.New {
		return nil
	}
	// What Opsgenie has already it only counts: that it is worse, or better, must be said of itself.
	for _, name := range []string{"priority", "message"} {
		to := o.url + "/" + url.PathEscape(a.Key()) + "/" + name + "?identifierType=alias"
		if err := o.s.postJSON(ctx, http.MethodPut, to, header, map[string]any{name: body[name]}); err != nil {
			return err
		}
	}
	return nil
}
