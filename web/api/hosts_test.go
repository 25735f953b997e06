package api

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"foster/replication/wire"
	"foster/storage/catalog"
)

func TestHosts(t *testing.T) {
	m := newMemory()
	h := m.web01()
	m.cat.Define("00000000-0000-0000-0000-00000000000d", catalog.HostInfo{Hostname: "web01", OS: "freebsd"})
	conn := &catalog.Connection{Since: time.Unix(start-90, 0), RemoteAddr: "192.0.2.7:41000", TLS: true, Compression: "zstd", Caps: wire.VCaps | wire.ZSTD}
	conn.SetLastTraffic(time.Unix(start+1, 0))
	h.Connect(conn)
	for _, ch := range h.Charts() {
		ch.SetDefined(time.Unix(start-80, 0))
	}
	conn.ReplayStarted(3000)
	conn.ReplayAdvanced(1000)
	a := testAPI(t, m, func(o *Options) { o.APIKeys = func() int { return 2 } })
	answer := object(t, a, "/api/foster/v1/hosts")
	if answer["version"] != "v0.1.0" || answer["now"] != 1700000102. || answer["api_keys"] != 2. {
		t.Errorf("%v", answer)
	}
	got, err := json.Marshal(answer["hosts"])
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"agent":"","ambiguous":true,"charts":0,"connection":null,"disk_bytes":0,"ephemeral":false,"first_seen":0,"guid":"00000000-0000-0000-0000-00000000000d",` +
		`"hops":0,"hostname":"web01","kernel":"","labels":{},"last_seen":0,"metrics":0,"os":"freebsd","replication_percent":100,` +
		`"samples_per_second":0,"state":"archived"},` +
		`{"agent":"netdata v1.37.1","ambiguous":true,"charts":2,"connection":{"address":"192.0.2.7:41000","capabilities":["VCAPS","ZSTD"],` +
		`"compression":"zstd","since":1700000010,"tls":true},"disk_bytes":0,"ephemeral":false,"first_seen":1700000010,"guid":"` + webGUID + `","hops":1,"hostname":"web01",` +
		`"kernel":"6.1.0-25-amd64","labels":{"_os_name":"Debian GNU/Linux","env":"a \"b\""},"last_seen":1700000101,"metrics":5,` +
		`"os":"Debian GNU/Linux 12 (bookworm)","replication_percent":33.3,"samples_per_second":0,"state":"replicating"}]`
	if string(got) != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func TestRate(t *testing.T) {
	m := newMemory()
	h := m.web01()
	f := newFacts(m.cat)
	now := time.Unix(start, 0)
	check := func(want float64) {
		t.Helper()
		if got := f.rate(h); math.Abs(got-want) > 0.05 {
			t.Errorf("%v samples/s, want %v", got, want)
		}
	}
	check(0)
	f.sample(now)
	check(0)
	c := &catalog.Connection{Since: now}
	h.Connect(c)
	// 500 samples a second, and a burst of history that does not count.
	for i := range 20 {
		now = now.Add(rateEvery)
		c.Samples.Add(1000)
		if i == 3 {
			c.Samples.Add(100_000)
			c.Replayed.Add(100_000)
		}
		f.sample(now)
		check(500)
		check(500) // a second look changes nothing
	}
	// It follows a change within the window.
	for range rateWindow {
		now = now.Add(rateEvery)
		c.Samples.Add(200)
		f.sample(now)
	}
	check(100)
	// A silent connection goes to zero, a new one starts afresh.
	for range rateWindow {
		now = now.Add(rateEvery)
		f.sample(now)
	}
	check(0)
	h.Disconnect(c)
	c = &catalog.Connection{Since: now}
	h.Connect(c)
	check(0)
	now = now.Add(2 * time.Second)
	c.Samples.Add(40)
	f.sample(now)
	check(20)
	h.Disconnect(c)
	check(0)
}

func TestCounts(t *testing.T) {
	m := newMemory()
	h := m.web01()
	f := newFacts(m.cat)
	now := time.Unix(start, 0)
	if got := f.counts(h, now); got != (counts{2, 5}) {
		t.Errorf("%+v", got)
	}
	h.DefineChart(wire.Chart{ID: "a.b"}).AddDimension(wire.Dimension{ID: "d"})
	if got := f.counts(h, now); got != (counts{3, 6}) {
		t.Errorf("after a new chart %+v", got)
	}
	if got := f.total(now); got != (counts{3, 6}) {
		t.Errorf("total %+v", got)
	}
}
