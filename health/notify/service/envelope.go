package service

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"
)

// envelope is what every e-mail of a service has.
type envelope struct {
	from mail.Address
	to   []string
	host string // of message ids
}

func newEnvelope(t *target, e Environment) (*envelope, error) {
	host := e.Hostname
	if host == "" {
		host = "localhost"
	}
	v := &envelope{host: host, from: mail.Address{Name: "foster", Address: "foster@" + host}}
	from := t.query.Get("from")
	if from == "" {
		from = t.query.Get("fromaddress")
	}
	if from != "" {
		a, err := mail.ParseAddress(from)
		if err != nil {
			return nil, errors.New("from is not an address")
		}
		v.from = *a
		v.from.Name = cmp.Or(a.Name, "foster")
	}
	if name := t.query.Get("fromname"); name != "" {
		v.from.Name = name
	}
	for _, to := range append(t.list("to"), t.list("toaddresses")...) {
		address, err := mailbox(to)
		if err != nil {
			return nil, err
		}
		v.to = append(v.to, address)
	}
	return v, nil
}

// mailbox returns the address in s. A name without @ is of a local user, which the mail server completes.
func mailbox(s string) (string, error) {
	if a, err := mail.ParseAddress(s); err == nil {
		return a.Address, nil
	}
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(`<>()[]:;@\,"`, r) }) || s[0] == '-' {
		return "", fmt.Errorf("%q is not an address", cut(s, 60))
	}
	return s, nil
}

// write makes the e-mail, with lines that end as SMTP wants.
func (v *envelope) write(m *Message, to string) []byte {
	var b bytes.Buffer
	header := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	header("From", v.from.String())
	header("To", to)
	header("Subject", mime.QEncoding.Encode("utf-8", m.Title()))
	header("Date", time.Now().Format(time.RFC1123Z))
	header("Message-ID", "<"+m.id()+"@"+v.host+">")
	if len(m.Alerts) == 1 {
		// Mail programs show what is about one alert together.
		root := "<" + m.Alerts[0].Key() + ".alert@" + v.host + ">"
		header("In-Reply-To", root)
		header("References", root)
	}
	header("Auto-Submitted", "auto-generated")
	header("X-Foster-Status", m.Status().String())
	header("MIME-Version", "1.0")
	header("Content-Type", "text/plain; charset=utf-8")
	header("Content-Transfer-Encoding", "quoted-printable")
	b.WriteString("\r\n")
	w := quotedprintable.NewWriter(&b)
	_, _ = io.WriteString(w, strings.ReplaceAll(m.Title()+"\n\n"+m.Text()+"\n", "\n", "\r\n"))
	_ = w.Close()
	return b.Bytes()
}
