package config

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"foster/internal/pattern"
)

func newServer(t *testing.T, text string) (*Server, []Problem) {
	t.Helper()
	return NewServer(parse(t, text), "/etc/foster")
}

func compareServers() cmp.Options {
	return cmp.Options{comparePatterns(), cmpopts.IgnoreUnexported(Server{})}
}

// Every spelling of a setting changes this setting and nothing else.
func TestServerSpellings(t *testing.T) {
	f := func(value string, change func(*Server), spellings ...name) {
		t.Helper()
		want := DefaultServer("/etc/foster")
		change(want)
		for _, n := range spellings {
			got, problems := newServer(t, fmt.Sprintf("[%s]\n%s = %s\n", n.section, n.option, value))
			if len(problems) > 0 {
				t.Errorf("%v: %v", n, problems)
			}
			if d := cmp.Diff(want, got, compareServers()); d != "" {
				t.Errorf("[%s] %s (-want +got):\n%s", n.section, n.option, d)
			}
			at := Origin{"test.conf", 2, n.section, n.option}
			if got := got.Origin(spellings[0].section, spellings[0].option); got != at {
				t.Errorf("%v comes from %v", n, got)
			}
		}
	}
	list := func(names ...[]name) []name { return slices.Concat(names...) }

	// [global]
	f("parent", func(s *Server) { s.Global.Hostname = "parent" }, in("global", "hostname")...)
	f("Europe/Athens", func(s *Server) { s.Global.Timezone = "Europe/Athens" }, in("global", "timezone")...)
	f("yes", func(s *Server) { s.Global.EphemeralNode = true },
		list(in("global", "is ephemeral node"), in("health", "is ephemeral"))...)
	f("yes", func(s *Server) { s.Global.UnstableConnection = true },
		list(in("global", "has unstable connection"), in("health", "has unstable connection"))...)

	// [db]
	f("ram", func(s *Server) { s.DB.Mode = ModeRAM }, list(in("db", "db", "mode"), in("global", "memory mode"))...)
	f("2", func(s *Server) { s.DB.UpdateEvery = 2 }, list(in("db", "update every"), in("global", "update every"))...)
	f("7200", func(s *Server) { s.DB.Retention = 7200 }, list(in("db", "retention"), in("global", "history"))...)
	f("2h", func(s *Server) { s.DB.Retention = 7200 }, in("db", "retention")...)
	f("2", func(s *Server) { s.DB.Tiers = s.DB.Tiers[:2] }, in("db", "storage tiers")...)
	f("7", func(s *Server) { s.DB.Limits.Charts = 7 }, in("db", "max charts")...)
	f("7", func(s *Server) { s.DB.Limits.Dimensions = 7 }, in("db", "max dimensions")...)
	f("7", func(s *Server) { s.DB.Limits.ChartDimensions = 7 }, in("db", "max dimensions per chart")...)
	f("8192", func(s *Server) { s.DB.Limits.LabelBytes = 8192 }, in("db", "max label bytes")...)
	f("no", func(s *Server) { s.DB.Replication = false }, in("db", "enable replication")...)
	f("7200", func(s *Server) { s.DB.ReplicationPeriod = 2 * time.Hour }, in("db", "replication period", "seconds to replicate")...)
	f("900", func(s *Server) { s.DB.ReplicationStep = 15 * time.Minute },
		in("db", "replication step", "seconds per replication step")...)
	f("7200", func(s *Server) { s.DB.CleanupObsoleteCharts = 2 * time.Hour }, list(
		in("db", "cleanup obsolete charts after", "cleanup obsolete charts after secs"),
		in("global", "cleanup obsolete charts after seconds"))...)
	f("7200", func(s *Server) { s.DB.CleanupOrphanHosts = 2 * time.Hour }, list(
		in("db", "cleanup orphan hosts after", "cleanup orphan hosts after secs"),
		in("global", "cleanup orphan hosts after seconds"))...)
	f("500", func(s *Server) { s.DB.QuotaPerHost = 500 << 20 }, in("db", "quota per host")...)
	f("500MiB", func(s *Server) { s.DB.QuotaPerHost = 500 << 20 }, in("db", "quota per host")...)
	f("7200", func(s *Server) { s.DB.CleanupEphemeralHosts = 2 * time.Hour },
		in("db", "cleanup ephemeral hosts after", "cleanup ephemeral hosts after secs")...)
	f("5", func(s *Server) { s.DB.GapWhenLostIterations = 5 },
		list(in("db", "gap when lost iterations above"), in("global", "gap when lost iterations above"))...)

	// Tiers: a size without a time means that only the size limits.
	tier := func(n int, change func(*Tier)) func(*Server) { return func(s *Server) { change(&s.DB.Tiers[n]) } }
	f("512", tier(0, func(t *Tier) { t.RetentionSize, t.RetentionTime = 512<<20, 0 }), list(
		in("db", "dbengine tier 0 retention size", "dbengine tier 0 multihost disk space MB", "dbengine tier 0 disk space MB",
			"dbengine disk space MB", "dbengine multihost disk space MB"),
		in("global", "dbengine disk space", "dbengine multihost disk space"))...)
	f("512MiB", tier(1, func(t *Tier) { t.RetentionSize, t.RetentionTime = 512<<20, 0 }),
		in("db", "dbengine tier 1 retention size")...)
	f("512", tier(2, func(t *Tier) { t.RetentionSize, t.RetentionTime = 512<<20, 0 }),
		in("db", "dbengine tier 2 retention size", "dbengine tier 2 multihost disk space MB", "dbengine tier 2 disk space MB")...)
	f("off", tier(1, func(t *Tier) { t.RetentionSize, t.RetentionTime = 0, 0 }), in("db", "dbengine tier 1 retention size")...)
	for n := range 3 {
		f("30", tier(n, func(t *Tier) { t.RetentionTime = 30 * day }),
			in("db", fmt.Sprintf("dbengine tier %d retention time", n), fmt.Sprintf("dbengine tier %d retention days", n))...)
	}
	f("20", tier(1, func(t *Tier) { t.Iterations = 20 }), in("db", "dbengine tier 1 update every iterations")...)

	// [web]
	f("none", func(s *Server) { s.Web.Enabled = false }, in("web", "mode")...)
	f("127.0.0.1:80", func(s *Server) { s.Web.Bind = []Bind{{Network: "tcp", Host: "127.0.0.1", Port: "80", ACL: ACLAll}} },
		list(in("web", "bind to"), in("global", "bind socket to IP", "bind to"))...)
	f("20000", func(s *Server) { s.Web.DefaultPort, s.Web.Bind[0].Port = "20000", "20000" },
		list(in("web", "default port"), in("global", "port", "default port"))...)
	f("100", func(s *Server) { s.Web.Backlog = 100 }, list(in("web", "listen backlog"), in("global", "http port listen backlog"))...)
	f("90", func(s *Server) { s.Web.IdleTimeout = 90 * time.Second }, list(
		in("web", "disconnect idle clients after", "disconnect idle clients after seconds"),
		in("global", "disconnect idle web clients after seconds"))...)
	f("90", func(s *Server) { s.Web.FirstRequestTimeout = 90 * time.Second }, in("web", "timeout for first request")...)
	f("2", func(s *Server) { s.Web.AcceptStreamEvery = 2 * time.Second },
		in("web", "accept a streaming request every", "accept a streaming request every seconds")...)
	f("10", func(s *Server) { s.Web.MaxSockets = 10 }, in("web", "web server max sockets")...)
	f("yes", func(s *Server) { s.Web.RespectDoNotTrack = true },
		list(in("web", "respect do not track policy"), in("global", "respect web browser do not track policy"))...)
	f("SAMEORIGIN", func(s *Server) { s.Web.XFrameOptions = "SAMEORIGIN" },
		list(in("web", "x-frame-options response header"), in("global", "web x-frame-options header"))...)
	f("yes", func(s *Server) { s.Web.BearerTokenProtection = true }, in("web", "bearer token protection")...)
	f("no", func(s *Server) { s.Web.Gzip = false },
		list(in("web", "enable gzip compression"), in("global", "enable web responses gzip compression"))...)
	f("9", func(s *Server) { s.Web.GzipLevel = 9 },
		list(in("web", "gzip compression level"), in("global", "web compression level"))...)
	f("/k.pem", func(s *Server) { s.Web.SSLKey = "/k.pem" }, in("web", "ssl key")...)
	f("/c.pem", func(s *Server) { s.Web.SSLCertificate = "/c.pem" }, in("web", "ssl certificate")...)
	for value, version := range map[string]uint16{"1": tls.VersionTLS10, "1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11,
		"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13} {
		f(value, func(s *Server) { s.Web.MaxTLSVersion = version }, in("web", "tls version")...)
	}
	for what, list := range map[string]func(*Server) *AccessList{
		"connections":  func(s *Server) *AccessList { return &s.Web.Allow.Connections },
		"dashboard":    func(s *Server) *AccessList { return &s.Web.Allow.Dashboard },
		"badges":       func(s *Server) *AccessList { return &s.Web.Allow.Badges },
		"streaming":    func(s *Server) *AccessList { return &s.Web.Allow.Streaming },
		"management":   func(s *Server) *AccessList { return &s.Web.Allow.Management },
		"netdata.conf": func(s *Server) *AccessList { return &s.Web.Allow.NetdataConf },
		"mcp":          func(s *Server) *AccessList { return &s.Web.Allow.MCP },
	} {
		f("!a 10.*", func(s *Server) { list(s).From = pattern.Parse("!a 10.*", pattern.Blanks) }, in("web", "allow "+what+" from")...)
		f("yes", func(s *Server) { list(s).ByDNS = DNSYes }, in("web", "allow "+what+" by dns")...)
	}

	// [directories]
	f("/d", func(s *Server) { s.Directories.Log = "/d" }, list(in("directories", "log"), in("global", "log directory"))...)
	f("/d", func(s *Server) { s.Directories.Cache = "/d" }, list(in("directories", "cache"), in("global", "cache directory"))...)
	f("/d", func(s *Server) { s.Directories.Lib = "/d" }, list(in("directories", "lib"), in("global", "lib directory"))...)
	f("/d", func(s *Server) { s.Directories.HealthConfig = "/d" },
		list(in("directories", "health config"), in("health", "health configuration directory"))...)
	f("/d", func(s *Server) { s.Directories.StockHealthConfig = "/d" },
		list(in("directories", "stock health config"), in("health", "stock health configuration directory"))...)
	f("/d", func(s *Server) { s.Directories.Registry = "/d" },
		list(in("directories", "registry"), in("registry", "registry db directory"))...)

	// [logs]
	for value, level := range map[string]slog.Level{"critical": slog.LevelError, "warning": slog.LevelWarn,
		"notice": slog.LevelInfo, "debug": slog.LevelDebug} {
		f(value, func(s *Server) { s.Logs.Level = level }, in("logs", "level", "severity level")...)
	}
	f("json", func(s *Server) { s.Logs.Format = LogJSON }, in("logs", "format")...)

	// [health]
	f("no", func(s *Server) { s.Health.Enabled = false }, in("health", "enabled")...)
	f("auto", func(s *Server) {}, in("health", "enabled")...)
	f("no", func(s *Server) { s.Health.StockConfiguration = false }, in("health", "enable stock health configuration")...)
	f("!x *", func(s *Server) { s.Health.EnabledAlarms = pattern.Parse("!x *", pattern.Blanks) }, in("health", "enabled alarms")...)
	f("20", func(s *Server) { s.Health.RunEvery = 20 * time.Second },
		in("health", "run at least every", "run at least every seconds")...)
	f("20", func(s *Server) { s.Health.PostponeAfterHibernation = 20 * time.Second },
		in("health", "postpone alarms during hibernation for", "postpone alarms during hibernation for seconds")...)
	f("20", func(s *Server) { s.Health.InMemoryLogEntries = 20 }, in("health", "in memory max health log entries")...)
	f("86400", func(s *Server) { s.Health.LogRetention = day }, in("health", "health log retention", "health log history")...)
	f("/x", func(s *Server) { s.Health.Script = "/x" }, in("health", "script to execute on alarm")...)
	f("20", func(s *Server) { s.Health.NotificationTimeout = 20 * time.Second }, in("health", "notification execution timeout")...)
	f("no", func(s *Server) { s.Health.UseSummary = false }, in("health", "use summary for notifications")...)
	f("1h", func(s *Server) { s.Health.RepeatWarning = time.Hour }, in("health", "default repeat warning")...)
	f("1h", func(s *Server) { s.Health.RepeatCritical = time.Hour }, in("health", "default repeat critical")...)
	f("never", func(s *Server) {}, in("health", "default repeat critical")...)
	f("/x", func(s *Server) { s.Health.SilencersFile = "/x" }, in("health", "silencers file")...)

	// [registry]
	f("yes", func(s *Server) { s.Registry.Enabled = true }, in("registry", "enabled")...)
	f("https://r", func(s *Server) { s.Registry.Announce = "https://r" }, in("registry", "registry to announce")...)
	f("r", func(s *Server) { s.Registry.Hostname = "r" }, in("registry", "registry hostname")...)
	f("10.*", func(s *Server) { s.Registry.Allow.From = pattern.Parse("10.*", pattern.Blanks) }, in("registry", "allow from")...)
	f("no", func(s *Server) { s.Registry.Allow.ByDNS = DNSNo }, in("registry", "allow by dns")...)
}

func TestServerProblems(t *testing.T) {
	f := func(text string, want ...string) {
		t.Helper()
		_, got := newServer(t, text)
		if d := cmp.Diff(want, strs(got)); d != "" {
			t.Errorf("%q (-want +got):\n%s", text, d)
		}
	}
	f("[web]\nshiny = yes\n[db]\nshiny = no\n", "test.conf:2: warning: [web] shiny: unknown option",
		"test.conf:4: warning: [db] shiny: unknown option")
	f("[webb]\nmode = none\n", "test.conf:1: warning: [webb] unknown section")
	f("[webb]\n# mode = none\n")
	f("[plugins]\nproc = no\n[plugin:proc]\na = b\n[cloud]\nx = 1\n[ml]\nx = 1\n[statsd]\nx = 1\n[system.cpu]\nx = 1\n")
	f("[db]\nupdate every = 0\n", "test.conf:2: warning: [db] update every: 0 is less than the minimum 1, which is used")
	f("[db]\ndbengine tier 0 retention size = 1MiB\n",
		`test.conf:2: warning: [db] dbengine tier 0 retention size: "1MiB" is less than the minimum of 25 MiB, which is used`)
	f("[db]\nmode = disk\n", `test.conf:2: error: [db] mode: "disk" is not one of dbengine, ram, save, map, alloc, none; the value is ignored`)
	f("[db]\nmode = ram\n[global]\nmemory mode = save\n",
		`test.conf:2: warning: [db] mode: has no effect: "memory mode" in line 4 says the same and wins`)
	f("[web]\ndefault port = 123456\n", `test.conf:2: error: [web] default port: port "123456" is not between 1 and 65535; the value is ignored`)
	f("[web]\nmode = fast\n", `test.conf:2: warning: [web] mode: "fast" counts as static-threaded; to listen nowhere use none`)
	f("[web]\ntls version = 2\n", `test.conf:2: warning: [web] tls version: "2" is not one of 1.0, 1.1, 1.2, 1.3 and counts as the highest there is`)
	f("[web]\ntls ciphers = none\ngzip compression strategy = default\n")
	f("[web]\ngzip compression strategy = rle\n", "test.conf:2: warning: [web] gzip compression strategy: has no effect: Go's gzip has no strategies to choose from")
	f("[web]\ntls ciphers = HIGH\n", "test.conf:2: warning: [web] tls ciphers: has no effect: the cipher suites are those of Go's TLS")
	f("[web]\nallow dashboard by dns = maybe\n",
		`test.conf:2: error: [web] allow dashboard by dns: "maybe" is not one of heuristic, yes, no; the value is ignored`)
	f("[web]\nbind to = *%eth0\n",
		`test.conf:2: warning: [web] bind to: "*%eth0:19999": Netdata uses an interface with IPv6 addresses only`)
	f("[logs]\nlevel = loud\n",
		`test.conf:2: error: [logs] level: "loud" is not one of emergency, alert, critical, error, warning, notice, info, debug; the value is ignored`)
	f("[logs]\nformat = xml\n", `test.conf:2: error: [logs] format: "xml" is not one of text, json; the value is ignored`)
	f("a = 1\n", "test.conf:1: error: a: option outside of any section ignored")
}

// A wrong address must not make foster listen on all of them.
func TestServerBadBind(t *testing.T) {
	s, problems := newServer(t, "[web]\nbind to = udp:127.0.0.1 10.0.0.1 *:x!\n")
	want := []Bind{{Network: "tcp", Host: "10.0.0.1", Port: "19999", ACL: ACLAll}}
	if d := cmp.Diff(want, s.Web.Bind); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	wantProblems := []string{
		`test.conf:2: error: [web] bind to: "udp:127.0.0.1": udp is not served; the item is left out`,
		`test.conf:2: error: [web] bind to: "*:x!": "x!" is neither a port number nor a service name; the item is left out`,
	}
	if d := cmp.Diff(wantProblems, strs(problems)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	s, problems = newServer(t, "[web]\nbind to =\n")
	if len(s.Web.Bind) != 0 || len(problems) != 1 || problems[0].Severity != Error {
		t.Errorf("an empty list: %v, %v", s.Web.Bind, problems)
	}
}

func TestTiers(t *testing.T) {
	s, problems := newServer(t, `[db]
storage tiers = 5
dbengine tier 1 retention size = 2GiB
dbengine tier 1 retention time = 1y
dbengine tier 3 update every iterations = 10
dbengine tier 4 retention time = 0
`)
	if len(problems) > 0 {
		t.Errorf("problems: %v", problems)
	}
	want := []Tier{
		{1 << 30, 14 * day, 1},
		{2 << 30, 365 * day, 60},
		{1 << 30, 730 * day, 60},
		{1 << 30, 730 * day, 10},
		{1 << 30, 0, 60},
	}
	if d := cmp.Diff(want, s.DB.Tiers); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestAccessListUsesNames(t *testing.T) {
	f := func(from string, byDNS DNS, want bool) {
		t.Helper()
		if got := (AccessList{From: pattern.Parse(from, pattern.Blanks), ByDNS: byDNS}).UsesNames(); got != want {
			t.Errorf("%q, %d: %v, want %v", from, byDNS, got, want)
		}
	}
	f("*", DNSHeuristic, false)
	f("localhost *", DNSHeuristic, false)
	f(privateNetworks, DNSHeuristic, false)
	f("10.* fd* !192.168.1.1", DNSHeuristic, false)
	f("10.* *.example.com", DNSHeuristic, true)
	f("!*.example.com *", DNSHeuristic, true)
	f("10.*", DNSYes, true)
	f("*.example.com", DNSNo, false)
}
