package service

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/big"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"foster/health/alert"
)

// mailServer is as much of a mail server as a client talks to.
type mailServer struct {
	listener net.Listener
	tls      *tls.Config // nil: not offered
	auth     string      // methods that are offered
	replies  map[string]string
	wg       sync.WaitGroup

	mu    sync.Mutex
	log   []string // commands
	mails []string
}

func newMailServer(t *testing.T, s *mailServer) *mailServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.listener = l
	s.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.wg.Go(func() { s.serve(c) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		s.wg.Wait()
	})
	return s
}

func (s *mailServer) serve(c net.Conn) {
	defer func() { c.Close() }()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	r := bufio.NewReader(c)
	say := func(text string) { _, _ = io.WriteString(c, text+"\r\n") }
	say("220 test")
	secure := false
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimSpace(line)
		s.mu.Lock()
		s.log = append(s.log, line)
		s.mu.Unlock()
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		if reply, ok := s.replies[verb]; ok {
			say(reply)
			continue
		}
		switch verb {
		case "EHLO":
			say("250-test")
			if s.tls != nil && !secure {
				say("250-STARTTLS")
			}
			if s.auth != "" {
				say("250-AUTH " + s.auth)
			}
			say("250 8BITMIME")
		case "STARTTLS":
			say("220 go")
			t := tls.Server(c, s.tls)
			c, r, secure = t, bufio.NewReader(t), true
		case "AUTH":
			if strings.HasSuffix(strings.ToUpper(line), "LOGIN") {
				for _, ask := range []string{"Username:", "Password:"} {
					say("334 " + base64.StdEncoding.EncodeToString([]byte(ask)))
					answer, _ := r.ReadString('\n')
					text, _ := base64.StdEncoding.DecodeString(strings.TrimSpace(answer))
					s.mu.Lock()
					s.log = append(s.log, string(text))
					s.mu.Unlock()
				}
			}
			say("235 welcome")
		case "DATA":
			say("354 go on")
			var b strings.Builder
			for {
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				b.WriteString(strings.TrimPrefix(line, "."))
			}
			s.mu.Lock()
			s.mails = append(s.mails, b.String())
			s.mu.Unlock()
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (s *mailServer) commands() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log)
}

func certificate(t *testing.T) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

func sendMail(t *testing.T, url string, m *Message, address string) *Error {
	t.Helper()
	s, err := Parse("mail", url, Environment{Hostname: "parent1"})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Send(t.Context(), m, address)
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*Error](err)
	if !ok || strings.Contains(err.Error(), "secret") {
		t.Fatalf("%v", err)
	}
	return e
}

func TestEmail(t *testing.T) {
	s := newMailServer(t, &mailServer{})
	addr := s.listener.Addr().String()
	m := messages()["raised"]
	m.Alerts[0].Summary = "größer\r\nBcc: evil@example.com"
	if err := sendMail(t, "smtp://"+addr+"/?from=foster@example.com&to=a@example.com,b@example.com", m, ""); err != nil {
		t.Fatal(err)
	}
	if err := sendMail(t, "smtp://"+addr+"/?from=foster@example.com", messages()["clear"], "root"); err != nil {
		t.Fatal(err)
	}
	if len(s.mails) != 3 {
		t.Fatalf("%d mails", len(s.mails))
	}
	commands := strings.Join(s.commands(), "\n")
	for _, want := range []string{"MAIL FROM:<foster@example.com>", "RCPT TO:<a@example.com>", "RCPT TO:<b@example.com>", "RCPT TO:<root>", "EHLO parent1"} {
		if !strings.Contains(commands, want) {
			t.Errorf("no %s in\n%s", want, commands)
		}
	}
	first, err := mail.ReadMessage(strings.NewReader(s.mails[0]))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(first.Header.Get("Subject"))
	if err != nil || subject != "CRITICAL on web1: größer  Bcc: evil@example.com = 95.5%" || first.Header.Get("Bcc") != "" {
		t.Errorf("%q %v", subject, err)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(first.Body))
	if err != nil || !strings.Contains(string(body), "was WARNING for 5m") || !strings.Contains(string(body), "https://foster.example.com/host/web1/") {
		t.Errorf("%s %v", body, err)
	}
	last, err := mail.ReadMessage(strings.NewReader(s.mails[2]))
	if err != nil {
		t.Fatal(err)
	}
	if a, b := first.Header.Get("References"), last.Header.Get("References"); a == "" || a != b || first.Header.Get("Message-Id") == last.Header.Get("Message-Id") {
		t.Errorf("%q %q", a, b)
	}
}

func TestEmailSecurity(t *testing.T) {
	s := newMailServer(t, &mailServer{tls: certificate(t), auth: "LOGIN"})
	_, port, _ := net.SplitHostPort(s.listener.Addr().String())
	m := messages()["raised"]
	// The certificate is not trusted.
	if err := sendMail(t, "smtp://u:secret0@localhost:"+port+"/?to=a@b", m, ""); err == nil || err.Permanent {
		t.Errorf("%v", err)
	}
	if err := sendMail(t, "smtp://u:secret0@localhost:"+port+"/?to=a@b&insecure=yes", m, ""); err != nil {
		t.Error(err)
	}
	if c := s.commands(); !slices.Contains(c, "STARTTLS") || !slices.Contains(c, "u") || !slices.Contains(c, "secret0") {
		t.Errorf("%q", c)
	}
	plain := newMailServer(t, &mailServer{auth: "PLAIN"})
	addr := plain.listener.Addr().String()
	if err := sendMail(t, "smtp://"+addr+"/?to=a@b&encryption=explicittls", m, ""); err == nil || !err.Permanent {
		t.Errorf("%v", err)
	}
	if err := sendMail(t, "smtp://u:secret0@"+addr+"/?to=a@b", m, ""); err != nil {
		t.Error(err)
	}
	if c := plain.commands(); !slices.Contains(c, "AUTH PLAIN "+base64.StdEncoding.EncodeToString([]byte("\x00u\x00secret0"))) {
		t.Errorf("%q", c)
	}
}

func TestEmailRefused(t *testing.T) {
	for reply, permanent := range map[string]bool{"550 nobody here": true, "451 later": false} {
		s := newMailServer(t, &mailServer{replies: map[string]string{"RCPT": reply}})
		e := sendMail(t, "smtp://"+s.listener.Addr().String()+"/?to=a@b", messages()["raised"], "")
		if e == nil || e.Permanent != permanent || !strings.Contains(e.Error(), reply[4:]) {
			t.Errorf("%s: %+v", reply, e)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	if e := sendMail(t, "smtp://"+addr+"/?to=a@b", messages()["raised"], ""); e == nil || !e.Offline {
		t.Errorf("%+v", e)
	}
	if e := sendMail(t, "smtp://"+addr, messages()["raised"], ""); e == nil || !e.Permanent {
		t.Errorf("%+v", e)
	}
}

func TestSendmail(t *testing.T) {
	dir := t.TempDir()
	program, out := filepath.Join(dir, "sendmail"), filepath.Join(dir, "out")
	script := fmt.Sprintf("#!/bin/sh\necho \"$@\" > %s\ncat >> %s\n", out, out)
	if err := os.WriteFile(program, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := sendMail(t, "sendmail://"+program+"?from=a@example.com", messages()["raised"], "root"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(out)
	if err != nil || !strings.HasPrefix(string(text), "-i -f a@example.com -- root\nFrom: \"foster\" <a@example.com>\nTo: root\n") {
		t.Errorf("%s %v", text, err)
	}
	if err := sendMail(t, "sendmail://"+program, messages()["raised"], "-oQ/tmp"); err == nil || !err.Permanent {
		t.Errorf("%v", err)
	}
}

// TestSummary has summaries with and without the host, which a message names once.
func TestSummary(t *testing.T) {
	for summary, want := range map[string]string{
		"web1: disk / is filling": "CRITICAL on web1: disk / is filling", "disk / of web1": "CRITICAL on web1: disk / of web1",
		"": "CRITICAL on web1: disk_full",
	} {
		a := Alert{Transition: alert.Transition{Hostname: "web1", Name: "disk_full", Summary: summary, New: alert.Critical}}
		m := &Message{Alerts: []Alert{a}, Summary: true}
		if got := m.Title(); got != want {
			t.Errorf("%q: %s, want %s", summary, got, want)
		}
	}
}

// TestMessageID has messages about many alerts: their ids are short, ASCII, and each its own.
func TestMessageID(t *testing.T) {
	m := &Message{}
	seen := map[string]bool{}
	for i := range int64(200) {
		m.Alerts = append(m.Alerts, Alert{Transition: alert.Transition{GlobalID: 1_800_000_000_000_000 + i}})
		id := m.id()
		if len(id) > 140 || seen[id] || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Errorf("%d alerts: %q", i+1, id)
		}
		seen[id] = true
	}
}
