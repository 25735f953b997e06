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
