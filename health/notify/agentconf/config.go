package agentconf

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"foster/health/notify"
	"foster/internal/pattern"
)

// Mapped is a file as services and routes.
type Mapped struct {
	Services    []notify.ServiceConfig
	Routes      []notify.Route
	ClearAlways bool
}

// method is a way of telling people that the file knows.
type method struct {
	name     string // in lower case, as in role_recipients_<name>
	toRoles  bool   // recipients are named per role; otherwise the switch alone tells everybody
	template func(f *File) (url, missing string)
}

// methods are those that have a counterpart here. An agent has each switched on as long as the file does not say otherwise,
// and leaves out those without the settings that they need.
var methods = []method{
	{"slack", true, webhook("slack+", "SLACK_WEBHOOK_URL")},
	{"discord", true, webhook("discord+", "DISCORD_WEBHOOK_URL")},
	{"msteams", true, webhook("teams+", "MSTEAMS_WEBHOOK_URL")},
	{"rocketchat", true, webhook("slack+", "ROCKETCHAT_WEBHOOK_URL")},
	{"telegram", true, func(f *File) (string, string) {
		token := f.get("TELEGRAM_BOT_TOKEN")
		id, secret, ok := strings.Cut(token, ":")
		if !ok {
			return "", "TELEGRAM_BOT_TOKEN"
		}
		return (&url.URL{Scheme: "telegram", User: url.UserPassword(id, secret), Host: "telegram"}).String(), ""
	}},
	{"pushover", true, func(f *File) (string, string) {
		token := f.get("PUSHOVER_APP_TOKEN")
		if token == "" {
			return "", "PUSHOVER_APP_TOKEN"
		}
		u := url.URL{Scheme: "pushover+https", User: url.UserPassword("shoutrrr", token), Host: "api.pushover.net", Path: "/1/messages.json"}
		return u.String(), ""
	}},
	{"ntfy", true, func(f *File) (string, string) {
		u := url.URL{Scheme: "ntfy", Host: "ntfy.sh"}
		if token := f.get("NTFY_ACCESS_TOKEN"); token != "" {
			u.User = url.UserPassword("", token)
		} else if user := f.get("NTFY_USERNAME"); user != "" {
			u.User = url.UserPassword(user, f.get("NTFY_PASSWORD"))
		}
		return u.String(), ""
	}},
	{"matrix", true, func(f *File) (string, string) {
		return f.address("matrix+", "MATRIX_HOMESERVER", "MATRIX_ACCESSTOKEN", func(u *url.URL, token string) {
			u.User = url.UserPassword("", token)
		})
	}},
	{"gotify", false, func(f *File) (string, string) {
		return f.address("gotify+", "GOTIFY_APP_URL", "GOTIFY_APP_TOKEN", func(u *url.URL, token string) {
			u.Path, u.RawPath = strings.TrimRight(u.Path, "/")+"/"+token, ""
		})
	}},
	{"opsgenie", false, func(f *File) (string, string) {
		if f.get("OPSGENIE_API_URL") == "" {
			f.Variables["OPSGENIE_API_URL"] = Value{Text: "https://api.opsgenie.com"}
		}
		return f.address("opsgenie+", "OPSGENIE_API_URL", "OPSGENIE_API_KEY", func(u *url.URL, key string) {
			u.Path, u.RawPath = "/"+key, ""
		})
	}},
	{"pd", true, func(*File) (string, string) { return "pagerduty://events.pagerduty.com", "" }},
}

func (f *File) get(name string) string { return strings.TrimSpace(f.Variables[name].Text) }

// webhook returns the template of services that have only one address.
func webhook(scheme, variable string) func(f *File) (string, string) {
	return func(f *File) (string, string) {
		return f.address(scheme, variable, variable, func(*url.URL, string) {})
	}
}

// address makes a URL of one variable, into which another is put.
func (f *File) address(scheme, variable, secret string, put func(u *url.URL, secret string)) (text, missing string) {
	u, err := url.Parse(f.get(variable))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", variable
	}
	if f.get(secret) == "" {
		return "", secret
	}
	put(u, f.get(secret))
	u.Scheme = scheme + u.Scheme
	return u.String(), ""
}

// Map returns the services and routes that the file means. The services in own are configured otherwise, by the names of the
// methods: the file only names their recipients. exists tells whether there is a program.
func (f *File) Map(own map[string]bool, exists func(path string) bool) (Mapped, []Problem) {
	m := Mapped{ClearAlways: yes(f.get("clear_alarm_always"), false)}
	var problems []Problem
	report := func(v Value, format string, args ...any) {
		problems = append(problems, Problem{v.Line, fmt.Sprintf(format, args...)})
	}
	known := map[string]bool{"email": true}
	for _, k := range append(slices.Clone(methods), f.email(exists)) {
		known[k.name] = true
		if !yes(f.get("SEND_"+strings.ToUpper(k.name)), true) {
			continue
		}
		routes := f.routes(&k, report)
		if len(routes) == 0 {
			continue
		}
		if !own[k.name] {
			address, missing := k.template(f)
			if missing != "" {
				// The file that comes with an agent has all methods switched on and nothing to do them with.
				if asked, ok := f.Variables["SEND_"+strings.ToUpper(k.name)]; ok && f.get(missing) != "" {
					report(asked, "%s: %s is not an address", k.name, missing)
				} else if k.name == "email" {
					report(asked, "email: there is no program %s: define [service email] in notify.conf", missing)
				}
				continue
			}
			m.Services = append(m.Services, notify.ServiceConfig{Name: k.name, URL: address})
		}
		m.Routes = append(m.Routes, routes...)
	}
	for _, name := range slices.Sorted(maps.Keys(f.Arrays)) {
		if method, ok := strings.CutPrefix(name, "role_recipients_"); ok && !known[method] && f.wanted(method) {
			report(first(f.Arrays[name]), "%s: foster has no such service: use a program (exec://) or a webhook (generic://)", excerpt(method))
		}
	}
	return m, problems
}

// wanted says whether somebody is to be told by a method that is not known here.
func (f *File) wanted(method string) bool {
	send, ok := f.Variables["SEND_"+strings.ToUpper(method)]
	if ok && !yes(send.Text, false) {
		return false
	}
	for _, v := range f.Arrays["role_recipients_"+method] {
		if t := strings.TrimSpace(v.Text); t != "" && t != "disabled" && t != "silent" {
			return true
		}
	}
	return false
}

func first(m map[string]Value) Value {
	v := Value{}
	for _, x := range m {
		if v.Line == 0 || x.Line < v.Line {
			v = x
		}
	}
	return v
}

// email is the method that needs a program.
func (f *File) email(exists func(path string) bool) method {
	return method{"email", true, func(f *File) (string, string) {
		program := f.get("sendmail")
		if program == "" {
			program = "/usr/sbin/sendmail"
		}
		if !strings.HasPrefix(program, "/") || !exists(program) {
			return "", program
		}
		u := url.URL{Scheme: "sendmail", Path: program}
		if from := f.get("EMAIL_SENDER"); from != "" {
			u.RawQuery = url.Values{"from": {from}}.Encode()
		}
		return u.String(), ""
	}}
}

// routes returns the routes of a method: one for each role that is named, and one for all others.
func (f *File) routes(k *method, report func(v Value, format string, args ...any)) []notify.Route {
	name := func(role string) string { return f.Name + ": " + k.name + "/" + role }
	if !k.toRoles {
		return []notify.Route{{Name: name("*"), To: []notify.Recipient{{Service: k.name}}}}
	}
	var routes []notify.Route
	var others strings.Builder
	roles := f.Arrays["role_recipients_"+k.name]
	for _, role := range slices.Sorted(maps.Keys(roles)) {
		v := roles[role]
		if role == "" || strings.ContainsAny(role, "* \t!\\,") {
			report(v, "%s is not a role", excerpt(role))
			continue
		}
		if strings.TrimSpace(v.Text) == "" {
			continue // as if the role was not named
		}
		others.WriteString("!" + role + " ")
		if to := f.recipients(k.name, v, report); len(to) > 0 {
			routes = append(routes, notify.Route{Name: name(role), Roles: pattern.Parse(role, pattern.Blanks), To: to})
		}
	}
	if to := f.recipients(k.name, f.Variables["DEFAULT_RECIPIENT_"+strings.ToUpper(k.name)], report); len(to) > 0 {
		routes = append(routes, notify.Route{Name: name("*"), Roles: pattern.Parse(others.String()+"*", pattern.Blanks), To: to})
	}
	return routes
}

// recipients reads a list of recipients, separated by blanks or commas.
func (f *File) recipients(service string, v Value, report func(v Value, format string, args ...any)) []notify.Recipient {
	var list []notify.Recipient
	for word := range strings.FieldsFuncSeq(v.Text, func(r rune) bool { return strings.ContainsRune(" \t\r\n,", r) }) {
		address, modifiers, _ := strings.Cut(word, "|")
		if address == "disabled" || address == "silent" || address == "" {
			continue
		}
		r := notify.Recipient{Service: service, Address: address}
		if err := r.Modify(modifiers); err != nil {
			report(v, "a recipient of %s is left out: %v", service, err)
			continue
		}
		list = append(list, r)
	}
	return list
}

// yes reads a switch: agents take YES in any case, and v2 AUTO for e-mail.
func yes(s string, otherwise bool) bool {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "":
		return otherwise
	case "yes", "auto", "true", "1", "on":
		return true
	}
	return false
}
