package health

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"foster/health/alert"
	"foster/health/conf"
	"foster/storage/catalog"
)

// Definitions returns the definitions in force, in the order of loading. The list must not be changed.
func (e *Engine) Definitions() []*conf.Definition { return e.settings.Load().definitions.confs }

// Definition returns a definition in force; ok is false when there is none with that hash.
func (e *Engine) Definition(hash uuid.UUID) (d *conf.Definition, ok bool) {
	found, ok := e.settings.Load().definitions.hashes[hash]
	if !ok {
		return nil, false
	}
	return found.Definition, true
}

func (e *Engine) host(machineGUID string) *host {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.hosts[machineGUID]
}

// Alerts returns the alerts of a host in the order in which they were linked, and then those that wait for it after a start.
// The host of foster itself has the machine GUID of Self.
func (e *Engine) Alerts(machineGUID string) []Snapshot {
	h := e.host(machineGUID)
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	now := e.o.Now().Unix()
	list := make([]Snapshot, 0, len(h.alerts))
	for _, a := range h.alerts {
		list = append(list, h.snapshot(a, now))
	}
	return append(list, h.waiting(now)...)
}

// running says whether the charts are being evaluated; of foster itself, whether anything is.
func (h *host) running() bool { return h.rules.Mode != Never && (h.open || h.catalog == nil) }

// Enabled says whether the charts of a host are being evaluated.
func (e *Engine) Enabled(machineGUID string) bool {
	h := e.host(machineGUID)
	if h == nil {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.running()
}

// Counts returns how many alerts of a host have each status.
func (e *Engine) Counts(machineGUID string) Counts {
	if h := e.host(machineGUID); h != nil {
		return *h.counts.Load()
	}
	return Counts{}
}

func (c *Counts) add(s alert.Status) {
	switch s {
	case alert.Uninitialized:
		c.Uninitialized++
	case alert.Undefined:
		c.Undefined++
	case alert.Clear:
		c.Clear++
	case alert.Warning:
		c.Warning++
	case alert.Critical:
		c.Critical++
	}
}

// LatestUniqueID returns the unique id of the newest transition of a host, 0 when there was none.
func (e *Engine) LatestUniqueID(machineGUID string) int64 {
	h := e.host(machineGUID)
	if h == nil {
		return 0
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.lastUniqueID
}

// snapshot returns what is told of an alert.
func (h *host) snapshot(a *running, now int64) Snapshot {
	p := a.place
	disabled, silenced := h.silenced(a, now)
	s := Snapshot{
		MachineGUID: h.guid, Hostname: h.facts.name, AlarmID: a.id.alarmID, EventID: a.id.eventID,
		Definition: a.def.Definition, ConfigHash: a.def.hash, Name: a.name,
		Chart: p.id, ChartName: p.name, Context: p.context, Family: p.family, Plugin: p.plugin, Module: p.module,
		Units: a.units, Info: a.info, Summary: a.summary, Recipient: a.to, Exec: a.exec,
		Every: time.Duration(a.every) * time.Second, RepeatWarning: time.Duration(a.repeatWarning) * time.Second,
		RepeatCritical: time.Duration(a.repeatCritical) * time.Second, DBAfter: a.after, DBBefore: a.before,
		Status: a.status, OldStatus: a.oldStatus, Value: a.value, OldValue: a.oldValue, ValueText: ValueText(a.value, a.units),
		LastStatusChange: at(a.changed), LastUpdated: at(a.updated), NextUpdate: at(a.next),
		Delay: time.Duration(a.delay) * time.Second, DelayUpTo: at(a.delayUpTo), LastRepeat: at(a.lastRepeat), TimesRepeat: a.repeats,
		Disabled: disabled, Silenced: silenced,
		LastTransition: a.id.newest.uuid, LastGlobalID: a.id.newest.globalID, LastTransitionValue: a.id.newest.value,
		LastTransitionAt: at(a.id.newest.when), LastNotified: a.id.executed, EverNotified: a.id.told,
	}
	s.Green, _ = p.green(a.def.Green)
	s.Red, _ = p.red(a.def.Red)
	if l := a.def.Lookup; l != nil {
		s.Lookup = l.Of
		if a.dimension != nil {
			s.Lookup = a.dimension.Def().Name
		}
	}
	return s
}

// Variables returns the names that expressions of an alert of a chart, given by id or name, can use; ok is false when there
// is no such chart.
func (e *Engine) Variables(machineGUID, chart string) (v Variables, ok bool) {
	h := e.host(machineGUID)
	if h == nil {
		return v, false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.placeOf(chart)
	if p == nil {
		return v, false
	}
	v = Variables{Chart: p.id, ChartName: p.name, Context: p.context, Family: p.family, Host: h.facts.name}
	v.Builtin = []Variable{{"now", float64(e.o.Now().Unix())}}
	for _, name := range slices.Sorted(maps.Keys(constants)) {
		v.Builtin = append(v.Builtin, Variable{name, float64(constants[name])})
	}
	if p.own != nil {
		for _, name := range slices.Sorted(maps.Keys(p.own.values)) {
			v.ChartCustom = append(v.ChartCustom, Variable{name, p.own.values[name]})
		}
	} else {
		v.addChart(p.chart)
		v.HostCustom = sorted(h.catalog.Variables())
		v.addFamily(h, p)
	}
	for _, a := range h.alerts {
		v.Alerts = append(v.Alerts, AlertValue{a.name, a.place.id, a.place.context, a.value, inCommon(p.labels, a.place.labels)})
	}
	slices.SortStableFunc(v.Alerts, func(a, b AlertValue) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), cmp.Compare(b.Score, a.Score), strings.Compare(a.Chart, b.Chart))
	})
	return v, true
}

// placeOf returns a chart as a place, whether there are alerts on it or not; nil when there is none.
func (h *host) placeOf(chart string) *place {
	if chart == h.own.id {
		return h.own
	}
	if h.catalog == nil {
		return nil
	}
	ch := h.catalog.Chart(chart)
	if ch == nil {
		return nil
	}
	if p := h.places[ch]; p != nil {
		return p
	}
	return newPlace(ch)
}

func (v *Variables) addChart(ch *catalog.Chart) {
	each := func(name string, d *catalog.Dimension) {
		t, _, _ := d.Last()
		v.Stored = append(v.Stored, Variable{name, stored(d)})
		v.Collected = append(v.Collected, Variable{name + rawSuffix, d.Collected()})
		v.CollectedTime = append(v.CollectedTime, Variable{name + timeSuffix, float64(t)})
	}
	for _, d := range ch.Dimensions() {
		each(d.ID, d)
		if name := d.Def().Name; name != "" && name != d.ID {
			each(name, d)
		}
	}
	v.ChartCustom = append(sorted(ch.Variables()), Variable{"last_collected_t", float64(ch.Last())}, Variable{"update_every", float64(ch.UpdateEvery())})
}

func (v *Variables) addFamily(h *host, p *place) {
	seen := map[string]bool{}
	for _, ch := range h.catalog.Charts() {
		if def := ch.Def(); p.family == "" || def.Family != p.family || def.Obsolete {
			continue
		}
		for _, d := range ch.Dimensions() {
			for _, name := range []string{d.ID, d.Def().Name} {
				if name != "" && !seen[name] {
					seen[name] = true
					v.FamilyValues = append(v.FamilyValues, Variable{name, stored(d)})
				}
			}
		}
	}
}

func sorted(m map[string]float64) []Variable {
	var list []Variable
	for _, name := range slices.Sorted(maps.Keys(m)) {
		list = append(list, Variable{name, m[name]})
	}
	return list
}

// Sequence grows whenever the status of an alert changes, or an alert comes or goes.
func (e *Engine) Sequence() uint64 { return e.sequence.Load() }

// Stats are figures of the engine.
type Stats struct {
	Evaluations uint64        // so far
	LastPass    time.Duration // what the last pass over all hosts took
	// NotificationsFailed is how many nobody was told of, since the start.
	NotificationsFailed uint64
	Counts              // of all hosts
}

// Stats returns the figures.
func (e *Engine) Stats() Stats {
	s := Stats{Evaluations: e.evaluations.Load(), LastPass: time.Duration(e.lastPass.Load()), NotificationsFailed: e.failed.Load()}
	e.mu.RLock()
	hosts := slices.Collect(maps.Values(e.hosts))
	e.mu.RUnlock()
	for _, h := range hosts { // without their locks: alerts on foster itself ask for this
		c := h.counts.Load()
		s.Uninitialized += c.Uninitialized
		s.Undefined += c.Undefined
		s.Clear += c.Clear
		s.Warning += c.Warning
		s.Critical += c.Critical
	}
	return s
}
