package api

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"foster/storage/catalog"
)

// TestFirstChild: the API key of a new parent is told to nobody but this machine, and not when there is a host.
func TestFirstChild(t *testing.T) {
	m := newMemory()
	a := testAPI(t, m, func(o *Options) {
		o.APIKeys = func() int { return 1 }
		o.FirstChild = func() FirstChild { return FirstChild{APIKey: "the-key", Destination: "192.0.2.1:19999"} }
	})
	ask := func(from, host string, header ...string) string {
		t.Helper()
		r := httptest.NewRequest(http.MethodGet, "/api/foster/v1/first_child", nil)
		r.RemoteAddr, r.Host = from, host
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Errorf("%d %s", w.Code, w.Body.String())
		}
		return w.Body.String()
	}
	const told = `{"api_keys":1,"api_key":"the-key","destination":"192.0.2.1:19999"}`
	yes := func(from, host string, header ...string) {
		t.Helper()
		if got := ask(from, host, header...); got != told {
			t.Errorf("%s asks for %s with %q: %s", from, host, header, got)
		}
	}
	no := func(from, host string, header ...string) {
		t.Helper()
		if got := ask(from, host, header...); strings.Contains(got, "the-key") {
			t.Errorf("%s asks for %s with %q and is told the key", from, host, header)
		}
	}
	yes("127.0.0.1:4000", "localhost:19999")
	yes("[::1]:4000", "[::1]:19999")
	yes("127.0.0.1:4000", "127.0.0.1:19999", "Referer", "http://127.0.0.1:19999/", "Sec-Fetch-Site", "same-origin")
	yes("127.0.0.1:4000", "localhost", "Origin", "http://localhost")
	no("192.0.2.9:4000", "localhost:19999")
	no("127.0.0.1:4000", "rebound.example:19999")
	no("127.0.0.1:4000", "localhost.example:19999")
	no("127.0.0.1:4000", "localhost:19999", "Origin", "https://evil.example")
	no("127.0.0.1:4000", "localhost:19999", "Origin", "null")
	no("127.0.0.1:4000", "127.0.0.1:19999", "Referer", "https://monitor.example/")
	no("127.0.0.1:4000", "localhost:19999", "Sec-Fetch-Site", "cross-site")
	no("127.0.0.1:4000", "localhost:19999", "X-Forwarded-For", "192.0.2.9")
	no("127.0.0.1:4000", "localhost:19999", "Forwarded", "for=192.0.2.9")
	no("@", "localhost:19999")

	m.cat.Define(webGUID, catalog.HostInfo{Hostname: "web01"})
	no("127.0.0.1:4000", "localhost:19999")
}
