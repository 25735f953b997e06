package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"foster/replication/wire"
)

func TestDataFormats(t *testing.T) {
	m := newMemory()
	m.web01()
	a := testAPI(t, m)
	f := func(query, contentType, want string) {
		t.Helper()
		w := get(a, "/host/web01/api/v1/data?chart=system.cpu&after=1700000081&before=1700000100&"+query)
		if w.Code != 200 || w.Header().Get("Content-Type") != contentType || w.Body.String() != want {
			t.Errorf("%s: %d %s\n%s\nwant %s\n%s", query, w.Code, w.Header().Get("Content-Type"), w.Body.String(), contentType, want)
		}
	}
	f("points=2", typeJSON, `{"labels":["time","user","sys","nice","irq"],"data":[
[1700000100,4.5,5,0,1.5],
[1700000090,4.5,5,0,null]
]}`)
	f("points=2&format=json&options=flip&group=max", typeJSON, `{"labels":["time","user","sys","nice","irq"],"data":[
[1700000090,9,5,0,null],
[1700000100,9,5,0,1.5]
]}`)
	f("points=2&options=objectrows,ms,nonzero", typeJSON, `{"labels":["time","user","sys","irq"],"data":[
{"time":1700000100000,"user":4.5,"sys":5,"irq":1.5},
{"time":1700000090000,"user":4.5,"sys":5,"irq":null}
]}`)
	f("points=1&options=null2zero&group=sum&dims=irq|nice", typeJSON, `{"labels":["time","nice","irq"],"data":[
[1700000100,0,15]
]}`)
	f("points=1&options=null2zero,nonzero&dims=nice", typeJSON, `{"labels":["time","nice"],"data":[
[1700000100,0]
]}`)
	f("points=2&format=csv&options=seconds", typeText, "time,user,sys,nice,irq\r\n1700000100,4.5,5,0,1.5\r\n1700000090,4.5,5,0,null\r\n")
	f("points=1&format=csv&options=ms,label-quotes&dims=user", typeText, "\"time\",\"user\"\r\n1700000100000,4.5\r\n")
	local := time.Unix(start, 0).Format(time.DateTime)
	f("points=1&format=csv&dims=user", typeText, "time,user\r\n"+local+",4.5\r\n")
	d := time.Unix(start, 0)
	f("points=1&dims=user&options=google_json", typeJSON, fmt.Sprintf("{\"labels\":[\"time\",\"user\"],\"data\":[\n[new Date(%d,%d,%d,%d,%d,%d),4.5]\n]}",
		d.Year(), int(d.Month())-1, d.Day(), d.Hour(), d.Minute(), d.Second()))
	// The hidden idle counts for percentages: all are 90, or 91.5 with irq.
	f("points=1&dims=user&options=percentage&after=1700000091", typeJSON, "{\"labels\":[\"time\",\"user\"],\"data\":[\n[1700000100,4.9180328]\n]}")
	f("points=1&dims=nope&options=percentage", typeJSON, "{\"labels\":[\"time\",\"no data\"],\"data\":[\n]}")
	f("points=1&dims=nope&options=percentage&format=csv", typeText, "time,no data\r\n")
	f("points=1&dims=*", typeJSON, "{\"labels\":[\"time\",\"user\",\"sys\",\"nice\",\"idle\",\"irq\"],\"data\":[\n[1700000100,4.5,5,0,80.5,1.5]\n]}")
	f("points=1&dims=sys&dim=us*&options=match-names", typeJSON, "{\"labels\":[\"time\",\"user\",\"sys\"],\"data\":[\n[1700000100,4.5,5]\n]}")
	f("points=1&dims=system&options=match-ids", typeJSON, "{\"labels\":[\"time\",\"sys\"],\"data\":[\n[1700000100,5]\n]}")

	w := get(a, "/host/web01/api/v1/data?chart=system.load_average&after=-20&options=abs")
	if want := "{\"labels\":[\"time\",\"load1\"],\"data\":[\n[1700000100,0],\n[1700000095,0.005],\n[1700000090,0.01],\n[1700000085,0.015]\n]}"; w.Body.String() != want {
		t.Errorf("%s", w.Body.String())
	}
}

func TestDataWrapped(t *testing.T) {
	m := newMemory()
	h := m.web01()
	a := testAPI(t, m)
	w := object(t, a, "/host/web01/api/v1/data?chart=system.cpu&after=1700000041&before=1700000100&points=6&options=jsonwrap,nonzero,abs,all-dimensions&_=1")
	f := func(key, want string) {
		t.Helper()
		if got, _ := json.Marshal(w[key]); string(got) != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
	f("api", "1")
	f("view_update_every", "10")
	f("update_every", "1")
	f("first_entry", "1699999501")
	f("last_entry", "1700000100")
	f("after", "1700000041")
	f("before", "1700000100")
	f("group", `"average"`)
	f("options", `["nonzero","jsonwrap","absolute","virtual-points","all-dimensions"]`)
	f("dimension_names", `["user","sys","irq"]`)
	f("dimension_ids", `["user","system","irq"]`)
	f("full_dimension_list", `[["user","user"],["system","sys"],["nice","nice"],["idle","idle"],["irq","irq"]]`)
	f("full_chart_list", `[["system.cpu","system.cpu"]]`)
	f("full_chart_labels", `[["_collect_plugin","proc.plugin"],["_collect_module","/proc/stat"]]`)
	f("functions", `[]`)
	f("latest_values", `[0,5,1.5]`)
	f("view_latest_values", `[4.5,5,1.5]`)
	f("dimensions", "3")
	f("points", "6")
	f("format", `"json"`)
	f("db_points_per_tier", "[240]")
	f("min", "0")
	f("max", "5")
	if w["id"] != w["name"] || w["id"] == "" {
		t.Errorf("id %v, name %v", w["id"], w["name"])
	}
	if rows := w["result"].(map[string]any)["data"].([]any); len(rows) != 6 || len(rows[0].([]any)) != 4 {
		t.Errorf("rows %v", rows)
	}

	// After a restart nothing has been received: the newest values come from the store.
	for _, d := range h.Chart("system.cpu").Dimensions() {
		d.Chart.LockLatest()
		d.SetLast(0, 0, 0)
		d.Chart.UnlockLatest()
	}
	w = object(t, a, "/host/web01/api/v1/data?chart=system.cpu&options=jsonwrap,seconds&after=-3&format=csv&dims=user")
	f("latest_values", `[0]`)
	f("result", `"time,user\n1700000100,0\n1700000099,9\n1700000098,8\n"`)
	f("format", `"csv"`)
	f("options", `["jsonwrap","seconds","natural-points"]`)
}

func TestDataRefused(t *testing.T) {
	m := newMemory()
	m.web01()
	a := testAPI(t, m)
	f := func(query string, status int, want string) {
		t.Helper()
		w := get(a, "/host/web01/api/v1/data?"+query)
		if w.Code != status || w.Header().Get("Content-Type") != typeText || w.Body.String() != want {
			t.Errorf("%s: %d %s %q", query, w.Code, w.Header().Get("Content-Type"), w.Body.String())
		}
	}
	f("", 400, "No chart or context is given.")
	f("context=system.nope", 404, noMetrics)
	f("chart=nope.*", 404, noMetrics)
	f("chart=nope", 404, noMetrics)
	f("chart=system.cpu&dims=nope", 404, noMetrics)
	f("chart=system.cpu&dims=!*", 404, noMetrics)
	f("chart=system.cpu&dims=!user%20*", 404, noMetrics)
	f("chart=system.cpu&after=1699900000&before=1699910000", 404, noMetrics)
	if w := get(a, "/api/v1/data?chart=system.cpu"); w.Code != 404 || w.Body.String() != noMetrics {
		t.Errorf("of the parent itself: %d %q", w.Code, w.Body.String())
	}
	// What Netdata ignores is ignored.
	if w := get(a, "/host/web01/api/v1/data?chart=system.cpu&_=17&callback=x&nope=1&options=nope&tier=0"); w.Code != 200 {
		t.Errorf("ignored parameters: %d %q", w.Code, w.Body.String())
	}
}

func TestDataLimits(t *testing.T) {
	m := newMemory()
	m.web01()
	a := testAPI(t, m, func(o *Options) {
		o.MaxQueries, o.MaxCells, o.QueryTimeout = 1, 1000, 50*time.Millisecond
	})
	const path = "/host/web01/api/v1/data?chart=system.cpu"
	if w := get(a, path+"&after=-251"); w.Code != 400 || !strings.Contains(w.Body.String(), "1004 values") {
		t.Errorf("too large: %d %q", w.Code, w.Body.String())
	}
	if w := get(a, path+"&after=-250"); w.Code != 200 {
		t.Errorf("just small enough: %d %q", w.Code, w.Body.String())
	}
	m.slow = true
	if w := get(a, path+"&after=-10"); w.Code != 504 || w.Body.String() != `{"error":"Query timeout exceeded"}` {
		t.Errorf("slow: %d %q", w.Code, w.Body.String())
	}
	if w := get(a, path+"&after=-10&timeout=1"); w.Code != 504 {
		t.Errorf("slow, with timeout: %d %q", w.Code, w.Body.String())
	}
	m.slow = false
	a.queries <- struct{}{}
	if w := get(a, path+"&after=-10"); w.Code != 503 {
		t.Errorf("busy: %d %q", w.Code, w.Body.String())
	}
	<-a.queries
	m.failed = errors.New("secret path")
	if w := get(a, path+"&after=-10"); w.Code != 500 || w.Body.String() != "The database cannot be read." {
		t.Errorf("broken: %d %q", w.Code, w.Body.String())
	}
	m.failed = nil
	if w := get(a, path+"&after=-10"); w.Code != 200 {
		t.Errorf("after all that: %d %q", w.Code, w.Body.String())
	}
}

// TestDataObsolete: a dimension that is no more is in windows where it has data.
func TestDataObsolete(t *testing.T) {
	m := newMemory()
	h := m.web01()
	d := h.Chart("system.cpu").AddDimension(wire.Dimension{ID: "gone", Name: "gone", Obsolete: true})
	a := testAPI(t, m)
	if w := get(a, "/host/web01/api/v1/data?chart=system.cpu&after=-10&points=1"); strings.Contains(w.Body.String(), "gone") {
		t.Errorf("without data: %s", w.Body.String())
	}
	m.points[d] = m.points[h.Chart("system.cpu").Dimensions()[0]]
	if w := get(a, "/host/web01/api/v1/data?chart=system.cpu&after=-10&points=1"); !strings.Contains(w.Body.String(), "gone") {
		t.Errorf("with data: %s", w.Body.String())
	}
}

func BenchmarkData(b *testing.B) {
	m := newMemory()
	h := m.web01()
	ch := h.DefineChart(wire.Chart{ID: "bench.ten", Type: "line", UpdateEvery: 1})
	for i := range 10 {
		id := fmt.Sprint("dimension", i)
		ch.AddDimension(wire.Dimension{ID: id, Name: id})
	}
	values := make([]float64, 10)
	for t := int64(start - 3599); t <= start; t++ {
		for i := range values {
			values[i] = float64(t%97)/float64(i+3) + 100
		}
		m.store(ch, t, values...)
	}
	a := testAPI(b, m)
	for name, query := range map[string]string{
		"10x600":       "&after=1699999501&before=1700000100&points=600",
		"10x3600to100": "&after=1699996501&before=1700000100&points=100",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if w := get(a, "/host/web01/api/v1/data?chart=bench.ten&options=jsonwrap"+query); w.Code != 200 {
					b.Fatal(w.Body.String())
				}
			}
		})
	}
}

func BenchmarkCharts(b *testing.B) {
	m := newMemory()
	h := m.web01()
	for i := range 500 {
		ch := h.DefineChart(wire.Chart{ID: fmt.Sprint("bench.chart", i), Title: "A title of usual length", Units: "things/s", Family: "bench", Type: "line", Plugin: "p", Module: "m"})
		for j := range 5 {
			id := fmt.Sprint("dimension", j)
			ch.AddDimension(wire.Dimension{ID: id, Name: id})
		}
	}
	a := testAPI(b, m)
	b.ReportAllocs()
	for b.Loop() {
		if w := get(a, "/host/web01/api/v1/charts"); w.Code != 200 {
			b.Fatal(w.Body.String())
		}
	}
}
