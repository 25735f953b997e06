package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"foster/health/notify"
	"foster/health/notify/agentconf"
	"foster/server/config"
)

const (
	// agentNotifyFile is the file of an agent that says how people are told, in the configuration directory.
	agentNotifyFile = "health_alarm_notify.conf"
	// notifyDir is where notifications wait, in the data directory.
	notifyDir = "notify"
)

// openNotifications opens the notification hub.
func (s *Server) openNotifications(ctx context.Context, cfg *config.Config) error {
	hub, err := notify.Open(ctx, notify.Options{
		Config: s.notifyConfig(cfg), Dir: filepath.Join(s.opts.DataDir, notifyDir), Log: s.log.With("component", "notify"), Hostname: s.hostname,
		Env:  s.programEnvironment(),
		Done: s.alerts.engine.Notified,
	})
	if err != nil {
		return err
	}
	s.alerts.hub.Store(hub)
	return nil
}

// notifyConfig returns how people are told.
func (s *Server) notifyConfig(cfg *config.Config) notify.Config {
	h := &cfg.Server.Health
	c := notify.DefaultConfig()
	c.Summary, c.Script, c.ScriptTimeout = h.UseSummary, h.Script, h.NotificationTimeout
	mapped, err := agentNotifications(filepath.Join(s.opts.ConfigDir, agentNotifyFile), func(problem string) { s.log.Warn("notifications: " + problem) })
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.log.Error("notifications: the file is not used", "error", err)
	}
	c.Services, c.Routes, c.ClearAlways = mapped.Services, mapped.Routes, mapped.ClearAlways
	return c
}

// agentNotifications reads a health_alarm_notify.conf.
func agentNotifications(name string, report func(problem string)) (agentconf.Mapped, error) {
	f, err := os.Open(name)
	if err != nil {
		return agentconf.Mapped{}, fmt.Errorf("read how to notify: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(f, agentconf.MaxFile+1))
	switch {
	case err != nil:
		return agentconf.Mapped{}, fmt.Errorf("read %s: %w", name, err)
	case len(text) > agentconf.MaxFile:
		return agentconf.Mapped{}, fmt.Errorf("read %s: larger than %d bytes", name, agentconf.MaxFile)
	}
	file, problems := agentconf.Parse(name, string(text))
	mapped, more := file.Map(nil, func(path string) bool {
		info, err := os.Stat(path)
		return err == nil && !info.IsDir()
	})
	for _, p := range append(problems, more...) {
		report(fmt.Sprintf("%s:%d: %s", name, p.Line, p.Message))
	}
	return mapped, nil
}

// programEnvironment returns what programs that notify find in their environment.
func (s *Server) programEnvironment() []string {
	lib, conf := s.opts.DataDir, s.opts.ConfigDir
	vars := []string{
		"CACHE_DIR", lib, "LIB_DIR", lib, "CONFIG_DIR", conf, "USER_CONFIG_DIR", conf, "STOCK_CONFIG_DIR", conf, "HOSTNAME", s.hostname,
		"VERSION", strings.TrimPrefix(s.opts.Version, "v"), "REGISTRY_HOSTNAME", s.hostname, "REGISTRY_UNIQUE_ID", s.guid,
	}
	var env []string
	for i := 0; i < len(vars); i += 2 {
		env = append(env, "NETDATA_"+vars[i]+"="+vars[i+1])
	}
	return env
}
