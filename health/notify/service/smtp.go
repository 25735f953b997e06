package service

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/smtp"
	"net/textproto"
	"slices"
	"strings"
)

// smtpSender talks to a mail server.
type smtpSender struct {
	*envelope
	addr, server   string
	user, password string
	auth           string
	tls            string // none, auto, starttls, implicit
	client         string
	insecure       bool
}

// newSMTP reads smtp://user:password@host:port/?from=…&to=…, and smtps:// for TLS from the first byte.
func newSMTP(s *Service, t *target, e Environment) error {
	v, err := newEnvelope(t, e)
	if err != nil {
		return err
	}
	user, password := t.user()
	c := &smtpSender{
		envelope: v, server: t.url.Hostname(), user: user, password: password, auth: strings.ToLower(t.query.Get("auth")),
		client: t.query.Get("clienthost"), insecure: isYes(t.query.Get("insecure")),
	}
	if c.server == "" {
		return errors.New("the URL is smtp://user:password@host:587/?from=…")
	}
	if c.client == "" {
		c.client = v.host
	}
	if strings.ContainsAny(c.client, "\r\n ") {
		return errors.New("clienthost is not a host name")
	}
	port := t.url.Port()
	switch encryption := strings.ToLower(t.query.Get("encryption")); {
	case encryption == "none":
		c.tls = "none"
	case encryption == "explicittls":
		c.tls = "starttls"
	case encryption == "implicittls" || encryption == "" && (t.url.Scheme == "smtps" || port == "465"):
		c.tls = "implicit"
	case encryption == "" || encryption == "auto":
		c.tls = "auto"
	default:
		return errors.New("encryption is none, auto, explicittls or implicittls")
	}
	if starttls := t.query.Get("usestarttls"); starttls != "" && !isYes(starttls) && c.tls == "auto" {
		c.tls = "none"
	}
	switch c.auth {
	case "", "none", "plain", "login", "crammd5":
	default:
		return errors.New("auth is none, plain, login or crammd5")
	}
	if port == "" {
		port = "25"
		switch {
		case c.tls == "implicit":
			port = "465"
		case user != "":
			port = "587"
		}
	}
	c.addr = net.JoinHostPort(c.server, port)
	s.sender, s.addresses = c, c.to
	return nil
}

func (c *smtpSender) send(ctx context.Context, m *Message, address string) error {
	return each(c.to, address, "mail address", func(to string) error {
		to, err := mailbox(to)
		if err != nil {
			return permanent("%v", err)
		}
		return c.deliver(ctx, m, to)
	})
}

func (c *smtpSender) deliver(ctx context.Context, m *Message, to string) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", c.addr)
	if err != nil {
		return offline("connect", err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	config := &tls.Config{ServerName: c.server, InsecureSkipVerify: c.insecure}
	if c.tls == "implicit" {
		conn = tls.Client(conn, config)
	}
	client, err := smtp.NewClient(conn, c.server)
	if err != nil {
		return reply("greet the server", err)
	}
	if err := client.Hello(c.client); err != nil {
		return reply("greet the server", err)
	}
	offered, _ := client.Extension("STARTTLS")
	switch {
	case c.tls == "starttls" && !offered:
		return permanent("the server does not offer STARTTLS")
	case c.tls == "starttls", c.tls == "auto" && offered:
		if err := client.StartTLS(config); err != nil {
			return reply("start TLS", err)
		}
	}
	if auth := c.login(client); auth != nil {
		if err := client.Auth(auth); err != nil {
			return reply("log in", err)
		}
	}
	if err := client.Mail(c.from.Address); err != nil {
		return reply("name the sender", err)
	}
	if err := client.Rcpt(to); err != nil {
		return reply("name the recipient", err)
	}
	w, err := client.Data()
	if err != nil {
		return reply("send the text", err)
	}
	if _, err := w.Write(c.write(m, to)); err != nil {
		return reply("send the text", err)
	}
	if err := w.Close(); err != nil {
		return reply("send the text", err)
	}
	_ = client.Quit() // the mail is accepted, whatever comes now
	return nil
}

// login returns how to log in, nil for not at all.
func (c *smtpSender) login(client *smtp.Client) smtp.Auth {
	if c.user == "" || c.auth == "none" {
		return nil
	}
	_, methods := client.Extension("AUTH")
	offered := strings.Fields(strings.ToUpper(methods))
	switch {
	case c.auth == "crammd5":
		return smtp.CRAMMD5Auth(c.user, c.password)
	case c.auth == "login", c.auth == "" && !slices.Contains(offered, "PLAIN") && slices.Contains(offered, "LOGIN"):
		return &loginAuth{user: c.user, password: c.password, server: c.server}
	}
	return smtp.PlainAuth("", c.user, c.password, c.server)
}

// loginAuth is the LOGIN mechanism, which some servers have instead of PLAIN.
type loginAuth struct{ user, password, server string }

func (a *loginAuth) Start(s *smtp.ServerInfo) (string, []byte, error) {
	if !s.TLS && s.Name != "localhost" && s.Name != "127.0.0.1" && s.Name != "::1" {
		return "", nil, errors.New("the connection is not encrypted")
	}
	return "LOGIN", nil, nil
}

func (a *loginAuth) Next(from []byte, more bool) ([]byte, error) {
	if !more {
		return nil, nil
	}
	switch strings.ToLower(strings.TrimSuffix(strings.TrimSpace(string(from)), ":")) {
	case "username", "user name":
		return []byte(a.user), nil
	case "password":
		return []byte(a.password), nil
	}
	return nil, errors.New("the server asks for something else than a name and a password")
}

// reply tells whether the answer of a mail server is final: codes from 500 on are.
func reply(doing string, err error) error {
	if e, ok := errors.AsType[*textproto.Error](err); ok {
		return &Error{Permanent: e.Code >= 500, reason: doing + ": the server answers " + e.Error()}
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return temporary("%s: %v", doing, err)
	}
	if _, ok := errors.AsType[net.Error](err); ok || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return offline(doing, err)
	}
	return permanent("%s: %v", doing, err)
}
