package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"foster/health"
	"foster/health/alert"
)

// each returns a member of each element of a list in an answer.
func each(o map[string]any, list, member string) []string {
	var values []string
	for _, v := range o[list].([]any) {
		values = append(values, fmt.Sprint(v.(map[string]any)[member]))
	}
	return values
}

func TestAlertsSelection(t *testing.T) {
	a, f := fake(t)
	f.alerts[selfGUID] = []health.Snapshot{f.alerts[webGUID][0]}
	f.alerts[selfGUID][0].Status, f.alerts[selfGUID][0].Name = alert.Undefined, "own"
	check := func(query string, want ...string) {
		t.Helper()
		got := each(object(t, a, "/api/v3/alerts?options=instances&"+query), "alert_instances", "nm")
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
	check("", "own", "golden_critical", "looked_up", "plain")
	check("nodes=web01", "golden_critical", "looked_up", "plain")
	check("scope_nodes="+selfGUID, "own")
	check("contexts=system.cpu", "looked_up", "plain")
	check("contexts=system", []string{}...)
	check("scope_contexts=system.*", "looked_up", "plain")
	check("alert=look*", "looked_up")
	check("status=critical", "golden_critical")
	check("status=CRITICAL,clear", "golden_critical", "plain")
	check("status=raised", "golden_critical", "looked_up")
	check("status=active", "golden_critical", "looked_up")
	check("status=undefined|warning", "own", "looked_up")
	check("status=nonsense", "own", "golden_critical", "looked_up", "plain")
	check("transition="+f.alerts[webGUID][1].LastTransition.String(), "looked_up")
	check("transition=nonsense", []string{}...)

	// Below the prefix of a host the scope is all hosts, as for all of API v2.
	if got := each(object(t, a, "/host/web01/api/v2/alerts?options=values"), "alert_instances", "nm"); len(got) != 4 {
		t.Errorf("%v", got)
	}
	o := object(t, a, "/api/v2/alerts")
	if len(o) != 3 || o["api"] != 2.0 {
		t.Errorf("without options: %v", o)
	}
}

func TestAlertsSummary(t *testing.T) {
	a, f := fake(t)
	f.alerts[selfGUID] = []health.Snapshot{f.alerts[webGUID][0], f.alerts[webGUID][1]}
	f.alerts[selfGUID][0].Status = alert.Undefined
	o := object(t, a, "/api/v2/alerts?options=summary,instances,values,config")
	check := func(list string, i int, want string) {
		t.Helper()
		if got := fmt.Sprint(o[list].([]any)[i]); got != want {
			t.Errorf("%s: %s\nwant %s", list, got, want)
		}
	}
	check("alerts", 0, "map[ati:0 cfg:1 cl:0 cls:[Utilization] cp:[Golden] cr:1 ctx:[golden.slow] er:0 in:2 nd:2 ni:[0 1] nm:golden_critical sum: to:[silent] ty:[System] wr:0]")
	check("alerts", 1, "map[ati:1 cfg:1 cl:0 cls:[] cp:[] cr:0 ctx:[system.cpu] er:0 in:2 nd:2 ni:[0 1] nm:looked_up sum:CPU of ${family} to:[sysadmin] ty:[] wr:2]")
	check("alerts_by_type", 0, "map[available:1 cl:0 cr:1 er:0 name:System running:2 running_silent:2 wr:0]")
	check("alerts_by_recipient", 1, "map[available:1 cl:0 cr:0 er:0 name:sysadmin running:2 running_silent:0 wr:2]")
	check("alerts_by_module", 0, "map[cl:1 cr:1 er:0 name:slow running:5 running_silent:2 wr:2]")
	if got := each(o, "alert_instances", "ati"); !slices.Equal(got, []string{"0", "1", "0", "1", "2"}) {
		t.Errorf("%v", got)
	}
	if got := each(o, "configurations", "name"); !slices.Equal(got, []string{"golden_critical", "looked_up", "plain"}) {
		t.Errorf("%v", got)
	}
	if i := o["alert_instances"].([]any)[3].(map[string]any); i["info"] != "<b> of ${family}" || i["sum"] != "CPU of cpu" || i["v"] != 17.0 || i["cl"] != "" {
		t.Errorf("%v", i)
	}
}

func TestAlertConfig(t *testing.T) {
	a, f := fake(t)
	check := func(i int, want string) {
		t.Helper()
		o := object(t, a, "/api/v3/alert_config?config="+f.alerts[webGUID][i].ConfigHash.String())
		delete(o, "config_hash_id")
		if got := fmt.Sprint(o); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
	check(1, "map[class:<nil> component:<nil> info:<b> of ${family} name:looked_up"+
		" notification:map[delay:up 3s down 6s multiplier 1.5 max 20s exec:<nil> options:no-clear-notification repeat:warning 5s to:sysadmin type:agent]"+
		" selectors:map[chart_labels:device=sd* families:cpu* host_labels:<nil> on:system.cpu type:template]"+
		" source:line=15,file=/etc/foster/health.d/golden.conf status:map[crit:$this > 90 && $green green:10 warn:$this > (($status >= $WARNING) ? (15) : (20))]"+
		" summary:CPU of ${family} type:<nil> value:map[calc:$this / 2 db:map[after:-10 before:-5 data_source:percentages dimensions:user,system dims_group:sum method:average"+
		" options:[unaligned percentage] time_group_condition:= time_group_value:0] units:<nil> update_every:2]]")
	if o := object(t, a, "/api/v2/alert_config?config="+f.alerts[webGUID][2].ConfigHash.String()); fmt.Sprint(o["value"]) !=
		"map[db:map[after:-10 before:0 data_source:samples dimensions:user dims_group:sum method:countif options:[] time_group_condition:> time_group_value:5] units:<nil> update_every:10]" {
		t.Errorf("%v", o["value"])
	}
	for query, want := range map[string]int{"": 400, "?config=nonsense": 404, "?config=6560440a-9c55-45c4-8e87-1d84c08b856a": 404} {
		if w := get(a, "/api/v2/alert_config"+query); w.Code != want || w.Header().Get("Content-Type") != typeText {
			t.Errorf("%s: %d %s", query, w.Code, w.Body.String())
		}
	}
}

func TestAlertTransitions(t *testing.T) {
	a, f := fake(t)
	list := f.alerts[webGUID]
	log := []alert.Transition{
		f.transition(1, &list[0], alert.Uninitialized, alert.Clear), f.transition(2, &list[1], alert.Clear, alert.Warning),
		f.transition(3, &list[0], alert.Clear, alert.Critical), f.transition(4, &list[1], alert.Warning, alert.Clear),
		f.transition(5, &list[2], alert.Clear, alert.Removed), f.transition(6, &list[0], alert.Critical, alert.Warning),
	}
	log[5].MachineGUID, log[5].Hostname = selfGUID, "parent01"
	log[5].Flags |= alert.ExecRun | alert.Silenced
	a.opt.AlertLog.Append(log)
	gi := func(n int) string { return fmt.Sprint(log[n-1].GlobalID) }
	check := func(query string, matched float64, want ...int) {
		t.Helper()
		o := object(t, a, "/api/v3/alert_transitions?"+query)
		var got []int
		for _, v := range o["transitions"].([]any) {
			id := int64(v.(map[string]any)["gi"].(float64))
			got = append(got, slices.IndexFunc(log, func(t alert.Transition) bool { return t.GlobalID == id })+1)
		}
		items := o["items"].(map[string]any)
		if !slices.Equal(got, want) || items["matched"] != matched || items["returned"] != float64(len(want)) {
			t.Errorf("%s: %v, want %v; %v", query, got, want, items)
		}
	}
	check("", 0)
	check("last=10", 0)
	check("last=10&after=-1000", 4, 6, 4, 3, 2)
	check("after=-1000", 4, 6)
	check("last=10&before=-98&after=-1000", 3, 4, 3, 2) // the fourth is 98 seconds old
	check("last=10&before=0", 4, 6, 4, 3, 2)
	check(fmt.Sprintf("last=10&after=%d&before=%d", start-98, start-96), 3, 4, 3, 2)
	check("last=10&after=-1000&anchor_gi="+gi(3), 2, 6, 4)
	check("last=10&after=281474976710656", 0)
	check(fmt.Sprintf("last=10&after=%d&began_before=%d", start-98, start-108), 3, 4, 3, 2) // each status lasted 12 seconds
	check(fmt.Sprintf("last=10&after=%d&began_before=%d", start-97, start-109), 1, 3)
	check("last=10&after=-1000&began_before=0", 4, 6, 4, 3, 2)
	check("last=2&after=-1000&before_gi="+gi(4), 2, 3, 2)
	check("transition="+log[0].UUID.String(), 1, 1)
	check("transition=nonsense", 0)
	check("transition=00000000-0000-0000-0000-000000000000", 0)
	check("last=10&after=-1000&alert=looked_up", 2, 4, 2)
	check("last=10&after=-1000&alert=looked*", 0)
	check("last=10&after=-1000&context=golden.slow", 2, 6, 3)
	check("last=10&after=-1000&nodes=web01", 3, 4, 3, 2)
	check("last=10&after=-1000&scope_nodes=nobody", 0)
	check("last=10&after=-1000&f_status=WARNING", 2, 6, 2)
	check("last=10&after=-1000&f_status=WARNING,CRITICAL&f_alert=golden*", 2, 6, 3)
	check("last=10&after=-1000&f_node=parent01", 1, 6)
	check("last=10&after=-1000&f_node="+selfGUID, 1, 6)
	check("last=10&after=-1000&f_role=silent&f_type=System&f_class=Util*&f_component=*&f_instance=golden.slow&f_context=golden.slow", 2, 6, 3)

	// A count ignores the filter of its own facet.
	o := object(t, a, "/api/v2/alert_transitions?last=10&after=-1000&f_status=WARNING&options=config")
	facets := map[string]string{}
	for _, v := range o["facets"].([]any) {
		facet := v.(map[string]any)
		facets[facet["id"].(string)] = fmt.Sprint(facet["options"])
	}
	if want := "[map[count:1 id:CLEAR name:CLEAR] map[count:1 id:CRITICAL name:CRITICAL] map[count:2 id:WARNING name:WARNING]]"; facets["f_status"] != want {
		t.Errorf("f_status: %s, want %s", facets["f_status"], want)
	}
	if want := "[map[count:1 id:" + selfGUID + " name:parent01] map[count:1 id:" + webGUID + " name:web01]]"; facets["f_node"] != want {
		t.Errorf("f_node: %s, want %s", facets["f_node"], want)
	}
	if got := each(o, "configurations", "name"); !slices.Equal(got, []string{"golden_critical", "looked_up"}) {
		t.Errorf("%v", got)
	}
	first := o["transitions"].([]any)[0].(map[string]any)["notification"].(map[string]any)
	if got := fmt.Sprint(first["flags"]); got != "[PROCESSED EXEC_RUN SILENCED SAVED]" {
		t.Errorf("flags %s", got)
	}
}

func TestAlertCountsPage(t *testing.T) {
	a, f := fake(t)
	body := func(query string) string { return get(a, query).Body.String() }
	web := `{"machine_guid":"` + webGUID + `","hostname":"web01","enabled":true,"critical":1,"warning":1,"clear":1,"undefined":0,"uninitialized":0}`
	total := `],"total":{"critical":1,"warning":1,"clear":1,"undefined":0,"uninitialized":0}}`
	self := `{"machine_guid":"` + selfGUID + `","hostname":"parent01","enabled":false,"critical":0,"warning":0,"clear":0,"undefined":0,"uninitialized":0}`
	for query, want := range map[string]string{
		"/api/foster/v1/alerts":                         `{"sequence":7,"hosts":[` + self + `,` + web + total,
		"/api/foster/v1/alerts?sequence=7":              `{"sequence":7}`,
		"/api/foster/v1/alerts?sequence=6&nodes=web01":  `{"sequence":7,"hosts":[` + web + total,
		"/host/web01/api/foster/v1/alerts?sequence=abc": `{"sequence":7,"hosts":[` + web + total,
	} {
		if got := body(query); got != want {
			t.Errorf("%s: %s\nwant %s", query, got, want)
		}
	}
	f.mu.Lock()
	f.sequence++
	f.mu.Unlock()
	if got := body("/api/foster/v1/alerts?sequence=7"); !strings.Contains(got, "hosts") {
		t.Error(got)
	}
}

// Without an engine everything answers as a parent whose health monitoring is disabled.
func TestNoHealth(t *testing.T) {
	m := newMemory()
	m.web01()
	a := testAPI(t, m, func(o *Options) { o.ManagementToken = testToken })
	for path, want := range map[string]int{
		"/host/web01/api/v1/alarms?all": 200, "/host/web01/api/v1/alarm_log": 200, "/host/web01/api/v1/alarm_count": 200, "/api/v3/alerts?options=summary,instances,config": 200,
		"/api/v3/alert_transitions?after=-10": 200, "/api/foster/v1/silences": 200, "/api/foster/v1/maintenance": 200, "/api/foster/v1/alerts": 200,
		"/api/foster/v1/silences/x": 404, "/api/foster/v1/maintenance/x": 404, "/api/v1/manage/health?cmd=LIST": 404,
	} {
		if w := get(a, path, "X-Auth-Token", testToken); w.Code != want {
			t.Errorf("%s: %d %s", path, w.Code, w.Body.String())
		}
	}
	if w := do(a, http.MethodPost, "/api/foster/v1/silences"); w.Code != http.StatusNotFound {
		t.Errorf("%d %s", w.Code, w.Body.String())
	}
}
