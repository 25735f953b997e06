package service

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"foster/health/alert"
)

// Alert is one alert of a message.
type Alert struct {
	alert.Transition
	Told     alert.Status // what this recipient was last told of the alert, Uninitialized: nothing
	Critical bool         // it is critical, or was since it was last clear
}

// Message is what one recipient is told at once: about one alert, or about several that came together.
type Message struct {
	Alerts    []Alert // at least one
	Held      int     // messages that the rate limit held back and that this one replaces
	Test      bool
	PublicURL string // of foster's pages, without a slash at the end; "": no links
	Summary   bool   // name alerts by their summaries
}

// Status returns the worst status of the alerts.
func (m *Message) Status() alert.Status {
	worst := alert.Removed
	for i := range m.Alerts {
		worst = max(worst, m.Alerts[i].New)
	}
	return worst
}

// Time returns when the newest change of the message was.
func (m *Message) Time() time.Time {
	var t time.Time
	for i := range m.Alerts {
		if m.Alerts[i].When.After(t) {
			t = m.Alerts[i].When
		}
	}
	return t
}

// name is how people call the alert. Many summaries begin with the host, which stands before the name already.
func (m *Message) name(a *Alert) string {
	if m.Summary && a.Summary != "" {
		return strings.TrimPrefix(a.Summary, a.Hostname+": ")
	}
	return a.Name
}

// hasValue says whether there is a value to show; "-" stands for none.
func hasValue(a *Alert) bool { return a.NewText != "" && a.NewText != "-" }

// Title says in one line what happened: "CRITICAL on web1: disk / is filling = 95%".
func (m *Message) Title() string {
	prefix := ""
	if m.Test {
		prefix = "[test] "
	}
	if len(m.Alerts) == 1 {
		a := &m.Alerts[0]
		text := fmt.Sprintf("%s%s on %s: %s", prefix, a.New, a.Hostname, m.name(a))
		if hasValue(a) {
			text += " = " + a.NewText
		}
		return oneLine(text)
	}
	hosts, names := map[string]bool{}, map[string]bool{}
	for i := range m.Alerts {
		hosts[m.Alerts[i].Hostname], names[m.Alerts[i].Name] = true, true
	}
	where := fmt.Sprint(len(hosts), " hosts")
	if len(hosts) == 1 {
		where = m.Alerts[0].Hostname
	}
	what := fmt.Sprint(len(m.Alerts), " alerts")
	if len(names) == 1 {
		what = m.Alerts[0].Name
		if len(hosts) != len(m.Alerts) {
			what += fmt.Sprintf(" (%d alerts)", len(m.Alerts))
		}
	}
	return oneLine(fmt.Sprintf("%s%s on %s: %s", prefix, m.Status(), where, what))
}

// maxListed is how many alerts a text names.
const maxListed = 20

// Text is the body as plain text, a few lines for one alert and a line each for several.
func (m *Message) Text() string {
	var b strings.Builder
	if m.Held > 0 {
		fmt.Fprintf(&b, "%d notifications were held back by the rate limit; what is left of them:\n", m.Held)
	}
	if len(m.Alerts) == 1 {
		m.single(&b, &m.Alerts[0])
		return strings.TrimRight(b.String(), "\n")
	}
	sorted := slices.Clone(m.Alerts)
	slices.SortStableFunc(sorted, func(x, y Alert) int { return int(y.New) - int(x.New) })
	for i := range sorted[:min(len(sorted), maxListed)] {
		a := &sorted[i]
		fmt.Fprintf(&b, "%s %s: %s", a.New, oneLine(a.Hostname), oneLine(m.name(a)))
		if hasValue(a) {
			b.WriteString(" = " + oneLine(a.NewText))
		}
		if was := before(a); was != "" {
			b.WriteString(", " + was)
		}
		b.WriteByte('\n')
	}
	if n := len(sorted) - maxListed; n > 0 {
		fmt.Fprintf(&b, "and %d more\n", n)
	}
	if link := m.Link(); link != "" {
		b.WriteString(link)
	}
	return strings.TrimRight(b.String(), "\n")
}

// single writes all about one alert.
func (m *Message) single(b *strings.Builder, a *Alert) {
	for _, line := range m.Facts(a) {
		if line.Name != "" {
			b.WriteString(line.Name + ": ")
		}
		b.WriteString(line.Value + "\n")
	}
	if link := m.Link(); link != "" {
		b.WriteString(link + "\n")
	}
}

// Fact is one line about an alert. Name is empty for its description.
type Fact struct{ Name, Value string }

// Facts returns what a message says about an alert beside the title, empty things left out.
func (m *Message) Facts(a *Alert) []Fact {
	var facts []Fact
	add := func(name, value string) {
		if value = oneLine(value); value != "" {
			facts = append(facts, Fact{name, value})
		}
	}
	add("", a.Info)
	if m.name(a) != a.Name {
		add("alert", a.Name)
	}
	chart := a.ChartName
	if chart == "" {
		chart = a.Chart
	}
	if a.Context != "" && a.Context != chart {
		chart += " (" + a.Context + ")"
	}
	add("chart", chart)
	add("before", before(a))
	if a.New.Raised() && a.Expression != "" {
		add("because", a.Expression)
	}
	if !a.When.IsZero() {
		add("at", a.When.UTC().Format("2006-01-02 15:04:05 UTC"))
	}
	if a.WarningCount+a.CriticalCount > 0 {
		add("raised on the host", fmt.Sprintf("%d critical, %d warning", a.CriticalCount, a.WarningCount))
	}
	return facts
}

// before says what the alert was and for how long.
func before(a *Alert) string {
	if a.Flags&alert.Recurring != 0 {
		if a.RaisedDuration > 0 {
			return "still raised, for " + span(a.RaisedDuration)
		}
		return "still raised"
	}
	text := ""
	if a.Old >= alert.Clear {
		text = "was " + a.Old.String()
		if a.Duration > 0 {
			text += " for " + span(a.Duration)
		}
		if a.OldText != "" && a.Old.Raised() {
			text += ", at " + a.OldText
		}
		if a.RaisedDuration > a.Duration {
			text += ", raised for " + span(a.RaisedDuration)
		}
	}
	return text
}

// span writes a duration in its two largest units: 1h 5m.
func span(d time.Duration) string {
	d = d.Round(time.Second)
	var parts []string
	for _, u := range []struct {
		name string
		d    time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}} {
		if n := d / u.d; n > 0 {
			parts = append(parts, strconv.FormatInt(int64(n), 10)+u.name)
			d -= n * u.d
		} else if len(parts) > 0 {
			break
		}
		if len(parts) == 2 {
			break
		}
	}
	if len(parts) == 0 {
		return "0s"
	}
	return strings.Join(parts, " ")
}

// Link returns where to look: the chart on the page of the host, the fleet's alerts for several hosts, "" without PublicURL.
func (m *Message) Link() string {
	for i := range m.Alerts {
		if m.Alerts[i].Hostname != m.Alerts[0].Hostname {
			if m.PublicURL == "" {
				return ""
			}
			return m.PublicURL + "/alerts"
		}
	}
	return m.ChartLink(&m.Alerts[0])
}

// ChartLink returns the chart of an alert on the page of its host, "" without PublicURL.
func (m *Message) ChartLink(a *Alert) string {
	if m.PublicURL == "" {
		return ""
	}
	link := m.PublicURL + "/host/" + url.PathEscape(a.Hostname) + "/"
	if a.Chart != "" {
		link += "?" + url.Values{"chart": {a.Chart}}.Encode()
	}
	return link
}

// Key names the alert at services that put several messages together: the same for each of its transitions.
func (a *Alert) Key() string {
	return a.MachineGUID + "." + strconv.FormatInt(a.AlarmID, 10)
}

// oneLine makes control characters blanks: titles become headers, and texts come from children.
func oneLine(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, s))
}

// cut shortens s to at most n bytes, for services that refuse more.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n-len("…")], "") + "…"
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
	const most = 120 // it becomes part of headers and addresses
	text := strings.Join(ids, ".")
	if len(text) > most {
		sum := sha256.Sum256([]byte(text))
		text = hex.EncodeToString(sum[:16])
	}
	return "foster." + text
}
