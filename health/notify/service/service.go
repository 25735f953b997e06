package service

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Mode is how a service wants to be told.
type Mode int

// The modes.
const (
	// Grouped services tell people: alerts that come together are one message, and too many messages are held back.
	Grouped Mode = iota
	// Single services keep one incident per alert and are told of each alone. A change that another follows before it could
	// be delivered is left out.
	Single
	// Each is told of every single change, in their order.
	Each
	// States are told all raised alerts again and again, and themselves group and hold back.
	States
)

// sender is what is special about a kind of service.
type sender interface {
	// send makes one attempt to deliver m to an address of the service; "" is the one of its URL.
	send(ctx context.Context, m *Message, address string) error
}

// Service is one configured service. It may be used from any goroutine.
type Service struct {
	Name    string // by which recipients name it
	Kind    string // slack, email…
	Mode    Mode
	Timeout time.Duration // of one attempt

	sender  sender
	client  *http.Client
	shown   string   // the URL without its secrets
	secrets []string // never to be shown, the longest first
	// secretAddress says that addresses are keys, noAddress that there is only the one of the URL.
	secretAddress, noAddress bool
}

// Environment is what services need to know of this parent.
type Environment struct {
	Hostname  string            // of this machine, for greetings and senders
	Variables []string          // NETDATA_…=… for programs
	Transport http.RoundTripper // nil: http.DefaultTransport
	Template  string            // of a webhook, in the form of text/template; "": JSON
}

// kind is one kind of services.
type kind struct {
	mode    Mode
	timeout time.Duration // of one attempt, 0: DefaultTimeout
	build   func(s *Service, t *target, e Environment) error
	// secretAddress and noAddress as in Service; params are the names of the query that it knows, nil: any.
	secretAddress, noAddress bool
	params                   []string
}

var kinds = map[string]kind{
	"smtp":         {build: newSMTP, params: []string{"from", "fromaddress", "fromname", "to", "toaddresses", "encryption", "auth", "usestarttls", "clienthost", "insecure"}},
	"sendmail":     {build: newSendmail, params: []string{"from", "to"}},
	"slack":        {build: newSlack, params: []string{"channel", "botname", "icon"}},
	"discord":      {build: newDiscord, noAddress: true, params: []string{"username", "avatar", "thread_id"}},
	"telegram":     {build: newTelegram, params: []string{"chats", "channels", "notification", "preview"}},
	"teams":        {build: newTeams, noAddress: true}, // workflows have parameters of their own
	"ntfy":         {build: newNtfy, params: []string{"priority", "tags", "scheme"}},
	"gotify":       {build: newGotify, noAddress: true, params: []string{"priority"}},
	"matrix":       {build: newMatrix, params: []string{"rooms"}},
	"pushover":     {build: newPushover, secretAddress: true, params: []string{"devices", "priority"}},
	"opsgenie":     {mode: Single, build: newOpsgenie, params: []string{"responders", "tags", "priority"}},
	"pagerduty":    {mode: Single, build: newPagerDuty, secretAddress: true},
	"generic":      {build: newWebhook, noAddress: true},
	"alertmanager": {mode: States, build: newAlertmanager, noAddress: true},
	"exec":         {mode: Each, timeout: 2 * time.Minute, build: newExec, params: []string{"args"}},
}

// aliases are other names of kinds.
var aliases = map[string]string{
	"smtps": "smtp", "mailto": "smtp", "webhook": "generic", "msteams": "teams", "pd": "pagerduty",
}

// DefaultTimeout is that of one attempt.
const DefaultTimeout = 20 * time.Second

// Parse makes a service of its URL. The error does not repeat the URL, which has secrets in it.
//
// The scheme is the kind of the service. With "+http" or "+https" behind it the rest is the address to call, as the
// service or a proxy shows it: slack+https://hooks.slack.com/services/…
func Parse(name, raw string, e Environment) (*Service, error) {
	t, err := parseTarget(raw)
	if err != nil {
		return nil, err
	}
	k, ok := kinds[t.kind]
	if !ok {
		return nil, fmt.Errorf("there is no kind of service %q", cut(t.kind, 40))
	}
	transport := e.Transport
	if transport == nil {
		transport = http.DefaultTransport
	}
	s := &Service{
		Name: name, Kind: t.kind, Mode: k.mode, Timeout: cmp.Or(k.timeout, DefaultTimeout),
		client: newClient(transport), secretAddress: k.secretAddress, noAddress: k.noAddress,
	}
	if text := t.take("timeout"); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil || d < time.Second || d > 10*time.Minute {
			return nil, fmt.Errorf("timeout %q is not a duration from 1s to 10m", cut(text, 40))
		}
		s.Timeout = d
	}
	if k.params != nil {
		for parameter := range t.query {
			if !slices.Contains(k.params, parameter) {
				return nil, fmt.Errorf("%s has no parameter %q", t.kind, cut(parameter, 40))
			}
		}
	}
	s.shown, s.secrets = t.shown(), t.secrets()
	if err := k.build(s, t, e); err != nil {
		return nil, fmt.Errorf("%s: %w", t.kind, err)
	}
	slices.SortFunc(s.secrets, func(a, b string) int { return len(b) - len(a) })
	return s, nil
}

// Send makes one attempt, bounded by Timeout. The error is an *Error.
func (s *Service) Send(ctx context.Context, m *Message, address string) error {
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	err := s.sender.send(ctx, m, address)
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = &Error{Offline: true, reason: fmt.Sprintf("no answer within %v", s.Timeout)}
	}
	err = s.redacted(err)
	if e, ok := errors.AsType[*Error](err); ok && s.secretAddress && address != "" {
		e.reason = strings.ReplaceAll(e.reason, address, s.ShowAddress(address))
	}
	return err
}

// String returns the URL without secrets.
func (s *Service) String() string { return s.shown }

// CleanAddress returns the address as messages to it are counted: "" when the service has only one.
func (s *Service) CleanAddress(address string) string {
	if s.noAddress {
		return ""
	}
	return address
}

// ShowAddress returns an address as it may be shown: some are keys.
func (s *Service) ShowAddress(address string) string {
	if !s.secretAddress || address == "" {
		return address
	}
	return address[:min(4, len(address)/4)] + "…"
}

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
