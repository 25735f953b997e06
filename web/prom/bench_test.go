package prom

import (
	"fmt"
	"net/http"
	"testing"

	"foster/replication/wire"
	"foster/storage/catalog"
)

// many fills a fixture with an hour of 1,000 series of one metric, on ten hosts.
func many(b *testing.B) *fixture {
	f := newFixture(b)
	var charts []*catalog.Chart
	for n := range 10 {
		h := f.host(n)
		for c := range 10 {
			charts = append(charts, f.chart(h, wire.Chart{ID: fmt.Sprintf("apps.cpu%d", c), Context: "apps.cpu"}, "a", "b", "c", "d", "e", "f", "g", "h", "i", "j"))
		}
	}
	for at := now - 3900; at < now; at += 60 { // as children send: all at the same time
		for _, ch := range charts {
			f.fill(ch, at, at+60, func(d int, t int64) float64 { return float64((t*7919+int64(d)*31)%1000) / 8 })
		}
	}
	return f
}

func BenchmarkQueries(b *testing.B) {
	f := many(b)
	for _, c := range []struct{ name, command, query, start, step string }{
		// The aim of a dashboard: a panel over all hosts.
		{"sum_by_host_1000x1h_15s", "query_range", `sum by (host) (apps_cpu)`, itoa(now - 3600), "15"},
		{"avg_over_time_1000x1h_60s", "query_range", `avg by (host) (avg_over_time(apps_cpu[1m]))`, itoa(now - 3600), "60"},
		{"one_host_100x1h_15s", "query_range", `apps_cpu{host="h3"}`, itoa(now - 3600), "15"},
		{"one_series_1h_15s", "query_range", `apps_cpu{host="h3",chart="apps.cpu3",dimension="c"}`, itoa(now - 3600), "15"},
		{"instant_1000", "query", `sum by (host) (apps_cpu)`, "", ""},
		{"series_1000", "series", ``, "", ""},
		{"values", "label/chart/values", ``, "", ""},
	} {
		b.Run(c.name, func(b *testing.B) {
			params := values("query", c.query, "start", c.start, "end", itoa(now), "time", itoa(now), "step", c.step, "match[]", "apps_cpu")
			b.ReportAllocs()
			for b.Loop() {
				if w := f.do(http.MethodGet, "/api/v1/"+c.command, params); w.Code != http.StatusOK {
					b.Fatalf("%d %s", w.Code, w.Body)
				}
			}
		})
	}
	b.Run("federate_1000", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			f.do(http.MethodGet, "/federate", values("match[]", "apps_cpu"))
		}
	})
}

// What a selector costs among many hosts, most of which it does not want.
func BenchmarkScale(b *testing.B) {
	f := newFixture(b)
	for n := range 3000 {
		h := f.host(n)
		for c := range 100 {
			f.chart(h, wire.Chart{ID: fmt.Sprintf("c.x%d", c)}, "a", "b")
		}
	}
	ch := f.store.Catalog().Host(guidOf(5)).Chart("c.x5")
	f.fill(ch, now-60, now, func(int, int64) float64 { return 1 })
	for _, q := range []string{`c_x5{host="h5"}`, `sum(c_x5)`, `sum({chart="c.x5"})`, `{host="h7",__name__=~"c_x.*"}`} {
		b.Run(q, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f.eval(q, now)
			}
		})
	}
	b.Run("names", func(b *testing.B) {
		for b.Loop() {
			f.data("label/__name__/values")
		}
	})
}
