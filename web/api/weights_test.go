package api

import (
	"math"
	"testing"

	"foster/replication/wire"
)

func TestKS2(t *testing.T) {
	same := func() []float64 {
		var list []float64
		for i := range 200 {
			list = append(list, float64(i%17))
		}
		return list
	}
	other := same()
	for i := range other {
		other[i] += 8
	}
	if v := ks2(same(), same()); v > 0.01 {
		t.Errorf("the same: %v", v)
	}
	if v := ks2(same(), other); v < 0.99 {
		t.Errorf("others: %v", v)
	}
	if v := ks2(nil, same()); !math.IsNaN(v) {
		t.Errorf("nothing: %v", v)
	}
	// Tables give 1.358 for a probability of 0.05.
	if p := kolmogorov(1.3581); math.Abs(p-0.05) > 1e-4 {
		t.Errorf("probability %v", p)
	}
}

func TestVolume(t *testing.T) {
	f := func(want float64, baseline, window []float64) {
		t.Helper()
		if got := volume(baseline, window); got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Errorf("%v after %v: %v, not %v", window, baseline, got, want)
		}
	}
	f(1, []float64{1, 1}, []float64{2, 2})
	f(0.5, []float64{2, 2}, []float64{1, nan})
	f(0.125, []float64{2, 2}, []float64{3, 2})
	f(1, []float64{0}, []float64{-3})
	f(nan, []float64{2}, []float64{2})
	f(nan, []float64{nan}, []float64{2})
	f(nan, nil, nil)
}

func TestWeights(t *testing.T) {
	m := newMemory()
	h := m.web01()
	ch := h.DefineChart(wire.Chart{ID: "step.up", Context: "step.up", UpdateEvery: 1})
	ch.AddDimension(wire.Dimension{ID: "step", Name: "step"})
	for sec := int64(start - 599); sec <= start; sec++ {
		v := 1.
		if sec > start-60 {
			v = float64(100 + sec%7)
		}
		m.store(ch, sec, v)
	}
	a := testAPI(t, m)
	const window = "&after=1700000041&before=1700000100"
	for _, method := range []string{"ks2", "volume"} {
		o := object(t, a, "/host/web01/api/v1/metric_correlations?method="+method+window)
		charts := o["correlated_charts"].(map[string]any)
		step := charts["step.up"].(map[string]any)["dimensions"].(map[string]any)["step"]
		if step != 0. || o["baseline_duration"] != 236. {
			t.Errorf("%s: step weighs %v in %v", method, step, o)
		}
	}
	o := object(t, a, "/host/web01/api/v1/weights?method=value"+window)
	cpu := o["contexts"].(map[string]any)["system.cpu"].(map[string]any)["charts"].(map[string]any)["system.cpu"].(map[string]any)
	if cpu["dimensions"].(map[string]any)["sys"] != 5. {
		t.Errorf("value: %v", cpu)
	}
	v2 := object(t, a, "/api/v2/weights?scope_contexts=system.cpu&dimensions=system|user"+window)
	rows := v2["result"].([]any)
	if len(rows) != 5 || v2["correlated_dimensions"] != 2. {
		t.Fatalf("rows: %v", rows)
	}
	node := rows[4].([]any)
	if stats := node[6].([]any); node[0] != 3. || node[2] != nil || stats[4] != 120. || stats[2] != 9. {
		t.Errorf("the node: %v", node)
	}
	for query, status := range map[string]int{
		"?method=ks2&points=5": 400, "?method=nope": 400, "?after=1700000000&before=1700000000": 400, "?method=ks2&baseline_after=1700000000&baseline_before=1700000000" + window: 400,
		"?contexts=nope": 404, "?tier=99&method=value&after=-60": 200,
	} {
		if w := get(a, "/host/web01/api/v1/weights"+query); w.Code != status {
			t.Errorf("%s: %d %s", query, w.Code, w.Body.String())
		}
	}
}
