package service

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
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
	addresses                []string // of the URL
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

// Addresses returns the addresses of a recipient that names one, or none. Of an URL that has several each is told on its own,
// so that one that fails does not make the others hear again; "" is the only one that the service has.
func (s *Service) Addresses(address string) []string {
	switch {
	case s.noAddress:
		return []string{""}
	case address == "" && len(s.addresses) > 1:
		return s.addresses
	}
	return []string{address}
}

// ShowAddress returns an address as it may be shown: some are keys.
func (s *Service) ShowAddress(address string) string {
	if !s.secretAddress || address == "" {
		return address
	}
	return address[:min(4, len(address)/4)] + "…"
}
