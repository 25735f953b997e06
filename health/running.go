package health

import (
	"context"
	"math"
	"strconv"
	"time"

	"github.com/google/uuid"

	"foster/health/alert"
	"foster/health/expr"
	"foster/storage/catalog"
)

// identity is what stays of an alert when it is removed, and over restarts.
type identity struct {
	alarmID int64
	eventID int64 // of the newest transition

	newest   latest            // transition
	logged   *alert.Transition // the same as it is in the log, until the alert runs again after a restart
	executed alert.Status      // the new status of the last transition that was notified
	told     bool              // one was
}

// live says whether the alert existed at the newest transition.
func (id *identity) live() bool { return id.eventID > 0 && id.newest.status != alert.Removed }

// running is an alert: a definition on a place. Times are unix seconds.
type running struct {
	def       *definition
	place     *place
	id        *identity
	name      string
	dimension *catalog.Dimension // the only one of the lookup, nil but for foreach

	units, info, summary, to, exec string
	every                          int64
	repeatWarning, repeatCritical  int64

	status, oldStatus alert.Status
	value, oldValue   float64
	after, before     int64 // of the last lookup
	updated, next     int64
	changed           int64 // when the status did
	raisedFor         int64 // seconds since it was clear, up to the last change
	hold              hold
	delay, delayUpTo  int64
	pending           *alert.Transition // the newest one, until it is decided whether it is notified
	held              bool              // its delay is over, and a silence holds it back
	lastRepeat        int64
	repeats           int64
	disabled          bool
	silenced          bool

	lookup   lookup
	bindings bindings
	decided  *expr.Expression // that decided on the status
}

// newRunning returns an alert that was never evaluated.
func newRunning(d *definition, p *place, name string, dim *catalog.Dimension, id *identity, s *settings) *running {
	a := &running{
		place: p, id: id, name: name, dimension: dim, status: alert.Removed, oldStatus: alert.Removed,
		value: math.NaN(), oldValue: math.NaN(),
	}
	a.apply(d, s)
	return a
}

// apply takes over what a definition says that says the same as the one before, and what the settings have.
func (a *running) apply(d *definition, s *settings) {
	a.def = d
	a.every = max(1, seconds(d.Every), a.place.updateEvery())
	a.to, a.exec = d.To, d.Exec
	if a.to == "" {
		a.to = s.Recipient
	}
	if a.exec == "" {
		a.exec = s.Exec
	}
	a.repeatWarning, a.repeatCritical = seconds(s.RepeatWarning), seconds(s.RepeatCritical)
	if d.Repeat.Set {
		a.repeatWarning, a.repeatCritical = seconds(d.Repeat.Warning), seconds(d.Repeat.Critical)
	}
}

// describe fills in the texts.
func (a *running) describe(h *hostFacts) {
	a.units = a.def.Units
	if a.units == "" {
		a.units = a.place.units
	}
	a.info, a.summary = fill(a.def.Info, a.place, h), fill(a.def.Summary, a.place, h)
}

// evaluateValue computes the value.
func (a *running) evaluateValue(ctx context.Context, ev *evaluator) {
	a.oldValue = a.value
	if a.def.Lookup != nil {
		a.value = a.look(ctx, ev)
	}
	if a.def.Calc != nil {
		a.value = ev.eval(a, a.def.Calc)
	}
}

// evaluateStatus computes the status.
func (a *running) evaluateStatus(ev *evaluator) alert.Status {
	status := alert.Undefined
	a.decided = nil
	if e := a.def.Warn; e != nil {
		if v := ev.eval(a, e); v == v {
			status, a.decided = alert.Clear, e
			if expr.True(v) {
				status = alert.Warning
			}
		}
	}
	if e := a.def.Crit; e != nil {
		if v := ev.eval(a, e); v == v {
			switch {
			case expr.True(v):
				status, a.decided = alert.Critical, e
			case status == alert.Undefined:
				status, a.decided = alert.Clear, e
			}
		}
	}
	return status
}

// hasData says whether the window of the lookup overlaps what is stored, each side widened by one interval.
func (a *running) hasData(now int64) bool {
	l := a.def.Lookup
	if l == nil {
		return true
	}
	if a.place.chart == nil {
		return false // nothing of an own chart is stored
	}
	every := a.place.updateEvery()
	before := now + seconds(l.Before)
	after := before + seconds(l.After)
	return before+every >= a.place.chart.First() && after-every <= a.place.chart.Last()
}

// isRepeating says whether notifications of the status are repeated.
func (a *running) isRepeating() bool { return a.interval() > 0 }

// interval returns how often notifications of the status are repeated, in seconds, 0 for not at all.
func (a *running) interval() int64 {
	switch a.status {
	case alert.Warning:
		return a.repeatWarning
	case alert.Critical:
		return a.repeatCritical
	}
	return 0
}

// repeatAt returns when the next repetition is due, 0 for never.
func (a *running) repeatAt() int64 {
	every := a.interval()
	if every == 0 || a.disabled {
		return 0
	}
	if a.lastRepeat == 0 {
		return a.delayUpTo
	}
	return max(a.delayUpTo, a.lastRepeat+every)
}

func (a *running) nameAndTime() string { return a.name + "=" + strconv.FormatInt(a.changed, 10) }

// seconds returns a duration in whole seconds.
func seconds(d time.Duration) int64 { return int64(d / time.Second) }

// at returns a time, the zero time for 0.
func at(t int64) time.Time {
	if t == 0 {
		return time.Time{}
	}
	return time.Unix(t, 0)
}

// unix is the inverse of at.
func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// newUUID returns a random UUID. Without randomness there is no foster.
func newUUID() uuid.UUID { return uuid.New() }
