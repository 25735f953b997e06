package server

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foster/health/silence"
)

// Who may manage the parent silences alerts, and what was silenced stays so over a restart.
func TestSilences(t *testing.T) {
	t.Parallel()
	const silences = "/api/foster/v1/silences"
	post := func(r *http.Request) {
		r.Method, r.Body = http.MethodPost, io.NopCloser(strings.NewReader(`{"selector":{"alarm":"disk*"},"duration":3600}`))
	}
	p := start(t, "allow management from = localhost")
	path := filepath.Join(p.dir, "data", silence.TokenFile)
	token, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the token: %v, %v", info.Mode(), err)
	}
	shown := func(r *http.Request) { r.Header.Set("X-Auth-Token", strings.TrimSpace(string(token))) }
	foreign := func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }
	want := func(p *parent, path string, status int, text string, change ...func(*http.Request)) {
		t.Helper()
		if a := get(t, p.plain(), path, change...); a.status != status || !strings.Contains(a.body, text) {
			t.Errorf("%s: %d %q, want %d %q", path, a.status, a.body, status, text)
		}
	}
	const list = "/api/v1/manage/health?cmd=LIST"
	want(p, list, http.StatusForbidden, "Auth Error")
	want(p, list, http.StatusOK, `"type": "None"`, shown)
	want(p, "/api/v1/manage/health?cmd=SILENCE&context=disk.*", http.StatusOK, "Alarm selector added", shown)
	want(p, silences, http.StatusForbidden, "other sites", post, foreign)
	want(p, silences, http.StatusCreated, `"alarm":"disk*"`, post)
	wantInCopy(t, p)
	p.halt(t)

	for allowed, status := range map[string]int{"localhost": http.StatusCreated, "10.*": http.StatusForbidden} {
		q := &parent{dir: p.dir, port: p.port, addr: p.addr, log: p.log}
		q.configure(t, "allow management from = "+allowed)
		if q.Server, err = New(q.options()); err != nil {
			t.Fatal(err)
		}
		if err := q.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		want(q, silences, http.StatusOK, `"context": "disk.*"`)
		want(q, silences, http.StatusOK, `"alarm":"disk*"`)
		want(q, silences, status, "", post, shown)
		if status == http.StatusForbidden {
			want(q, list, status, "", shown)
			// However the path is written.
			want(q, "/api//v1/%6danage%2Fhealth?cmd=LIST", status, "", shown)
			want(q, "//api/foster//v1/silences/", status, "", post, shown)
			want(q, "/host/"+q.guid+"/api/foster/v1/maintenance", status, "", post, shown)
		}
		q.halt(t)
	}
}

// wantInCopy checks that a copy of the data directory has the silence and the silencer.
func wantInCopy(t *testing.T, p *parent) {
	t.Helper()
	got := get(t, p.plain(), SnapshotPath, func(r *http.Request) { r.Method = http.MethodPost })
	var s Snapshot
	if err := json.Unmarshal([]byte(got.body), &s); err != nil {
		t.Fatalf("%v: %s", err, got.body)
	}
	if _, err := os.Stat(filepath.Join(s.Path, historyFile)); err != nil {
		t.Error(err)
	}
	set, err := silence.Open(s.Path, silence.Options{Log: p.Logger(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(set.Silences()); n != 1 || !strings.Contains(string(set.Commands()), "disk.*") {
		t.Errorf("a copy has %d silences and the silencers %s", n, set.Commands())
	}
}
