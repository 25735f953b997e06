package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"foster/health/alert"
)

func hexColor(s alert.Status) string { return fmt.Sprintf("#%06x", color(s)) }

// call posts to an API that answers 200 with {"ok": false, "error": …} when it refuses.
func (s *Service) call(ctx context.Context, url string, header http.Header, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return permanent("encode the message: %v", err)
	}
	if header == nil {
		header = http.Header{}
	}
	header.Set("Content-Type", "application/json; charset=utf-8")
	text, err := s.do(ctx, http.MethodPost, url, header, body)
	if err != nil {
		return err
	}
	var answer struct {
		OK          bool
		Error       string
		Description string
	}
	if json.Unmarshal(text, &answer) == nil && !answer.OK {
		return permanent("the service refuses: %s%s", answer.Error, answer.Description)
	}
	return nil
}

// telegram sends as a bot.
type telegram struct {
	s      *Service
	url    string
	chats  []string
	silent bool
}

// newTelegram reads telegram://token@telegram?chats=@channel,id and telegram+https://token@proxy?chats=….
func newTelegram(s *Service, t *target, _ Environment) error {
	id, secret := t.user()
	if id == "" || secret == "" {
		return errors.New("the URL is telegram://123:token@telegram?chats=id,@channel")
	}
	c := &telegram{
		s: s, url: t.api("https://api.telegram.org") + "/bot" + id + ":" + secret + "/sendMessage",
		chats:  append(t.list("chats"), t.list("channels")...),
		silent: t.query.Get("notification") != "" && !isYes(t.query.Get("notification")),
	}
	s.sender = c
	return nil
}

func (c *telegram) send(ctx context.Context, m *Message, address string) error {
	text := "<b>" + html.EscapeString(cut(m.Title(), 500)) + "</b>\n" + html.EscapeString(cut(m.Text(), 2500))
	return each(c.chats, address, "chat", func(chat string) error {
		chat, thread, _ := strings.Cut(chat, ":")
		body := map[string]any{
			"chat_id": chat, "text": text, "parse_mode": "HTML",
			"disable_notification":     c.silent || m.Status() == alert.Clear,
			"disable_web_page_preview": true,
		}
		if n, err := strconv.Atoi(thread); err == nil {
			body["message_thread_id"] = n
		}
		return c.s.call(ctx, c.url, nil, body)
	})
}

// each calls send for the address, or without one for all of a URL. It goes on after a failure: the others shall be told, and
// returns the last.
func each(all []string, address, what string, send func(address string) error) error {
	if address != "" {
		return send(address)
	}
	if len(all) == 0 {
		return permanent("neither the recipient nor the URL names a %s", what)
	}
	var last error
	for _, a := range all {
		if err := send(a); err != nil {
			last = err
		}
	}
	return last
}

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
	s.sender = c
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

// id names the content of the message.
func (m *Message) id() string {
	ids := make([]string, 0, len(m.Alerts))
	for i := range m.Alerts {
		ids = append(ids, strconv.FormatInt(m.Alerts[i].GlobalID, 36))
	}
	if m.Test {
		ids = append(ids, strconv.FormatInt(time.Now().UnixNano(), 36))
	}
	slices.Sort(ids)
	return "foster." + cut(strings.Join(ids, "."), 180)
}
