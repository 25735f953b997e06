package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"foster/internal/pattern"
)

// Mode says where the samples of a host are kept.
type Mode string

// The memory modes of Netdata v1 and v2.
const (
	ModeDBEngine Mode = "dbengine" // on disk, in tiers
	ModeRAM      Mode = "ram"      // the last Retention entries, in memory
	ModeSave     Mode = "save"     // ram, written to disk at stop
	ModeMap      Mode = "map"      // ram, in a mapped file
	ModeAlloc    Mode = "alloc"    // as ram
	ModeNone     Mode = "none"     // nowhere
)

var parseMode = oneOf(ModeDBEngine, ModeRAM, ModeSave, ModeMap, ModeAlloc, ModeNone)

// HealthMode says when the alerts of a host are evaluated.
type HealthMode string

// The values of health enabled.
const (
	HealthNo   HealthMode = "no"
	HealthYes  HealthMode = "yes"
	HealthAuto HealthMode = "auto" // while the host is connected
)

// parseHealthMode follows the rule of on-demand booleans: unlike with other
// booleans a word that is not known changes nothing.
func parseHealthMode(s string) (HealthMode, error) {
	switch strings.ToLower(s) {
	case "yes", "true", "on":
		return HealthYes, nil
	case "no", "false", "off":
		return HealthNo, nil
	case "auto", "on demand":
		return HealthAuto, nil
	}
	return "", fmt.Errorf("%s is not one of yes, no, auto", excerpt(s))
}

// minRetention is the least number of entries that Netdata keeps.
const minRetention = 5

// Proxy says where the metrics of a child are streamed on to.
type Proxy struct {
	Enabled            bool
	Destination        []Destination
	APIKey             string // GUID in canonical form, or empty
	SendChartsMatching pattern.Pattern
}

// Child holds the settings that hold for one child: those of its machine
// section, else those of its API key's section, else the defaults.
type Child struct {
	// Enabled reports whether the child may connect: the sections of its key
	// and of its machine both have to be enabled and of the right type.
	Enabled bool
	// AllowFrom are the patterns of client addresses of both sections. Each of
	// them has to match; see Allows.
	AllowFrom []pattern.Pattern

	Mode Mode
	// Retention is the number of entries that ram, save, map and alloc keep.
	// In a file it may also be a duration, which counts one entry a second.
	Retention int
	// UpdateEvery is in seconds; 0 leaves it to the child.
	UpdateEvery int
	Limits      Limits

	Health             HealthMode
	PostponeAlerts     time.Duration // after a connect
	HealthLogRetention time.Duration

	Proxy Proxy

	Compression bool
	// CompressionOrder are the algorithms to choose from, the preferred one
	// first: zstd, lz4, brotli, gzip.
	CompressionOrder []string

	Replication       bool
	ReplicationPeriod time.Duration // how far back history is asked for
	ReplicationStep   time.Duration // how much of it at once

	// Ephemeral hosts may be forgotten after they disconnected.
	Ephemeral bool

	// Quota is how many bytes the samples of the host may take on disk in all tiers; 0: no limit. It is foster's own.
	Quota uint64

	// From tells where the settings come from that are not defaults, by the
	// name that Netdata v2 gives them, such as "replication step".
	From map[string]Origin
}

// Allows reports whether a client with this address may stream as this child.
// ip is the text of the address, "localhost" for a loopback one.
func (c *Child) Allows(ip string) bool {
	return !slices.ContainsFunc(c.AllowFrom, func(p pattern.Pattern) bool { return !p.Match(ip) })
}

// DefaultChild returns the settings of a child without any configuration
// (netdata v2.11.0, with dbengine as the parent's mode). It is not enabled.
func DefaultChild() Child {
	return Child{
		Mode:      ModeDBEngine,
		Retention: 3600,
		Limits:    defaultLimits(),
		// A child that has gone raises nothing but that, whatever is enabled (netdata v2.11.0): only a yes in stream.conf goes on.
		Health:             HealthAuto,
		PostponeAlerts:     time.Minute,
		HealthLogRetention: 5 * day,
		Proxy:              Proxy{SendChartsMatching: everything()},
		Compression:        true,
		// A zstd stream costs a parent 3.2 MiB, an lz4 stream 0.1 MiB, so lz4 comes first, unlike in netdata v2.11.0.
		CompressionOrder:  []string{"lz4", "zstd", "gzip", "brotli"},
		Replication:       true,
		ReplicationPeriod: day,
		ReplicationStep:   time.Hour,
	}
}

// guidSection is an [API_KEY] or a [MACHINE_GUID] section: which of the two,
// nothing but its use tells, unless it has a type.
type guidSection struct {
	guid      string
	typ       Setting[string]
	enabled   Setting[bool]
	allowFrom Setting[pattern.Pattern]

	mode           Setting[Mode]
	retention      Setting[int]
	updateEvery    Setting[int]
	limits         limitSettings
	health         Setting[HealthMode]
	postponeAlerts Setting[time.Duration]
	healthLog      Setting[time.Duration]

	proxyEnabled     Setting[bool]
	proxyDestination Setting[[]Destination]
	proxyAPIKey      Setting[string]
	proxyCharts      Setting[pattern.Pattern]

	compression      Setting[bool]
	compressionOrder Setting[[]string]

	replication       Setting[bool]
	replicationPeriod Setting[time.Duration]
	replicationStep   Setting[time.Duration]

	ephemeral Setting[bool]
	quota     Setting[uint64]
}

// guidHints explain options that were documented and are read by no version.
var guidHints = map[string]string{
	"replication_step":             "no Netdata version reads this; the option is named \"replication step\"",
	"send charts matching":         "no Netdata version reads this here; to filter what is streamed on use \"proxy send charts matching\"",
	"default send charts matching": "no Netdata version reads this; to filter what is streamed on use \"proxy send charts matching\"",
}

// readGUIDSection reads the section with this name. Every spelling is accepted
// in both kinds of section, the new name before the old ones and these in the
// order in which netdata v2.11.0 tries them.
func readGUIDSection(r *reader, section, guid, defaultPort string) *guidSection {
	seconds := duration(time.Second, 0)
	s := &guidSection{
		guid:      guid,
		typ:       setting(r, parseType, in(section, "type")),
		enabled:   setting(r, parseBool, in(section, "enabled")),
		allowFrom: setting(r, parsePattern, in(section, "allow from")),

		mode:        setting(r, parseMode, in(section, "db", "default memory mode", "memory mode", "db mode", "default memory")),
		retention:   setting(r, secondsBetween(minRetention, maxRetention), in(section, "retention", "default history", "history")),
		updateEvery: setting(r, secondsBetween(1, maxUpdateEvery), in(section, "update every")),
		limits:      readLimits(r, section),
		health:      setting(r, parseHealthMode, in(section, "health enabled", "health enabled by default")),
		postponeAlerts: setting(r, seconds, in(section, "postpone alerts on connect",
			"default postpone alarms on connect seconds", "postpone alarms on connect seconds")),
		healthLog: setting(r, seconds, in(section, "health log retention", "default health log history", "health log history")),

		proxyEnabled:     setting(r, parseBool, in(section, "proxy enabled", "default proxy enabled")),
		proxyDestination: destinations(r, defaultPort, in(section, "proxy destination", "default proxy destination")),
		proxyAPIKey:      setting(r, parseKey, in(section, "proxy api key", "default proxy api key")),
		proxyCharts:      setting(r, parsePattern, in(section, "proxy send charts matching", "default proxy send charts matching")),

		compression:      setting(r, parseBool, in(section, "enable compression")),
		compressionOrder: setting(r, parseCompressionOrder, in(section, "compression algorithms order")),

		replication:       setting(r, parseBool, in(section, "enable replication")),
		replicationPeriod: setting(r, seconds, in(section, "replication period", "seconds to replicate")),
		replicationStep:   setting(r, duration(time.Second, time.Second), in(section, "replication step", "seconds per replication step")),

		ephemeral: setting(r, parseBool, in(section, "is ephemeral node")),
		quota:     setting(r, size(mebibyte, 0), in(section, "quota", "quota per host")),
	}
	r.ignore(section, "host tags")
	r.reportUnknown(section, guidHints)
	return s
}

// parseType keeps a word it does not know: a section of another type must not
// be used, neither for a key nor for a machine.
func parseType(s string) (string, error) {
	if s != "api" && s != "machine" {
		return s, warningf("%s is neither api nor machine, the section is not used", excerpt(s))
	}
	return s, nil
}

// override lays the settings of the section over c. Whether the child may
// connect and compress is not a matter of precedence and left to Resolve.
func (s *guidSection) override(c *Child) {
	lay(c, &c.Mode, s.mode, "db")
	lay(c, &c.Retention, s.retention, "retention")
	lay(c, &c.UpdateEvery, s.updateEvery, "update every")
	s.limits.override(c)
	lay(c, &c.Health, s.health, "health enabled")
	lay(c, &c.PostponeAlerts, s.postponeAlerts, "postpone alerts on connect")
	lay(c, &c.HealthLogRetention, s.healthLog, "health log retention")
	lay(c, &c.Proxy.Enabled, s.proxyEnabled, "proxy enabled")
	lay(c, &c.Proxy.Destination, s.proxyDestination, "proxy destination")
	lay(c, &c.Proxy.APIKey, s.proxyAPIKey, "proxy api key")
	lay(c, &c.Proxy.SendChartsMatching, s.proxyCharts, "proxy send charts matching")
	lay(c, &c.CompressionOrder, s.compressionOrder, "compression algorithms order")
	lay(c, &c.Replication, s.replication, "enable replication")
	lay(c, &c.ReplicationPeriod, s.replicationPeriod, "replication period")
	lay(c, &c.ReplicationStep, s.replicationStep, "replication step")
	lay(c, &c.Ephemeral, s.ephemeral, "is ephemeral node")
	lay(c, &c.Quota, s.quota, "quota")
}

func lay[T any](c *Child, dst *T, s Setting[T], name string) {
	if s.Set() {
		*dst = s.Value
		c.From[name] = s.Origin
	}
}

// clone returns a copy that shares no map with c.
func (c Child) clone() Child {
	c.From = maps.Clone(c.From)
	if c.From == nil {
		c.From = map[string]Origin{}
	}
	return c
}
