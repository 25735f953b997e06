package server

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

func TestMetrics(t *testing.T) {
	t.Parallel()
	p := start(t, "")
	if _, answer := stream(t, p.plain()); !accepted(answer) {
		t.Fatalf("STREAM: %q", answer)
	}
	eventually(t, func() bool {
		hosts := p.store.Catalog().Hosts()
		return len(hosts) == 1 && hosts[0].Connection() != nil
	}, "the child is not known")
	for _, path := range []string{"/healthz", "/api/v1/info", "/nothing/of/ours"} {
		get(t, p.plain(), path)
	}
	a := get(t, p.plain(), "/metrics")
	// The connections of the requests before end when the parent has noticed that they were closed.
	for range 100 {
		if strings.Contains(a.body, "\nfoster_connections 2\n") {
			break
		}
		time.Sleep(20 * time.Millisecond)
		a = get(t, p.plain(), "/metrics")
	}
	if a.status != http.StatusOK || !strings.HasPrefix(a.header.Get("Content-Type"), "text/plain; version=0.0.4") {
		t.Errorf("%d, %s", a.status, a.header.Get("Content-Type"))
	}
	problems, err := promlint.New(strings.NewReader(a.body)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		if strings.HasPrefix(problem.Metric, "foster_") {
			t.Errorf("%s: %s", problem.Metric, problem.Text)
		}
	}
	for _, want := range []string{
		`foster_build_info{version="v0.0.1"} 1`, "foster_ready 1", `foster_hosts{state="live"} 1`, "foster_children_connected 1",
		"foster_charts_replicating 0", "foster_streams_accepted_total 1", "foster_streams_rejected_total 0", "foster_streams_broken_total 0",
		"foster_samples_stored_total 0", "foster_samples_replayed_total 0", "foster_samples_dropped_total 0",
		`foster_definitions_refused_total{kind="charts"} 0`, `foster_definitions_refused_total{kind="labels"} 0`,
		`foster_stream_received_bytes_total{form="wire"} 0`, `foster_stream_received_bytes_total{form="plain"} 0`,
		"foster_connections 2", "foster_connections_refused_total 0",
		`foster_http_request_duration_seconds_count{code="200",command="healthz"} 1`,
		`foster_http_request_duration_seconds_count{code="200",command="info"} 1`,
		"go_goroutines ", "process_resident_memory_bytes ", "prometheus_tsdb_head_series ",
	} {
		if !strings.Contains(a.body, "\n"+want) {
			t.Errorf("metrics lack %s", want)
		}
	}
	if t.Failed() {
		for line := range strings.Lines(a.body) {
			if strings.HasPrefix(line, "foster_") {
				t.Log(strings.TrimSpace(line))
			}
		}
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	p := start(t, "")
	for _, path := range []string{"/healthz", "/readyz"} {
		if a := get(t, p.plain(), path); a.status != http.StatusOK || a.body != "ok\n" {
			t.Errorf("GET %s: %d %q", path, a.status, a.body)
		}
		a := get(t, p.plain(), path, func(r *http.Request) { r.Method = http.MethodHead })
		if a.status != http.StatusOK || a.header.Get("Content-Type") != "text/plain; charset=utf-8" || a.body != "" {
			t.Errorf("HEAD %s: %d %v", path, a.status, a.header)
		}
	}
}

// A request that panics is answered and logged, and its connection ends without taking others along.
func TestPanic(t *testing.T) {
	t.Parallel()
	p := prepare(t, "")
	handler := p.routes(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/abort" {
			panic(http.ErrAbortHandler)
		}
		panic("no reason")
	}), http.NotFoundHandler())
	t.Cleanup(func() { p.halt(t) })
	if err := p.listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.handler.Store(&handler)
	if a := get(t, p.plain(), "/x"); a.status != http.StatusInternalServerError {
		t.Errorf("%d", a.status)
	}
	p.log.want(t, `panic="no reason"`)
	if a, err := tryGet(t.Context(), p.plain(), "/abort"); err == nil {
		t.Errorf("an aborted answer: %d", a.status)
	}
}
