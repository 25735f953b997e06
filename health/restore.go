package health

import (
	"context"
	"maps"
	"time"

	"github.com/google/uuid"

	"foster/health/alert"
	"foster/health/history"
)

// reconcileAfter is how long after a start alerts of the log get to come back before they are removed, in seconds.
const reconcileAfter = 300

// restore reads from the log what the alerts of the host were when foster stopped.
func (h *host) restore(ctx context.Context, now int64) error {
	state, err := h.engine.o.History.Restore(ctx, h.guid)
	if err != nil {
		return err
	}
	h.engine.atLeast(state.GlobalID)
	h.lastUniqueID, h.lastAlarmID = state.UniqueID, state.AlarmID
	for i := range state.Alerts {
		s := &state.Alerts[i]
		id := &identity{
			alarmID: s.Newest.AlarmID, eventID: s.Newest.EventID, newest: brief(&s.Newest), executed: s.Executed, told: !s.ExecutedAt.IsZero(),
		}
		h.known[key{s.Newest.Chart, s.Newest.Name}] = id
		if id.live() {
			id.logged = &s.Newest
			h.reconcileAt = now + reconcileAfter
		}
	}
	h.restored = true
	return nil
}

// latest is what is needed of the newest transition of an alert.
type latest struct {
	globalID, uniqueID int64
	uuid               uuid.UUID
	status             alert.Status
	value              float64
	when               int64 // unix seconds
}

func brief(t *alert.Transition) latest {
	return latest{t.GlobalID, t.UniqueID, t.UUID, t.New, t.NewValue, t.When.Unix()}
}

// identity returns what is known of an alert.
func (h *host) identity(k key) *identity {
	id := h.known[k]
	if id == nil {
		id = &identity{}
		h.known[k] = id
	}
	return id
}

// begin starts an alert: with the status it had when foster stopped, if it was running then, or else as one that was never
// evaluated.
func (h *host) begin(a *running, now int64) {
	a.next = now
	if t := a.id.logged; t != nil {
		if t.ConfigHash == a.def.hash {
			a.resume(t)
			a.id.logged = nil
			return
		}
		h.end(a.id, now) // its definition has changed while foster was not running
	}
	h.change(a, alert.Uninitialized, now)
}

// resume makes an alert what it was after its newest transition.
func (a *running) resume(t *alert.Transition) {
	a.status, a.oldStatus, a.value, a.oldValue = t.New, t.Old, t.NewValue, t.OldValue
	a.changed = t.When.Unix()
	a.raisedFor = seconds(t.RaisedDuration)
	a.delay, a.delayUpTo = seconds(t.Delay), unix(t.DelayUpTo)
	a.lastRepeat = unix(t.LastRepeat)
	if t.Flags&alert.Recurring != 0 {
		a.changed -= seconds(t.Duration)
		return
	}
	if t.New >= alert.Clear || t.New == alert.Undefined {
		a.hold = restoreHold(a.delay, a.delayUpTo, t.New > t.Old, &a.def.Delay)
	}
	if t.Flags&(alert.Processed|alert.Updated) == 0 {
		pending := *t
		a.pending = &pending
	}
}

// end writes that an alert of the log, which does not run, was removed.
func (h *host) end(id *identity, now int64) {
	old := id.logged
	h.lastUniqueID = max(h.lastUniqueID+1, h.engine.started)
	id.eventID++
	t := *old
	t.GlobalID, t.UUID, t.UniqueID, t.EventID = h.engine.nextGlobalID(h.engine.o.Now()), newUUID(), h.lastUniqueID, id.eventID
	t.Updates, t.UpdatedBy = old.UniqueID, 0
	t.When, t.DelayUpTo = at(now), at(now)
	t.Old, t.New, t.OldValue, t.OldText = old.New, alert.Removed, old.NewValue, old.NewText
	t.Duration = max(0, t.When.Sub(old.When))
	t.RaisedDuration = 0
	if old.New.Raised() {
		t.RaisedDuration = old.RaisedDuration + t.Duration
	}
	t.Delay, t.ExecRunAt, t.ExecCode, t.LastRepeat = 0, time.Time{}, 0, time.Time{}
	t.Flags = alert.Processed | old.Flags&alert.NoClearNotification
	h.changes = append(h.changes, history.Change{GlobalID: old.GlobalID, Flags: alert.Updated | alert.Processed, UpdatedBy: t.UniqueID})
	h.out = append(h.out, t)
	h.observe(&t)
	id.newest, id.logged = brief(&t), nil
}

// reconcile removes alerts of the log that have not come back: their charts or their definitions are gone.
func (h *host) reconcile(now int64) {
	if h.reconcileAt == 0 || now < h.reconcileAt {
		return
	}
	if h.rules.Mode != Never && h.connection.Load() != nil && !h.open { // the child is about to tell
		h.reconcileAt = now + reconcileAfter
		return
	}
	h.reconcileAt = 0
	for _, id := range h.known {
		if id.logged != nil {
			h.end(id, now)
		}
	}
}

// forgetRemoved forgets alerts that were removed before a time, as the log does: charts with names of their own, as those of
// containers, come and go for ever.
func (h *host) forgetRemoved(before time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	maps.DeleteFunc(h.known, func(_ key, id *identity) bool {
		return id.eventID > 0 && !id.live() && id.newest.when < before.Unix()
	})
}
