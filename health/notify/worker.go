package notify

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"foster/health/alert"
	"foster/health/notify/service"
)

// worker delivers what waits for one service, one message at a time.
type worker struct {
	hub  *Hub
	name string
	sv   *service.Service
	stop chan struct{} // closed: take no more
}

// job is one message and where it goes.
type job struct {
	to      target
	message *service.Message
	groups  []*group // none: a service is told again what is raised
}

const (
	firstRetry   = 5 * time.Second
	lastRetry    = 10 * time.Minute
	offlineRetry = time.Minute // at most so long a service that could not be reached is left alone
	maxTogether  = 1000        // alerts in one message
	idle         = time.Hour
)

// backoff returns how long to wait after n failures: twice as long each time, with a fifth of it by chance, so that what
// failed together does not come back together.
func backoff(n int) time.Duration {
	d := min(firstRetry<<min(n-1, 10), lastRetry)
	return d*9/10 + rand.N(d/5)
}

func (w *worker) run(ctx context.Context) {
	q := w.hub.queueOf(w.name)
	timer := time.NewTimer(idle)
	defer timer.Stop()
	for {
		select {
		case <-w.stop:
			return
		case <-ctx.Done():
			return
		default:
		}
		j, wait := w.hub.next(w.name, w.sv)
		if j == nil {
			timer.Reset(wait)
			select {
			case <-w.stop:
			case <-ctx.Done():
			case <-q.wake:
			case <-timer.C:
			}
			continue
		}
		err := w.sv.Send(ctx, j.message, j.to.address)
		w.hub.landed(ctx, j, w.sv, err)
	}
}

// next returns the message whose turn it is, or how long there is none.
func (h *Hub) next(name string, sv *service.Service) (*job, time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now, q := time.Now(), h.state.queue(name)
	if q.retry.After(now) {
		return nil, q.retry.Sub(now)
	}
	if sv.Mode == service.States && now.Sub(q.resent) >= service.Resend {
		q.resent = now
		if j := h.raisedLocked(name); j != nil {
			return j, 0
		}
	}
	var first *group
	at := now.Add(idle)
	if sv.Mode == service.States {
		at = q.resent.Add(service.Resend)
	}
	for _, g := range q.groups {
		if g.flying {
			continue
		}
		due := g.due
		if sv.Mode == service.Grouped {
			if free := q.free(g.address, now, h.config.RateLimit, h.config.RatePeriod); free.After(now) {
				if !due.After(now) {
					h.logLocked(g, Held, "the rate limit of the recipient is reached", 0, now)
					g.held, due = true, free
				}
			}
		}
		if due.Before(at) {
			first, at = g, due
		}
	}
	if first == nil || at.After(now) {
		return nil, at.Sub(now)
	}
	return h.jobLocked(name, q, first, now), 0
}

// jobLocked takes a group, and with one that was held back all that waits for the recipient.
func (h *Hub) jobLocked(name string, q *queue, first *group, now time.Time) *job {
	j := &job{
		to: target{name, first.address}, groups: []*group{first},
		message: &service.Message{PublicURL: h.config.PublicURL, Summary: h.config.Summary},
	}
	n := len(first.items)
	held := slices.ContainsFunc(q.groups, func(g *group) bool { return g.address == first.address && g.held && !g.flying })
	if held {
		for _, g := range q.groups {
			if g != first && !g.flying && g.address == first.address && !g.due.After(now) && n+len(g.items) <= maxTogether {
				j.groups = append(j.groups, g)
				n += len(g.items)
			}
		}
		if len(j.groups) > 1 {
			j.message.Held = len(j.groups)
		}
	}
	for _, g := range j.groups {
		q.fly(g)
		for _, it := range g.items {
			a := service.Alert{Transition: it.ev.Transition, Critical: it.Critical}
			if k := h.state.alerts[keyOf(&it.ev.Transition)]; k != nil {
				a.Told = k.told[it.target]
			}
			j.message.Alerts = append(j.message.Alerts, a)
		}
	}
	return j
}

// raisedLocked returns all raised alerts that a service was told of, nil when there are none.
func (h *Hub) raisedLocked(name string) *job {
	j := &job{to: target{name, ""}, message: &service.Message{PublicURL: h.config.PublicURL, Summary: h.config.Summary}}
	for _, k := range h.state.alerts {
		if status := k.told[j.to]; status.Raised() {
			a := service.Alert{Transition: k.last, Told: status}
			a.New = status
			j.message.Alerts = append(j.message.Alerts, a)
		}
	}
	if len(j.message.Alerts) == 0 {
		return nil
	}
	return j
}

// landed records the outcome of a job.
func (h *Hub) landed(ctx context.Context, j *job, sv *service.Service, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now, q := time.Now(), h.state.queue(j.to.service)
	failure, _ := errors.AsType[*service.Error](err)
	switch {
	case err != nil && ctx.Err() != nil: // foster stops: this was no attempt
		for _, g := range j.groups {
			h.landLocked(q, g, now)
		}
		return
	case err == nil:
		if q.failures > 0 {
			h.log.Info("a notification service can be reached again", "service", sv.Name)
		}
		q.failures = 0
	case failure.Offline:
		q.failures++
		if q.failures == 1 {
			h.log.Warn("a notification service cannot be reached", "service", sv.Name, "error", err)
		}
		q.retry = now.Add(min(backoff(q.failures), offlineRetry))
	}
	together := len(j.message.Alerts)
	ids := []uint64{}
	for _, g := range j.groups {
		if err == nil || failure.Permanent {
			for _, it := range g.items {
				ids = append(ids, it.ID)
			}
			continue
		}
		h.retryLocked(q, g, failure, now)
	}
	if len(ids) == 0 {
		return
	}
	attempt := j.groups[0].attempts + 1
	if err == nil {
		h.recordLocked(&record{End: &recordEnd{Items: ids, At: now, Outcome: Sent, Attempt: attempt, Together: together}})
		return
	}
	h.log.Error("a notification was not delivered", "service", sv.Name, "alerts", together, "error", err)
	h.recordLocked(&record{End: &recordEnd{
		Items: ids, At: now, Outcome: Failed, Reason: err.Error(), Attempt: attempt, Together: together, Code: failure.Code,
	}})
}

// retryLocked plans another attempt for a group, or gives it up.
func (h *Hub) retryLocked(q *queue, g *group, failure *service.Error, now time.Time) {
	wait := max(backoff(g.attempts+1), failure.After)
	var late, again []uint64
	for _, it := range g.items {
		if now.Add(wait).Sub(it.Queued) > h.config.GiveUp {
			late = append(late, it.ID)
		} else {
			again = append(again, it.ID)
		}
	}
	attempt := g.attempts + 1
	h.logLocked(g, Retried, failure.Error(), attempt, now)
	if len(late) > 0 {
		h.log.Error("a notification was given up", "service", g.items[0].target.service, "alerts", len(late), "error", failure)
		h.recordLocked(&record{End: &recordEnd{
			Items: late, At: now, Outcome: Failed, Reason: "given up: " + failure.Error(), Attempt: attempt, Code: failure.Code,
		}})
	}
	if len(again) > 0 {
		h.recordLocked(&record{Try: &recordTry{Items: again, Attempt: attempt, Due: now.Add(wait)}})
		h.landLocked(q, g, now)
	}
}

// landLocked lets a group wait again. What was overtaken meanwhile ends, and with it a newer change that so tells the
// recipient nothing.
func (h *Hub) landLocked(q *queue, g *group, now time.Time) {
	for _, it := range q.land(g) {
		newer := q.latest[latestKey{it.Address, keyOf(&it.ev.Transition)}]
		h.endLocked(it, Superseded, "the alert changed again before this was delivered", now)
		if newer != nil && h.nothingNew(it.target, &newer.ev.Transition) {
			h.endLocked(newer, Superseded, "the recipient was not told of what it ends", now)
		}
	}
}

// nothingNew says whether a recipient knows what a transition tells.
func (h *Hub) nothingNew(to target, t *alert.Transition) bool {
	if t.Flags&alert.Recurring != 0 {
		return false
	}
	var status alert.Status
	if k := h.state.alerts[keyOf(t)]; k != nil {
		status = k.told[to]
	}
	if !t.New.Raised() {
		return !status.Raised()
	}
	return status == t.New
}

func (h *Hub) endLocked(it *item, o Outcome, reason string, now time.Time) {
	h.recordLocked(&record{End: &recordEnd{Items: []uint64{it.ID}, At: now, Outcome: o, Reason: reason}})
}

// logLocked writes an entry of the log for each item of a group, which goes on waiting; not the same one twice.
func (h *Hub) logLocked(g *group, o Outcome, reason string, attempt int, now time.Time) {
	for _, it := range g.items {
		if it.reason == reason {
			continue
		}
		it.reason = reason
		d := h.state.delivery(it, &recordEnd{At: now, Outcome: o, Reason: reason, Attempt: attempt, Together: len(g.items)})
		h.recordLocked(&record{Log: &d})
	}
}
