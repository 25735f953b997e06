package tier

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"foster/storage/query"
)

// BenchmarkDerive tells what it costs to derive a block of half an hour, and how large the coarse tiers are, with a realistic
// mix of values.
func BenchmarkDerive(b *testing.B) {
	const count = 2000
	o := testOptions()
	coarse := []CoarseOptions{{Iterations: 60}, {Iterations: 60}}
	ts := openTestTiers(b, b.TempDir(), o, coarse)
	app, refs := ts.Appender(), make([]uint64, count)
	rnd := rand.New(rand.NewPCG(1, 2))
	at := epoch
	feed := func(seconds int) {
		for range seconds {
			for i := range refs {
				v := value(rnd, i, at)
				ref, err := app.Append(refs[i], at, v, 0)
				if errors.Is(err, ErrUnknownSeries) {
					ref, err = app.Create(Series{guid, fmt.Sprintf("chart.%d", i/10), fmt.Sprintf("dim%d", i%10), "c"}, at, v, 0)
				}
				must(b, err)
				refs[i] = ref
			}
			must(b, app.Commit())
			at++
		}
	}
	feed(900)
	var spent time.Duration
	before := ts.TierStats()[1].Samples
	for b.Loop() {
		b.StopTimer()
		feed(1800)
		mustCompact(b, ts)
		b.StartTimer()
		start := time.Now()
		mustDerive(b, ts)
		spent += time.Since(start)
	}
	s := ts.TierStats()
	b.ReportMetric(float64(spent.Nanoseconds())/float64(s[1].Samples-before), "ns/sample")
	b.ReportMetric(float64(s[0].BlockBytes)/float64(s[0].Samples), "B/sample-tier0")
	b.ReportMetric(float64(s[1].BlockBytes)/float64(s[1].Samples), "B/sample-tier1")
	b.ReportMetric(float64(s[2].BlockBytes)/float64(s[2].Samples), "B/sample-tier2")
}

// fillDays fills a tier with so many days as derivation and merging leave them: blocks of four days, then of one, then of six
// hours.
func fillDays(b testing.TB, t *coarse, series int, days int64) {
	rnd := rand.New(rand.NewPCG(1, 2))
	begin := epoch / 86400 * 86400
	end := begin + days*86400
	for from := begin; from < end; {
		length := int64(6 * 3600)
		for l := length * longer; l <= 16*length && from+l <= end; l *= longer {
			length = l
		}
		w, err := newBlockWriter(t.dir, t.step, time.Now())
		must(b, err)
		for i := range series {
			for at := from + t.step; at <= from+length; at += t.step {
				a := aggregate{window: at / t.step}
				for range 60 {
					a.add(float64(float32(value(rnd, i, at))), false)
				}
				w.record.add(&a)
			}
			must(b, w.add(appendKey(nil, key{guid, fmt.Sprintf("chart.%03d", i/10), fmt.Sprintf("dim%d", i%10)})))
		}
		block, err := w.finish(nil, nil)
		must(b, err)
		must(b, t.replace(block))
		from += length
	}
}

// BenchmarkSelectMonth reads 30 days of ten dimensions, for 1,000 rows.
func BenchmarkSelectMonth(b *testing.B) {
	for _, bench := range []struct {
		name  string
		width int64
	}{{"tier1", 2592}, {"tier2", 3600}} {
		b.Run(bench.name, func(b *testing.B) {
			ts := openTestTiers(b, b.TempDir(), testOptions(), []CoarseOptions{{Iterations: 60}, {Iterations: 60}})
			for _, c := range ts.coarse {
				if bench.width >= c.step {
					fillDays(b, c, 20, 32)
				}
			}
			dims := make([]string, 10)
			for i := range dims {
				dims[i] = fmt.Sprintf("dim%d", i)
			}
			after := epoch/86400*86400 + 3600
			buf := make([]query.Point, 512)
			points := 0
			b.ReportAllocs()
			for b.Loop() {
				r, err := ts.Select(b.Context(), Query{GUID: guid, Chart: "chart.001", Dimensions: dims, After: after, Before: after + 30*86400, Width: bench.width})
				must(b, err)
				points = 0
				for _, c := range r.Cursors {
					for {
						n, err := c.Read(buf)
						points += n
						if errors.Is(err, io.EOF) {
							break
						}
						must(b, err)
					}
				}
				must(b, r.Close())
			}
			b.ReportMetric(float64(points), "points")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(points), "ns/point")
		})
	}
}
