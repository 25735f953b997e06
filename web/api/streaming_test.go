package api

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"foster/replication/wire"
	"foster/storage/catalog"
)

func TestStreaming(t *testing.T) {
	const key, wrong = "11111111-2222-3333-4444-555555555555", "99999999-8888-7777-6666-555555555555"
	m := newMemory()
	h := m.web01()
	old := &catalog.Connection{Since: time.Unix(start-900, 0), RemoteAddr: "[192.0.2.7]:40000", APIKey: key}
	old.SetLastTraffic(time.Unix(start-500, 0))
	h.Connect(old)
	old.SetReason("read: connection reset")
	h.Disconnect(old)
	conn := &catalog.Connection{
		Since: time.Unix(start-90, 0), RemoteAddr: "[192.0.2.7]:41000", TLS: true, APIKey: strings.ToUpper(key),
		Compression: "zstd", Caps: wire.VCaps | wire.ZSTD,
	}
	conn.SetLastTraffic(time.Unix(start+1, 0))
	conn.BytesIn.Store(100)
	conn.BytesPlain.Store(400)
	conn.Samples.Store(50)
	h.Connect(conn)
	a := testAPI(t, m, func(o *Options) {
		o.Streaming = func() Streaming {
			return Streaming{
				Rejections: []Rejection{{
					First: time.Unix(start-60, 0), Last: time.Unix(start, 0), Count: 3, Address: "[192.0.2.9]:1", Hostname: "db01", GUID: "x",
					Agent: "netdata v2.1.0", Key: wrong, Status: "INVALID API KEY PERMISSION DENIED", Reason: "API key '" + wrong + "' is not allowed",
				}},
				Keys: []StreamKey{{
					Key: key, AllowFrom: "*", MemoryMode: "dbengine", Replication: true, ReplicationPeriod: 24 * time.Hour,
					Compression: []string{"lz4", "zstd"}, Health: "auto",
				}},
				Process:  Process{Started: time.Unix(start-1000, 0), CPU: 90 * time.Second, Memory: 1 << 20, Goroutines: 12},
				Accepted: 2, Rejected: 3,
			}
		}
	})
	answer := object(t, a, "/api/foster/v1/streaming")
	for name, want := range map[string]string{
		"connections": `[{"agent":"v1.37.1","ambiguous":false,"api_key":"11111111…5555","connection":{"address":"[192.0.2.7]:41000",` +
			`"bytes_in":100,"bytes_plain":400,"capabilities":["VCAPS","ZSTD"],"compression":"zstd","dropped":0,"lag_seconds":2,"replayed":0,` +
			`"replicating_charts":0,"replication_percent":100,"samples":50,"samples_per_second":0,"since":1700000010,"tls":true},` +
			`"ended":{"address":"[192.0.2.7]:40000","reason":"read: connection reset","since":1699999200,"until":1699999600},` +
			`"guid":"` + webGUID + `","hops":1,"hostname":"web01","last_seen":1700000101,"state":"live"}]`,
		"rejections": `[{"address":"[192.0.2.9]:1","agent":"netdata v2.1.0","api_key":"99999999…5555","count":3,"first":1700000040,` +
			`"guid":"x","hostname":"db01","last":1700000100,"reason":"API key '99999999…5555' is not allowed","status":"INVALID API KEY PERMISSION DENIED"}]`,
		"keys": `[{"allow_from":"*","api_key":"11111111…5555","compression":["lz4","zstd"],"ephemeral":false,"health":"auto","hosts":1,` +
			`"memory_mode":"dbengine","replication":true,"replication_period_seconds":86400}]`,
		"self": `{"accepted":2,"cpu_seconds":90,"goroutines":12,"memory_bytes":1048576,"rejected":3,"started":1699999100,"version":"v0.1.0"}`,
	} {
		got, err := json.Marshal(answer[name])
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%s: %s\nwant %s", name, got, want)
		}
	}
	if body := get(a, "/api/foster/v1/streaming").Body.String(); strings.Contains(body, key) || strings.Contains(body, wrong) {
		t.Error("a key is told")
	}
}
