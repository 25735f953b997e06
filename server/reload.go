package server

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"foster/server/config"
)

// complete applies the command line to a configuration and checks that there is something to listen on.
func (s *Server) complete(cfg *config.Config) error {
	web := &cfg.Server.Web
	if s.opts.Listen != "" {
		binds, err := config.ParseBinds(s.opts.Listen, web.DefaultPort)
		if err != nil {
			return fmt.Errorf("listen option: %w", err)
		}
		web.Bind, web.Enabled = binds, true
	}
	if web.Enabled && len(web.Bind) == 0 {
		return errors.New("[web] bind to has no address that can be used; to listen nowhere set [web] mode = none")
	}
	return nil
}

// warn says what the operator may believe in and is not so.
func (s *Server) warn(cfg *config.Config, cert *certificate) {
	web := &cfg.Server.Web
	if !web.Enabled {
		s.log.Warn("[web] mode = none: nothing is listened on")
	}
	if cfg.Stream.Send.Enabled {
		s.log.Warn("[stream] enabled: streaming on to other parents is not supported yet; children are received and kept")
	}
	if web.BearerTokenProtection {
		s.log.Warn("[web] bearer token protection is not supported: whom allow … from lets in may read everything")
	}
	if cert != nil {
		return
	}
	for _, option := range []string{"ssl certificate", "ssl key"} {
		if at := cfg.Server.Origin("web", option); at.Line > 0 {
			s.log.Warn("there is no TLS: the certificate or its key does not exist",
				"setting", at.String(), "certificate", web.SSLCertificate, "key", web.SSLKey)
			break
		}
	}
	for _, b := range web.Bind {
		if b.SSL == config.SSLForce {
			s.log.Warn("^SSL=force has no effect without a certificate", "bind_to", b.String())
		}
	}
}

// Reload reads the configuration again. One that has an error leaves everything as it is; connections stay in any case.
func (s *Server) Reload(ctx context.Context) error {
	s.reloadMu.Lock()
	defer s.reloadMu.Unlock()
	if s.stopped {
		return errors.New("reload: the server has stopped")
	}
	s.notify(ctx, reloading())
	defer s.notify(ctx, "READY=1")
	cfg, problems := config.Load(s.opts.ConfigDir)
	s.report(problems)
	for _, p := range problems {
		if p.Severity == config.Error {
			return fmt.Errorf("reload: the configuration has an error, nothing is changed: %s", p)
		}
	}
	if err := s.complete(cfg); err != nil {
		return fmt.Errorf("reload: nothing is changed: %w", err)
	}
	cert, err := newCertificate(&cfg.Server.Web, s.certEvery, s.log)
	if err != nil {
		return fmt.Errorf("reload: nothing is changed: %w", err)
	}
	var binds []config.Bind
	if cfg.Server.Web.Enabled {
		binds = cfg.Server.Web.Bind
	}
	// Connections to a new socket must find the new rules, and a socket that fails must leave the old ones.
	old, oldCert := s.config.Swap(cfg), s.tls.Swap(cert)
	if err := s.listeners.change(ctx, binds); err != nil {
		s.config.Store(old)
		s.tls.Store(oldCert)
		return fmt.Errorf("reload: nothing is changed: %w", err)
	}
	s.level.Set(cfg.Server.Logs.Level)
	s.warn(cfg, cert)
	if settings := onlyAtStart(old.Server, cfg.Server); len(settings) > 0 {
		s.log.Warn("some changed settings need a restart", "settings", strings.Join(settings, ", "))
	}
	s.reloadAlerts(cfg)
	s.log.Info("configuration reloaded", "api_keys", len(cfg.Stream.EnabledKeys()))
	return nil
}

// onlyAtStart names the settings that differ and that Reload does not apply.
func onlyAtStart(old, now *config.Server) []string {
	var names []string
	for _, setting := range []struct {
		name     string
		old, now any
	}{
		{"[global] hostname", old.Global.Hostname, now.Global.Hostname},
		{"[global] timezone", old.Global.Timezone, now.Global.Timezone},
		{"[db] dbengine tier retention", old.DB.Tiers, now.DB.Tiers},
		{"[logs] format", old.Logs.Format, now.Logs.Format},
		{"[web] disconnect idle clients after", old.Web.IdleTimeout, now.Web.IdleTimeout},
		{"[web] x-frame-options response header", old.Web.XFrameOptions, now.Web.XFrameOptions},
	} {
		if !reflect.DeepEqual(setting.old, setting.now) {
			names = append(names, setting.name)
		}
	}
	return names
}
