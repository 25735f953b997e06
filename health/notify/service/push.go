package service

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"foster/health/alert"
)

// ntfy publishes to topics of ntfy.sh or an own server.
type ntfy struct {
	s        *Service
	base     string
	topic    string
	header   http.Header
	priority string
	tags     []string
}

// newNtfy reads ntfy://user:password@host/topic, ntfy://:token@host/topic and ntfy://topic, which is at ntfy.sh.
func newNtfy(s *Service, t *target, _ Environment) error {
	n := &ntfy{s: s, priority: t.query.Get("priority"), tags: t.list("tags"), header: http.Header{}}
	if scheme := t.query.Get("scheme"); scheme == "http" || scheme == "https" {
		t.scheme = scheme
	}
	path := t.path()
	switch {
	case t.url.Host == "":
		return errors.New("the URL is ntfy://host/topic")
	case len(path) > 0:
		n.topic = path[len(path)-1]
		t.url.Path, t.url.RawPath = "/"+strings.Join(path[:len(path)-1], "/"), ""
		n.base = t.base()
	case strings.Contains(t.url.Host, ".") || t.url.Port() != "" || t.explicit:
		n.base = t.base() // recipients name the topics
	default:
		n.base, n.topic = "https://ntfy.sh", t.url.Host
	}
	switch user, password := t.user(); {
	case user != "" && password != "":
		r := http.Request{Header: n.header}
		r.SetBasicAuth(user, password)
	case user+password != "":
		n.header = bearer("Bearer", user+password)
	}
	s.sender = n
	return nil
}

func (n *ntfy) send(ctx context.Context, m *Message, address string) error {
	base, topic := n.base, n.topic
	if address != "" {
		topic = address
	}
	// Netdata's configuration has whole addresses of topics.
	if u, err := url.Parse(address); err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https") {
		at := strings.LastIndexByte(strings.TrimRight(u.Path, "/"), '/')
		base, topic = u.Scheme+"://"+u.Host+u.Path[:max(at, 0)], strings.Trim(u.Path[max(at, 0):], "/")
	}
	if topic == "" {
		return permanent("neither the recipient nor the URL names a topic")
	}
	priority := map[alert.Status]int{alert.Critical: 5, alert.Warning: 4}[m.Status()]
	if p, err := strconv.Atoi(n.priority); err == nil {
		priority = p
	}
	if priority == 0 {
		priority = 3
	}
	tag := map[alert.Status]string{alert.Critical: "red_circle", alert.Warning: "warning", alert.Clear: "green_circle"}[m.Status()]
	body := map[string]any{
		"topic": topic, "title": cut(m.Title(), 250), "message": cut(m.Text(), 4000), "priority": priority,
		"tags": append([]string{tag}, n.tags...),
	}
	if link := m.Link(); link != "" {
		body["click"] = link
	}
	return n.s.postJSON(ctx, http.MethodPost, base+"/", n.header.Clone(), body)
}

// gotify sends to an application of a Gotify server.
type gotify struct {
	s          *Service
	url, token string
	priority   string
}

// newGotify reads gotify://host/path/token.
func newGotify(s *Service, t *target, _ Environment) error {
	path := t.path()
	if t.url.Host == "" || len(path) == 0 {
		return errors.New("the URL is gotify://host/token")
	}
	g := &gotify{s: s, token: path[len(path)-1], priority: t.query.Get("priority")}
	t.url.Path, t.url.RawPath = "/"+strings.Join(path[:len(path)-1], "/"), ""
	g.url = t.base() + "/message"
	s.sender = g
	return nil
}

func (g *gotify) send(ctx context.Context, m *Message, _ string) error {
	priority := map[alert.Status]int{alert.Critical: 8, alert.Warning: 5, alert.Clear: 2}[m.Status()]
	if p, err := strconv.Atoi(g.priority); err == nil {
		priority = p
	}
	body := map[string]any{"title": m.Title(), "message": m.Text(), "priority": priority}
	if link := m.Link(); link != "" {
		body["extras"] = map[string]any{"client::notification": map[string]any{"click": map[string]string{"url": link}}}
	}
	return g.s.postJSON(ctx, http.MethodPost, g.url, http.Header{"X-Gotify-Key": {g.token}}, body)
}

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
