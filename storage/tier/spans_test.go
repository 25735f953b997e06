package tier

import (
	"fmt"
	"testing"
)

func TestRetentionOfAllTiers(t *testing.T) {
	o, coarse := tierOptions()
	ts := openTestTiers(t, t.TempDir(), o, coarse)
	// Two hours ago there was a chart that is no more, and one that goes on.
	old := epoch - 7200
	for _, c := range ts.coarse {
		w, err := newBlockWriter(c.dir, c.step, c.now())
		must(t, err)
		for _, chart := range []string{"a.both", "a.ended"} {
			for at := old; at < old+600; at += c.step {
				w.record.add(&aggregate{window: windowOf(at+1, c.step), count: 1})
			}
			must(t, w.add(appendKey(nil, key{guid, chart, "x"})))
		}
		b, err := w.finish(nil, nil)
		must(t, err)
		must(t, c.replace(b))
	}
	f := newFeeder(t, ts.Raw)
	for at := epoch + 3; at <= epoch+500; at++ {
		f.append(series("a.both", "x"), at, 1, 0)
		f.append(series("a.new", "x"), at, 1, 0)
	}
	f.commit()
	mustCompact(t, ts)
	mustDerive(t, ts)
	spans, err := ts.Retention(t.Context(), guid)
	must(t, err)
	for chart, want := range map[string]Span{
		"a.both":  {old, epoch + 500},
		"a.new":   {epoch + 3, epoch + 500}, // not the beginning of its first window
		"a.ended": {old, old + 590},         // what came in the last window is not known
	} {
		if got := spans[chart]; got != want {
			t.Errorf("%s is stored from %d to %d, want %d to %d", chart, got.First-epoch, got.Last-epoch, want.First-epoch, want.Last-epoch)
		}
	}
	if other, err := ts.Retention(t.Context(), "other"); err != nil || len(other) != 0 {
		t.Errorf("another host has %v, %v", other, err)
	}
	// The chart is read over all that time, where nothing finer is with the windows there are, the last of which reaches into tier 0.
	points := readTiers(t, ts, Query{GUID: guid, Chart: "a.both", Dimensions: []string{"x"}, After: old, Before: epoch + 500, Width: 1})
	if n := len(points); n != 60+1+490 || points[0].End != old+10 {
		t.Errorf("%d points from %d", n, points[0].End-old)
	}
}

// BenchmarkRetention reads what is stored of a host with 2,000 series, among ten such hosts, in 100 blocks.
func BenchmarkRetention(b *testing.B) {
	ts := openTestTiers(b, b.TempDir(), testOptions(), []CoarseOptions{{Iterations: 60}})
	c := ts.coarse[0]
	for n := range int64(100) {
		w, err := newBlockWriter(c.dir, c.step, c.now())
		must(b, err)
		for h := range 10 {
			for ch := range 400 {
				for d := range 5 {
					w.record.add(&aggregate{window: epoch/60 + n, count: 60})
					must(b, w.add(appendKey(nil, key{fmt.Sprintf("%s%d", guid, h), fmt.Sprintf("chart.%03d", ch), fmt.Sprint(d)})))
				}
			}
		}
		block, err := w.finish(nil, nil)
		must(b, err)
		must(b, c.replace(block))
	}
	for b.Loop() {
		spans, err := ts.Retention(b.Context(), guid+"7")
		if err != nil || len(spans) != 400 {
			b.Fatalf("%d charts, %v", len(spans), err)
		}
	}
}
