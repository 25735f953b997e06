package config

import (
	"fmt"
	"log/slog"
	"strings"
)

// Server is a foster.conf, which is written as netdata.conf is.
type Server struct {
	Global      Global
	DB          DB
	Web         Web
	Directories Directories
	Logs        Logs
	Health      Health
	Registry    Registry
	// HostLabels are the labels of this host, from [host labels].
	HostLabels map[string]string

	origins map[name]Origin
}

// Global is the [global] section.
type Global struct {
	Hostname           string // empty: the system's
	Timezone           string // empty: the system's
	EphemeralNode      bool
	UnstableConnection bool
}

// Directories is the [directories] section. Empty is what the file leaves to
// the command line.
type Directories struct {
	Log               string
	Cache             string
	Lib               string
	HealthConfig      string
	StockHealthConfig string
	Registry          string
}

// LogFormat says how log lines are written.
type LogFormat string

// The formats of logs.
const (
	LogText LogFormat = "text"
	LogJSON LogFormat = "json"
)

// Logs is the [logs] section. Format is foster's own.
type Logs struct {
	Level  slog.Level
	Format LogFormat
}

// Registry is the [registry] section.
type Registry struct {
	Enabled  bool
	Announce string // URL of the registry that browsers use; empty: this node's
	Hostname string // empty: the node's
	Allow    AccessList
}

// DefaultServer returns the settings of an absent foster.conf. dir is the
// configuration directory, in which the certificate is looked for.
func DefaultServer(dir string) *Server {
	return &Server{
		DB:         defaultDB(),
		Web:        defaultWeb(dir),
		Logs:       Logs{Level: slog.LevelInfo, Format: LogText},
		Health:     defaultHealth(),
		Registry:   Registry{Allow: AccessList{From: everything()}},
		HostLabels: map[string]string{},
	}
}

// NewServer reads a parsed foster.conf or netdata.conf from the configuration
// directory dir.
func NewServer(f *File, dir string) (*Server, []Problem) {
	s := DefaultServer(dir)
	r := newReader(f)
	s.Global.read(r)
	s.DB.read(r)
	s.Web.read(r)
	s.Directories.read(r)
	s.Logs.read(r)
	s.Health.read(r)
	s.Registry.read(r)
	for _, section := range f.Sections {
		switch section.Name {
		case "global", "db", "web", "directories", "logs", "health", "registry":
			r.reportUnknown(section.Name, nil)
		case "host labels":
			for _, o := range section.Options {
				s.HostLabels[o.Name] = o.Value
			}
		default:
			// The page /netdata.conf of v1 lists a section for every chart,
			// with all options commented out.
			if len(section.Options) > 0 && !collectorSection(section.Name) {
				r.report(section.Name, Option{Line: section.Line}, Warning, "unknown section")
			}
		}
	}
	s.origins = r.origins
	return s, r.problems
}

// Origin returns where a setting was read, by the names that Netdata v2 gives
// its section and itself; the zero Origin if it is a default.
func (s *Server) Origin(section, option string) Origin { return s.origins[name{section, option}] }

// collectorSection reports whether a section of netdata.conf concerns only
// what a parent without collectors does not have.
func collectorSection(section string) bool {
	switch section {
	case "plugins", "cloud", "ml", "statsd", "environment variables", "sqlite", "pulse", "global statistics",
		"ebpf", "backend", "webrtc", "httpd", "exporting":
		return true
	}
	// [plugin:proc], [ebpf.d:…], and of v1 the charts: [system.cpu].
	return strings.ContainsAny(section, ":.")
}

func (g *Global) read(r *reader) {
	global := func(options ...string) []name { return in("global", options...) }
	set(r, &g.Hostname, parseText, global("hostname"))
	set(r, &g.Timezone, parseText, global("timezone"))
	set(r, &g.EphemeralNode, parseBool, old(global("is ephemeral node"), "health", "is ephemeral"))
	set(r, &g.UnstableConnection, parseBool, old(global("has unstable connection"), "health", "has unstable connection"))
	r.ignore("global",
		"run as user", "host access prefix", "OOM score", "process scheduling policy", "process scheduling priority",
		"process nice level", "pthread stack size", "libuv worker threads", "glibc malloc arena max for plugins",
		"glibc malloc arena max for netdata", "profile", "cpu cores", "crash reports", "stock data",
		"web files owner", "web files group", "TZ environment variable", "PATH environment variable",
		"enable metric correlations", "metric correlations method", "enable zero metrics",
		"memory deduplication (ksm)", "page cache size", "dbengine extent pages", "debug flags",
		"debug log", "error log", "access log", "facility log", "errors flood protection period",
		"errors to trigger flood protection", "config directory", "stock config directory", "web files directory",
		"home directory", "lock directory", "plugins directory")
}

func (d *Directories) read(r *reader) {
	directories := func(options ...string) []name { return in("directories", options...) }
	set(r, &d.Log, parseText, old(directories("log"), "global", "log directory"))
	set(r, &d.Cache, parseText, old(directories("cache"), "global", "cache directory"))
	set(r, &d.Lib, parseText, old(directories("lib"), "global", "lib directory"))
	set(r, &d.HealthConfig, parseText, old(directories("health config"), "health", "health configuration directory"))
	set(r, &d.StockHealthConfig, parseText,
		old(directories("stock health config"), "health", "stock health configuration directory"))
	set(r, &d.Registry, parseText, old(directories("registry"), "registry", "registry db directory"))
	r.ignore("directories", "config", "stock config", "web", "home", "lock", "plugins", "stock data", "cloud.d")
}

func (l *Logs) read(r *reader) {
	set(r, &l.Level, parseLevel, in("logs", "level", "severity level"))
	set(r, &l.Format, oneOf(LogText, LogJSON), in("logs", "format"))
	r.ignore("logs", "debug", "error", "access", "health", "daemon", "collector", "facility", "debug flags",
		"errors flood protection period", "errors to trigger flood protection",
		"logs flood protection period", "logs to trigger flood protection")
}

// parseLevel maps the levels of syslog, which Netdata uses, to those of slog.
func parseLevel(s string) (slog.Level, error) {
	switch strings.ToLower(s) {
	case "emergency", "alert", "critical", "error":
		return slog.LevelError, nil
	case "warning":
		return slog.LevelWarn, nil
	case "notice", "info":
		return slog.LevelInfo, nil
	case "debug":
		return slog.LevelDebug, nil
	}
	return 0, fmt.Errorf("%s is not one of emergency, alert, critical, error, warning, notice, info, debug", excerpt(s))
}

func (g *Registry) read(r *reader) {
	registry := func(options ...string) []name { return in("registry", options...) }
	set(r, &g.Enabled, parseBool, registry("enabled"))
	set(r, &g.Announce, parseText, registry("registry to announce"))
	set(r, &g.Hostname, parseText, registry("registry hostname"))
	set(r, &g.Allow.From, parsePattern, registry("allow from"))
	set(r, &g.Allow.ByDNS, parseDNS, registry("allow by dns"))
	r.ignore("registry", "netdata unique id file", "netdata management api key file", "registry db file",
		"registry log file", "registry save db every new entries", "registry expire idle persons",
		"registry expire idle persons days", "registry domain", "verify browser cookies support",
		"enable cookies SameSite and Secure", "max URL length", "max URL name length",
		"use mmap")
}
