package api

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"foster/health/silence"
)

// post sends a body.
func post(a http.Handler, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	return w
}

func TestManageHealth(t *testing.T) {
	a, _ := fake(t)
	check := func(query string, status int, want string, header ...string) {
		t.Helper()
		for _, prefix := range []string{"", "/host/web01"} {
			w := get(a, prefix+"/api/v1/manage/health?"+query, header...)
			if w.Code != status || w.Body.String() != want {
				t.Errorf("%s: %d %q, want %d %q", query, w.Code, w.Body.String(), status, want)
			}
		}
	}
	const sentence = "All alarm notifications are silenced\n"
	check("cmd=SILENCE%20ALL", 403, "Auth Error\n")
	check("cmd=SILENCE+ALL", 403, "Auth Error\n", "X-Auth-Token", testToken+"x")
	check("cmd=SILENCE+ALL", 403, "Auth Error\n", "Authorization", "Basic "+testToken)
	check("cmd=SILENCE+ALL&token="+testToken, 403, "Auth Error\n")
	check("cmd=SILENCE+ALL", 200, sentence, "X-Auth-Token", testToken)
	check("cmd=SILENCE%20ALL", 200, sentence, "Authorization", "Bearer "+testToken)
	check("cmd=silence", 200, "", "X-Auth-Token", testToken)
	check("cmd=DISABLE&alarm="+strings.Repeat("x", 2000), 400, "Wrong alarm: longer than 1024 bytes", "X-Auth-Token", testToken)
	if _, silenced := a.opt.Silences.Match(a.opt.Now(), silence.Subject{Name: "any"}); !silenced {
		t.Error("nothing is silenced")
	}
	w := get(a, "/api/v1/manage/health?cmd=LIST", "X-Auth-Token", testToken)
	if w.Header().Get("Content-Type") != typeJSON || !json.Valid(w.Body.Bytes()) || !strings.Contains(w.Body.String(), `"type": "SILENCE"`) {
		t.Error(w.Body.String())
	}
	for path, want := range map[string]string{"/api/v1/manage": "Unsupported API command: manage", "/api/v1/manage/foo": "Unsupported API command: manage&#x2F;foo"} {
		if w := get(a, path); w.Code != http.StatusNotFound || w.Body.String() != want {
			t.Errorf("%s: %d %s", path, w.Code, w.Body.String())
		}
	}
	a.opt.MayManage = func(*http.Request) bool { return false }
	check("cmd=LIST", 403, "Auth Error\n", "X-Auth-Token", testToken)
	a.opt.MayManage, a.opt.ManagementToken = func(*http.Request) bool { return true }, ""
	check("cmd=LIST", 403, "Auth Error\n", "X-Auth-Token", "")
}

func TestSilences(t *testing.T) {
	a, _ := fake(t)
	w := post(a, "/api/foster/v1/silences", `{"selector":{"alarm":"cpu*","hosts":"web*"},"duration":3600,"comment":"c <b>","author":"me"}`)
	var added struct {
		ID      string
		Expires float64
	}
	if err := json.Unmarshal(w.Body.Bytes(), &added); err != nil || w.Code != http.StatusCreated || added.Expires != start+2+3600 {
		t.Fatalf("%v %d %s", err, w.Code, w.Body.String())
	}
	want := `{"id":"` + added.ID + `","selector":{"alarm":"cpu*","hosts":"web*"},"effect":"SILENCE","created":1700000102,"expires":1700003702,"comment":"c <b>","author":"me"}`
	if w.Body.String() != want {
		t.Errorf("%s, want %s", w.Body.String(), want)
	}
	if got := get(a, "/api/foster/v1/silences/"+added.ID).Body.String(); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	// Below the prefix of a host it is one of that host.
	w = post(a, "/host/web01/api/foster/v1/silences", fmt.Sprintf(`{"selector":{},"effect":"DISABLE","expires":%d}`, start+100))
	if w.Code != http.StatusCreated || !strings.Contains(w.Body.String(), `"selector":{"hosts":"`+webGUID+`"},"effect":"DISABLE"`) {
		t.Errorf("%d %s", w.Code, w.Body.String())
	}
	post(a, "/api/foster/v1/silences", `{"selector":{"hosts":"db*"},"duration":60}`)
	count := func(path string) int { return len(object(t, a, path)["silences"].([]any)) }
	if all, own := count("/api/foster/v1/silences"), count("/host/web01/api/foster/v1/silences"); all != 3 || own != 2 {
		t.Errorf("%d silences, %d of the host", all, own)
	}
	if o := object(t, a, "/api/foster/v1/silences"); o["management"].(map[string]any)["type"] != "None" {
		t.Errorf("%v", o)
	}
	disabled, silenced := a.opt.Silences.Match(time.Unix(start+3, 0), silence.Subject{Name: "cpu", Hostname: "web01", MachineGUID: webGUID})
	if !disabled || !silenced {
		t.Errorf("disabled %v, silenced %v", disabled, silenced)
	}
	for _, want := range []int{200, 404} {
		if w := do(a, http.MethodDelete, "/api/foster/v1/silences/"+added.ID); w.Code != want || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%d %s, want %d", w.Code, w.Body.String(), want)
		}
	}
	for path, want := range map[string]int{"/api/foster/v1/silences/" + added.ID: 404, "/api/foster/v1/silences/x/y": 404} {
		if w := get(a, path); w.Code != want || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body.String())
		}
	}
	if w := do(a, http.MethodDelete, "/api/foster/v1/silences"); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("DELETE of all: %d", w.Code)
	}
}

func TestMaintenance(t *testing.T) {
	a, _ := fake(t)
	w := post(a, "/api/foster/v1/maintenance", fmt.Sprintf(`{"hosts":"web*","start":%d,"duration":7200,"weekly":true,"zone":"UTC","until":%d,"comment":"c","author":"me"}`, start-3600, start+86400*30))
	var added struct{ ID string }
	if err := json.Unmarshal(w.Body.Bytes(), &added); err != nil || w.Code != http.StatusCreated {
		t.Fatalf("%v %d %s", err, w.Code, w.Body.String())
	}
	want := fmt.Sprintf(`{"id":"%s","hosts":"web*","start":%d,"end":%d,"weekly":true,"zone":"UTC","until":%d,"active":true,"next_start":%d,"next_end":%d,"created":%d,"comment":"c","author":"me"}`,
		added.ID, start-3600, start+3600, start+86400*30, start-3600, start+3600, start+2)
	if got := get(a, "/api/foster/v1/maintenance/"+added.ID).Body.String(); got != want || w.Body.String() != want {
		t.Errorf("%s, want %s", got, want)
	}
	w = post(a, "/host/web01/api/foster/v1/maintenance", `{"duration":60}`) // from now on
	if w.Code != http.StatusCreated || !strings.Contains(w.Body.String(), fmt.Sprintf(`"hosts":"%s","start":%d,"end":%d,"weekly":false,"zone":null,"until":null,"active":true`, webGUID, start+2, start+62)) {
		t.Errorf("%d %s", w.Code, w.Body.String())
	}
	post(a, "/api/foster/v1/maintenance", fmt.Sprintf(`{"hosts":"db*","start":%d,"end":%d}`, start+100, start+200))
	count := func(path string) int { return len(object(t, a, path)["maintenance"].([]any)) }
	if all, own := count("/api/foster/v1/maintenance"), count("/host/web01/api/foster/v1/maintenance"); all != 3 || own != 2 {
		t.Errorf("%d windows, %d of the host", all, own)
	}
	if _, silenced := a.opt.Silences.Match(time.Unix(start+3, 0), silence.Subject{Hostname: "web01"}); !silenced {
		t.Error("not silenced")
	}
	for _, want := range []int{200, 404} {
		if w := do(a, http.MethodDelete, "/api/foster/v1/maintenance/"+added.ID); w.Code != want || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%d %s, want %d", w.Code, w.Body.String(), want)
		}
	}
}

// Whoever shows the token may come from anywhere; others not from a page of another site; nobody without the service.
func TestSilencesAccess(t *testing.T) {
	a, _ := fake(t)
	const body = `{"selector":{"alarm":"x"},"duration":60}`
	check := func(want int, header ...string) {
		t.Helper()
		if w := post(a, "/api/foster/v1/silences", body, header...); w.Code != want {
			t.Errorf("%v: %d %s, want %d", header, w.Code, w.Body.String(), want)
		}
		path := "/api/foster/v1/silences/none"
		if want == http.StatusCreated {
			want = http.StatusNotFound
		}
		if w := do(a, http.MethodDelete, path, header...); w.Code != want {
			t.Errorf("DELETE %v: %d %s, want %d", header, w.Code, w.Body.String(), want)
		}
	}
	check(201)
	check(201, "Sec-Fetch-Site", "same-origin")
	check(403, "Sec-Fetch-Site", "cross-site")
	check(403, "Origin", "https://evil.example")
	check(403, "X-Auth-Token", "wrong")
	check(201, "X-Auth-Token", testToken)
	check(201, "X-Auth-Token", testToken, "Sec-Fetch-Site", "cross-site", "Origin", "https://wiki.example")
	check(201, "Authorization", "bearer "+testToken)
	a.opt.MayManage = func(*http.Request) bool { return false }
	check(403)
	check(403, "X-Auth-Token", testToken)
}

func TestSilencesInvalid(t *testing.T) {
	a, _ := fake(t)
	check := func(path, body string, status int, field any) {
		t.Helper()
		w := post(a, path, body)
		var answer struct {
			Status       int
			ErrorMessage string
			Field        any
		}
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != status || answer.Status != status || answer.ErrorMessage == "" || answer.Field != field {
			t.Errorf("%.100s: %v %d %s, want %d %v", body, err, w.Code, w.Body.String(), status, field)
		}
	}
	const silences, maintenance = "/api/foster/v1/silences", "/api/foster/v1/maintenance"
	for _, path := range []string{silences, maintenance} {
		check(path, ``, 400, nil)
		check(path, `nonsense`, 400, nil)
		check(path, `[]`, 400, nil)
		check(path, `{}{}`, 400, nil)
		check(path, `{"unknown":1}`, 400, nil)
		check(path, `{"comment":"`+strings.Repeat("x", maxBody)+`"}`, 413, nil)
	}
	check(silences, `{}`, 400, "expires")
	check(silences, `{"duration":60}`, 400, "selector")
	check(silences, `{"selector":{"alarm":"x"}}`, 400, "expires")
	check(silences, `{"selector":{"alarm":"x"},"expires":1,"duration":1}`, 400, "expires")
	check(silences, `{"selector":{"alarm":"x"},"expires":1}`, 400, "expires")
	check(silences, `{"selector":{"alarm":"x"},"expires":1e300}`, 400, "expires")
	check(silences, `{"selector":{"alarm":"x"},"duration":-1}`, 400, "expires")
	check(silences, `{"selector":{"alarm":"x"},"duration":1e18}`, 400, "expires")
	check(silences, `{"selector":{"alarm":"x"},"duration":"1h"}`, 400, "duration")
	check(silences, `{"selector":{"alarm":5},"duration":1}`, 400, "selector.alarm")
	check(silences, `{"selector":{"alarm":"x"},"duration":60,"effect":"LOUD"}`, 400, "effect")
	check(silences, `{"selector":{"alarm":"`+strings.Repeat("x", 1025)+`"},"duration":60}`, 400, "alarm")
	check("/host/web01"+silences, `{"selector":{"hosts":"x"},"duration":60}`, 400, "hosts")
	check(maintenance, `{"duration":60}`, 400, "hosts")
	check(maintenance, `{"hosts":"x"}`, 400, "end")
	check(maintenance, `{"hosts":"x","start":1e40,"duration":60}`, 400, "start")
	check(maintenance, `{"hosts":"x","start":1,"duration":60}`, 400, "start")
	check(maintenance, `{"hosts":"x","duration":60,"until":-1e40}`, 400, "until")
	check(maintenance, `{"hosts":"x","duration":60,"until":5}`, 400, "until")
	check(maintenance, `{"hosts":"x","duration":60,"zone":"../etc/passwd"}`, 400, "zone")
	check("/host/web01"+maintenance, `{"hosts":"x","duration":60}`, 400, "hosts")
	if w := httptest.NewRecorder(); true {
		r := httptest.NewRequest(http.MethodPost, silences, io.MultiReader(strings.NewReader("{"), failing{}))
		if a.ServeHTTP(w, r); w.Code != http.StatusBadRequest {
			t.Errorf("a body that ends: %d %s", w.Code, w.Body.String())
		}
	}
	if n := len(a.opt.Silences.Silences()) + len(a.opt.Silences.Windows()); n != 0 {
		t.Errorf("%d were added", n)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// No body makes the API panic, answer what is no JSON, or accept what a restart would not.
func FuzzSilenceBodies(f *testing.F) {
	f.Add(`{"selector":{"alarm":"cpu*","hosts":"web*"},"duration":3600,"comment":"c","author":"me"}`)
	f.Add(`{"hosts":"web*","start":1700000000,"duration":7200,"weekly":true,"zone":"UTC","until":1800000000}`)
	f.Add(`{"selector":{"alarm":"x"},"expires":1e300}`)
	f.Fuzz(func(t *testing.T, body string) {
		a, _ := fake(t)
		for _, path := range []string{"/api/foster/v1/silences", "/host/web01/api/foster/v1/maintenance"} {
			w := post(a, path, body)
			if !json.Valid(w.Body.Bytes()) {
				t.Fatalf("%d %q", w.Code, w.Body.String())
			}
		}
		get(a, "/api/foster/v1/silences")
		get(a, "/api/foster/v1/maintenance")
	})
}
