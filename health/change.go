package health

import (
	"fmt"
	"math"
	"strings"
	"time"

	"foster/health/alert"
	"foster/health/expr"
	"foster/health/history"
	"foster/health/silence"
)

// change gives an alert another status.
func (h *host) change(a *running, status alert.Status, now int64) {
	t := h.transition(a, status, now)
	switch {
	case status == alert.Removed:
		t.Flags |= alert.Processed // nobody is told
		t.DelayUpTo = t.When
	case status != alert.Uninitialized:
		a.delay = a.hold.change(now, status > a.status, &a.def.Delay)
		a.delayUpTo = now + a.delay
		t.Delay, t.DelayUpTo = time.Duration(a.delay)*time.Second, at(a.delayUpTo)
	}
	h.supersede(a, &t)
	if !status.Raised() {
		a.raisedFor = 0
	}
	a.oldStatus, a.status, a.changed = a.status, status, now
	a.lastRepeat, a.repeats, a.held = 0, 0, false
	t.WarningCount, t.WarningAlerts = h.count(alert.Warning)
	t.CriticalCount, t.CriticalAlerts = h.count(alert.Critical)
	h.record(a, &t)
	if t.Flags&alert.Processed == 0 {
		a.pending = &t
	} else {
		h.observe(&t)
	}
}

// transition returns the transition of an alert to a status, with everything but its delay and the counts.
func (h *host) transition(a *running, status alert.Status, now int64) alert.Transition {
	h.lastUniqueID = max(h.lastUniqueID+1, h.engine.started)
	if a.id.alarmID == 0 {
		h.lastAlarmID = max(h.lastAlarmID+1, h.engine.started)
		a.id.alarmID = h.lastAlarmID
	}
	a.id.eventID++
	when := time.Unix(now, 0)
	p := a.place
	t := alert.Transition{
		GlobalID: h.engine.nextGlobalID(h.engine.o.Now()), UUID: newUUID(), UniqueID: h.lastUniqueID, AlarmID: a.id.alarmID, EventID: a.id.eventID,
		Updates: a.id.newest.uniqueID, ConfigHash: a.def.hash,
		MachineGUID: h.guid, Hostname: h.facts.name, Name: a.name, Chart: p.id, ChartName: p.name, Context: p.context, Family: p.family,
		Class: a.def.Class, Component: a.def.Component, Type: a.def.Type, Recipient: a.to, Exec: a.exec, Source: a.def.Source(),
		Units: a.units, Info: a.info, Summary: a.summary,
		When: when, Old: a.status, New: status, OldValue: a.oldValue, NewValue: a.value,
		OldText: ValueText(a.oldValue, a.units), NewText: ValueText(a.value, a.units),
		DelayUpTo: when, LastRepeat: at(a.lastRepeat),
	}
	if a.changed != 0 {
		t.Duration = time.Duration(max(0, now-a.changed)) * time.Second
	}
	if a.status.Raised() {
		a.raisedFor += max(0, now-a.changed)
	}
	t.RaisedDuration = time.Duration(a.raisedFor) * time.Second
	if a.silenced {
		t.Flags |= alert.Silenced
	}
	if a.def.NoClearNotification {
		t.Flags |= alert.NoClearNotification
	}
	if a.decided != nil {
		t.Expression, t.ExpressionVariable = a.decided.Text(), h.evaluator.describe(a, a.decided)
	}
	return t
}

// supersede notes that t takes the place of the transition before it, which is not notified any more.
func (h *host) supersede(a *running, t *alert.Transition) {
	before := a.id.newest.globalID
	if before == 0 {
		return
	}
	c := history.Change{GlobalID: before, Flags: alert.Updated, UpdatedBy: t.UniqueID}
	if a.pending != nil {
		c.Flags |= alert.Processed
		a.pending = nil
	}
	h.changes = append(h.changes, c)
}

// record puts a transition into the log.
func (h *host) record(a *running, t *alert.Transition) {
	h.out = append(h.out, *t)
	h.engine.sequence.Add(1)
	a.id.newest = brief(t)
}

// settle decides on the transitions whose delay is over whether people are told. Those that a silence covers wait for its end:
// what is still so then is told.
func (h *host) settle(now int64) {
	for _, a := range h.alerts {
		t := a.pending
		if t == nil || now < unix(t.DelayUpTo) {
			continue
		}
		c := history.Change{GlobalID: t.GlobalID, Flags: alert.Processed}
		switch must := a.mustTell(t); {
		case must && h.hushed(a, now):
			if !a.held {
				a.held = true
				h.changes = append(h.changes, history.Change{GlobalID: t.GlobalID, Flags: alert.Silenced})
				h.observe(t)
			}
			continue
		case must:
			c.Flags |= alert.ExecRun
			c.Unset = alert.Silenced
			c.ExecRunAt = at(now)
			h.tell(a, t, now)
		default:
			// Nobody is told that it is over: when it comes back that is news.
			if t.New == alert.Clear && a.id.told && a.id.executed.Raised() {
				a.id.told, c.Untold = false, true
			}
			h.observe(t)
		}
		a.pending = nil
		h.changes = append(h.changes, c)
	}
}

// mustTell says whether a transition is notified, once its delay is over and unless it is silenced.
func (a *running) mustTell(t *alert.Transition) bool {
	switch {
	case t.New < alert.Clear:
		return false
	case t.New == alert.Clear && (a.def.NoClearNotification || !a.id.told):
		return false
	case a.id.told && a.id.executed == t.New:
		return false
	}
	return !a.isRepeating() // that tells by itself
}

// hushed says whether notifications of an alert are silenced.
func (h *host) hushed(a *running, now int64) bool {
	_, silenced := h.silenced(a, now)
	return silenced
}

// tell hands a transition to the notification hub.
func (h *host) tell(a *running, t *alert.Transition, now int64) {
	t.Flags = t.Flags&^alert.Silenced | alert.Processed | alert.ExecRun
	t.ExecRunAt = at(now)
	a.id.executed, a.id.told = t.New, true
	h.news = append(h.news, news{*t, true})
}

// observe tells the hub of a transition that it need not tell of.
func (h *host) observe(t *alert.Transition) {
	if h.engine.o.Observe != nil {
		h.news = append(h.news, news{*t, false})
	}
}

// news is a transition for the hub.
type news struct {
	alert.Transition
	notify bool
}

// handOver tells the hub.
func (e *Engine) handOver(list []news) {
	for i := range list {
		if list[i].notify {
			e.o.Notify(list[i].Transition)
		} else {
			e.o.Observe(list[i].Transition)
		}
	}
}

// repeat tells people again that an alert is raised. The first time is when its delay is over.
func (h *host) repeat(a *running, now int64) {
	if h.hushed(a, now) {
		a.lastRepeat = now // later, unless it still is
		return
	}
	a.lastRepeat = now
	a.repeats++
	duration, raised, old := time.Duration(max(0, now-a.changed))*time.Second, a.raisedFor, a.status
	t := h.transition(a, a.status, now)
	a.raisedFor = raised
	// As a status that came from clear, with the time at which it did (netdata v2.11.0).
	t.Old, t.Duration = alert.Clear, duration
	t.Flags |= alert.Recurring
	t.New = old
	t.LastRepeat = at(now)
	t.WarningCount, t.WarningAlerts = h.count(alert.Warning)
	t.CriticalCount, t.CriticalAlerts = h.count(alert.Critical)
	h.supersede(a, &t)
	h.tell(a, &t, now)
	h.record(a, &t)
}

// silenced asks the silences about an alert.
func (h *host) silenced(a *running, now int64) (disabled, silenced bool) {
	p := a.place
	return h.engine.o.Silences.Match(time.Unix(now, 0), silence.Subject{
		Name: a.name, Chart: p.id, ChartName: p.name, Context: p.context, Family: p.family, Hostname: h.facts.name, MachineGUID: h.guid,
	})
}

// describe returns the values of the variables of an expression.
func (ev *evaluator) describe(a *running, e *expr.Expression) string {
	if ev.host == nil {
		return ""
	}
	ev.alert = a
	var b strings.Builder
	for _, name := range e.Variables() {
		v, ok := ev.variable(name)
		if !ok {
			v = math.NaN()
		}
		fmt.Fprintf(&b, "[ ${%s} = %g ] ", name, v)
	}
	return b.String()
}
