package config

import (
	"math"
	"time"

	"foster/internal/pattern"
)

// Health is the [health] section.
type Health struct {
	Enabled            bool
	StockConfiguration bool            // read the definitions foster comes with
	EnabledAlarms      pattern.Pattern // names of the alerts to run
	RunEvery           time.Duration   // at least this often
	// PostponeAfterHibernation is for how long alerts are held back after the
	// system was suspended.
	PostponeAfterHibernation time.Duration
	InMemoryLogEntries       int           // for each host
	LogRetention             time.Duration // of the log of events

	Script              string        // executed to notify; empty: foster's own
	NotificationTimeout time.Duration // of its execution
	UseSummary          bool          // in notifications, instead of the name
	RepeatWarning       time.Duration // 0: notifications are not repeated
	RepeatCritical      time.Duration
	SilencersFile       string // empty: in the data directory
}

func defaultHealth() Health {
	return Health{
		Enabled:                  true,
		StockConfiguration:       true,
		EnabledAlarms:            everything(),
		RunEvery:                 10 * time.Second,
		PostponeAfterHibernation: time.Minute,
		InMemoryLogEntries:       1000,
		LogRetention:             5 * day,
		NotificationTimeout:      2 * time.Minute,
		UseSummary:               true,
	}
}

func (h *Health) read(r *reader) {
	health := func(options ...string) []name { return in("health", options...) }
	seconds := duration(time.Second, 0)

	set(r, &h.Enabled, func(s string) (bool, error) {
		mode, err := parseHealthMode(s)
		return mode != HealthNo, err
	}, health("enabled"))
	set(r, &h.StockConfiguration, parseBool, health("enable stock health configuration"))
	set(r, &h.EnabledAlarms, parsePattern, health("enabled alarms"))
	set(r, &h.RunEvery, duration(time.Second, time.Second), health("run at least every", "run at least every seconds"))
	set(r, &h.PostponeAfterHibernation, seconds,
		health("postpone alarms during hibernation for", "postpone alarms during hibernation for seconds"))
	set(r, &h.InMemoryLogEntries, intBetween(10, math.MaxInt32), health("in memory max health log entries"))
	set(r, &h.LogRetention, seconds, health("health log retention", "health log history"))
	set(r, &h.Script, parseText, health("script to execute on alarm"))
	set(r, &h.NotificationTimeout, duration(time.Second, time.Second), health("notification execution timeout"))
	set(r, &h.UseSummary, parseBool, health("use summary for notifications"))
	set(r, &h.RepeatWarning, seconds, health("default repeat warning"))
	set(r, &h.RepeatCritical, seconds, health("default repeat critical"))
	set(r, &h.SilencersFile, parseText, health("silencers file"))
	r.ignore("health", "rotate log every lines")
}
