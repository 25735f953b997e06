package service

import (
	"context"
	"encoding/json"
	"errors"
	"html"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
)

// matrix sends to rooms of a Matrix server.
type matrix struct {
	s              *Service
	url            string
	user, password string
	token          atomic.Pointer[string] // nil: not logged in
	rooms          []string
}

// newMatrix reads matrix://user:password@host/?rooms=!id:host,#alias:host and matrix://:token@host/?rooms=….
func newMatrix(s *Service, t *target, _ Environment) error {
	user, password := t.user()
	if t.url.Host == "" || password == "" {
		return errors.New("the URL is matrix://:token@host/?rooms=!id:host or matrix://user:password@host/?rooms=…")
	}
	c := &matrix{s: s, url: t.base(), user: user, password: password, rooms: t.list("rooms")}
	if user == "" {
		c.token.Store(&password)
	}
	s.sender, s.addresses = c, c.rooms
	return nil
}

func (c *matrix) send(ctx context.Context, m *Message, address string) error {
	token, err := c.login(ctx)
	if err != nil {
		return err
	}
	title, text := m.Title(), cut(m.Text(), 30000)
	body := map[string]any{
		"msgtype": "m.text", "body": title + "\n" + text, "format": "org.matrix.custom.html",
		"formatted_body": "<b>" + html.EscapeString(title) + "</b><br>" + strings.ReplaceAll(html.EscapeString(text), "\n", "<br>"),
	}
	// The server drops what has the id of an earlier message: a repetition does not show twice.
	id := m.id()
	return each(c.rooms, address, "room", func(room string) error {
		if strings.HasPrefix(room, "#") {
			if room, err = c.resolve(ctx, token, room); err != nil {
				return err
			}
		}
		to := c.url + "/_matrix/client/v3/rooms/" + url.PathEscape(room) + "/send/m.room.message/" + id
		err := c.s.postJSON(ctx, http.MethodPut, to, bearer("Bearer", token), body)
		if e, ok := errors.AsType[*Error](err); ok && c.user != "" && strings.Contains(e.reason, "M_UNKNOWN_TOKEN") {
			c.token.Store(nil)
			e.Permanent = false
		}
		return err
	})
}

func (c *matrix) login(ctx context.Context) (string, error) {
	if token := c.token.Load(); token != nil {
		return *token, nil
	}
	body, err := json.Marshal(map[string]any{
		"type": "m.login.password", "password": c.password, "identifier": map[string]string{"type": "m.id.user", "user": c.user},
	})
	if err != nil {
		return "", permanent("encode the login: %v", err)
	}
	var answer struct {
		Token string `json:"access_token"`
	}
	text, err := c.s.do(ctx, http.MethodPost, c.url+"/_matrix/client/v3/login", http.Header{"Content-Type": {"application/json"}}, body)
	if err != nil {
		return "", err
	}
	if err := json.Unmarshal(text, &answer); err != nil || answer.Token == "" {
		return "", permanent("the service answers the login without a token")
	}
	c.token.Store(&answer.Token)
	return answer.Token, nil
}

// resolve returns the id of a room with that alias.
func (c *matrix) resolve(ctx context.Context, token, alias string) (string, error) {
	text, err := c.s.do(ctx, http.MethodGet, c.url+"/_matrix/client/v3/directory/room/"+url.PathEscape(alias), bearer("Bearer", token), nil)
	if err != nil {
		return "", err
	}
	var answer struct {
		ID string `json:"room_id"`
	}
	if err := json.Unmarshal(text, &answer); err != nil || answer.ID == "" {
		return "", permanent("the service knows no room %s", cut(alias, 100))
	}
	return answer.ID, nil
}
