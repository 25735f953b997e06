package api

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"

	"foster/health"
	"foster/health/alert"
)

// maxInstances bounds the alerts in one answer of alert_instances.
const maxInstances = 10_000

// alertInstances answers /api/foster/v1/alert_instances: the alerts of all hosts as an operator sees them, those that are
// raised unless other statuses are asked for, the worst first and of these the newest.
func (a *API) alertInstances(rp *reply, rq *request) {
	filter := parseAlertFilter(rq.params)
	if rq.params.get("status") != "all" {
		if filter.unknown != "" {
			rp.failJSON(http.StatusBadRequest, "status", fmt.Sprintf("status %q is none of raised, critical, warning, clear, undefined, uninitialized, all.", filter.unknown))
			return
		}
		if len(filter.statuses) == 0 {
			filter.statuses = []alert.Status{alert.Raised}
		}
	}
	limit := int(min(max(rq.params.number("limit", 1000), 1), maxInstances))
	sequence := a.opt.Alerts.Sequence() // before the alerts are looked at: what changes meanwhile is asked for again
	var total health.Counts
	nodes := a.nodes(rq.params)
	if segments, _ := split(rq.URL.EscapedPath()); isHostPrefix(segments[0]) {
		nodes = slices.DeleteFunc(nodes, func(n node) bool { return n.host != rq.host })
	}
	var having []node // those with an alert of a status that is wanted: mostly few
	for i := range nodes {
		c := a.opt.Alerts.Counts(nodes[i].guid)
		addCounts(&total, c)
		if hasAny(c, filter.statuses) {
			having = append(having, nodes[i])
		}
	}
	list := a.alertsOf(having, &filter)
	slices.SortStableFunc(list, func(x, y nodeAlert) int {
		return cmp.Or(cmp.Compare(y.Status, x.Status), y.LastStatusChange.Compare(x.LastStatusChange))
	})
	rp.open('{')
	rp.keyNumber("now", unix(rq.now))
	rp.keyInt("sequence", int64(sequence))
	rp.keyOpen("total", '{')
	rp.statusCounts(total)
	rp.close('}')
	rp.keyInt("matched", int64(len(list)))
	rp.keyOpen("alerts", '[')
	for i := range list[:min(limit, len(list))] {
		rp.open('{')
		rp.instance(&list[i].Snapshot, list[i].node.hostname)
		rp.close('}')
	}
	rp.close(']')
	rp.close('}')
}

// hasAny says whether any alert has one of the statuses; none are all.
func hasAny(c health.Counts, statuses []alert.Status) bool {
	return len(statuses) == 0 || slices.ContainsFunc(statuses, func(s alert.Status) bool {
		switch s {
		case alert.Raised:
			return c.Warning+c.Critical > 0
		case alert.Warning:
			return c.Warning > 0
		case alert.Critical:
			return c.Critical > 0
		case alert.Clear:
			return c.Clear > 0
		case alert.Undefined:
			return c.Undefined > 0
		case alert.Uninitialized:
			return c.Uninitialized > 0
		}
		return false // nothing that is removed is listed
	})
}

// instance writes what an alert is and how it is now.
func (e *encoder) instance(s *health.Snapshot, hostname string) {
	d := s.Definition
	e.keyString("machine_guid", s.MachineGUID)
	e.keyString("hostname", hostname)
	e.keyString("name", s.Name)
	e.keyString("chart", s.Chart)
	e.keyString("chart_name", s.ChartName)
	e.keyString("context", s.Context)
	e.keyString("family", s.Family)
	e.keyString("summary", s.Summary)
	e.keyString("status", s.Status.String())
	e.keyNumber("value", s.Value)
	e.keyString("value_string", s.ValueText)
	e.keyString("units", s.Units)
	e.keyInt("since", unixSeconds(s.LastStatusChange))
	e.keyInt("updated", unixSeconds(s.LastUpdated))
	e.keyString("role", s.Recipient)
	e.keyString("type", d.Type)
	e.keyString("component", d.Component)
	e.keyString("class", d.Class)
	e.keyBool("silenced", s.Silenced)
	e.keyBool("disabled", s.Disabled)
}
