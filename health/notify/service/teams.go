package service

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"foster/health/alert"
)

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
