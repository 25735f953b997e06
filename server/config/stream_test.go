package config

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foster/internal/pattern"
)

const (
	testKey     = "11111111-2222-3333-4444-555555555555"
	testMachine = "deadbeef-0000-4000-8000-000000000001"
)

// comparePatterns compares patterns by the text they were parsed from.
func comparePatterns() cmp.Option {
	return cmp.Comparer(func(a, b pattern.Pattern) bool { return a.String() == b.String() })
}

func newStream(t *testing.T, text string) (*Stream, []Problem) {
	t.Helper()
	return NewStream(parse(t, text))
}

// Every spelling works in the section of a key and in that of a machine.
func TestGUIDSectionSpellings(t *testing.T) {
	f := func(value string, want any, get func(Child) any, spellings ...string) {
		t.Helper()
		for _, option := range spellings {
			for _, guid := range []string{testKey, testMachine} {
				s, problems := newStream(t, "["+guid+"]\n"+option+" = "+value+"\n")
				if len(problems) > 0 {
					t.Errorf("%s: %v", option, problems)
				}
				if d := cmp.Diff(want, get(s.Resolve(testKey, testMachine, DefaultChild()))); d != "" {
					t.Errorf("%q in [%s] (-want +got):\n%s", option, guid, d)
				}
			}
		}
	}
	f("ram", ModeRAM, func(c Child) any { return c.Mode },
		"db", "default memory mode", "memory mode", "db mode", "default memory")
	f("7200", 7200, func(c Child) any { return c.Retention }, "retention", "default history", "history")
	f("2h", 7200, func(c Child) any { return c.Retention }, "retention", "default history", "history")
	f("5", 5, func(c Child) any { return c.UpdateEvery }, "update every")
	f("7", 7, func(c Child) any { return c.Limits.Charts }, "max charts")
	f("7", 7, func(c Child) any { return c.Limits.Dimensions }, "max dimensions")
	f("7", 7, func(c Child) any { return c.Limits.ChartDimensions }, "max dimensions per chart")
	f("1MiB", uint64(1<<20), func(c Child) any { return c.Limits.LabelBytes }, "max label bytes")
	f("auto", HealthAuto, func(c Child) any { return c.Health }, "health enabled", "health enabled by default")
	for _, value := range []string{"90", "1m30s"} {
		f(value, 90*time.Second, func(c Child) any { return c.PostponeAlerts }, "postpone alerts on connect",
			"default postpone alarms on connect seconds", "postpone alarms on connect seconds")
		f(value, 90*time.Second, func(c Child) any { return c.HealthLogRetention },
			"health log retention", "default health log history", "health log history")
		f(value, 90*time.Second, func(c Child) any { return c.ReplicationPeriod }, "replication period", "seconds to replicate")
		f(value, 90*time.Second, func(c Child) any { return c.ReplicationStep }, "replication step", "seconds per replication step")
	}
	f("yes", true, func(c Child) any { return c.Proxy.Enabled }, "proxy enabled", "default proxy enabled")
	f("a:1 b", "[a:1 b:19999]", func(c Child) any { return sprint(c.Proxy.Destination) },
		"proxy destination", "default proxy destination")
	f(strings.ToUpper(testMachine), testMachine, func(c Child) any { return c.Proxy.APIKey },
		"proxy api key", "default proxy api key")
	f("!a *", "!a *", func(c Child) any { return c.Proxy.SendChartsMatching.String() },
		"proxy send charts matching", "default proxy send charts matching")
	f("no", false, func(c Child) any { return c.Compression }, "enable compression")
	f("gzip lz4", []string{"gzip", "lz4"}, func(c Child) any { return c.CompressionOrder }, "compression algorithms order")
	f("no", false, func(c Child) any { return c.Replication }, "enable replication")
	f("yes", true, func(c Child) any { return c.Ephemeral }, "is ephemeral node")
	f("2GiB", uint64(2<<30), func(c Child) any { return c.Quota }, "quota", "quota per host")
	f("api", nil, func(Child) any { return nil }, "type")
	f("10.*", "10.*", func(c Child) any {
		i := slices.IndexFunc(c.AllowFrom, func(p pattern.Pattern) bool { return p.String() != "*" })
		return c.AllowFrom[i].String()
	}, "allow from")
	f("rack=7", nil, func(Child) any { return nil }, "host tags")
}

func sprint(ds []Destination) string {
	var s []string
	for _, d := range ds {
		s = append(s, d.String())
	}
	return "[" + strings.Join(s, " ") + "]"
}

// Inside a section the new name wins, then the first of the old ones.
func TestSpellingOrder(t *testing.T) {
	f := func(options, want string, problems ...string) {
		t.Helper()
		s, got := newStream(t, "["+testKey+"]\n"+options)
		if mode := s.Resolve(testKey, testMachine, DefaultChild()).Mode; string(mode) != want {
			t.Errorf("%q: %s, want %s", options, mode, want)
		}
		if d := cmp.Diff(problems, strs(got)); d != "" {
			t.Errorf("%q (-want +got):\n%s", options, d)
		}
	}
	f("memory mode = save\ndb = ram\ndefault memory mode = none\n", "ram",
		`test.conf:4: warning: [`+testKey+`] default memory mode: has no effect: "db" in line 3 says the same and wins`,
		`test.conf:2: warning: [`+testKey+`] memory mode: has no effect: "db" in line 3 says the same and wins`)
	f("memory mode = save\ndefault memory mode = none\n", "none",
		`test.conf:2: warning: [`+testKey+`] memory mode: has no effect: "default memory mode" in line 3 says the same and wins`)
}

func TestResolvePrecedence(t *testing.T) {
	s, problems := newStream(t, `
[11111111-2222-3333-4444-555555555555]
enabled = yes
db = ram
retention = 1000
replication step = 5m
[DEADBEEF-0000-4000-8000-000000000001]
db = save
update every = 3
`)
	if len(problems) > 0 {
		t.Errorf("problems: %v", problems)
	}
	defaults := DefaultChild()
	defaults.ReplicationPeriod = 7 * time.Hour
	defaults.From = map[string]Origin{"replication period": {"foster.conf", 3, "db", "replication period"}}

	want := defaults
	want.Enabled = true
	want.AllowFrom = []pattern.Pattern{everything(), everything()}
	want.Mode, want.Retention, want.UpdateEvery, want.ReplicationStep = ModeSave, 1000, 3, 5*time.Minute
	upper := strings.ToUpper(testMachine)
	want.From = map[string]Origin{
		"replication period": {"foster.conf", 3, "db", "replication period"},
		"db":                 {"test.conf", 8, upper, "db"},
		"retention":          {"test.conf", 5, testKey, "retention"},
		"update every":       {"test.conf", 9, upper, "update every"},
		"replication step":   {"test.conf", 6, testKey, "replication step"},
	}
	got := s.Resolve(strings.ToUpper(testKey), testMachine, defaults)
	if d := cmp.Diff(want, got, comparePatterns()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if len(defaults.From) != 1 {
		t.Error("Resolve changed the defaults")
	}

	// A machine without a section has the key's settings.
	got = s.Resolve(testKey, "99999999-0000-4000-8000-000000000001", DefaultChild())
	if !got.Enabled || got.Mode != ModeRAM || got.UpdateEvery != 0 {
		t.Errorf("another machine: %+v", got)
	}
}

func TestResolveCompression(t *testing.T) {
	f := func(stream, key, machine string, want bool, from string) {
		t.Helper()
		text := "[stream]\n" + stream + "\n[" + testKey + "]\n" + key + "\n[" + testMachine + "]\n" + machine + "\n"
		s, _ := newStream(t, text)
		c := s.Resolve(testKey, testMachine, DefaultChild())
		if c.Compression != want {
			t.Errorf("[stream] %q, key %q, machine %q: %v, want %v", stream, key, machine, c.Compression, want)
		}
		if at := c.From["enable compression"]; at.Section != from {
			t.Errorf("[stream] %q, key %q, machine %q comes from [%s], want [%s]", stream, key, machine, at.Section, from)
		}
	}
	const yes, no = "enable compression = yes", "enable compression = no"
	f("", "", "", true, "")
	f(yes, yes, yes, true, "")
	f(no, "", "", false, "stream")
	f(no, yes, yes, false, "stream")
	f("", no, "", false, testKey)
	f("", no, yes, false, testKey)
	f("", yes, no, false, testMachine)
	f("", "", no, false, testMachine)
}

func TestKeyAndMachine(t *testing.T) {
	section := func(guid, options string) string { return "[" + guid + "]\n" + options + "\n" }
	f := func(text string, key, machine, enabled bool) {
		t.Helper()
		s, _ := newStream(t, text)
		if k, _ := s.Key(strings.ToUpper(testKey)); (k.Enabled && !k.WrongType) != key {
			t.Errorf("%q: key %+v", text, k)
		}
		if m, _ := s.Machine(testMachine); (m.Enabled && !m.WrongType) != machine {
			t.Errorf("%q: machine %+v", text, m)
		}
		if c := s.Resolve(testKey, testMachine, DefaultChild()); c.Enabled != enabled {
			t.Errorf("%q: child enabled %v", text, c.Enabled)
		}
	}
	f("", false, true, false)
	f(section(testKey, ""), false, true, false)
	f(section(testKey, "enabled = yes"), true, true, true)
	f(section(strings.ToUpper(testKey), "enabled = yes"), true, true, true)
	f(section(testKey, "enabled = sure"), false, true, false)
	f(section(testKey, "enabled = yes\ntype = api"), true, true, true)
	f(section(testKey, "enabled = yes\ntype = machine"), false, true, false)
	f(section(testKey, "enabled = yes\ntype = other"), false, true, false)
	f(section(testKey, "enabled = yes")+section(testMachine, "enabled = no"), true, false, false)
	f(section(testKey, "enabled = yes")+section(testMachine, "type = machine"), true, true, true)
	f(section(testKey, "enabled = yes")+section(testMachine, "type = api"), true, false, false)
	f("[API_KEY]\nenabled = yes\n", false, true, false)

	s, _ := newStream(t, section(testKey, "allow from = 10.*")+section(testMachine, "allow from = !10.1.* *"))
	k, ok := s.Key(testKey)
	if !ok || k.GUID != testKey || k.AllowFrom.String() != "10.*" {
		t.Errorf("Key() = %+v, %v", k, ok)
	}
	c := s.Resolve(testKey, testMachine, DefaultChild())
	for ip, want := range map[string]bool{"10.2.0.1": true, "10.1.0.1": false, "11.0.0.1": false, "": false} {
		if c.Allows(ip) != want {
			t.Errorf("Allows(%q) = %v", ip, !want)
		}
	}
	m, ok := s.Machine("00000000-0000-4000-8000-000000000009")
	if ok || !m.Enabled || m.GUID != "00000000-0000-4000-8000-000000000009" || !m.AllowFrom.Match("1.2.3.4") {
		t.Errorf("Machine() = %+v, %v", m, ok)
	}
	if k, ok := s.Key("stream"); ok || k.Enabled {
		t.Errorf("Key(stream) = %+v, %v", k, ok)
	}
}

func TestEnabledKeys(t *testing.T) {
	s, _ := newStream(t, `
[99999999-0000-4000-8000-000000000001]
enabled = yes
[99999999-0000-4000-8000-000000000002]
type = machine
enabled = yes
[11111111-2222-3333-4444-555555555555]
type = api
enabled = yes
[99999999-0000-4000-8000-000000000003]
type = api
`)
	want := []string{"99999999-0000-4000-8000-000000000001", testKey}
	if d := cmp.Diff(want, s.EnabledKeys()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestStreamSection(t *testing.T) {
	base := func(change func(*Send)) Send {
		s := DefaultStream().Send
		change(&s)
		return s
	}
	f := func(options string, want Send, problems ...string) {
		t.Helper()
		s, got := newStream(t, "[stream]\n"+options+"\n")
		if d := cmp.Diff(want, s.Send, comparePatterns()); d != "" {
			t.Errorf("%q (-want +got):\n%s", options, d)
		}
		if d := cmp.Diff(problems, strs(got)); d != "" {
			t.Errorf("%q (-want +got):\n%s", options, d)
		}
	}
	f("", base(func(*Send) {}))
	f("enabled = yes\ndestination = a /b:SSL\napi key = "+strings.ToUpper(testKey)+"\ndefault port = 20000", base(func(s *Send) {
		s.Enabled, s.APIKey, s.DefaultPort = true, testKey, "20000"
		s.Destination = []Destination{{Network: "tcp", Host: "a", Port: "20000"}, {Network: "unix", Host: "/b", TLS: true}}
	}))
	f("send charts matching = !a *", base(func(s *Send) { s.SendChartsMatching = pattern.Parse("!a *", pattern.Blanks) }))
	f("enable compression = no", base(func(s *Send) { s.Compression = false }))
	f("compression algorithms order = gzip, gzip lz4", base(func(s *Send) { s.CompressionOrder = []string{"gzip", "lz4"} }))
	f("brotli compression level = 3\nzstd compression level = 4\ngzip compression level = 5\nlz4 compression acceleration = 6",
		base(func(s *Send) { s.BrotliLevel, s.ZstdLevel, s.GzipLevel, s.LZ4Acceleration = 3, 4, 5, 6 }))
	for _, option := range []string{"timeout", "timeout seconds"} {
		f(option+" = 90", base(func(s *Send) { s.Timeout = 90 * time.Second }))
		f(option+" = 90m", base(func(s *Send) { s.Timeout = 90 * time.Minute }))
	}
	f("buffer size = 1MiB", base(func(s *Send) { s.BufferSize = 1 << 20 }))
	f("buffer size bytes = 1000000", base(func(s *Send) { s.BufferSize = 1000000 }))
	f("reconnect delay = 30s", base(func(s *Send) { s.ReconnectDelay = 30 * time.Second }))
	f("reconnect delay seconds = 5", base(func(s *Send) { s.ReconnectDelay = 5 * time.Second }))
	f("initial clock resync iterations = 10", base(func(s *Send) { s.ClockResyncIterations = 10 }))
	f("ssl skip certificate verification = yes\nCApath = /ca\nCAfile = /ca.pem\nparent using h2o = yes", base(func(s *Send) {
		s.SkipCertificateVerify, s.CAPath, s.CAFile, s.ParentUsingH2O = true, "/ca", "/ca.pem", true
	}))
	f("destination =\napi key =", base(func(*Send) {}))

	// What cannot be used.
	f("enabled = yes", base(func(s *Send) { s.Enabled = true }),
		"test.conf:2: error: [stream] enabled: nothing is sent without destination and api key")
	f("api key = secret", base(func(*Send) {}), `test.conf:2: error: [stream] api key: "secret" is not a GUID; the value is ignored`)
	f("timeout = soon", base(func(*Send) {}),
		`test.conf:2: error: [stream] timeout: "soon" is not a duration such as 90, 10m or 1d12h; the value is ignored`)
	f("timeout = -5m", base(func(*Send) {}),
		`test.conf:2: error: [stream] timeout: duration "-5m" is negative; the value is ignored`)
	f("buffer size = 10mb", base(func(*Send) {}),
		`test.conf:2: error: [stream] buffer size: unknown unit "mb" of size "10mb" (case matters: KiB, MB, GiB); the value is ignored`)
	f("reconnect delay = 1s", base(func(s *Send) { s.ReconnectDelay = 5 * time.Second }),
		"test.conf:2: warning: [stream] reconnect delay: 1s is less than the minimum 5s, which is used")
	f("destination = udp:a b", base(func(s *Send) {
		s.Destination = []Destination{{Network: "tcp", Host: "b", Port: "19999"}}
	}), `test.conf:2: error: [stream] destination: "udp:a": parents do not accept udp; the item is left out`)
	f("zstd compression level = 99", base(func(s *Send) { s.ZstdLevel = 22 }),
		"test.conf:2: warning: [stream] zstd compression level: 99 is more than the maximum 22, which is used")
	f("compression algorithms order = lzma", base(func(*Send) {}),
		`test.conf:2: error: [stream] compression algorithms order: "lzma" names none of zstd, lz4, brotli, gzip; the value is ignored`)
	f("enabled = maybe", base(func(*Send) {}),
		`test.conf:2: warning: [stream] enabled: "maybe" is neither yes nor no and counts as no`)
	f("shiny = yes", base(func(*Send) {}), "test.conf:2: warning: [stream] shiny: unknown option")
}

func TestStreamProblems(t *testing.T) {
	f := func(text string, want ...string) {
		t.Helper()
		_, got := newStream(t, text)
		if d := cmp.Diff(want, strs(got)); d != "" {
			t.Errorf("%q (-want +got):\n%s", text, d)
		}
	}
	f("[streams]\nenabled = yes\n", `test.conf:1: warning: [streams] neither "stream" nor a GUID, the section is not used`)
	f("[ "+testKey+" ]\n", "test.conf:1: warning: [ "+testKey+" ] the blanks inside the brackets belong to the name, the section is not used")
	f("[API_KEY]\nenabled = no\nfoo = 1\n[MACHINE_GUID]\n")
	f("[API_KEY]\nenabled = yes\n",
		"test.conf:2: warning: [API_KEY] enabled: the section is a placeholder: its name has to be replaced by a GUID")

	head := "[" + testKey + "]\n"
	at := "[" + testKey + "] "
	f(head+"db = disk\n", "test.conf:2: error: "+at+
		`db: "disk" is not one of dbengine, ram, save, map, alloc, none; the value is ignored`)
	f(head+"health enabled = maybe\n", "test.conf:2: error: "+at+`health enabled: "maybe" is not one of yes, no, auto; the value is ignored`)
	f(head+"retention = 1\n", "test.conf:2: warning: "+at+"retention: 1 is less than the minimum 5, which is used")
	f(head+"replication step = off\n", "test.conf:2: warning: "+at+"replication step: 0s is less than the minimum 1s, which is used")
	f(head+"allow from =\n", "test.conf:2: warning: "+at+"allow from: the pattern is empty and matches nothing")
	f(head+"type = key\n", "test.conf:2: warning: "+at+`type: "key" is neither api nor machine, the section is not used`)
	f(head+"replication_step = 600\n", "test.conf:2: warning: "+at+
		`replication_step: no Netdata version reads this; the option is named "replication step"`)
	f(head+"default send charts matching = *\n", "test.conf:2: warning: "+at+
		`default send charts matching: no Netdata version reads this; to filter what is streamed on use "proxy send charts matching"`)
	f(head+"color = red\n"+head+"color = blue\n", "test.conf:4: warning: "+at+"color: unknown option")
}

// The same GUID in two spellings is one section.
func TestSameGUIDTwice(t *testing.T) {
	s, problems := newStream(t, "["+testMachine+"]\ndb = ram\nupdate every = 2\n["+strings.ToUpper(testMachine)+"]\ndb = save\n")
	c := s.Resolve(testKey, testMachine, DefaultChild())
	if c.Mode != ModeSave || c.UpdateEvery != 2 {
		t.Errorf("mode %s, update every %d", c.Mode, c.UpdateEvery)
	}
	want := []string{"test.conf:4: warning: [" + strings.ToUpper(testMachine) + `] same GUID as section "` + testMachine + `" in line 1; both count as one`}
	if d := cmp.Diff(want, strs(problems)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
