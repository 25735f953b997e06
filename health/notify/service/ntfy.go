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
