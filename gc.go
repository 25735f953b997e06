package main

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// A parent keeps much in memory and allocates little, so that collecting costs little even when it is done often: the heap may
// grow by a quarter of what is in use before it is collected, not by Go's usual 100 %. Where little is in use it may grow by
// half, as long as that is no more than leastGrowth: a small parent that answers queries would collect all the time.
const (
	leastPercent, mostPercent = 25, 50
	leastGrowth               = 16 << 20 // bytes
	tuneEvery                 = 10 * time.Second
)

// gcPercent returns what GOGC is to be with that many bytes in use.
func gcPercent(live uint64) int {
	return int(max(leastPercent, min(mostPercent, leastGrowth*100/max(live, 1)/5*5)))
}

// tuneGC keeps GOGC at what gcPercent says until stop is called.
func tuneGC(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	percent := mostPercent
	debug.SetGCPercent(percent)
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(tuneEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			metrics.Read(sample)
			if p := gcPercent(sample[0].Value.Uint64()); p != percent {
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
