package api

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"foster/health"
	"foster/health/alert"
	"foster/health/conf"
)

// healthGUID returns the machine GUID under which the engine knows the host of a request.
func (a *API) healthGUID(rq *request) string {
	if rq.host == nil {
		return a.opt.Self.GUID
	}
	return rq.host.GUID
}

// selectedAlarms returns the alarms of the host that a request is about: those that are raised, or with the word all every
// one.
func (a *API) selectedAlarms(rq *request) []health.Snapshot {
	list := a.opt.Alerts.Alerts(a.healthGUID(rq))
	if !wantsAll(rq.URL.RawQuery) {
		list = slices.DeleteFunc(list, func(s health.Snapshot) bool { return !s.Status.Raised() })
	}
	return list
}

// wantsAll says whether a query string has the word all, with or without a value; active takes it back.
func wantsAll(raw string) bool {
	all := false
	for part := range strings.SplitSeq(raw, "&") {
		switch name, value, _ := strings.Cut(part, "="); name {
		case "all":
			all = value != "false" && value != "no" && value != "0"
		case "active":
			all = false
		}
	}
	return all
}

// alarms answers /api/v1/alarms.
func (a *API) alarms(rp *reply, rq *request) {
	guid := a.healthGUID(rq)
	list := a.selectedAlarms(rq)
	rp.open('{')
	rp.keyString("hostname", a.identify(rq.host).hostname)
	rp.keyInt("latest_alarm_log_unique_id", a.opt.Alerts.LatestUniqueID(guid))
	rp.keyBool("status", a.opt.Alerts.Enabled(guid))
	rp.keyInt("now", rq.now.Unix())
	rp.keyOpen("alarms", '{')
	for i := range list {
		rp.alarm(&list[i])
	}
	rp.close('}')
	rp.close('}')
}

// alarm writes one alarm with its key, exactly as netdata v1.37.1 does; v2.11.0 has no family, and a summary.
func (rp *reply) alarm(s *health.Snapshot) {
	d := s.Definition
	rp.keyOpen(s.Chart+"."+s.Name, '{')
	rp.keyInt("id", s.AlarmID)
	rp.keyString("config_hash_id", s.ConfigHash.String())
	rp.keyString("name", s.Name)
	rp.keyString("chart", s.Chart)
	rp.keyString("family", s.Family)
	rp.keyString("class", orUnknown(d.Class))
	rp.keyString("component", orUnknown(d.Component))
	rp.keyString("type", orUnknown(d.Type))
	rp.keyBool("active", true)
	rp.keyBool("disabled", s.Disabled)
	rp.keyBool("silenced", s.Silenced)
	rp.keyString("exec", s.Exec)
	rp.keyString("recipient", s.Recipient)
	rp.keyString("source", d.Source())
	rp.keyString("units", s.Units)
	rp.keyString("info", s.Info)
	rp.keyString("status", s.Status.String())
	rp.keyInt("last_status_change", unixSeconds(s.LastStatusChange))
	rp.keyInt("last_updated", unixSeconds(s.LastUpdated))
	rp.keyInt("next_update", unixSeconds(s.NextUpdate))
	rp.keyInt("update_every", seconds(s.Every))
	rp.keyInt("delay_up_duration", seconds(d.Delay.Up))
	rp.keyInt("delay_down_duration", seconds(d.Delay.Down))
	rp.keyInt("delay_max_duration", seconds(d.Delay.Max))
	rp.key("delay_multiplier")
	rp.next()
	rp.b = strconv.AppendFloat(rp.b, d.Delay.Multiplier, 'f', 6, 64)
	rp.keyInt("delay", seconds(s.Delay))
	rp.keyInt("delay_up_to_timestamp", unixSeconds(s.DelayUpTo))
	rp.keyString("warn_repeat_every", strconv.FormatInt(seconds(s.RepeatWarning), 10))
	rp.keyString("crit_repeat_every", strconv.FormatInt(seconds(s.RepeatCritical), 10))
	rp.keyString("value_string", s.ValueText)
	rp.keyString("last_repeat", strconv.FormatInt(unixSeconds(s.LastRepeat), 10))
	rp.keyInt("times_repeat", s.TimesRepeat)
	if d.NoClearNotification {
		rp.keyBool("no_clear_notification", true)
	}
	if l := d.Lookup; l != nil {
		rp.alarmLookup(s, l)
	}
	rp.expression("calc", d.Calc)
	rp.expression("warn", d.Warn)
	rp.expression("crit", d.Crit)
	rp.keyNumber("green", s.Green)
	rp.keyNumber("red", s.Red)
	rp.keyNumber("value", s.Value)
	rp.close('}')
}

func (rp *reply) alarmLookup(s *health.Snapshot, l *conf.Lookup) {
	rp.keyOptional("lookup_dimensions", s.Lookup)
	rp.keyInt("db_after", s.DBAfter)
	rp.keyInt("db_before", s.DBBefore)
	rp.keyString("lookup_method", l.Method)
	rp.keyInt("lookup_after", seconds(l.After))
	rp.keyInt("lookup_before", seconds(l.Before))
	rp.keyString("lookup_options", strings.Join(l.Options, " "))
}

// alarmsValues answers /api/v1/alarms_values: what changes of alarms.
func (a *API) alarmsValues(rp *reply, rq *request) {
	rp.open('{')
	rp.keyString("hostname", a.identify(rq.host).hostname)
	rp.keyOpen("alarms", '{')
	list := a.selectedAlarms(rq)
	for i := range list {
		s := &list[i]
		rp.keyOpen(s.Chart+"."+s.Name, '{')
		rp.keyInt("id", s.AlarmID)
		rp.keyNumber("value", s.Value)
		rp.keyInt("last_updated", unixSeconds(s.LastUpdated))
		rp.keyString("status", s.Status.String())
		rp.close('}')
	}
	rp.close('}')
	rp.close('}')
}

// alarmCount answers /api/v1/alarm_count: how many alarms have a status, of all contexts or of those given.
func (a *API) alarmCount(rp *reply, rq *request) {
	status := alert.Raised
	if name := rq.params.get("status"); name != "" {
		var err error
		if status, err = alert.ParseStatus(name); err != nil {
			status = alert.Raised // as agents do
		}
	}
	var contexts []string
	for list := range rq.params.all("context", "ctx") {
		contexts = append(contexts, strings.FieldsFunc(list, func(r rune) bool { return r == '|' || r == ',' })...)
	}
	n := int64(0)
	for _, s := range a.opt.Alerts.Alerts(a.healthGUID(rq)) {
		switch {
		case len(contexts) > 0 && !slices.Contains(contexts, s.Context):
		case s.Status == status, status == alert.Raised && s.Status.Raised():
			n++
		}
	}
	rp.open('[')
	rp.int(n)
	rp.close(']')
}

// alarmVariables answers /api/v1/alarm_variables: the numbers that expressions can use, grouped as netdata v2.11.0 does.
func (a *API) alarmVariables(rp *reply, rq *request) {
	id := rq.params.get("chart")
	if id == "" {
		rp.fail(http.StatusBadRequest, "No chart id is given at the request.")
		return
	}
	v, ok := a.opt.Alerts.Variables(a.healthGUID(rq), id)
	if !ok {
		rp.fail(http.StatusNotFound, "Chart is not found: "+escape(id))
		return
	}
	rp.open('{')
	rp.keyString("chart", v.Chart)
	rp.keyString("chart_name", v.ChartName)
	rp.keyString("chart_context", v.Context)
	rp.keyString("family", v.Family)
	rp.keyString("host", v.Host)
	for _, group := range []struct {
		key    string
		values []health.Variable
	}{
		{"current_alert_values", v.Builtin},
		{"dimensions_last_stored_values", v.Stored},
		{"dimensions_last_collected_values", v.Collected},
		{"dimensions_last_collected_time", v.CollectedTime},
		{"chart_variables", v.ChartCustom},
		{"family_variables", v.FamilyValues},
		{"host_variables", v.HostCustom},
	} {
		rp.keyOpen(group.key, '{')
		for _, value := range group.values {
			rp.keyNumber(value.Name, value.Value)
		}
		rp.close('}')
	}
	rp.keyOpen("alerts", '{')
	for i, other := range v.Alerts {
		if i > 0 && other.Name == v.Alerts[i-1].Name {
			continue // of several the one that the name stands for
		}
		rp.keyOpen(other.Name, '{')
		rp.keyNumber("value", other.Value)
		rp.keyString("instance", other.Chart)
		rp.keyString("context", other.Context)
		rp.keyInt("score", int64(other.Score))
		rp.close('}')
	}
	rp.close('}')
	rp.close('}')
}

func orUnknown(s string) string {
	if s == "" {
		return "Unknown"
	}
	return s
}

// unixSeconds returns 0 for no time.
func unixSeconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}
