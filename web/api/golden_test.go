package api

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"foster/replication/wire"
	"foster/storage/catalog"
)

// The charts of testdata/golden. What is not here of a dimension is as most are.
var goldenCharts = []struct {
	wire.Chart
	names  map[string]string
	hidden string
}{
	{Chart: wire.Chart{ID: "golden.cpu", Type: "stacked", Units: "percentage", UpdateEvery: 1}, hidden: "idle"},
	{Chart: wire.Chart{ID: "golden_net.eth0", Type: "area", Units: "kilobits/s", UpdateEvery: 1}},
	{Chart: wire.Chart{ID: "golden.load", Type: "line", Units: "load", UpdateEvery: 5}},
	{Chart: wire.Chart{ID: "golden.ram", Type: "stacked", Units: "MiB", UpdateEvery: 1}},
	{
		Chart: wire.Chart{ID: "golden.misc", Name: "golden.misc_name", Type: "line", Units: "things/s", UpdateEvery: 1},
		names: map[string]string{"d1": "alpha", "d2": "beta", "d3": "gamma", "d4": "delta"},
	},
}

// goldenHost returns a host with the samples of testdata/golden, which the recorded answers are of.
func goldenHost(t *testing.T) *API {
	t.Helper()
	s := openStore(t, t.TempDir())
	t.Cleanup(func() { _ = s.Close() })
	h := s.Catalog().Define(webGUID, catalog.HostInfo{Hostname: "web01", UpdateEvery: 1, Hops: 1})
	app := s.Appender()
	for _, c := range goldenCharts {
		f, err := os.Open(filepath.Join("testdata", "golden", c.ID+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(f).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
		ch := h.DefineChart(c.Chart)
		var dims []*catalog.Dimension
		for _, id := range rows[0][1:] {
			name := c.names[id]
			if name == "" {
				name = id
			}
			dims = append(dims, ch.AddDimension(wire.Dimension{ID: id, Name: name, Multiplier: 1, Divisor: 1, Hidden: id == c.hidden}))
		}
		for _, row := range rows[1:] {
			at, err := strconv.ParseInt(row[0], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			for i, d := range dims {
				if row[i+1] == "" {
					continue
				}
				v, err := strconv.ParseFloat(row[i+1], 64)
				if err != nil {
					t.Fatal(err)
				}
				if err := app.Append(d, at, v, 0); err != nil {
					t.Fatal(err)
				}
				d.SetLast(at, v, 0)
				ch.Stored(at)
			}
		}
	}
	if err := app.Commit(); err != nil {
		t.Fatal(err)
	}
	h.SetRetentionKnown(true)
	return storeAPI(t, s)
}

// TestGolden asks what real parents, netdata 1.37.1 and 2.11.0, were asked that had the same samples. An answer is right when
// it is that of one of them: the text, with numbers to four digits, since parents keep 24 bits of a sample and sum in another
// order.
func TestGolden(t *testing.T) {
	a := goldenHost(t)
	f, err := os.Open(filepath.Join("testdata", "golden", "queries.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	n := 0
	for ; lines.Scan(); n++ {
		var q struct {
			Query   string
			Types   []string
			Answers []string
		}
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			t.Fatal(err)
		}
		w := get(a, "/host/web01"+q.Query)
		if typ, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";"); w.Code != 200 || !slices.Contains(q.Types, typ) {
			t.Errorf("%s: %d, %s", q.Query, w.Code, typ)
			continue
		}
		right := false
		for _, answer := range q.Answers {
			right = right || sameButDigits(w.Body.String(), answer)
		}
		if !right {
			t.Errorf("%s:\n%s\nwant\n%s", q.Query, w.Body, strings.Join(q.Answers, "\nor\n"))
		}
	}
	if err := lines.Err(); err != nil || n < 100 {
		t.Errorf("%d queries, %v", n, err)
	}
}

// sameButDigits says whether two texts are the same but for white space and for digits of numbers that do not matter.
// Times do: they have more digits than what may differ.
func sameButDigits(a, b string) bool {
	numbers := regexp.MustCompile(`-?\d+(\.\d+)?([eE][-+]?\d+)?`)
	space := regexp.MustCompile(`\s+`)
	text := func(s string) string { return space.ReplaceAllString(numbers.ReplaceAllString(s, "#"), "") }
	if text(a) != text(b) {
		return false
	}
	largest := 0.0
	of := numbers.FindAllString(b, -1)
	for _, s := range of {
		if v, err := strconv.ParseFloat(s, 64); err == nil && math.Abs(v) < 1e9 {
			largest = max(largest, math.Abs(v))
		}
	}
	for i, s := range numbers.FindAllString(a, -1) {
		got, err1 := strconv.ParseFloat(s, 64)
		want, err2 := strconv.ParseFloat(of[i], 64)
		tolerance := 1e-4*math.Abs(want) + 1e-6*largest + 1e-6
		if math.Abs(want) > 1e9 { // a time
			tolerance = 0
		}
		if err1 != nil || err2 != nil || math.Abs(got-want) > tolerance {
			return false
		}
	}
	return true
}
