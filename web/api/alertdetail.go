package api

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"foster/health"
	"foster/health/alert"
	"foster/health/conf"
	"foster/health/expr"
	"foster/health/history"
)

// maxAlertTransitions is how many transitions the answer of one alert has at most.
const maxAlertTransitions = 100

// alertPage answers /api/foster/v1/alert: all about one alert of the host, and what became of it. alert and definition are
// null when it is not evaluated now.
func (a *API) alertPage(rp *reply, rq *request) {
	chart, name := rq.params.get("chart"), rq.params.get("alert")
	if chart == "" || name == "" {
		rp.fail(http.StatusBadRequest, "The parameters chart and alert are needed.")
		return
	}
	guid := a.healthGUID(rq)
	list := a.opt.Alerts.Alerts(guid)
	i := slices.IndexFunc(list, func(s health.Snapshot) bool { return s.Name == name && s.Chart == chart })
	rp.open('{')
	rp.keyNumber("now", unix(rq.now))
	if i < 0 {
		rp.keyNull("alert")
		rp.keyNull("definition")
	} else {
		a.alertNow(rp, &list[i], a.identify(rq.host).hostname)
	}
	rp.keyOpen("transitions", '[')
	found := false
	f := history.Filter{MachineGUIDs: []string{guid}, Chart: chart, Alert: name, Limit: maxAlertTransitions}
	err := a.transitions(rq.Context(), f, func(t *alert.Transition) bool {
		found = true
		rp.alertTransition(t)
		return true
	})
	switch {
	case err != nil:
		a.failAlertLog(rp, rq, err)
		return
	case i < 0 && !found:
		rp.fail(http.StatusNotFound, "There is no such alert, and there was none.")
		return
	}
	rp.close(']')
	rp.close('}')
}

// alertNow writes an alert that is evaluated, and its definition.
func (a *API) alertNow(rp *reply, s *health.Snapshot, hostname string) {
	rp.keyOpen("alert", '{')
	rp.instance(s, hostname)
	rp.keyString("info", s.Info)
	rp.keyString("config_hash_id", s.ConfigHash.String())
	rp.keyInt("next_update", unixSeconds(s.NextUpdate))
	rp.keyInt("lookup_from", s.DBAfter)
	rp.keyInt("lookup_to", s.DBBefore)
	rp.keyInt("delay", seconds(s.Delay))
	rp.keyInt("delay_up_to", unixSeconds(s.DelayUpTo))
	rp.keyInt("repeat_warning", seconds(s.RepeatWarning))
	rp.keyInt("repeat_critical", seconds(s.RepeatCritical))
	rp.keyInt("last_repeat", unixSeconds(s.LastRepeat))
	if s.EverNotified {
		rp.keyString("last_notified", s.LastNotified.String())
	} else {
		rp.keyNull("last_notified")
	}
	rp.keyNumber("green", s.Green)
	rp.keyNumber("red", s.Red)
	rp.keyOpen("variables", '[')
	for _, v := range a.variablesOf(s) {
		rp.open('{')
		rp.keyString("name", v.Name)
		rp.keyNumber("value", v.Value)
		rp.close('}')
	}
	rp.close(']')
	rp.close('}')
	rp.definition(s.Definition)
}

// variablesOf returns the variables of the expressions of an alert that have a number now, in the order of their names. The
// first of the lists that has a name counts, as for the expressions themselves.
func (a *API) variablesOf(s *health.Snapshot) []health.Variable {
	wanted := map[string]bool{}
	for _, e := range []*expr.Expression{s.Definition.Calc, s.Definition.Warn, s.Definition.Crit} {
		if e != nil {
			for _, name := range e.Variables() {
				wanted[name] = true
			}
		}
	}
	values := map[string]float64{}
	add := func(name string, value float64) {
		if _, known := values[name]; wanted[name] && !known {
			values[name] = value
		}
	}
	add("this", s.Value)
	add("green", s.Green)
	add("red", s.Red)
	v, _ := a.opt.Alerts.Variables(s.MachineGUID, s.Chart)
	for _, builtin := range v.Builtin { // what the names of statuses stand for is no news
		delete(wanted, builtin.Name)
	}
	for _, list := range [][]health.Variable{v.Stored, v.Collected, v.CollectedTime, v.ChartCustom, v.HostCustom} {
		for _, variable := range list {
			add(variable.Name, variable.Value)
		}
	}
	for _, other := range v.Alerts {
		add(other.Name, other.Value)
	}
	for _, variable := range v.FamilyValues {
		add(variable.Name, variable.Value)
	}
	var list []health.Variable
	for _, name := range slices.Sorted(maps.Keys(values)) {
		list = append(list, health.Variable{Name: name, Value: values[name]})
	}
	return list
}

// definition writes a definition in the words of its file; what it does not say is null.
func (rp *reply) definition(d *conf.Definition) {
	text := func(e *expr.Expression) string {
		if e == nil {
			return ""
		}
		return e.Text()
	}
	rp.keyOpen("definition", '{')
	rp.keyString("kind", map[bool]string{false: "alarm", true: "template"}[d.Template])
	rp.keyString("on", d.On)
	rp.keyOptional("lookup", lookupText(d.Lookup))
	rp.keyOptional("calc", text(d.Calc))
	rp.keyOptional("warn", text(d.Warn))
	rp.keyOptional("crit", text(d.Crit))
	rp.keyInt("every", seconds(d.Every))
	rp.keyOptional("delay", delayText(&d.Delay))
	rp.keyOptional("repeat", repeatText(&d.Repeat))
	rp.keyOptional("exec", d.Exec)
	rp.keyBool("no_clear_notification", d.NoClearNotification)
	rp.keyString("file", d.File)
	rp.keyInt("line", int64(d.Line))
	rp.close('}')
}

// lookupText returns a lookup as a definition has it.
func lookupText(l *conf.Lookup) string {
	if l == nil {
		return ""
	}
	method := l.Method
	if l.Argument != "" {
		method += "(" + l.Argument + ")"
	}
	words := []string{method, strconv.FormatInt(seconds(l.After), 10) + "s"}
	if l.Before != 0 {
		words = append(words, "at", strconv.FormatInt(seconds(l.Before), 10)+"s")
	}
	words = append(words, l.Options...)
	if l.Combine != "" && l.Combine != "sum" && !slices.Contains(l.Options, l.Combine) {
		words = append(words, l.Combine)
	}
	if l.Of != "" {
		word := "of"
		if l.Foreach {
			word = "foreach"
		}
		words = append(words, word, l.Of)
	}
	return strings.Join(words, " ")
}

// alertTransition writes a transition with what decided it.
func (rp *reply) alertTransition(t *alert.Transition) {
	rp.open('{')
	rp.keyInt("gi", t.GlobalID)
	rp.keyInt("when", t.When.Unix())
	rp.keyString("status", t.New.String())
	rp.keyString("old_status", t.Old.String())
	rp.keyNumber("value", t.NewValue)
	rp.keyString("value_string", t.NewText)
	rp.keyString("units", t.Units)
	rp.keyInt("duration", seconds(t.Duration))
	rp.keyString("summary", t.Summary)
	rp.keyString("info", t.Info)
	rp.keyString("context", t.Context)
	rp.keyString("role", t.Recipient)
	rp.keyString("source", t.Source)
	rp.keyOptional("expression", t.Expression)
	rp.keyOptional("variables", strings.TrimSpace(t.ExpressionVariable))
	rp.keyInt("delay", seconds(t.Delay))
	rp.keyInt("delay_up_to", unixSeconds(t.DelayUpTo))
	rp.keyBool("silenced", t.Flags&alert.Silenced != 0)
	rp.keyBool("notified", t.Flags&alert.ExecRun != 0)
	rp.close('}')
}
