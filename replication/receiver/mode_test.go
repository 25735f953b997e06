package receiver

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"foster/replication/swarm"
	"foster/replication/wire"
	"foster/storage"
)

// testEntries is how many points of a dimension rings keep here.
const testEntries = 600

// rulesOf returns rules that keep all children in that mode.
func rulesOf(mode storage.Mode) func(key, guid string) Rules {
	return func(key, guid string) Rules {
		r := testRules(key, guid)
		r.Child.Keep = storage.Keep{Mode: mode, Entries: testEntries, ObsoleteAfter: time.Hour}
		return r
	}
}

// oneChild runs a child of charts × dims with an hour of history until the test ends or stop is called.
func oneChild(t *testing.T, addr string, caps wire.Caps, charts, dims int) (child *swarm.Child, stop func()) {
	t.Helper()
	child, err := swarm.New(swarm.Options{
		Addr: addr, APIKey: testKey, GUID: guid(1), Hostname: "child01", Caps: caps, Charts: slow(charts, dims), Values: swarm.Mix(1),
		History: time.Hour, ReconnectDelay: 20 * time.Millisecond, ReplayBytes: 100_000,
	})
	if err != nil {
		t.Fatal(err)
	}
	return child, run(t, child)
}

// run runs children until the test ends or stop is called.
func run(t *testing.T, children interface{ Run(context.Context) }) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { children.Run(ctx) })
	stop = sync.OnceFunc(func() {
		cancel()
		wg.Wait()
	})
	t.Cleanup(stop)
	return stop
}

// slow returns charts of which the second has an interval of 5 s.
func slow(charts, dims int) []swarm.Chart {
	list := swarm.Synthetic(charts, dims)
	list[1].UpdateEvery = 5
	return list
}

func waitLive(t *testing.T, child *swarm.Child, charts int) {
	t.Helper()
	for range 1200 {
		if child.Stats().LiveCharts == int64(charts) {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Fatalf("the child does not stream: %+v", child.Stats())
}

// disconnected waits until the parent has noticed that its child is gone.
func disconnected(t *testing.T, p *parent) {
	t.Helper()
	eventually(t, func() bool { return p.Connected() == 0 }, func() string { return "the child stays connected" })
}

// compareRing checks that the store has all of the newest points that the child has given until end, and nothing else.
func compareRing(t *testing.T, store *storage.Store, child *swarm.Child, charts, dims int, end int64) {
	t.Helper()
	for n, def := range slow(charts, dims) {
		every := max(1, def.UpdateEvery)
		ch := store.Catalog().Host(guid(1)).Chart(def.ID)
		if err := store.LoadRetention(t.Context(), ch.Host); err != nil {
			t.Fatal(err)
		}
		stored := points(t, store, ch, 0, math.MaxInt32)
		bad := 0
		complain := func(format string, args ...any) {
			if bad++; bad <= 3 {
				t.Errorf("%s: %s", def.ID, fmt.Sprintf(format, args...))
			}
		}
		for at, row := range stored {
			for d := range dims {
				got, ok := row[fmt.Sprint("dim", d)]
				if value := child.Value(n, d, at); !ok || math.Abs(got-value) > 1e-6*math.Abs(value)+1e-7 {
					complain("dimension %d is %v at %d, want %v", d, got, at, value)
				}
			}
			if at < ch.First() || at > ch.Last() {
				complain("a point at %d is outside of %d to %d", at, ch.First(), ch.Last())
			}
		}
		// Of the child's hour, the newest entries.
		for k := range int64(testEntries - 5) {
			if at := (end/every - k) * every; at > time.Now().Unix()-3500 && stored[at] == nil {
				complain("nothing is stored %d s before the end", end-at)
			}
		}
		if len(stored) > testEntries {
			complain("%d points of a dimension are stored", len(stored))
		}
	}
}

func TestMemoryModes(t *testing.T) {
	const charts, dims = 4, 6
	for _, mode := range []storage.Mode{storage.RAM, storage.Save, storage.Map, storage.None} {
		for name, caps := range map[string]wire.Caps{"v2": swarm.CapsV2 | wire.LZ4, "v1": swarm.CapsV1} {
			t.Run(fmt.Sprint(mode, name), func(t *testing.T) {
				t.Parallel()
				p := startParent(t, func(o *Options) { o.Rules = rulesOf(mode) })
				child, stop := oneChild(t, p.addr, caps, charts, dims)
				waitLive(t, child, charts)
				end := time.Now().Unix() + 1
				time.Sleep(time.Until(time.Unix(end+2, 0)))
				h := p.store.Catalog().Host(guid(1))
				if got := h.Info().MemoryMode; got != string(mode) {
					t.Errorf("the memory mode of the host is %q", got)
				}
				replayed := child.Stats().Replayed
				if mode == storage.None {
					stop()
					disconnected(t, p)
					ch := h.Chart(slow(charts, dims)[0].ID)
					if ch.First() != 0 || ch.Last() != 0 || replayed > 3*charts*dims {
						t.Errorf("points from %d to %d, %d samples replayed", ch.First(), ch.Last(), replayed)
					}
					if newest := points(t, p.store, ch, end-1, end); len(newest[end]) != dims || newest[end]["dim0"] != child.Value(0, 0, end) {
						t.Errorf("the newest points are %v, want %v", newest, child.Value(0, 0, end))
					}
					if at, v, _ := ch.Dimensions()[0].Last(); at < end || v != child.Value(0, 0, at) {
						t.Errorf("the newest value is %v at %d", v, at)
					}
					return
				}
				// History is asked for as far as the rings reach, and no further.
				if most := int64((charts-1)*dims*(testEntries+60) + dims*(3600/5+60)); replayed > most || replayed < most/2 {
					t.Errorf("%d samples replayed, want no more than %d", replayed, most)
				}
				stop()
				disconnected(t, p)
				compareRing(t, p.store, child, charts, dims, end)
				// Back again: only what is missing is asked for.
				child, stop = oneChild(t, p.addr, caps, charts, dims)
				waitLive(t, child, charts)
				if again := child.Stats().Replayed; again > charts*dims*30 {
					t.Errorf("%d samples replayed again", again)
				}
				end = time.Now().Unix() - 1
				time.Sleep(time.Second)
				stop()
				disconnected(t, p)
				compareRing(t, p.store, child, charts, dims, end)
				if series := p.store.Stats().Series; series != 0 {
					t.Errorf("%d series are in the tiers", series)
				}
			})
		}
	}
}

// Saved rings are there after a restart, and what the child has collected meanwhile is asked for.
func TestSavedOverRestart(t *testing.T) {
	const charts, dims = 4, 6
	opts := storage.DefaultOptions()
	opts.Dir = t.TempDir()
	var replayed []int64
	for range 2 {
		store, err := storage.Open(t.Context(), opts)
		if err != nil {
			t.Fatal(err)
		}
		p := startParent(t, func(o *Options) { o.Store, o.Rules = store, rulesOf(storage.Save) })
		child, stop := oneChild(t, p.addr, swarm.CapsV2, charts, dims)
		waitLive(t, child, charts)
		end := time.Now().Unix() - 1
		time.Sleep(time.Second)
		stop()
		if err := p.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		compareRing(t, store, child, charts, dims, end)
		replayed = append(replayed, child.Stats().Replayed)
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if replayed[1] > charts*dims*30 {
		t.Errorf("%d samples replayed at first, and %d after the restart", replayed[0], replayed[1])
	}
}

// TestMappedKilled kills a parent with kill -9 while a child streams and replays into mapped rings.
func TestMappedKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	const charts, dims = 8, 10
	t.Setenv(envMode, string(storage.Map))
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	_ = ln.Close()
	dir := t.TempDir()
	child, stop := oneChild(t, addr, swarm.CapsV2, charts, dims)
	for range 6 {
		kill := startProcess(t, addr, dir)
		time.Sleep(rand.N(1500 * time.Millisecond))
		kill()
	}
	kill := startProcess(t, addr, dir)
	waitLive(t, child, charts)
	end := time.Now().Unix() + 1
	time.Sleep(time.Until(time.Unix(end+2, 0)))
	kill()
	stop()
	opts := storage.DefaultOptions()
	opts.Dir = dir
	store, err := storage.Open(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	compareRing(t, store, child, charts, dims, end)
}
