package web

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/klauspost/compress/gzip"
)

var script = strings.Repeat("console.log(1);\n", 100)

func testPages(t *testing.T, change ...func(*Options)) http.Handler {
	t.Helper()
	o := Options{FrameOptions: "SAMEORIGIN"}
	for _, c := range change {
		c(&o)
	}
	p, err := newPages(fstest.MapFS{
		"index.html":            {Data: []byte("<!doctype html><title>t</title>")},
		"assets/main-1a2b3c.js": {Data: []byte(script)},
		"favicon.svg":           {Data: []byte("<svg/>")},
		".gitkeep":              {},
	}, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func get(h http.Handler, method, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestPages(t *testing.T) {
	h := testPages(t)
	f := func(path string, status int, contentType, body string) {
		t.Helper()
		w := get(h, "GET", path)
		if w.Code != status || w.Header().Get("Content-Type") != contentType || !strings.HasPrefix(w.Body.String(), body) {
			t.Errorf("%s: %d %s %.60q", path, w.Code, w.Header().Get("Content-Type"), w.Body.String())
		}
	}
	const html = "text/html; charset=utf-8"
	f("/", 200, html, "<!doctype html>")
	f("/index.html", 200, html, "<!doctype html>")
	f("/nope", 404, html, "<!doctype html>")
	f("/streaming", 200, html, "<!doctype html>")
	f("/streaming/x", 404, html, "<!doctype html>")
	f("/dashboards", 200, html, "<!doctype html>")
	f("/dashboards/7c1f4f0e-9c56-4d3c-8c5a-0101b6d11b2c", 200, html, "<!doctype html>")
	f("/dashboards/x/y", 404, html, "<!doctype html>")
	f("/assets/main-1a2b3c.js", 200, "text/javascript; charset=utf-8", "console.log")
	f("/favicon.svg", 200, "image/svg+xml", "<svg/>")
	f("/assets/gone.js", 404, html, "File does not exist, or is not accessible: assets/gone.js")
	f("/.gitkeep", 404, html, "File does not exist")
	f("/a%20b.html", 400, html, "Filename contains invalid characters: a b.html")
	f("/%3Cb%3E.html", 400, html, "Filename contains invalid characters: &lt;b&gt;.html")
	f("/../etc/passwd", 400, html, "Relative filenames are not supported: ")
	f("/%2e%2e/etc/passwd", 400, html, "Relative filenames are not supported: ")
}

func TestPagesCaching(t *testing.T) {
	h := testPages(t)
	w := get(h, "GET", "/")
	etag := w.Header().Get("ETag")
	if w.Header().Get("Cache-Control") != "no-cache" || etag == "" {
		t.Errorf("index: %v", w.Header())
	}
	if w = get(h, "GET", "/", "If-None-Match", etag); w.Code != 304 || w.Body.Len() != 0 {
		t.Errorf("index again: %d", w.Code)
	}
	if w = get(h, "GET", "/assets/main-1a2b3c.js"); w.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" {
		t.Errorf("asset: %v", w.Header())
	}
	w = get(h, "GET", "/assets/main-1a2b3c.js", "Accept-Encoding", "br, gzip")
	if w.Header().Get("Content-Encoding") != "gzip" || w.Header().Get("ETag") == "" {
		t.Errorf("compressed asset: %v", w.Header())
	}
	z, err := gzip.NewReader(bytes.NewReader(w.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(z); err != nil || string(b) != script {
		t.Errorf("compressed asset: %.40q %v", b, err)
	}
	if w := get(h, "GET", "/assets/main-1a2b3c.js", "Accept-Encoding", "gzip;q=0"); w.Header().Get("Content-Encoding") != "" {
		t.Error("a client that refuses gzip gets it")
	}
	if w := get(h, "GET", "/nope", "If-None-Match", get(h, "GET", "/").Header().Get("ETag")); w.Code != 404 {
		t.Errorf("a place that is none, known to the client: %d", w.Code)
	}
	plain := testPages(t, func(o *Options) { o.Gzip = func() bool { return false } })
	w = get(plain, "GET", "/assets/main-1a2b3c.js", "Accept-Encoding", "br, gzip")
	if w.Header().Get("Content-Encoding") != "" || w.Body.String() != script {
		t.Errorf("compressed although it must not be: %v", w.Header())
	}
}

func TestPagesHeaders(t *testing.T) {
	h := testPages(t)
	w := get(h, "GET", "/")
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff",
		"X-Frame-Options":        "SAMEORIGIN",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if csp := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'self';") {
		t.Errorf("policy %q", csp)
	}
	if w = get(h, "HEAD", "/"); w.Code != 200 || w.Body.Len() != 0 || w.Header().Get("Content-Length") != "31" {
		t.Errorf("HEAD: %d %v", w.Code, w.Header())
	}
	if w = get(h, "DELETE", "/"); w.Code != 405 {
		t.Errorf("DELETE: %d", w.Code)
	}
}

// TestEmbedded: the binary has an index whether the application has been built or not.
func TestEmbedded(t *testing.T) {
	h, err := Handler(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if w := get(h, "GET", "/"); w.Code != 200 || !strings.Contains(strings.ToLower(w.Body.String()), "<!doctype html>") {
		t.Errorf("index: %d %.60q", w.Code, w.Body.String())
	}
	p, err := newPages(fstest.MapFS{".gitkeep": {}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if w := get(p, "GET", "/"); w.Code != 200 || !strings.Contains(w.Body.String(), "make build") {
		t.Errorf("not built: %d %q", w.Code, w.Body.String())
	}
}
