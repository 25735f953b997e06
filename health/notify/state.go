package notify

import (
	"maps"
	"slices"
	"time"

	"foster/health/alert"
	"foster/health/notify/service"
)

// known is what the hub knows of an alert.
type known struct {
	last     alert.Transition
	critical bool // now, or since it was last clear; after a CLEAR it tells of the time before
	observed bool // last was observed only: it may still be handed over to be notified
	told     map[target]alert.Status
}

// state is all that the journal keeps. It changes by records only, so that reading the journal gives the same again.
type state struct {
	alerts map[alertKey]*known
	items  map[uint64]*item
	queues map[string]*queue // by service
	log    deliveries
	nextID uint64 // of an item

	services map[string]*service.Service
	done     func(globalID int64, at time.Time, code int) // nil while the journal is read
}

func newState(services map[string]*service.Service) *state {
	return &state{
		alerts: map[alertKey]*known{}, items: map[uint64]*item{}, queues: map[string]*queue{}, nextID: 1,
		log: deliveries{next: 1}, services: services,
	}
}

func (s *state) queue(name string) *queue {
	q := s.queues[name]
	if q == nil {
		q = newQueue()
		s.queues[name] = q
	}
	return q
}

// mode returns the mode of a service; programs that alerts name are not configured.
func (s *state) mode(name string) service.Mode {
	if sv := s.services[name]; sv != nil {
		return sv.Mode
	}
	if _, ok := scriptOf(name); ok {
		return service.Each
	}
	return service.Grouped
}

func (s *state) apply(rec *record) {
	switch {
	case rec.In != nil:
		s.applyIn(rec.In)
	case rec.Try != nil:
		s.applyTry(rec.Try)
	case rec.End != nil:
		s.applyEnd(rec.End)
	case rec.Log != nil:
		s.log.add(*rec.Log)
	case rec.Alert != nil:
		s.applyAlert(rec.Alert)
	case rec.Rate != nil:
		s.queue(rec.Rate.Service).sent[rec.Rate.Address] = rec.Rate.Sent
	}
}

func (s *state) applyIn(in *recordIn) {
	t := alert.Transition(in.Transition)
	k := s.alerts[keyOf(&t)]
	if k == nil {
		k = &known{told: map[target]alert.Status{}}
		s.alerts[keyOf(&t)] = k
	}
	k.critical = criticalAfter(k, &t)
	k.last, k.observed = t, in.Done
	if t.New == alert.Clear && (!in.Done || t.Flags&alert.NoClearNotification != 0) {
		// Who is not told that it is over hears of it anew when it comes back.
		maps.DeleteFunc(k.told, func(to target, _ alert.Status) bool {
			return !slices.ContainsFunc(in.Items, func(ri recordItem) bool { return to == target{ri.Service, ri.Address} })
		})
	}
	if len(in.Items) == 0 {
		return
	}
	ev := &event{Transition: t, open: len(in.Items), done: in.Done}
	for _, ri := range in.Items {
		it := &item{recordItem: ri, ev: ev, target: target{ri.Service, ri.Address}}
		s.items[it.ID] = it
		s.nextID = max(s.nextID, it.ID+1)
		s.queue(ri.Service).add(s.mode(ri.Service), it)
	}
}

// criticalAfter says whether an alert is critical or was since it was last clear, when t has happened to it.
func criticalAfter(k *known, t *alert.Transition) bool {
	switch {
	case t.New == alert.Critical:
		return true
	case k == nil:
		return t.Old == alert.Critical
	case t.New.Raised() && !k.last.New.Raised():
		return false
	}
	return k.critical
}

func (s *state) applyTry(try *recordTry) {
	for _, id := range try.Items {
		it := s.items[id]
		if it == nil {
			continue
		}
		it.Attempts, it.Due = try.Attempt, try.Due
		it.group.attempts, it.group.due = try.Attempt, try.Due
	}
}

func (s *state) applyEnd(end *recordEnd) {
	var to *target
	for _, id := range end.Items {
		it := s.items[id]
		if it == nil {
			continue
		}
		delete(s.items, id)
		s.queue(it.target.service).remove(it)
		to = &it.target
		s.log.add(s.delivery(it, end))
		ev := it.ev
		ev.open--
		switch end.Outcome {
		case Sent:
			if k := s.alerts[keyOf(&ev.Transition)]; k != nil {
				if ev.New.Raised() && !s.over(k, it) {
					k.told[it.target] = ev.New
				} else {
					delete(k.told, it.target)
				}
			}
			s.finish(ev, end.At, 0)
		case Failed, Dropped:
			ev.code = max(ev.code, end.Code, 1)
		}
		if ev.open == 0 {
			s.finish(ev, end.At, ev.code)
		}
	}
	if to != nil && end.Outcome == Sent && s.mode(to.service) == service.Grouped {
		q := s.queue(to.service)
		q.sent[to.address] = append(q.sent[to.address], end.At)
	}
}

// over says whether the alert of an item has become clear while a worker was at it, and the target is not to be told of that.
func (s *state) over(k *known, it *item) bool {
	if k.last.New != alert.Clear || k.last.GlobalID <= it.ev.GlobalID || k.observed && k.last.Flags&alert.NoClearNotification == 0 {
		return false
	}
	for _, g := range s.queue(it.target.service).groups {
		if slices.ContainsFunc(g.items, func(o *item) bool { return o.target == it.target && o.ev.GlobalID == k.last.GlobalID }) {
			return false
		}
	}
	return true
}

// finish tells the engine the outcome of an event, once.
func (s *state) finish(ev *event, at time.Time, code int) {
	if !ev.done && s.done != nil {
		s.done(ev.GlobalID, at, code)
	}
	ev.done = true
}

func (s *state) applyAlert(a *recordAlert) {
	t := alert.Transition(a.Last)
	k := &known{last: t, critical: a.Critical, observed: a.Observed, told: map[target]alert.Status{}}
	for _, to := range a.Told {
		k.told[target{to.Service, to.Address}] = to.Status
	}
	s.alerts[keyOf(&t)] = k
}

// delivery returns the entry of the log for the end of an item.
func (s *state) delivery(it *item, end *recordEnd) Delivery {
	d := entry(&it.ev.Transition, end.Outcome, end.Reason, end.At)
	d.Service, d.Role, d.Attempt, d.Together = it.target.service, it.Role, end.Attempt, end.Together
	d.Address = it.Address
	if sv := s.services[it.target.service]; sv != nil {
		d.Address = sv.ShowAddress(it.Address)
	}
	return d
}

// entry returns an entry of the log that concerns no recipient.
func entry(t *alert.Transition, o Outcome, reason string, at time.Time) Delivery {
	return Delivery{
		At: at, Outcome: o, Reason: reason, GlobalID: t.GlobalID, Hostname: t.Hostname, GUID: t.MachineGUID,
		Alert: t.Name, Chart: t.Chart, Status: t.New,
	}
}

// forgetAfter is for how long an alert is remembered that is not raised: its transitions may be handed over again.
const forgetAfter = 24 * time.Hour

// records returns the records that make the state anew.
func (s *state) records(now time.Time) []*record {
	var all []*record
	events := map[*event]*recordIn{}
	for _, id := range slices.Sorted(maps.Keys(s.items)) {
		it := s.items[id]
		in := events[it.ev]
		if in == nil {
			in = &recordIn{Transition: transition(it.ev.Transition), Done: it.ev.done}
			events[it.ev] = in
			all = append(all, &record{In: in})
		}
		in.Items = append(in.Items, it.recordItem)
	}
	// Behind the events, which change what is known of their alerts.
	for key, k := range s.alerts {
		if !k.last.New.Raised() && len(k.told) == 0 && now.Sub(k.last.When) > forgetAfter {
			delete(s.alerts, key)
			continue
		}
		a := &recordAlert{Last: transition(k.last), Critical: k.critical, Observed: k.observed}
		for to, status := range k.told {
			a.Told = append(a.Told, told{to.service, to.address, status})
		}
		all = append(all, &record{Alert: a})
	}
	for i := range s.log.newest() {
		all = append(all, &record{Log: &s.log.newest()[i]})
	}
	for name, q := range s.queues {
		for address, sent := range q.sent {
			all = append(all, &record{Rate: &recordRate{name, address, sent}})
		}
	}
	return all
}
