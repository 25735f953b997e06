package server

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"foster/health"
	"foster/health/alert"
	"foster/health/conf"
	"foster/health/history"
	"foster/health/notify"
	"foster/health/silence"
	"foster/health/stock"
	"foster/server/config"
	"foster/storage/catalog"
)

// alerts is all that decides alerts and remembers them. The fields are nil until open.
type alerts struct {
	log      *history.Log
	silences *silence.Set
	engine   *health.Engine
	hub      atomic.Pointer[notify.Hub]
	stop     context.CancelFunc
	done     chan struct{} // closed when the engine has ended
}

// historyFile is where the alert log is, in the data directory.
const historyFile = "health.db"

// openAlerts opens the alert log and prepares the engine.
func (s *Server) openAlerts(ctx context.Context, cfg *config.Config) error {
	settings, problems := HealthSettings(cfg, s.opts.ConfigDir)
	s.reportDefinitions(problems)
	log := s.log.With("component", "health")
	var err error
	if s.alerts.log, err = history.Open(ctx, filepath.Join(s.opts.DataDir, historyFile), log); err != nil {
		return err
	}
	s.alerts.silences, err = silence.Open(s.opts.DataDir, silence.Options{Log: log, Now: time.Now, NetdataFile: cfg.Server.Health.SilencersFile})
	if err != nil {
		return err
	}
	var steps []int64
	for _, t := range s.store.Stats().Tiers {
		steps = append(steps, t.Step)
	}
	s.alerts.engine, err = health.New(health.Options{
		Store: s.store, Steps: steps, History: s.alerts.log, Silences: s.alerts.silences, Log: log, Now: time.Now,
		Notify:  func(t alert.Transition) { s.alerts.hub.Load().Notify(t) },
		Observe: func(t alert.Transition) { s.alerts.hub.Load().Observe(t) },
		Rules:   s.healthRules, Settings: settings,
		Self: health.Self{MachineGUID: s.guid, Hostname: s.hostname, Facts: newOwnFacts(s).collect},
	})
	if err != nil {
		return err
	}
	return s.openNotifications(ctx, cfg)
}

// runAlerts evaluates alerts until stopAlerts.
func (s *Server) runAlerts() {
	ctx, stop := context.WithCancel(s.background)
	s.alerts.stop, s.alerts.done = stop, make(chan struct{})
	s.wg.Go(func() {
		defer close(s.alerts.done)
		s.alerts.engine.Run(ctx)
	})
	s.wg.Go(func() { s.alerts.silences.Run(ctx) })
	s.wg.Go(func() { s.trimAlerts(ctx) })
}

// stopAlerts ends the evaluation, before children are disconnected: that foster stops says nothing about them.
func (s *Server) stopAlerts(ctx context.Context) {
	if s.alerts.stop == nil {
		return
	}
	s.alerts.stop()
	select {
	case <-s.alerts.done:
	case <-ctx.Done():
	}
}

// closeAlerts writes what is left. What could not be delivered waits for the next start.
func (s *Server) closeAlerts(ctx context.Context) error {
	var errs []error
	if s.alerts.log != nil {
		errs = append(errs, s.alerts.log.Flush(ctx)) // then the hub has all that it is to know
	}
	if hub := s.alerts.hub.Load(); hub != nil {
		errs = append(errs, hub.Close(ctx)) // before the log, which gets the outcomes
	}
	if s.alerts.log != nil {
		errs = append(errs, s.alerts.log.Close())
	}
	return errors.Join(errs...)
}

// trimEvery is how often old transitions are deleted.
const trimEvery = time.Hour

// trimAlerts deletes the transitions of each host that are older than its health log retention.
func (s *Server) trimAlerts(ctx context.Context) {
	ticker := time.NewTicker(trimEvery)
	defer ticker.Stop()
	for {
		cfg, now := s.config.Load(), time.Now()
		before := func(machineGUID string) time.Time {
			keep := cfg.Server.Health.LogRetention
			if h := s.store.Catalog().Host(machineGUID); h != nil {
				keep = cfg.Child(h.APIKey(), h.GUID).HealthLogRetention
			}
			return now.Add(-keep)
		}
		s.alerts.engine.Trim(before)
		_, err := s.alerts.log.Trim(ctx, before)
		if err != nil && ctx.Err() == nil {
			s.log.Error("old transitions of alerts stay in the log", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// reloadAlerts reads the definitions again.
func (s *Server) reloadAlerts(cfg *config.Config) {
	select {
	case <-s.ready:
	default:
		return // Start reads them
	}
	settings, problems := HealthSettings(cfg, s.opts.ConfigDir)
	s.reportDefinitions(problems)
	s.alerts.engine.Reload(settings)
	if err := s.alerts.hub.Load().Reload(s.notifyConfig(cfg)); err != nil {
		s.log.Error("people are notified as before", "error", err)
	}
}

func (s *Server) reportDefinitions(problems []conf.Problem) {
	for _, p := range problems {
		s.log.Warn("alert definition: " + p.Error())
	}
}

// healthDir is where the user's definitions are, in the configuration directory.
const healthDir = "health.d"

// HealthSettings reads the alert definitions that a configuration names. configDir is where its files are.
func HealthSettings(cfg *config.Config, configDir string) (health.Settings, []conf.Problem) {
	h := &cfg.Server.Health
	user := conf.Dir{Name: filepath.Join(configDir, healthDir)}
	if d := cfg.Server.Directories.HealthConfig; d != "" {
		user.Name = d
	}
	user.FS = os.DirFS(user.Name)
	var shipped conf.Dir
	if h.StockConfiguration {
		shipped = conf.Dir{Name: "stock", FS: fs.FS(stock.FS)}
		if d := cfg.Server.Directories.StockHealthConfig; d != "" {
			shipped = conf.Dir{Name: d, FS: os.DirFS(d)}
		}
	}
	definitions, problems := conf.Load(user, shipped)
	return health.Settings{
		Definitions: definitions, Enabled: h.EnabledAlarms.Match, RunEvery: h.RunEvery, Hibernation: h.PostponeAfterHibernation,
		RepeatWarning: h.RepeatWarning, RepeatCritical: h.RepeatCritical, Exec: h.Script,
	}, problems
}

// healthRules translates the configuration in force for the engine; h is nil for foster itself.
func (s *Server) healthRules(h *catalog.Host) health.Rules {
	cfg := s.config.Load()
	if h == nil {
		r := health.Rules{Mode: health.Never}
		if cfg.Server.Health.Enabled {
			r.Mode = health.Always
		}
		return r
	}
	child := cfg.Child(h.APIKey(), h.GUID)
	r := health.Rules{Postpone: child.PostponeAlerts}
	switch child.Health {
	case config.HealthAuto:
		r.Mode = health.Connected
	case config.HealthYes:
		r.Mode = health.Always
	case config.HealthNo:
	}
	return r
}
