package health

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"foster/replication/wire"
	"foster/storage/catalog"
)

// BenchmarkEvaluate evaluates 100 alerts of each of 1,000 hosts, as they are when each is due every 10 s: 80 have a lookup over
// 10 s to 5 min of a chart of three dimensions that was collected every second, and 20 calculate. An iteration is one
// evaluation of all of them. core-% is what of one core that takes when it happens every 10 s.
func BenchmarkEvaluate(b *testing.B) {
	const hosts, charts = 1000, 10
	x := newBench(b)
	x.rules.Mode = Always
	var text strings.Builder
	for i, after := range []string{"10s", "1m", "1m", "2m", "5m", "5m", "1m", "10s"} {
		fmt.Fprintf(&text, "template: l%d\non: t.ctx\nlookup: average -%s unaligned of x,y\nevery: 10s\nwarn: $this > (($status >= $WARNING) ? (75) : (85))\ncrit: $this > 95\n\n", i, after)
	}
	for i := range 2 {
		fmt.Fprintf(&text, "template: c%d\non: t.ctx\ncalc: $x * 100 / ($x + $y + $z)\nevery: 10s\nwarn: $this > 90\n\n", i)
	}
	x.load(text.String())
	const (
		points = 320 // second of the first pass
		ahead  = 80  // seconds of data that are there beyond it: the clock goes back before it has passed them
	)
	x.set(points + ahead)
	a := x.store.Appender()
	for i := range hosts {
		guid := fmt.Sprintf("a1a2a3a4-0000-4000-8000-%012d", 100+i)
		h := x.store.Catalog().Define(guid, catalog.HostInfo{Hostname: fmt.Sprint("host", i), OS: "linux", UpdateEvery: 1})
		for c := range charts {
			ch := h.DefineChart(wire.Chart{ID: fmt.Sprint("t.c", c), Context: "t.ctx", UpdateEvery: 1})
			for _, d := range []string{"x", "y", "z"} {
				ch.AddDimension(wire.Dimension{ID: d, Name: d, Multiplier: 1, Divisor: 1})
			}
			for t := range int64(points + ahead) {
				for n, d := range ch.Dimensions() {
					if err := a.Append(d, epoch+t, float64((t*7+int64(n)*13)%50), 0); err != nil {
						b.Fatal(err)
					}
					ch.LockLatest()
					d.SetLast(epoch+t, 1, 0)
					ch.UnlockLatest()
				}
				ch.Stored(epoch + t)
			}
			ch.Stored(epoch)
		}
		h.SetRetentionKnown(true)
		if err := a.Commit(); err != nil {
			b.Fatal(err)
		}
	}
	ctx := b.Context()
	x.set(points)
	second := int64(points)
	x.engine.pass(ctx) // links them
	x.set(second + 1)
	x.engine.pass(ctx)
	second += 1
	before := x.engine.Stats().Evaluations
	if before == 0 {
		b.Fatal("nothing is evaluated")
	}
	start := cpu()
	b.ResetTimer()
	for b.Loop() {
		second += 10
		x.set(second)
		x.engine.pass(ctx)
		if second > points+60 {
			second = points + 11
			x.set(second)
			for _, h := range x.engine.hosts {
				for _, r := range h.alerts {
					r.next = 0
				}
				h.next.Store(0)
			}
		}
	}
	used := cpu() - start
	n := x.engine.Stats().Evaluations - before
	b.ReportMetric(float64(used.Nanoseconds())/float64(n), "cpu-ns/evaluation")
	b.ReportMetric(100*used.Seconds()/float64(n)*hosts*charts*10/10, "core-%")
	b.ReportMetric(float64(n)/float64(b.N), "evaluations/op")
}

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
