package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"foster/internal/throttle"
	"foster/replication/receiver"
	"foster/server/config"
	"foster/storage"
)

// Server is a running parent. Start is called once, and Stop after it has returned; the other methods may be used at any
// time, from any goroutine.
type Server struct {
	opts     Options
	log      *slog.Logger
	level    *slog.LevelVar
	resolver resolver
	throttle throttle.Throttle

	config    atomic.Pointer[config.Config]
	tls       atomic.Pointer[certificate] // nil without a certificate
	certEvery time.Duration               // see certificate.every

	registry *prometheus.Registry
	metrics  *metrics

	guid     string
	hostname string
	firstKey string // the API key this start has made; empty when there was a stream.conf

	listeners listeners
	handoff   *handoff
	http      *http.Server
	handler   atomic.Pointer[http.Handler] // nil until the store is open
	receiver  atomic.Pointer[receiver.Receiver]
	store     *storage.Store // set before receiver and handler
	ready     chan struct{}  // closed when receiver and handler are set
	patience  time.Duration  // see the constant; tests have less
	sockets   atomic.Int64   // connections open

	background context.Context // of what runs until Stop
	stop       context.CancelFunc
	requests   context.Context // of HTTP requests, which Stop lets end
	abort      context.CancelFunc
	wg         sync.WaitGroup

	reloadMu sync.Mutex // one reload at a time, none after Stop; guards stopped
	stopped  bool
	stopOnce sync.Once
	stopErr  error

	snapshot sync.Mutex // held while a snapshot is written

	alerts alerts
}

// Socket is an open listening socket.
type Socket struct {
	Addr net.Addr
	Bind config.Bind // the item of [web] bind to
}

// New reads the configuration and prepares a Server. Without a stream.conf it writes one with a fresh API key. Nothing is
// listened on and no data is touched before Start.
func New(opts Options) (*Server, error) {
	if err := opts.setDefaults(); err != nil {
		return nil, err
	}
	s := &Server{ready: make(chan struct{}), patience: patience,
		opts: opts, level: new(slog.LevelVar), resolver: systemResolver(), handoff: newHandoff(), certEvery: checkCertificateEvery,
	}
	key, err := firstRun(opts.ConfigDir)
	if err != nil {
		return nil, err
	}
	s.firstKey = key
	cfg, problems := config.Load(opts.ConfigDir)
	s.log = s.newLogger(cfg)
	s.report(problems)
	if err := s.complete(cfg); err != nil {
		return nil, err
	}
	s.config.Store(cfg)
	s.hostname = cfg.Server.Global.Hostname
	if s.hostname == "" {
		if s.hostname, err = os.Hostname(); err != nil {
			return nil, fmt.Errorf("read the host's name: %w", err)
		}
	}
	s.registry = prometheus.NewRegistry()
	s.metrics = newMetrics(s.registry, s)
	s.listeners.handle, s.listeners.log = s.handle, s.log
	return s, nil
}

// firstRun writes a stream.conf with a fresh API key, which it returns, when dir has none.
func firstRun(dir string) (key string, err error) {
	_, err = os.Stat(filepath.Join(dir, config.StreamFile))
	switch {
	case err == nil:
		return "", nil
	case !errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("read the configuration: %w", err)
	}
	key = uuid.NewString()
	if err := config.CreateStreamConf(dir, key); err != nil {
		return "", fmt.Errorf("write the first %s: %w", config.StreamFile, err)
	}
	return key, nil
}

func (s *Server) newLogger(cfg *config.Config) *slog.Logger {
	s.level.Set(cfg.Server.Logs.Level)
	format := s.opts.LogFormat
	if format == "" {
		format = string(cfg.Server.Logs.Format)
	}
	options := &slog.HandlerOptions{Level: s.level}
	if format == string(config.LogJSON) {
		return slog.New(slog.NewJSONHandler(s.opts.Output, options))
	}
	return slog.New(slog.NewTextHandler(s.opts.Output, options))
}

func (s *Server) report(problems []config.Problem) {
	for _, p := range problems {
		level := slog.LevelWarn
		if p.Severity == config.Error {
			level = slog.LevelError
		}
		s.log.Log(context.Background(), level, "configuration: "+p.String())
	}
}

// FirstKey returns the API key that New has made, "" when the configuration had a stream.conf.
func (s *Server) FirstKey() string { return s.firstKey }

// APIKey returns an API key that children may use, "" when there is none.
func (s *Server) APIKey() string {
	if keys := s.config.Load().Stream.EnabledKeys(); len(keys) > 0 {
		return keys[0]
	}
	return ""
}

// Sockets returns the sockets the server listens on, in the order of the configuration.
func (s *Server) Sockets() []Socket { return s.listeners.opened() }

// TLS says whether there is a certificate.
func (s *Server) TLS() bool { return s.tls.Load() != nil }

// Logger returns the logger of the server.
func (s *Server) Logger() *slog.Logger { return s.log }

// Start listens, opens the store and admits children. While the store is being opened, requests and children are told to
// try again. When Start fails, everything it began has been ended.
func (s *Server) Start(ctx context.Context) (err error) {
	defer func() {
		if err != nil {
			stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			err = errors.Join(err, s.Stop(stopCtx))
		}
	}()
	if err := s.listen(ctx); err != nil {
		return err
	}
	if err := s.open(ctx); err != nil {
		return err
	}
	if every := watchdogInterval(); every > 0 {
		s.wg.Go(func() { s.watchdog(s.background, every) })
	}
	s.notify(ctx, "READY=1")
	var addrs []string
	for _, socket := range s.Sockets() {
		addrs = append(addrs, socket.Addr.String())
	}
	s.log.Info("foster is ready", "version", s.opts.Version, "listen", strings.Join(addrs, " "), "tls", s.TLS(), "data", s.opts.DataDir,
		"hosts", s.store.Catalog().Len(), "api_keys", len(s.config.Load().Stream.EnabledKeys()))
	return nil
}

// Stop ends everything in order: no new connections, children, requests, store. When ctx ends, what is left is cut off.
// It is harmless to call it twice.
func (s *Server) Stop(ctx context.Context) error {
	s.stopOnce.Do(func() { s.stopErr = s.end(ctx) })
	return s.stopErr
}

// requestsGrace is the part of the time to stop that requests being answered get.
const requestsGrace = 3 * time.Second

func (s *Server) end(ctx context.Context) error {
	s.reloadMu.Lock()
	s.stopped = true
	s.reloadMu.Unlock()
	s.notify(ctx, "STOPPING=1")
	s.listeners.close()

	s.stopAlerts(ctx)

	var errs []error
	if rec := s.receiver.Load(); rec != nil {
		if err := rec.Close(ctx); err != nil {
			errs = append(errs, err)
		}
	}
	if s.stop != nil {
		s.stop() // ends live streams, and connections that have not asked for anything
	}
	if s.http != nil {
		grace, cancel := context.WithTimeout(ctx, requestsGrace)
		if err := s.http.Shutdown(grace); err != nil {
			s.log.Warn("requests are cut off", "error", err)
			_ = s.http.Close()
		}
		cancel()
	}
	if s.abort != nil {
		s.abort()
	}
	_ = s.handoff.Close()
	if err := wait(ctx, s.wg.Wait, s.listeners.wait); err != nil {
		errs = append(errs, err)
	}
	var unwritten error
	if err := wait(ctx, func() { unwritten = s.closeAlerts(ctx) }); err != nil {
		s.log.Warn("the alert log is not closed yet: its newest entries may be lost")
	} else if unwritten != nil {
		errs = append(errs, unwritten)
	}
	if s.store != nil {
		var closed error
		if err := wait(ctx, func() { closed = s.store.Close() }); err != nil {
			// What it keeps in memory is in its logs.
			s.log.Warn("the store is not closed yet and is left as if foster had been killed: the next start takes longer")
		} else if closed != nil {
			errs = append(errs, fmt.Errorf("close the store: %w", closed))
		}
		s.log.Info("foster has stopped")
	}
	return errors.Join(errs...)
}

// wait waits for all of them, but not longer than ctx.
func wait(ctx context.Context, all ...func()) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, wait := range all {
			wait()
		}
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for connections to end: %w", ctx.Err())
	}
}

func (s *Server) watchdog(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			s.notify(ctx, "WATCHDOG=1")
		}
	}
}
