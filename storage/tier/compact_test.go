package tier

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"
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

// openCuttable opens a tier whose head has two points, far enough apart that a block can be cut, and no file of chunks.
func openCuttable(t *testing.T) (*Raw, *feeder) {
	t.Helper()
	r := openRaw(t, t.TempDir(), compactingOptions())
	manual(r)
	f := newFeeder(t, r)
	f.append(series("a.b", "x"), epoch+1, 1, 0)
	f.append(series("a.b", "x"), epoch+1000, 1, 0)
	f.commit()
	return r, f
}

// A block may be cut before a commit has made the first file of chunks of the head, and while one makes it: the TSDB would then
// number two files the same, and panic in the commit that makes the second. It did in each run with -race, and hardly without.
func TestFirstChunksWhileCutting(t *testing.T) {
	for range 20 {
		r, _ := openCuttable(t)
		var wg sync.WaitGroup
		for n := range 2 {
			f := newFeeder(t, r)
			wg.Go(func() {
				for at := epoch + 2; at < epoch+300; at++ {
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
		if err := r.flushLate(t.Context()); err != nil {
			t.Error(err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A block that waits for a reader of the head before files of it are deleted keeps neither commits waiting nor Close.
func TestReaderWhileCutting(t *testing.T) {
	r, f := openCuttable(t)
	sel, err := r.Select(t.Context(), guid, "a.b", []string{"x"}, 1, epoch, epoch+2000)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	r.upkeeper.Go(func() { ended <- r.cut(context.Background()) })
	for { // until the block is there
		if n, err := filepath.Glob(filepath.Join(r.dir, "*", "meta.json")); err != nil || len(n) > 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	for at := epoch + 1001; at < epoch+1200; at++ {
		f.append(series("a.b", "x"), at, 1, 0)
		f.commit()
	}
	select {
	case err := <-ended:
		t.Fatalf("the block did not wait for the reader, error %v", err)
	default:
	}
	if err := r.Close(); err != nil { // which ends the reader
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := sel.Close(); err != nil {
		t.Error(err)
	}
}
