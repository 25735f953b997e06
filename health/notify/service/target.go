package service

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// target is the URL of a service, taken apart.
type target struct {
	kind     string
	explicit bool // the scheme has +http or +https: host and path are those to call
	scheme   string
	url      *url.URL
	query    url.Values
}

const maxURL = 4096

func parseTarget(raw string) (*target, error) {
	raw = strings.TrimSpace(raw)
	if len(raw) > maxURL {
		return nil, fmt.Errorf("the URL is longer than %d bytes", maxURL)
	}
	if strings.ContainsFunc(raw, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return nil, errors.New("the URL has control characters")
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, errors.New("it is not a URL") // the error would quote it
	case u.Scheme == "":
		return nil, errors.New("the URL has no scheme, such as slack://")
	}
	t := &target{url: u, scheme: "https"}
	name, over, found := strings.Cut(strings.ToLower(u.Scheme), "+")
	switch {
	case !found:
	case over == "http" || over == "https":
		t.explicit, t.scheme = true, over
	default:
		return nil, fmt.Errorf("%q is neither http nor https", over)
	}
	t.kind = name
	if a := aliases[name]; a != "" {
		t.kind = a
	}
	t.query = url.Values{}
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, errors.New("the parameters of the URL are not valid")
	}
	for name, v := range values {
		if t.kind != "generic" {
			name = strings.ToLower(name)
		}
		t.query[name] = v
	}
	if isYes(t.take("disabletls")) {
		t.scheme = "http"
	}
	return t, nil
}

// take returns a parameter and removes it.
func (t *target) take(name string) string {
	v := t.query.Get(name)
	t.query.Del(name)
	return v
}

// list returns a parameter of several comma separated words.
func (t *target) list(name string) []string {
	var words []string
	for w := range strings.SplitSeq(t.query.Get(name), ",") {
		if w = strings.TrimSpace(w); w != "" {
			words = append(words, w)
		}
	}
	return words
}

// user returns the part before the @ and the password in it.
func (t *target) user() (name, password string) {
	if t.url.User == nil {
		return "", ""
	}
	password, _ = t.url.User.Password()
	return t.url.User.Username(), password
}

// path returns the words of the path.
func (t *target) path() []string {
	return strings.FieldsFunc(t.url.Path, func(r rune) bool { return r == '/' })
}

// base returns the address to call without user and parameters, and without a slash at the end.
func (t *target) base() string {
	u := url.URL{Scheme: t.scheme, Host: t.url.Host, Path: t.url.Path, RawPath: t.url.RawPath}
	return strings.TrimRight(u.String(), "/")
}

// api returns base of an explicit URL, otherwise the usual address of the service.
func (t *target) api(usual string) string {
	if t.explicit {
		return t.base()
	}
	return usual
}

// shown returns kind and host: every other part is a secret with one service or another.
func (t *target) shown() string {
	host := t.url.Host
	switch {
	case t.kind == "exec" || t.kind == "sendmail":
		return t.kind + "://" + t.url.Path
	case t.explicit:
		return t.kind + "+" + t.scheme + "://" + host
	case t.kind == "smtp" || t.kind == "ntfy" || t.kind == "gotify" || t.kind == "matrix" || t.kind == "opsgenie" ||
		t.kind == "pagerduty" || t.kind == "generic" || t.kind == "alertmanager":
		return t.kind + "://" + host
	}
	return t.kind + "://***"
}

// secrets returns the parts of the URL that must not be shown: short words are no secrets and would garble messages.
func (t *target) secrets() []string {
	if t.kind == "exec" || t.kind == "sendmail" {
		return nil
	}
	name, password := t.user()
	all := []string{password, url.PathEscape(password)}
	if t.kind != "smtp" {
		all = append(all, name)
	}
	if t.kind != "ntfy" {
		all = append(all, t.path()...)
	}
	if t.kind == "generic" {
		for _, values := range t.query {
			all = append(all, values...)
		}
	}
	const shortest = 6
	return slices.DeleteFunc(all, func(s string) bool { return len(s) < shortest })
}

func isYes(s string) bool {
	switch strings.ToLower(s) {
	case "yes", "true", "on", "1":
		return true
	}
	return false
}
