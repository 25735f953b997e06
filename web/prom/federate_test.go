package prom

import (
	"math"
	"net/http"
	"strings"
	"testing"

	"foster/replication/wire"
)

func TestFederate(t *testing.T) {
	f := newFixture(t)
	h := f.host(1)
	f.fill(f.chart(h, wire.Chart{ID: "b.a"}, "d"), now-10, now, func(int, int64) float64 { return 0.1 })
	f.fill(f.chart(h, wire.Chart{ID: "a.b", Context: "a.b", Family: "q\"\\\n"}, "x", "y"), now-10, now, func(d int, _ int64) float64 { return float64(d) * 1e300 })
	f.fill(f.chart(h, wire.Chart{ID: "old.er"}, "d"), now-100, now-5, func(int, int64) float64 { return 1 })
	f.fill(f.chart(h, wire.Chart{ID: "sl.ow", UpdateEvery: 10}, "d"), now-100, now-10, func(int, int64) float64 { return math.Pi })
	w := f.do(http.MethodGet, "/federate", values("match[]", `{chart="a.b"}`, "match[]", `{__name__=~".+",dimension!="y"}`))
	const labels = `host="h1",machine_guid="a1a2a3a4-0000-4000-8000-000000000001"`
	wanted := strings.Join([]string{
		`# TYPE a_b gauge`,
		`a_b{chart="a.b",dimension="x",family="q\"\\\n",` + labels + `} 0 1800000000000`,
		`a_b{chart="a.b",dimension="y",family="q\"\\\n",` + labels + `} 3.4028234663852886e+38 1800000000000`,
		`# TYPE b_a gauge`,
		`b_a{chart="b.a",dimension="d",` + labels + `} 0.10000000149011612 1800000000000`,
		`# TYPE sl_ow gauge`,
		`sl_ow{chart="sl.ow",dimension="d",` + labels + `} 3.1415927410125732 1799999990000`, ``,
	}, "\n")
	want(t, "federate", w.Body.String(), wanted)
	if got := w.Header().Get("Content-Type"); w.Code != http.StatusOK || !strings.HasPrefix(got, "text/plain; version=0.0.4") {
		t.Errorf("%d %s", w.Code, got)
	}
	if w := f.do(http.MethodGet, "/federate", values("match[]", `{`)); w.Code != http.StatusBadRequest {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := f.do(http.MethodGet, "/federate", nil); w.Code != http.StatusOK || w.Body.Len() != 0 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := f.do(http.MethodPost, "/federate", nil); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
