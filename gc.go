package main

import (
	"context"
	"runtime"
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
//
// What many children allocate while they connect, or many queries, is free after that, and Go gives it back to the system bit by
// bit with the collections to come, of which a calm parent has few. More than mostSpare of it is given back at once.
const (
	leastPercent, mostPercent, mostBusyPercent = 20, 50, 400

	leastGrowth, mostGrowth = 8 << 20, 64 << 20 // bytes
	mostSpare               = 4 << 20           // beside what the heap grows by until the next collection

	calm      = 3 * time.Second
	tuneEvery = time.Second // at most
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
	samples := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/heap/allocs:bytes"}, {Name: "/memory/classes/heap/free:bytes"}}
	t := tuner{
		read: func() memory {
			metrics.Read(samples)
			return memory{samples[0].Value.Uint64(), samples[1].Value.Uint64(), samples[2].Value.Uint64()}
		},
		set:     func(percent int) { debug.SetGCPercent(percent) },
		release: debug.FreeOSMemory,
	}
	var wg sync.WaitGroup
	wg.Go(func() { t.run(ctx, collections(ctx)) })
	return func() {
		cancel()
		wg.Wait()
	}
}

// collections returns a channel that has an element when memory was collected since it was last received from, until ctx is done.
func collections(ctx context.Context) <-chan struct{} {
	c := make(chan struct{}, 1)
	// Nothing refers to it, so that the next collection finds it. What is smaller may be kept by what is beside it.
	type sentinel [16]byte
	var place func()
	place = func() {
		runtime.AddCleanup(new(sentinel), func(struct{}) {
			if ctx.Err() != nil {
				return
			}
			place() // before anybody, told of this collection, asks for the next
			select {
			case c <- struct{}{}:
			default:
			}
		}, struct{}{})
	}
	place()
	return c
}

// tuner looks at what is in use, and at what is allocated, after a collection, and while more than the least is allowed for: the
// rate goes down then without one.
type tuner struct {
	read    func() memory
	set     func(percent int)
	release func() // gives free memory back
}

// memory is what is looked at, in bytes.
type memory struct {
	live      uint64 // in use after the last collection
	allocated uint64 // so far
	free      uint64 // and not given back to the system
}

func (t *tuner) run(ctx context.Context, collected <-chan struct{}) {
	percent := mostPercent
	t.set(percent)
	allocated := t.read().allocated
	at := time.Now()
	timer := time.NewTimer(tuneEvery)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-collected:
			if wait := tuneEvery - time.Since(at); wait > 0 {
				timer.Reset(wait) // what is allocated in less says little
				continue
			}
		case <-timer.C:
		}
		m := t.read()
		now := time.Now()
		rate := float64(m.allocated-allocated) / max(now.Sub(at), tuneEvery).Seconds()
		allocated, at = m.allocated, now
		// Queries come in bursts: with the next one near, it comes down by a quarter at a time. To set it stops the world
		// for a moment: less than that is not worth it, but at the end.
		p := max(gcPercent(m.live, uint64(rate)), percent*3/4)
		if p > percent || p == percent*3/4 || p < percent && p <= mostPercent {
			percent = p
			t.set(p)
		}
		if percent > gcPercent(m.live, 0) {
			timer.Reset(tuneEvery)
			continue
		}
		timer.Stop()
		if m.free > m.live/100*uint64(percent)+mostSpare {
			t.release()
		}
	}
}
