package api

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"foster/storage/catalog"
)

func TestRoutes(t *testing.T) {
	m := newMemory()
	m.web01()
	m.cat.Define("00000000-0000-0000-0000-00000000000a", catalog.HostInfo{Hostname: "a b:c"})
	a := testAPI(t, m)
	f := func(path string, status int, contentType, body string) {
		t.Helper()
		w := get(a, path)
		if got := w.Header().Get("Content-Type"); w.Code != status || got != contentType || !strings.HasPrefix(w.Body.String(), body) {
			t.Errorf("%s: %d %s %.80q, want %d %s %q", path, w.Code, got, w.Body.String(), status, contentType, body)
		}
		if w.Header().Get("Access-Control-Allow-Origin") != "*" && !strings.HasPrefix(body, "page") && status != 301 {
			t.Errorf("%s: no Access-Control-Allow-Origin", path)
		}
	}
	const web, parent = `{"version":"v1.37.1","uid":"` + webGUID, `{"version":"v0.1.0","uid":"` + selfGUID
	f("/api/v1/info", 200, typeJSON, parent)
	f("/host/parent01/api/v1/info", 200, typeJSON, parent)
	f("/host/"+strings.ToUpper(selfGUID)+"/api/v1/info", 200, typeJSON, parent)
	f("/host/web01/api/v1/info", 200, typeJSON, web)
	f("/host/web01//api//v1/info", 200, typeJSON, web)
	f("/host/"+webGUID+"/api/v1/info", 200, typeJSON, web)
	f("/host/"+strings.ToUpper(webGUID)+"/api/v1/info", 200, typeJSON, web)
	f("/node/web01/api/v1/info", 200, typeJSON, web)
	f("/host/a%20b:c/api/v1/charts", 200, typeJSON, `{"hostname":"a b:c"`)

	f("/host/nope/api/v1/info", 404, typeHTML, "This netdata does not maintain a database for host: nope")
	f("/host/%3Cb%3E/", 404, typeHTML, "This netdata does not maintain a database for host: &lt;b&gt;")
	f("/host/a%2Fb/", 404, typeHTML, "This netdata does not maintain a database for host: a&#x2F;b")
	f("/host/", 404, typeHTML, "This netdata does not maintain a database for host: ")
	f("/host", 404, typeHTML, "This netdata does not maintain a database for host: ")
	f("/host/web01/host/web01/api/v1/info", 400, typeText, "Nesting of hosts is not allowed.")
	f("/host/web01/node/web01/", 400, typeText, "Nesting of hosts is not allowed.")
	f("/api", 400, typeText, "Which API version?")
	f("/host/web01/api/", 400, typeText, "Which API version?")
	f("/api/v9/data", 404, typeHTML, "Unsupported API version: v9")
	f("/api/foster/v9/hosts", 404, typeHTML, "Unsupported API version: foster&#x2F;v9")
	f("/api/v1", 400, typeText, "Which API command?")
	f("/api/v1/", 400, typeText, "Which API command?")
	f("/api/v1/no%3Cpe", 404, typeText, "Unsupported API command: no&lt;pe")
	f("/api/v1/info/x", 400, typeText, "API command 'info' does not support subpaths.")
	f("/api/v1/info?"+strings.Repeat("x", maxQuery+1), 414, typeText, "The query string is too long.")

	f("/", 200, typeText, "page /")
	f("/host/web01/", 200, typeText, "page /")
	f("/host/web01/assets/x.js", 200, typeText, "page /assets/x.js")
	f("/node/"+webGUID+"/a/b/", 200, typeText, "page /a/b/")
}

// TestMissingPage: a browser gets the page, which says that the host is unknown, a script the text.
func TestMissingPage(t *testing.T) {
	a := testAPI(t, newMemory())
	for path, want := range map[string]string{"/host/nope/": "page /", "/host/nope": "page /", "/host/nope/api/v1/info": "This netdata"} {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Accept", "text/html,application/xhtml+xml")
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		if w.Code != http.StatusNotFound || !strings.HasPrefix(w.Body.String(), want) {
			t.Errorf("%s: %d %q, want 404 %q", path, w.Code, w.Body, want)
		}
	}
}

func TestRedirect(t *testing.T) {
	m := newMemory()
	m.web01()
	m.cat.Define("00000000-0000-0000-0000-00000000000a", catalog.HostInfo{Hostname: "a b:c"})
	a := testAPI(t, m)
	for path, want := range map[string]string{
		"/host/web01":           "web01/",
		"/host/web01?x=1&y=%20": "web01/?x=1&y=%20",
		"/node/" + webGUID:      webGUID + "/",
		"/host/a%20b:c":         "./a%20b:c/",
	} {
		w := get(a, path)
		if w.Code != http.StatusMovedPermanently || w.Header().Get("Location") != want {
			t.Errorf("%s: %d %q", path, w.Code, w.Header().Get("Location"))
		}
	}
}

func TestHeaders(t *testing.T) {
	m := newMemory()
	m.web01()
	a := testAPI(t, m)
	f := func(method, path string, request []string, status int, want map[string]string) {
		t.Helper()
		w := do(a, method, path, request...)
		if w.Code != status {
			t.Errorf("%s %s: %d", method, path, w.Code)
		}
		for name, value := range want {
			if got := w.Header().Get(name); got != value {
				t.Errorf("%s %s: %s is %q, want %q", method, path, name, got, value)
			}
		}
		if method == http.MethodHead && w.Body.Len() > 0 {
			t.Errorf("%s %s: body", method, path)
		}
	}
	const data = "/host/web01/api/v1/data?chart=system.cpu&points=2"
	volatile := map[string]string{"Cache-Control": "no-cache, no-store, must-revalidate", "Pragma": "no-cache", "Content-Encoding": ""}
	f("GET", data+"&after=-20", nil, 200, volatile)
	f("GET", data+"&after=-20&before=1700000100", nil, 200, volatile)
	f("GET", data+"&after=1700000080&before=1700000100", nil, 200, map[string]string{
		"Cache-Control": "public", "Pragma": "", "Expires": "Wed, 15 Nov 2023 22:15:02 GMT",
	})
	f("GET", data+"&after=1700000080&before=1700000100&dims=nope", nil, 404, volatile)
	f("GET", "/host/web01/api/v1/charts", nil, 200, volatile)
	f("GET", data, []string{"Origin", "http://dash.example:3000"}, 200, map[string]string{
		"Access-Control-Allow-Origin": "http://dash.example:3000", "Access-Control-Allow-Credentials": "true",
	})
	f("OPTIONS", "/host/web01/api/v1/charts", []string{"Origin", "http://dash.example"}, 200, map[string]string{
		"Access-Control-Allow-Origin":  "http://dash.example",
		"Access-Control-Allow-Methods": "GET, POST, OPTIONS",
		"Access-Control-Max-Age":       "1209600",
		"Content-Type":                 typeText,
		"Cache-Control":                "",
	})
	f("GET", data, []string{"Accept-Encoding", "gzip"}, 200, map[string]string{"Content-Encoding": "gzip"})
	f("GET", data, []string{"Accept-Encoding", "deflate, GZIP ; q=0.5"}, 200, map[string]string{"Content-Encoding": "gzip"})
	f("GET", data, []string{"Accept-Encoding", "gzip;q=0, br"}, 200, map[string]string{"Content-Encoding": ""})
	f("GET", data, []string{"Accept-Encoding", "deflate, br"}, 200, map[string]string{"Content-Encoding": ""})
	f("HEAD", "/host/web01/api/v1/info", nil, 200, map[string]string{"Content-Type": typeJSON})
	f("HEAD", "/host/web01/api/v1/nope", nil, 404, map[string]string{"Content-Type": typeText})
	f("POST", "/host/web01/api/v1/info", nil, 200, nil)
	f("PATCH", "/host/web01/api/v1/info", nil, 405, map[string]string{"Allow": "GET, HEAD, POST, OPTIONS"})
	f("GET", data+"&format=csv&filename=a/b%22c.csv", nil, 200, map[string]string{"Content-Disposition": `attachment; filename="a_b_c.csv"`})
}

// TestGzipLevel asks for one answer with every level there is.
func TestGzipLevel(t *testing.T) {
	level := 0
	a := testAPI(t, newMemory(), func(o *Options) { o.GzipLevel = func() int { return level } })
	const path = "/api/v1/info"
	want := get(a, path).Body.String()
	for level = range 10 {
		for range 2 { // the second takes a writer from the pool
			w := get(a, path, "Accept-Encoding", "gzip")
			if zipped := w.Header().Get("Content-Encoding") == "gzip"; zipped != (level > 0) {
				t.Errorf("level %d: compressed: %v", level, zipped)
			}
			var body io.Reader = w.Body
			if level > 0 {
				z, err := gzip.NewReader(body)
				if err != nil {
					t.Fatalf("level %d: %v", level, err)
				}
				body = z
			}
			if got, err := io.ReadAll(body); err != nil || string(got) != want {
				t.Errorf("level %d: %d bytes, %v", level, len(got), err)
			}
		}
	}
}
