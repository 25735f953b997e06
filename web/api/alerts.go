package api

import (
	"maps"
	"math"
	"net/http"
	"slices"

	"foster/storage/catalog"
)

// Health is not evaluated here. These commands answer what a parent does whose health monitoring is disabled.

// alarms answers /api/v1/alarms.
func (a *API) alarms(rp *reply, rq *request) {
	rp.open('{')
	rp.keyString("hostname", a.identify(rq.host).hostname)
	rp.keyInt("latest_alarm_log_unique_id", 0)
	rp.keyBool("status", false)
	rp.keyInt("now", rq.now.Unix())
	rp.keyOpen("alarms", '{')
	rp.close('}')
	rp.close('}')
}

// alarmsValues answers /api/v1/alarms_values.
func (a *API) alarmsValues(rp *reply, rq *request) {
	rp.open('{')
	rp.keyString("hostname", a.identify(rq.host).hostname)
	rp.keyOpen("alarms", '{')
	rp.close('}')
	rp.close('}')
}

// alarmLog answers /api/v1/alarm_log.
func (a *API) alarmLog(rp *reply, _ *request) { rp.strings(nil) }

// alarmCount answers /api/v1/alarm_count.
func (a *API) alarmCount(rp *reply, _ *request) {
	rp.open('[')
	rp.int(0)
	rp.close(']')
}

// alarmVariables answers /api/v1/alarm_variables: the numbers that expressions could use.
func (a *API) alarmVariables(rp *reply, rq *request) {
	id := rq.params.get("chart")
	if id == "" {
		rp.fail(http.StatusBadRequest, "No chart id is given at the request.")
		return
	}
	var ch *catalog.Chart
	if rq.host != nil {
		ch = rq.host.Chart(id)
	}
	if ch == nil {
		rp.fail(http.StatusNotFound, "Chart is not found: "+escape(id))
		return
	}
	def := ch.Def()
	rp.open('{')
	rp.keyString("chart", ch.ID)
	rp.keyString("chart_name", ch.Name())
	rp.keyString("chart_context", def.Context)
	rp.keyString("family", def.Family)
	rp.keyString("host", rq.host.Info().Hostname)
	rp.keyOpen("current_alert_values", '{')
	for _, name := range []string{"this", "after", "before", "now", "status", "green", "red"} {
		rp.keyNull(name)
	}
	rp.close('}')
	dimensions := func(key string, value func(d *catalog.Dimension, t int64, v float64) float64) {
		rp.keyOpen(key, '{')
		for _, d := range ch.Dimensions() {
			t, v, _ := d.Last()
			rp.keyNumber(d.ID, value(d, t, v))
		}
		rp.close('}')
	}
	dimensions("dimensions_last_stored_values", func(_ *catalog.Dimension, t int64, v float64) float64 {
		if t == 0 {
			return math.NaN()
		}
		return v
	})
	dimensions("dimensions_last_collected_values", func(d *catalog.Dimension, _ int64, _ float64) float64 { return d.Collected() })
	dimensions("dimensions_last_collected_time", func(_ *catalog.Dimension, t int64, _ float64) float64 { return float64(t) })
	variables := func(key string, values map[string]float64) {
		rp.keyOpen(key, '{')
		for _, name := range slices.Sorted(maps.Keys(values)) {
			rp.keyNumber(name, values[name])
		}
		rp.close('}')
	}
	variables("chart_variables", ch.Variables())
	variables("host_variables", rq.host.Variables())
	rp.keyOpen("alerts", '{')
	rp.close('}')
	rp.close('}')
}

// alertsV2 answers /api/v2/alerts.
func (a *API) alertsV2(rp *reply, rq *request) {
	nodes := a.nodes(rq.params)
	e := a.newEnvelope(rp, rq)
	e.keyOpen("nodes", '[')
	for i := range nodes {
		e.node(&nodes[i])
		e.close('}')
	}
	e.close(']')
	empty := func(keys ...string) {
		for _, k := range keys {
			e.key(k)
			e.strings(nil)
		}
	}
	if e.options.has("summary") {
		empty("alerts", "alerts_by_type", "alerts_by_component", "alerts_by_classification", "alerts_by_recipient", "alerts_by_module")
	}
	if e.options.has("instances", "values") {
		empty("alert_instances")
	}
	if e.options.has("config", "configurations") {
		empty("configurations")
	}
	e.end()
}

// transitionFacets are what a client can narrow transitions by, in the order in which it shows them.
var transitionFacets = []struct {
	id, name string
	order    int64
}{
	{"f_status", "Alert Status", 1},
	{"f_class", "Alert Class", 4},
	{"f_type", "Alert Type", 2},
	{"f_component", "Alert Component", 5},
	{"f_role", "Recipient Role", 3},
	{"f_node", "Alert Node", 6},
	{"f_alert", "Alert Name", 7},
	{"f_instance", "Instance Name", 8},
	{"f_context", "Context", 9},
}

// alertTransitions answers /api/v2/alert_transitions.
func (a *API) alertTransitions(rp *reply, rq *request) {
	e := a.newEnvelope(rp, rq)
	e.keyOpen("facets", '[')
	for _, f := range transitionFacets {
		e.open('{')
		e.keyString("id", f.id)
		e.keyString("name", f.name)
		e.keyInt("order", f.order)
		e.key("options")
		e.strings(nil)
		e.close('}')
	}
	e.close(']')
	e.key("transitions")
	e.strings(nil)
	e.keyOpen("items", '{')
	for _, k := range []string{"evaluated", "matched", "returned"} {
		e.keyInt(k, 0)
	}
	e.keyInt("max_to_return", max(1, rq.params.number("last", 1)))
	e.keyInt("before", 0)
	e.keyInt("after", 0)
	e.close('}')
	e.end()
}
