package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"foster/replication/wire"
	"foster/storage/catalog"
)

// define adds a chart with dimensions to a host.
func define(h *catalog.Host, def wire.Chart, dims ...string) *catalog.Chart {
	if def.Context == "" {
		def.Context = def.ID
	}
	ch := h.DefineChart(def)
	for _, d := range dims {
		ch.AddDimension(wire.Dimension{ID: d, Multiplier: 1, Divisor: 1})
	}
	return ch
}

func TestFleet(t *testing.T) {
	m := newMemory()
	h := m.web01()
	ram := define(h, wire.Chart{ID: "system.ram", Units: "MiB", UpdateEvery: 1}, "free", "used", "cached", "buffers")
	disk := define(h, wire.Chart{ID: "system.io", Units: "KiB/s", UpdateEvery: 1}, "in", "out")
	net := define(h, wire.Chart{ID: "system.net", Units: "kilobits/s", UpdateEvery: 10}, "received", "sent")
	uptime := define(h, wire.Chart{ID: "system.uptime", Units: "seconds", UpdateEvery: 1}, "uptime")
	root := define(h, wire.Chart{ID: "disk_space./", Family: "/", Context: "disk.space", Units: "GiB", UpdateEvery: 1}, "avail", "used", "reserved_for_root")
	data := define(h, wire.Chart{ID: "disk_space./data", Family: "/data", Context: "disk.space", Units: "GiB", UpdateEvery: 1}, "avail", "used", "reserved_for_root")
	for s := int64(start - 400); s <= start; s++ {
		m.store(ram, s, 500, 1000, 400, 100)
		m.store(disk, s, 4, -1)
		if s%10 == 0 {
			m.store(net, s, 30, -70)
		}
	}
	m.store(h.Chart("system.cpu"), start, 20, 5, 0, 73.5, 1.5)
	m.store(uptime, start, 86400)
	m.store(root, start, 80, 20, 5)
	m.store(data, start, 10, 90, 5)
	m.cat.Define("00000000-0000-0000-0000-00000000000d", catalog.HostInfo{Hostname: "quiet"})

	a := testAPI(t, m)
	answer := object(t, a, "/api/foster/v1/fleet")
	if _, has := answer["series"]; has {
		t.Error("series that nobody asked for")
	}
	got, err := json.Marshal(answer["hosts"])
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"alerts":null,"cpu_percent":null,"disk_bytes_per_second":null,"disk_space":null,"guid":"00000000-0000-0000-0000-00000000000d","last_seen":0,` +
		`"memory_bytes":null,"memory_percent":null,"network_bits_per_second":null,"replication_percent":100,"samples_per_second":0,"state":"archived","uptime_seconds":null},` +
		`{"alerts":null,"cpu_percent":26.5,"disk_bytes_per_second":5120,"disk_space":{"of":"/data","percent":90},"guid":"` + webGUID + `","last_seen":0,` +
		`"memory_bytes":2097152000,"memory_percent":50,"network_bits_per_second":100000,"replication_percent":100,"samples_per_second":0,"state":"archived","uptime_seconds":86400}]`
	if string(got) != want {
		t.Errorf("%s\nwant %s", got, want)
	}

	answer = object(t, a, "/api/foster/v1/fleet?series=quiet,nobody,"+webGUID)
	if answer["step"] != 5. {
		t.Errorf("step %v", answer["step"])
	}
	series := answer["series"].(map[string]any)
	if quiet := series["00000000-0000-0000-0000-00000000000d"].(map[string]any); len(quiet) != 1 {
		t.Errorf("a host without charts has %v", quiet)
	}
	web := series[webGUID].(map[string]any)
	if web["first"] != float64(start-300+5) {
		t.Errorf("first %v", web["first"])
	}
	// In cpu the average of 1 to 5 and that of 6 to 0 take turns, with irq or without.
	for name, want := range map[string]string{
		"cpu": "[", "memory": strings.Repeat("50 ", 60), "disk": strings.Repeat("5120 ", 60), "network": strings.Repeat("100000 ", 60),
	} {
		row := web[name].([]any)
		if len(row) != 60 || !strings.HasPrefix(fmt.Sprint(row...), strings.TrimSuffix(want, " ")) && name != "cpu" {
			t.Errorf("%s: %d values: %v", name, len(row), row)
		}
		if name == "cpu" && fmt.Sprint(row[40:44]) != "[9.5 12.5 9.5 12.5]" {
			t.Errorf("cpu: %v", row)
		}
	}

	if w := get(a, "/api/foster/v1/fleet?series="+strings.Repeat("web01,", 101)); w.Code != http.StatusBadRequest {
		t.Errorf("101 hosts: %d %s", w.Code, w.Body.String())
	}
}

// TestFleetOld: what was collected long ago is not the present, and units that are not known are not guessed.
func TestFleetOld(t *testing.T) {
	m := newMemory()
	h := m.web01()
	m.store(h.Chart("system.cpu"), start-60, 20, 5, 0, 73.5, 1.5)
	m.store(define(h, wire.Chart{ID: "system.io", Units: "pages/s", UpdateEvery: 1}, "in"), start, 4)
	m.store(define(h, wire.Chart{ID: "system.ram", Units: "MiB", UpdateEvery: 1}, "free", "used"), start, 0, 0)
	m.store(define(h, wire.Chart{ID: "disk_space./", Context: "disk.space", UpdateEvery: 1}, "avail", "used"), start, 0, 0)
	host := object(t, testAPI(t, m), "/api/foster/v1/fleet?series=web01")["hosts"].([]any)[0].(map[string]any)
	for _, name := range []string{"cpu_percent", "disk_bytes_per_second", "memory_percent", "disk_space"} {
		if host[name] != nil {
			t.Errorf("%s: %v", name, host[name])
		}
	}
}

func BenchmarkFleet(b *testing.B) {
	m := newMemory()
	for i := range 1000 {
		h := m.cat.Define(fmt.Sprintf("00000000-0000-0000-0000-%012d", i), catalog.HostInfo{Hostname: fmt.Sprint("host", i)})
		for c := range 100 {
			define(h, wire.Chart{ID: fmt.Sprint("some.chart", c), UpdateEvery: 1}, "a", "b")
		}
		m.store(define(h, wire.Chart{ID: "system.cpu", UpdateEvery: 1}, "user", "system", "nice", "iowait", "irq", "softirq"), start, 1, 2, 3, 4, 5, 6)
		m.store(define(h, wire.Chart{ID: "system.ram", Units: "MiB", UpdateEvery: 1}, "free", "used", "cached", "buffers"), start, 1, 2, 3, 4)
		m.store(define(h, wire.Chart{ID: "system.io", Units: "KiB/s", UpdateEvery: 1}, "in", "out"), start, 1, 2)
		m.store(define(h, wire.Chart{ID: "system.net", Units: "kilobits/s", UpdateEvery: 1}, "received", "sent"), start, 1, 2)
	}
	a := testAPI(b, m)
	b.ReportAllocs()
	for b.Loop() {
		b.SetBytes(int64(get(a, "/api/foster/v1/fleet").Body.Len()))
	}
}
