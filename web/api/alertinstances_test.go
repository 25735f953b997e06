package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"foster/health"
	"foster/health/alert"
)

func TestAlertInstances(t *testing.T) {
	a, f := fake(t)
	own := f.alerts[webGUID][1]
	own.MachineGUID, own.Name, own.LastStatusChange, own.Silenced = selfGUID, "own", own.LastStatusChange.Add(5e9), true
	f.alerts[selfGUID] = []health.Snapshot{own}
	check := func(query string, matched float64, want ...string) map[string]any {
		t.Helper()
		o := object(t, a, query)
		if got := each(o, "alerts", "name"); !slices.Equal(got, want) || o["matched"] != matched || o["sequence"] != 7.0 {
			t.Errorf("%s: %v of %v, want %v", query, got, o["matched"], want)
		}
		return o
	}
	o := check("/api/foster/v1/alert_instances", 3, "golden_critical", "own", "looked_up")
	if got := fmt.Sprint(o["total"]); got != "map[clear:1 critical:1 undefined:0 uninitialized:0 warning:2]" {
		t.Errorf("total %s", got)
	}
	want := "map[chart:system.cpu chart_name:system.cpu class: component: context:system.cpu disabled:false family:cpu hostname:parent01 machine_guid:" + selfGUID +
		" name:own role:sysadmin silenced:true since:1.700000095e+09 status:WARNING summary:CPU of cpu type: units: updated:1.700000099e+09 value:17 value_string:17%]"
	if got := fmt.Sprint(o["alerts"].([]any)[1]); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	check("/api/foster/v1/alert_instances?limit=1", 3, "golden_critical")
	check("/api/foster/v1/alert_instances?limit=0", 3, "golden_critical")
	check("/api/foster/v1/alert_instances?status=all", 4, "golden_critical", "own", "looked_up", "plain")
	check("/api/foster/v1/alert_instances?status=clear", 1, "plain")
	check("/api/foster/v1/alert_instances?status=clear,critical&contexts=system.*", 1, "plain")
	check("/api/foster/v1/alert_instances?nodes="+selfGUID, 1, "own")
	for _, status := range []string{"bogus", "critical,bogus", "all,critical"} {
		if r := get(a, "/api/foster/v1/alert_instances?status="+status); r.Code != http.StatusBadRequest || !strings.Contains(r.Body.String(), `"field":"status"`) {
			t.Errorf("%s: %d %s", status, r.Code, r.Body)
		}
	}
	check("/host/parent01/api/foster/v1/alert_instances", 1, "own")
	o = check("/host/web01/api/foster/v1/alert_instances", 2, "golden_critical", "looked_up")
	if got := fmt.Sprint(o["total"]); got != "map[clear:1 critical:1 undefined:0 uninitialized:0 warning:1]" {
		t.Errorf("total of the host %s", got)
	}
}

func TestAlertPage(t *testing.T) {
	a, f := fake(t)
	list := f.alerts[webGUID]
	log := []alert.Transition{
		f.transition(1, &list[1], alert.Uninitialized, alert.Clear), f.transition(2, &list[1], alert.Clear, alert.Warning),
		f.transition(3, &list[0], alert.Clear, alert.Critical),
	}
	log[1].Expression, log[1].ExpressionVariable, log[1].Flags = "$this > 5", "[ ${this} = 7 ] ", alert.ExecRun|alert.Silenced
	gone := list[2]
	gone.Name = "gone"
	log = append(log, f.transition(4, &gone, alert.Clear, alert.Removed))
	a.opt.AlertLog.Append(log)

	const page = "/host/web01/api/foster/v1/alert"
	o := object(t, a, page+"?chart=system.cpu&alert=looked_up")
	now := o["alert"].(map[string]any)
	if now["name"] != "looked_up" || now["status"] != "WARNING" || now["value"] != 17.0 || now["info"] != "<b> of ${family}" || now["last_notified"] != nil ||
		fmt.Sprint(now["variables"]) != "[map[name:green value:10] map[name:this value:17]]" {
		t.Errorf("%v", now)
	}
	want := "map[calc:$this / 2 crit:$this > 90 && $green delay:up 3s down 6s multiplier 1.5 max 20s every:2 exec:<nil> file:/etc/foster/health.d/golden.conf kind:template line:15" +
		" lookup:average -10s at -5s unaligned percentage of user,system no_clear_notification:true on:system.cpu repeat:warning 5s warn:$this > (($status >= $WARNING) ? (15) : (20))]"
	if got := fmt.Sprint(o["definition"]); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if got := each(o, "transitions", "status"); !slices.Equal(got, []string{"WARNING", "CLEAR"}) {
		t.Errorf("%v", got)
	}
	newest := o["transitions"].([]any)[0].(map[string]any)
	if newest["expression"] != "$this > 5" || newest["variables"] != "[ ${this} = 7 ]" || newest["silenced"] != true || newest["notified"] != true || newest["duration"] != 12.0 {
		t.Errorf("%v", newest)
	}
	if d := object(t, a, page+"?chart=system.cpu&alert=plain")["definition"].(map[string]any); d["lookup"] != "countif(>5) -10s of user" || d["delay"] != nil || d["crit"] != nil {
		t.Errorf("%v", d)
	}
	// Of one that is not evaluated any more there is its history.
	o = object(t, a, page+"?chart=system.cpu&alert=gone")
	if o["alert"] != nil || o["definition"] != nil || len(o["transitions"].([]any)) != 1 {
		t.Errorf("%v", o)
	}
	for query, want := range map[string]int{
		page: 400, page + "?chart=system.cpu": 400, page + "?alert=plain": 400, page + "?chart=system.ram&alert=plain": 404,
		"/api/foster/v1/alert?chart=system.cpu&alert=plain": 404, // the parent itself has none
	} {
		if w := get(a, query); w.Code != want {
			t.Errorf("%s: %d %s, want %d", query, w.Code, w.Body.String(), want)
		}
	}
	a.opt.AlertLog = nil
	if w := get(a, page+"?chart=system.cpu&alert=looked_up"); w.Code != http.StatusOK {
		t.Errorf("without a log: %d %s", w.Code, w.Body.String())
	}
}

// A token helps when it is wrong or missing, and not against an access list.
func TestMayChangeField(t *testing.T) {
	a, _ := fake(t)
	check := func(want any, header ...string) {
		t.Helper()
		w := post(a, "/api/foster/v1/silences", `{"selector":{"hosts":"*"},"duration":60}`, header...)
		var o map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &o); err != nil {
			t.Fatal(err)
		}
		if w.Code != http.StatusForbidden || o["field"] != want {
			t.Errorf("%d %s, want the field %v", w.Code, w.Body.String(), want)
		}
	}
	check("token", "X-Auth-Token", "wrong")
	check("token", "Sec-Fetch-Site", "cross-site")
	a.opt.MayManage = func(*http.Request) bool { return false }
	check(nil, "X-Auth-Token", testToken)
}
