package prom

import (
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"foster/replication/wire"
)

// filled returns a fixture with two hosts: load of three dimensions over ten minutes on each.
func filled(t testing.TB) *fixture {
	f := newFixture(t)
	for n := 1; n <= 2; n++ {
		h := f.host(n,
			wire.Label{Name: "_os_name", Value: "Debian", Source: wire.LabelAuto},
			wire.Label{Name: "_is_ephemeral", Value: "false", Source: wire.LabelConfig}, // as agents say of it
			wire.Label{Name: "env", Value: []string{"prod", "test"}[n-1], Source: wire.LabelConfig})
		cpu := f.chart(h, wire.Chart{ID: "system.cpu", Family: "cpu", Title: "Total CPU", Units: "percentage"}, "user", "system")
		f.fill(cpu, now-600, now, func(d int, at int64) float64 { return float64(n*100+d*10) + float64(at%5) })
		disk := f.chart(h, wire.Chart{ID: "disk.sda", Name: "disk.root", Context: "disk.io", Family: "sda"}, "reads:r")
		disk.SetLabels([]wire.Label{{Name: "device", Value: "sda"}, {Name: "mount point", Value: "/"}, {Name: "host", Value: "x"}})
		f.fill(disk, now-600, now, func(int, int64) float64 { return 0.1 })
	}
	return f
}

func TestQuery(t *testing.T) {
	f := filled(t)
	for _, c := range []struct{ query, want string }{
		{`1+1`, `[1800000000,"2"]`},
		{`"a\"b"`, `[1800000000,"a\"b"]`},
		{`system_cpu{host="h1",dimension="user"}`, `[{"metric":{"__name__":"system_cpu","chart":"system.cpu","dimension":"user","family":"cpu","host":"h1","host_env":"prod","machine_guid":"a1a2a3a4-0000-4000-8000-000000000001"},"value":[1800000000,"100"]}]`},
		{`sum by (host) (system_cpu)`, `[{"metric":{"host":"h1"},"value":[1800000000,"210"]},{"metric":{"host":"h2"},"value":[1800000000,"410"]}]`},
		{`sum(system_cpu{host_env="test"})`, `[{"metric":{},"value":[1800000000,"410"]}]`},
		{`sum by (host_os_name) (system_cpu)`, `[{"metric":{"host_os_name":"Debian"},"value":[1800000000,"620"]}]`},
		{`sum({__name__="system.cpu",host="h1"})`, `[{"metric":{},"value":[1800000000,"210"]}]`},
		{`count({__name__=~"system.+"})`, `[{"metric":{},"value":[1800000000,"4"]}]`},
		{`count({__name__!="system_cpu",host=~".+"})`, `[{"metric":{},"value":[1800000000,"2"]}]`},
		{`disk_io{device="sda",host="h2"}`, `[{"metric":{"__name__":"disk_io","chart":"disk.sda","chart_name":"disk.root","device":"sda","dimension":"reads","dimension_name":"r","family":"sda","host":"h2","host_env":"test","label_host":"x","machine_guid":"a1a2a3a4-0000-4000-8000-000000000002","mount_point":"/"},"value":[1800000000,"0.10000000149011612"]}]`},
		{`count(disk_io{dimension_name="r"})`, `[{"metric":{},"value":[1800000000,"2"]}]`},
		{`avg_over_time(system_cpu{host="h1",dimension="user"}[1m])`, `[{"metric":{"chart":"system.cpu","dimension":"user","family":"cpu","host":"h1","host_env":"prod","machine_guid":"a1a2a3a4-0000-4000-8000-000000000001"},"value":[1800000000,"102"]}]`},
		{`system_cpu{host="nobody"}`, `[]`},
		{`no_such_metric`, `[]`},
	} {
		want(t, c.query, f.eval(c.query, now), c.want)
	}
	want(t, "range", f.data("query_range", "query", `max(system_cpu)`, "start", itoa(now-3), "end", itoa(now), "step", "1"),
		`{"resultType":"matrix","result":[{"metric":{},"values":[[1799999997,"212"],[1799999998,"213"],[1799999999,"214"],[1800000000,"210"]]}]}`)
}

func TestQueryByPost(t *testing.T) {
	f := filled(t)
	w := f.do(http.MethodPost, "/api/v1/query", values("query", "count(system_cpu)", "time", itoa(now)))
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"4"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestFlagsAreNotSeen(t *testing.T) {
	f := newFixture(t)
	ch := f.chart(f.host(1), wire.Chart{ID: "a.b"}, "d")
	f.fill(ch, now-60, now, func(int, int64) float64 { return 0 })
	want(t, "sum", f.eval(`sum_over_time(a_b[1m])`, now), `[{"metric":{"chart":"a.b","dimension":"d","host":"h1","machine_guid":"`+guidOf(1)+`"},"value":[1800000000,"0"]}]`)
	want(t, "flagged zeros", f.eval(`count(a_b != 0)`, now-now%7), `[]`)
}

func TestStaleness(t *testing.T) {
	f := newFixture(t)
	h := f.host(1)
	second := f.chart(h, wire.Chart{ID: "every.second"}, "d")
	f.fill(second, now-600, now, func(_ int, at int64) float64 {
		if at > now-100 && at <= now-50 {
			return math.NaN()
		}
		return 1
	})
	slow := f.chart(h, wire.Chart{ID: "every.ten", UpdateEvery: 10}, "d")
	f.fill(slow, now-600, now-100, func(int, int64) float64 { return 1 })
	minutes := f.chart(h, wire.Chart{ID: "every.minutes", UpdateEvery: 600}, "d")
	f.fill(minutes, now-1200, now, func(int, int64) float64 { return 1 })
	// Collected every 20 s before it was every second.
	changed := f.chart(h, wire.Chart{ID: "every.changed", UpdateEvery: 20}, "d")
	f.fill(changed, now-600, now-100, func(int, int64) float64 { return 1 })
	changed.SetUpdateEvery(1)

	there := func(query string, at int64, wanted bool) {
		t.Helper()
		if got := f.eval(query, at) != "[]"; got != wanted {
			t.Errorf("%s at now%+d: there is a value: %v", query, at-now, got)
		}
	}
	there("every_second", now, true)
	there("every_second", now+4, true)
	there("every_second", now+5, false)
	there("every_second", now-100+4, true)
	there("every_second", now-100+5, false)
	there("every_second", now-60, false)
	there("every_second", now-49, true)
	there("every_ten", now-95, true)
	there("every_ten", now-78, true)
	there("every_ten", now-76, false)
	there("every_minutes", now-1, true)
	there("every_changed", now-310, true)
	there("every_changed", now-301, true)
	want(t, "samples", f.eval(`count_over_time(every_second[10m])`, now, "limit", "1"),
		`[{"metric":{"chart":"every.second","dimension":"d","host":"h1","machine_guid":"`+guidOf(1)+`"},"value":[1800000000,"550"]}]`)

	// Who asks for a longer lookback gets it.
	if f.eval("every_second", now-60, "lookback_delta", "1m") == "[]" {
		t.Error("lookback_delta has no effect")
	}
}

func TestErrors(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.MaxSeries, o.MaxSamples, o.MaxBody = 3, 1000, 1000 })
	ch := f.chart(f.host(1), wire.Chart{ID: "a.b"}, "a", "b", "c")
	f.fill(ch, now-600, now, func(int, int64) float64 { return 1 })
	f.fill(f.chart(f.host(1), wire.Chart{ID: "a.c"}, "a"), now-10, now, func(int, int64) float64 { return 1 })
	for _, c := range []struct {
		command, params string
		status          int
		kind, message   string
	}{
		{"query", "query=", 400, "bad_data", "query"},
		{"query", "query=sum(", 400, "bad_data", "parse error"},
		{"query", "query=1&time=x", 400, "bad_data", "time"},
		{"query", "query=1&time=1e300", 400, "bad_data", "time"},
		{"query", "query=1&timeout=-1", 400, "bad_data", "timeout"},
		{"query", "query=1&limit=x", 400, "bad_data", "limit"},
		{"query", "query=1&lookback_delta=x", 400, "bad_data", "lookback_delta"},
		{"query", "query=1&max_source_resolution=x", 400, "bad_data", "max_source_resolution"},
		{"query", "query={__name__=~'.%2B'}&time=1800000000", 422, "execution", "more than 3 series"},
		{"query", "query=a_b[10m]&time=1800000000", 422, "execution", "too many samples"},
		{"query", "query=sum(a_b)%2Ba_c[1m]", 400, "bad_data", "instant vector"},
		{"query_range", "query=1&start=0&end=1&step=0", 400, "bad_data", "step"},
		{"query_range", "query=1&start=1&end=0&step=1", 400, "bad_data", "end"},
		{"query_range", "query=1&start=0&end=100000&step=1", 400, "bad_data", "11000"},
		{"query_range", "query=1&start=&end=100000&step=1", 400, "bad_data", "start"},
		{"series", "", 400, "bad_data", "match[]"},
		{"series", "match[]={", 400, "bad_data", "match[]"},
		{"series", "match[]={__name__=~'.%2B'}", 422, "execution", "more than 3 series"},
		{"labels", "start=x", 400, "bad_data", "start"},
		{"label//values", "", 400, "bad_data", "label name"},
		{"metadata", "limit=x", 400, "bad_data", "limit"},
		{"format_query", "query=(", 400, "bad_data", "query"},
		{"query_exemplars", "query=(", 400, "bad_data", "query"},
		{"admin/tsdb/snapshot", "", 404, "not_found", "does not have"},
		{"query", strings.Repeat("x", 2000), 0, "", ""},
	} {
		r := f.raw(http.MethodGet, "/api/v1/"+c.command+"?"+c.params, "")
		if c.status == 0 {
			r = f.raw(http.MethodPost, "/api/v1/query", "query=1&x="+c.params)
			c.status, c.kind, c.message = 413, "bad_data", "more than 1000 bytes"
		}
		body := r.Body.String()
		if r.Code != c.status || !strings.Contains(body, `"errorType":"`+c.kind+`"`) || !strings.Contains(body, c.message) || !strings.Contains(body, `"status":"error"`) {
			t.Errorf("%s?%s: %d %s", c.command, c.params, r.Code, body)
		}
	}
	if w := f.do(http.MethodPost, "/api/v1/label/host/values", nil); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET" {
		t.Errorf("POST: %d", w.Code)
	}
}

// A query that panics gives its turn back.
func TestPanicHoldsNoTurn(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.MaxQueries = 1 })
	func() {
		defer func() {
			if recover() == nil {
				t.Error("it does not panic")
			}
		}()
		whole := f.prom.catalog
		defer func() { f.prom.catalog = whole }()
		f.prom.catalog = nil
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, Prefix+"/api/v1/query?query=a_b", nil)
		f.prom.ServeHTTP(httptest.NewRecorder(), r)
	}()
	f.data("query", "query", "1", "timeout", "10s")
}
