package server

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/pprof"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"foster/server/config"
	"foster/web/prom"
)

// connKey is the key of the *conn in the context of a request.
type connKey struct{}

// forbidden is what agents answer to those whom allow … from does not name.
const forbidden = "You are not allowed to access this resource."

// bodyTimeout bounds the time to read the body of a request. Nothing here needs one; what is left of it is read before
// the next request of the connection.
const bodyTimeout = 30 * time.Second

// serveHTTP answers a request: the checks of the connection first, then the routes, once the store is open.
func (s *Server) serveHTTP(w http.ResponseWriter, r *http.Request) {
	cfg := s.config.Load()
	c := r.Context().Value(connKey{}).(*conn)
	if r.Body != http.NoBody {
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout))
	}
	question := isStreamInfo(r.URL.Path)
	if s.wantsTLS(c, question) {
		redirectTLS(w, r)
		return
	}
	// A child asks before it connects, on whatever port it is going to use.
	allowed := question && c.may(r.Context(), config.ACLStreaming, cfg.Server)
	wanted := service(r.URL.Path)
	if r.Method == http.MethodDelete {
		wanted = config.ACLManagement
	}
	if !allowed && !c.may(r.Context(), wanted, cfg.Server) {
		http.Error(w, forbidden, http.StatusForbidden)
		return
	}
	if s.forAnother(w, r) {
		return
	}
	if h := s.handler.Load(); h != nil {
		(*h).ServeHTTP(w, r)
		return
	}
	s.initializing(w, r)
}

// mayManage says whether the client of a request may use the service management.
func (s *Server) mayManage(r *http.Request) bool {
	c := r.Context().Value(connKey{}).(*conn)
	return c.may(r.Context(), config.ACLManagement, s.config.Load().Server)
}

// wantsTLS says whether a request has to be repeated over TLS. Where plain streams are accepted, so is the question of a
// child that prepares one.
func (s *Server) wantsTLS(c *conn, question bool) bool {
	if c.tls || c.bind.Network == "unix" || !s.TLS() {
		return false
	}
	return c.bind.SSL == config.SSLForce || c.bind.SSL == config.SSLDefault && !question
}

// redirectTLS sends the client to the same place over TLS. The port is the same.
func redirectTLS(w http.ResponseWriter, r *http.Request) {
	if r.Host == "" {
		http.Error(w, "This port accepts encrypted connections only.", http.StatusBadRequest)
		return
	}
	// Only path and query are the client's: a request line may hold more than that.
	to := url.URL{Scheme: "https", Host: r.Host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
	if !strings.HasPrefix(to.Path, "/") {
		to.Path, to.RawPath = "/", ""
	}
	http.Redirect(w, r, to.String(), http.StatusMovedPermanently)
}

// isStreamInfo says whether a path is the question that children of v2.2 and later ask before they connect.
func isStreamInfo(path string) bool {
	return path == "/api/v3/stream_info" || path == "/api/v2/stream_info"
}

// service returns the service, as bind to and allow … from name it, that a path belongs to.
func service(path string) config.ACL {
	for _, prefix := range []string{"/host/", "/node/"} {
		if rest, ok := strings.CutPrefix(path, prefix); ok {
			if i := strings.IndexByte(rest, '/'); i >= 0 {
				path = rest[i:]
			}
		}
	}
	switch {
	case path == "/netdata.conf":
		return config.ACLConfig
	case strings.HasSuffix(path, "/badge.svg"):
		return config.ACLBadges
	case strings.HasSuffix(path, "/registry"):
		return config.ACLRegistry
	case strings.Contains(path, "/manage/"), strings.HasPrefix(path, "/debug/"):
		return config.ACLManagement
	}
	return config.ACLDashboard
}

// initializing answers while the store is being opened.
func (s *Server) initializing(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/healthz":
		healthz(w, r)
	case r.URL.Path == "/metrics":
		s.serveMetrics().ServeHTTP(w, r)
	case isStreamInfo(r.URL.Path):
		s.initializingStreamInfo(w)
	default:
		w.Header().Set("Retry-After", "2")
		http.Error(w, "foster is starting: the store is being opened", http.StatusServiceUnavailable)
	}
}

// initializingStreamInfo tells a child to come back: nothing can be said yet of what is stored of it. Children read the
// status and not the status line.
func (s *Server) initializingStreamInfo(w http.ResponseWriter) {
	body, err := json.Marshal(struct {
		Version      int    `json:"version"`
		Status       int    `json:"status"`
		HostID       string `json:"host_id"`
		Nodes        int    `json:"nodes"`
		Receivers    int    `json:"receivers"`
		Nonce        uint32 `json:"nonce"`
		DBStatus     string `json:"db_status"`
		DBLiveness   string `json:"db_liveness"`
		IngestType   string `json:"ingest_type"`
		IngestStatus string `json:"ingest_status"`
		First        int64  `json:"first_time_s"`
		Last         int64  `json:"last_time_s"`
	}{
		Version: 1, Status: http.StatusOK, HostID: s.guid, Nodes: 1, Nonce: rand.Uint32(),
		DBStatus: "initializing", DBLiveness: "stale", IngestType: "child", IngestStatus: "initializing",
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // a child that is gone needs no answer
}

// routes puts foster's own endpoints, and those of Prometheus, before those of the API and the pages.
func (s *Server) routes(api, prometheus http.Handler) http.Handler {
	r := chi.NewRouter()
	r.Use(s.observe)
	get := func(path string, h http.Handler) {
		r.Method(http.MethodGet, path, h)
		r.Method(http.MethodHead, path, h)
	}
	get("/healthz", http.HandlerFunc(healthz))
	get("/readyz", http.HandlerFunc(healthz))
	get("/metrics", s.serveMetrics())
	// A page of another site must not be able to make the browser of an operator ask for copies.
	r.Method(http.MethodPost, SnapshotPath, http.NewCrossOriginProtection().Handler(http.HandlerFunc(s.serveSnapshot)))
	get("/debug/pprof/cmdline", http.HandlerFunc(pprof.Cmdline))
	get("/debug/pprof/profile", http.HandlerFunc(pprof.Profile))
	get("/debug/pprof/symbol", http.HandlerFunc(pprof.Symbol))
	get("/debug/pprof/trace", http.HandlerFunc(pprof.Trace))
	get("/debug/pprof/*", http.HandlerFunc(pprof.Index))
	r.Handle(prom.Prefix+"/*", prometheus)
	r.Mount("/", guardDelete(api))
	return r
}

func healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, "ok\n")
}

func (s *Server) serveMetrics() http.Handler {
	return promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug)}) // who scrapes sees what fails
}

// observe measures how long requests take, by command, and answers for those that panic.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ww := middleware.NewWrapResponseWriter(wholeWriter{w, r.Context().Value(connKey{}).(*conn)}, r.ProtoMajor)
		start := time.Now()
		defer func() {
			if fault := recover(); fault != nil {
				if err, ok := fault.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(fault)
				}
				s.log.Error("a request caused a panic", "path", r.URL.Path, "panic", fault, "stack", string(debug.Stack()))
				if ww.Status() == 0 {
					http.Error(ww, "Internal error.", http.StatusInternalServerError)
				}
			}
			command := command(r.URL.Path)
			if command == "live" {
				return // lasts as long as its client likes
			}
			status := ww.Status()
			if status == 0 { // a handler that writes nothing answers 200
				status = http.StatusOK
			}
			s.metrics.requests.WithLabelValues(command, strconv.Itoa(status)).Observe(time.Since(start).Seconds())
		}()
		next.ServeHTTP(ww, r)
	})
}

// commands are the names under which requests are counted; all others are "other".
var commands = map[string]string{
	"info": "info", "charts": "charts", "chart": "chart", "data": "data", "stream_info": "stream_info", "functions": "functions",
	"hosts": "hosts", "live": "live", "metrics": "metrics", "healthz": "healthz", "readyz": "readyz", "snapshot": "snapshot",
	"query": "query", "query_range": "query_range", "series": "series", "labels": "labels", "values": "values", "read": "read",
	"federate": "federate",
	"contexts": "contexts", "context": "context", "allmetrics": "allmetrics", "badge.svg": "badge.svg", "registry": "registry", "weights": "weights", "metric_correlations": "metric_correlations",
	"q": "q", "nodes": "nodes", "node_instances": "node_instances", "versions": "versions", "stream_path": "stream_path", "storage": "storage", "fleet": "fleet", "streaming": "streaming", "openapi.json": "openapi.json",
}

func command(path string) string {
	if name, ok := commands[path[strings.LastIndexByte(path, '/')+1:]]; ok {
		return name
	}
	return "other"
}
