package health

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"foster/health/alert"
	"foster/health/history"
	"foster/storage/catalog"
)

// host is the alerts of a host.
type host struct {
	engine  *Engine
	guid    string
	catalog *catalog.Host // nil: foster itself

	// What decides whether there is something to do.
	next       atomic.Int64 // unix seconds
	generation atomic.Uint64
	connection atomic.Pointer[catalog.Connection]
	settings   atomic.Pointer[settings]
	counts     atomic.Pointer[Counts] // of the alerts, after the last visit

	mu sync.Mutex // guards what follows; never held by those who receive data

	rules   Rules
	rulesAt int64
	facts   hostFacts

	postponedUntil int64
	settled        int64 // unix seconds when the connection was last seen without a replay, 0: never
	open           bool  // the charts' alerts may run

	restored     bool
	reconcileAt  int64 // when alerts of the log that have not come back are removed, 0: done
	known        map[key]*identity
	lastUniqueID int64
	lastAlarmID  int64

	own    *place
	places map[*catalog.Chart]*place
	alerts []*running // in the order of linking
	byName map[string][]*running
	links  uint64 // counts changes of alerts

	linked    linkState
	linkedAt  int64
	obsolete  map[*place]struct{} // that may have to be removed soon
	replaying int64               // unix seconds since which charts have been replaying, 0: none is

	evaluator evaluator
	out       []alert.Transition // for the log
	news      []news             // for the hub, once that is in the log
	changes   []history.Change
}

// key identifies an alert of a host.
type key struct{ chart, name string }

func newHost(e *Engine, guid string, c *catalog.Host) *host {
	h := &host{engine: e, guid: guid, catalog: c, known: map[key]*identity{}, places: map[*catalog.Chart]*place{}, byName: map[string][]*running{},
		obsolete: map[*place]struct{}{}}
	h.own = &place{own: newOwnChart(c)}
	h.counts.Store(&Counts{})
	h.own.id, h.own.name, h.own.context, h.own.family = h.own.own.id, h.own.own.id, h.own.own.id, ownFamily
	return h
}

// wants says whether the host has something to do.
func (h *host) wants(now int64) bool {
	if now >= h.next.Load() || h.settings.Load() != h.engine.settings.Load() {
		return true
	}
	return h.catalog != nil && h.connection.Load() != h.catalog.Connection()
}

// visit does all there is to do.
func (h *host) visit(ctx context.Context) {
	h.mu.Lock()
	defer h.mu.Unlock()
	at := h.engine.o.Now()
	now := at.Unix()
	if !h.restored {
		if err := h.restore(ctx, now); err != nil {
			if ctx.Err() == nil {
				h.engine.o.Log.Error("alerts are not evaluated: their log cannot be read", "machine_guid", h.guid, "error", err)
			}
			h.next.Store(now + h.retry())
			return
		}
	}
	h.refresh(ctx, now)
	if h.reconcileAt != 0 && h.catalog != nil && h.catalog.Removed() {
		h.reconcileAt = now // they do not come back
	}
	h.reconcile(now)
	next := now + h.retry()
	if h.rules.Mode != Never {
		h.link(now)
		h.evaluate(ctx, now)
		h.settle(now)
		next = h.schedule(now)
	}
	h.next.Store(next)
	var counts Counts
	for _, a := range h.alerts {
		counts.add(a.status)
	}
	for _, id := range h.known {
		if h.awaits(id) != nil {
			counts.add(id.logged.New)
		}
	}
	if counts != *h.counts.Load() {
		h.counts.Store(&counts)
	}
	h.flush()
	if h.catalog != nil && h.catalog.Removed() {
		ctx, cancel := context.WithTimeout(ctx, removePatience)
		defer cancel()
		if err := h.engine.o.History.Remove(ctx, h.guid); err != nil && ctx.Err() == nil {
			h.engine.o.Log.Error("the alert log of a removed host stays until it is old", "host", h.facts.name, "machine_guid", h.guid, "error", err)
		}
	}
}

// removePatience is how long other hosts wait at most until the log of a removed one is gone: the file may not be writable.
const removePatience = 10 * time.Second

// retry is how often a host is looked at when nothing of it is due, in seconds.
func (h *host) retry() int64 { return max(1, seconds(h.engine.settings.Load().RunEvery)) }

// rulesEvery is how often the configuration is asked what holds for a host, in seconds.
const rulesEvery = 10

// flush hands what happened to the log, and then to the hub. So foster, when it is killed, knows whom it has told of what:
// first a transition is in the log, then in the journal of the hub, and then the log has that it was handed over. What is
// handed over twice the hub leaves out.
func (h *host) flush() {
	if len(h.out) > 0 {
		h.engine.o.History.Append(h.out)
	}
	if list := h.news; len(list) > 0 {
		h.engine.o.History.After(func() { h.engine.handOver(list) })
	}
	if len(h.changes) > 0 {
		h.engine.o.History.Update(h.changes...)
	}
	// All have been taken over by now.
	h.out, h.news, h.changes = nil, nil, nil
}

// refresh looks what has become of the host.
func (h *host) refresh(ctx context.Context, now int64) {
	s := h.engine.settings.Load()
	h.settings.Store(s)
	if h.catalog == nil {
		self := h.engine.o.Self
		h.facts = hostFacts{name: self.Hostname}
		h.rules = h.engine.o.Rules(nil)
		if h.rules.Mode == Never {
			h.removeAll(now)
		}
		return
	}
	if info, labels := h.catalog.Info(), h.catalog.Labels(); info != h.facts.info || !sameSlice(labels, h.facts.labels) {
		h.facts = hostFacts{info: info, name: info.Hostname, os: info.OS, labels: labels}
		h.forget()
	}
	conn := h.catalog.Connection()
	was := h.connection.Load()
	if conn != was || now-h.rulesAt >= rulesEvery || now < h.rulesAt || h.catalog.Removed() {
		h.rulesAt, h.rules = now, h.engine.o.Rules(h.catalog)
		if h.catalog.Info().MemoryMode == "none" || h.catalog.Removed() {
			h.rules.Mode = Never
		}
	}
	if conn != was {
		h.connection.Store(conn)
		if was != nil && h.rules.Mode == Connected {
			h.removeCharts(now)
		}
		h.settled = 0
		if conn != nil {
			h.postponedUntil = conn.Since.Add(h.rules.Postpone).Unix()
		}
	}
	switch {
	case h.rules.Mode == Never:
		h.removeAll(now)
		h.open = false
		return
	case h.rules.Mode == Connected && conn == nil && len(h.places) > 0: // it was Always
		h.removeCharts(now)
	}
	h.open = h.mayRun(ctx, now)
}

// mayRun says whether the alerts of the charts may be evaluated: not too soon after a connect, and not before what the host
// replays has arrived.
func (h *host) mayRun(ctx context.Context, now int64) bool {
	if now < h.engine.postponedUntil.Load() {
		return false
	}
	conn := h.connection.Load()
	if conn == nil {
		// Who was not there when foster started gets time to come back.
		if h.rules.Mode != Always || now < h.engine.started+int64(h.rules.Postpone/time.Second) {
			return false
		}
		if !h.catalog.RetentionKnown() {
			if err := h.engine.o.Store.LoadRetention(ctx, h.catalog); err != nil {
				return false
			}
		}
		return true
	}
	if conn.Replicating() == 0 && conn.Samples.Load() > 0 {
		h.settled = now
	}
	return now >= h.postponedUntil && h.settled > 0
}

// collected says whether a chart has data that alerts may look at. Nothing of a chart that is replaying is looked at, nor
// what was stored before the host has connected.
func (h *host) collected(p *place, now int64) bool {
	ch := p.chart
	if p.gone != 0 || p.def.Obsolete {
		return false
	}
	first, last := ch.First(), ch.Last()
	if first == 0 || last-first < ch.UpdateEvery() {
		return false
	}
	conn := h.connection.Load()
	if conn == nil {
		return true
	}
	since, defined := conn.Since.Unix(), ch.Defined().Unix()
	const (
		slack = 5   // seconds between the definition of a chart and the question for its history
		fresh = 15  // seconds that the newest point may be older than the connection
		skew  = 300 // seconds after which also a child whose clock is behind has sent something
	)
	if defined < since || conn.Replicating() > 0 && defined > h.settled-slack {
		return false
	}
	return last >= since-fresh || now-since > skew
}

// evaluate evaluates the alerts that are due: first the values of all, then their statuses.
func (h *host) evaluate(ctx context.Context, now int64) {
	h.evaluator.reset(h, now)
	var due []*running
	for _, a := range h.alerts {
		if a.next > now+max(a.every, h.retry()) { // the clock was set back
			a.next = now
		}
		if a.next > now {
			continue
		}
		a.disabled, a.silenced = h.silenced(a, now)
		if a.disabled || !h.runnable(a, now) {
			a.next = now + min(a.every, h.retry())
			if a.status == alert.Uninitialized {
				a.next = now + 1
			}
			continue
		}
		due = append(due, a)
	}
	for _, a := range due {
		a.evaluateValue(ctx, &h.evaluator)
	}
	for _, a := range due {
		status := a.evaluateStatus(&h.evaluator)
		a.updated, a.next = now, now+a.every
		if status != a.status {
			h.change(a, status, now)
		}
	}
	h.engine.evaluations.Add(uint64(len(due)))
}

// runnable says whether an alert can be evaluated.
func (h *host) runnable(a *running, now int64) bool {
	if a.place.own != nil {
		return h.ownRunnable(now)
	}
	return h.open && h.collected(a.place, now) && a.hasData(now)
}

// schedule repeats notifications that are due, and returns when there is something to do again.
func (h *host) schedule(now int64) int64 {
	next := now + h.retry()
	if h.catalog != nil && h.catalog.Generation() != h.generation.Load() {
		next = now + 1
	}
	if conn := h.connection.Load(); conn != nil && !h.open { // waiting for the end of a replay
		next = now + 1
	}
	if h.reconcileAt != 0 {
		next = min(next, max(h.reconcileAt, now+1))
	}
	for _, a := range h.alerts {
		next = min(next, a.next)
		if a.pending != nil && !a.held {
			next = min(next, a.delayUpTo)
		}
		if at := a.repeatAt(); at != 0 {
			if at <= now {
				h.repeat(a, now)
				at = a.repeatAt()
			}
			next = min(next, at)
		}
	}
	return max(next, now+1)
}

// count returns how many alerts have a status, and up to 15 of them, those that changed last first, as name=time.
func (h *host) count(s alert.Status) (int, []string) {
	var list []*running
	for _, a := range h.alerts {
		if a.status == s {
			list = append(list, a)
		}
	}
	n := len(list)
	slices.SortStableFunc(list, func(a, b *running) int { return int(b.changed - a.changed) })
	const most = 15
	var names []string
	for _, a := range list[:min(n, most)] {
		names = append(names, a.nameAndTime())
	}
	return n, names
}
