package prom

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/s2"
	"github.com/prometheus/prometheus/prompb"

	"foster/replication/wire"
)

// A query waits for its turn no longer than its timeout, and the turn is given back.
func TestTurns(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.MaxQueries = 1 })
	_, done, err := f.prom.turn(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	w := f.do(http.MethodGet, "/api/v1/query", values("query", "1", "timeout", "1ms"))
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), `"errorType":"timeout"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	done()
	for range 3 {
		f.data("query", "query", "1", "timeout", "10s")
		if w := f.do(http.MethodGet, "/api/v1/query", values("query", "sum(")); w.Code != http.StatusBadRequest {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	if len(f.prom.turns) != 0 {
		t.Error("a turn was not given back")
	}
}

// A query ends with its client, and at its timeout.
func TestCancel(t *testing.T) {
	f := filled(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, Prefix+"/api/v1/query?query=system_cpu", nil)
	w := httptest.NewRecorder()
	f.prom.ServeHTTP(w, r)
	if w.Code != 499 || !strings.Contains(w.Body.String(), `"errorType":"canceled"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w = f.do(http.MethodGet, "/api/v1/query_range", values("query", `sum_over_time(system_cpu[10m:1ms])`, "start", itoa(now-10000), "end", itoa(now), "step", "1", "timeout", "5ms"))
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), `"errorType":"timeout"`) {
		t.Errorf("%d %.300s", w.Code, w.Body)
	}
}

// Queries go on while children send, and end when the store is closed.
func TestClose(t *testing.T) {
	f := newFixture(t)
	h := f.host(1)
	ch := f.chart(h, wire.Chart{ID: "a.b"}, "x", "y")
	f.fill(ch, now-600, now-300, func(int, int64) float64 { return 1 })
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for _, command := range []string{"query_range", "series", "labels", "metadata"} {
		wg.Go(func() {
			for {
				w := f.do(http.MethodGet, "/api/v1/"+command, values("query", "sum(a_b)", "match[]", "a_b", "start", itoa(now-600), "end", itoa(now), "step", "1"))
				if w.Code != http.StatusOK && !strings.Contains(w.Body.String(), "closed") {
					t.Errorf("%s: %d %s", command, w.Code, w.Body)
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	for i := range int64(50) {
		f.fill(ch, now-300+i, now-299+i, func(int, int64) float64 { return 1 })
		f.chart(h, wire.Chart{ID: "a.b" + itoa(i), Context: "a.b"}, "z")
	}
	f.close()
	time.Sleep(10 * time.Millisecond)
	close(stop)
	wg.Wait()
	w := f.do(http.MethodGet, "/api/v1/query", values("query", "a_b", "time", itoa(now-260)))
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), `"errorType":"unavailable"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestHTTP(t *testing.T) {
	f := filled(t)
	send := func(method, path string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, Prefix+path, nil)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		f.prom.ServeHTTP(w, r)
		return w
	}
	const query = "/api/v1/query?query=1&time=5.25"
	const answer = `{"status":"success","data":{"resultType":"scalar","result":[5.250,"1"]}}`
	want(t, "plain", send(http.MethodGet, query).Body.String(), answer)
	w := send(http.MethodGet, query, "Accept-Encoding", "deflate, gzip;q=0.5")
	z, err := gzip.NewReader(w.Body)
	if err != nil || w.Header().Get("Content-Encoding") != "gzip" {
		t.Fatal(err, w.Header())
	}
	body, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "compressed", string(body), answer)
	if w := send(http.MethodGet, query, "Accept-Encoding", "gzip;q=0"); w.Header().Get("Content-Encoding") != "" {
		t.Error("compressed although the client does not want it")
	}
	if w := send(http.MethodHead, query, "Accept-Encoding", "gzip"); w.Code != http.StatusOK || w.Body.Len() != 0 {
		t.Errorf("HEAD: %d with %d bytes", w.Code, w.Body.Len())
	}
	if w := send(http.MethodOptions, query, "Origin", "http://grafana"); w.Code != http.StatusNoContent || w.Header().Get("Access-Control-Allow-Origin") != "http://grafana" {
		t.Errorf("OPTIONS: %d %v", w.Code, w.Header())
	}
	if got := f.get("query", "query", "1", "stats", "all"); !strings.Contains(got, `"stats":{"timings":`) {
		t.Errorf("stats: %s", got)
	}
}

func FuzzRequest(f *testing.F) {
	for _, s := range []string{
		"query?query=up", "query_range?query=sum(a)&start=1&end=9&step=1", "series?match[]={a=~'b'}", "label/a/values?start=-1",
		"labels?end=1e99", "query?query=a[5m]@1&time=2020-01-01T00:00:00Z&timeout=1s&lookback_delta=1h&limit=1&stats=all",
		"query?query=sum_over_time(a_b[1y:1d])&max_source_resolution=1h", "metadata?limit=1", "format_query?query=a%2Bb",
		"query?query=label_replace(a_b,'host_x','$1','d','(.*)')&time=1800000000",
	} {
		f.Add(s)
	}
	fx := newFixture(f, func(o *Options) { o.Timeout, o.MaxSamples = 50*time.Millisecond, 100_000 })
	ch := fx.chart(fx.host(1, wire.Label{Name: "x", Value: "y"}), wire.Chart{ID: "a.b"}, "d")
	fx.fill(ch, now-100, now, func(int, int64) float64 { return 1 })
	f.Fuzz(func(t *testing.T, target string) {
		path, query, _ := strings.Cut(target, "?")
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://x"+Prefix+"/api/v1/query", strings.NewReader(query))
		if err != nil {
			return
		}
		r.URL.Path = Prefix + "/api/v1/" + path
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			r.Method = method
			if r.URL.RawQuery = query; method == http.MethodPost {
				r.URL.RawQuery = ""
			}
			w := httptest.NewRecorder()
			fx.prom.ServeHTTP(w, r)
			if w.Code == http.StatusInternalServerError {
				t.Errorf("%s %q: %s", method, target, w.Body)
			}
		}
	})
}

func FuzzRead(f *testing.F) {
	fx := newFixture(f, func(o *Options) { o.MaxSamples = 10_000 })
	fx.fill(fx.chart(fx.host(1), wire.Chart{ID: "a.b"}, "d"), now-100, now, func(int, int64) float64 { return 1 })
	f.Add([]byte("\x00"))
	for _, kind := range []prompb.ReadRequest_ResponseType{prompb.ReadRequest_SAMPLES, prompb.ReadRequest_STREAMED_XOR_CHUNKS} {
		message, err := (&prompb.ReadRequest{
			AcceptedResponseTypes: []prompb.ReadRequest_ResponseType{kind},
			Queries:               []*prompb.Query{{EndTimestampMs: now * 1000, Matchers: []*prompb.LabelMatcher{equal("__name__", "a_b")}, Hints: &prompb.ReadHints{Func: "rate"}}},
		}).Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(s2.EncodeSnappy(nil, message))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, Prefix+"/api/v1/read", strings.NewReader(string(body)))
		w := httptest.NewRecorder()
		fx.prom.ServeHTTP(w, r)
		if w.Code == http.StatusInternalServerError {
			t.Errorf("%q: %s", body, w.Body)
		}
	})
}
