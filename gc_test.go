package main

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestGCPercent(t *testing.T) {
	for _, c := range []struct {
		live, rate uint64 // MiB, MiB/s
		want       int
	}{
		{0, 0, 50}, {1, 0, 50}, {16, 0, 50}, {20, 0, 40}, {40, 0, 20}, {1 << 20, 0, 20},
		{30, 1, 25}, {30, 5, 50}, {30, 10, 100}, {30, 20, 200}, {30, 1000, 210},
		{0, 1000, 400}, {10, 1000, 400}, {400, 20, 20}, {400, 1000, 20},
	} {
		if got := gcPercent(c.live<<20, c.rate<<20); got != c.want {
			t.Errorf("with %d MiB in use and %d MiB/s it is %d, want %d", c.live, c.rate, got, c.want)
		}
	}
}

// GOGC goes up while much is allocated, and comes down again; when it is down nothing is done but after a collection.
func TestTuner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		collected := make(chan struct{}, 1)
		var live, allocated, free atomic.Uint64
		var reads, percent, releases atomic.Int64
		live.Store(30 << 20)
		tuner := tuner{
			read:    func() memory { reads.Add(1); return memory{live.Load(), allocated.Load(), free.Load()} },
			set:     func(p int) { percent.Store(int64(p)) },
			release: func() { releases.Add(1); free.Store(0) },
		}
		go tuner.run(ctx, collected)
		want := func(leastPercent, mostPercent, mostReads int64) {
			t.Helper()
			synctest.Wait()
			if p, n := percent.Load(), reads.Swap(0); p < leastPercent || p > mostPercent || n > mostReads {
				t.Errorf("it is %d after %d looks, want %d to %d after at most %d", p, n, leastPercent, mostPercent, mostReads)
			}
		}
		want(50, 50, 1)
		time.Sleep(tuneEvery)
		want(37, 37, 1)
		time.Sleep(time.Hour)
		want(25, 25, 2)
		collected <- struct{}{}
		want(25, 25, 1)
		free.Store(11 << 20) // the heap may grow by 7.5 of it
		collected <- struct{}{}
		want(25, 25, 1)
		// A burst of 20 MiB/s for two seconds, with five collections in each.
		free.Store(20 << 20)
		for range 10 {
			time.Sleep(200 * time.Millisecond)
			allocated.Add(4 << 20)
			if len(collected) == 0 {
				collected <- struct{}{}
			}
		}
		want(160, 210, 2)
		if n := releases.Load(); n > 0 {
			t.Errorf("memory is given back %d times while it is needed", n)
		}
		time.Sleep(2 * time.Second)
		want(100, 130, 2)
		time.Sleep(time.Hour)
		want(25, 25, 10)
		if n := releases.Load(); n != 1 {
			t.Errorf("after that memory is given back %d times", n)
		}
		// More is in use.
		live.Store(400 << 20)
		collected <- struct{}{}
		want(20, 20, 1)
		cancel()
		synctest.Wait()
		collected <- struct{}{}
		want(20, 20, 0)
	})
}

// Each collection is told of, until that is not wanted any more.
func TestCollections(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := collections(ctx)
	told := 0
	for range 20 {
		runtime.GC()
		select {
		case <-c:
			told++
		case <-time.After(100 * time.Millisecond): // something on a stack may look like a pointer
		}
	}
	if told < 10 {
		t.Errorf("%d of 20 collections are told of", told)
	}
	cancel()
	for range 3 {
		runtime.GC()
		time.Sleep(10 * time.Millisecond)
	}
	if len(c) > 0 {
		<-c // of one that ran when that was no longer wanted
		runtime.GC()
		time.Sleep(10 * time.Millisecond)
		if len(c) > 0 {
			t.Error("there is no end")
		}
	}
}
