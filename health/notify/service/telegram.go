package service

import (
	"context"
	"errors"
	"html"
	"strconv"
	"strings"

	"foster/health/alert"
)

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
	s.sender, s.addresses = c, c.chats
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
