package service

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"foster/health/alert"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// raised is a critical alert of a host whose texts have what services have to escape.
func raised() alert.Transition {
	return alert.Transition{
		GlobalID: 1_700_000_000_000_000, UUID: uuid.MustParse("6560440a-9c55-45c4-8e87-1d84c08b856a"), UniqueID: 11, AlarmID: 22,
		EventID: 3, MachineGUID: "c269c747-933a-47a2-a8ca-e5ef02197a7f", Hostname: "web1", Name: "disk_space_usage",
		Chart: "disk_space._var", ChartName: "disk_space.var", Context: "disk.space", Family: "/var", Class: "Utilization",
		Component: "Disk", Type: "System", Recipient: "sysadmin", Source: "12@/etc/netdata/health.d/disks.conf", Units: "%",
		Info: `<b>"full" & $(reboot) * _soon_ @everyone</b>`, Summary: "Disk /var space", Expression: "$this > 90",
		ExpressionVariable: "[ $this = 95.5 ]", When: time.Unix(1_700_000_000, 0).UTC(), Old: alert.Warning, New: alert.Critical,
		OldValue: 85, NewValue: 95.5, OldText: "85%", NewText: "95.5%", Duration: 5 * time.Minute, RaisedDuration: time.Hour,
		WarningCount: 2, CriticalCount: 1, WarningAlerts: []string{"a=1", "b=2"}, CriticalAlerts: []string{"c=3"},
	}
}

func clear() alert.Transition {
	t := raised()
	t.GlobalID++
	t.Old, t.New, t.OldValue, t.NewValue, t.OldText, t.NewText = alert.Critical, alert.Clear, 95.5, math.NaN(), "95.5%", "-"
	t.When = t.When.Add(time.Hour)
	return t
}

// messages are one alert raised, the same cleared, and several hosts.
func messages() map[string]*Message {
	message := func(list ...Alert) *Message {
		return &Message{Alerts: list, PublicURL: "https://foster.example.com", Summary: true}
	}
	var many []Alert
	for i := range 25 {
		a := Alert{Transition: raised()}
		a.Hostname, a.AlarmID, a.GlobalID = fmt.Sprint("web", i), int64(i), a.GlobalID+int64(i)
		if i > 0 {
			a.New, a.Old = alert.Warning, alert.Clear
		}
		many = append(many, a)
	}
	return map[string]*Message{
		"raised": message(Alert{Transition: raised(), Told: alert.Warning, Critical: true}),
		"clear":  message(Alert{Transition: clear(), Told: alert.Critical, Critical: true}),
		"group":  message(many...),
	}
}

// recorder is a server that remembers requests as text.
type recorder struct {
	*httptest.Server
	mu     sync.Mutex
	got    []string
	answer func(w http.ResponseWriter, r *http.Request)
}

func newRecorder(t *testing.T) *recorder {
	rec := &recorder{answer: func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"ok":true}`) }}
	rec.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var b strings.Builder
		fmt.Fprintf(&b, "%s %s\n", r.Method, r.URL.RequestURI())
		for _, name := range []string{"Authorization", "Content-Type", "X-Gotify-Key", "X-Extra"} {
			if v := r.Header.Get(name); v != "" {
				fmt.Fprintf(&b, "%s: %s\n", name, v)
			}
		}
		var v any
		if json.Unmarshal(body, &v) == nil {
			body, _ = json.MarshalIndent(v, "", "  ")
		}
		b.Write(body)
		rec.mu.Lock()
		rec.got = append(rec.got, b.String())
		rec.mu.Unlock()
		rec.answer(w, r)
	}))
	t.Cleanup(func() {
		rec.Close()
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	})
	return rec
}

func (rec *recorder) take() string {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	text := strings.Join(rec.got, "\n\n") + "\n"
	rec.got = nil
	return text
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s", path, got)
	}
}

// TestRequests compares what each service is sent with golden files. Requests really travel, to a local server.
func TestRequests(t *testing.T) {
	rec := newRecorder(t)
	_, address, _ := strings.Cut(rec.URL, "://")
	templated := Environment{Template: `{"t": {{json .Title}}, "n": {{len .Alerts}}{{range .Alerts}}{{if eq .Status "CRITICAL"}}, "first": {{json .Host}}{{end}}{{end}}}`}
	for name, c := range map[string]struct {
		url     string
		address string
		env     Environment
	}{
		"slack":     {url: "slack+" + rec.URL + "/services/T0/B0/secret0?botname=foster", address: "#ops"},
		"discord":   {url: "discord+" + rec.URL + "/api/webhooks/1/secret0?thread_id=5"},
		"telegram":  {url: "telegram+http://123:secret0@" + address + "?chats=-100,@channel:7"},
		"teams":     {url: "teams+" + rec.URL + "/workflows/1?sig=secret0"},
		"ntfy":      {url: "ntfy+http://user:secret0@" + address + "/alerts?tags=x"},
		"gotify":    {url: "gotify+" + rec.URL + "/sub/secret0"},
		"matrix":    {url: "matrix+http://:secret0@" + address + "/?rooms=!r:example.org"},
		"pushover":  {url: "pushover+http://shoutrrr:secret0@" + address + "/1/messages.json", address: "user-key"},
		"opsgenie":  {url: "opsgenie+" + rec.URL + "/secret0?responders=team:ops,user:a@example.com&tags=x"},
		"pagerduty": {url: "pagerduty+" + rec.URL + "/secret0"},
		"webhook":   {url: "generic+" + rec.URL + "/in?@X-Extra=yes&method=put&key=secret0"},
		"templated": {url: "generic+" + rec.URL + "/in", env: templated},
	} {
		s, err := Parse(name, c.url, c.env)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if strings.Contains(s.String(), "secret") {
			t.Errorf("%s shows a secret: %s", name, s)
		}
		for _, kind := range []string{"raised", "clear", "group"} {
			if kind == "group" && s.Mode == Single {
				continue
			}
			if err := s.Send(t.Context(), messages()[kind], c.address); err != nil {
				t.Errorf("%s %s: %v", name, kind, err)
			}
			golden(t, name+"-"+kind, rec.take())
		}
	}
}

func TestNtfyAddresses(t *testing.T) {
	rec := newRecorder(t)
	s, err := Parse("n", "ntfy://ntfy.sh", Environment{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send(t.Context(), messages()["raised"], rec.URL+"/sub/topic"); err != nil {
		t.Error(err)
	}
	if got := rec.take(); !strings.HasPrefix(got, "POST /sub/\n") || !strings.Contains(got, `"topic": "topic"`) {
		t.Error(got)
	}
}

func TestMatrixLogin(t *testing.T) {
	rec := newRecorder(t)
	rec.answer = func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/login"):
			_, _ = io.WriteString(w, `{"access_token":"made"}`)
		case strings.Contains(r.URL.Path, "/directory/"):
			_, _ = io.WriteString(w, `{"room_id":"!id:example.org"}`)
		}
	}
	_, address, _ := strings.Cut(rec.URL, "://")
	s, err := Parse("m", "matrix://user:password0@"+address+"?rooms=%23alias:example.org&disabletls=yes", Environment{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Send(t.Context(), messages()["raised"], ""); err != nil {
			t.Fatal(err)
		}
	}
	got := rec.take()
	if strings.Count(got, "/login") != 1 || strings.Count(got, "/rooms/%21id:example.org/send/") != 2 || strings.Count(got, "Bearer made") != 4 {
		t.Error(got)
	}
}

// TestErrors tells what is worth another attempt, and looks for secrets in errors.
func TestErrors(t *testing.T) {
	rec := newRecorder(t)
	send := func(url string) *Error {
		t.Helper()
		s, err := Parse("x", url, Environment{})
		if err != nil {
			t.Fatal(err)
		}
		err = s.Send(t.Context(), messages()["raised"], "")
		e, ok := errors.AsType[*Error](err)
		if !ok {
			t.Fatalf("%v", err)
		}
		if strings.Contains(e.Error(), "secret") || strings.Contains(e.Error(), "\n") {
			t.Errorf("%q", e.Error())
		}
		return e
	}
	url := "telegram+http://123:secret0@" + strings.TrimPrefix(rec.URL, "http://") + "?chats=1"
	for status, permanent := range map[int]bool{400: true, 401: true, 404: true, 408: false, 429: false, 500: false, 503: false} {
		rec.answer = func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "7.5")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "no\nto "+r.URL.Path+strings.Repeat("x", 10000))
		}
		if e := send(url); e.Permanent != permanent || e.Offline || e.After != 7500*time.Millisecond || len(e.Error()) > 400 {
			t.Errorf("%d: %+v", status, e)
		}
	}
	rec.answer = func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"ok":false,"description":"no chat"}`)
	}
	if e := send(url); !e.Permanent || !strings.Contains(e.Error(), "no chat") {
		t.Errorf("%+v", e)
	}
	rec.answer = func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }
	if e := send(url); !e.Permanent {
		t.Errorf("%+v", e)
	}
	rec.Close()
	if e := send(url); e.Permanent || !e.Offline {
		t.Errorf("%+v", e)
	}
}

// TestTimeout has a service that accepts and never answers.
func TestTimeout(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, url := range []string{"generic+http://" + l.Addr().String() + "/?timeout=1s", "smtp://" + l.Addr().String() + "/?to=a@b&timeout=1s"} {
		s, err := Parse("x", url, Environment{})
		if err != nil {
			t.Fatal(err)
		}
		e, ok := errors.AsType[*Error](s.Send(t.Context(), messages()["raised"], ""))
		if !ok || !e.Offline || e.Error() != "no answer within 1s" {
			t.Errorf("%s: %v", s, e)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Send(ctx, messages()["raised"], ""); err == nil {
			t.Error("sent with a context that was done")
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, url := range []string{
		"", "x", "://", "nothing://x", "slack://", "slack://a/b", "slack+ftp://x", "discord://id", "telegram://token@telegram", "teams://x",
		"gotify://host", "matrix://host", "pushover://user", "opsgenie://host", "exec://host/path", "exec:relative", "exec:///x?args=v3",
		"smtp://?from=x", "smtp://h?encryption=rot13", "smtp://h?auth=ntlm", "smtp://h?from=a%0d%0ab", "smtp://h?to=-oops", "ntfy://",
		"slack+https://x?unknown=1", "generic://x?method=GET", "generic://x?timeout=1h", "generic:///path", "alertmanager:///",
		"slack://a\nb", strings.Repeat("x", 5000), "generic://h?%zz",
	} {
		if s, err := Parse("x", url, Environment{}); err == nil {
			t.Errorf("%q is %v", url, s)
		}
	}
	if _, err := Parse("x", "generic://x", Environment{Template: "{{.Nothing"}); err == nil {
		t.Error("a broken template was taken")
	}
}

func TestTemplates(t *testing.T) {
	rec := newRecorder(t)
	send := func(text string) error {
		t.Helper()
		s, err := Parse("x", "generic+"+rec.URL, Environment{Template: text})
		if err != nil {
			t.Fatal(err)
		}
		return s.Send(t.Context(), messages()["raised"], "")
	}
	if err := send(`{"a": {{range .Alerts}}{{json .Info}}{{end}}}`); err != nil {
		t.Error(err)
	}
	for text, want := range map[string]string{
		`{"a": "{{(index .Alerts 0).Info}}"}`: "is not JSON",
		`{{.Nothing}}`:                        "run the template",
		`{{define "a"}}{{template "b" .}}{{template "b" .}}{{end}}{{define "b"}}{{printf "%100000d" 1}}{{end}}` +
			strings.Repeat(`{{template "a" .}}`, 10): "more than",
	} {
		e, ok := errors.AsType[*Error](send(text))
		if !ok || !e.Permanent || !strings.Contains(e.Error(), want) {
			t.Errorf("%.50s: %v", text, e)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, url := range []string{
		"slack://hook:A-B-C@webhook", "smtp://u:p@h:25/?from=a@b&to=c", "ntfy://h/t", "generic+https://h/p?@a=b", "exec:///x?args=v1",
		"telegram://1:2@t?chats=3", "alertmanager://h:9093", "matrix://:t@h/?rooms=!x", "opsgenie://h/k", "pagerduty://h/k",
	} {
		f.Add(url)
	}
	f.Fuzz(func(t *testing.T, url string) {
		s, err := Parse("x", url, Environment{})
		if err == nil && (s.sender == nil || s.Timeout <= 0) {
			t.Errorf("%q: %+v", url, s)
		}
	})
}
