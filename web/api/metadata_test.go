package api

import (
	"encoding/json"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"foster/replication/wire"
	"foster/storage/catalog"
)

// twoNets adds a context of two charts with labels to a host.
func (m *memory) twoNets(h *catalog.Host) {
	for _, device := range []string{"eth0", "eth1"} {
		ch := h.DefineChart(wire.Chart{
			ID: "net." + device, Title: "Bandwidth " + device, Units: "kilobits/s", Family: device, Context: "net.net", Type: "area",
			Priority: 300, UpdateEvery: 1, Plugin: "proc.plugin", Module: "/proc/net/dev",
		})
		ch.SetLabels([]wire.Label{{Name: "device", Value: device}, {Name: "_auto", Value: "x"}})
		ch.AddDimension(wire.Dimension{ID: "received", Name: "in", Algorithm: wire.Incremental, Multiplier: 8, Divisor: 1000})
		ch.AddDimension(wire.Dimension{ID: "sent", Name: "out", Algorithm: wire.Incremental, Multiplier: -8, Divisor: 1000})
		for t := int64(start - 99); t <= start; t++ {
			m.store(ch, t, 2, -1)
		}
		for _, d := range ch.Dimensions() {
			d.SetCollected(1000)
		}
	}
}

var nan = math.NaN()

func TestMergeText(t *testing.T) {
	f := func(want string, texts ...string) {
		t.Helper()
		merged := texts[0]
		for _, s := range texts[1:] {
			merged = mergeText(merged, s)
		}
		if merged != want {
			t.Errorf("%q: %q, not %q", texts, merged, want)
		}
	}
	f("eth0", "eth0", "eth0")
	f("eth[x]", "eth0", "eth1")
	f("eth[x]", "eth0", "eth1", "eth22", "eth0")
	f("disk sd[x] usage", "disk sda usage", "disk sdb usage")
	f("[x]", "a", "b")
	f("a[x]", "a", "aa")
	f("[x]", "", "b")
	f("M[x]n", "M\u00e4n", "M\u00ebn") // not half a character
}

func TestContextsV1(t *testing.T) {
	m := newMemory()
	h := m.web01()
	m.twoNets(h)
	a := testAPI(t, m)
	o := object(t, a, "/host/web01/api/v1/contexts")
	contexts := o["contexts"].(map[string]any)
	if len(contexts) != 3 || o["machine_guid"] != webGUID {
		t.Fatalf("%v", o)
	}
	net := contexts["net.net"].(map[string]any)
	if net["title"] != "Bandwidth eth[x]" || net["family"] != "eth[x]" || net["charts"] != nil || net["collected"] != false ||
		net["first_time_t"] != start-99. || net["last_time_t"] != float64(start) {
		t.Errorf("context: %v", net)
	}
	one := object(t, a, "/host/web01/api/v1/context?ctx=net.net&dims=out&options=labels&chart_labels_filter=device:eth1")
	charts := one["charts"].(map[string]any)
	eth1, ok := charts["net.eth1"].(map[string]any)
	if !ok || len(charts) != 1 {
		t.Fatalf("charts: %v", charts)
	}
	dims := eth1["dimensions"].(map[string]any)
	if len(dims) != 1 || dims["sent"].(map[string]any)["first_time_t"] != start-99. || eth1["labels"].(map[string]any)["device"] != "eth1" {
		t.Errorf("chart: %v", eth1)
	}
	if o := object(t, a, "/host/web01/api/v1/contexts?after=-60&before=-300"); len(o["contexts"].(map[string]any)) != 2 {
		t.Errorf("contexts of before net.net was: %v", o["contexts"])
	}
	for path, status := range map[string]int{
		"/host/web01/api/v1/context": 400, "/host/web01/api/v1/context?context=nope": 404,
		"/host/web01/api/v1/context?context=net.net&dims=nope": 404, "/api/v1/context?context=net.net": 404,
	} {
		if w := get(a, path); w.Code != status {
			t.Errorf("%s: %d %s", path, w.Code, w.Body.String())
		}
	}
}

// TestDimensionSpans asks for dimensions that begin and end inside of the time of their chart.
func TestDimensionSpans(t *testing.T) {
	m := newMemory()
	h := m.web01()
	ch := h.DefineChart(wire.Chart{ID: "x.y", Context: "x.y", UpdateEvery: 1})
	early, late := ch.AddDimension(wire.Dimension{ID: "early", Name: "early"}), ch.AddDimension(wire.Dimension{ID: "late", Name: "late"})
	ch.AddDimension(wire.Dimension{ID: "never", Name: "never"})
	for sec := int64(start - 199); sec <= start; sec++ {
		values := []float64{nan, nan, nan}
		if sec <= start-100 {
			values[0] = 1
		} else {
			values[1] = 1
		}
		m.store(ch, sec, values...)
	}
	a := testAPI(t, m)
	spans, err := a.dimensionSpans(t.Context(), ch, ch.Dimensions())
	if err != nil || spans[0] != (storedSpan{start - 199, start - 100}) || spans[1] != (storedSpan{start - 99, start}) || spans[2] != (storedSpan{}) {
		t.Errorf("%s %s: %v %v", early.ID, late.ID, spans, err)
	}
}

func TestMetadataV2(t *testing.T) {
	m := newMemory()
	h := m.web01()
	m.twoNets(h)
	other := m.cat.Define("b6d11b2c-7c1f-4f0e-9c56-0d3c2c5a0303", catalog.HostInfo{Hostname: "db1", ProgramVersion: "v2.11.0"})
	other.SetFunction(wire.Function{Name: "processes", Global: true, Help: "h", Tags: "top"}, 10)
	conn := &catalog.Connection{Since: time.Unix(start-50, 0), RemoteAddr: "192.0.2.1:5", Caps: wire.V1 | wire.LZ4}
	conn.SetLastTraffic(time.Unix(start+1, 0))
	other.Connect(conn)
	a := testAPI(t, m)
	names := func(path string) string {
		var list []string
		for _, n := range object(t, a, path)["nodes"].([]any) {
			list = append(list, n.(map[string]any)["nm"].(string))
		}
		return strings.Join(list, " ")
	}
	for path, want := range map[string]string{
		"/api/v2/nodes":                           "parent01 db1 web01",
		"/api/v3/nodes?scope_nodes=db*":           "db1",
		"/api/v3/nodes?nodes=!db*|*":              "parent01 web01",
		"/host/db1/api/v2/nodes?nodes=web01":      "web01",
		"/api/v2/contexts?scope_contexts=net.*":   "web01",
		"/api/v2/node_instances?nodes=" + webGUID: "web01",
		"/api/v3/stream_path?nodes=db1":           "db1",
	} {
		if got := names(path); got != want {
			t.Errorf("%s: %q, not %q", path, got, want)
		}
	}
	o := object(t, a, "/api/v2/contexts?scope_contexts=net.*&options=titles,labels,instances,dimensions,rfc3339")
	text, _ := json.Marshal(o["contexts"])
	want := `{"net.net":{"dimensions":["in","out"],"family":"eth[x]","first_entry":"2023-11-14T22:13:21Z","instances":["net.eth0","net.eth1"],` +
		`"labels":{"_auto":["x"],"_collect_module":["/proc/net/dev"],"_collect_plugin":["proc.plugin"],"device":["eth0","eth1"]},` +
		`"last_entry":"2023-11-14T22:15:00Z","live":false,"priority":300,"title":"Bandwidth eth[x]","units":"kilobits/s"}}`
	if string(text) != want {
		t.Errorf("contexts: %s", text)
	}
	q := object(t, a, "/api/v3/q?q=ETH1")["contexts"].(map[string]any)
	found, _ := json.Marshal(q)
	if string(found) != `{"net.net":{"instances":["net.eth1"],"labels":{"device":["eth1"]},"matched":["instances","labels"]}}` {
		t.Errorf("q: %s", found)
	}
	if q := object(t, a, "/api/v2/q?q=band+eth")["contexts"].(map[string]any); len(q) != 1 {
		t.Errorf("q with a blank: %v", q)
	}
	if q := object(t, a, "/api/v2/q?q=nothing+at+all")["contexts"].(map[string]any); len(q) != 0 {
		t.Errorf("q without match: %v", q)
	}
	instance := object(t, a, "/api/v2/node_instances?nodes=db1")["nodes"].([]any)[0].(map[string]any)["instances"].([]any)[0].(map[string]any)
	ingest := instance["ingest"].(map[string]any)
	if ingest["age"] != 52. || ingest["source"].(map[string]any)["remote"] != "192.0.2.1:5" || instance["functions"].(map[string]any)["processes"] == nil {
		t.Errorf("instance: %v", instance)
	}
	functions := object(t, a, "/api/v2/functions")["functions"].([]any)
	if f := functions[0].(map[string]any); len(functions) != 1 || f["name"] != "processes" || f["ni"].([]any)[0] != 1. {
		t.Errorf("functions: %v", functions)
	}
	if w := get(a, "/host/db1/api/v1/function?function=processes"); w.Code != http.StatusNotImplemented {
		t.Errorf("function: %d %s", w.Code, w.Body.String())
	}
	long := object(t, a, "/api/v2/nodes?nodes=db1&options=long-keys")["nodes"].([]any)[0].(map[string]any)
	if long["machine_guid"] != other.GUID || long["hostname"] != "db1" || long["nm"] != nil {
		t.Errorf("long keys: %v", long)
	}
	before := object(t, a, "/api/v2/versions")["versions"]
	h.DefineChart(wire.Chart{ID: "a.b", Context: "a.b"})
	after := object(t, a, "/api/v2/versions")["versions"]
	if b, a := before.(map[string]any)["contexts_hard_hash"], after.(map[string]any)["contexts_hard_hash"]; a == b {
		t.Errorf("a new chart does not change the versions: %v", a)
	}
}

func TestStoragePage(t *testing.T) {
	m := newMemory()
	a := testAPI(t, m, func(o *Options) { o.Disk = func() (Disk, error) { return Disk{Size: 100, Free: 40}, nil } })
	o := object(t, a, "/api/foster/v1/storage")
	tier := o["tiers"].([]any)[0].(map[string]any)
	if tier["block_bytes"] != float64(1<<20) || tier["covered_seconds"] != 599. || o["disk"].(map[string]any)["free_bytes"] != 40. {
		t.Errorf("%v", o)
	}
	if o := object(t, testAPI(t, m), "/api/foster/v1/storage"); o["disk"] != nil {
		t.Errorf("space that is not known: %v", o["disk"])
	}
	for _, path := range []string{"/api/v2/node_instances", "/api/v3/info"} {
		size := object(t, a, path)["agents"].([]any)[0].(map[string]any)["db_size"].([]any)
		if s := size[0].(map[string]any); s["from"] != start-599. || s["retention"] != 599. || s["granularity"] != "1s" {
			t.Errorf("%s: %v", path, s)
		}
	}
}

func TestAge(t *testing.T) {
	for seconds, want := range map[int64]string{
		0: "0s", 1: "1s", 60: "1m", 3600: "1h", 1209600: "14d", 1441792: "16d16h", 63072000: "2y", 7776000: "3mo", 3661: "1h1m",
	} {
		if got := age(seconds); got != want {
			t.Errorf("%d: %s, not %s", seconds, got, want)
		}
	}
}

// TestSameName asks for hosts that share a name: the one seen last answers to it.
func TestSameName(t *testing.T) {
	m := newMemory()
	older := m.cat.Define("00000000-0000-4000-8000-000000000001", catalog.HostInfo{Hostname: "twin"})
	newer := m.cat.Define("00000000-0000-4000-8000-000000000002", catalog.HostInfo{Hostname: "twin"})
	conn := &catalog.Connection{Since: time.Unix(start, 0)}
	conn.SetLastTraffic(time.Unix(start, 0))
	newer.Connect(conn)
	a := testAPI(t, m)
	for path, guid := range map[string]string{"twin": newer.GUID, older.GUID: older.GUID, strings.ToUpper(newer.GUID): newer.GUID} {
		if got := object(t, a, "/host/"+path+"/api/v1/info")["uid"]; got != guid {
			t.Errorf("%s: %v", path, got)
		}
	}
	served := map[any]any{}
	for _, h := range object(t, a, "/api/v1/info")["mirrored_hosts_status"].([]any) {
		h := h.(map[string]any)
		served[h["guid"]] = h["serves_hostname"]
	}
	if served[older.GUID] != false || served[newer.GUID] != true || served[selfGUID] != nil {
		t.Errorf("serves_hostname: %v", served)
	}
}

func TestRegistry(t *testing.T) {
	m := newMemory()
	m.web01()
	a := testAPI(t, m)
	hello := object(t, a, "/host/web01/api/v1/registry?action=hello")
	if hello["status"] != "ok" || hello["hostname"] != "web01" || hello["registry"] != "" || len(hello["nodes"].([]any)) != 2 {
		t.Errorf("hello: %v", hello)
	}
	if o := object(t, a, "/api/v1/registry?action=access&machine=x&url=y&name=z"); o["status"] != "disabled" {
		t.Errorf("access: %v", o)
	}
	for query, message := range map[string]string{
		"":               "Invalid registry request - you need to set an action: hello, access, delete, search",
		"?action=access": "Invalid registry Access request.",
		"?action=delete": "Invalid registry Delete request.",
		"?action=search": "Invalid registry Search request.",
		"?action=switch": "Invalid registry Switch request.",
	} {
		if w := get(a, "/api/v1/registry"+query); w.Code != 400 || w.Body.String() != message {
			t.Errorf("%s: %d %s", query, w.Code, w.Body.String())
		}
	}
}
