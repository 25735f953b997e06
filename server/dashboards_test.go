package server

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Dashboards outlive a restart, are in a copy of the data directory, and are changed by those who may manage the parent.
func TestDashboards(t *testing.T) {
	t.Parallel()
	const path = "/api/foster/v1/dashboards"
	send := func(method, body string) func(*http.Request) {
		return func(r *http.Request) { r.Method, r.Body = method, io.NopCloser(strings.NewReader(body)) }
	}
	foreign := func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }
	p := start(t, "allow management from = localhost")
	if a := get(t, p.plain(), path, send(http.MethodPost, `{"name":"n"}`), foreign); a.status != http.StatusForbidden {
		t.Errorf("a page of another site: %d %s", a.status, a.body)
	}
	var made struct{ ID string }
	a := get(t, p.plain(), path, send(http.MethodPost, `{"name":"Web","panels":[{"host":"h","chart":"c"}]}`))
	if err := json.Unmarshal([]byte(a.body), &made); err != nil || a.status != http.StatusCreated {
		t.Fatalf("%v %d %s", err, a.status, a.body)
	}
	one := path + "/" + made.ID
	if a := get(t, p.plain(), one, send(http.MethodPut, `{"name":"Web 2","version":1}`)); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
	a = get(t, p.plain(), SnapshotPath, send(http.MethodPost, ""))
	var copied Snapshot
	if err := json.Unmarshal([]byte(a.body), &copied); err != nil {
		t.Fatalf("%v: %d %s", err, a.status, a.body)
	}
	if text, err := os.ReadFile(filepath.Join(copied.Path, dashboardsDir, made.ID+".json")); err != nil || !strings.Contains(string(text), "Web 2") {
		t.Errorf("in the copy: %s, %v", text, err)
	}
	p.halt(t)

	q := &parent{dir: p.dir, port: p.port, addr: p.addr, log: p.log}
	q.configure(t, "allow management from = 10.*")
	var err error
	if q.Server, err = New(q.options()); err != nil {
		t.Fatal(err)
	}
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a := get(t, q.plain(), one); a.status != http.StatusOK || !strings.Contains(a.body, `"name":"Web 2"`) {
		t.Errorf("after a restart: %d %s", a.status, a.body)
	}
	for _, method := range []string{http.MethodPut, http.MethodDelete} {
		if a := get(t, q.plain(), "//api/foster//v1/dashboards/"+made.ID, send(method, `{"name":"no","version":2}`)); a.status != http.StatusForbidden {
			t.Errorf("%s: %d %s", method, a.status, a.body)
		}
	}
	q.halt(t)
}
