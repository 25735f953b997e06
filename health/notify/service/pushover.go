package service

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"foster/health/alert"
)

// pushover sends to users or groups of Pushover.
type pushover struct {
	s                *Service
	url, token, user string
	devices, urgency string
}

// newPushover reads pushover://shoutrrr:token@user/?devices=….
func newPushover(s *Service, t *target, _ Environment) error {
	_, token := t.user()
	if token == "" {
		return errors.New("the URL is pushover://shoutrrr:token@user")
	}
	p := &pushover{
		s: s, url: "https://api.pushover.net/1/messages.json", token: token, user: t.url.Host,
		devices: t.query.Get("devices"), urgency: t.query.Get("priority"),
	}
	if t.explicit {
		p.url, p.user = t.base(), ""
	} else {
		s.secrets = append(s.secrets, t.url.Host)
	}
	s.sender = p
	return nil
}

func (p *pushover) send(ctx context.Context, m *Message, address string) error {
	if address == "" {
		address = p.user
	}
	if address == "" {
		return permanent("neither the recipient nor the URL names a user")
	}
	priority := map[alert.Status]string{alert.Critical: "1", alert.Warning: "0", alert.Clear: "-1"}[m.Status()]
	if p.urgency != "" && m.Status().Raised() {
		priority = p.urgency
	}
	form := url.Values{
		"token": {p.token}, "user": {address}, "title": {cut(m.Title(), 250)}, "message": {cut(m.Text(), 1000)},
		"priority": {priority}, "timestamp": {strconv.FormatInt(m.Time().Unix(), 10)},
	}
	if priority == "2" { // an emergency asks to be repeated until somebody confirms it
		form.Set("retry", "60")
		form.Set("expire", "3600")
	}
	if link := m.Link(); link != "" {
		form.Set("url", link)
	}
	if p.devices != "" {
		form.Set("device", p.devices)
	}
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	return p.s.post(ctx, http.MethodPost, p.url, header, []byte(form.Encode()))
}
