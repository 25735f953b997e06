// Package web serves the pages: a single-page application, built by `make build` from the sources in ui/ and embedded in
// the binary. The pages talk to the API of package api only; anything they show, a script can read.
package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"

	"foster/internal/accept"
)

//go:embed all:ui/dist
var embedded embed.FS

// Options configures Handler.
type Options struct {
	// FrameOptions is the X-Frame-Options header, "" to let any page embed ours.
	FrameOptions string
	// Gzip says whether files may be sent compressed; nil: always. They are compressed once, so there is no level.
	Gzip func() bool
}

// Handler returns the handler of the embedded pages.
func Handler(o Options) (http.Handler, error) {
	dist, err := fs.Sub(embedded, "ui/dist")
	if err != nil {
		return nil, fmt.Errorf("open the embedded pages: %w", err)
	}
	return newPages(dist, o)
}

// file is a file of the application, ready to be sent.
type file struct {
	name        string
	contentType string
	etag        string
	immutable   bool   // its name contains a hash of its content
	plain       []byte // nil when there is zipped: who wants it plain has it read from the program again
	zipped      []byte // nil when compression does not pay
}

// pages serves the files of the application. A path without extension is a place inside the application: its index
// answers, and the application reads the path.
type pages struct {
	dist    fs.FS
	files   map[string]*file // by path without leading slash
	options Options
}

const index = "index.html"

// places are the paths at which the application has something to show, as its router knows them (ui/src/state/router.ts).
// Those of hosts arrive here without their prefix.
var places = map[string]bool{"": true, index: true, "alerts": true, "explore": true, "streaming": true, "dashboards": true}

// isPlace says whether a path is one of places, or that of a dashboard.
func isPlace(name string) bool {
	id, below := strings.CutPrefix(name, "dashboards/")
	return places[name] || below && !strings.Contains(id, "/")
}

func newPages(dist fs.FS, o Options) (*pages, error) {
	if o.Gzip == nil {
		o.Gzip = func() bool { return true }
	}
	p := &pages{dist: dist, files: map[string]*file{}, options: o}
	err := fs.WalkDir(dist, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(entry.Name(), ".") {
			return err
		}
		content, err := fs.ReadFile(dist, name)
		if err != nil {
			return err
		}
		f, err := newFile(name, content)
		p.files[name] = f
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the pages: %w", err)
	}
	if p.files[index] == nil {
		p.files[index] = notBuilt()
	}
	return p, nil
}

func newFile(name string, content []byte) (*file, error) {
	sum := sha256.Sum256(content)
	f := &file{name: name, contentType: contentType(name), etag: hex.EncodeToString(sum[:12]), plain: content,
		immutable: strings.HasPrefix(name, "assets/")}
	if len(content) < 512 {
		return f, nil
	}
	var b strings.Builder
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(content); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	if b.Len() < len(content)*9/10 {
		f.zipped, f.plain = []byte(b.String()), nil
	}
	return f, nil
}

// contentType does not leave to the machine what a browser must know.
func contentType(name string) string {
	switch ext := path.Ext(name); ext {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".json", ".map":
		return "application/json; charset=utf-8"
	case ".woff2":
		return "font/woff2"
	default:
		if t := mime.TypeByExtension(ext); t != "" {
			return t
		}
		return "application/octet-stream"
	}
}

// notBuilt is the index of a binary that was built without the application.
func notBuilt() *file {
	return &file{contentType: "text/html; charset=utf-8", etag: "not-built", plain: []byte(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>foster</title>
<p>This foster was built without its pages. Run <code>make build</code> to build both.</p>
<p>The API is there all the same: <a href="/api/foster/v1/hosts">hosts</a>, <a href="/api/v1/info">info</a>.</p>
</html>
`)}
}

// resolve returns the file for a path and its status, or the status and the message of an error, which are those of
// agents. A path without extension that is no place of the application gets it all the same, to say so, with status 404.
func (p *pages) resolve(name string) (f *file, status int, message string) {
	name = strings.Trim(name, "/")
	for _, c := range name {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '/', c == '.', c == '-', c == '_':
		default:
			return nil, http.StatusBadRequest, "Filename contains invalid characters: " + name
		}
	}
	if strings.Contains(name, "..") {
		return nil, http.StatusBadRequest, "Relative filenames are not supported: " + name
	}
	if f := p.files[name]; f != nil {
		return f, http.StatusOK, ""
	}
	if path.Ext(name) == "" {
		status := http.StatusOK
		if !isPlace(name) {
			status = http.StatusNotFound
		}
		return p.files[index], status, ""
	}
	return nil, http.StatusNotFound, "File does not exist, or is not accessible: " + name
}

// ServeHTTP answers with a file of the application.
func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Content-Security-Policy", "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'")
	if p.options.FrameOptions != "" {
		h.Set("X-Frame-Options", p.options.FrameOptions)
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "The pages can only be read.", http.StatusMethodNotAllowed)
		return
	}
	f, status, message := p.resolve(r.URL.Path)
	if f == nil {
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Cache-Control", "no-cache, no-store, must-revalidate")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, html.EscapeString(strings.ToValidUTF8(message, "\ufffd"))) // a client that is gone needs no answer
		return
	}
	h.Set("Content-Type", f.contentType)
	h.Add("Vary", "Accept-Encoding")
	if f.immutable {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	body, etag := f.plain, `"`+f.etag+`"`
	if f.zipped != nil && p.options.Gzip() && accept.Gzip(r.Header) {
		body, etag = f.zipped, `"`+f.etag+`-gzip"`
		h.Set("Content-Encoding", "gzip")
	} else if body == nil {
		body, _ = fs.ReadFile(p.dist, f.name) // it could be read before, and is part of the program
	}
	h.Set("ETag", etag)
	if match := r.Header.Get("If-None-Match"); status == http.StatusOK && match != "" && strings.Contains(match, etag) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method == http.MethodGet {
		_, _ = w.Write(body) // a client that is gone needs no answer
	}
}
