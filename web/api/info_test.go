package api

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"

	"foster/replication/wire"
	"foster/storage/catalog"
)

// sameShape checks that every key of want is in got, with the same type of value.
func sameShape(t *testing.T, where string, want, got any) {
	t.Helper()
	switch w := want.(type) {
	case nil:
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			t.Errorf("%s is not an object", where)
			return
		}
		for k := range w {
			if _, ok := g[k]; !ok {
				t.Errorf("%s has no %s", where, k)
				continue
			}
			sameShape(t, where+"/"+k, w[k], g[k])
		}
	case []any:
		g, ok := got.([]any)
		if !ok {
			t.Errorf("%s is not an array", where)
		} else if len(w) > 0 && len(g) > 0 {
			sameShape(t, where+"/0", w[0], g[0])
		}
	case string:
		if _, ok := got.(string); !ok {
			t.Errorf("%s is not a string", where)
		}
	case float64:
		if _, ok := got.(float64); !ok {
			t.Errorf("%s is not a number", where)
		}
	case bool:
		if _, ok := got.(bool); !ok {
			t.Errorf("%s is not a boolean", where)
		}
	}
}

func testdata(t *testing.T, name string) any {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestInfo(t *testing.T) {
	m := newMemory()
	h := m.web01()
	m.cat.Define("00000000-0000-0000-0000-00000000000b", catalog.HostInfo{Hostname: "db01", Hops: 2, ClaimID: "c1"})
	h.Connect(&catalog.Connection{Since: time.Unix(start-600, 0)})
	for _, ch := range h.Charts() {
		ch.SetDefined(time.Unix(start-599, 0))
	}
	h.SetFunction(wire.Function{Name: "processes", Global: true, Help: "h", Timeout: 10, Tags: "top", Access: 0x13, Priority: 100}, 10)
	h.SetFunction(wire.Function{Name: "config", Global: true, Tags: "config"}, 10)
	a := testAPI(t, m)
	info := object(t, a, "/host/web01/api/v1/info")
	sameShape(t, "info", testdata(t, "info.json"), info)
	sameShape(t, "own info", testdata(t, "info.json"), object(t, a, "/api/v1/info"))
	f := func(key string, want string) {
		t.Helper()
		if got, _ := json.Marshal(info[key]); string(got) != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
	f("version", `"v1.37.1"`)
	f("uid", `"`+webGUID+`"`)
	f("mirrored_hosts", `["parent01","db01","web01"]`)
	f("mirrored_hosts_status", `[{"claim_id":null,"guid":"`+selfGUID+`","hops":0,"hostname":"parent01","node_id":null,"reachable":true},`+
		`{"claim_id":"c1","guid":"00000000-0000-0000-0000-00000000000b","hops":2,"hostname":"db01","node_id":null,"reachable":false},`+
		`{"claim_id":null,"guid":"`+webGUID+`","hops":1,"hostname":"web01","node_id":null,"reachable":true}]`)
	f("os_name", `"Debian GNU/Linux"`)
	f("os_id", `""`)
	f("cores_total", `"2"`)
	f("container_os_name", `"none"`)
	f("is_k8s_node", `null`)
	f("host_labels", `{"_os_name":"Debian GNU/Linux","env":"a \"b\""}`)
	f("functions", `{"processes":{"access":["signed-in","same-space","sensitive-data"],"help":"h","options":["GLOBAL"],"priority":100,"tags":"top","timeout":10,"version":0}}`)
	f("collectors", `[{"module":"/proc/stat","plugin":"proc.plugin"},{"module":"/proc/loadavg","plugin":"proc.plugin"}]`)
	f("stream-compression", `true`)
	f("charts-count", `2`)
	f("metrics-count", `5`)
	functions := object(t, a, "/host/web01/api/v1/functions")
	if got, _ := json.Marshal(functions["functions"]); len(got) < 20 {
		t.Errorf("functions %s", got)
	}
	if got, _ := json.Marshal(object(t, a, "/api/v1/functions")); string(got) != `{"functions":{}}` {
		t.Errorf("own functions %s", got)
	}
}

func TestCharts(t *testing.T) {
	m := newMemory()
	h := m.web01()
	h.Chart("system.load").SetVariable("threshold", 1.5, 10)
	h.DefineChart(wire.Chart{ID: "system.none", Type: "line"}) // no dimensions
	old := h.DefineChart(wire.Chart{ID: "system.old", Type: "line", Obsolete: true})
	old.AddDimension(wire.Dimension{ID: "x"})
	a := testAPI(t, m)
	charts := object(t, a, "/host/web01/api/v1/charts")
	sameShape(t, "charts", testdata(t, "charts.json"), charts)
	list := charts["charts"].(map[string]any)
	if len(list) != 2 || charts["charts_count"] != 2. || charts["dimensions_count"] != 5. || charts["hosts_count"] != 2. {
		t.Errorf("%d charts, counts %v %v %v", len(list), charts["charts_count"], charts["dimensions_count"], charts["hosts_count"])
	}
	load := object(t, a, "/host/web01/api/v1/chart?chart=system.load_average")
	f := func(key string, want string) {
		t.Helper()
		if got, _ := json.Marshal(load[key]); string(got) != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
	f("id", `"system.load"`)
	f("name", `"system.load_average"`)
	f("type", `"system"`)
	f("title", `"Load (system.load_average)"`)
	f("data_url", `"/api/v1/data?chart=system.load_average"`)
	f("duration", `600`)
	f("first_entry", `1699999505`)
	f("last_entry", `1700000100`)
	f("update_every", `5`)
	f("dimensions", `{"load1":{"name":"load1"}}`)
	f("chart_variables", `{"threshold":1.5}`)
	f("chart_labels", `{"_collect_module":"/proc/loadavg","_collect_plugin":"proc.plugin"}`)
	var ids []string
	for id := range list["system.cpu"].(map[string]any)["dimensions"].(map[string]any) {
		ids = append(ids, id)
	}
	if slices.Sort(ids); !slices.Equal(ids, []string{"irq", "nice", "system", "user"}) {
		t.Errorf("dimensions %v", ids)
	}
	own := object(t, a, "/api/v1/charts")
	if own["hostname"] != "parent01" || len(own["charts"].(map[string]any)) != 0 {
		t.Errorf("own charts %v", own)
	}
	for path, want := range map[string]string{
		"/host/web01/api/v1/chart":                    "No chart id is given at the request.",
		"/host/web01/api/v1/chart?chart=%3Cb%3E":      "Chart is not found: &lt;b&gt;",
		"/api/v1/chart?chart=system.cpu":              "Chart is not found: system.cpu",
		"/host/web01/api/v1/chart?chart=system.cpu%2": "Chart is not found: system.cpu%2",
	} {
		if w := get(a, path); w.Body.String() != want {
			t.Errorf("%s: %d %q", path, w.Code, w.Body.String())
		}
	}
}

func TestRetentionIsLoaded(t *testing.T) {
	m := newMemory()
	h := m.web01()
	h.SetRetentionKnown(false)
	a := testAPI(t, m)
	m.failed = os.ErrClosed
	if w := get(a, "/host/web01/api/v1/charts"); w.Code != 500 || w.Body.String() != "The database cannot be read." {
		t.Errorf("%d %q", w.Code, w.Body.String())
	}
	m.failed = nil
	if w := get(a, "/host/web01/api/v1/charts"); w.Code != 200 || !h.RetentionKnown() {
		t.Errorf("%d", w.Code)
	}
}

func TestStreamInfo(t *testing.T) {
	m := newMemory()
	h := m.web01()
	ready := true
	a := testAPI(t, m, func(o *Options) { o.Ready = func() bool { return ready } })
	a.nonce = 7
	f := func(guid string, status int, want string) {
		t.Helper()
		w := get(a, "/api/v3/stream_info?machine_guid="+guid, "Accept-Encoding", "gzip")
		if w.Code != status || w.Body.String() != want || w.Header().Get("Content-Encoding") != "" || w.Header().Get("Content-Length") == "" {
			t.Errorf("%s: %d %s\nwant %s", guid, w.Code, w.Body.String(), want)
		}
	}
	const head = `"host_id":"` + selfGUID + `","nodes":2,"receivers":0,"nonce":7`
	f("00000000-0000-0000-0000-00000000000c", 404, `{"version":1,"status":404,`+head+`}`)
	f("", 404, `{"version":1,"status":404,`+head+`}`)
	f(webGUID, 200, `{"version":1,"status":200,`+head+`,"db_status":"online","db_liveness":"stale","ingest_type":"archived",`+
		`"ingest_status":"archived","first_time_s":1699999501,"last_time_s":1700000100}`)
	f(selfGUID, 200, `{"version":1,"status":200,`+head+`,"db_status":"online","db_liveness":"live","ingest_type":"localhost",`+
		`"ingest_status":"online","first_time_s":1700000102,"last_time_s":1700000102}`)
	ready = false
	f("00000000-0000-0000-0000-00000000000c", 200, `{"version":1,"status":200,`+head+`,"db_status":"initializing",`+
		`"db_liveness":"stale","ingest_type":"child","ingest_status":"initializing","first_time_s":0,"last_time_s":0}`)
	ready = true

	conn := &catalog.Connection{Since: time.Unix(start-10, 0)}
	conn.SetLastTraffic(time.Unix(start+1, 0))
	h.Connect(conn)
	w := object(t, a, "/api/v2/stream_info?machine_guid="+webGUID)
	if w["ingest_status"] != "online" || w["ingest_type"] != "child" || w["db_liveness"] != "live" || w["receivers"] != 1. {
		t.Errorf("connected: %v", w)
	}
	conn.ReplayStarted(100)
	if w = object(t, a, "/api/v3/stream_info?machine_guid="+webGUID); w["ingest_status"] != "replicating" {
		t.Errorf("replicating: %v", w)
	}
	h.Disconnect(conn)
	if w = object(t, a, "/api/v3/stream_info?machine_guid="+webGUID); w["ingest_status"] != "offline" || w["db_liveness"] != "stale" {
		t.Errorf("disconnected: %v", w)
	}
}
