package main

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// A parent keeps much in memory and allocates little, so that collecting costs little even when it is done often: the heap may
// grow by a fifth of what is in use before it is collected, not by Go's usual 100 %. Where little is in use it may grow by
// half, as long as that is no more than leastGrowth.
//
// Queries allocate. With one collection after the other, those that many clients ask at once wait for the collector; so the heap
// may grow by what is allocated in calm, up to mostGrowth, whatever is in use.
const (
	leastPercent, mostPercent, mostBusyPercent = 20, 50, 400

	leastGrowth, mostGrowth = 8 << 20, 64 << 20 // bytes

	calm      = 3 * time.Second
	tuneEvery = time.Second
)

// gcPercent returns what GOGC is to be with that many bytes in use, and that many allocated each second.
func gcPercent(live, rate uint64) int {
	percentOf := func(growth uint64) uint64 { return growth * 100 / max(live, 1) / 5 * 5 }
	quiet := max(leastPercent, min(mostPercent, percentOf(leastGrowth)))
	busy := min(mostBusyPercent, percentOf(min(rate*uint64(calm/time.Second), mostGrowth)))
	return int(max(quiet, busy))
}

// tuneGC keeps GOGC at what gcPercent says until stop is called.
func tuneGC(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	samples := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/heap/allocs:bytes"}}
	percent := mostPercent
	debug.SetGCPercent(percent)
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(tuneEvery)
		defer tick.Stop()
		metrics.Read(samples)
		allocated, at := samples[1].Value.Uint64(), time.Now()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			metrics.Read(samples)
			total, now := samples[1].Value.Uint64(), time.Now()
			rate := float64(total-allocated) / max(now.Sub(at), tuneEvery).Seconds()
			allocated, at = total, now
			p := gcPercent(samples[0].Value.Uint64(), uint64(rate))
			// To set it stops the world for a moment: little less is not worth that.
			if p > percent || p < percent*3/4 || p < percent && p <= mostPercent {
				percent = p
				debug.SetGCPercent(p)
			}
		}
	})
	return func() {
		cancel()
		wg.Wait()
	}
}
