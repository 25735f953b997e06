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
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"foster/replication/receiver"
	"foster/replication/wire"
	"foster/server/config"
	"foster/storage"
	"foster/web"
	"foster/web/api"
)

// Server is a running parent. Its methods may be used from any goroutine.
type Server struct {
	opts  Options
	log   *slog.Logger
	level *slog.LevelVar

	config atomic.Pointer[config.Config]
	tls    atomic.Pointer[certificate]

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
	ready     chan struct{} // closed when receiver is set
	store     *storage.Store
	sockets   atomic.Int64

	reloadMu sync.Mutex         // one reload at a time
	stop     context.CancelFunc // ends what runs in the background
	wg       sync.WaitGroup
	stopOnce sync.Once
	stopErr  error
}

// New reads the configuration and prepares a Server. Nothing is listened on and no data is touched before Start.
func New(opts Options) (*Server, error) {
	if err := opts.setDefaults(); err != nil {
		return nil, err
	}
	s := &Server{opts: opts, level: new(slog.LevelVar), handoff: newHandoff(), ready: make(chan struct{})}
	s.listeners.handle = s.handle
	key, err := firstRun(opts.ConfigDir)
	if err != nil {
		return nil, err
	}
	s.firstKey = key
	cfg, problems := config.Load(opts.ConfigDir)
	if err := s.override(cfg); err != nil {
		return nil, err
	}
	s.log = s.newLogger(cfg)
	s.report(problems)
	s.config.Store(cfg)
	s.hostname = cfg.Server.Global.Hostname
	if s.hostname == "" {
		if s.hostname, err = os.Hostname(); err != nil {
			return nil, fmt.Errorf("read the host's name: %w", err)
		}
	}
	s.registry = prometheus.NewRegistry()
	s.metrics = newMetrics(s.registry, s)
	return s, nil
}

// firstRun writes a stream.conf with a fresh API key, which it returns, when dir has none.
func firstRun(dir string) (key string, err error) {
	_, err = os.Stat(filepath.Join(dir, config.StreamFile))
	if !errors.Is(err, fs.ErrNotExist) {
		return "", nil // unreadable files are reported when they are loaded
	}
	key = uuid.NewString()
	if err := config.CreateStreamConf(dir, key); err != nil {
		return "", fmt.Errorf("write the first %s: %w", config.StreamFile, err)
	}
	return key, nil
}

// override applies the command line to the configuration.
func (s *Server) override(cfg *config.Config) error {
	if s.opts.Listen != "" {
		binds, err := config.ParseBinds(s.opts.Listen, cfg.Server.Web.DefaultPort)
		if err != nil {
			return fmt.Errorf("listen option: %w", err)
		}
		cfg.Server.Web.Bind = binds
		cfg.Server.Web.Enabled = true
	}
	return nil
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

// Addrs returns the addresses the server listens on.
func (s *Server) Addrs() []net.Addr { return s.listeners.addrs() }

// Start listens, opens the store and admits children. While the store is being opened, requests and children are told to
// try again. When Start fails, everything it began has been ended.
func (s *Server) Start(ctx context.Context) (err error) {
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = cancel
	defer func() {
		if err != nil {
			stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			err = errors.Join(err, s.Stop(stopCtx))
		}
	}()
	cfg := s.config.Load()
	if err := os.MkdirAll(s.opts.DataDir, 0o750); err != nil {
		return fmt.Errorf("make the data directory: %w", err)
	}
	if s.guid, err = machineGUID(s.opts.DataDir); err != nil {
		return err
	}
	cert, err := loadCertificate(&cfg.Server.Web, s.log)
	if err != nil {
		return err
	}
	s.tls.Store(cert)

	s.http = &http.Server{
		Handler:           http.HandlerFunc(s.serveHTTP),
		ReadHeaderTimeout: orDefault(cfg.Server.Web.FirstRequestTimeout, time.Minute),
		IdleTimeout:       cfg.Server.Web.IdleTimeout,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return background },
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, c.(*conn))
		},
	}
	s.wg.Go(func() {
		if err := s.http.Serve(s.handoff); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			s.log.Error("the HTTP server has ended", "error", err)
		}
	})
	if cfg.Server.Web.Enabled {
		if err := s.listeners.set(ctx, cfg.Server.Web.Bind); err != nil {
			return err
		}
	} else {
		s.log.Warn("[web] mode = none: nothing is listened on")
	}

	if err := s.open(ctx, background, cfg); err != nil {
		return err
	}
	if every := watchdogInterval(); every > 0 {
		s.wg.Go(func() { s.watchdog(background, every) })
	}
	notifySystemd(ctx, "READY=1")
	var addrs []string
	for _, a := range s.Addrs() {
		addrs = append(addrs, a.String())
	}
	s.log.Info("foster is ready", "version", s.opts.Version, "listen", strings.Join(addrs, " "), "data", s.opts.DataDir,
		"hosts", s.store.Catalog().Len(), "api_keys", len(cfg.Stream.EnabledKeys()))
	return nil
}

// forever is the retention of a tier without a time limit.
const forever = 100 * 365 * 24 * time.Hour

func orDefault(d, other time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return other
}

// open opens the store and puts the receiver and the API on top of it.
func (s *Server) open(ctx, background context.Context, cfg *config.Config) error {
	so := storage.DefaultOptions()
	so.Dir = s.opts.DataDir
	so.Logger = s.log
	so.Registerer = s.registry
	tier0 := cfg.Server.DB.Tiers[0]
	so.Tier0 = storage.Retention{Time: orDefault(tier0.RetentionTime, forever), Bytes: int64(min(tier0.RetentionSize, 1<<62))}
	so.ReplicationPeriod = max(so.ReplicationPeriod, cfg.Server.DB.ReplicationPeriod)
	store, err := storage.Open(ctx, so)
	if err != nil {
		return fmt.Errorf("open the data directory %s: %w", s.opts.DataDir, err)
	}
	s.store = store

	rec, err := receiver.New(receiver.Options{
		Store: store, GUID: s.guid, Hostname: s.hostname, Logger: s.log,
		Rules:       s.rules,
		AcceptEvery: func() time.Duration { return s.config.Load().Server.Web.AcceptStreamEvery },
	})
	if err != nil {
		return err
	}

	ao := api.DefaultOptions()
	ao.Store = store
	ao.Log = s.log
	ao.APIKeys = func() int { return len(s.config.Load().Stream.EnabledKeys()) }
	ao.Self = api.Self{
		GUID: s.guid, Hostname: s.hostname, Version: s.opts.Version, OS: runtime.GOOS,
		Timezone: timezone(cfg), MemoryMode: string(cfg.Server.DB.Mode),
		SystemInfo: map[string]string{}, HTTPS: s.tls.Load() != nil,
		Compression: cfg.Stream.Send.Compression, DiskQuota: int64(tier0.RetentionSize >> 20),
	}
	if ao.Page, err = web.Handler(web.Options{FrameOptions: cfg.Server.Web.XFrameOptions}); err != nil {
		return fmt.Errorf("prepare the page: %w", err)
	}
	a, err := api.New(ao)
	if err != nil {
		return err
	}
	s.wg.Go(func() { a.Run(background) })

	var handler http.Handler = s.routes(a)
	s.handler.Store(&handler)
	s.receiver.Store(rec)
	close(s.ready)
	return nil
}

func timezone(cfg *config.Config) string {
	if tz := cfg.Server.Global.Timezone; tz != "" {
		return tz
	}
	return time.Local.String()
}

// rules translates the configuration in force for the receiver.
func (s *Server) rules(key, guid string) receiver.Rules {
	cfg := s.config.Load()
	k, keyKnown := cfg.Stream.Key(key)
	m, _ := cfg.Stream.Machine(guid)
	child := cfg.Child(key, guid)
	allow := func(o config.KeyOptions) func(string) bool {
		return func(ip string) bool {
			return o.AllowFrom.Match(ip) || isLoopback(ip) && o.AllowFrom.Match("localhost")
		}
	}
	r := receiver.Rules{
		// A key without a section is not enabled; that is what it is refused for.
		KeyIsAPI: !keyKnown || !k.WrongType, KeyEnabled: k.Enabled, KeyAllows: allow(k),
		MachineIsMachine: !m.WrongType, MachineEnabled: m.Enabled, MachineAllows: allow(m),
		Child: receiver.Child{
			Replication: child.Replication, ReplicationPeriod: child.ReplicationPeriod, ReplicationStep: child.ReplicationStep,
			UpdateEvery: int64(child.UpdateEvery), Ephemeral: child.Ephemeral, MemoryMode: string(child.Mode),
		},
	}
	if child.Compression {
		for _, name := range child.CompressionOrder {
			r.Child.Compressions = append(r.Child.Compressions, compressionBits[name])
		}
	}
	return r
}

var compressionBits = map[string]wire.Caps{"zstd": wire.ZSTD, "lz4": wire.LZ4, "gzip": wire.GZIP, "brotli": wire.Brotli}

func isLoopback(ip string) bool {
	parsed := net.ParseIP(ip)
	return ip == "localhost" || parsed != nil && parsed.IsLoopback()
}

// Reload reads the configuration again. One that has an error leaves everything as it is; connections stay in any case.
func (s *Server) Reload(ctx context.Context) error {
	s.reloadMu.Lock()
	defer s.reloadMu.Unlock()
	notifySystemd(ctx, reloading())
	defer notifySystemd(ctx, "READY=1")
	cfg, problems := config.Load(s.opts.ConfigDir)
	s.report(problems)
	for _, p := range problems {
		if p.Severity == config.Error {
			return fmt.Errorf("reload: the configuration has an error, nothing is changed: %s", p)
		}
	}
	if err := s.override(cfg); err != nil {
		return fmt.Errorf("reload: %w", err)
	}
	cert, err := loadCertificate(&cfg.Server.Web, s.log)
	if err != nil {
		return fmt.Errorf("reload: %w", err)
	}
	var binds []config.Bind
	if cfg.Server.Web.Enabled {
		binds = cfg.Server.Web.Bind
	}
	if err := s.listeners.set(ctx, binds); err != nil {
		return fmt.Errorf("reload: %w", err)
	}
	s.level.Set(cfg.Server.Logs.Level)
	s.tls.Store(cert)
	s.config.Store(cfg)
	s.log.Info("configuration reloaded", "api_keys", len(cfg.Stream.EnabledKeys()))
	return nil
}

// Stop ends everything in order: no new connections, children, requests, store. It is harmless to call it twice.
func (s *Server) Stop(ctx context.Context) error {
	s.stopOnce.Do(func() {
		notifySystemd(ctx, "STOPPING=1")
		s.listeners.close()
		var errs []error
		if rec := s.receiver.Load(); rec != nil {
			if err := rec.Close(ctx); err != nil {
				errs = append(errs, err)
			}
		}
		if s.stop != nil {
			s.stop() // ends live streams
		}
		if s.http != nil {
			if err := s.http.Shutdown(ctx); err != nil {
				errs = append(errs, fmt.Errorf("end the HTTP requests: %w", err), s.http.Close())
			}
		}
		_ = s.handoff.Close()
		s.wg.Wait()
		s.listeners.wait()
		if s.store != nil {
			if err := s.store.Close(); err != nil {
				errs = append(errs, fmt.Errorf("close the store: %w", err))
			}
		}
		s.stopErr = errors.Join(errs...)
		s.log.Info("foster has stopped")
	})
	return s.stopErr
}

func (s *Server) watchdog(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			notifySystemd(ctx, "WATCHDOG=1")
		}
	}
}

// handle takes a connection that a listener has accepted.
func (s *Server) handle(raw net.Conn, bind config.Bind) {
	cfg := s.config.Load()
	c := newConn(raw, bind)
	if n := s.sockets.Add(1); n > int64(cfg.Server.Web.MaxSockets) {
		s.sockets.Add(-1)
		s.metrics.refused.Inc()
		_ = raw.Close()
		return
	}
	c.Conn = &countedConn{Conn: raw, count: &s.sockets}
	ctx, cancel := context.WithCancel(s.http.BaseContext(nil))
	defer cancel()
	if !c.allowed(ctx, cfg.Server.Web.Allow.Connections) {
		_ = c.Close()
		return
	}
	isStream, err := c.sniff(s.tls.Load().config(&cfg.Server.Web), orDefault(cfg.Server.Web.FirstRequestTimeout, time.Minute))
	if err != nil {
		s.log.Debug("connection without a request", "peer", c.addr, "error", err)
		_ = c.Close()
		return
	}
	if !isStream {
		s.handoff.give(c)
		return
	}
	s.stream(ctx, c, cfg)
}

// stream takes a connection that opens with a STREAM request.
func (s *Server) stream(ctx context.Context, c *conn, cfg *config.Config) {
	refuse := func(text, why string) {
		s.log.Warn(fmt.Sprintf("STREAM [receive from %s]: %s", c.addr, why), "ip", c.ip)
		_ = c.SetDeadline(time.Now().Add(5 * time.Second))
		_, _ = c.Write([]byte(text))
		_ = c.Close()
	}
	rec := s.receiver.Load()
	switch {
	case !c.may(ctx, config.ACLStreaming, &cfg.Server.Web):
		refuse(forbiddenStream,
			"streaming is not permitted from this IP on this port. Forbidding access.")
	case c.bind.SSL == config.SSLForce && !c.tls && s.tls.Load() != nil:
		refuse(plainStream, "this port accepts encrypted streams only (SSL=force)")
	default:
		if rec == nil {
			if rec = s.awaitReceiver(ctx); rec == nil {
				refuse(wire.RejectInitializing, "the server is initializing")
				return
			}
		}
		_ = rec.Serve(ctx, c, receiver.Peer{Addr: c.addr, IP: c.ip, TLS: c.tls}) // which logs
	}
}

// awaitReceiver waits a while for the store to be open. Children before v1.40 do not know the text that says so, and stay
// away for a minute when they read it.
func (s *Server) awaitReceiver(ctx context.Context) *receiver.Receiver {
	timer := time.NewTimer(initializingWait)
	defer timer.Stop()
	select {
	case <-s.ready:
		return s.receiver.Load()
	case <-timer.C:
	case <-ctx.Done():
	}
	return nil
}

// initializingWait is how long a child waits for a starting parent; children give it 60 seconds or more.
const initializingWait = 40 * time.Second

// The answers to streams that do not reach the receiver: HTTP, as agents give it.
const (
	forbiddenStream = "HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" +
		"You are not allowed to access this resource.\r\n"
	plainStream = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" +
		"This port accepts encrypted connections only.\r\n"
)

// countedConn takes itself off the count of open sockets when it is closed.
type countedConn struct {
	net.Conn
	count *atomic.Int64
	once  sync.Once
}

// Close implements net.Conn.
func (c *countedConn) Close() error {
	c.once.Do(func() { c.count.Add(-1) })
	return c.Conn.Close()
}

// Logger returns the logger of the server.
func (s *Server) Logger() *slog.Logger { return s.log }
