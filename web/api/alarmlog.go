package api

import (
	"strconv"

	"foster/health/alert"
	"foster/health/expr"
	"foster/health/history"
)

// expression writes an expression of a definition and how it was understood, when there is one. Both are HTML-escaped too,
// as agents have it.
func (rp *reply) expression(key string, e *expr.Expression) {
	if e == nil {
		return
	}
	rp.keyString(key, escape(e.Text()))
	rp.keyString(key+"_parsed", escape(e.String()))
}

// alarmLog answers /api/v1/alarm_log: the transitions of the alarms of a host, the newest first.
func (a *API) alarmLog(rp *reply, rq *request) {
	f := history.Filter{
		MachineGUIDs: []string{a.healthGUID(rq)}, Chart: rq.params.get("chart"),
		AfterUnique: max(0, rq.params.number("after", 0)), Limit: a.opt.AlarmLogEntries(),
	}
	utcOffset, timezone := int64(0), a.opt.Self.Timezone
	if rq.host != nil {
		info := rq.host.Info()
		utcOffset, timezone = info.UTCOffset, info.Timezone
	}
	rp.open('[')
	err := a.transitions(rq.Context(), f, func(t *alert.Transition) bool {
		rp.logEntry(t, utcOffset, timezone)
		return true
	})
	if err != nil {
		a.failAlertLog(rp, rq, err)
		return
	}
	rp.close(']')
}

// logEntry writes a transition in the order of netdata v1.37.1.
func (rp *reply) logEntry(t *alert.Transition, utcOffset int64, timezone string) {
	rp.open('{')
	rp.keyString("hostname", t.Hostname)
	rp.keyInt("utc_offset", utcOffset)
	rp.keyString("timezone", timezone)
	rp.keyInt("unique_id", t.UniqueID)
	rp.keyInt("alarm_id", t.AlarmID)
	rp.keyInt("alarm_event_id", t.EventID)
	rp.keyString("config_hash_id", t.ConfigHash.String())
	rp.keyString("transition_id", t.UUID.String())
	rp.keyString("name", t.Name)
	rp.keyString("chart", t.Chart)
	rp.keyString("context", t.Context)
	rp.keyString("family", t.Family)
	rp.keyString("class", orUnknown(t.Class))
	rp.keyString("component", orUnknown(t.Component))
	rp.keyString("type", orUnknown(t.Type))
	rp.keyBool("processed", t.Flags&alert.Processed != 0)
	rp.keyBool("updated", t.Flags&alert.Updated != 0)
	rp.keyInt("exec_run", unixSeconds(t.ExecRunAt))
	rp.keyBool("exec_failed", t.Flags&alert.ExecFailed != 0)
	rp.keyString("exec", t.Exec)
	rp.keyString("recipient", t.Recipient)
	rp.keyInt("exec_code", int64(t.ExecCode))
	rp.keyString("source", t.Source)
	rp.keyString("command", "") // foster has no script that edits a definition
	rp.keyString("units", t.Units)
	rp.keyInt("when", t.When.Unix())
	rp.keyInt("duration", seconds(t.Duration))
	rp.keyInt("non_clear_duration", seconds(t.RaisedDuration))
	rp.keyString("status", t.New.String())
	rp.keyString("old_status", t.Old.String())
	rp.keyInt("delay", seconds(t.Delay))
	rp.keyInt("delay_up_to_timestamp", unixSeconds(t.DelayUpTo))
	rp.keyInt("updated_by_id", t.UpdatedBy)
	rp.keyInt("updates_id", t.Updates)
	rp.keyString("value_string", t.NewText)
	rp.keyString("old_value_string", t.OldText)
	rp.keyString("last_repeat", strconv.FormatInt(unixSeconds(t.LastRepeat), 10))
	rp.keyString("silenced", strconv.FormatBool(t.Flags&alert.Silenced != 0))
	rp.keyString("summary", t.Summary)
	rp.keyOptional("info", t.Info)
	if t.Flags&alert.NoClearNotification != 0 {
		rp.keyBool("no_clear_notification", true)
	}
	rp.keyNumber("value", t.NewValue)
	rp.keyNumber("old_value", t.OldValue)
	rp.close('}')
}
