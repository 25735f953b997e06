package server

import (
	"io"
	"net/http"
	"net/http/pprof"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"foster/server/config"
)

// connKey is the key of the *conn in the context of a request.
type connKey struct{}

// serveHTTP answers a request: the checks of the connection first, then the routes, once the store is open.
func (s *Server) serveHTTP(w http.ResponseWriter, r *http.Request) {
	cfg := s.config.Load()
	c := r.Context().Value(connKey{}).(*conn)
	if !c.tls && s.tls.Load() != nil && c.bind.SSL != config.SSLOptional {
		http.Redirect(w, r, "https://"+r.Host+r.URL.RequestURI(), http.StatusMovedPermanently)
		return
	}
	if !c.may(r.Context(), service(r.URL.Path), &cfg.Server.Web) {
		http.Error(w, "You are not allowed to access this resource.", http.StatusForbidden)
		return
	}
	if h := s.handler.Load(); h != nil {
		(*h).ServeHTTP(w, r)
		return
	}
	s.initializing(w, r)
}

// service returns the service, as bind to and allow … from name it, that a path belongs to.
func service(path string) config.ACL {
	if rest, ok := strings.CutPrefix(path, "/host/"); ok {
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			path = rest[i:]
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
	switch r.URL.Path {
	case "/healthz":
		healthz(w, r)
	case "/metrics":
		s.serveMetrics(w, r)
	default:
		w.Header().Set("Retry-After", "2")
		http.Error(w, "foster is starting: the store is being opened", http.StatusServiceUnavailable)
	}
}

// routes puts foster's own endpoints before those of the API and the pages.
func (s *Server) routes(api http.Handler) http.Handler {
	r := chi.NewRouter()
	r.Use(middleware.Recoverer, s.observe)
	r.Get("/healthz", healthz)
	r.Get("/readyz", healthz)
	r.Get("/metrics", s.serveMetrics)
	r.Get("/debug/pprof/profile", pprof.Profile)
	r.Get("/debug/pprof/trace", pprof.Trace)
	r.Get("/debug/pprof/*", pprof.Index)
	r.Mount("/", api)
	return r
}

func healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "ok\n")
}

func (s *Server) serveMetrics(w http.ResponseWriter, r *http.Request) {
	promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{}).ServeHTTP(w, r)
}

// observe measures how long requests take, by command.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ww := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		start := time.Now()
		next.ServeHTTP(ww, r)
		command := command(r.URL.Path)
		if command == "live" {
			return // lasts as long as its client likes
		}
		s.metrics.requests.WithLabelValues(command, strconv.Itoa(ww.Status())).Observe(time.Since(start).Seconds())
	})
}

// commands are the names under which requests are counted; all others are "other".
var commands = map[string]string{
	"info": "info", "charts": "charts", "chart": "chart", "data": "data", "stream_info": "stream_info", "functions": "functions",
	"hosts": "hosts", "live": "live", "metrics": "metrics", "healthz": "healthz", "readyz": "readyz",
}

func command(path string) string {
	if name, ok := commands[path[strings.LastIndexByte(path, '/')+1:]]; ok {
		return name
	}
	return "other"
}
