package api

import (
	"context"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"foster/replication/wire"
	"foster/storage"
	"foster/storage/catalog"
	"foster/storage/query"
)

// start is the end of what is stored in the tests: a multiple of 60 and of 100.
const start = 1_700_000_100

// memory is a source whose points are in memory.
type memory struct {
	cat *catalog.Catalog

	mu     sync.Mutex
	points map[*catalog.Dimension][]query.Point
	failed error
	slow   bool // reads last until their context ends
	open   int  // selections that have not been ended
}

func newMemory() *memory {
	return &memory{cat: catalog.NewInMemory(), points: map[*catalog.Dimension][]query.Point{}}
}

func (m *memory) LoadRetention(_ context.Context, h *catalog.Host) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.failed != nil {
		return m.failed
	}
	h.SetRetentionKnown(true)
	return nil
}

func (m *memory) Select(ctx context.Context, _ *catalog.Chart, dims []*catalog.Dimension, r storage.Range) ([]query.Series, reading, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.failed != nil {
		return nil, nil, m.failed
	}
	m.open++
	series := make([]query.Series, len(dims))
	read := &memoryReading{memory: m}
	for i, d := range dims {
		c := &cursor{read: &read.points}
		if m.slow {
			c.wait = ctx
		}
		for _, p := range m.points[d] {
			if p.End > r.After && p.End <= r.Before {
				c.points = append(c.points, p)
			}
		}
		series[i] = query.Series{Dimension: d.ID, Cursor: c}
	}
	return series, read, nil
}

// memoryReading is a read of points in memory.
type memoryReading struct {
	memory *memory
	points int
}

func (r *memoryReading) Read() []int { return []int{r.points} }

func (r *memoryReading) Close() error {
	r.memory.mu.Lock()
	defer r.memory.mu.Unlock()
	r.memory.open--
	return nil
}

// memoryMany is a read of dimensions of any charts.
type memoryMany struct {
	reading
	series map[*catalog.Dimension]query.Cursor
}

func (m *memory) SelectMany(ctx context.Context, dims []*catalog.Dimension, r storage.Range) (many, error) {
	series, read, err := m.Select(ctx, nil, dims, r)
	if err != nil {
		return nil, err
	}
	mm := &memoryMany{read, map[*catalog.Dimension]query.Cursor{}}
	for i, d := range dims {
		mm.series[d] = series[i].Cursor
	}
	return mm, nil
}

func (m *memoryMany) Cursor(_ context.Context, d *catalog.Dimension) (query.Cursor, error) {
	return m.series[d], nil
}

// Stats returns made-up figures of one tier.
func (m *memory) Stats() storage.Stats {
	return storage.Stats{Series: 7, Appended: 1000, Tiers: []storage.TierStats{
		{BlockBytes: 1 << 20, HeadBytes: 1 << 10, First: start - 599, Last: start},
	}}
}

type cursor struct {
	points []query.Point
	read   *int
	wait   context.Context
}

func (c *cursor) Read(dst []query.Point) (int, error) {
	if c.wait != nil {
		<-c.wait.Done()
		return 0, c.wait.Err()
	}
	n := copy(dst, c.points)
	*c.read += n
	if c.points = c.points[n:]; len(c.points) == 0 {
		return n, io.EOF
	}
	return n, nil
}

// store stores one sample for each dimension of a chart; NaN is a gap.
func (m *memory) store(ch *catalog.Chart, t int64, values ...float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, d := range ch.Dimensions() {
		v := float64(float32(values[i]))
		p := query.Point{Start: t - ch.UpdateEvery(), End: t}
		if !math.IsNaN(v) {
			p.Sum, p.Min, p.Max, p.Count = v, v, v, 1
		}
		m.points[d] = append(m.points[d], p)
		d.Chart.LockLatest()
		d.SetLast(t, v, 0)
		d.Chart.UnlockLatest()
	}
	ch.Stored(t)
}

const (
	selfGUID = "b6d11b2c-7c1f-4f0e-9c56-0d3c2c5a0202"
	webGUID  = "b6d11b2c-7c1f-4f0e-9c56-0d3c2c5a0101"
)

// web01 adds the host of most tests. Its chart system.cpu has 600 seconds of user = second mod 10, system = 5, nice = 0,
// the hidden idle = 85 - user, and irq, which has a gap of 10 seconds in each minute.
func (m *memory) web01() *catalog.Host {
	h := m.cat.Define(webGUID, catalog.HostInfo{
		Hostname: "web01", OS: "linux", Timezone: "Etc/UTC", UpdateEvery: 1, Hops: 1, ProgramName: "netdata",
		ProgramVersion: "v1.37.1", MemoryMode: "dbengine", SystemInfo: map[string]string{
			"NETDATA_SYSTEM_OS_NAME": "Debian GNU/Linux", "NETDATA_SYSTEM_OS_VERSION": "12 (bookworm)",
			"NETDATA_SYSTEM_KERNEL_VERSION": "6.1.0-25-amd64", "NETDATA_SYSTEM_CPU_LOGICAL_CPU_COUNT": "2",
			"NETDATA_CONTAINER_OS_NAME": "none",
		},
	})
	h.SetLabels([]wire.Label{{Name: "_os_name", Value: "Debian GNU/Linux"}, {Name: "env", Value: `a "b"`}})
	cpu := h.DefineChart(wire.Chart{
		ID: "system.cpu", Title: "Total CPU utilization", Units: "percentage", Family: "cpu", Context: "system.cpu",
		Type: "stacked", Priority: 100, UpdateEvery: 1, Plugin: "proc.plugin", Module: "/proc/stat",
	})
	for _, d := range []wire.Dimension{
		{ID: "user", Name: "user"}, {ID: "system", Name: "sys"}, {ID: "nice", Name: "nice"},
		{ID: "idle", Name: "idle", Hidden: true}, {ID: "irq", Name: "irq"},
	} {
		d.Multiplier, d.Divisor = 1, 1
		cpu.AddDimension(d)
	}
	for t := int64(start - 599); t <= start; t++ {
		irq := 1.5
		if t%60 > 40 && t%60 <= 50 {
			irq = math.NaN()
		}
		m.store(cpu, t, float64(t%10), 5, 0, float64(85-t%10), irq)
	}
	load := h.DefineChart(wire.Chart{
		ID: "system.load", Name: "system.load_average", Title: "Load", Units: "load", Family: "load", Context: "system.load",
		Type: "line", Priority: 200, UpdateEvery: 5, Plugin: "proc.plugin", Module: "/proc/loadavg",
	})
	load.AddDimension(wire.Dimension{ID: "load1", Name: "load1", Multiplier: 1, Divisor: 1000})
	for t := int64(start - 595); t <= start; t += 5 {
		m.store(load, t, float64(t-start)/1000)
	}
	h.SetRetentionKnown(true)
	return h
}

// testAPI returns an API over the store, two seconds after the end of what is stored.
func testAPI(t testing.TB, m *memory, change ...func(*Options)) *API {
	t.Helper()
	o := DefaultOptions()
	o.Now = func() time.Time { return time.Unix(start+2, 0) }
	o.Self = Self{GUID: selfGUID, Hostname: "parent01", Version: "v0.1.0", OS: "linux", Timezone: "Etc/UTC", MemoryMode: "dbengine"}
	o.Page = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "page "+r.URL.Path) })
	for _, c := range change {
		c(&o)
	}
	a, err := newAPI(o, m.cat, m)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.open != 0 {
			t.Errorf("%d selections are left open", m.open)
		}
	})
	return a
}

func get(h http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	return do(h, http.MethodGet, path, header...)
}

func do(h http.Handler, method, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// object returns the JSON object that a path answers.
func object(t *testing.T, h http.Handler, path string) map[string]any {
	t.Helper()
	w := get(h, path)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", path, w.Code, w.Body.String())
	}
	var o map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &o); err != nil {
		t.Fatalf("%s: %v in %s", path, err, w.Body.String())
	}
	return o
}
