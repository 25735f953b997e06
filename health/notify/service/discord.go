package service

import (
	"context"
	"errors"
	"net/http"
	"net/url"
)

// discord posts to a webhook of Discord.
type discord struct {
	s         *Service
	url       string
	name, pic string
}

// newDiscord reads discord://token@webhook-id and discord+https://webhook.
func newDiscord(s *Service, t *target, _ Environment) error {
	token, _ := t.user()
	d := &discord{s: s, name: t.query.Get("username"), pic: t.query.Get("avatar")}
	switch {
	case t.explicit:
		d.url = t.base()
	case token != "" && t.url.Host != "":
		d.url = "https://discord.com/api/webhooks/" + url.PathEscape(t.url.Host) + "/" + url.PathEscape(token)
	default:
		return errors.New("the URL is discord://token@webhook-id, or discord+https:// and the webhook")
	}
	if id := t.query.Get("thread_id"); id != "" {
		d.url += "?" + url.Values{"thread_id": {id}}.Encode()
	}
	s.sender = d
	return nil
}

func (d *discord) send(ctx context.Context, m *Message, _ string) error {
	embed := map[string]any{
		"title": cut(m.Title(), 256), "description": cut(m.Text(), 4000), "color": color(m.Status()),
		"timestamp": m.Time().UTC().Format("2006-01-02T15:04:05Z"),
	}
	if link := m.Link(); link != "" {
		embed["url"] = link
	}
	body := map[string]any{
		"embeds": []any{embed},
		// Texts come from children: nobody is to be mentioned by them.
		"allowed_mentions": map[string]any{"parse": []string{}},
	}
	if d.name != "" {
		body["username"] = d.name
	}
	if d.pic != "" {
		body["avatar_url"] = d.pic
	}
	return d.s.postJSON(ctx, http.MethodPost, d.url, nil, body)
}
