package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"foster/replication/wire"
	"foster/storage/catalog"
)

// client is the receiving end of a live stream.
type client struct {
	header http.Header
	mu     sync.Mutex
	b      bytes.Buffer
	broken bool
}

func (c *client) Header() http.Header { return c.header }
func (c *client) WriteHeader(int)     {}
func (c *client) Flush()              {}

func (c *client) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken {
		return 0, errors.New("broken pipe")
	}
	return c.b.Write(p)
}

type event struct{ name, data string }

// events returns the events received since the last call.
func (c *client) events(t *testing.T) (list []event) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for block := range strings.SplitSeq(c.b.String(), "\n\n") {
		if block == "" || strings.HasPrefix(block, "retry:") {
			continue
		}
		name, data, found := strings.Cut(strings.TrimPrefix(block, "event: "), "\ndata:")
		if !found || !json.Valid([]byte(data)) {
			t.Fatalf("malformed event %q", block)
		}
		list = append(list, event{name, data})
	}
	c.b.Reset()
	return list
}

// watch runs f in a bubble with a client of the live stream at path; the clock of the API starts two seconds after what is
// stored.
func watch(t *testing.T, path string, f func(m *memory, h *catalog.Host, c *client, stop context.CancelFunc), change ...func(*Options)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		h := m.web01()
		began := time.Now()
		a := testAPI(t, m, append(change, func(o *Options) {
			o.Now = func() time.Time { return time.Unix(start+2, 0).Add(time.Since(began)) }
		})...)
		ctx, cancel := context.WithCancel(t.Context())
		run, stop := context.WithCancel(t.Context())
		go a.Run(run)
		c := &client{header: http.Header{}}
		done := make(chan struct{})
		go func() {
			defer close(done)
			a.ServeHTTP(c, httptest.NewRequest(http.MethodGet, path, nil).WithContext(ctx))
		}()
		synctest.Wait()
		f(m, h, c, cancel)
		cancel()
		<-done
		stop()
		synctest.Wait()
	})
}

func names(list []event) (names []string) {
	for _, e := range list {
		names = append(names, e.name)
	}
	return names
}

// A host of memory mode none has no retention, and is followed all the same.
func TestLiveOfHostThatKeepsNothing(t *testing.T) {
	watch(t, "/host/web01/api/foster/v1/live?chart=system.load", func(m *memory, h *catalog.Host, c *client, _ context.CancelFunc) {
		info := *h.Info()
		info.MemoryMode = "none"
		h.SetInfo(info)
		load := h.Chart("system.load")
		load.SetRetention(0, 0)
		time.Sleep(2 * time.Second)
		c.events(t)
		m.store(load, start+3, 7)
		load.SetRetention(0, 0)
		h.Notify()
		time.Sleep(time.Second)
		if list := c.events(t); len(list) != 1 || !strings.Contains(list[0].data, `"points":[[1700000103,7]]`) {
			t.Errorf("events %v", list)
		}
	})
}

// Rows with anomalous samples are told with their rate, of all dimensions.
func TestLiveAnomalies(t *testing.T) {
	watch(t, "/host/web01/api/foster/v1/live?chart=system.cpu", func(m *memory, h *catalog.Host, c *client, _ context.CancelFunc) {
		c.events(t)
		cpu := h.Chart("system.cpu")
		m.store(cpu, start+3, 1, 5, 0, 84, 1.5)
		m.store(cpu, start+4, 2, 5, 0, 83, 1.5)
		m.mu.Lock()
		user := m.points[cpu.Dimensions()[0]]
		user[len(user)-1].Anomalous = 1
		m.mu.Unlock()
		h.Notify()
		time.Sleep(2 * time.Second)
		if list := c.events(t); len(list) == 0 || !strings.Contains(list[0].data, `"anomalies":[[1700000104,25]]`) {
			t.Errorf("events %v", list)
		}
	})
}

func TestLivePoints(t *testing.T) {
	watch(t, "/host/web01/api/foster/v1/live?chart=system.cpu&chart=system.load_average&chart=system.cpu&chart=none&after=1700000098", func(m *memory, h *catalog.Host, c *client, _ context.CancelFunc) {
		if got := c.header.Get("Content-Type"); got != "text/event-stream" || c.header.Get("Content-Encoding") != "" {
			t.Errorf("headers %v", c.header)
		}
		list := c.events(t)
		if got := names(list); !slices.Equal(got, []string{"host", "points"}) {
			t.Fatalf("first events %v", got)
		}
		if !strings.HasPrefix(list[0].data, `{"guid":"`+webGUID+`","hostname":"web01","state":"archived"`) {
			t.Errorf("host %s", list[0].data)
		}
		want := `{"now":1700000102,"charts":{"system.cpu":{"dimensions":["user","system","nice","irq"],"points":[[1700000099,9,5,0,1.5],[1700000100,0,5,0,1.5]]},` +
			`"system.load":{"dimensions":["load1"],"points":[[1700000100,0]]}}}`
		if list[1].data != want {
			t.Errorf("backlog %s\nwant    %s", list[1].data, want)
		}

		// A new point comes as soon as it is stored, without the points already sent and without silent charts.
		time.Sleep(500 * time.Millisecond)
		cpu := h.Chart("system.cpu")
		m.store(cpu, start+1, 1, 2, 3, 4, math.NaN())
		h.Notify()
		synctest.Wait()
		want = `{"now":1700000102.5,"charts":{"system.cpu":{"dimensions":["user","system","nice","irq"],"points":[[1700000101,1,2,3,null]]}}}`
		if list = c.events(t); len(list) != 1 || list[0].data != want {
			t.Errorf("update %v\nwant %s", list, want)
		}

		// Updates within the pause are one event.
		for i := range int64(20) {
			m.store(cpu, start+2+i, 1, 2, 3, 4, 5)
			h.Notify()
			time.Sleep(time.Millisecond)
		}
		time.Sleep(400 * time.Millisecond)
		if list = c.events(t); len(list) != 1 || strings.Count(list[0].data, ",1,2,3,5]") != 20 {
			t.Errorf("coalesced: %v", list)
		}

		// A promise of the catalog that the store does not keep yet is asked for again.
		cpu.Stored(start + 22)
		h.Notify()
		time.Sleep(400 * time.Millisecond)
		if list = c.events(t); len(list) != 0 {
			t.Errorf("promised: %v", list)
		}
		m.store(cpu, start+22, 6, 6, 6, 6, 6)
		h.Notify()
		time.Sleep(400 * time.Millisecond)
		if list = c.events(t); len(list) != 1 || !strings.Contains(list[0].data, `"points":[[1700000122,6,6,6,6]]`) {
			t.Errorf("kept: %v", list)
		}

		// A chart that was asked for before it existed.
		ch := h.DefineChart(wire.Chart{ID: "none", UpdateEvery: 1})
		ch.AddDimension(wire.Dimension{ID: "d"})
		m.store(ch, start+22, 7)
		h.Notify()
		time.Sleep(400 * time.Millisecond)
		list = c.events(t)
		if got := names(list); !slices.Equal(got, []string{"charts", "points"}) || list[0].data != `{"charts":3}` ||
			!strings.Contains(list[1].data, `"none":{"dimensions":["d"],"points":[[1700000122,7]]}`) {
			t.Errorf("new chart: %v", list)
		}
		// Further changes of the charts wait for a second.
		for i := range 5 {
			h.DefineChart(wire.Chart{ID: fmt.Sprint("x.", i)}).AddDimension(wire.Dimension{ID: "d"})
			h.Notify()
			time.Sleep(100 * time.Millisecond)
		}
		if list = c.events(t); len(list) != 0 {
			t.Errorf("charts too early: %v", list)
		}
		time.Sleep(time.Second)
		if list = c.events(t); len(list) != 1 || list[0] != (event{"charts", `{"charts":8}`}) {
			t.Errorf("charts: %v", list)
		}
	})
}

func TestLiveHost(t *testing.T) {
	watch(t, "/host/web01/api/foster/v1/live", func(m *memory, h *catalog.Host, c *client, _ context.CancelFunc) {
		c.events(t)
		time.Sleep(4500 * time.Millisecond)
		if list := c.events(t); len(list) != 0 {
			t.Errorf("too early: %v", list)
		}
		time.Sleep(time.Second)
		if list := c.events(t); !slices.Equal(names(list), []string{"host"}) {
			t.Errorf("after 5 seconds: %v", list)
		}
		conn := &catalog.Connection{Since: time.Unix(start+7, 0)}
		conn.SetLastTraffic(time.Unix(start+7, 0))
		h.Connect(conn)
		time.Sleep(300 * time.Millisecond)
		if list := c.events(t); len(list) == 0 || !strings.Contains(list[0].data, `"state":"live"`) {
			t.Errorf("connected: %v", list)
		}
	})
}

func TestLiveBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		h := m.web01()
		ch := h.DefineChart(wire.Chart{ID: "many.points", UpdateEvery: 1})
		for i := range 10 {
			ch.AddDimension(wire.Dimension{ID: fmt.Sprint("d", i)})
		}
		values := make([]float64, 10)
		for s := int64(start - 7200); s <= start; s++ {
			m.store(ch, s, values...)
		}
		a := testAPI(t, m)
		c := &client{header: http.Header{}}
		ctx, cancel := context.WithCancel(t.Context())
		go a.ServeHTTP(c, httptest.NewRequest(http.MethodGet, "/host/web01/api/foster/v1/live?chart=many.points&chart=system.cpu&after=5", nil).WithContext(ctx))
		synctest.Wait()
		cancel()
		synctest.Wait()
		rows, cpu := 0, 0
		for _, e := range c.events(t) {
			if len(e.data) > 2*maxEvent {
				t.Errorf("an event of %d bytes", len(e.data))
			}
			if e.name != "points" {
				continue
			}
			var p struct {
				Charts map[string]struct{ Points [][]float64 }
			}
			if err := json.Unmarshal([]byte(e.data), &p); err != nil {
				t.Fatal(err)
			}
			rows += len(p.Charts["many.points"].Points)
			cpu += len(p.Charts["system.cpu"].Points)
		}
		// The clock stands two seconds after what is stored.
		if rows != maxBacklog-2 || cpu != 600 {
			t.Errorf("%d and %d rows", rows, cpu)
		}
	})
}

func TestLiveEnds(t *testing.T) {
	const path = "/host/web01/api/foster/v1/live?chart=system.cpu"
	ends := func(name string, end func(a *API, c *client, cancel, stop context.CancelFunc)) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMemory()
				m.web01()
				a := testAPI(t, m)
				ctx, cancel := context.WithCancel(t.Context())
				run, stop := context.WithCancel(t.Context())
				go a.Run(run)
				defer stop()
				defer cancel()
				c := &client{header: http.Header{}}
				ended := false
				go func() {
					a.ServeHTTP(c, httptest.NewRequest(http.MethodGet, path, nil).WithContext(ctx))
					ended = true
				}()
				synctest.Wait()
				if ended || len(a.streams) != 1 {
					t.Fatal("it has ended at once")
				}
				end(a, c, cancel, stop)
				synctest.Wait()
				if !ended || len(a.streams) != 0 {
					t.Error("it has not ended")
				}
			})
		})
	}
	ends("with its request", func(_ *API, _ *client, cancel, _ context.CancelFunc) { cancel() })
	ends("with the API", func(_ *API, _ *client, _, stop context.CancelFunc) { stop() })
	ends("with its client", func(a *API, c *client, _, _ context.CancelFunc) {
		c.mu.Lock()
		c.broken = true
		c.mu.Unlock()
		// The clock of this API stands still: a change of state makes it write.
		h := a.catalog.Find("web01")
		conn := &catalog.Connection{Since: time.Unix(start, 0)}
		conn.SetLastTraffic(time.Unix(start, 0))
		h.Connect(conn)
		time.Sleep(time.Second)
	})
}

func TestLiveRefused(t *testing.T) {
	m := newMemory()
	m.web01()
	a := testAPI(t, m, func(o *Options) { o.MaxStreams = 1 })
	many := strings.Builder{}
	for i := range maxFollowed + 1 {
		fmt.Fprintf(&many, "&chart=c%d", i)
	}
	f := func(path string, status int) {
		t.Helper()
		if w := get(a, path); w.Code != status || w.Header().Get("Content-Type") != typeText {
			t.Errorf("%s: %d %q", path, w.Code, w.Body.String())
		}
	}
	f("/api/foster/v1/live?chart=system.cpu", 404)
	f("/host/web01/api/foster/v1/live?"+many.String(), 400)
	a.streams <- struct{}{}
	f("/host/web01/api/foster/v1/live", 503)
}

func TestLiveRefusesBadTime(t *testing.T) {
	m := newMemory()
	m.web01()
	if w := get(testAPI(t, m), "/host/web01/api/foster/v1/live?chart=system.cpu&after=abc"); w.Code != http.StatusBadRequest {
		t.Errorf("after=abc: %d %s", w.Code, w.Body)
	}
}
