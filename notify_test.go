package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestNotifyCommand sends tests to one service that works and one that does not.
func TestNotifyCommand(t *testing.T) {
	var mu sync.Mutex
	paths := map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		paths[r.URL.Path]++
		if r.URL.Path == "/bad-secret-path" {
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	defer server.Close()
	dir := t.TempDir()
	text := "[service good]\nurl = generic+" + server.URL + "/good-secret-path\n" +
		"[service bad]\nurl = generic+" + server.URL + "/bad-secret-path\n" +
		"[route works]\nroles = sysadmin\nto = good|noclear\n[route fails]\nroles = dba\nto = good bad\n"
	if err := os.WriteFile(filepath.Join(dir, "notify.conf"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(status int, args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		if got := execute(t.Context(), append([]string{"notify"}, args...), &out, &errs); got != status {
			t.Errorf("%v: status %d\n%s%s", args, got, &out, &errs)
		}
		text := out.String() + errs.String()
		if strings.Contains(text, "secret") {
			t.Errorf("a secret:\n%s", text)
		}
		return text
	}
	if text := run(0, "test", "-config", dir, "sysadmin"); strings.Count(text, "sent in") != 2 || !strings.Contains(text, "does not want") {
		t.Error(text)
	}
	if text := run(1, "test", "-config", dir, "dba"); !strings.Contains(text, "3 of 6 messages were not delivered") || !strings.Contains(text, "403") {
		t.Error(text)
	}
	run(1, "test", "-config", dir, "nobody")
	run(2, "test", "-config", dir)
	run(2, "other")
	if text := run(0, "list", "-config", dir); !strings.Contains(text, "works") || !strings.Contains(text, "good|noclear") {
		t.Error(text)
	}
	mu.Lock()
	defer mu.Unlock()
	if paths["/good-secret-path"] != 5 || paths["/bad-secret-path"] != 3 {
		t.Error(paths)
	}
}
