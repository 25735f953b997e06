package prom

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"foster/replication/wire"
	"foster/storage"
)

// waitFor waits until a tier is as wanted.
func (f *fixture) waitFor(number int, ok func(storage.TierStats) bool) {
	f.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(f.store.Stats().Tiers[number]); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			f.t.Fatalf("tier %d stays %+v", number, f.store.Stats().Tiers[number])
		}
	}
}

// numbers returns the values of the only series of a result.
func numbers(t *testing.T, body string) (list []float64) {
	t.Helper()
	var a struct {
		Data struct{ Result []struct{ Values [][2]any } }
	}
	if err := json.Unmarshal([]byte(body), &a); err != nil || len(a.Data.Result) != 1 {
		t.Fatalf("%v: %.300s", err, body)
	}
	for _, v := range a.Data.Result[0].Values {
		n, err := strconv.ParseFloat(v[1].(string), 64)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, n)
	}
	return list
}

// Wide steps are answered from the coarse tiers, with the newest points from tier 0, and the answer is the same.
func TestTiers(t *testing.T) {
	const hours = 4
	f := newFixture(t)
	ch := f.chart(f.host(1), wire.Chart{ID: "a.b"}, "d")
	for at := now - hours*3600; at < now; at += 600 {
		f.fill(ch, at, at+600, func(_ int, at int64) float64 { return float64(at*7919%1000) / 8 })
	}
	f.waitFor(0, func(s storage.TierStats) bool { return s.Points > 2*3600 })
	f.close()
	f.open() // which derives what is missing
	f.waitFor(1, func(s storage.TierStats) bool { return s.Points > 100 })

	ask := func(query, resolution string) string {
		return f.get("query_range", "query", query, "start", itoa(now-(hours-1)*3600), "end", itoa(now), "step", "600", "max_source_resolution", resolution)
	}
	for _, query := range []string{
		"min_over_time(a_b[10m])", "max_over_time(a_b[10m])", "sum_over_time(a_b[10m])", "avg_over_time(a_b[10m])", "deriv(a_b[10m])",
	} {
		coarse, fine := ask(query, "auto"), ask(query, "0s")
		if !strings.Contains(coarse, "points of 1m0s were read") || strings.Contains(fine, "were read") {
			t.Errorf("%s: infos: %.300s and %.300s", query, coarse, fine)
		}
		got, wanted := numbers(t, coarse), numbers(t, fine)
		if len(got) != (hours-1)*6+1 || len(got) != len(wanted) {
			t.Fatalf("%s: %d values, want %d", query, len(got), len(wanted))
		}
		for i := range got {
			tolerance := 1e-5 * math.Abs(wanted[i])
			if strings.HasPrefix(query, "deriv") {
				tolerance = 0.01
			}
			if math.Abs(got[i]-wanted[i]) > tolerance {
				t.Errorf("%s: value %d is %v, want %v", query, i, got[i], wanted[i])
			}
		}
	}
	// An instant is the average of its minute.
	instant, average := numbers(t, ask("a_b", "auto")), numbers(t, ask("avg_over_time(a_b[1m])", "0s"))
	for i := range instant {
		if math.Abs(instant[i]-average[i]) > 1e-5*average[i] {
			t.Errorf("instant %d is %v, want %v", i, instant[i], average[i])
		}
	}
	// A count counts samples.
	for i, n := range numbers(t, ask("count_over_time(a_b[10m])", "auto")) {
		if n != 600 {
			t.Errorf("count %d is %v", i, n)
		}
	}
}

// Hosts whose points are in rings are read as the others.
func TestRings(t *testing.T) {
	f := newFixture(t)
	for n, mode := range []storage.Mode{storage.DBEngine, storage.RAM, storage.Map} {
		h := f.host(n)
		h.SetRetentionKnown(false)
		ch := f.chart(h, wire.Chart{ID: "a.b"}, "x", "y")
		app, err := f.store.Receive(t.Context(), h, storage.Keep{Mode: mode, Entries: 3600})
		if err != nil {
			t.Fatal(err)
		}
		f.fillBy(app, ch, now-1200, now, func(d int, at int64) float64 { return float64(n*1000+d*100) + float64(at%60) })
	}
	want(t, "instant", f.eval(`sum by (host) (a_b)`, now),
		`[{"metric":{"host":"h0"},"value":[1800000000,"100"]},{"metric":{"host":"h1"},"value":[1800000000,"2100"]},{"metric":{"host":"h2"},"value":[1800000000,"4100"]}]`)
	want(t, "range", f.eval(`max by (host) (max_over_time(a_b{dimension="y"}[20m]))`, now),
		`[{"metric":{"host":"h0"},"value":[1800000000,"159"]},{"metric":{"host":"h1"},"value":[1800000000,"1159"]},{"metric":{"host":"h2"},"value":[1800000000,"2159"]}]`)
	want(t, "count", f.eval(`sum by (host) (count_over_time(a_b[20m]))`, now),
		`[{"metric":{"host":"h0"},"value":[1800000000,"2400"]},{"metric":{"host":"h1"},"value":[1800000000,"2400"]},{"metric":{"host":"h2"},"value":[1800000000,"2400"]}]`)
}
