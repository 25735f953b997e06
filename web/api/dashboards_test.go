package api

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"foster/web/dashboards"
)

const boardsPath = "/api/foster/v1/dashboards"

// send sends a body with a method.
func send(a http.Handler, method, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	return w
}

// board returns the dashboard of an answer.
func board(t *testing.T, w *httptest.ResponseRecorder, status int) dashboards.Dashboard {
	t.Helper()
	var d dashboards.Dashboard
	if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil || w.Code != status {
		t.Fatalf("%v %d %s, want %d", err, w.Code, w.Body.String(), status)
	}
	return d
}

func TestDashboards(t *testing.T) {
	a, _ := fake(t)
	body := `{"name":"Web","last":600,"panels":[{"host":"` + webGUID + `","hostname":"web01","chart":"system.cpu"},{"host":"db9","chart":"system.load","title":"<b>"}]}`
	d := board(t, post(a, boardsPath, body), http.StatusCreated)
	if d.Version != 1 || d.Created != start+2 || len(d.Panels) != 2 || d.Panels[1].ID != "p2" {
		t.Errorf("%+v", d)
	}
	post(a, boardsPath, `{"name":"empty"}`)
	list := func(prefix string) []any { return object(t, a, prefix+boardsPath)["dashboards"].([]any) }
	if n, of := len(list("")), len(list("/host/web01")); n != 2 || of != 1 {
		t.Errorf("%d dashboards, %d of the host", n, of)
	}
	first := list("/host/web01")[0].(map[string]any)
	if first["id"] != d.ID || first["name"] != "Web" || first["panels"] != 2. || first["hosts"] != 2. || first["changed"] != start+2. {
		t.Errorf("%v", first)
	}
	if o := object(t, a, boardsPath); o["refused"] != nil {
		t.Errorf("refused: %v", o["refused"])
	}

	// What was read is sent back with a change.
	path := boardsPath + "/" + d.ID
	read := get(a, path)
	changed := board(t, send(a, http.MethodPut, path, strings.Replace(read.Body.String(), `"Web"`, `"Web servers"`, 1)), http.StatusOK)
	if changed.Version != 2 || changed.Name != "Web servers" || len(changed.Panels) != 2 {
		t.Errorf("%+v", changed)
	}
	w := send(a, http.MethodPut, path, read.Body.String())
	if w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "version 2 and not 1") || !json.Valid(w.Body.Bytes()) {
		t.Errorf("%d %s", w.Code, w.Body.String())
	}

	exported := get(a, path+"/export")
	if got := exported.Header().Get("Content-Disposition"); got != `attachment; filename="Web_servers.dashboard.json"` {
		t.Error(got)
	}
	imported := board(t, post(a, boardsPath, exported.Body.String()), http.StatusCreated)
	if imported.ID == d.ID || imported.Version != 1 || fmt.Sprint(imported.Content) != fmt.Sprint(changed.Content) {
		t.Errorf("%+v, want %+v", imported, changed)
	}

	for _, want := range []int{200, 404} {
		if w := do(a, http.MethodDelete, path); w.Code != want || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%d %s, want %d", w.Code, w.Body.String(), want)
		}
	}
	for _, path := range []string{path, path + "/export", boardsPath + "/x/y", boardsPath + "/%2e%2e"} {
		if w := get(a, path); w.Code != http.StatusNotFound || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body.String())
		}
	}
	if w := send(a, http.MethodPut, path, `{"name":"n","version":2}`); w.Code != http.StatusNotFound {
		t.Errorf("%d %s", w.Code, w.Body.String())
	}
}

func TestDashboardsMethods(t *testing.T) {
	a, _ := fake(t)
	d := board(t, post(a, boardsPath, `{"name":"n"}`), http.StatusCreated)
	for _, c := range []struct{ method, path string }{
		{http.MethodDelete, boardsPath}, {http.MethodPut, boardsPath}, {http.MethodPost, boardsPath + "/" + d.ID},
		{http.MethodDelete, boardsPath + "/" + d.ID + "/export"}, {http.MethodPatch, boardsPath + "/" + d.ID},
		{http.MethodPut, "/api/foster/v1/silences/x"}, {http.MethodPut, "/api/foster/v1/hosts/web01"},
	} {
		if w := do(a, c.method, c.path); w.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s %s: %d %s", c.method, c.path, w.Code, w.Body.String())
		}
	}
	if _, ok := a.opt.Dashboards.Get(d.ID); !ok {
		t.Error("it is gone")
	}
}

// Who may not manage the parent reads dashboards and changes none; nor does a page of another site.
func TestDashboardsAccess(t *testing.T) {
	a, _ := fake(t)
	d := board(t, post(a, boardsPath, `{"name":"n"}`), http.StatusCreated)
	path := boardsPath + "/" + d.ID
	check := func(refused bool, header ...string) {
		t.Helper()
		status := func(otherwise int) int {
			if refused {
				return http.StatusForbidden
			}
			return otherwise
		}
		for _, c := range []struct {
			method, path, body string
			want               int
		}{
			{http.MethodPost, boardsPath, `{}`, status(400)},
			{http.MethodPut, path, `{}`, status(400)},
			{http.MethodDelete, boardsPath + "/none", ``, status(404)},
			{http.MethodGet, path, ``, 200},
			{http.MethodGet, boardsPath, ``, 200},
		} {
			w := send(a, c.method, c.path, c.body, header...)
			if w.Code != c.want {
				t.Errorf("%s %s %v: %d %s, want %d", c.method, c.path, header, w.Code, w.Body.String(), c.want)
			}
			if said := !strings.Contains(w.Body.String(), `"refused":null`); c.path == boardsPath && c.method == http.MethodGet && said != refused {
				t.Errorf("%v: %s", header, w.Body.String())
			}
		}
	}
	check(false)
	check(false, "Sec-Fetch-Site", "same-origin")
	check(false, "X-Auth-Token", testToken, "Origin", "https://wiki.example")
	check(true, "X-Auth-Token", "wrong")
	a.opt.MayManage = func(*http.Request) bool { return false }
	check(true)
	check(true, "X-Auth-Token", testToken)
	a.opt.MayManage = func(*http.Request) bool { return true }
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
		p := path
		if method == http.MethodPost {
			p = boardsPath
		}
		if w := send(a, method, p, `{"name":"evil","version":1}`, "Origin", "https://evil.example"); w.Code != http.StatusForbidden {
			t.Errorf("%s: %d %s", method, w.Code, w.Body.String())
		}
	}
	if list := a.opt.Dashboards.List(); len(list) != 1 || list[0].Name != "n" {
		t.Errorf("%+v", list)
	}
	a.opt.Dashboards = nil
	if w := post(a, boardsPath, `{"name":"n"}`); w.Code != http.StatusNotFound {
		t.Errorf("%d %s", w.Code, w.Body.String())
	}
	if w := get(a, path); w.Code != http.StatusNotFound {
		t.Errorf("%d %s", w.Code, w.Body.String())
	}
	if n := len(object(t, a, boardsPath)["dashboards"].([]any)); n != 0 {
		t.Errorf("%d dashboards", n)
	}
}

func TestDashboardsInvalid(t *testing.T) {
	a, _ := fake(t)
	d := board(t, post(a, boardsPath, `{"name":"n"}`), http.StatusCreated)
	check := func(method, path, body string, status int, field any) {
		t.Helper()
		w := send(a, method, path, body)
		var answer struct {
			Status       int
			ErrorMessage string
			Field        any
		}
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != status || answer.Status != status || answer.ErrorMessage == "" || answer.Field != field {
			t.Errorf("%.100s: %v %d %s, want %d %v", body, err, w.Code, w.Body.String(), status, field)
		}
	}
	path := boardsPath + "/" + d.ID
	check(http.MethodPost, boardsPath, ``, 400, nil)
	check(http.MethodPost, boardsPath, `{"name":"n"}x`, 400, nil)
	check(http.MethodPost, boardsPath, `{"name":"n","panels":[{"host":"h","chart":"c","width":99}]}`, 400, "panels[0].width")
	check(http.MethodPost, boardsPath, `{"name":"`+strings.Repeat("x", maxBody)+`"}`, 413, nil)
	check(http.MethodPut, path, `{"name":"n"}`, 400, "version")
	check(http.MethodPut, path, `{"name":"n","version":-1}`, 400, "version")
	check(http.MethodPut, path, `{"name":"n","version":1,"id":"other"}`, 400, "id")
	check(http.MethodPut, path, `{"name":"n","version":7}`, 409, "version")
	if list := a.opt.Dashboards.List(); len(list) != 1 || list[0].Version != 1 {
		t.Errorf("%+v", list)
	}
}

func TestChartsOfHosts(t *testing.T) {
	a, _ := fake(t)
	o := object(t, a, "/api/foster/v1/charts?host=web01&chart=system.cpu&chart=gone&host=nobody&chart=system.cpu&host="+webGUID+"&chart=system.load")
	charts := o["charts"].([]any)
	for i, want := range []string{"system.cpu", "unknown chart", "unknown host", "system.load"} {
		c := charts[i].(map[string]any)
		if definition, ok := c["definition"].(map[string]any); ok && definition["id"] != want || !ok && c["error"] != want {
			t.Errorf("%d: %v, want %s", i, c, want)
		}
	}
	cpu := charts[0].(map[string]any)
	if cpu["guid"] != webGUID || cpu["host"] != "web01" || cpu["definition"].(map[string]any)["units"] != "percentage" {
		t.Errorf("%v", cpu)
	}
	if hosts := o["hosts"].([]any); len(hosts) != 1 || hosts[0].(map[string]any)["state"] == nil {
		t.Errorf("%v", hosts)
	}
	for _, query := range []string{"", "?host=web01", "?chart=x" + strings.Repeat("&chart=x", maxBatch)} {
		if w := get(a, "/api/foster/v1/charts"+query); w.Code != http.StatusBadRequest {
			t.Errorf("%.40s: %d", query, w.Code)
		}
	}
}

// No body makes the API panic or answer what is no JSON, and what it keeps is listed and read.
func FuzzDashboardBodies(f *testing.F) {
	f.Add(`{"name":"n","panels":[{"host":"h","chart":"c","dimensions":["a"],"width":3,"height":2}]}`)
	f.Add(`{"format":"foster-dashboard/1","name":"n","version":1,"last":60}`)
	f.Fuzz(func(t *testing.T, body string) {
		kept, err := dashboards.Open(t.TempDir(), slog.New(slog.DiscardHandler), time.Now)
		if err != nil {
			t.Fatal(err)
		}
		a := testAPI(t, newMemory(), func(o *Options) { o.Dashboards = kept })
		w := post(a, boardsPath, body)
		if !json.Valid(w.Body.Bytes()) {
			t.Fatalf("%d %q", w.Code, w.Body.String())
		}
		if w.Code == http.StatusCreated {
			d := board(t, w, http.StatusCreated)
			if w := send(a, http.MethodPut, boardsPath+"/"+d.ID, w.Body.String()); w.Code != http.StatusOK {
				t.Fatalf("%d %s", w.Code, w.Body.String())
			}
			if w := get(a, boardsPath+"/"+d.ID+"/export"); !json.Valid(w.Body.Bytes()) {
				t.Fatal(w.Body.String())
			}
		}
		if n := len(object(t, a, boardsPath)["dashboards"].([]any)); (n == 1) != (w.Code == http.StatusCreated) {
			t.Fatalf("%d dashboards after %d", n, w.Code)
		}
	})
}
