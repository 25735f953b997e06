package service

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"foster/health/alert"
)

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
