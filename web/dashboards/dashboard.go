package dashboards

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Format is what exported dashboards carry, so that an import can tell what it is given.
const Format = "foster-dashboard/1"

// Limits of one dashboard. Text is measured in bytes, names of hosts, charts and dimensions as long as agents may send them.
const (
	MaxBody       = 64 << 10 // of the JSON of a dashboard
	maxName       = 100
	maxText       = 1000
	maxID         = 1024
	maxPanels     = 100
	maxDimensions = 200 // chosen of one chart

	minSpan     = 10 // seconds
	maxSpan     = 5 * 365 * 86400
	defaultSpan = 900

	columns       = 12
	defaultWidth  = 6
	minHeight     = 2
	maxHeight     = 8
	defaultHeight = 3
)

// Dashboard is a page of charts.
type Dashboard struct {
	ID string `json:"id"`
	// Version counts the changes, from 1. A change tells which version it is made to.
	Version int64 `json:"version"`
	Content
	Created int64 `json:"created"` // unix seconds
	Changed int64 `json:"changed"` // unix seconds
}

// Content is what a user gives of a dashboard, and what an export holds.
type Content struct {
	Name        string  `json:"name"`
	Description string  `json:"description"`
	Last        int64   `json:"last"` // seconds that it opens with, up to now
	Panels      []Panel `json:"panels"`
}

// Panel is a chart of a host on a dashboard. It need not exist: hosts and charts come and go.
type Panel struct {
	ID         string   `json:"id"`         // unique on its dashboard; links name panels by it
	Host       string   `json:"host"`       // machine GUID, or hostname
	Hostname   string   `json:"hostname"`   // to be shown when there is no such host
	Chart      string   `json:"chart"`      // id of the chart
	Title      string   `json:"title"`      // "": that of the chart
	Dimensions []string `json:"dimensions"` // ids of those that are shown; none: all
	Width      int      `json:"width"`      // of 12 columns
	Height     int      `json:"height"`     // rows
}

// InvalidError says what is wrong with a dashboard that somebody gave.
type InvalidError struct{ Field, Reason string }

// Error implements error.
func (e *InvalidError) Error() string {
	if e.Field == "" {
		return e.Reason
	}
	return e.Field + ": " + e.Reason
}

// Parse reads the JSON of a dashboard: one that was exported, read from the API, or written by hand. Keys that are not known
// are errors; an InvalidError says what is wrong.
func Parse(data []byte) (Dashboard, error) {
	var body struct {
		Format string `json:"format"`
		Dashboard
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&body); err != nil {
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			field := strings.TrimPrefix(strings.TrimPrefix(wrong.Field, "Dashboard."), "Content.")
			return Dashboard{}, &InvalidError{field, "it cannot be a JSON " + wrong.Value}
		}
		return Dashboard{}, &InvalidError{"", "not the JSON object that is expected: " + err.Error()}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Dashboard{}, &InvalidError{"", "something follows the JSON object"}
	}
	if body.Format != "" && body.Format != Format {
		return Dashboard{}, &InvalidError{"format", "not " + Format}
	}
	if err := body.complete(); err != nil {
		return Dashboard{}, err
	}
	return body.Dashboard, nil
}

// Export returns the JSON of a dashboard for a file that another parent, or this one, can import.
func (c *Content) Export() ([]byte, error) {
	b, err := encode(struct {
		Format string `json:"format"`
		*Content
	}{Format, c})
	if err != nil {
		return nil, fmt.Errorf("export dashboard %q: %w", c.Name, err)
	}
	return b, nil
}

// Hosts returns how many hosts a dashboard shows charts of.
func (c *Content) Hosts() int {
	hosts := map[string]bool{}
	for i := range c.Panels {
		hosts[c.Panels[i].Host] = true
	}
	return len(hosts)
}

// encode returns indented JSON, with < and > as they are.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// complete checks what a user gave, and fills in what may be missing.
func (c *Content) complete() error {
	c.Name = strings.TrimSpace(c.Name)
	if c.Last == 0 {
		c.Last = defaultSpan
	}
	if c.Panels == nil {
		c.Panels = []Panel{}
	}
	switch {
	case c.Name == "":
		return &InvalidError{"name", "missing"}
	case c.Last < minSpan || c.Last > maxSpan:
		return &InvalidError{"last", fmt.Sprintf("not from %d to %d seconds", minSpan, maxSpan)}
	case len(c.Panels) > maxPanels:
		return &InvalidError{"panels", fmt.Sprintf("more than %d", maxPanels)}
	}
	if err := check("", text{"name", c.Name, maxName}, text{"description", c.Description, maxText}); err != nil {
		return err
	}
	used := map[string]bool{}
	for i := range c.Panels {
		p := &c.Panels[i]
		place := fmt.Sprintf("panels[%d].", i)
		if err := p.complete(place); err != nil {
			return err
		}
		if p.ID != "" && used[p.ID] {
			return &InvalidError{place + "id", "that of another panel"}
		}
		used[p.ID] = true
	}
	n := 0
	for i := range c.Panels {
		for c.Panels[i].ID == "" {
			n++
			if id := fmt.Sprintf("p%d", n); !used[id] {
				c.Panels[i].ID = id
			}
		}
	}
	return nil
}

// complete checks a panel whose fields are told with place before them.
func (p *Panel) complete(place string) error {
	if p.Width == 0 {
		p.Width = defaultWidth
	}
	if p.Height == 0 {
		p.Height = defaultHeight
	}
	if p.Dimensions == nil {
		p.Dimensions = []string{}
	}
	switch {
	case !isID(p.ID):
		return &InvalidError{place + "id", "not up to 40 letters, digits, - and _"}
	case p.Host == "":
		return &InvalidError{place + "host", "missing"}
	case p.Chart == "":
		return &InvalidError{place + "chart", "missing"}
	case p.Width < 1 || p.Width > columns:
		return &InvalidError{place + "width", fmt.Sprintf("not from 1 to %d columns", columns)}
	case p.Height < minHeight || p.Height > maxHeight:
		return &InvalidError{place + "height", fmt.Sprintf("not from %d to %d rows", minHeight, maxHeight)}
	case len(p.Dimensions) > maxDimensions:
		return &InvalidError{place + "dimensions", fmt.Sprintf("more than %d", maxDimensions)}
	}
	for i, d := range p.Dimensions {
		if d == "" || slices.Contains(p.Dimensions[:i], d) {
			return &InvalidError{place + "dimensions", "one is empty or there twice"}
		}
		if err := check(place, text{"dimensions", d, maxID}); err != nil {
			return err
		}
	}
	return check(place, text{"host", p.Host, maxID}, text{"hostname", p.Hostname, maxID}, text{"chart", p.Chart, maxID}, text{"title", p.Title, maxName})
}

// isID says whether an id of a panel can stand in a link. The empty one will be given.
func isID(id string) bool {
	for _, c := range id {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return len(id) <= 40
}

// text is a value of a field, which may have so many bytes.
type text struct {
	field, value string
	longest      int
}

// check returns what is wrong with texts, whose fields are told with place before them.
func check(place string, texts ...text) error {
	for _, t := range texts {
		switch {
		case len(t.value) > t.longest:
			return &InvalidError{place + t.field, fmt.Sprintf("longer than %d bytes", t.longest)}
		case !utf8.ValidString(t.value):
			return &InvalidError{place + t.field, "no valid UTF-8"}
		case strings.ContainsFunc(t.value, func(r rune) bool { return unicode.IsControl(r) && (r != '\n' || t.longest != maxText) }):
			return &InvalidError{place + t.field, "has control characters"}
		}
	}
	return nil
}
