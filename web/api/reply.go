package api

import (
	"html"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"

	"foster/internal/accept"
)

// Content types.
const (
	typeJSON = "application/json; charset=utf-8"
	typeText = "text/plain; charset=utf-8"
	typeHTML = "text/html; charset=utf-8"
)

// reply is an answer being made. It is complete before a byte is sent, so that every answer has a length and errors have
// a status.
type reply struct {
	encoder
	status      int
	contentType string
	public      bool   // the answer will stay the same: caches may keep it
	plain       bool   // never compressed
	sniffed     bool   // a browser may take the text for what it asked for: a script, whatever the type says
	filename    string // the answer is to be saved under this name
	refresh     int64  // seconds after which a page shall ask again, 0 for never
}

var replies = sync.Pool{New: func() any { return &reply{} }}

// maxPooled is the largest buffer kept for another answer, in bytes.
const maxPooled = 1 << 20

func newReply() *reply {
	rp := replies.Get().(*reply)
	*rp = reply{encoder: encoder{rp.b[:0]}, status: http.StatusOK, contentType: typeJSON}
	return rp
}

func (rp *reply) free() {
	if cap(rp.b) <= maxPooled {
		replies.Put(rp)
	}
}

// fail makes the answer an error: a sentence in plain text, as agents answer.
func (rp *reply) fail(status int, message string) {
	rp.status, rp.contentType, rp.public, rp.filename = status, typeText, false, ""
	rp.b = append(rp.b[:0], message...)
}

// failHTML is fail for the errors that agents answer as text/html.
func (rp *reply) failHTML(status int, message string) {
	rp.fail(status, message)
	rp.contentType = typeHTML
}

// escape returns user input for an error message.
func escape(s string) string {
	return strings.ReplaceAll(html.EscapeString(strings.ToValidUTF8(s, "\ufffd")), "/", "&#x2F;")
}

// gzipWriters are the pools of the levels.
var gzipWriters [gzip.BestCompression + 1]sync.Pool

// send writes the answer, compressed with that level, see Options.GzipLevel, when the client takes that.
func (rp *reply) send(w http.ResponseWriter, r *http.Request, now time.Time, gzipLevel int) {
	h := w.Header()
	h.Set("Content-Type", rp.contentType)
	if !rp.sniffed {
		h.Set("X-Content-Type-Options", "nosniff")
	}
	if rp.filename != "" {
		h.Set("Content-Disposition", `attachment; filename="`+rp.filename+`"`)
	}
	switch {
	case rp.status == http.StatusOK && rp.refresh > 0:
		h.Set("Refresh", strconv.FormatInt(rp.refresh, 10))
		h.Set("Cache-Control", "public")
		h.Set("Expires", now.Add(time.Duration(rp.refresh)*time.Second).UTC().Format(http.TimeFormat))
	case rp.public && rp.status == http.StatusOK:
		h.Set("Cache-Control", "public")
		h.Set("Expires", now.Add(24*time.Hour).UTC().Format(http.TimeFormat))
	default:
		h.Set("Cache-Control", "no-cache, no-store, must-revalidate")
		h.Set("Pragma", "no-cache")
		h.Set("Expires", now.UTC().Format(http.TimeFormat))
	}
	body := rp.b
	if !rp.plain && gzipLevel > 0 {
		h.Add("Vary", "Accept-Encoding")
		if accept.Gzip(r.Header) && len(body) > 0 {
			zipped := newReply()
			defer zipped.free()
			zipped.compress(body, gzipLevel)
			body = zipped.b
			h.Set("Content-Encoding", "gzip")
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(rp.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a client that is gone needs no answer
	}
}

// compress makes the reply's buffer the compressed body.
func (rp *reply) compress(body []byte, level int) {
	z, pooled := gzipWriters[level].Get().(*gzip.Writer)
	if !pooled {
		z, _ = gzip.NewWriterLevel(nil, level) // there is a pool for valid levels only
	}
	defer gzipWriters[level].Put(z)
	z.Reset((*buffer)(&rp.b))
	_, _ = z.Write(body) // writing to memory does not fail
	_ = z.Close()
}

type buffer []byte

func (b *buffer) Write(p []byte) (int, error) {
	*b = append(*b, p...)
	return len(p), nil
}
