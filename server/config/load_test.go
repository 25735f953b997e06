package config

import (
	"crypto/tls"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foster/internal/pattern"
)

// write makes a configuration directory with these files.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for file, text := range files {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestLoadNothing(t *testing.T) {
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "absent")} {
		c, problems := Load(dir)
		if len(problems) > 0 {
			t.Errorf("problems: %v", problems)
		}
		if d := cmp.Diff(Default(dir).Server, c.Server, compareServers()); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
		if len(c.Stream.EnabledKeys()) > 0 || c.Child(testKey, testMachine).Enabled {
			t.Error("a child may connect without any configuration")
		}
		if want := filepath.Join(dir, "ssl", "key.pem"); c.Server.Web.SSLKey != want {
			t.Errorf("the key is %s, want %s", c.Server.Web.SSLKey, want)
		}
	}
}

func TestLoadChoosesTheServerFile(t *testing.T) {
	netdata, foster := "[global]\nhostname = n\n", "[global]\nhostname = f\n"
	for want, files := range map[string]map[string]string{
		"n": {NetdataFile: netdata},
		"f": {NetdataFile: netdata, ServerFile: foster},
		"":  {NetdataFile: netdata, ServerFile: ""},
	} {
		if c, _ := Load(write(t, files)); c.Server.Global.Hostname != want {
			t.Errorf("host name %q, want %q", c.Server.Global.Hostname, want)
		}
	}
}

func TestLoadUnreadable(t *testing.T) {
	f := func(prepare func(path string) error, want string) {
		t.Helper()
		dir := write(t, map[string]string{NetdataFile: "[global]\nhostname = n\n"})
		path := filepath.Join(dir, ServerFile)
		if err := prepare(path); err != nil {
			t.Fatal(err)
		}
		c, problems := Load(dir)
		if len(problems) != 1 || problems[0].Severity != Error || !strings.Contains(problems[0].String(), want) {
			t.Errorf("problems: %v, want %q", problems, want)
		}
		if c.Server.Global.Hostname != "" {
			t.Error("netdata.conf is read although there is a foster.conf")
		}
	}
	f(func(path string) error { return os.Mkdir(path, 0o700) }, "not a regular file")
	f(func(path string) error { return syscall.Mkfifo(path, 0o600) }, "not a regular file")
	f(func(path string) error {
		return os.WriteFile(path, make([]byte, MaxFile+1), 0o600)
	}, "larger than 4 MiB")
}

// The files under testdata are written as those of parents in use are.
func TestLoadV1(t *testing.T) {
	c, problems := Load("testdata/v1")
	want := []string{
		"testdata/v1/stream.conf:39: warning: [11111111-2222-3333-4444-555555555555] replication_step: " +
			`no Netdata version reads this; the option is named "replication step"`,
	}
	if d := cmp.Diff(want, strs(problems)); d != "" {
		t.Errorf("problems (-want +got):\n%s", d)
	}

	send := c.Stream.Send
	if got := sprint(send.Destination); got != "[parent1.example.com:19999:SSL [2001:db8::5]%eth0:20000 backup:19998]" {
		t.Errorf("destinations %s", got)
	}
	if !send.Enabled || send.APIKey != "0a1b2c3d-0000-4000-8000-00000000aaaa" || send.BufferSize != 1<<20 ||
		send.Timeout != time.Minute || !send.SkipCertificateVerify {
		t.Errorf("[stream] %+v", send)
	}

	server := c.Child(testKey, "99999999-0000-4000-8000-000000000009")
	wantChild := c.ChildDefaults()
	wantChild.Enabled = true
	wantChild.AllowFrom = []pattern.Pattern{pattern.Parse("!10.1.2.3 10.* localhost", pattern.Blanks), everything()}
	wantChild.Retention, wantChild.Health, wantChild.PostponeAlerts = 7200, HealthAuto, 2*time.Minute
	wantChild.ReplicationPeriod = 12 * time.Hour
	wantChild.From = server.From
	if d := cmp.Diff(wantChild, server, comparePatterns()); d != "" {
		t.Errorf("a server (-want +got):\n%s", d)
	}
	if !server.Proxy.Enabled || server.Proxy.APIKey != send.APIKey || server.HealthLogRetention != day {
		t.Errorf("defaults of the node are lost: %+v", server)
	}
	if got := server.From["health log retention"].String(); got != "testdata/v1/netdata.conf:29: [health] health log history" {
		t.Errorf("the health log retention comes from %s", got)
	}

	laptop := c.Child("66666666-7777-8888-9999-aaaaaaaaaaaa", "99999999-0000-4000-8000-000000000009")
	if !laptop.Enabled || laptop.Mode != ModeRAM || laptop.Proxy.Enabled || laptop.Compression {
		t.Errorf("a laptop: %+v", laptop)
	}
	database := c.Child(testKey, testMachine)
	if database.Mode != ModeSave || database.Retention != 86400 || database.Health != HealthYes ||
		database.UpdateEvery != 5 || database.PostponeAlerts != 5*time.Minute {
		t.Errorf("the database server: %+v", database)
	}

	s := c.Server
	if s.Global.Hostname != "parent-1" || s.DB.UpdateEvery != 2 || s.DB.Retention != 7200 ||
		s.DB.Tiers[0].RetentionSize != 256<<20 || s.DB.CleanupObsoleteCharts != 30*time.Minute ||
		s.Web.IdleTimeout != 90*time.Second || s.Web.Gzip || s.Web.AcceptStreamEvery != 2*time.Second ||
		s.Health.RunEvery != 20*time.Second || !s.Registry.Enabled || s.Registry.Announce != "https://registry.example.com" {
		t.Errorf("netdata.conf: %+v", s)
	}
	if len(s.Web.Bind) != 2 || s.Web.Bind[0].Address() != "127.0.0.1:19999" || s.Web.Bind[1].Address() != "10.0.0.1:19998" {
		t.Errorf("bind to: %v", s.Web.Bind)
	}
	if d := cmp.Diff(map[string]string{"location": "rack 7 # upper half", "role": "parent"}, s.HostLabels); d != "" {
		t.Errorf("host labels (-want +got):\n%s", d)
	}
}

func TestLoadV2(t *testing.T) {
	c, problems := Load("testdata/v2")
	if len(problems) > 0 {
		t.Errorf("problems: %v", problems)
	}
	key := c.Child(testKey, "99999999-0000-4000-8000-000000000009")
	if !key.Enabled || key.Mode != ModeDBEngine || key.Retention != 3600 || key.Health != HealthAuto ||
		key.HealthLogRetention != 7*day || key.ReplicationPeriod != 2*day || key.ReplicationStep != 10*time.Minute || !key.Ephemeral {
		t.Errorf("a child of the key: %+v", key)
	}
	if d := cmp.Diff([]string{"lz4", "gzip"}, key.CompressionOrder); d != "" {
		t.Errorf("order (-want +got):\n%s", d)
	}
	machine := c.Child(testKey, testMachine)
	if machine.Mode != ModeRAM || !machine.Proxy.Enabled || machine.Proxy.APIKey != "22222222-2222-3333-4444-555555555555" ||
		sprint(machine.Proxy.Destination) != "[unix:/run/parent.sock far.example.com:19999:SSL]" ||
		!machine.Allows("10.0.0.7") || machine.Allows("10.0.0.8") {
		t.Errorf("the machine: %+v", machine)
	}
	if got := machine.From["replication step"].String(); got != "testdata/v2/stream.conf:19: ["+testKey+"] replication step" {
		t.Errorf("the replication step comes from %s", got)
	}
	// A key that says nothing has the parent's settings.
	other := c.Child("33333333-2222-3333-4444-555555555555", "99999999-0000-4000-8000-000000000009")
	if other.ReplicationStep != 30*time.Minute || other.Health != HealthNo || other.HealthLogRetention != 10*day ||
		!strings.HasPrefix(other.From["replication step"].String(), "testdata/v2/netdata.conf:") {
		t.Errorf("defaults: %+v", other)
	}
	if got := other.From["proxy destination"].String(); got != "default" {
		t.Errorf("the proxy destination comes from %s", got)
	}

	s := c.Server
	wantTiers := []Tier{{10 << 30, 0, 1}, {4 << 30, 180 * day, 60}, {1 << 30, 5 * 365 * day, 30}}
	if d := cmp.Diff(wantTiers, s.DB.Tiers); d != "" {
		t.Errorf("tiers (-want +got):\n%s", d)
	}
	wantBind := []Bind{
		{Network: "tcp", Port: "19999", ACL: ACLDashboard | ACLStreaming, SSL: SSLOptional},
		{Network: "tcp", Host: "::1", Port: "19998", ACL: ACLAll},
		{Network: "unix", Host: "/run/netdata.sock", ACL: ACLAll},
	}
	if d := cmp.Diff(wantBind, s.Web.Bind); d != "" {
		t.Errorf("bind to (-want +got):\n%s", d)
	}
	if s.Web.MaxTLSVersion != tls.VersionTLS12 || s.Web.SSLKey != "/etc/ssl/private/parent.pem" || s.Logs.Level != slog.LevelWarn ||
		s.Logs.Format != LogJSON || s.Directories.Lib != "/srv/netdata/lib" || s.DB.CleanupEphemeralHosts != day {
		t.Errorf("netdata.conf: %+v", s)
	}
}

// Everything that netdata v1.37.1 reads from the sections a parent has is
// known, and its defaults are ours but for what v2 changed.
func TestLoadRecorded(t *testing.T) {
	c, problems := Load("testdata/recorded")
	want := []string{
		`testdata/recorded/netdata.conf:25: warning: [db] dbengine disk space MB: has no effect: ` +
			`"dbengine multihost disk space MB" in line 26 says the same and wins`,
	}
	if d := cmp.Diff(want, strs(problems)); d != "" {
		t.Errorf("problems (-want +got):\n%s", d)
	}
	s := Default("/etc/netdata").Server
	s.Global.Hostname, s.Global.Timezone = "parent", "Etc/UTC"
	s.DB.Retention, s.DB.ReplicationStep = 4096, 10*time.Minute
	s.DB.Tiers[0] = Tier{RetentionSize: 256 << 20, Iterations: 1}
	s.Directories = Directories{
		Log: "/var/log/netdata", Cache: "/var/cache/netdata", Lib: "/var/lib/netdata", Registry: "/var/lib/netdata",
		HealthConfig: "/etc/netdata/health.d", StockHealthConfig: "/usr/lib/netdata/conf.d/health.d",
	}
	s.HostLabels = map[string]string{"name": "value"}
	s.Health.SilencersFile = "/var/lib/netdata/health.silencers.json"
	s.Health.Script = "/usr/lib/netdata/plugins.d/alarm-notify.sh"
	s.Registry.Announce, s.Registry.Hostname = "https://registry.my-netdata.io", "parent"
	if d := cmp.Diff(s, c.Server, compareServers()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// Debian's files are read as they are.
func TestLoadStockFiles(t *testing.T) {
	found := false
	for _, dir := range []string{"/etc/netdata", "/usr/lib/netdata/conf.d"} {
		if _, err := os.Stat(dir); err != nil {
			continue
		}
		found = true
		c, problems := Load(dir)
		for _, p := range problems {
			t.Errorf("%v", p)
		}
		if len(c.Server.Web.Bind) == 0 {
			t.Errorf("%s: nothing to listen on", dir)
		}
	}
	if !found {
		t.Skip("netdata is not installed")
	}
}
