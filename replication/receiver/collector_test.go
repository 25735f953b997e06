package receiver

import (
	"fmt"
	"math"
	"testing"

	"foster/replication/wire"
)

// newCollector returns a collector as a freshly defined chart has it.
func newCollector(every int64, dims ...wire.Dimension) *collector {
	v := &collector{resync: true, every: every * second}
	for i := range dims {
		if dims[i].Multiplier == 0 {
			dims[i].Multiplier = 1
		}
		if dims[i].Divisor == 0 {
			dims[i].Divisor = 1
		}
		v.rates = append(v.rates, rate{})
		v.define(i, &dims[i])
	}
	return v
}

// collection is one BEGIN … END block.
type collection struct {
	at   float64 // seconds of the parent's clock, since base
	usec int64
	raw  []int64
}

const base = 1_700_000_000

// runCollector runs the collections and returns what is stored: by time since base, a value per dimension, NaN for nothing.
func runCollector(v *collector, collections []collection) map[int64][]float64 {
	out := map[int64][]float64{}
	for _, c := range collections {
		for i, raw := range c.raw {
			v.set(i, raw, float64(raw))
		}
		for v.start(c.usec, base*second+int64(math.Round(c.at*second))); v.next(); {
			row := make([]float64, len(v.values))
			for i, x := range v.values {
				row[i] = math.NaN()
				if x.ok {
					row[i] = x.value
				}
			}
			out[v.time-base] = row
		}
	}
	return out
}

// TestCollectorAgainstAgents repeats a session that was run against netdata 1.37.1 and 2.11.0: lost seconds, a counter
// and a gauge, sent at a phase of 0.30026 s. The values are what both agents stored.
func TestCollectorAgainstAgents(t *testing.T) {
	const phase = 0.30026
	v := newCollector(1, wire.Dimension{Algorithm: wire.Incremental}, wire.Dimension{Algorithm: wire.Absolute})
	got := runCollector(v, []collection{
		{phase, 0, []int64{0, 0}},
		{1 + phase, 1_000_000, []int64{100, 10}},
		{2 + phase, 1_000_000, []int64{200, 20}},
		{3 + phase, 1_000_000, []int64{300, 30}},
		{4 + phase, 1_000_000, []int64{400, 40}},
		{5 + phase, 1_000_000, []int64{500, 50}},
		{7 + phase, 2_000_000, []int64{700, 60}},
		{8 + phase, 1_000_000, []int64{800, 70}},
		{9 + phase, 1_000_000, []int64{900, 80}},
		{12 + phase, 3_000_000, []int64{1200, 90}},
		{13 + phase, 1_000_000, []int64{1300, 100}},
		{14 + phase, 1_000_000, []int64{1400, 110}},
		{19 + phase, 5_000_000, []int64{1900, 120}},
	})
	nan := math.NaN()
	for at, want := range map[int64][]float64{
		1: {62.48, 10}, 2: {107.49, 20}, 3: {100, 30}, 5: {100, 50}, 6: {100, 53.50}, 7: {100, 60}, 9: {100, 80},
		10: {nan, nan}, 11: {100, 84.35}, 12: {100, 90}, 14: {100, 110},
		18: {100, 114.35}, 19: {100, 120},
	} {
		compareRow(t, at, got[at], want, 0.006)
	}
	for _, empty := range []int64{0, 15, 16, 17} {
		if row, ok := got[empty]; ok && (!math.IsNaN(row[0]) || !math.IsNaN(row[1])) {
			t.Errorf("T=%d: stored %v, want nothing", empty, row)
		}
	}
}

// TestCollectorWrap repeats the 32-bit counter of the same session: 3 per collection, wrapping between the third and
// the fourth.
func TestCollectorWrap(t *testing.T) {
	const phase = 0.30026
	v := newCollector(1, wire.Dimension{Algorithm: wire.Incremental})
	var collections []collection
	raw, previous := int64(4294967287), 0.0
	for i, at := range []float64{0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 14, 19, 20, 21} {
		c := collection{at: at + phase, raw: []int64{raw}}
		if i > 0 {
			c.usec = int64((at - previous) * second)
		}
		previous = at
		collections = append(collections, c)
		if raw += 3; raw > math.MaxUint32 {
			raw -= 1 << 32
		}
	}
	got := runCollector(v, collections)
	for at, want := range map[int64]float64{
		1: 1.8743, 2: 3.2248, 3: 2.3003, 4: 2.6997, 5: 3, 6: 1.9505, 7: 1.5, 8: 2.5495, 9: 3,
		11: 1, 12: 1, 13: 2.3994, 14: 3, 18: 0.6, 19: 0.6, 20: 2.2793, 21: 3,
	} {
		compareRow(t, at, got[at], []float64{want}, 0.001)
	}
}

func TestCollectorRows(t *testing.T) {
	t.Run("percentage of absolute row", func(t *testing.T) {
		d := wire.Dimension{Algorithm: wire.PercentageOfAbsoluteRow}
		got := runCollector(newCollector(1, d, d), []collection{
			{0.3, 0, []int64{0, 1}}, {1.3, second, []int64{1, 4}}, {2.3, second, []int64{2, 7}},
		})
		compareRow(t, 1, got[1], []float64{20, 80}, 1e-9)
		compareRow(t, 2, got[2], []float64{22.2222, 77.7778}, 1e-3)
	})
	t.Run("percentage of incremental row", func(t *testing.T) {
		d := wire.Dimension{Algorithm: wire.PercentageOfIncrementalRow}
		got := runCollector(newCollector(1, d, d), []collection{
			{0.3, 0, []int64{0, 0}}, {1.3, second, []int64{1, 10}}, {2.3, second, []int64{4, 20}}, {3.3, second, []int64{1, 30}},
		})
		compareRow(t, 1, got[1], []float64{100.0 / 11, 1000.0 / 11}, 1e-9)
		compareRow(t, 2, got[2], []float64{300.0 / 13, 1000.0 / 13}, 1e-9)
		compareRow(t, 3, got[3], []float64{0, 100}, 1e-9) // the first went backwards
	})
	t.Run("multiplier, divisor and store_first", func(t *testing.T) {
		v := newCollector(5, wire.Dimension{Algorithm: wire.Absolute, Multiplier: -3, Divisor: 2}, wire.Dimension{Algorithm: wire.Incremental})
		v.storeFirst = true
		got := runCollector(v, []collection{{0.3, 0, []int64{10, 7}}, {5.3, 5 * second, []int64{20, 57}}})
		compareRow(t, 0, got[0], []float64{-15, 0}, 1e-9)
		compareRow(t, 5, got[5], []float64{-30, 50 * 4.5 / 4.8 / 5}, 1e-9)
	})
}

func TestCollectorResets(t *testing.T) {
	for _, test := range []struct {
		last, raw int64
		noReset   bool
		want      float64
		flags     wire.Flags
	}{
		{4294967293, 0, false, 2, wire.Reset}, // the off-by-one of agents
		{4294967290, 4, false, 9, wire.Reset},
		{4294967290, 4, true, 9, 0},
		{1000, 10, false, 0, wire.Reset},         // a restart, not a wrap
		{3_000_000_000, 5, false, 0, wire.Reset}, // more than a tenth of 32 bits away
		{-10, 5, false, 14, wire.Reset},          // near the end of 64 bits
		{1 << 40, 1 << 39, false, 0, wire.Reset}, // far from it
		{100, 150, false, 50, 0},
	} {
		t.Run(fmt.Sprint(test.last, "→", test.raw), func(t *testing.T) {
			v := newCollector(1, wire.Dimension{Algorithm: wire.Incremental, NoReset: test.noReset})
			v.collections, v.resync = 2, false
			v.lastUpdated, v.lastCollected = base*second, base*second
			v.rates[0].count, v.rates[0].last = 2, test.last
			v.rates[0].largest = uint64(test.last)
			if test.last < 0 {
				v.rates[0].largest = math.MaxUint64
			}
			v.set(0, test.raw, float64(test.raw))
			v.start(second, (base+1)*second)
			if !v.next() {
				t.Fatal("nothing stored")
			}
			if got := v.values[0]; got.value != test.want || got.flags != test.flags || !got.ok {
				t.Errorf("stored %+v, want %v with flags %v", got, test.want, test.flags)
			}
			if v.next() {
				t.Error("a second value stored")
			}
		})
	}
}

// TestCollectorHandover continues a counter with the state of a replay: no spike, no gap.
func TestCollectorHandover(t *testing.T) {
	v := newCollector(1, wire.Dimension{Algorithm: wire.Incremental})
	v.restore(0, &wire.ReplayDimensionState{LastCollected: base*second + 350_000, CollectedValue: 48_991, LastCalculated: 35})
	v.restoreClock(wire.ReplayChartState{LastCollected: base*second + 350_000, LastUpdated: base * second}, base*second+400_000)
	v.resync = false
	got := runCollector(v, []collection{{1.35, second, []int64{49_091}}})
	compareRow(t, 1, got[1], []float64{100*0.65 + 35}, 1e-9)
}

// TestCollectorHostileClock feeds states and times that cannot be true: it must neither loop nor store.
func TestCollectorHostileClock(t *testing.T) {
	for _, s := range []wire.ReplayChartState{
		{LastCollected: 1, LastUpdated: 1},
		{LastCollected: math.MaxInt64, LastUpdated: math.MaxInt64},
		{LastCollected: -5, LastUpdated: 7},
		{LastCollected: base * second, LastUpdated: 1},
	} {
		v := newCollector(1, wire.Dimension{Algorithm: wire.Incremental})
		v.restoreClock(s, base*second)
		for _, usec := range []int64{0, 1, second, math.MaxInt64, math.MinInt64} {
			v.set(0, 5, 5)
			n := 0
			for v.start(usec, base*second); v.next(); {
				if n++; n > 10 {
					t.Fatalf("state %+v, usec %d: more than 10 boundaries", s, usec)
				}
			}
		}
	}
}

func compareRow(t *testing.T, at int64, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("T=%d: stored %v, want %v", at, got, want)
		return
	}
	for i := range want {
		same := math.IsNaN(want[i]) && math.IsNaN(got[i]) || math.Abs(got[i]-want[i]) <= tolerance
		if !same {
			t.Errorf("T=%d: stored %v, want %v", at, got, want)
			return
		}
	}
}
