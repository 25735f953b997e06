package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
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
	if k != nil && (t.GlobalID < k.last.GlobalID || t.GlobalID == k.last.GlobalID && !k.observed && t.Flags&alert.Recurring == 0) {
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
