package tier

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// On a disk without space nothing is written: points are refused with one complaint, and taken again when there is space.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var free atomic.Int64
		free.Store(1 << 30)
		var log bytes.Buffer
		o := compactingOptions()
		o.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
		o.Reserve = 1 << 20
		o.Free = func(string) (int64, error) { return free.Load(), nil }
		r, err := Open(dir, o)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}()
		f := newFeeder(t, r)
		s := series("a.b", "x")
		at := epoch
		feed := func(n int) {
			t.Helper()
			for range n {
				at++
				f.append(s, at, ramp(at), 0)
			}
			f.commit()
		}
		feed(100)
		f.append(s, at+1, ramp(at+1), 0) // a batch that has begun is stored
		free.Store(1 << 10)
		time.Sleep(time.Second)
		f.commit()
		at++
		for range 10 {
			if _, err := f.app.Append(f.refs[s], at+1, 1, 0); !errors.Is(err, ErrFull) {
				t.Fatalf("append on a full disk: %v, want %v", err, ErrFull)
			}
			if f.app.Pending() != 0 {
				t.Fatal("a refused point is pending")
			}
			time.Sleep(chunksPass) // chunks of the head stay where they are
		}
		if stats := r.Stats(); !stats.Full || stats.Refused != 10 {
			t.Errorf("figures are %+v", stats)
		}
		wantRamp(t, read(t, r, "a.b", "x", epoch, at), epoch+1, at)
		if n := strings.Count(log.String(), "\n"); n != 1 {
			t.Errorf("complained %d times: %s", n, &log)
		}

		free.Store(o.Reserve + 1) // not enough yet: it would be full again at once
		time.Sleep(time.Second)
		if !r.Full() {
			t.Error("storing goes on with hardly any space")
		}
		free.Store(1 << 30)
		time.Sleep(time.Second)
		feed(1000)
		wantRamp(t, read(t, r, "a.b", "x", epoch, at), epoch+1, at)

		// Too little to write a block, enough to store.
		free.Store(o.Reserve)
		time.Sleep(time.Second)
		if err := r.compact(t.Context()); !errors.Is(err, errNoSpace) {
			t.Errorf("compact without space: %v, want %v", err, errNoSpace)
		}
		free.Store(1 << 30)
		if err := r.compact(t.Context()); err != nil {
			t.Error(err)
		}
		wantRamp(t, read(t, r, "a.b", "x", epoch, at), epoch+1, at)
	})
}

// chunksPass is a time in which chunks of the head are looked at.
const chunksPass = upkeepEvery + time.Second

// After a write that failed there is a pause before the next, longer each time.
func TestWritesThatFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		s := &space{free: func(string) (int64, error) { return 1 << 40, nil }, log: slog.New(slog.NewTextHandler(&log, nil))}
		for _, pause := range []time.Duration{minPause, 2 * minPause, 4 * minPause, 8 * minPause, maxPause, maxPause} {
			if s.short() {
				t.Fatal("short of space before a write failed")
			}
			for range 100 { // of many children
				s.wrote(errors.New("input/output error"))
			}
			time.Sleep(pause - time.Second)
			if !s.short() {
				t.Errorf("tried again before %v", pause)
			}
			time.Sleep(time.Second + spaceEvery)
		}
		if s.short() {
			t.Error("not tried again")
		}
		s.wrote(nil)
		if s.pause != 0 {
			t.Error("a write that succeeded is not noticed")
		}
		if n := strings.Count(log.String(), "level=ERROR"); n != 6 {
			t.Errorf("complained %d times: %s", n, &log)
		}
	})
}
