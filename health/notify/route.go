package notify

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"foster/health/alert"
	"foster/internal/pattern"
)

// Route names recipients of the alerts it matches. Empty patterns match everything.
type Route struct {
	Name     string
	Roles    pattern.Pattern
	Hosts    pattern.Pattern // names and machine GUIDs
	Alerts   pattern.Pattern
	Critical bool // only alerts that are or were critical since they were last clear
	To       []Recipient
	Stop     bool // the routes below are not asked for alerts that this one matches
}

// Recipient is somebody to be told, by a service.
type Recipient struct {
	Service  string
	Address  string // "": the one of the service's URL
	Critical bool   // only of alerts that are or were critical
	NoClear  bool   // not of CLEAR
	NoWarn   bool   // not of WARNING, and of CLEAR only when it was critical
}

// ParseRecipient reads service, service:address, and either with |critical, |noclear and |nowarn behind it.
func ParseRecipient(s string) (Recipient, error) {
	s, modifiers, _ := strings.Cut(s, "|")
	var r Recipient
	r.Service, r.Address, _ = strings.Cut(s, ":")
	if r.Service == "" {
		return r, errors.New("a recipient has no service")
	}
	return r, r.Modify(modifiers)
}

// Modify applies modifiers that are separated by |.
func (r *Recipient) Modify(modifiers string) error {
	for m := range strings.SplitSeq(modifiers, "|") {
		switch strings.ToLower(m) {
		case "":
		case "critical":
			r.Critical = true
		case "noclear":
			r.NoClear = true
		case "nowarn":
			r.NoWarn = true
		default:
			return fmt.Errorf("|%.20q is none of |critical, |noclear, |nowarn", m)
		}
	}
	return nil
}

// String returns the recipient as it is configured; addresses may be secrets.
func (r Recipient) String() string {
	words := []string{r.Service}
	if r.Address != "" {
		words[0] += ":" + r.Address
	}
	if r.Critical {
		words = append(words, "critical")
	}
	if r.NoClear {
		words = append(words, "noclear")
	}
	if r.NoWarn {
		words = append(words, "nowarn")
	}
	return strings.Join(words, "|")
}

// wants says whether a recipient is to be told of an alert that has the status now; critical says that it is, or was
// critical since it was last clear.
func (r *Recipient) wants(s alert.Status, critical bool) bool {
	switch {
	case r.Critical && !critical,
		r.NoClear && s == alert.Clear,
		r.NoWarn && (s == alert.Warning || s == alert.Clear && !critical):
		return false
	}
	return true
}

// roles returns the roles of an alert, without those that mean nobody.
func roles(to string) []string {
	words := strings.FieldsFunc(to, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' })
	return slices.DeleteFunc(words, func(w string) bool { return w == "silent" || w == "disabled" })
}

func matches(p pattern.Pattern, names ...string) bool { return p.Empty() || p.MatchAny(names...) }

// routed is a recipient and the role for which it was found.
type routed struct {
	Recipient
	role string
}

// recipients returns whom the routes name for a transition.
func recipients(routes []Route, t *alert.Transition, critical bool) []routed {
	var all []routed
	for _, role := range roles(t.Recipient) {
		for i := range routes {
			r := &routes[i]
			if !matches(r.Roles, role) || !matches(r.Hosts, t.Hostname, t.MachineGUID) || !matches(r.Alerts, t.Name) ||
				r.Critical && !critical {
				continue
			}
			for _, to := range r.To {
				all = append(all, routed{to, role})
			}
			if r.Stop {
				break
			}
		}
	}
	return all
}
