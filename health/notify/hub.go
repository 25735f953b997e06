package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"foster/health/alert"
	"foster/health/notify/service"
)

// Hub tells people and programs about alerts. Its methods may be called from any goroutine.
type Hub struct {
	opt Options
	log *slog.Logger

	mu       sync.Mutex // guards what follows
	config   Config
	state    *state
	journal  *journal
	workers  map[string]*worker
	programs map[string]bool // that alerts named, and whether they are there
	closed   bool
	calls    []call // of Options.Done, to be made

	outcome chan struct{} // calls has more
	ctx     context.Context
	cancel  context.CancelFunc
	sending sync.WaitGroup // workers
	keeping sync.WaitGroup // keep
}

// call is an outcome that the engine has to be told.
type call struct {
	id   int64
	at   time.Time
	code int
}

// Open reads the journal of the directory and starts the workers of the services. ctx is for opening only. The error says
// which service is not valid, without its secrets.
func Open(_ context.Context, o Options) (*Hub, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("notifications: %w", err)
	}
	services, err := o.build(&o.Config)
	if err != nil {
		return nil, fmt.Errorf("notifications: %w", err)
	}
	h := &Hub{
		opt: o, log: o.Log, config: o.Config, state: newState(services), workers: map[string]*worker{}, programs: map[string]bool{},
		outcome: make(chan struct{}, 1),
	}
	if h.journal, err = openJournal(o.Dir, o.Log, h.state.apply); err != nil {
		return nil, fmt.Errorf("open the journal of notifications: %w", err)
	}
	h.state.done = func(id int64, at time.Time, code int) {
		h.calls = append(h.calls, call{id, at, code})
		poke(h.outcome)
	}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	h.mu.Lock()
	h.settleLocked(nil)
	h.mu.Unlock()
	h.keeping.Go(h.keep)
	return h, nil
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// recordLocked writes a change and makes it.
func (h *Hub) recordLocked(rec *record) {
	if rec.Log != nil && rec.Log.ID == 0 {
		rec.Log.ID = h.state.log.next
	}
	h.journal.append(rec)
	h.state.apply(rec)
}

// settleLocked starts and stops workers so that there is one for each service, and ends what waits for those that are gone.
func (h *Hub) settleLocked(changed func(name string) bool) {
	now := time.Now()
	for name, w := range h.workers {
		if h.state.services[name] == nil || changed != nil && changed(name) {
			close(w.stop)
			delete(h.workers, name)
			h.state.queue(name).hurry(now)
		}
	}
	for name, q := range h.state.queues {
		if path, ok := scriptOf(name); ok && h.state.services[name] == nil && q.size > 0 {
			h.scriptLocked(path)
		}
		if h.state.services[name] == nil {
			for it := q.oldest(); it != nil; it = q.oldest() {
				h.endLocked(it, Failed, "the service is no longer configured", now)
			}
		}
	}
	for name, sv := range h.state.services {
		h.startLocked(name, sv)
	}
}

func (h *Hub) startLocked(name string, sv *service.Service) {
	if h.workers[name] != nil || h.closed {
		return
	}
	h.state.queue(name)
	w := &worker{hub: h, name: name, sv: sv, stop: make(chan struct{})}
	h.workers[name] = w
	h.sending.Go(func() { w.run(h.ctx) })
}

func (h *Hub) queueOf(name string) *queue {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.state.queue(name)
}

// Notify hands over a transition that is to be notified. It returns at once.
func (h *Hub) Notify(t alert.Transition) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	now := time.Now()
	k := h.state.alerts[keyOf(&t)]
	if k != nil && (t.GlobalID < k.last.GlobalID || t.GlobalID == k.last.GlobalID && t.Flags&alert.Recurring == 0) {
		// Handed over again. One that waits still tells its outcome later.
		for _, it := range h.state.items {
			if it.ev.GlobalID == t.GlobalID && !it.ev.done {
				return
			}
		}
		h.state.done(t.GlobalID, now, 0)
		return
	}
	critical := criticalAfter(k, &t)
	items, logs := h.planLocked(&t, k, critical, now)
	h.recordLocked(&record{In: &recordIn{Transition: transition(t), Items: items}})
	for i := range logs {
		h.recordLocked(&record{Log: &logs[i]})
	}
	if len(items) == 0 {
		h.state.done(t.GlobalID, now, 0)
	}
	for _, it := range items {
		h.state.queue(it.Service).poke()
	}
}

// Observe tells of a transition that nobody is notified of, so that services that keep states know it too.
func (h *Hub) Observe(t alert.Transition) {
	h.mu.Lock()
	defer h.mu.Unlock()
	k := h.state.alerts[keyOf(&t)]
	if h.closed || k == nil || t.GlobalID <= k.last.GlobalID {
		return
	}
	in := &recordIn{Transition: transition(t), Done: true}
	now := time.Now()
	if !t.New.Raised() {
		for to := range k.told {
			if h.state.mode(to.service) == service.States {
				in.Items = append(in.Items, h.itemLocked(to, t.Recipient, false, now, 0))
			}
		}
	}
	h.recordLocked(&record{In: in})
	for _, it := range in.Items {
		h.state.queue(it.Service).poke()
	}
}

func (h *Hub) itemLocked(to target, role string, critical bool, now time.Time, wait time.Duration) recordItem {
	id := h.state.nextID
	h.state.nextID++
	return recordItem{ID: id, Service: to.service, Address: to.address, Role: role, Critical: critical, Queued: now, Due: now.Add(wait)}
}

// planLocked decides who is told, and what the log says of those who are not.
func (h *Hub) planLocked(t *alert.Transition, k *known, critical bool, now time.Time) (items []recordItem, logs []Delivery) {
	suppress := func(to *target, role, reason string) {
		d := entry(t, Suppressed, reason, now)
		if to != nil {
			d.Service, d.Address, d.Role = to.service, to.address, role
			if sv := h.state.services[to.service]; sv != nil {
				d.Address = sv.ShowAddress(to.address)
			}
		}
		logs = append(logs, d)
	}
	c := &h.config
	var all []routed
	switch path := h.scriptFor(t); {
	case h.selfNotifying(t):
		suppress(nil, "", "the host notifies itself")
		return nil, logs
	case path != "":
		all = []routed{{Recipient{Service: h.scriptLocked(path)}, t.Recipient}}
	default:
		if len(roles(t.Recipient)) == 0 {
			return nil, nil // silent
		}
		if all = recipients(c.Routes, t, critical); len(all) == 0 {
			suppress(nil, t.Recipient, "no route names a recipient")
		}
	}
	// One target may be named in several ways: it is told when any of them wants it.
	type choice struct {
		role  string
		wants bool
	}
	chosen, order := map[target]*choice{}, []target{}
	for _, r := range all {
		sv := h.state.services[r.Service]
		if sv == nil {
			suppress(&target{r.Service, ""}, r.role, "the service is not configured")
			continue
		}
		to := target{r.Service, sv.CleanAddress(r.Address)}
		if chosen[to] == nil {
			chosen[to] = &choice{role: r.role}
			order = append(order, to)
		}
		if r.wants(t.New, critical) && !chosen[to].wants {
			*chosen[to] = choice{r.role, true}
		}
	}
	for _, to := range order {
		var status alert.Status
		if k != nil {
			status = k.told[to]
		}
		sv, role := h.state.services[to.service], chosen[to].role
		switch {
		case !chosen[to].wants:
			suppress(&to, role, "the recipient does not want "+t.New.String()+" of this alert")
			continue
		case t.New == alert.Clear && !t.Old.Raised() && !status.Raised() && !c.ClearAlways:
			suppress(&to, role, "the alert was not raised")
			continue
		}
		if sv.Mode != service.Each && h.overtakeLocked(to, t, now) {
			d := entry(t, Superseded, "the recipient was not told of what it ends", now)
			d.Service, d.Address, d.Role = to.service, sv.ShowAddress(to.address), role
			logs = append(logs, d)
			continue
		}
		q := h.state.queue(to.service)
		for q.size >= c.MaxPending {
			oldest := q.oldest()
			if oldest == nil {
				break
			}
			h.log.Error("a notification was dropped: too many wait for the service", "service", to.service,
				"host", oldest.ev.Hostname, "alert", oldest.ev.Name)
			h.endLocked(oldest, Dropped, fmt.Sprintf("more than %d alerts wait for the service", c.MaxPending), now)
		}
		wait := time.Duration(0)
		if sv.Mode == service.Grouped {
			wait = c.GroupWait
		}
		items = append(items, h.itemLocked(to, role, critical, now, wait))
	}
	return items, logs
}

// overtakeLocked ends an older change of the alert that waits for the target. It is true when t then tells it nothing.
func (h *Hub) overtakeLocked(to target, t *alert.Transition, now time.Time) bool {
	older := h.state.queue(to.service).latest[latestKey{to.address, keyOf(t)}]
	if older == nil {
		return false
	}
	h.endLocked(older, Superseded, "the alert changed again before this was delivered", now)
	return h.nothingNew(to, t) && !h.flyingLocked(to, t)
}

// flyingLocked says whether the target is being told of the alert right now.
func (h *Hub) flyingLocked(to target, t *alert.Transition) bool {
	for _, g := range h.state.queue(to.service).groups {
		if g.flying && slices.ContainsFunc(g.items, func(it *item) bool {
			return it.target == to && keyOf(&it.ev.Transition) == keyOf(t)
		}) {
			return true
		}
	}
	return false
}

// selfNotifying says whether the host of an alert tells people of it itself.
func (h *Hub) selfNotifying(t *alert.Transition) bool {
	return h.config.SelfNotifying.MatchAny(t.Hostname, t.MachineGUID) && !h.config.Nevertheless.Match(t.Name)
}

// scriptFor returns the program that is run instead of the routes, "" for none. What an alert names and is not there, as on
// a machine that an agent has left, does not keep people from being told.
func (h *Hub) scriptFor(t *alert.Transition) string {
	path := t.Exec
	if path == "" || path == h.config.Script {
		return h.config.Script
	}
	there, known := h.programs[path]
	if !known {
		info, err := os.Stat(path)
		there = err == nil && info.Mode().IsRegular() && filepath.IsAbs(path)
		if len(h.programs) >= maxPrograms {
			clear(h.programs)
		}
		h.programs[path] = there
		if !there {
			h.log.Warn("an alert names a program that is not there: its role is told", "program", path, "alert", t.Name)
		}
	}
	if !there {
		return h.config.Script
	}
	return path
}

// maxPrograms bounds what is remembered of programs.
const maxPrograms = 1000

const scriptPrefix = "exec "

// scriptOf returns the program of a service that is not configured but named by an alert or [health].
func scriptOf(name string) (path string, ok bool) { return strings.CutPrefix(name, scriptPrefix) }

// scriptLocked returns the service that runs a program, which it makes when it is new.
func (h *Hub) scriptLocked(path string) string {
	name := scriptPrefix + path
	if h.state.services[name] != nil {
		return name
	}
	args := "v2"
	if h.config.ScriptV1 {
		args = "v1"
	}
	u := url.URL{Scheme: "exec", Path: path, RawQuery: url.Values{"args": {args}, "timeout": {h.config.ScriptTimeout.String()}}.Encode()}
	sv, err := service.Parse(name, u.String(), h.opt.environment(""))
	if err != nil {
		h.log.Error("an alert names a program that cannot be run", "program", path, "error", err)
		return name
	}
	h.state.services[name] = sv
	h.startLocked(name, sv)
	return name
}

// Deliveries returns entries of the delivery log, the newest first.
func (h *Hub) Deliveries(f Filter) []Delivery {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.state.log.find(f)
}

// Pending returns how many alerts wait for each service.
func (h *Hub) Pending() map[string]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	pending := map[string]int{}
	for name := range h.state.services {
		pending[name] = h.state.queue(name).size
	}
	return pending
}

// Reload takes another configuration. With an error the old one stays in force.
func (h *Hub) Reload(c Config) error {
	if err := c.validate(); err != nil {
		return fmt.Errorf("notifications: %w", err)
	}
	services, err := h.opt.build(&c)
	if err != nil {
		return fmt.Errorf("notifications: %w", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return errors.New("notifications: closed")
	}
	same := map[string]bool{}
	for _, sc := range c.Services {
		same[sc.Name] = slices.Contains(h.config.Services, sc)
	}
	for name := range services {
		if same[name] {
			services[name] = h.state.services[name]
		}
	}
	h.config, h.state.services = c, services
	clear(h.programs)
	h.settleLocked(func(name string) bool { return !same[name] })
	return nil
}

// syncEvery is what is lost at most when the machine loses power.
const syncEvery = time.Second

// keep tells outcomes, and syncs and compacts the journal, until the hub is closed.
func (h *Hub) keep() {
	tick := time.NewTicker(syncEvery)
	defer tick.Stop()
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-h.outcome:
			h.tell()
		case <-tick.C:
			h.upkeep()
		}
	}
}

// tell makes the calls of Options.Done that are due.
func (h *Hub) tell() {
	h.mu.Lock()
	calls := h.calls
	h.calls = nil
	h.mu.Unlock()
	for _, c := range calls {
		if h.opt.Done != nil {
			h.opt.Done(c.id, c.at, c.code)
		}
	}
}

// upkeep syncs the journal, or compacts it when it has grown.
func (h *Hub) upkeep() {
	h.mu.Lock()
	if !h.journal.grown() {
		file, dirty := h.journal.file, h.journal.dirty
		h.journal.dirty = false
		h.mu.Unlock()
		if dirty {
			if err := file.Sync(); err != nil {
				h.log.Error("sync the journal of notifications", "error", err)
			}
		}
		return
	}
	var content bytes.Buffer
	encoder := json.NewEncoder(&content)
	var err error
	for _, rec := range h.state.records(time.Now()) {
		err = errors.Join(err, encoder.Encode(rec))
	}
	h.journal.begin()
	h.mu.Unlock()
	file, werr := h.journal.write(content.Bytes())
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.journal.end(file, content.Len(), errors.Join(err, werr)); err != nil {
		h.log.Error("keep the journal of notifications small", "error", err)
	}
}

// Close ends the hub: messages that are on their way may arrive until ctx is done, what waits is delivered after the next
// Open. Notify and Observe do nothing from then on.
func (h *Hub) Close(ctx context.Context) error {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return nil
	}
	h.closed = true
	for _, w := range h.workers {
		close(w.stop)
	}
	h.mu.Unlock()
	sent := make(chan struct{})
	go func() {
		h.sending.Wait()
		close(sent)
	}()
	select {
	case <-sent:
	case <-ctx.Done():
	}
	h.cancel()
	<-sent
	h.keeping.Wait()
	h.tell()
	if err := h.journal.close(); err != nil {
		return fmt.Errorf("close the journal of notifications: %w", err)
	}
	return nil
}
