package notify

import (
	"fmt"
	"slices"
	"time"

	"foster/health/alert"
	"foster/health/notify/service"
)

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
		for _, address := range sv.Addresses(r.Address) {
			to := target{r.Service, address}
			if chosen[to] == nil {
				chosen[to] = &choice{role: r.role}
				order = append(order, to)
			}
			if r.wants(t.New, critical) && !chosen[to].wants {
				*chosen[to] = choice{r.role, true}
			}
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
