package api

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"foster/replication/wire"
	"foster/storage"
	"foster/storage/catalog"
)

func openStore(t testing.TB, dir string) *storage.Store {
	t.Helper()
	o := storage.DefaultOptions()
	o.Dir = dir
	o.Logger = slog.New(slog.DiscardHandler)
	o.Now = func() time.Time { return time.Unix(start+2, 0) }
	s, err := storage.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func storeAPI(t testing.TB, s *storage.Store) *API {
	t.Helper()
	o := DefaultOptions()
	o.Store = s
	o.Now = func() time.Time { return time.Unix(start+2, 0) }
	o.Self = Self{GUID: selfGUID, Hostname: "parent01", Version: "v0.1.0"}
	a, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestStore asks for what was stored in this run, and again after a restart, when the host has not come back.
func TestStore(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	h := s.Catalog().Define(webGUID, catalog.HostInfo{Hostname: "web01", UpdateEvery: 1, Hops: 1})
	ch := h.DefineChart(wire.Chart{ID: "system.load", Title: "Load", Units: "load", Family: "load", Context: "system.load", Type: "line", UpdateEvery: 1})
	d := ch.AddDimension(wire.Dimension{ID: "load1", Name: "one", Multiplier: 1, Divisor: 1})
	app := s.Appender()
	for sec := int64(start - 99); sec <= start; sec++ {
		if sec == start-5 {
			continue
		}
		if err := app.Append(d, sec, float64(sec%10)+0.1, 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := app.Commit(); err != nil {
		t.Fatal(err)
	}
	ask := func(a http.Handler) {
		t.Helper()
		w := get(a, "/host/web01/api/v1/data?chart=system.load&after=1700000091&before=1700000100&options=flip")
		want := `{"labels":["time","one"],"data":[
[1700000091,1.1],
[1700000092,2.1],
[1700000093,3.1],
[1700000094,4.1],
[1700000095,null],
[1700000096,6.1],
[1700000097,7.1],
[1700000098,8.1],
[1700000099,9.1],
[1700000100,0.1]
]}`
		if w.Code != 200 || w.Body.String() != want {
			t.Errorf("data: %d %s", w.Code, w.Body.String())
		}
		o := object(t, a, "/host/web01/api/v1/data?chart=system.load&after=-3&options=jsonwrap")
		if latest := o["latest_values"].([]any); len(latest) != 1 || latest[0] != 0.1 {
			t.Errorf("latest values %v", latest)
		}
		chart := object(t, a, "/host/web01/api/v1/chart?chart=system.load")
		if chart["first_entry"] != start-99. || chart["last_entry"] != float64(start) {
			t.Errorf("entries %v…%v", chart["first_entry"], chart["last_entry"])
		}
	}
	ask(storeAPI(t, s))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s = openStore(t, dir)
	a := storeAPI(t, s)
	hosts := object(t, a, "/api/foster/v1/hosts")["hosts"].([]any)
	if len(hosts) != 1 || hosts[0].(map[string]any)["state"] != "archived" {
		t.Errorf("hosts after the restart: %v", hosts)
	}
	ask(a)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if w := get(a, "/host/web01/api/v1/data?chart=system.load&after=-10"); w.Code != 500 || strings.Contains(w.Body.String(), dir) {
		t.Errorf("closed: %d %q", w.Code, w.Body.String())
	}
}

// BenchmarkStore asks a real store for 10 dimensions of a chart, as many rows as a page draws.
func BenchmarkStore(b *testing.B) {
	s := openStore(b, b.TempDir())
	defer s.Close()
	h := s.Catalog().Define(webGUID, catalog.HostInfo{Hostname: "web01", UpdateEvery: 1})
	ch := h.DefineChart(wire.Chart{ID: "bench.ten", Type: "line", UpdateEvery: 1})
	app := s.Appender()
	for i := range 10 {
		id := fmt.Sprint("dimension", i)
		ch.AddDimension(wire.Dimension{ID: id, Name: id, Multiplier: 1, Divisor: 1})
	}
	for sec := int64(start - 3599); sec <= start; sec++ {
		for i, d := range ch.Dimensions() {
			v := float64(sec%97)/float64(i+3) + 100
			if err := app.Append(d, sec, v, 0); err != nil {
				b.Fatal(err)
			}
			d.SetLast(sec, v, 0)
		}
		if err := app.Commit(); err != nil { // as often as a receiver does: uncommitted points slow readers down
			b.Fatal(err)
		}
	}
	a := storeAPI(b, s)
	for name, query := range map[string]string{
		"10x600":       "&after=1699999501&before=1700000100&points=600",
		"10x3600to100": "&after=1699996501&before=1700000100&points=100",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if w := get(a, "/host/web01/api/v1/data?chart=bench.ten&options=jsonwrap"+query); w.Code != 200 {
					b.Fatal(w.Body.String())
				}
			}
		})
	}
}
