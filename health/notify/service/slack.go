package service

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"foster/health/alert"
)

// color returns the colour of a status as 0xRRGGBB.
func color(s alert.Status) int {
	switch s {
	case alert.Critical:
		return 0xd3302f
	case alert.Warning:
		return 0xf5a623
	case alert.Clear:
		return 0x2e9e4f
	}
	return 0x808080
}

func hexColor(s alert.Status) string { return fmt.Sprintf("#%06x", color(s)) }

// slack posts to an incoming webhook of Slack, or of what understands the same (Mattermost, Rocket.Chat), or as a bot.
type slack struct {
	s                    *Service
	url, token           string
	channel, name, emoji string
}

// newSlack reads slack://hook:A-B-C@webhook, slack://A/B/C, slack://xoxb:token@channel and slack+https://webhook.
func newSlack(s *Service, t *target, _ Environment) error {
	c := &slack{s: s, channel: t.query.Get("channel"), name: t.query.Get("botname"), emoji: t.query.Get("icon")}
	user, password := t.user()
	switch parts := append([]string{t.url.Host}, t.path()...); {
	case t.explicit:
		c.url = t.base()
	case user == "hook" && strings.Count(password, "-") == 2:
		c.url = "https://hooks.slack.com/services/" + strings.ReplaceAll(password, "-", "/")
		s.secrets = append(s.secrets, strings.Split(password, "-")...)
	case strings.HasPrefix(user, "xox") && password != "" && t.url.Host != "":
		c.url, c.token, c.channel = "https://slack.com/api/chat.postMessage", user+"-"+password, t.url.Host
	case len(parts) == 3:
		c.url = "https://hooks.slack.com/services/" + strings.Join(parts, "/")
		s.secrets = append(s.secrets, parts...)
		if user != "" {
			c.name = user
		}
	default:
		return errors.New("the URL is slack://hook:A-B-C@webhook, slack://xoxb:token@channel, or slack+https:// and the webhook")
	}
	s.sender = c
	return nil
}

func (c *slack) send(ctx context.Context, m *Message, address string) error {
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace
	attachment := map[string]any{
		"color": hexColor(m.Status()), "title": cut(escape(m.Title()), 1000), "text": cut(escape(m.Text()), 7000),
		"fallback": cut(escape(m.Title()), 1000), "ts": m.Time().Unix(),
	}
	if link := m.Link(); link != "" {
		attachment["title_link"] = link
	}
	body := map[string]any{"attachments": []any{attachment}}
	if address == "" || address == "#" {
		address = c.channel
	}
	for name, value := range map[string]string{"channel": address, "username": c.name, "icon_emoji": c.emoji} {
		if value != "" {
			body[name] = value
		}
	}
	if c.token == "" {
		return c.s.postJSON(ctx, http.MethodPost, c.url, nil, body)
	}
	return c.s.call(ctx, c.url, bearer("Bearer", c.token), body)
}
