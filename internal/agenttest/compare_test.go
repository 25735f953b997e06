package agenttest_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"foster/internal/agenttest"
)

// answers serves charts and data as an agent does; data has one JSON document a
// chart.
func answers(t *testing.T, charts string, data map[string]string) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/charts", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"charts":{%s}}`, charts)
	})
	mux.HandleFunc("GET /api/v1/data", func(w http.ResponseWriter, r *http.Request) {
		answer, ok := data[r.URL.Query().Get("chart")]
		if !ok {
			http.Error(w, "No metrics where matched to query.", http.StatusNotFound)
			return
		}
		fmt.Fprint(w, answer)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

func chart(id string, every, first int64) string {
	return fmt.Sprintf(`%q:{"id":%q,"update_every":%d,"first_entry":%d}`, id, id, every, first)
}

func TestCompare(t *testing.T) {
	f := func(first int64, child, parent string, want agenttest.Report) {
		t.Helper()
		data := func(s string) map[string]string {
			if s == "" {
				return nil
			}
			return map[string]string{"a.b": s}
		}
		report, err := agenttest.Compare(t.Context(),
			answers(t, chart("a.b", 1, first), data(child)), answers(t, "", data(parent)), 100, 103)
		if err != nil {
			t.Error(err)
			return
		}
		got := report
		got.After, got.Before, got.Charts, got.Dims, got.Bad = 0, 0, 0, 0, nil
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("child %s, parent %s:\n%s\nwant\n%s", child, parent, report, want)
		}
		if bad := report.Missing+report.Different+report.Extra > 0; bad != (len(report.Bad) == 1) {
			t.Errorf("bad charts: %v", report.Bad)
		}
	}
	full := `{"labels":["time","x"],"data":[[103,4],[102,3],[101,2],[100,1]]}`
	f(50, full, full, agenttest.Report{Points: 4})
	f(50, full, "", agenttest.Report{Points: 4, Missing: 4})
	f(50, full, `{"labels":["time","y"],"data":[[101,2]]}`, agenttest.Report{Points: 4, Missing: 4, Extra: 1})
	f(50, full, `{"labels":["time","x"],"data":[[103,4],[102,null],[101,2]]}`, agenttest.Report{Points: 4, Missing: 2})
	f(50, full, `{"labels":["time","x"],"data":[[103,4],[102,3.00001],[101,2.000001],[100,1]]}`, agenttest.Report{Points: 4, Different: 1})
	f(50, `{"labels":["time","x"],"data":[[101,null],[100,1]]}`, `{"labels":["time","x"],"data":[[101,2],[100,1]]}`,
		agenttest.Report{Points: 1, Extra: 1})
	// The order of columns does not count, that among equal names does.
	f(50, `{"labels":["time","x","y","x"],"data":[[100,1,2,3]]}`, `{"labels":["time","y","x","x"],"data":[[100,2,1,3]]}`,
		agenttest.Report{Points: 3})
	// Begins in the window: the parent may lack two values.
	f(100, full, `{"labels":["time","x"],"data":[[103,4],[102,3],[101,2]]}`, agenttest.Report{Points: 3, First: 1})
	f(100, full, full, agenttest.Report{Points: 4})
	f(100, full, `{"labels":["time","x"],"data":[[103,4]]}`, agenttest.Report{Points: 2, Missing: 1, First: 2})
	f(100, full, `{"labels":["time","x"],"data":[[103,4],[102,3],[100,1]]}`, agenttest.Report{Points: 4, Missing: 1})
	f(50, `{"labels":["time","x"],"data":[[103,4],[102,3],[101,null],[100,null]]}`, `{"labels":["time","x"],"data":[[103,4]]}`,
		agenttest.Report{Points: 1, First: 1})
	// Zeros before a dimension that is younger than its chart, and those of one that is not.
	// The first values after them may still be lacking.
	f(50, `{"labels":["time","x","y"],"data":[[103,4,7],[102,3,0],[101,2,0],[100,1,null]]}`, `{"labels":["time","x","y"],"data":[[103,4,7],[102,3,null],[101,2,null],[100,1,null]]}`,
		agenttest.Report{Points: 5, Padding: 2})
	f(50, `{"labels":["time","x","y"],"data":[[103,4,7],[102,3,0],[101,2,5],[100,1,0]]}`, `{"labels":["time","x","y"],"data":[[103,4,7],[102,3,null],[101,2,null],[100,1,null]]}`,
		agenttest.Report{Points: 5, First: 2, Padding: 1})
	f(50, `{"labels":["time","x"],"data":[[103,4],[102,0],[101,0],[100,0]]}`, `{"labels":["time","x"],"data":[[103,4]]}`,
		agenttest.Report{Points: 4, Missing: 3})
	// Rows outside of the window are not looked at.
	f(50, `{"labels":["time","x"],"data":[[104,4],[100,1],[99,1]]}`, `{"labels":["time","x"],"data":[[100,1]]}`, agenttest.Report{Points: 1})
}

func TestCompareNothing(t *testing.T) {
	child := answers(t, chart("a.b", 1, 50), nil)
	if _, err := agenttest.Compare(t.Context(), child, child, 100, 103); err == nil {
		t.Error("a child without points was compared")
	}
}

func TestFetchErrors(t *testing.T) {
	f := func(answer string) {
		t.Helper()
		base := answers(t, "", map[string]string{"a.b": answer})
		if _, err := agenttest.FetchData(t.Context(), base, "a.b", 1, 2); err == nil {
			t.Errorf("%s: no error", answer)
		}
	}
	f(``)
	f(`{"labels":[],"data":[]}`)
	f(`{"labels":["x"],"data":[]}`)
	f(`{"labels":["time","x"],"data":[[1]]}`)
	f(`{"labels":["time","x"],"data":[[null,1]]}`)
	base := answers(t, "", nil)
	if _, err := agenttest.FetchData(t.Context(), base, "a.b", 1, 2); !errors.Is(err, agenttest.ErrNotFound) {
		t.Errorf("unknown chart: %v, want ErrNotFound", err)
	}
	if _, err := agenttest.FetchCharts(t.Context(), answers(t, `"a.b":{"id":"c.d"}`, nil)); err == nil {
		t.Error("a chart listed below another id was accepted")
	}
}

func TestReportString(t *testing.T) {
	data := map[string]string{"a.b": `{"labels":["time","x"],"data":[[103,4],[102,3]]}`}
	report, err := agenttest.Compare(t.Context(), answers(t, chart("a.b", 1, 50), data), answers(t, "", nil), 102, 103)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"2 points: 2 missing", "a.b (every 1 s)", "missing from +0 to +1", "x at +1: child 4, parent NaN"} {
		if !strings.Contains(report.String(), want) {
			t.Errorf("report lacks %q:\n%s", want, report)
		}
	}
}
