package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/uuid"

	"foster/internal/agenttest"
	"foster/replication/wire"
	"foster/storage/catalog"
)

// A real Prometheus scrapes everything that is there to be scraped: foster's own metrics, the newest values as Netdata
// exports them, and the federation.
func TestPrometheusScrapes(t *testing.T) {
	t.Parallel()
	agenttest.RequirePrometheus(t)
	p := start(t, "")
	h := p.store.Catalog().Define(uuid.NewString(), catalog.HostInfo{Hostname: "web1", UpdateEvery: 1})
	ch := h.DefineChart(wire.Chart{ID: "system.cpu", Title: "CPU", Units: "percentage", Family: "cpu", Context: "system.cpu", UpdateEvery: 1})
	d := ch.AddDimension(wire.Dimension{ID: "user", Name: "user", Multiplier: 1, Divisor: 1})
	if err := p.store.LoadRetention(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	conn := &catalog.Connection{Since: time.Now()} // a host that never connected is not exported
	conn.SetLastTraffic(conn.Since)
	h.Connect(conn)
	t.Cleanup(func() { h.Disconnect(conn) })
	app := p.store.Appender()
	collect := func() {
		at := time.Now().Unix()
		if err := app.Append(d, at, 42, 0); err != nil {
			t.Fatal(err)
		}
		if err := app.Commit(); err != nil {
			t.Fatal(err)
		}
		ch.LockLatest()
		d.SetLast(at, 42, 0)
		ch.UnlockLatest()
		ch.Stored(at)
	}
	collect()
	job := func(name, path, params string) string {
		return fmt.Sprintf("- job_name: %s\n  scrape_interval: 1s\n  honor_labels: true\n  metrics_path: %s\n  params: {%s}\n  static_configs: [{targets: [%q]}]\n",
			name, path, params, p.addr)
	}
	base := agenttest.StartPrometheus(t, "scrape_configs:\n"+
		job("self", "/metrics", "")+
		job("netdata", "/api/v1/allmetrics", "format: [prometheus_all_hosts]")+
		job("federation", "/prometheus/federate", `'match[]': ['{host="web1"}']`), "")
	for _, query := range []string{
		`sum(up) == 3`,
		`count({job="self",__name__=~"foster_.*"}) > 5`,
		`count({__name__=~"netdata_system_cpu.*",instance="web1"}) > 0`,
		`system_cpu{host="web1",dimension="user",family="cpu"} == 42`,
	} {
		eventually(t, func() bool {
			collect()
			return finds(t.Context(), base, query)
		}, "an answer of prometheus to "+query)
	}
}

// finds says whether an instant query has a result.
func finds(ctx context.Context, base, query string) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/api/v1/query?query="+url.QueryEscape(query), nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	var a struct {
		Data struct{ Result []any }
	}
	return json.NewDecoder(res.Body).Decode(&a) == nil && len(a.Data.Result) > 0
}

// The API of Prometheus belongs to the dashboard: who may not see that may not ask it.
func TestPrometheusAccess(t *testing.T) {
	t.Parallel()
	p := start(t, "")
	if a := get(t, p.plain(), "/prometheus/api/v1/query?query=1"); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
	p = start(t, "allow dashboard from = 10.0.0.1")
	for _, path := range []string{"/prometheus/api/v1/query?query=1", "/prometheus/federate", "/prometheus/api/v1/read"} {
		if a := get(t, p.plain(), path); a.status != http.StatusForbidden {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
}
