package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"foster/storage/query"
)

func TestBatch(t *testing.T) {
	m := newMemory()
	m.web01()
	a := testAPI(t, m)
	f := func(path, want string) {
		t.Helper()
		w := get(a, path)
		if got := strings.Join(strings.Fields(w.Body.String()), ""); w.Code != 200 || got != fmt.Sprintf(`{"now":%d,"charts":[%s]}`, start+2, want) {
			t.Errorf("%s: %d\n%s\nwant\n%s", path, w.Code, got, want)
		}
	}
	// Rows of one sample, and one row more on the left.
	const seconds = `"update_every":1,"step":1,"rows":4,"first":1700000097,"dimensions":["user","system","nice","irq"],"names":["user","sys","nice","irq"],"values":[[7,8,9,0],[5,5,5,5],[0,0,0,0],[1.5,1.5,1.5,1.5]]}`
	f("/host/web01/api/foster/v1/data?chart=system.cpu&after=1700000097&before=1700000100&points=10&band=true", `{"chart":"system.cpu",`+seconds)
	f("/api/foster/v1/data?host=web01&chart=system.cpu&after=1700000097&before=1700000100", `{"host":"web01","chart":"system.cpu",`+seconds)
	// Longer rows are aligned and have extremes; a gap is null in all of them.
	f("/host/web01/api/foster/v1/data?chart=system.cpu&after=1700000071&before=1700000100&points=3&band=true", `{"chart":"system.cpu","update_every":1,"step":10,"rows":4,"first":1700000070,`+
		`"dimensions":["user","system","nice","irq"],"names":["user","sys","nice","irq"],"values":[[4.5,4.5,4.5,4.5],[5,5,5,5],[0,0,0,0],[1.5,1.5,null,1.5]],`+
		`"min":[[0,0,0,0],[5,5,5,5],[0,0,0,0],[1.5,1.5,null,1.5]],"max":[[9,9,9,9],[5,5,5,5],[0,0,0,0],[1.5,1.5,null,1.5]]}`)
	// A row that is not over is left out; charts have rows of their own; a name is as good as an id.
	f("/host/web01/api/foster/v1/data?chart=system.load_average&after=-20", `{"chart":"system.load_average","update_every":5,"step":5,"rows":5,"first":1700000080,"dimensions":["load1"],"names":["load1"],"values":[[-0.02,-0.015,-0.01,-0.005,0]]}`)
	// What is not there is said for each chart.
	f("/host/web01/api/foster/v1/data?chart=nope&host=nobody&chart=system.cpu&host=parent01&chart=system.cpu",
		`{"chart":"nope","error":"unknownchart"},{"host":"nobody","chart":"system.cpu","error":"unknownhost"},{"host":"parent01","chart":"system.cpu","error":"unknownhost"}`)
	f("/host/web01/api/foster/v1/data?chart=system.cpu&after=1500000000&before=1500000300", `{"chart":"system.cpu","update_every":1,"step":1,"rows":0}`)
	f("/host/web01/api/foster/v1/data?chart=system.cpu&after=-1600000000&before=281474976710656", `{"chart":"system.cpu","update_every":1,"step":1,"rows":2,"first":1700000100,"dimensions":["user","system","nice","irq"],"names":["user","sys","nice","irq"],"values":[[0,null],[5,null],[0,null],[1.5,null]]}`) // the future
}

func TestBatchAnomalies(t *testing.T) {
	m := newMemory()
	h := m.web01()
	d := h.Chart("system.cpu").Dimensions()[0]
	m.points[d][len(m.points[d])-1].Anomalous = 1
	w := object(t, testAPI(t, m), "/host/web01/api/foster/v1/data?chart=system.cpu&after=1700000098&before=1700000100")
	rates, _ := json.Marshal(w["charts"].([]any)[0].(map[string]any)["anomaly_rates"])
	if string(rates) != "[0,0,25]" { // of one dimension of four
		t.Errorf("%s", rates)
	}
}

func TestBatchLimits(t *testing.T) {
	m := newMemory()
	m.web01()
	a := testAPI(t, m, func(o *Options) { o.MaxCells = 100 })
	f := func(query string) {
		t.Helper()
		if w := get(a, "/host/web01/api/foster/v1/data?"+query); w.Code != 400 || w.Body.Len() == 0 {
			t.Errorf("%s: %d %s", query, w.Code, w.Body.String())
		}
	}
	f("")
	f(strings.Repeat("chart=a&", maxBatch+1))
	f("chart=system.cpu&points=0")
	f("chart=system.cpu&points=5000")
	f("chart=system.cpu&after=1700000100&before=1700000100")
	f("chart=system.cpu&points=100")
	f("chart=system.cpu&points=10&after=-10&chart=system.cpu&chart=system.cpu")
	m.failed = fmt.Errorf("disk on fire")
	if w := get(a, "/host/web01/api/foster/v1/data?chart=system.load&points=5"); w.Code != 500 || strings.Contains(w.Body.String(), "fire") {
		t.Errorf("%d %s", w.Code, w.Body.String())
	}
}

// TestBatchStep holds that rows are never more than asked for, and whole points of the tiers when they are that long.
func TestBatchStep(t *testing.T) {
	tiers := []int64{0, 60, 3600}
	f := func(span, rows, every, want int64) {
		t.Helper()
		if got := batchStep(span, rows, every, tiers); got != want || got*rows < span {
			t.Errorf("%d s in %d rows of %d s: %d, want %d", span, rows, every, got, want)
		}
	}
	f(300, 400, 1, 1)
	f(900, 400, 1, 3)
	f(900, 400, 7, 7)
	f(21600, 400, 1, 54)
	f(86400, 400, 1, 240)
	f(86400, 400, 7, 217) // a tier's points would not be whole samples
	f(30*86400, 400, 1, 7200)
	f(30*86400, 400, 10, 7200)
}

func FuzzBatch(f *testing.F) {
	m := newMemory()
	m.web01()
	a := testAPI(f, m)
	f.Add("chart=system.cpu&after=-60&points=7&band=true")
	f.Add("host=web01&chart=system.load&after=1&before=281474976710655&points=1")
	f.Fuzz(func(t *testing.T, raw string) {
		rq := &request{Request: httptest.NewRequest(http.MethodGet, "/", nil), host: m.cat.Find("web01"), now: a.opt.Now(), params: parseParams(raw)}
		rp := newReply()
		defer rp.free()
		a.batch(rp, rq)
		if rp.status == 200 && !json.Valid(rp.b) {
			t.Errorf("%s", rp.b)
		}
	})
}

func TestExtremes(t *testing.T) {
	e := newExtremes(&query.Window{After: 1, Before: 20, Points: 2, Granularity: 1, Group: 10})
	for _, p := range []query.Point{{End: 0, Min: -9, Count: 1}, {End: 3, Min: 1, Max: 2, Count: 2}, {End: 10, Min: -1, Max: 0, Count: 1}, {End: 11}, {End: 21, Max: 9, Count: 1}} {
		e.add(&p)
	}
	if got := fmt.Sprint(e.min, e.max); got != "[-1 NaN] [2 NaN]" {
		t.Error(got)
	}
}
