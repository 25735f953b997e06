package tier

import (
	"fmt"
	"sync"
	"testing"
)

// Late points that come while late points are written into blocks are kept, also the first of a series.
func TestLateWhileWritingLate(t *testing.T) {
	r := openRaw(t, t.TempDir(), compactingOptions())
	manual(r)
	f := newFeeder(t, r)
	// The more series there are, the longer the TSDB makes its list of what to write.
	const idle, feeders, charts, points = 5_000, 4, 30, 4 * samplesPerChunk
	for i := range idle {
		f.append(series("a.idle", fmt.Sprint(i)), epoch+3000, 1, 0)
	}
	f.append(series("a.late", "x"), epoch+1, 1, 0)
	f.commit()
	var wg sync.WaitGroup
	for n := range feeders {
		f := newFeeder(t, r)
		wg.Go(func() {
			for c := range charts {
				for at := epoch + 1; at <= epoch+points; at++ {
					f.append(series(fmt.Sprintf("a.%d_%d", n, c), "x"), at, ramp(at), 0)
					if at%50 == 0 {
						f.commit()
					}
				}
				f.commit()
			}
		})
	}
	done := make(chan struct{})
	go func() { defer close(done); wg.Wait() }()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		if err := r.flushLate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for n := range feeders {
		for c := range charts {
			wantRamp(t, read(t, r, fmt.Sprintf("a.%d_%d", n, c), "x", epoch, epoch+3000), epoch+1, epoch+points)
		}
	}
}

// A block may be cut before a commit has made the first file of chunks of the head, or the first after a restart, and while one
// makes it: the TSDB would then number two files the same, and panic in the commit that makes the second.
func TestFirstChunksWhileCutting(t *testing.T) {
	for range 20 {
		dir := t.TempDir()
		for begin := epoch; begin < epoch+8000; begin += 4000 { // the second time there are files of the first
			r := openRaw(t, dir, compactingOptions())
			manual(r)
			f := newFeeder(t, r)
			f.append(series("a.b", "x"), begin+1, 1, 0)
			f.append(series("a.b", "x"), begin+1000, 1, 0)
			f.commit()
			var wg sync.WaitGroup
			for n := range 2 {
				f := newFeeder(t, r)
				wg.Go(func() {
					for at := begin + 2; at < begin+500; at++ {
						f.append(series("a.b", fmt.Sprint("late", n)), at, ramp(at), 0)
						f.commit()
					}
				})
			}
			for r.cuttable() {
				if err := r.cut(t.Context()); err != nil {
					t.Error(err)
					break
				}
			}
			wg.Wait()
			for at := begin + 1001; at <= begin+1200; at++ { // which are in chunks when the tier is closed
				f.append(series("a.b", "x"), at, ramp(at), 0)
			}
			f.commit()
			r.MapHead()
			if err := r.flushLate(t.Context()); err != nil {
				t.Error(err)
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
