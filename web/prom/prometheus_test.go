package prom

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"foster/internal/agenttest"
	"foster/replication/wire"
	"foster/storage/catalog"
)

// equivalent are queries that foster and a Prometheus with the same samples must answer alike.
var equivalent = []string{
	`system_cpu`,
	`system_cpu{host="h1",dimension=~"user|system"} * 2 - 1`,
	`sum by (host) (system_cpu)`,
	`avg without (dimension, machine_guid) (system_cpu)`,
	`max(system_cpu) - min(system_cpu)`,
	`rate(net_net{dimension="total"}[1m])`,
	`irate(net_net{dimension="total"}[30s])`,
	`increase(net_net[2m])`,
	`avg_over_time(system_cpu[1m])`,
	`min_over_time(system_cpu[90s]) + max_over_time(system_cpu[90s])`,
	`sum_over_time(system_cpu{dimension="user"}[5m])`,
	`count_over_time(disk_io[2m])`,
	`stddev_over_time(system_cpu[1m])`,
	`quantile_over_time(0.9, system_cpu[2m])`,
	`topk(2, system_cpu)`,
	`quantile by (dimension) (0.5, system_cpu)`,
	`deriv(system_cpu[1m])`,
	`predict_linear(system_cpu[1m], 60)`,
	`changes(net_net[1m]) + resets(net_net[5m])`,
	`system_cpu offset 1m > system_cpu`,
	`label_replace(disk_io, "disk", "$1", "chart", "disk[.](.*)")`,
	`sum by (host) (system_cpu) / on (host) group_left () count by (host) (system_cpu)`,
	`max_over_time(avg by (host) (system_cpu)[2m:10s])`,
	`absent(system_cpu{host="nobody"})`,
	`disk_io`,
	`count by (family) (disk_io or system_cpu unless on (host) net_net{host="h2"})`,
	`last_over_time(disk_io[1m])`,
	`clamp_max(delta(system_cpu[1m]), 5) >= bool 0`,
	`system_load`,
	`timestamp(system_load)`,
}

const (
	seriesHosts   = 2
	filledSeconds = 1800
)

// fillEquivalent fills a fixture with half an hour of samples and returns them as OpenMetrics: what is wanted, written
// down without foster.
func fillEquivalent(f *fixture, end int64) string {
	metrics := map[string][]string{}
	add := func(ch *catalog.Chart, name, labels string, value func(host, d int, t int64) float64) {
		host := int(ch.Host.GUID[len(ch.Host.GUID)-1] - '0')
		f.fill(ch, end-filledSeconds, end, func(d int, t int64) float64 { return value(host, d, t) })
		for i, d := range ch.Dimensions() {
			for t := end - filledSeconds + 1; t <= end; t++ {
				if t%ch.UpdateEvery() != 0 {
					continue
				}
				v := value(host, i, t)
				if math.IsNaN(v) {
					continue
				}
				metrics[name] = append(metrics[name], fmt.Sprintf("%s{%s,dimension=%q} %s %d", name, labels, d.ID,
					strconv.FormatFloat(float64(float32(v)), 'g', -1, 64), t))
			}
		}
	}
	noise := func(t int64, seed int) float64 { // no two seeds give the same: which of two equal values topk takes is not said
		x := uint64(t)*0x9e3779b97f4a7c15 + uint64(seed)*0xbf58476d1ce4e5b9
		x ^= x >> 31
		return float64(x%10000)/100 + float64(seed)/1e4
	}
	for n := 1; n <= seriesHosts; n++ {
		h := f.host(n, wire.Label{Name: "env", Value: "prod", Source: wire.LabelConfig})
		common := fmt.Sprintf(`host="h%d",host_env="prod",machine_guid=%q`, n, guidOf(n))
		cpu := f.chart(h, wire.Chart{ID: "system.cpu", Family: "cpu"}, "user", "system", "nice", "iowait")
		add(cpu, "system_cpu", common+`,chart="system.cpu",family="cpu"`, func(host, d int, t int64) float64 { return noise(t, host*10+d) })
		net := f.chart(h, wire.Chart{ID: "net.eth0", Context: "net.net", Family: "eth0"}, "total")
		add(net, "net_net", common+`,chart="net.eth0",family="eth0"`, func(host, _ int, t int64) float64 { // resets every ten minutes
			return float64(t%600) * float64(host)
		})
		for _, name := range []string{"sda", "sdb"} {
			disk := f.chart(h, wire.Chart{ID: "disk." + name, Context: "disk.io", Family: name}, "reads")
			add(disk, "disk_io", fmt.Sprintf(`%s,chart="disk.%s",family=%q`, common, name, name), func(host, _ int, t int64) float64 {
				if name == "sdb" && t > end-900 && t <= end-200 {
					return math.NaN()
				}
				return math.Floor(noise(t/7, host))
			})
		}
		load := f.chart(h, wire.Chart{ID: "system.load", Family: "load", UpdateEvery: 5}, "load1")
		add(load, "system_load", common+`,chart="system.load",family="load"`, func(_, _ int, t int64) float64 { return noise(t, 3) })
	}
	var b strings.Builder
	for _, name := range sortedKeys(metrics) {
		fmt.Fprintf(&b, "# TYPE %s gauge\n", name)
		for _, line := range metrics[name] {
			b.WriteString(line + "\n")
		}
	}
	b.WriteString("# EOF\n")
	return b.String()
}

// answerOf is the answer to a query with its series in order.
type answerOf struct {
	Status, Error string
	Data          struct {
		ResultType string
		Result     []struct {
			Metric map[string]string
			Values [][2]any
		}
	}
}

// ask runs a range query.
func ask(t *testing.T, base, query string, start, end float64, more string) answerOf {
	t.Helper()
	params := values("query", query, "start", fmt.Sprintf("%.3f", start), "end", fmt.Sprintf("%.3f", end), "step", "7")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/api/v1/query_range?"+params.Encode()+more, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var a answerOf
	if err := json.NewDecoder(res.Body).Decode(&a); err != nil {
		t.Fatal(err)
	}
	if a.Status != "success" {
		t.Fatalf("%s: %s", query, a.Error)
	}
	sort.Slice(a.Data.Result, func(i, j int) bool {
		return fmt.Sprint(a.Data.Result[i].Metric) < fmt.Sprint(a.Data.Result[j].Metric)
	})
	return a
}

// sameAnswer compares answers; values may differ in their last digits, since the versions of PromQL add up in different
// order.
func sameAnswer(t *testing.T, query string, got, want answerOf) (points int) {
	t.Helper()
	if len(got.Data.Result) != len(want.Data.Result) {
		t.Errorf("%s: %d series, want %d", query, len(got.Data.Result), len(want.Data.Result))
		return 0
	}
	for i, w := range want.Data.Result {
		g := got.Data.Result[i]
		if fmt.Sprint(g.Metric) != fmt.Sprint(w.Metric) || len(g.Values) != len(w.Values) {
			t.Errorf("%s: got %v with %d points, want %v with %d", query, g.Metric, len(g.Values), w.Metric, len(w.Values))
			continue
		}
		for j, wv := range w.Values {
			gv := g.Values[j]
			a, errA := strconv.ParseFloat(gv[1].(string), 64)
			b, errB := strconv.ParseFloat(wv[1].(string), 64)
			if errA != nil || errB != nil || gv[0] != wv[0] || math.Abs(a-b) > 1e-9*math.Max(math.Abs(a), math.Abs(b))+1e-12 {
				t.Errorf("%s: %v: point %d is %v, want %v", query, g.Metric, j, gv, wv)
				break
			}
			points++
		}
	}
	return points
}

// A real Prometheus with the same samples answers alike, and so does one without any that reads foster's.
func TestSameAsPrometheus(t *testing.T) {
	agenttest.RequirePrometheus(t)
	end := time.Now().Unix()/1000*1000 - 3600
	f := newFixtureAt(t, end+3600)
	text := fillEquivalent(f, end)
	foster := httptest.NewServer(f.prom)
	t.Cleanup(foster.Close)

	dir := t.TempDir()
	file, data := filepath.Join(dir, "samples.txt"), filepath.Join(dir, "data")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "promtool", "tsdb", "create-blocks-from", "openmetrics", file, data).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	loaded := agenttest.StartPrometheus(t, "", data)
	reader := agenttest.StartPrometheus(t, fmt.Sprintf("remote_read:\n- url: %s%s/api/v1/read\n  read_recent: true\n", foster.URL, Prefix), "")

	// Half a second off, so that it does not matter to which of two windows a sample on their border belongs: that has
	// changed in Prometheus 3.
	start, stop := float64(end-1200)+0.5, float64(end)+0.5
	points := 0
	for _, query := range equivalent {
		// Without markers of staleness a value stands for five minutes.
		n := sameAnswer(t, query, ask(t, foster.URL+Prefix, query, start, stop, "&lookback_delta=5m"), ask(t, loaded, query, start, stop, ""))
		if n == 0 {
			t.Errorf("%s: there is nothing to compare", query)
		}
		points += n
		// With them, as long as foster says.
		points += sameAnswer(t, "remote read: "+query, ask(t, reader, query, start, stop, ""), ask(t, foster.URL+Prefix, query, start, stop, ""))
	}
	t.Logf("%d queries, %d points", len(equivalent), points)
}

// A real Prometheus scrapes the federation.
func TestPrometheusFederates(t *testing.T) {
	agenttest.RequirePrometheus(t)
	at := time.Now().Unix()
	f := newFixtureAt(t, at)
	ch := f.chart(f.host(1), wire.Chart{ID: "system.cpu", Family: "c\"p\\u"}, "user", "system")
	f.fill(ch, at-10, at, func(d int, _ int64) float64 { return float64(d) + 0.1 })
	foster := httptest.NewServer(f.prom)
	t.Cleanup(foster.Close)
	base := agenttest.StartPrometheus(t, fmt.Sprintf(`
scrape_configs:
- job_name: foster
  scrape_interval: 1s
  honor_labels: true
  metrics_path: %s/federate
  params: {'match[]': ['{__name__=~"system_.*"}']}
  static_configs: [{targets: [%q]}]
`, Prefix, strings.TrimPrefix(foster.URL, "http://")), "")
	const wanted = `"metric":{"__name__":"system_cpu","chart":"system.cpu","dimension":"user","family":"c\"p\\u","host":"h1"`
	deadline := time.Now().Add(30 * time.Second)
	for {
		r, err := http.Get(base + "/api/v1/query?query=" + `system_cpu{dimension="user"}`)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		_ = r.Body.Close()
		if err == nil && strings.Contains(string(body), wanted) && strings.Contains(string(body), `"0.10000000149011612"`) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the last answer: %v %s", err, body)
		}
		time.Sleep(200 * time.Millisecond)
	}
}
