package service

import (
	"context"
	"errors"
	"net/http"
	"net/url"
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

// teams posts an adaptive card to an incoming webhook or a workflow of Microsoft Teams.
type teams struct {
	s   *Service
	url string
}

// newTeams reads teams+https://webhook, and shoutrrr's teams://group@tenant/alt-id/group-owner?host=….
func newTeams(s *Service, t *target, _ Environment) error {
	group, _ := t.user()
	host, path := t.query.Get("host"), t.path()
	c := &teams{s: s}
	switch {
	case t.explicit:
		c.url = t.base()
		// The key of a workflow is a parameter of its URL.
		if t.url.RawQuery != "" {
			c.url += "?" + t.url.RawQuery
		}
	case group != "" && host != "" && len(path) >= 2:
		c.url = "https://" + host + "/webhookb2/" + group + "@" + t.url.Host + "/IncomingWebhook/" + strings.Join(path, "/")
	default:
		return errors.New("the URL is teams+https:// and the webhook, or teams://group@tenant/id/owner?host=name.webhook.office.com")
	}
	s.sender = c
	return nil
}

func (c *teams) send(ctx context.Context, m *Message, _ string) error {
	style := map[alert.Status]string{alert.Critical: "Attention", alert.Warning: "Warning", alert.Clear: "Good"}[m.Status()]
	if style == "" {
		style = "Default"
	}
	block := func(text, weight, color string) map[string]any {
		return map[string]any{"type": "TextBlock", "text": escapeMarkdown(text), "wrap": true, "weight": weight, "color": color}
	}
	body := []any{block(m.Title(), "Bolder", style)}
	for line := range strings.Lines(cut(m.Text(), 15000)) {
		body = append(body, block(strings.TrimSuffix(line, "\n"), "Default", "Default"))
	}
	card := map[string]any{
		"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4", "body": body,
	}
	if link := m.Link(); link != "" {
		card["actions"] = []any{map[string]any{"type": "Action.OpenUrl", "title": "Look", "url": link}}
	}
	return c.s.postJSON(ctx, http.MethodPost, c.url, nil, map[string]any{"type": "message", "attachments": []any{
		map[string]any{"contentType": "application/vnd.microsoft.card.adaptive", "content": card},
	}})
}

// escapeMarkdown makes what looks like markup text.
func escapeMarkdown(s string) string {
	return strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`, "*", `\*`, "_", `\_`).Replace(s)
}
