package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"foster/health/silence"
	"foster/internal/machine"
	"foster/replication/receiver"
	"foster/server/config"
	"foster/storage"
	"foster/web"
	"foster/web/api"
	"foster/web/dashboards"
	"foster/web/prom"
)

// answerTimeout bounds the time it takes to send one answer, to a client that reads slowly. Live streams have their own
// bound, for each event.
const answerTimeout = 5 * time.Minute

// listen opens the sockets and answers what comes in: that the store is being opened.
func (s *Server) listen(ctx context.Context) error {
	s.background, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	s.requests, s.abort = context.WithCancel(context.WithoutCancel(ctx))
	cfg := s.config.Load()
	if err := os.MkdirAll(s.opts.DataDir, 0o750); err != nil {
		return fmt.Errorf("make the data directory: %w", err)
	}
	var err error
	if s.guid, err = machineGUID(s.opts.DataDir); err != nil {
		return err
	}
	cert, err := newCertificate(&cfg.Server.Web, s.certEvery, s.log)
	if err != nil {
		return err
	}
	s.tls.Store(cert)
	s.warn(cfg, cert)

	s.http = &http.Server{
		Handler:           http.HandlerFunc(s.serveHTTP),
		ReadHeaderTimeout: orDefault(cfg.Server.Web.FirstRequestTimeout, time.Minute),
		WriteTimeout:      answerTimeout,
		IdleTimeout:       cfg.Server.Web.IdleTimeout,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return s.requests },
		ConnState: func(_ net.Conn, state http.ConnState) {
			// A client that asks again at once would go on before all that wait for their turn: reading what is there
			// already is no reason for the scheduler to look after others.
			if state == http.StateIdle {
				runtime.Gosched()
			}
		},
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, c.(*conn))
		},
	}
	s.wg.Go(func() {
		if err := s.http.Serve(s.handoff); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			s.log.Error("the HTTP server has ended", "error", err)
		}
	})
	if !cfg.Server.Web.Enabled {
		return nil
	}
	return s.listeners.open(ctx, cfg.Server.Web.Bind)
}

// forever is the retention of a tier without a time limit.
const forever = 100 * 365 * 24 * time.Hour

// limit returns a size limit as a signed number.
func limit(size uint64) int64 { return int64(min(size, 1<<62)) }

func orDefault(d, other time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return other
}

// StoreOptions returns the options of the store in a data directory as the configuration has them.
func StoreOptions(cfg *config.Config, dataDir string) storage.Options {
	so := storage.DefaultOptions()
	so.Dir = dataDir
	tier0 := cfg.Server.DB.Tiers[0]
	so.Tier0 = storage.Retention{Time: orDefault(tier0.RetentionTime, forever), Bytes: limit(tier0.RetentionSize)}
	so.Tiers = nil
	for _, t := range cfg.Server.DB.Tiers[1:] {
		so.Tiers = append(so.Tiers, storage.Tier{
			Iterations: t.Iterations,
			Retention:  storage.Retention{Time: t.RetentionTime, Bytes: limit(t.RetentionSize)},
		})
	}
	so.ReplicationPeriod = max(so.ReplicationPeriod, cfg.Server.DB.ReplicationPeriod)
	return so
}

// open opens the store and puts the receiver and the API on top of it.
func (s *Server) open(ctx context.Context) error {
	cfg := s.config.Load()
	so := StoreOptions(cfg, s.opts.DataDir)
	so.Logger = s.log
	so.Registerer = tidyRegisterer{s.registry}
	tier0 := cfg.Server.DB.Tiers[0]
	store, err := s.openStore(ctx, so)
	if err != nil {
		return err
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

	if err := s.openAlerts(ctx, cfg); err != nil {
		return err
	}

	ao := api.DefaultOptions()
	ao.Alerts, ao.AlertLog, ao.Silences = s.alerts.engine, s.alerts.log, s.alerts.silences
	ao.Deliveries, ao.Pending = s.alerts.hub.Load().Deliveries, s.alerts.hub.Load().Pending
	ao.AlarmLogEntries = func() int { return s.config.Load().Server.Health.InMemoryLogEntries }
	ao.Store = store
	ao.Log = s.log
	ao.APIKeys = func() int { return len(s.config.Load().Stream.EnabledKeys()) }
	ao.FirstChild, ao.Streaming = s.firstChild, s.streaming(time.Now())
	ao.Self = api.Self{
		GUID: s.guid, Hostname: s.hostname, Version: s.opts.Version, OS: runtime.GOOS,
		Timezone: timezone(cfg), MemoryMode: string(config.ModeDBEngine),
		SystemInfo: machine.Facts(), DiskQuota: int64(tier0.RetentionSize >> 20),
	}
	ao.Disk = func() (api.Disk, error) {
		size, free, err := machine.Space(s.opts.DataDir)
		return api.Disk{Size: size, Free: free}, err
	}
	ao.Remove = s.removeHost
	ao.Usage = store.Usage
	ao.HTTPS = s.TLS
	ao.Compression = func() bool { return mayCompress(s.config.Load()) }
	ao.MayManage = s.mayManage
	if ao.ManagementToken, err = silence.Token(filepath.Join(s.opts.DataDir, silence.TokenFile)); err != nil {
		return err
	}
	if ao.Dashboards, err = dashboards.Open(filepath.Join(s.opts.DataDir, dashboardsDir), s.log, time.Now); err != nil {
		return err
	}
	ao.GzipLevel = func() int { return gzipLevel(&s.config.Load().Server.Web) }
	gzip := func() bool { return ao.GzipLevel() > 0 }
	if ao.Page, err = web.Handler(web.Options{FrameOptions: cfg.Server.Web.XFrameOptions, Gzip: gzip}); err != nil {
		return fmt.Errorf("prepare the page: %w", err)
	}
	a, err := api.New(ao)
	if err != nil {
		return err
	}
	s.wg.Go(func() { a.Run(s.background) })

	po := prom.DefaultOptions()
	po.Store, po.Log, po.Registerer = store, s.log.With("component", "prometheus"), tidyRegisterer{s.registry}
	po.Version, po.GzipLevel = s.opts.Version, ao.GzipLevel
	prometheus, err := prom.New(po)
	if err != nil {
		return err
	}

	handler := s.routes(a, prometheus)
	s.handler.Store(&handler)
	s.receiver.Store(rec)
	s.wg.Go(func() { store.Maintain(s.background, s.cleanup) })
	s.runAlerts()
	close(s.ready)
	return nil
}

// dashboardsDir is where dashboards are, in the data directory.
const dashboardsDir = "dashboards"

// openStore opens the store, until ctx ends. Reading its logs takes long when they are large and cannot be interrupted; but
// a process that ends meanwhile is as one that was killed. If it does not end, the store is closed when it is open.
func (s *Server) openStore(ctx context.Context, o storage.Options) (*storage.Store, error) {
	type result struct {
		store *storage.Store
		err   error
	}
	opened := make(chan result, 1)
	s.wg.Go(func() {
		store, err := storage.Open(ctx, o)
		opened <- result{store, err}
	})
	extend := time.NewTicker(extendEvery)
	defer extend.Stop()
	for {
		select {
		case r := <-opened:
			return r.store, r.err
		case <-extend.C:
			s.notify(ctx, fmt.Sprintf("EXTEND_TIMEOUT_USEC=%d", (3*extendEvery).Microseconds()))
		case <-ctx.Done():
			s.wg.Go(func() {
				if r := <-opened; r.err == nil {
					_ = r.store.Close()
				}
			})
			return nil, fmt.Errorf("open the store: %w", ctx.Err())
		}
	}
}

// extendEvery is how often the service manager is told that foster is still starting.
const extendEvery = 10 * time.Second

// mayCompress says whether any child may compress its stream.
func mayCompress(cfg *config.Config) bool {
	return slices.ContainsFunc(cfg.Stream.EnabledKeys(), func(key string) bool {
		child := cfg.Child(key, "")
		return child.Compression && len(child.CompressionOrder) > 0
	})
}

// gzipLevel returns how much answers are compressed, 0 for not at all.
func gzipLevel(web *config.Web) int {
	if !web.Gzip {
		return 0
	}
	return web.GzipLevel
}

func timezone(cfg *config.Config) string {
	if tz := cfg.Server.Global.Timezone; tz != "" {
		return tz
	}
	return time.Local.String()
}
