package api

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
