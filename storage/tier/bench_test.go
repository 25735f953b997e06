package tier

import (
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"

	"foster/storage/query"
)

// value returns a realistic value of a series: of ten series four hardly change, three are small integers, two are
// percentages with decimals, one is a byte rate.
func value(rnd *rand.Rand, kind int, at int64) float64 {
	switch kind % 10 {
	case 0, 1, 2, 3:
		return float64(kind + int(at/900))
	case 4, 5, 6:
		return float64(rnd.IntN(11))
	case 7, 8:
		return math.Round(5000+2000*rnd.NormFloat64()) / 100
	default:
		return rnd.Float64() * 1e6
	}
}

// steady opens a tier with that many series that have got points for some seconds, and returns what appends one more
// second to all of them, in batches of 1,000.
func steady(b testing.TB, count int, seconds int64) (r *Raw, second func()) {
	o := testOptions()
	o.Registerer = nil
	r = openRaw(b, b.TempDir(), o)
	manual(r)
	app := r.Appender()
	refs := make([]uint64, count)
	for i := range refs {
		var err error
		s := Series{guid, fmt.Sprintf("chart.%d", i/10), fmt.Sprintf("dim%d", i%10), fmt.Sprintf("context.%d", i/100)}
		if refs[i], err = app.Create(s, epoch, 0, 0); err != nil {
			b.Fatal(err)
		}
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	at := epoch
	second = func() {
		at++
		for i, ref := range refs {
			if _, err := app.Append(ref, at, value(rnd, i, at), 0); err != nil {
				b.Fatal(err)
			}
			if app.Pending() >= 1000 {
				if err := app.Commit(); err != nil {
					b.Fatal(err)
				}
			}
		}
		if err := app.Commit(); err != nil {
			b.Fatal(err)
		}
	}
	for range seconds {
		second()
	}
	return r, second
}

// used returns the CPU time that the process has used: on a machine with other work it says more than the clock.
func used(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkAppendCommit appends seconds of 10,000 series, in batches of 1,000: to the tier, and to a TSDB with the library's
// default options, which is what is left when nothing is put around it.
func BenchmarkAppendCommit(b *testing.B) {
	const count = 10_000
	measure := func(b *testing.B, second, minute func()) {
		b.ReportAllocs()
		before, n := used(b), 0
		for b.Loop() {
			second()
			if n++; n%60 == 0 {
				minute()
			}
		}
		b.ReportMetric(float64((used(b)-before).Nanoseconds())/float64(b.N)/count, "CPU-ns/sample")
	}
	b.Run("tier", func(b *testing.B) {
		r, second := steady(b, count, 60)
		measure(b, second, r.MapHead)
	})
	b.Run("tsdb", func(b *testing.B) {
		db, second := steadyTSDB(b, count, 60)
		measure(b, second, db.ForceHeadMMap)
	})
}

// steadyTSDB is steady for a TSDB with default options, whose log is not compressed, as that of the tier. It cuts no blocks.
func steadyTSDB(b *testing.B, count int, seconds int64) (db *tsdb.DB, second func()) {
	db, err := tsdb.Open(b.TempDir(), slog.New(slog.DiscardHandler), nil, tsdb.DefaultOptions(), nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	})
	db.DisableCompactions()
	refs := make([]storage.SeriesRef, count)
	rnd := rand.New(rand.NewPCG(1, 2))
	at := epoch
	second = func() {
		at++
		for from := 0; from < count; from += 1000 {
			app := db.AppenderV2(b.Context())
			for i := from; i < from+1000; i++ {
				var ls labels.Labels
				if refs[i] == 0 {
					ls = Series{guid, fmt.Sprintf("chart.%d", i/10), fmt.Sprintf("dim%d", i%10), fmt.Sprintf("context.%d", i/100)}.labels()
				}
				ref, err := app.Append(refs[i], ls, 0, at*1000, value(rnd, i, at), nil, nil, storage.AOptions{})
				if err != nil {
					b.Fatal(err)
				}
				refs[i] = ref
			}
			if err := app.Commit(); err != nil {
				b.Fatal(err)
			}
		}
	}
	for range seconds {
		second()
	}
	return db, second
}

func TestAppendDoesNotAllocate(t *testing.T) {
	const count = 1000
	_, second := steady(t, count, 5)
	// What is left belongs to the batch, not to its points: and new chunks, one for 120 points.
	if allocs := testing.AllocsPerRun(50, second); allocs > count/10 {
		t.Errorf("%v allocations for a batch of %d points", allocs, count)
	}
}

func BenchmarkReplay(b *testing.B) {
	const count = 1000
	r, _ := steady(b, count, 1)
	app := r.Appender()
	now := epoch + 86400
	for i := range count {
		s := Series{guid, "replay.chart", fmt.Sprintf("dim%d", i), "context"}
		if _, err := app.Create(s, now, 1, 0); err != nil {
			b.Fatal(err)
		}
	}
	if err := app.Commit(); err != nil {
		b.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	from, i := now-3600*24, 0
	points := 0
	for b.Loop() { // a step of replay: ten minutes of a series
		s := Series{guid, "replay.chart", fmt.Sprintf("dim%d", i%count), "context"}
		start := from + int64(i/count)*600
		ref, err := app.Create(s, start, 0, 0)
		for at := start + 1; err == nil && at < start+600; at++ {
			_, err = app.Append(ref, at, value(rnd, i, at), 0)
		}
		if err == nil {
			err = app.Commit()
		}
		if err != nil {
			b.Fatal(err)
		}
		points += 600
		i++
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(points), "ns/sample")
}

func BenchmarkSelect10x600(b *testing.B) {
	dims := make([]string, 10)
	for i := range dims {
		dims[i] = fmt.Sprintf("dim%d", i)
	}
	run := func(b *testing.B, r *Raw, after int64) {
		buf := make([]query.Point, 256)
		b.ReportAllocs()
		before := used(b)
		for b.Loop() {
			s, err := r.Select(b.Context(), guid, "chart.7", dims, 1, after, after+600)
			if err != nil {
				b.Fatal(err)
			}
			points := 0
			for _, c := range s.Cursors {
				for {
					n, err := c.Read(buf)
					points += n
					if err != nil {
						break
					}
				}
			}
			if points != 6000 {
				b.Fatalf("read %d points", points)
			}
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64((used(b)-before).Nanoseconds())/float64(b.N), "CPU-ns/op")
	}
	r, _ := steady(b, 2000, 3000)
	b.Run("head", func(b *testing.B) { run(b, r, epoch+2300) })
	if err := r.compact(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.Run("block", func(b *testing.B) { run(b, r, epoch+600) })
}

func BenchmarkLoadRetention(b *testing.B) {
	o := testOptions()
	r := openRaw(b, b.TempDir(), o)
	app := r.Appender()
	refs := make([]uint64, 200)
	for at := epoch; at < epoch+86400; at++ {
		for i := range refs {
			ref, err := app.Append(refs[i], at, float64(at%10), 0)
			if err != nil {
				ref, err = app.Create(Series{guid, fmt.Sprintf("chart.%d", i/4), fmt.Sprintf("dim%d", i), "c"}, at, 0, 0)
			}
			if err != nil {
				b.Fatal(err)
			}
			refs[i] = ref
		}
		if app.Pending() >= 1000 {
			if err := app.Commit(); err != nil {
				b.Fatal(err)
			}
		}
		if at%3600 == 0 {
			if err := r.compact(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := r.compact(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(len(r.db.Blocks())), "blocks")
	for b.Loop() {
		spans, err := r.Retention(b.Context(), guid)
		if err != nil || len(spans) != 50 {
			b.Fatalf("%d charts, error %v", len(spans), err)
		}
	}
}

// BenchmarkBlock tells the size of a block on a realistic mix of values.
func BenchmarkBlock(b *testing.B) {
	const count = 2000
	for b.Loop() {
		r, _ := steady(b, count, 3000)
		start := time.Now()
		if err := r.compact(b.Context()); err != nil {
			b.Fatal(err)
		}
		var points uint64
		for _, block := range r.db.Blocks() {
			points += block.Meta().Stats.NumSamples
		}
		b.ReportMetric(float64(r.Stats().BlockBytes)/float64(points), "B/sample")
		b.ReportMetric(float64(time.Since(start).Nanoseconds())/float64(points), "cut-ns/sample")
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
