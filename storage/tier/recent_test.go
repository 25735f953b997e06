package tier

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"foster/replication/wire"
	"foster/storage/query"
)

// stored returns the points of a dimension as the TSDB has them.
func stored(t *testing.T, r *Raw, chart, dimension string, after, before int64) []query.Point {
	t.Helper()
	s := &Selection{raw: r}
	k := Key{guid, chart, dimension}
	found, err := s.find(t.Context(), []Key{k}, after, before)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	return drain(t, s.cursor(found[k], 1))
}

// What is held of a series is what is stored of it, whatever happens to it.
func TestRecentIsStored(t *testing.T) {
	held := 0
	for seed := range uint64(5) {
		r := openRaw(t, t.TempDir(), testOptions())
		rnd := rand.New(rand.NewPCG(seed, 1))
		f := newFeeder(t, r)
		names := []string{"a", "b", "c"}
		now := epoch
		for range 400 {
			s := series("x.y", names[rnd.IntN(len(names))])
			value := float64(float32(rnd.NormFloat64()))
			switch rnd.IntN(40) {
			case 0: // late
				f.append(s, now-rnd.Int64N(300), value, 0)
			case 1: // the context changes
				s.Context = "other"
				f.append(s, now+1, value, 0)
			case 2:
				now += rnd.Int64N(600)
			case 3:
				if err := f.app.Commit(); err != nil {
					t.Fatal(err)
				}
				if err := r.Erase(t.Context(), map[string]int64{guid: now - rnd.Int64N(100)}); err != nil {
					t.Fatal(err)
				}
			case 4:
				f.app.Discard()
				clear(f.refs)
			case 5:
				r.recent.sweep(r.now().Unix() + 1)
			case 6, 7, 8, 9, 10, 11, 12, 13:
				f.commit()
				after := now - rnd.Int64N(1000)
				s, err := r.Select(t.Context(), guid, "x.y", names, 1, after, now+10)
				if err != nil {
					t.Fatal(err)
				}
				for i, name := range names {
					if _, ok := s.Cursors[i].(*heldCursor); ok {
						held++
					}
					got, want := drain(t, s.Cursors[i]), stored(t, r, "x.y", name, after, now+10)
					if !slices.Equal(got, want) {
						t.Fatalf("seed %d: %s: %d points, want %d:\n%v\n%v", seed, name, len(got), len(want), got, want)
					}
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			default:
				flags := []wire.Flags{0, 0, 0, 0, wire.Anomalous, wire.Reset}[rnd.IntN(6)]
				now++
				for _, name := range names {
					f.append(series("x.y", name), now, value, flags)
				}
			}
		}
	}
	if held == 0 {
		t.Error("nothing was held")
	}
}

// Batches that are open when a series begins to be watched are not missed, and readers see batches whole.
func TestRecentWhileWriting(t *testing.T) {
	r := openRaw(t, t.TempDir(), testOptions())
	const charts, seconds = 4, 400 // less than half a block, where a batch is divided
	var writers, readers sync.WaitGroup
	for n := range charts {
		writers.Go(func() {
			f := newFeeder(t, r)
			chart := fmt.Sprint("chart.", n)
			for at := epoch + 1; at <= epoch+seconds; at++ {
				f.append(series(chart, "a"), at, ramp(at), 0)
				f.append(series(chart, "b"), at, ramp(at), 0)
				if at%5 == 0 || at == epoch+seconds {
					f.commit()
				}
			}
		})
	}
	stop := make(chan struct{})
	for n := range charts {
		readers.Go(func() {
			for done := false; !done; {
				select {
				case <-stop:
					done = true // once more, of all that was written
				default:
				}
				s, err := r.Select(t.Context(), guid, fmt.Sprint("chart.", n), []string{"a", "b"}, 1, epoch, epoch+seconds)
				if err != nil {
					t.Error(err)
					return
				}
				a, b := drain(t, s.Cursors[0]), drain(t, s.Cursors[1])
				if len(a) != len(b) || len(a)%5 != 0 || done && len(a) != seconds {
					t.Errorf("%d and %d points", len(a), len(b))
				}
				wantRamp(t, a, epoch+1, epoch+int64(len(a)))
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	close(stop)
	readers.Wait()
}

// A window that ends long ago is read as it is: to hold it, all that came since would be read with it.
func TestRecentIsForTheNewest(t *testing.T) {
	r := openRaw(t, t.TempDir(), testOptions())
	f := newFeeder(t, r)
	for at := range int64(1000) {
		f.append(series("x.y", "a"), epoch+at, 1, 0)
	}
	f.commit()
	for _, c := range []struct {
		after, before int64
		held          bool
	}{
		{epoch, epoch + 400, false}, {epoch + 650, epoch + 690, false}, {epoch, epoch + 600, true}, {epoch + 900, epoch + 1100, true}, {epoch + 720, epoch + 721, true},
	} {
		held := false
		for range 3 { // watched, read, held
			s, err := r.Select(t.Context(), guid, "x.y", []string{"a"}, 1, c.after, c.before)
			if err != nil {
				t.Fatal(err)
			}
			_, held = s.Cursors[0].(*heldCursor)
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
		if held != c.held {
			t.Errorf("%d to %d: held is %t", c.after-epoch, c.before-epoch, held)
		}
	}
}

// A store of many series holds no more than it may.
func TestRecentIsBounded(t *testing.T) {
	r := openRaw(t, t.TempDir(), testOptions())
	f := newFeeder(t, r)
	f.append(series("x.y", "a"), epoch+7200, 1, 0)
	f.commit()
	for n := range 6 {
		keys := make([]Key, 5000)
		for i := range keys {
			keys[i] = Key{guid, "x.y", fmt.Sprint(n, " ", i)}
		}
		m, err := r.SelectMany(t.Context(), keys, epoch+7190, epoch+7200)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
	if n := len(r.recent.series); n != maxRecentSeries {
		t.Errorf("%d series are watched", n)
	}
}
