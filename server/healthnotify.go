package server

import (
	"context"
	"path/filepath"
	"strings"

	"foster/health/notify"
	"foster/server/config"
)

// notifyDir is where notifications wait, in the data directory.
const notifyDir = "notify"

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
	c, problems := config.LoadNotify(s.opts.ConfigDir, cfg.Server)
	for _, p := range problems {
		s.log.Warn("notifications: " + p.String())
	}
	return c
}

// programEnvironment returns what programs that notify find in their environment.
func (s *Server) programEnvironment() []string {
	return append(ProgramEnvironment(s.opts.ConfigDir, s.opts.DataDir, s.hostname, s.opts.Version), "NETDATA_REGISTRY_UNIQUE_ID="+s.guid)
}

// ProgramEnvironment returns what programs that notify find in their environment, as far as it is known without a running
// server.
func ProgramEnvironment(configDir, dataDir, hostname, version string) []string {
	vars := []string{
		"CACHE_DIR", dataDir, "LIB_DIR", dataDir, "CONFIG_DIR", configDir, "USER_CONFIG_DIR", configDir, "STOCK_CONFIG_DIR", configDir,
		"HOSTNAME", hostname, "VERSION", strings.TrimPrefix(version, "v"), "REGISTRY_HOSTNAME", hostname,
	}
	var env []string
	for i := 0; i < len(vars); i += 2 {
		env = append(env, "NETDATA_"+vars[i]+"="+vars[i+1])
	}
	return env
}
