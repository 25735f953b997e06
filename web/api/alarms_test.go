package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"foster/health/alert"
)

// jsonKeys returns the keys of a JSON value with the path to each, in order; lists stand for their first element, and the keys of
// alarms, which are names, for *.
func jsonKeys(t *testing.T, data []byte) []string {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	var list []string
	var walk func(path string, record bool)
	walk = func(path string, record bool) {
		token, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		switch token {
		case json.Delim('{'):
			for d.More() {
				key, err := d.Token()
				if err != nil {
					t.Fatal(err)
				}
				name := path + "/" + key.(string)
				if strings.HasSuffix(path, "/alarms") {
					name = path + "/*"
				}
				if record {
					list = append(list, name)
				}
				walk(name, record)
			}
		case json.Delim('['):
			for i := 0; d.More(); i++ {
				walk(path+"[]", record && i == 0)
			}
		default:
			return
		}
		if _, err := d.Token(); err != nil {
			t.Fatal(err)
		}
	}
	walk("", true)
	return list
}

// TestAlertShapes compares the keys of answers, and their order, with those of real parents.
func TestAlertShapes(t *testing.T) {
	a, f := fake(t)
	f.alerts[webGUID] = f.alerts[webGUID][:1]
	a.opt.AlertLog.Append([]alert.Transition{f.transition(1, &f.alerts[webGUID][0], alert.Clear, alert.Critical)})
	check := func(path, file string, without ...string) {
		t.Helper()
		want, err := os.ReadFile("testdata/alerts/" + file)
		if err != nil {
			t.Fatal(err)
		}
		w := get(a, "/host/web01"+path)
		got := slices.DeleteFunc(jsonKeys(t, w.Body.Bytes()), func(k string) bool {
			return strings.HasPrefix(k, "/timings") || slices.ContainsFunc(without, func(suffix string) bool { return strings.HasSuffix(k, suffix) })
		})
		if want := jsonKeys(t, want); !slices.Equal(got, want) {
			t.Errorf("%s: keys\n%s\nwant\n%s", path, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	check("/api/v1/alarms?all", "alarms.json")
	check("/api/v1/alarms_values", "alarms_values.json")
	check("/api/v1/alarm_log", "alarm_log.json", "/transition_id", "/summary")
	check("/api/v2/alerts?scope_nodes=web01&options=summary", "alerts-summary.json")
	check("/api/v3/alerts?scope_nodes=web01&options=instances,values&alert=golden*", "alerts-instances.json")
	check("/api/v3/alert_transitions?scope_nodes=web01&last=5", "alert_transitions.json")
	check("/api/v3/alert_transitions?scope_nodes=web01&last=5&after=-1000", "transitions.json")
	check("/api/v2/alert_config?config="+f.alerts[webGUID][0].ConfigHash.String(), "alert_config.json", "/source")
}

func TestAlarms(t *testing.T) {
	a, _ := fake(t)
	names := func(path string) []string {
		t.Helper()
		var list []string
		for name := range object(t, a, path)["alarms"].(map[string]any) {
			list = append(list, name)
		}
		slices.Sort(list)
		return list
	}
	raised := []string{"golden.slow.golden_critical", "system.cpu.looked_up"}
	all := append(slices.Clone(raised), "system.cpu.plain")
	for query, want := range map[string][]string{
		"": raised, "?active": raised, "?all": all, "?all=true": all, "?all&format=json": all, "?all=false": raised, "?x=all": raised,
	} {
		for _, command := range []string{"alarms", "alarms_values"} {
			if got := names("/host/web01/api/v1/" + command + query); !slices.Equal(got, want) {
				t.Errorf("%s%s: %v, want %v", command, query, got, want)
			}
		}
	}
	if got := names("/api/v1/alarms?all"); len(got) != 0 {
		t.Errorf("the parent itself has %v", got)
	}
	top := object(t, a, "/host/web01/api/v1/alarms")
	if top["hostname"] != "web01" || top["latest_alarm_log_unique_id"] != 1003.0 || top["status"] != true || top["now"] != float64(start+2) {
		t.Errorf("%v", top)
	}
	if object(t, a, "/api/v1/alarms")["status"] != false {
		t.Error("health of the parent itself runs")
	}
	body := get(a, "/host/web01/api/v1/alarms").Body.String()
	for _, want := range []string{
		`"lookup_dimensions":"user,system","db_after":1700000085,"db_before":1700000094,"lookup_method":"average","lookup_after":-10,"lookup_before":-5,"lookup_options":"unaligned percentage"`,
		`"warn":"$this &gt; (($status &gt;= $WARNING) ? (15) : (20))"`, `"crit":"$this &gt; 90 &amp;&amp; $green"`, `"delay_multiplier":1.500000`,
		`"class":"Unknown"`, `"times_repeat":0,"no_clear_notification":true`, `"info":"\u003cb\u003e`, `"source":"2@/etc/foster/health.d/golden.conf"`,
		`"green":10,"red":null,"value":17`, `"calc":"$this &#x2F; 2"`,
	} {
		if want = strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(want); !strings.Contains(body, want) {
			t.Errorf("%s is not in %s", want, body)
		}
	}
}

func TestAlarmCount(t *testing.T) {
	a, _ := fake(t)
	for query, want := range map[string]string{
		"": "[2]", "?status=RAISED": "[2]", "?status=critical": "[1]", "?status=Clear": "[1]", "?status=REMOVED": "[0]", "?status=nonsense": "[2]",
		"?context=system.cpu": "[1]", "?context=system.cpu|golden.slow": "[2]", "?ctx=nope": "[0]", "?context=system.*": "[0]",
		"?context=system.cpu&context=golden.slow&status=critical": "[1]",
	} {
		if w := get(a, "/host/web01/api/v1/alarm_count"+query); w.Body.String() != want {
			t.Errorf("%s: %s, want %s", query, w.Body.String(), want)
		}
	}
}

func TestAlarmVariables(t *testing.T) {
	a, _ := fake(t)
	o := object(t, a, "/host/web01/api/v1/alarm_variables?chart=system.cpu")
	if o["chart_context"] != "system.cpu" || o["current_alert_values"].(map[string]any)["CRITICAL"] != 4.0 ||
		o["dimensions_last_stored_values"].(map[string]any)["user"] != 1.5 || o["alerts"].(map[string]any)["plain"].(map[string]any)["score"] != 2.0 {
		t.Errorf("%v", o)
	}
	if w := get(a, "/host/web01/api/v1/alarm_variables"); w.Code != http.StatusBadRequest || w.Body.String() != "No chart id is given at the request." {
		t.Errorf("%d %s", w.Code, w.Body.String())
	}
	if w := get(a, "/host/web01/api/v1/alarm_variables?chart=<x>"); w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), "<x>") {
		t.Errorf("%d %s", w.Code, w.Body.String())
	}
}

func TestAlarmLog(t *testing.T) {
	a, f := fake(t)
	list := f.alerts[webGUID]
	a.opt.AlertLog.Append([]alert.Transition{
		f.transition(1, &list[0], alert.Uninitialized, alert.Clear), f.transition(2, &list[1], alert.Clear, alert.Warning),
		f.transition(3, &list[0], alert.Clear, alert.Critical),
	})
	ids := func(query string) []float64 {
		t.Helper()
		w := get(a, "/host/web01/api/v1/alarm_log"+query)
		var entries []map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &entries); err != nil {
			t.Fatalf("%s: %v %s", query, err, w.Body.String())
		}
		var ids []float64
		for _, e := range entries {
			ids = append(ids, e["unique_id"].(float64))
		}
		return ids
	}
	for query, want := range map[string][]float64{
		"": {1003, 1002, 1001}, "?after=1002": {1003}, "?after=2000000000": nil, "?chart=golden.slow": {1003, 1001}, "?after=1001&chart=system.cpu": {1002},
		"?after=-5": {1003, 1002, 1001}, "?chart=nope": nil, "?all": {1003, 1002, 1001},
	} {
		if got := ids(query); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
	if w := get(a, "/api/v1/alarm_log"); w.Body.String() != "[]" {
		t.Errorf("the parent itself: %s", w.Body.String())
	}
	if w := get(a, "/host/web01/api/v1/alarm_log?after=1002"); !strings.Contains(w.Body.String(), `"value":3,"old_value":null`) {
		t.Error(w.Body.String())
	}
}

func TestAlarmsElsewhere(t *testing.T) {
	a, f := fake(t)
	if got := object(t, a, "/host/web01/api/v1/info")["alarms"].(map[string]any); got["normal"] != 1.0 || got["warning"] != 1.0 || got["critical"] != 1.0 {
		t.Errorf("info: %v", got)
	}
	health := object(t, a, "/api/v2/nodes?nodes=web01")["nodes"].([]any)[0].(map[string]any)["health"].(map[string]any)
	if health["status"] != "online" || health["alerts"].(map[string]any)["critical"] != 1.0 {
		t.Errorf("nodes: %v", health)
	}
	charts := object(t, a, "/host/web01/api/v1/charts")
	if charts["alarms_count"] != 2.0 || charts["charts"].(map[string]any)["system.cpu"].(map[string]any)["alarms"].(map[string]any)["looked_up"].(map[string]any)["status"] != "WARNING" {
		t.Errorf("charts: %v", charts["alarms_count"])
	}
	f.alerts[webGUID][1].Name = "x y`z"
	shell := get(a, "/host/web01/api/v1/allmetrics").Body.String()
	want := "\n# NETDATA ALARMS RUNNING\nNETDATA_ALARM_GOLDEN_SLOW_GOLDEN_CRITICAL_VALUE=\"43\"      # seconds\nNETDATA_ALARM_GOLDEN_SLOW_GOLDEN_CRITICAL_STATUS=\"CRITICAL\"\n" +
		"NETDATA_ALARM_SYSTEM_CPU_X_Y_Z_VALUE=\"17\"      # \nNETDATA_ALARM_SYSTEM_CPU_X_Y_Z_STATUS=\"WARNING\"\n" +
		"NETDATA_ALARM_SYSTEM_CPU_PLAIN_VALUE=\"\"      # \nNETDATA_ALARM_SYSTEM_CPU_PLAIN_STATUS=\"CLEAR\"\n"
	if !strings.HasSuffix(shell, want) {
		t.Errorf("shell: %s", shell)
	}
	if json := get(a, "/host/web01/api/v1/allmetrics?format=json").Body.String(); strings.Contains(json, "CRITICAL") {
		t.Error("alarms in format json")
	}
}

func TestAlarmBadge(t *testing.T) {
	a, _ := fake(t)
	for query, want := range map[string][]string{
		"chart=system.cpu&alarm=looked_up":                                 {">looked up<", ">17<", "#fe7d37"},
		"chart=system.cpu&alarm=looked_up&label=L&units=%25&refresh=auto":  {">L<", ">17%<"},
		"chart=system.cpu&alarm=plain":                                     {">plain<", ">-<", "#4c1"},
		"chart=system.cpu&alarm=nope":                                      {">alarm not found<", "#999"},
		"chart=system.cpu&alarm=looked_up&value_color=blue%3E5|red":        {"#007ec6"},
		"chart=system.cpu&alarm=looked_up&multiply=2&divide=4&precision=2": {">8.50<"},
		"chart=nope&alarm=looked_up":                                       {">chart not found<"},
	} {
		w := get(a, "/host/web01/api/v1/badge.svg?"+query)
		for _, part := range want {
			if !strings.Contains(w.Body.String(), part) {
				t.Errorf("%s: no %s in %s", query, part, w.Body.String())
			}
		}
		if got := w.Header().Get("Refresh"); strings.Contains(query, "auto") != (got == "2") {
			t.Errorf("%s: refresh %q", query, got)
		}
	}
}
