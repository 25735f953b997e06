package health

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"foster/health/alert"
	"foster/health/conf"
	"foster/health/history"
	"foster/health/silence"
	"foster/internal/throttle"
	"foster/storage"
	"foster/storage/catalog"
)

// Mode says when the alerts of a host are evaluated.
type Mode uint8

// The modes.
const (
	Never     Mode = iota
	Connected      // while the host is; its alerts are removed when it goes
	Always         // also after it has gone
)

// Rules are what holds for one host.
type Rules struct {
	Mode     Mode
	Postpone time.Duration // after a connect
}

// Settings are what a reload can change.
type Settings struct {
	Definitions []*conf.Definition     // in the order of loading
	Enabled     func(name string) bool // alerts to run
	RunEvery    time.Duration          // what cannot be evaluated is tried again at least this often
	Hibernation time.Duration          // for how long alerts wait after the machine was suspended
	// RepeatWarning and RepeatCritical are for definitions that do not say; 0: notifications are not repeated.
	RepeatWarning, RepeatCritical time.Duration
	Recipient, Exec               string // likewise
}

// Self is foster itself, a host without a child.
type Self struct {
	MachineGUID, Hostname string
	// Facts returns what alerts on foster.self can ask for, by name. It may be nil.
	Facts func() map[string]float64
}

// Options are what an Engine is made with.
type Options struct {
	Store    *storage.Store
	Steps    []int64 // seconds that a point of each tier covers, tier 0 first
	History  *history.Log
	Silences *silence.Set
	// Notify hands over a notification, and Observe tells of a transition that is not notified; it may be nil. Both are called
	// when the transition is in the log, for those of one host in their order, and must not block.
	Notify, Observe func(alert.Transition)
	Rules           func(*catalog.Host) Rules
	Self            Self
	Settings        Settings
	Log             *slog.Logger
	Now             func() time.Time
	Workers         int // hosts evaluated at the same time; 0: half of the processors
}

func (o *Options) validate() error {
	switch {
	case o.Store == nil || o.History == nil || o.Silences == nil:
		return errors.New("health options: no store, history or silences")
	case o.Notify == nil || o.Rules == nil || o.Log == nil || o.Now == nil:
		return errors.New("health options: no notify, rules, log or clock")
	}
	if o.Workers <= 0 {
		o.Workers = max(1, runtime.GOMAXPROCS(0)/2)
	}
	return nil
}

// Engine evaluates the alerts of all hosts. Its methods may be used from any goroutine.
type Engine struct {
	o        Options
	catalog  *catalog.Catalog
	settings atomic.Pointer[settings]
	started  int64 // unix seconds

	mu    sync.RWMutex // guards hosts
	hosts map[string]*host

	globalID atomic.Int64 // the last one given

	// Of the passes; they belong to Run.
	before         time.Time
	postponedUntil atomic.Int64 // unix seconds until which nothing is evaluated

	sequence    atomic.Uint64     // counts transitions
	unread      throttle.Throttle // lookups, by the name of the alert
	evaluations atomic.Uint64
	failed      atomic.Uint64 // notifications
	lastPass    atomic.Int64  // nanoseconds that the last pass took
}

// settings are Settings made ready.
type settings struct {
	Settings
	definitions *definitions
}

func ready(s Settings) *settings {
	if s.Enabled == nil {
		s.Enabled = func(string) bool { return true }
	}
	if s.RunEvery <= 0 {
		s.RunEvery = 10 * time.Second
	}
	if s.Recipient == "" {
		s.Recipient = "root"
	}
	return &settings{s, newDefinitions(s.Definitions, s.Enabled)}
}

// New returns an engine. Nothing is evaluated before Run.
func New(o Options) (*Engine, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	e := &Engine{o: o, catalog: o.Store.Catalog(), hosts: map[string]*host{}, started: o.Now().Unix()}
	e.settings.Store(ready(o.Settings))
	return e, nil
}

// Reload puts other settings in force. Alerts whose definition is not there any more are removed, and those whose definition
// says the same go on as they are.
func (e *Engine) Reload(s Settings) { e.settings.Store(ready(s)) }

// tick is the time from one pass to the next.
const tick = time.Second

// Run evaluates until ctx ends. It is called once.
func (e *Engine) Run(ctx context.Context) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		e.pass(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// pass visits the hosts that have something to do.
func (e *Engine) pass(ctx context.Context) {
	now := e.o.Now()
	e.suspended(now)
	due := e.due(now.Unix())
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(e.o.Workers, len(due)) {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(due) {
					return
				}
				due[i].visit(ctx)
			}
		})
	}
	wg.Wait()
	e.lastPass.Store(int64(e.o.Now().Sub(now)))
}

// due returns the hosts to visit, and takes up those that are new and lets go those that were removed.
func (e *Engine) due(now int64) []*host {
	current := e.catalog.Hosts()
	e.mu.Lock()
	defer e.mu.Unlock()
	var list []*host
	visit := func(h *host) {
		if h.wants(now) {
			list = append(list, h)
		}
	}
	if self := e.o.Self; self.MachineGUID != "" {
		h := e.hosts[self.MachineGUID]
		if h == nil {
			h = newHost(e, self.MachineGUID, nil)
			e.hosts[self.MachineGUID] = h
		}
		visit(h)
	}
	for _, c := range current {
		h := e.hosts[c.GUID]
		switch {
		case h == nil:
			h = newHost(e, c.GUID, c)
			e.hosts[c.GUID] = h
		case h.catalog != c: // foster itself, or one that came back: it is taken up when its predecessor is gone
			continue
		}
		visit(h)
	}
	for guid, h := range e.hosts {
		if h.catalog != nil && h.catalog.Removed() {
			list = append(list, h) // for the last time
			delete(e.hosts, guid)
		}
	}
	return list
}

// suspended holds everything back after the machine was suspended: then the clock on the wall has gone on much further than
// the monotonic one.
func (e *Engine) suspended(now time.Time) {
	before := e.before
	e.before = now
	if before.IsZero() {
		return
	}
	if wall, ran := now.Round(0).Sub(before.Round(0)), now.Sub(before); slept(wall, ran) {
		d := e.settings.Load().Hibernation
		e.postponedUntil.Store(now.Add(d).Unix())
		e.o.Log.Warn("the machine seems to have been suspended: alerts wait", "suspended_for", wall-ran, "wait", d)
	}
}

// slept says whether the machine was suspended when the wall clock and the monotonic one went on by so much. Corrections of
// the clock by a few seconds do not count.
func slept(wall, ran time.Duration) bool { return wall > 2*ran && wall-ran > 5*time.Second }

// nextGlobalID returns the id of a new transition.
func (e *Engine) nextGlobalID(now time.Time) int64 {
	for {
		last := e.globalID.Load()
		id := max(now.UnixMicro(), last+1)
		if e.globalID.CompareAndSwap(last, id) {
			return id
		}
	}
}

// atLeast makes later ids greater than one from the log.
func (e *Engine) atLeast(globalID int64) {
	for {
		last := e.globalID.Load()
		if globalID <= last || e.globalID.CompareAndSwap(last, globalID) {
			return
		}
	}
}

// Trim forgets alerts that were removed before a time, which before returns for a machine GUID. It goes with that of the log.
func (e *Engine) Trim(before func(machineGUID string) time.Time) {
	e.mu.RLock()
	hosts := slices.Collect(maps.Values(e.hosts))
	e.mu.RUnlock()
	for _, h := range hosts {
		h.forgetRemoved(before(h.guid))
	}
}

// Notified takes the result of a notification: code is 0 when somebody was told.
func (e *Engine) Notified(globalID int64, at time.Time, code int) {
	c := history.Change{GlobalID: globalID, ExecRunAt: at, ExecCode: code}
	if code != 0 {
		c.Flags = alert.ExecFailed
		e.failed.Add(1)
	}
	e.o.History.Update(c)
}
