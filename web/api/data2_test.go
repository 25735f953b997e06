package api

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"foster/replication/wire"
	"foster/storage/catalog"
)

const dbGUID = "b6d11b2c-7c1f-4f0e-9c56-0d3c2c5a0303"

// twoHosts adds two hosts with a context of two charts in all: web01 has net.eth0, with received = 1…10 and sent = -10, and
// web02 has net.eth1, with received = 20, for which ten seconds in the middle are missing, and the hidden drops = 60.
func (m *memory) twoHosts() {
	add := func(guid, name, device string, dims []wire.Dimension, at func(t int64) []float64) {
		h := m.cat.Define(guid, catalog.HostInfo{Hostname: name, OS: "linux", UpdateEvery: 1})
		ch := h.DefineChart(wire.Chart{
			ID: "net." + device, Name: "net_" + device, Title: "Bandwidth of " + device, Units: "kilobits/s", Family: device, Context: "net.net",
			Type: "area", Priority: 100, UpdateEvery: 1, Plugin: "proc.plugin", Module: "/proc/net/dev",
		})
		ch.SetLabels([]wire.Label{{Name: "device", Value: device}})
		for _, d := range dims {
			d.Multiplier, d.Divisor = 1, 1
			ch.AddDimension(d)
		}
		for t := int64(start - 599); t <= start; t++ {
			m.store(ch, t, at(t)...)
		}
		h.SetRetentionKnown(true)
	}
	add(webGUID, "web01", "eth0", []wire.Dimension{{ID: "received", Name: "in"}, {ID: "sent", Name: "out"}}, func(t int64) []float64 {
		return []float64{float64((t-1)%10 + 1), -10}
	})
	add(dbGUID, "web02", "eth1", []wire.Dimension{{ID: "received", Name: "in"}, {ID: "drops", Name: "drops", Hidden: true}}, func(t int64) []float64 {
		if t > start-20 && t <= start-10 {
			return []float64{math.NaN(), 60}
		}
		return []float64{20, 60}
	})
}

// find returns a part of an answer as JSON, by the keys that lead to it.
func find(t *testing.T, o any, path string) string {
	t.Helper()
	for key := range strings.SplitSeq(path, ".") {
		switch v := o.(type) {
		case map[string]any:
			o = v[key]
		case []any:
			i := 0
			if _, err := fmt.Sscan(key, &i); err != nil || i >= len(v) {
				t.Fatalf("%s: no element %s of %v", path, key, v)
			}
			o = v[i]
		default:
			t.Fatalf("%s: nothing at %s", path, key)
		}
	}
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestData2(t *testing.T) {
	m := newMemory()
	m.web01()
	m.twoHosts()
	a := testAPI(t, m)
	f := func(query string, want ...string) {
		t.Helper()
		o := object(t, a, "/api/v3/data?contexts=net.*&after=1700000071&before=1700000100&points=3&"+query)
		for i := 0; i < len(want); i += 2 {
			if got := find(t, o, want[i]); got != want[i+1] {
				t.Errorf("%s: %s is %s, want %s", query, want[i], got, want[i+1])
			}
		}
	}
	const (
		labels, data, ids = "result.labels", "result.data", "view.dimensions.ids"
		stats             = "view.dimensions.sts"
	)
	f("",
		"api", "3",
		labels, `["time","in","out"]`,
		"result.point", `{"arp":1,"pa":2,"value":0}`,
		data, `[[1700000100,[12.75,0,0],[-10,0,0]],[1700000090,[5.5,0,4],[-10,0,0]],[1700000080,[12.75,0,0],[-10,0,0]]]`,
		"view.dimensions.aggregated", `[2,1]`,
		"view.dimensions.grouped_by", `["dimension"]`,
		"view.update_every", "10", "view.after", "1700000071", "view.before", "1700000100",
		"view.title", `"Bandwidth of eth[x]"`, "view.units", `"kilobits/s"`, "view.chart_type", `"area"`,
		"view.min", "-10", "view.max", "12.75",
		stats+".avg", "[10.3333333,-10]",
		"db.dimensions.sts.min", "[1,-10]", "db.dimensions.sts.max", "[20,-10]", "db.dimensions.sts.avg", "[11.3,-10]",
		"db.first_entry", "1699999501", "db.per_tier.0.points", "90",
		"totals", `{"contexts":{"qr":1,"sl":1},"dimensions":{"ex":1,"qr":2,"sl":2},"instances":{"qr":2,"sl":2},"label_key_values":{"qr":4,"sl":4},"label_keys":{"qr":3,"sl":3},"nodes":{"qr":2,"sl":2}}`,
		"summary.dimensions.2", `{"ds":{"ex":1},"id":"drops","pri":1}`,
		"summary.nodes.1.nm", `"web02"`, "summary.nodes.1.ds", `{"ex":1,"qr":1,"sl":1}`,
		"summary.instances.0.nm", `"net_eth0"`, "summary.instances.1.sts.con", "46.2427746",
	)
	// Without dimensions apart, signs are left out before values are added.
	f("group_by=node&aggregation=sum", labels, `["time","`+webGUID+`","`+dbGUID+`"]`, "view.dimensions.names", `["web01","web02"]`,
		data+".0", `[1700000100,[15.5,0,0],[20,0,0]]`, data+".1", `[1700000090,[15.5,0,0],[null,0,1]]`)
	f("group_by=instance&aggregation=max", ids, `["net.eth0@`+webGUID+`","net.eth1@`+dbGUID+`"]`,
		"view.dimensions.names", `["net_eth0@web01","net_eth1@web02"]`, data+".0", `[1700000100,[10,0,0],[20,0,0]]`)
	f("group_by=instance,node", ids, `["net.eth0,`+webGUID+`","net.eth1,`+dbGUID+`"]`)
	f("group_by=label,dimension&group_by_label=device,nope", ids, `["in,eth0,[unset]","out,eth0,[unset]","in,eth1,[unset]"]`,
		"view.dimensions.grouped_by", `["dimension","label:device","label:nope"]`)
	f("group_by=selected,dimension&aggregation=min", ids, `["selected"]`, data+".0", `[1700000100,[5.5,0,0]]`)
	f("group_by=context,units&aggregation=sum", ids, `["net.net,kilobits/s"]`, data+".0", `[1700000100,[35.5,0,0]]`)
	f("group_by=nope&aggregation=nope", ids, `["in","out"]`)
	f("aggregation=extremes", data+".0", `[1700000100,[20,0,0],[-10,0,0]]`)
	// In two passes: the sums of the nodes, and the mean of these.
	f("group_by[0]=node&aggregation[0]=sum&group_by[1]=selected&aggregation[1]=avg", ids, `["selected"]`, data+".0", `[1700000100,[17.75,0,0]]`,
		data+".1", `[1700000090,[15.5,0,4]]`, "view.dimensions.aggregated", "[3]")
	f("group_by=node&group_by=dimension&aggregation=sum&aggregation=max", ids, `["in","out"]`, data+".0", `[1700000100,[20,0,0],[-10,0,0]]`)
	// Of web02 the hidden dimension is part of the whole; of web01 there is nothing else.
	f("group_by=percentage-of-instance&aggregation=sum", "view.units", `"%"`, data+".0", `[1700000100,[15.5,0,0],[25,0,0]]`)
	f("group_by=instance&aggregation=percentage&dimensions=out|drops", data+".0.2.0", "75", data+".0.1.0", "64.516129")

	f("nodes=web02", labels, `["time","in"]`, "totals.nodes", `{"ex":1,"qr":1,"sl":1}`, "totals.instances", `{"ex":1,"qr":1,"sl":1}`)
	f("scope_nodes=web02", "totals.nodes", `{"qr":1,"sl":1}`, "view.title", `"Bandwidth of eth1"`)
	f("instances=net_eth0@"+webGUID, labels, `["time","in","out"]`, data+".0.1.0", "5.5")
	f("labels=device:eth1|_collect_plugin:*", labels, `["time","in"]`)
	f("labels=device:eth1|device:eth0", labels, `["time","in","out"]`)
	f("scope_labels=device:nope", "summary.nodes", "[]", "totals", "{}")
	f("scope_dimensions=received", labels, `["time","in"]`, "totals.dimensions", `{"qr":1,"sl":1}`)
	f("dimensions=drops", labels, `["time","drops"]`)
	f("dimensions=nope", labels, `["time"]`, data, "[]", "view.min", "null", "db.dimensions", `{"ids":[]}`, "totals.nodes", `{"ex":2}`)
	f("contexts=nope", data, "[]", "view.update_every", "10", "summary.contexts", "[]")

	f("limit=1", ids, `["in","remaining 1 dimensions"]`, "view.cardinality", `{"cut":30,"folded":1}`)
	f("cardinality_limit=2", ids, `["in","out"]`)
	f("options=raw", "result.point.count", "3", data+".0", `[1700000100,[25.5,0,0,2],[-10,0,0,1]]`, stats+".cnt", "[3,3]",
		"summary.globals.sts", `{"arc":0,"cnt":80,"max":20,"min":1,"sum":865,"vol":8650}`)
	f("options=null2zero&group_by=node", data+".1.2", "[0,0,1]")
	f("options=flip,ms", data+".0.0", "1700000080000")
	f("options=rfc3339", data+".0.0", `"2023-11-14T22:15:00Z"`, "view.before", `"2023-11-14T22:15:00Z"`)
	f("options=long-keys,minimal", "summary.dimensions.0", `{"id":"in","priority":0,"statistics":{"anomaly_rate_percent":0,"avg":11.3,"contribution_percent":65.3179191,"max":20,"min":1}}`)
	f("options=group-by-labels", "view.dimensions.labels.device", `[["eth0","eth1"],["eth0"]]`)
	f("options=debug&time_group=max", "request.aggregations", `{"metrics":[{"aggregation":"average","group_by":["dimension"]}],"time":{"time_group":"max","time_resampling":0}}`)
	f("format=json&group_by=node", "result", `{"data":[[1700000100,7.75,20],[1700000090,7.75,null],[1700000080,7.75,20]],"labels":["time","web01","web02"]}`,
		"anomaly_rates.data.0", "[1700000100,0,0]")
	f("format=ssv&group_by=node", "result", `"27.75 7.75 27.75"`, "view.max", "27.75")
	f("time_group=percentile&time_group_options=50", data+".0.2.0", "-10")
	if w := get(a, "/api/v2/data?contexts=net.*&after=-10&format=jsonp&callback=x"); !strings.HasPrefix(w.Body.String(), `x({"api":2,`) || w.Header().Get("Content-Type") != typeScript {
		t.Errorf("%s %s", w.Header().Get("Content-Type"), w.Body.String())
	}
}

// TestData2Trimmed: rows near now that not all metrics have data for yet are left out.
func TestData2Trimmed(t *testing.T) {
	m := newMemory()
	m.twoHosts()
	ch := m.cat.Find("web01").Charts()[0]
	for sec := int64(start + 1); sec <= start+2; sec++ {
		m.store(ch, sec, 1, 1)
	}
	a := testAPI(t, m)
	o := object(t, a, "/api/v3/data?after=-10&options=raw")
	if got := find(t, o, "view.before") + " " + find(t, o, "result.data.0.0"); got != "1700000100 1700000100" {
		t.Errorf("newest row %s", got)
	}
	// Of one host alone there is nothing to wait for.
	o = object(t, a, "/api/v3/data?after=-10&nodes=web01")
	if got := find(t, o, "result.data.0.0"); got != "1700000101" {
		t.Errorf("newest row %s", got)
	}
}

func TestData2Limits(t *testing.T) {
	m := newMemory()
	m.web01()
	m.twoHosts()
	a := testAPI(t, m, func(o *Options) { o.MaxQueries, o.MaxCells = 1, 1000 })
	if w := get(a, "/api/v3/data?after=-600"); w.Code != 400 || !strings.Contains(w.Body.String(), "ask for fewer points") {
		t.Errorf("too large: %d %q", w.Code, w.Body.String())
	}
	a.queries <- struct{}{}
	if w := get(a, "/api/v3/data?after=-10"); w.Code != 503 {
		t.Errorf("busy: %d", w.Code)
	}
	<-a.queries
	m.slow = true
	if w := get(a, "/api/v3/data?after=-10&timeout=20"); w.Code != 504 {
		t.Errorf("slow: %d", w.Code)
	}
}

func FuzzData2(f *testing.F) {
	for _, seed := range []string{
		"group_by=label,dimension&group_by_label=device&options=raw,group-by-labels", "group_by[0]=node&group_by[1]=selected&aggregation[1]=percentage",
		"contexts=*&group_by=percentage-of-instance&limit=1&format=html", "after=-1&points=-1&tier=1&time_group=countif&time_group_options=<>",
	} {
		f.Add(seed)
	}
	m := newMemory()
	m.web01()
	m.twoHosts()
	a := testAPI(f, m, func(o *Options) { o.MaxCells = 20_000 })
	f.Fuzz(func(t *testing.T, raw string) {
		q := parseData2Query(parseParams(raw), 3, a.steps)
		ans, err := a.query2(t.Context(), &q, a.opt.Now())
		if err != nil {
			return
		}
		rp := newReply()
		defer rp.free()
		a.wrap2(rp, ans)
		if q.format != formatDataTable && q.format != formatDataSource && !strings.Contains(q.options.String(), "google") && !json.Valid(rp.b) {
			t.Fatalf("%q: not JSON: %s", raw, rp.b)
		}
	})
}
