package api

import "foster/health"

// fleetAlerts writes what alerts say of a host: how many are raised, and the worst of them, of equal ones the newest. It is
// null when none is evaluated.
func (a *API) fleetAlerts(e *encoder, guid string) {
	counts := a.opt.Alerts.Counts(guid)
	if counts.Total() == 0 && !a.opt.Alerts.Enabled(guid) {
		e.keyNull("alerts")
		return
	}
	e.keyOpen("alerts", '{')
	e.keyInt("critical", int64(counts.Critical))
	e.keyInt("warning", int64(counts.Warning))
	worst := (*health.Snapshot)(nil)
	if counts.Critical+counts.Warning > 0 {
		worst = worstAlert(a.opt.Alerts.Alerts(guid))
	}
	if worst == nil {
		e.keyNull("worst")
	} else {
		e.keyOpen("worst", '{')
		e.keyString("name", worst.Name)
		e.keyString("chart", worst.Chart)
		e.keyString("status", worst.Status.String())
		e.keyString("value", worst.ValueText)
		e.keyNumber("since", unix(worst.LastStatusChange))
		e.close('}')
	}
	e.close('}')
}

// worstAlert returns the worst of the raised alerts, nil when none is.
func worstAlert(alerts []health.Snapshot) *health.Snapshot {
	worst := (*health.Snapshot)(nil)
	for i := range alerts {
		s := &alerts[i]
		if !s.Status.Raised() {
			continue
		}
		if worst == nil || s.Status > worst.Status || s.Status == worst.Status && s.LastStatusChange.After(worst.LastStatusChange) {
			worst = s
		}
	}
	return worst
}
