package api

import (
	"log/slog"
	"math"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"foster/health"
	"foster/health/alert"
	"foster/health/conf"
	"foster/health/history"
	"foster/health/silence"
	"foster/web/dashboards"
)

var _ alertSource = (*health.Engine)(nil)

// definitions are those of the parent whose answers are in testdata/alerts, and one of each other kind.
const definitions = `
alarm: golden_critical
on: golden.slow
class: Utilization
type: System
component: Golden
units: seconds
every: 1s
calc: $v
warn: $this > 10
crit: $this > 20
info: v of the golden slow chart
to: silent

template: looked_up
on: system.cpu
families: cpu*
lookup: average -10s at -5s unaligned percentage of user,system
calc: $this / 2 & 1
warn: $this > (($status >= $WARNING) ? (15) : (20))
crit: $this > 90 && $green
green: 10
delay: up 3s down 6s multiplier 1.5 max 20s
repeat: warning 5s
options: no-clear-notification
info: <b> of ${family}
summary: CPU of ${family}
to: sysadmin
chart labels: device=sd*
every: 2s

template: plain
on: system.cpu
lookup: countif(>5) -10s of user
warn: $this > 1
`

// fakeAlerts are alerts made up for tests.
type fakeAlerts struct {
	mu          sync.Mutex
	definitions []*conf.Definition
	alerts      map[string][]health.Snapshot // by machine GUID
	sequence    uint64
	latest      int64
}

// fake returns an API with three alerts on web01: golden_critical on a chart of its own, looked_up and plain on system.cpu.
func fake(t *testing.T, change ...func(*Options)) (*API, *fakeAlerts) {
	t.Helper()
	list, _, err := conf.Parse(strings.NewReader(strings.ReplaceAll(definitions, " & 1", "")), "/etc/foster/health.d/golden.conf")
	if err != nil || len(list) != 3 {
		t.Fatalf("%v, %d definitions", err, len(list))
	}
	at := func(n int64) time.Time { return time.Unix(start+n, 0) }
	snapshot := func(i int, id int64, chart string, s alert.Status, value float64, text string) health.Snapshot {
		d := list[i]
		snapshot := health.Snapshot{
			MachineGUID: webGUID, Hostname: "web01", AlarmID: id, EventID: 2, Definition: d, ConfigHash: health.HashOf(d), Name: d.Name,
			Chart: chart, ChartName: chart, Context: chart, Family: strings.TrimPrefix(chart, "system."), Module: "slow", Units: d.Units,
			Info: d.Info, Summary: strings.ReplaceAll(d.Summary, "${family}", "cpu"), Recipient: d.To, Exec: "/bin/true", Every: d.Every, Status: s, OldStatus: alert.Clear,
			Value: value, OldValue: math.NaN(), ValueText: text, LastStatusChange: at(-10), LastUpdated: at(-1), NextUpdate: at(1),
			DelayUpTo: at(-10), LastTransition: uuid.NewSHA1(uuid.Nil, []byte(d.Name)), LastGlobalID: (start-10)*1e6 + id, LastTransitionValue: value,
			LastTransitionAt: at(-10), Green: d.Green, Red: d.Red,
		}
		if d.Lookup != nil {
			snapshot.Lookup, snapshot.DBAfter, snapshot.DBBefore = d.Lookup.Of, start-15, start-6
		}
		return snapshot
	}
	f := &fakeAlerts{definitions: list, sequence: 7, latest: 1003, alerts: map[string][]health.Snapshot{webGUID: {
		snapshot(0, 1, "golden.slow", alert.Critical, 42.5, "00:00:42"),
		snapshot(1, 2, "system.cpu", alert.Warning, 17, "17%"),
		snapshot(2, 3, "system.cpu", alert.Clear, math.NaN(), "-"),
	}}}
	m := newMemory()
	m.web01()
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	dir := t.TempDir()
	now := func() time.Time { return time.Unix(start+2, 0) }
	silences, err := silence.Open(dir, silence.Options{Log: log, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	h, err := history.Open(t.Context(), filepath.Join(dir, "health.db"), log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	boards, err := dashboards.Open(filepath.Join(dir, "dashboards"), log, now)
	if err != nil {
		t.Fatal(err)
	}
	a := testAPI(t, m, append([]func(*Options){func(o *Options) {
		o.Dashboards = boards
		o.Alerts, o.AlertLog, o.Silences, o.ManagementToken, o.Log = f, h, silences, testToken, log
	}}, change...)...)
	return a, f
}

const testToken = "0f0f0f0f-7c1f-4f0e-9c56-0d3c2c5a0303"

func (f *fakeAlerts) Enabled(guid string) bool { return guid == webGUID }

func (f *fakeAlerts) Alerts(guid string) []health.Snapshot {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]health.Snapshot(nil), f.alerts[guid]...)
}

func (f *fakeAlerts) Counts(guid string) (c health.Counts) {
	for _, s := range f.Alerts(guid) {
		switch s.Status {
		case alert.Critical:
			c.Critical++
		case alert.Warning:
			c.Warning++
		case alert.Clear:
			c.Clear++
		}
	}
	return c
}

func (f *fakeAlerts) LatestUniqueID(guid string) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if guid != webGUID {
		return 0
	}
	return f.latest
}

func (f *fakeAlerts) Variables(guid, chart string) (health.Variables, bool) {
	return health.Variables{
		Chart: chart, ChartName: chart, Context: "system.cpu", Family: "cpu", Host: "web01",
		Builtin: []health.Variable{{Name: "this", Value: math.NaN()}, {Name: "CRITICAL", Value: 4}},
		Stored:  []health.Variable{{Name: "user", Value: 1.5}},
		Alerts:  []health.AlertValue{{Name: "plain", Chart: "system.cpu", Context: "system.cpu", Value: 3, Score: 2}},
	}, guid == webGUID && chart == "system.cpu"
}

func (f *fakeAlerts) Definitions() []*conf.Definition { return f.definitions }

func (f *fakeAlerts) Definition(hash uuid.UUID) (*conf.Definition, bool) {
	for _, d := range f.definitions {
		if health.HashOf(d) == hash {
			return d, true
		}
	}
	return nil, false
}

func (f *fakeAlerts) Sequence() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sequence
}

// transition returns a change of an alert of the fake, the nth of its host.
func (f *fakeAlerts) transition(n int64, s *health.Snapshot, from, to alert.Status) alert.Transition {
	when := time.Unix(start-100+n, 0)
	return alert.Transition{
		GlobalID: when.UnixMicro(), UUID: uuid.NewSHA1(uuid.Nil, []byte{byte(n)}), UniqueID: 1000 + n, AlarmID: s.AlarmID, EventID: n, Updates: 7,
		ConfigHash: s.ConfigHash, MachineGUID: s.MachineGUID, Hostname: s.Hostname, Name: s.Name, Chart: s.Chart, ChartName: s.ChartName,
		Context: s.Context, Family: s.Family, Class: s.Definition.Class, Component: s.Definition.Component, Type: s.Definition.Type,
		Recipient: s.Recipient, Exec: s.Exec, Source: s.Definition.Source(), Units: s.Units, Info: s.Info, Summary: s.Summary, When: when,
		Old: from, New: to, OldValue: math.NaN(), NewValue: float64(n), OldText: "-", NewText: "text", Duration: 12 * time.Second,
		RaisedDuration: 26 * time.Second, Delay: 3 * time.Second, DelayUpTo: when.Add(3 * time.Second), Flags: alert.Processed,
	}
}
