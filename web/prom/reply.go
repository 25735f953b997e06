package prom

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/util/annotations"
)

// result is the answer to a command.
type result struct {
	data  any          // anything that has a form in JSON
	value parser.Value // what a query has returned, instead of data
	stats any          // of the query; nil when they were not asked for
	query string       // to which the notes refer
	notes annotations.Annotations
	done  func() // gives back what the value holds
}

// close may be called again.
func (res *result) close() {
	if res.done != nil {
		res.done()
		res.done = nil
	}
}

// mostNotes is how many warnings, and how many remarks, an answer has.
const mostNotes = 10

// send sends an answer, and closes the result when it is printed. What a query has returned can be large: what is more than
// can be held is sent meanwhile.
func (p *Prom) send(w http.ResponseWriter, r *http.Request, res *result) {
	warnings, infos := res.notes.AsStrings(res.query, mostNotes, mostNotes)
	var data, tail []byte
	var err error
	if res.value == nil {
		data, err = json.Marshal(res.data)
	} else if res.stats != nil {
		data, err = json.Marshal(res.stats)
	}
	if err == nil {
		tail, err = json.Marshal(struct {
			Warnings []string `json:"warnings,omitempty"`
			Infos    []string `json:"infos,omitempty"`
		}{warnings, infos})
	}
	if err != nil {
		p.fail(w, r, errorf(internal, "print the answer: %w", err))
		return
	}
	to := newSending(w)
	out := p.body(to, r, "application/json", http.StatusOK)
	rw := resultWriter{write: func(b []byte) error {
		_, err := out.Write(b)
		return err
	}}
	rw.b = append(rw.b, `{"status":"success","data":`...)
	if res.value == nil {
		rw.b = append(rw.b, data...)
	} else {
		if err := rw.result(res.value); err != nil {
			return // the client is gone
		}
		if res.stats != nil {
			rw.b = append(append(rw.b, `,"stats":`...), data...)
		}
		rw.b = append(rw.b, '}')
	}
	if len(tail) > len("{}") {
		rw.b = append(append(rw.b, ','), tail[1:]...)
	} else {
		rw.b = append(rw.b, '}')
	}
	if rw.flush(0) != nil || out.Close() != nil {
		return // the client is gone
	}
	res.close()
	_ = to.flush() // a client that is gone needs no answer
}

// fail answers with an error.
func (p *Prom) fail(w http.ResponseWriter, r *http.Request, err error) {
	k := kindOf(err)
	if k == internal {
		p.opt.Log.Error("a query failed", "path", r.URL.Path, "error", err)
	}
	body, err := json.Marshal(struct {
		Status    string `json:"status"`
		ErrorType string `json:"errorType"`
		Error     string `json:"error"`
	}{"error", k.name, err.Error()})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	out := p.body(w, r, "application/json", k.status)
	_, _ = out.Write(body) // a client that is gone needs no answer
	_ = out.Close()
}

// body begins an answer and returns where its body is written, compressed when the client takes that. The body of the
// answer to HEAD goes nowhere.
func (p *Prom) body(w http.ResponseWriter, r *http.Request, contentType string, status int) io.WriteCloser {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	var out io.WriteCloser = plain{w}
	if r.Method == http.MethodHead {
		out = plain{io.Discard}
	}
	if level := p.opt.GzipLevel(); level > 0 {
		h.Add("Vary", "Accept-Encoding")
		if acceptsGzip(r) {
			if z, err := gzip.NewWriterLevel(out, level); err == nil {
				h.Set("Content-Encoding", "gzip")
				out = z
			}
		}
	}
	w.WriteHeader(status)
	return out
}

// plain is a writer that need not be closed.
type plain struct{ io.Writer }

func (plain) Close() error { return nil }

// acceptsGzip says whether the client takes gzip.
func acceptsGzip(r *http.Request) bool {
	for _, header := range r.Header.Values("Accept-Encoding") {
		for coding := range strings.SplitSeq(header, ",") {
			name, parameters, _ := strings.Cut(coding, ";")
			if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
				continue
			}
			q, found := strings.CutPrefix(strings.ReplaceAll(parameters, " ", ""), "q=")
			if !found {
				return true
			}
			weight, err := strconv.ParseFloat(q, 64)
			return err != nil || weight > 0
		}
	}
	return false
}

// allowOrigin lets pages of any origin read the answer.
func allowOrigin(w http.ResponseWriter, r *http.Request) {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Expose-Headers", "Date")
	h.Add("Vary", "Origin")
}

// options answers a preflight request.
func options(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
	h.Set("Access-Control-Allow-Headers", "Accept, Authorization, Content-Type, Origin")
	w.WriteHeader(http.StatusNoContent)
}
