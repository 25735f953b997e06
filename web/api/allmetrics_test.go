package api

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"foster/replication/wire"
	"foster/storage"
	"foster/storage/catalog"
)

func TestAllMetricsJSON(t *testing.T) {
	m := newMemory()
	h := m.web01()
	h.DefineChart(wire.Chart{ID: "hidden.chart", Context: "hidden.chart", Hidden: true}).AddDimension(wire.Dimension{ID: "x"})
	a := testAPI(t, m)
	o := object(t, a, "/host/web01/api/v1/allmetrics?format=json&filter=!system.load*+*")
	cpu := o["system.cpu"].(map[string]any)
	dims := cpu["dimensions"].(map[string]any)
	if len(o) != 1 || cpu["last_updated"] != float64(start) || len(dims) != 5 || dims["system"].(map[string]any)["value"] != 5. ||
		dims["system"].(map[string]any)["name"] != "sys" {
		t.Errorf("%v", o)
	}
	if w := get(a, "/api/v1/allmetrics?format=json"); w.Body.String() != "{}" {
		t.Errorf("the parent: %s", w.Body.String())
	}
	if w := get(a, "/host/web01/api/v1/allmetrics?format=nope"); w.Code != 400 {
		t.Errorf("a format that is none: %d", w.Code)
	}
	if info := object(t, a, "/api/v1/info"); info["allmetrics-json-used"] != 2. {
		t.Errorf("used: %v", info["allmetrics-json-used"])
	}
}

func TestAllMetricsShell(t *testing.T) {
	m := newMemory()
	h := m.web01()
	evil := h.DefineChart(wire.Chart{ID: "a.$(reboot)", Name: "a.b`c", Title: "x", Units: "\"; reboot\nreboot", Context: "c", UpdateEvery: 1})
	evil.AddDimension(wire.Dimension{ID: "d", Name: "$(x)\"", Multiplier: -1, Divisor: 1})
	m.store(evil, start, -2.5)
	w := get(testAPI(t, m), "/host/web01/api/v1/allmetrics")
	text := w.Body.String()
	for _, want := range []string{
		"\n# chart: system.cpu (name: system.cpu)\n", "NETDATA_SYSTEM_CPU_SYS=\"5\"      # percentage\n", "NETDATA_SYSTEM_CPU_IDLE=\"85\"",
		"NETDATA_SYSTEM_CPU_VISIBLETOTAL=\"7\"", "NETDATA_SYSTEM_LOAD_AVERAGE_LOAD1=\"0\"", "NETDATA_A_B_C___X__=\"3\"",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	for line := range strings.Lines(text) {
		if line != "\n" && !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "NETDATA_") {
			t.Errorf("a line that a shell would run: %q", line)
		}
	}
}

func TestPrometheus(t *testing.T) {
	m := newMemory()
	h := m.web01()
	m.twoNets(h)
	h.SetLabels([]wire.Label{{Name: "env", Value: `a "b"`, Source: wire.LabelConfig}, {Name: "_os", Value: "x", Source: wire.LabelConfig}, {Name: "auto", Value: "x", Source: wire.LabelAuto}})
	h.SetVariable("active.processors", 2, 10)
	a := testAPI(t, m)
	ask := func(query string, lines ...string) {
		t.Helper()
		w := get(a, "/host/web01/api/v1/allmetrics?format=prometheus"+query)
		if w.Code != 200 || w.Header().Get("Content-Type") != typePrometheus {
			t.Fatalf("%s: %d %s", query, w.Code, w.Body.String())
		}
		for _, line := range lines {
			if !strings.Contains("\n"+w.Body.String(), "\n"+line+"\n") {
				t.Errorf("%s: no %s in\n%s", query, line, w.Body.String())
			}
		}
		declared := map[string]bool{}
		for line := range strings.Lines(w.Body.String()) {
			if name, ok := strings.CutPrefix(line, "# TYPE "); ok {
				if declared[name] {
					t.Errorf("%s: declared twice: %s", query, name)
				}
				declared[name] = true
			}
		}
	}
	// The window of the first scrape: 10 s, two intervals late, to the newest sample: the seconds 91 to 99 of user.
	ask("&server=s1&filter=system.cpu",
		`netdata_info{instance="web01",application="netdata",version="v1.37.1",_is_ephemeral="false",env="a \"b\""} 1 1700000102000`,
		"# HELP netdata_system_cpu_percentage_average Total CPU utilization", "# TYPE netdata_system_cpu_percentage_average gauge",
		`netdata_system_cpu_percentage_average{chart="system.cpu",dimension="user",family="cpu"} 4.5000000 1700000099000`)
	ask("&server=s2&filter=system.cpu&source=sum&timestamps=no&names=no",
		`netdata_system_cpu_sum{chart="system.cpu",dimension="system",family="cpu"} 50.0000000`)
	ask("&server=s3&source=as-collected&prefix=my-n",
		"# TYPE my_n_net_net_total counter",
		`my_n_net_net_total{chart="net.eth0",dimension="in",family="eth0",device="eth0"} 1000 1700000100000`,
		`my_n_net_net_total{chart="net.eth1",dimension="out",family="eth1",device="eth1"} 1000 1700000100000`)
	ask("&server=s4&variables=yes&timestamps=no&oldunits=yes", "netdata_active_processors 2.0000000",
		`netdata_system_cpu_percent_average{chart="system.cpu",dimension="user",family="cpu"} 4.5000000`)
	ask("&server=s5&hideunits=1&timestamps=no", `netdata_system_cpu_average{chart="system.cpu",dimension="user",family="cpu"} 4.5000000`)
	if w := get(a, "/api/v1/allmetrics?format=prometheus_all_hosts&source=as-collected&server=s6&timestamps=no"); w.Code != 200 {
		t.Errorf("all hosts: %d", w.Code)
	}
}

// TestPrometheusOnce scrapes every ten seconds: each sample is in the mean of one scrape.
func TestPrometheusOnce(t *testing.T) {
	m := newMemory()
	h := m.web01()
	ch := h.DefineChart(wire.Chart{ID: "one.each", Title: "x", Context: "one.each", Family: "f", Units: "u", UpdateEvery: 1})
	ch.AddDimension(wire.Dimension{ID: "d", Name: "d", Multiplier: 1, Divisor: 1})
	now := time.Unix(start+1000, 500_000_000)
	a := testAPI(t, m, func(o *Options) { o.Now = func() time.Time { return now } })
	scrape := func() string {
		body := get(a, "/host/web01/api/v1/allmetrics?format=prometheus&source=sum&server=p&filter=one.*").Body.String()
		_, value, _ := strings.Cut(body, `family="f"} `)
		return strings.TrimSpace(value)
	}
	last := int64(start + 990)
	for range 4 {
		for last < now.Unix() {
			last++
			m.store(ch, last, 1)
		}
		scrape()
		now = now.Add(10 * time.Second)
	}
	for last < now.Unix() {
		last++
		m.store(ch, last, 1)
	}
	if got, want := scrape(), fmt.Sprintf("10.0000000 %d000", now.Unix()-3); got != want {
		t.Errorf("%q, not %q", got, want)
	}
}

func TestScrapesBounded(t *testing.T) {
	var s scrapes
	now := time.Unix(start, 0)
	for i := range maxScrapers + 5 {
		if got := s.next(scrapeKey{server: fmt.Sprint(i)}, now); !got.Equal(now.Add(-firstScrape)) {
			t.Fatalf("first scrape of %d: %v", i, got)
		}
		now = now.Add(time.Second)
	}
	if len(s.last) != maxScrapers {
		t.Errorf("%d are remembered", len(s.last))
	}
}

func FuzzPrometheusText(f *testing.F) {
	f.Add("context", "units/s", "title", `va"l\ue`)
	f.Add("", "%", "\n", "\xff\n")
	f.Fuzz(func(t *testing.T, name, units, help, value string) {
		for _, b := range appendUnits(appendName(nil, name), units, true) {
			if b != '_' && (b < '0' || b > '9') && (b < 'A' || b > 'Z') && (b < 'a' || b > 'z') {
				t.Fatalf("%q in a name", b)
			}
		}
		if text := string(appendHelp(appendLabelValue(nil, value), help)); strings.Contains(text, "\n") {
			t.Fatalf("a line ends in %q", text)
		}
	})
}

// host1000 returns an API over a real store, with a host of 200 charts of 5 dimensions that have 100 s of samples.
func host1000(b *testing.B) *API {
	b.Helper()
	s := openStore(b, b.TempDir())
	b.Cleanup(func() { _ = s.Close() })
	fillCharts(b, s, 200)
	return storeAPI(b, s)
}

func fillCharts(b *testing.B, s *storage.Store, charts int) {
	b.Helper()
	h := s.Catalog().Define(webGUID, catalog.HostInfo{Hostname: "web01", UpdateEvery: 1})
	app := s.Appender()
	for i := range charts {
		ch := h.DefineChart(wire.Chart{
			ID: fmt.Sprintf("disk.sd%03d", i), Title: "Traffic of a disk", Units: "KiB/s", Family: fmt.Sprintf("sd%03d", i), Context: fmt.Sprintf("disk.io%d", i%20),
			Type: "area", UpdateEvery: 1, Plugin: "proc.plugin", Module: "/proc/diskstats",
		})
		ch.SetLabels([]wire.Label{{Name: "device", Value: fmt.Sprintf("sd%03d", i)}})
		for d := range 5 {
			id := fmt.Sprint("dimension", d)
			dim := ch.AddDimension(wire.Dimension{ID: id, Name: id, Algorithm: wire.Incremental, Multiplier: 1, Divisor: 1})
			for sec := int64(start - 99); sec <= start; sec++ {
				if err := app.Append(dim, sec, float64(sec%97)+0.25, 0); err != nil {
					b.Fatal(err)
				}
			}
			dim.SetLast(start, 3.25, 0)
			dim.SetCollected(123456)
		}
		ch.Stored(start - 99)
		ch.Stored(start)
	}
	if err := app.Commit(); err != nil {
		b.Fatal(err)
	}
	h.SetRetentionKnown(true)
}

// BenchmarkAllMetrics answers 1,000 metrics.
func BenchmarkAllMetrics(b *testing.B) {
	a := host1000(b)
	for _, query := range []string{"json", "shell", "prometheus&source=as-collected", "prometheus&source=average"} {
		b.Run(query, func(b *testing.B) {
			r := httptest.NewRequest(http.MethodGet, "/host/web01/api/v1/allmetrics?format="+query, nil)
			b.ReportAllocs()
			for b.Loop() {
				a.scrapes.last = nil // the clock stands still
				w := httptest.NewRecorder()
				a.ServeHTTP(w, r)
				if w.Code != 200 || w.Body.Len() < 30_000 {
					b.Fatal(w.Code, w.Body.Len())
				}
			}
		})
	}
}

// BenchmarkLists answers the charts and contexts of a host with 500.
func BenchmarkLists(b *testing.B) {
	s := openStore(b, b.TempDir())
	b.Cleanup(func() { _ = s.Close() })
	fillCharts(b, s, 500)
	a := storeAPI(b, s)
	for _, path := range []string{"v1/charts", "v1/contexts", "v2/contexts", "v1/contexts?options=full"} {
		b.Run(path, func(b *testing.B) {
			r := httptest.NewRequest(http.MethodGet, "/host/web01/api/"+path, nil)
			b.ReportAllocs()
			for b.Loop() {
				w := httptest.NewRecorder()
				a.ServeHTTP(w, r)
				if w.Code != 200 {
					b.Fatal(w.Code)
				}
			}
		})
	}
}
