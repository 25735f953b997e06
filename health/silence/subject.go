package silence

import (
	"fmt"
	"unicode/utf8"

	"foster/internal/pattern"
)

// Subject is an alert as selectors see it.
type Subject struct {
	Name                  string
	Chart, ChartName      string // id and name
	Context, Family       string
	Hostname, MachineGUID string
}

// Selector selects alerts: each text that is not empty is a simple pattern that must match. An empty selector selects all.
type Selector struct {
	Alarm    string `json:"alarm,omitempty"`    // name of the alert
	Chart    string `json:"chart,omitempty"`    // id or name
	Context  string `json:"context,omitempty"`  //
	Hosts    string `json:"hosts,omitempty"`    // hostname or machine GUID
	Families string `json:"families,omitempty"` //
}

// maxText bounds the texts that are kept, in bytes.
const maxText = 1024

func (s *Selector) validate() error {
	for _, f := range []struct{ name, value string }{
		{"alarm", s.Alarm}, {"chart", s.Chart}, {"context", s.Context}, {"hosts", s.Hosts}, {"families", s.Families},
	} {
		if err := checkPattern(f.name, f.value); err != nil {
			return err
		}
	}
	return nil
}

func checkPattern(name, value string) error {
	if err := checkText(name, value); err != nil {
		return err
	}
	if value != "" && pattern.Parse(value, pattern.Blanks).Empty() {
		return &InvalidError{name, "a pattern without words"}
	}
	return nil
}

func checkText(name, value string) error {
	if len(value) > maxText {
		return &InvalidError{name, fmt.Sprintf("longer than %d bytes", maxText)}
	}
	if !utf8.ValidString(value) {
		return &InvalidError{name, "no valid UTF-8"}
	}
	return nil
}

// matcher is a compiled Selector.
type matcher struct {
	alarm, chart, context, hosts, families pattern.Pattern
}

func (s *Selector) compile() matcher {
	parse := func(text string) pattern.Pattern { return pattern.Parse(text, pattern.Blanks) }
	return matcher{parse(s.Alarm), parse(s.Chart), parse(s.Context), parse(s.Hosts), parse(s.Families)}
}

// match looks at the host first: most selectors are for a few hosts.
func (m *matcher) match(s *Subject) bool {
	return (m.hosts.Empty() || m.hosts.MatchAny(s.Hostname, s.MachineGUID)) &&
		(m.alarm.Empty() || m.alarm.Match(s.Name)) &&
		(m.chart.Empty() || m.chart.MatchAny(s.Chart, s.ChartName)) &&
		(m.context.Empty() || m.context.Match(s.Context)) &&
		(m.families.Empty() || m.families.Match(s.Family))
}

// Concerns says whether alerts of that host can be selected.
func (s *Selector) Concerns(hostname, machineGUID string) bool {
	return s.Hosts == "" || pattern.Parse(s.Hosts, pattern.Blanks).MatchAny(hostname, machineGUID)
}

// InvalidError says what is wrong with a value that somebody gave.
type InvalidError struct{ Field, Reason string }

// Error implements error.
func (e *InvalidError) Error() string { return e.Field + ": " + e.Reason }
