package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"foster/health/alert"
	"foster/health/history"
)

// maxTransitions bounds the parameter last.
const maxTransitions = 10_000

// transitionFacets are what a client can narrow transitions by, in the order in which it shows them. of returns what a
// transition is in a facet, and how that is called.
var transitionFacets = []struct {
	id, name string
	order    int64
	of       func(*alert.Transition) (id, name string)
}{
	{"f_status", "Alert Status", 1, func(t *alert.Transition) (string, string) { return same(t.New.String()) }},
	{"f_class", "Alert Class", 4, func(t *alert.Transition) (string, string) { return same(t.Class) }},
	{"f_type", "Alert Type", 2, func(t *alert.Transition) (string, string) { return same(t.Type) }},
	{"f_component", "Alert Component", 5, func(t *alert.Transition) (string, string) { return same(t.Component) }},
	{"f_role", "Recipient Role", 3, func(t *alert.Transition) (string, string) { return same(t.Recipient) }},
	{"f_node", "Alert Node", 6, func(t *alert.Transition) (string, string) { return t.MachineGUID, t.Hostname }},
	{"f_alert", "Alert Name", 7, func(t *alert.Transition) (string, string) { return same(t.Name) }},
	{"f_instance", "Instance Name", 8, func(t *alert.Transition) (string, string) { return t.Chart, t.ChartName }},
	{"f_context", "Context", 9, func(t *alert.Transition) (string, string) { return same(t.Context) }},
}

func same(s string) (id, name string) { return s, s }

// transitionQuery is a request for transitions, and what has been found.
type transitionQuery struct {
	filter  history.Filter
	filters []optionalPattern // of transitionFacets
	last    int
	began   time.Time // only when the old status began by then; zero: any
	nothing bool      // no time was asked for

	options            []map[string]*facetOption // of transitionFacets, by id
	evaluated, matched int64
	found              []alert.Transition
}

// facetOption is one value of a facet.
type facetOption struct {
	id, name string
	count    int64
}

func (a *API) parseTransitionQuery(rq *request) transitionQuery {
	ps := rq.params
	q := transitionQuery{last: int(min(max(1, ps.number("last", 1)), maxTransitions))}
	q.filter = history.Filter{
		Alert: ps.get("alert"), Context: ps.get("context"), Raised: true,
		AfterGlobal: globalID(ps.get("anchor_gi")), BeforeGlobal: globalID(ps.get("before_gi")),
	}
	if ps.get("nodes") != "" || ps.get("scope_nodes") != "" {
		q.filter.MachineGUIDs = []string{}
		for _, n := range a.nodes(ps) {
			q.filter.MachineGUIDs = append(q.filter.MachineGUIDs, n.guid)
		}
	}
	instant := func(name string) time.Time {
		t := ps.number(name, 0)
		if t <= 0 {
			t += rq.now.Unix()
		}
		return time.Unix(t, 0)
	}
	switch id := ps.get("transition"); {
	case id != "":
		var err error
		q.filter.Transition, err = uuid.Parse(id)
		q.filter.Raised = false
		q.nothing = err != nil || q.filter.Transition == uuid.Nil
	case ps.get("after") == "" && ps.get("before") == "":
		q.nothing = true // as agents v2.11.0 do
	default:
		q.filter.Before = instant("before")
		if ps.get("after") != "" {
			q.filter.After = instant("after")
			// Ids grow with time and are those of the index; a clock may have been set back a little.
			q.filter.AfterGlobal = max(q.filter.AfterGlobal, (min(q.filter.After.Unix(), 1<<37)-3600)*1e6)
		}
	}
	if ps.get("began_before") != "" {
		q.began = instant("began_before")
	}
	for _, f := range transitionFacets {
		q.filters = append(q.filters, optional(ps.get(f.id)))
		q.options = append(q.options, map[string]*facetOption{})
	}
	return q
}

// globalID reads the id of a transition, which is larger than other numbers in requests; 0 for what is none.
func globalID(s string) int64 {
	id, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return max(0, id)
}

// add counts a transition, and keeps it when it is one of the last that match all facets. What one facet alone does not
// want is counted there, so that a client can show what choosing it would add.
func (q *transitionQuery) add(t *alert.Transition) bool {
	if !q.began.IsZero() && t.When.Add(-t.Duration).After(q.began) {
		return true
	}
	q.evaluated++
	refused, by := 0, 0
	for i, f := range transitionFacets {
		if id, name := f.of(t); !q.filters[i].match(id, name) {
			refused, by = refused+1, i
		}
	}
	if refused == 0 {
		q.matched++
		if len(q.found) < q.last {
			q.found = append(q.found, *t)
		}
	}
	for i, f := range transitionFacets {
		if refused > 1 || refused == 1 && by != i {
			continue
		}
		id, name := f.of(t)
		if id == "" {
			continue // it cannot be chosen
		}
		o := q.options[i][id]
		if o == nil {
			o = &facetOption{id: id, name: name}
			q.options[i][id] = o
		}
		o.count++
	}
	return true
}

// alertTransitions answers /api/v2/alert_transitions: changes to and from WARNING and CRITICAL, of all nodes, the newest
// first. Two parameters are foster's own: before_gi is how a client gets to older ones; with began_before it gets those whose
// old status lasted at any time between after and then, which is what a timeline draws.
func (a *API) alertTransitions(rp *reply, rq *request) {
	q := a.parseTransitionQuery(rq)
	if !q.nothing {
		ctx, done, ok := a.begin(rp, rq, 0)
		if !ok {
			return
		}
		defer done()
		if err := a.transitions(ctx, q.filter, q.add); err != nil {
			a.failAlertLog(rp, rq, err)
			return
		}
	}
	e := a.newEnvelope(rp, rq)
	e.keyOpen("facets", '[')
	for i, f := range transitionFacets {
		e.open('{')
		e.keyString("id", f.id)
		e.keyString("name", f.name)
		e.keyInt("order", f.order)
		e.keyOpen("options", '[')
		for _, o := range sortedOptions(q.options[i]) {
			e.open('{')
			e.keyString("id", o.id)
			e.keyString("name", o.name)
			e.keyInt("count", o.count)
			e.close('}')
		}
		e.close(']')
		e.close('}')
	}
	e.close(']')
	e.keyOpen("transitions", '[')
	for i := range q.found {
		e.transition(&q.found[i])
	}
	e.close(']')
	if e.options.has("config", "configurations") {
		e.configurations(a.configsOf(q.found))
	}
	e.keyOpen("items", '{')
	e.keyInt("evaluated", q.evaluated)
	e.keyInt("matched", q.matched)
	e.keyInt("returned", int64(len(q.found)))
	e.keyInt("max_to_return", int64(q.last))
	e.keyInt("before", unixSeconds(q.filter.Before))
	e.keyInt("after", unixSeconds(q.filter.After))
	e.close('}')
	e.end()
}

func sortedOptions(options map[string]*facetOption) []*facetOption {
	list := make([]*facetOption, 0, len(options))
	for _, o := range options {
		list = append(list, o)
	}
	slices.SortFunc(list, func(a, b *facetOption) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.id, b.id))
	})
	return list
}

// configsOf returns the definitions of transitions that are still in force.
func (a *API) configsOf(list []alert.Transition) []*alertConfig {
	var configs []*alertConfig
	for i := range list {
		if d, ok := a.opt.Alerts.Definition(list[i].ConfigHash); ok {
			configs = appendConfig(configs, list[i].ConfigHash, d)
		}
	}
	return configs
}

// transition writes a transition as netdata v2.11.0 does.
func (e *envelope) transition(t *alert.Transition) {
	e.open('{')
	e.keyInt("gi", t.GlobalID)
	e.keyString("alert", t.Name)
	e.keyString("transition_id", t.UUID.String())
	e.keyString("machine_guid", t.MachineGUID)
	e.keyString("config_hash_id", t.ConfigHash.String())
	e.keyString("hostname", t.Hostname)
	e.keyString("instance", t.Chart)
	e.keyString("instance_n", t.ChartName)
	e.keyString("context", t.Context)
	e.keyOptional("component", t.Component)
	e.keyOptional("classification", t.Class)
	e.keyOptional("type", t.Type)
	e.keyTime("when", t.When.Unix())
	e.keyString("info", t.Info)
	e.keyString("summary", t.Summary)
	e.keyString("units", t.Units)
	e.keyOpen("new", '{')
	e.keyString("status", t.New.String())
	e.keyNumber("value", t.NewValue)
	e.close('}')
	e.keyOpen("old", '{')
	e.keyString("status", t.Old.String())
	e.keyNumber("value", t.OldValue)
	e.keyInt("duration", seconds(t.Duration))
	e.keyInt("raised_duration", seconds(t.RaisedDuration))
	e.close('}')
	e.keyOpen("notification", '{')
	e.keyTime("when", unixSeconds(t.ExecRunAt))
	e.keyInt("delay", seconds(t.Delay))
	e.keyTime("delay_up_to_time", unixSeconds(t.DelayUpTo))
	e.key("flags")
	e.strings(flagNames(t.Flags))
	e.keyString("exec", t.Exec)
	e.keyInt("exec_code", int64(t.ExecCode))
	e.keyString("to", t.Recipient)
	e.close('}')
	e.close('}')
}

// flagNames returns the names of flags. What is in the log is always saved.
func flagNames(f alert.Flags) []string {
	var names []string
	for _, flag := range []struct {
		bit  alert.Flags
		name string
	}{
		{alert.Processed, "PROCESSED"}, {alert.Updated, "UPDATED"}, {alert.ExecRun, "EXEC_RUN"}, {alert.ExecFailed, "EXEC_FAILED"},
		{alert.Silenced, "SILENCED"}, {alert.RunOnce, "RUN_ONCE"}, {alert.ExecInProgress, "EXEC_IN_PROGRESS"},
		{alert.Recurring, "RECURRING"}, {0, "SAVED"}, {alert.NoClearNotification, "NO_CLEAR_NOTIFICATION"},
	} {
		if f&flag.bit == flag.bit {
			names = append(names, flag.name)
		}
	}
	return names
}

// transitions calls do for what the alert log has, the newest first, until it returns false.
func (a *API) transitions(ctx context.Context, f history.Filter, do func(*alert.Transition) bool) error {
	if a.opt.AlertLog == nil {
		return nil
	}
	return a.opt.AlertLog.Each(ctx, f, do)
}

func (a *API) failAlertLog(rp *reply, rq *request, err error) {
	if rq.Context().Err() == nil { // else nobody waits for the answer
		a.opt.Log.Error("the alert log cannot be read", "error", err)
	}
	rp.fail(http.StatusInternalServerError, "The alert log cannot be read.")
}
