package health

import (
	"cmp"
	"math"
	"slices"
	"time"

	"foster/health/alert"
	"foster/health/silence"
)

// waiting returns the alerts of the log that do not run yet after a start: their host has not connected, or is waited for.
// Until then they are what they were.
func (h *host) waiting(now int64) []Snapshot {
	var list []Snapshot
	for _, id := range h.known {
		if d := h.awaits(id); d != nil {
			list = append(list, h.logged(id, d, now))
		}
	}
	slices.SortFunc(list, func(a, b Snapshot) int { return cmp.Compare(a.AlarmID, b.AlarmID) })
	return list
}

// awaits returns the definition of an alert that is what the log says of it until it runs, or nil when it is not: it runs, its
// definition is gone, or its host is to have no alerts.
func (h *host) awaits(id *identity) *definition {
	if id.logged == nil || h.rules.Mode == Never {
		return nil
	}
	return h.engine.settings.Load().definitions.hashes[id.logged.ConfigHash]
}

// logged returns what is told of an alert after its newest transition.
func (h *host) logged(id *identity, d *definition, now int64) Snapshot {
	t := id.logged
	disabled, silenced := h.engine.o.Silences.Match(time.Unix(now, 0), silence.Subject{
		Name: t.Name, Chart: t.Chart, ChartName: t.ChartName, Context: t.Context, Family: t.Family, Hostname: h.facts.name, MachineGUID: h.guid,
	})
	s := Snapshot{
		MachineGUID: h.guid, Hostname: h.facts.name, AlarmID: id.alarmID, EventID: id.eventID,
		Definition: d.Definition, ConfigHash: d.hash, Name: t.Name,
		Chart: t.Chart, ChartName: t.ChartName, Context: t.Context, Family: t.Family,
		Units: t.Units, Info: t.Info, Summary: t.Summary, Recipient: t.Recipient, Exec: t.Exec,
		Every: d.Every, RepeatWarning: d.Repeat.Warning, RepeatCritical: d.Repeat.Critical,
		Status: t.New, OldStatus: t.Old, Value: t.NewValue, OldValue: t.OldValue, ValueText: t.NewText,
		LastStatusChange: t.When, LastUpdated: t.When, NextUpdate: at(now),
		Delay: t.Delay, DelayUpTo: t.DelayUpTo, LastRepeat: t.LastRepeat,
		Disabled: disabled, Silenced: silenced,
		LastTransition: id.newest.uuid, LastGlobalID: id.newest.globalID, LastTransitionValue: id.newest.value,
		LastTransitionAt: at(id.newest.when), LastNotified: id.executed, EverNotified: id.told,
		Green: math.NaN(), Red: math.NaN(),
	}
	if t.Flags&alert.Recurring != 0 {
		s.LastStatusChange = t.When.Add(-t.Duration)
	}
	if l := d.Lookup; l != nil {
		s.Lookup = l.Of
	}
	return s
}
