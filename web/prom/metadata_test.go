package prom

import (
	"net/http"
	"strings"
	"testing"

	"foster/replication/wire"
)

func TestSeries(t *testing.T) {
	f := filled(t)
	want(t, "one", f.data("series", "match[]", `disk_io{host="h1"}`, "match[]", `{__name__="disk.io",host="h1",dimension="reads"}`),
		`[{"__name__":"disk_io","chart":"disk.sda","chart_name":"disk.root","device":"sda","dimension":"reads","dimension_name":"r","family":"sda","host":"h1","host_env":"prod","label_host":"x","machine_guid":"`+guidOf(1)+`","mount_point":"/"}]`)
	want(t, "none", f.data("series", "match[]", `nothing`), `[]`)
	want(t, "a host's label that is named", f.data("series", "match[]", `disk_io{host_os_name="Debian",host="h2"}`),
		`[{"__name__":"disk_io","chart":"disk.sda","chart_name":"disk.root","device":"sda","dimension":"reads","dimension_name":"r","family":"sda","host":"h2","host_env":"test","host_os_name":"Debian","label_host":"x","machine_guid":"`+guidOf(2)+`","mount_point":"/"}]`)
	if got := f.get("series", "match[]", `{host=~".+"}`, "limit", "2"); strings.Count(got, "machine_guid") != 2 || !strings.Contains(got, "truncated") {
		t.Errorf("limit: %s", got)
	}
	want(t, "later", f.data("series", "match[]", `{host="h1"}`, "start", itoa(now+100)), `[]`)
}

func TestLabels(t *testing.T) {
	f := filled(t)
	want(t, "all names", f.data("labels"),
		`["__name__","chart","chart_name","device","dimension","dimension_name","family","host","host_env","host_is_ephemeral","host_os_name","label_host","machine_guid","mount_point"]`)
	want(t, "names of a metric", f.data("labels", "match[]", "system_cpu"), `["__name__","chart","dimension","family","host","host_env","host_is_ephemeral","host_os_name","machine_guid"]`)
	for label, wanted := range map[string]string{
		"__name__": `["disk_io","system_cpu"]`, "host": `["h1","h2"]`, "machine_guid": `["` + guidOf(1) + `","` + guidOf(2) + `"]`,
		"dimension": `["reads","system","user"]`, "dimension_name": `["r"]`, "chart_name": `["disk.root"]`, "family": `["cpu","sda"]`,
		"mount_point": `["/"]`, "host_os_name": `["Debian"]`, "no_such": `[]`, "label_host": `["x"]`,
	} {
		want(t, label, f.data("label/"+label+"/values"), wanted)
	}
	want(t, "values of a selector", f.data("label/dimension/values", "match[]", `{family="cpu"}`, "match[]", `{family="sda",host="h1"}`), `["reads","system","user"]`)
	want(t, "limit", f.data("label/host/values", "limit", "1"), `["h1"]`)
	if w := f.do(http.MethodPost, "/api/v1/labels", values("match[]", "system_cpu", "start", itoa(now-100))); w.Code != http.StatusOK {
		t.Errorf("POST: %d %s", w.Code, w.Body)
	}
}

func TestMetadata(t *testing.T) {
	f := filled(t)
	want(t, "all", f.data("metadata"), `{"disk_io":[{"type":"gauge","help":"","unit":""}],"system_cpu":[{"type":"gauge","help":"Total CPU","unit":"percentage"}]}`)
	want(t, "one", f.data("metadata", "metric", "disk_io"), `{"disk_io":[{"type":"gauge","help":"","unit":""}]}`)
	want(t, "limit", f.data("metadata", "limit", "1"), `{"disk_io":[{"type":"gauge","help":"","unit":""}]}`)
}

// The catalog changes while it is indexed: what is found is what it has.
func TestIndexFollows(t *testing.T) {
	f := newFixture(t)
	h := f.host(1)
	want(t, "empty", f.data("label/__name__/values"), `[]`)
	ch := f.chart(h, wire.Chart{ID: "a.b"}, "d")
	f.fill(ch, now-10, now, func(int, int64) float64 { return 1 })
	want(t, "a chart", f.data("label/__name__/values"), `["a_b"]`)
	h.DefineChart(wire.Chart{ID: "a.b", Context: "c.d", UpdateEvery: 1})
	want(t, "another context", f.data("label/__name__/values"), `["c_d"]`)
	want(t, "its history", f.eval(`count_over_time(c_d[10s])`, now), `[{"metric":{"chart":"a.b","dimension":"d","host":"h1","machine_guid":"`+guidOf(1)+`"},"value":[1800000000,"10"]}]`)
	h.SetLabels([]wire.Label{{Name: "rack", Value: "r1", Source: wire.LabelConfig}})
	want(t, "a label", f.data("label/host_rack/values"), `["r1"]`)
}

func TestStatus(t *testing.T) {
	f := filled(t)
	if got := f.data("status/buildinfo"); !strings.Contains(got, `"version":"3.`) || !strings.Contains(got, "foster v1") {
		t.Errorf("buildinfo: %s", got)
	}
	for command, wanted := range map[string]string{
		"rules": `{"groups":[]}`, "alerts": `{"alerts":[]}`, "status/config": `{"yaml":""}`,
	} {
		want(t, command, f.data(command), wanted)
	}
	for _, command := range []string{"status/runtimeinfo", "status/flags", "status/tsdb", "targets", "alertmanagers"} {
		f.data(command)
	}
	want(t, "exemplars", f.data("query_exemplars", "query", "x", "start", "0", "end", "1"), `[]`)
	want(t, "format", f.data("format_query", "query", "sum(a)by(b)"), `"sum by (b) (a)"`)
	for _, path := range []string{"/-/healthy", "/-/ready"} {
		if w := f.do(http.MethodGet, path, nil); w.Code != http.StatusOK {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	for _, path := range []string{"", "/", "/graph", "/api/v1", "/api/v1/", "/api/v2/query", "/api/v1/label/x"} {
		if w := f.do(http.MethodGet, path, nil); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "not_found") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

func TestLabelNames(t *testing.T) {
	for name, wanted := range map[string]string{
		"_os_name": "host_os_name", "env": "host_env", "a-b/c": "host_a_b_c", "__x": "host_x",
	} {
		want(t, name, hostLabelName(name), wanted)
	}
	for name, wanted := range map[string]string{
		"device": "device", "_collect_plugin": "_collect_plugin", "chart": "label_chart", "host": "label_host", "host_x": "label_host_x",
		"__name__": "label___name__", "label_chart": "label_label_chart", "1st": "_1st", "mount point": "mount_point",
	} {
		want(t, name, chartLabelName(name), wanted)
	}
	got := join(nil, []wire.Label{{Name: "a b", Value: "1"}, {Name: "a-b", Value: "2"}, {Name: "c", Value: ""}, {Name: "d", Value: "\xff"}}, chartLabelName, nil)
	if len(got) != 2 || got[0] != (pair{"a_b", "1;2"}) || got[1] != (pair{"d", "\ufffd"}) {
		t.Errorf("%v", got)
	}
}
