package prom

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	promstorage "github.com/prometheus/prometheus/storage"

	"foster/storage/query"
)

func TestPlan(t *testing.T) {
	const day = 86400
	levels := []level{{width: 0, first: now - 14*day}, {width: 60, first: now - 90*day}, {width: 3600, first: now - 700*day}}
	for _, c := range []struct {
		what           string
		r              resolution
		back, step, r2 int64 // how many seconds ago the selector begins, step, range
		function       string
		width          int64
		aggregate      aggregate
		warnings       int
		infos          int
	}{
		{what: "an instant", r: auto, back: 300},
		{what: "seconds", r: auto, back: 3600, step: 15},
		{what: "nearly five minutes", r: auto, back: day, step: 299},
		{what: "five minutes", r: auto, back: day, step: 300, width: 60, infos: 1},
		{what: "five hours", r: auto, back: day, step: 18000, width: 3600, infos: 1},
		{what: "five hours as collected", r: 0, back: day, step: 18000},
		{what: "at most five minutes", r: 300, back: day, step: 18000, width: 60, infos: 1},
		{what: "average of an hour every 15 s", r: auto, back: day, step: 15, r2: 3600, function: "avg_over_time"},
		{what: "average of a day", r: auto, back: day, r2: day, function: "avg_over_time", width: 3600, infos: 1},
		{what: "minimum", r: auto, back: day, step: day, r2: 300, function: "min_over_time", width: 60, aggregate: minimum, infos: 1},
		{what: "maximum", r: auto, back: day, step: day, r2: day, function: "max_over_time", width: 3600, aggregate: maximum, infos: 1},
		{what: "sum", r: auto, back: day, step: day, r2: day, function: "sum_over_time", width: 3600, aggregate: total, infos: 1},
		{what: "rate", r: auto, back: day, step: day, r2: day, function: "rate"},
		{what: "count", r: auto, back: day, step: day, r2: day, function: "count_over_time"},
		{what: "old", r: auto, back: 20 * day, step: 15, infos: 1},
		{what: "older", r: auto, back: 100 * day, step: 300, width: 60, infos: 2},
		{what: "older than everything", r: auto, back: 1000 * day, step: 18000, width: 3600, infos: 1},
		{what: "old rate", r: auto, back: 20 * day, step: 15, r2: 60, function: "rate", warnings: 1},
		{what: "old average", r: auto, back: 20 * day, step: 15, r2: 60, function: "avg_over_time", warnings: 1},
		{what: "old maximum", r: auto, back: 20 * day, step: 15, r2: 60, function: "max_over_time", aggregate: maximum, infos: 1},
	} {
		p := c.r.plan(&promstorage.SelectHints{Start: (now - c.back) * 1000, End: now * 1000, Step: c.step * 1000, Range: c.r2 * 1000, Func: c.function}, levels, 0)
		warnings, infos := p.notes.CountWarningsAndInfo()
		if p.width != c.width || p.aggregate != c.aggregate || warnings != c.warnings || infos != c.infos {
			t.Errorf("%s: %+v", c.what, p)
		}
	}
	if p := auto.plan(&promstorage.SelectHints{Start: 0, End: now * 1000}, levels, now-day); len(p.notes) != 0 {
		t.Errorf("a young series: %v", p.notes)
	}
	if p := auto.plan(&promstorage.SelectHints{Start: 0, End: now * 1000, Step: 1e9}, []level{{first: now - day}, {width: 60}}, 0); p.width != 0 || len(p.notes) != 0 {
		t.Errorf("an empty tier: %+v", p)
	}

	for _, c := range []struct{ start, step, want int64 }{
		{now, 15, 0}, {now, 300, 123}, {now, 18000, 7203}, {now - 20*day, 15, 123}, {now - 100*day, 15, 7203},
	} {
		if got := auto.lookback(levels, c.start, c.step); got != c.want {
			t.Errorf("lookback of %+v: %d", c, got)
		}
	}
}

// list is a cursor over a list, two points at a time.
type list []query.Point

func (l *list) Read(dst []query.Point) (int, error) {
	n := copy(dst[:min(2, len(dst))], *l)
	*l = (*l)[n:]
	if len(*l) == 0 {
		return n, io.EOF
	}
	return n, nil
}

func TestWindows(t *testing.T) {
	one := func(end int64, v float64) query.Point {
		return query.Point{Start: end - 1, End: end, Sum: v, Min: v, Max: v, Count: 1}
	}
	points := list{
		{Start: 0, End: 60, Sum: 600, Min: 1, Max: 20, Count: 60}, {Start: 60, End: 120, Sum: 60, Min: 1, Max: 1, Count: 60}, {Start: 120, End: 180},
		one(181, 5), one(182, 7), one(240, 3), one(241, 1), one(300, 9), one(301, 2),
	}
	w := newWindows(&points, 60)
	var b strings.Builder
	buf := make([]query.Point, 2)
	for {
		n, err := w.Read(buf)
		for _, p := range buf[:n] {
			fmt.Fprintf(&b, "(%d,%d] %v %v %v %d\n", p.Start, p.End, p.Sum, p.Min, p.Max, p.Count)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	want(t, "windows", b.String(), "(0,60] 600 1 20 60\n(60,120] 60 1 1 60\n(180,240] 15 3 7 3\n(240,300] 10 1 9 2\n(300,301] 2 2 2 1\n")
}
