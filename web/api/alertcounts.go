package api

import (
	"math"
	"strconv"

	"foster/health"
	"foster/health/alert"
	"foster/storage/catalog"
)

// alertCountsPage answers /api/foster/v1/alerts: how many alerts of each host have which status, cheaply enough to be asked
// for every second. A client that sends the sequence it has seen gets the counts only when something has changed since.
func (a *API) alertCountsPage(rp *reply, rq *request) {
	sequence := a.opt.Alerts.Sequence()
	rp.open('{')
	rp.keyInt("sequence", int64(sequence))
	if seen := rq.params.get("sequence"); seen == strconv.FormatUint(sequence, 10) {
		rp.close('}')
		return
	}
	var total health.Counts
	rp.keyOpen("hosts", '[')
	for _, n := range a.nodes(rq.params) {
		if rq.host != nil && n.host != rq.host {
			continue
		}
		c := a.opt.Alerts.Counts(n.guid)
		addCounts(&total, c)
		rp.open('{')
		rp.keyString("machine_guid", n.guid)
		rp.keyString("hostname", n.hostname)
		rp.keyBool("enabled", a.opt.Alerts.Enabled(n.guid))
		rp.statusCounts(c)
		rp.close('}')
	}
	rp.close(']')
	rp.keyOpen("total", '{')
	rp.statusCounts(total)
	rp.close('}')
	rp.close('}')
}

func addCounts(total *health.Counts, c health.Counts) {
	total.Uninitialized += c.Uninitialized
	total.Undefined += c.Undefined
	total.Clear += c.Clear
	total.Warning += c.Warning
	total.Critical += c.Critical
}

// statusCounts writes how many alerts have each status.
func (e *encoder) statusCounts(c health.Counts) {
	e.keyInt("critical", int64(c.Critical))
	e.keyInt("warning", int64(c.Warning))
	e.keyInt("clear", int64(c.Clear))
	e.keyInt("undefined", int64(c.Undefined))
	e.keyInt("uninitialized", int64(c.Uninitialized))
}

// nodeHealth writes the health of a host, nil for the parent itself.
func (e *envelope) nodeHealth(h *catalog.Host) {
	guid := e.api.opt.Self.GUID
	if h != nil {
		guid = h.GUID
	}
	status := "disabled"
	if e.api.opt.Alerts.Enabled(guid) {
		status = "online"
	}
	e.keyOpen("health", '{')
	e.keyString("status", status)
	e.keyOpen("alerts", '{')
	e.statusCounts(e.api.opt.Alerts.Counts(guid))
	e.close('}')
	e.close('}')
}

// alarmTotals writes the alarms of /api/v1/info.
func (rp *reply) alarmTotals(c health.Counts) {
	rp.keyOpen("alarms", '{')
	rp.keyInt("normal", int64(c.Total()-c.Warning-c.Critical))
	rp.keyInt("warning", int64(c.Warning))
	rp.keyInt("critical", int64(c.Critical))
	rp.close('}')
}

// chartAlarms returns the alarms of a host by chart id.
func (a *API) chartAlarms(guid string) map[string][]health.Snapshot {
	byChart := map[string][]health.Snapshot{}
	for _, s := range a.opt.Alerts.Alerts(guid) {
		byChart[s.Chart] = append(byChart[s.Chart], s)
	}
	return byChart
}

// alarmsOfChart writes the alarms of a chart as part of it, as netdata v2.11.0 does.
func (rp *reply) alarmsOfChart(list []health.Snapshot) {
	rp.keyOpen("alarms", '{')
	for i := range list {
		s := &list[i]
		rp.keyOpen(s.Name, '{')
		rp.keyString("id", s.Name)
		rp.keyString("status", s.Status.String())
		rp.keyString("units", s.Units)
		rp.keyInt("duration", seconds(s.Definition.Every))
		rp.close('}')
	}
	rp.close('}')
}

// shellAlarms appends the alarms of a host as assignments of variables of a shell.
func shellAlarms(b []byte, list []health.Snapshot, filter chartFilter) []byte {
	for i := range list {
		s := &list[i]
		if !filter.Empty() && !filter.MatchAny(s.Chart, s.ChartName) {
			continue
		}
		name := appendUpper(append(appendUpper([]byte("NETDATA_ALARM_"), s.ChartName), '_'), s.Name)
		b = append(b, name...)
		b = append(b, `_VALUE="`...)
		if !math.IsNaN(s.Value) && !math.IsInf(s.Value, 0) {
			b = strconv.AppendFloat(b, math.Round(s.Value)+0, 'f', 0, 64)
		}
		b = append(b, `"      # `...)
		b = appendComment(b, s.Units)
		b = append(b, '\n')
		b = append(b, name...)
		b = append(b, `_STATUS="`...)
		b = append(b, s.Status.String()...)
		b = append(b, "\"\n"...)
	}
	return b
}

// alarmColors are the colours of badges by status.
var alarmColors = map[alert.Status]string{
	alert.Critical: "red", alert.Warning: "orange", alert.Clear: "brightgreen", alert.Undefined: "lightgrey", alert.Uninitialized: "black",
}
