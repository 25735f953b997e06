package dense

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
)

// usual returns the samples as Prometheus' own chunk.
func usual(t testing.TB, times []int64, values []float64) *chunkenc.XORChunk {
	t.Helper()
	c := chunkenc.NewXORChunk()
	app, err := c.Appender()
	if err != nil {
		t.Fatal(err)
	}
	for i, at := range times {
		app.Append(0, at, values[i])
	}
	return c
}

// encode encodes samples, checks that Prometheus reads the same, and returns the chunks.
func encode(t testing.TB, times []int64, values []float64) []chunks.Meta {
	t.Helper()
	var e encoder
	if err := e.read(usual(t, times, values).Iterator(nil), math.MinInt64, math.MaxInt64); err != nil {
		t.Fatal(err)
	}
	var all []chunks.Meta
	if err := e.flush(&all); err != nil {
		t.Fatal(err)
	}
	i := 0
	var it chunkenc.Iterator
	for _, c := range all {
		if c.MinTime != times[i] || c.MaxTime-c.MinTime >= maxSpan {
			t.Fatalf("a chunk is from %d to %d, and begins with sample %d of %d", c.MinTime, c.MaxTime, i, times[i])
		}
		it = c.Chunk.Iterator(it)
		var at int64
		for it.Next() == chunkenc.ValFloat {
			var v float64
			if at, v = it.At(); at != times[i] || math.Float64bits(v) != math.Float64bits(values[i]) {
				t.Fatalf("sample %d of %d is %v at %d, want %v at %d", i, len(times), v, at, values[i], times[i])
			}
			i++
		}
		if it.Err() != nil {
			t.Fatal(it.Err())
		}
		if at != c.MaxTime {
			t.Fatalf("a chunk ends at %d, its last sample is of %d", c.MaxTime, at)
		}
	}
	if i != len(times) {
		t.Fatalf("%d samples, want %d", i, len(times))
	}
	return all
}

func TestEncoder(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	every := map[string]func(i int) int64{
		"second":   func(i int) int64 { return int64(i) * 1000 },
		"holes":    func(i int) int64 { return int64(i+i/50*7+i/500*20_000) * 1000 },
		"unsteady": func(i int) int64 { return int64(i)*3_000 + rnd.Int64N(2000) },
		"far":      func(i int) int64 { return int64(i) * int64(i) * 100_000 },
		"before":   func(i int) int64 { return int64(i)*1000 - 1_800_000_000_000 },
	}
	values := map[string]func(i int) float64{
		"constant": func(int) float64 { return 17.25 },
		"integers": func(int) float64 { return float64(rnd.IntN(12)) },
		"decimals": func(int) float64 { return float64(float32(rnd.Float64() * 100)) },
		"peaks": func(i int) float64 {
			if i%100 == 0 {
				return float64(float32(rnd.NormFloat64() * 1e30))
			}
			return float64(rnd.IntN(3))
		},
		"flags": func(i int) float64 {
			return math.Float64frombits(math.Float64bits(float64(rnd.IntN(5))) | uint64(i/40%2)<<27)
		},
		"anything": func(int) float64 { return math.Float64frombits(rnd.Uint64()) },
		"extremes": func(i int) float64 {
			return []float64{0, math.Copysign(0, -1), math.MaxFloat64, -math.MaxFloat64, math.Inf(1), 5e-324}[i%6]
		},
	}
	for kind, every := range every {
		for name, value := range values {
			for _, n := range []int{1, 2, 3, 120, 1800, 5000} {
				times, v := make([]int64, n), make([]float64, n)
				for i := range n {
					times[i], v[i] = 1_800_000_000_000+every(i), value(i)
				}
				all := encode(t, times, v)
				if len(all) > 1 {
					continue
				}
				if ours, theirs := len(all[0].Chunk.Bytes()), len(usual(t, times, v).Bytes()); ours > theirs {
					t.Errorf("%d samples, %s, %s: %d bytes, Prometheus needs %d", n, kind, name, ours, theirs)
				}
			}
		}
	}
}

// More samples than a chunk can count are refused; the store has at most one a second, and never gets here.
func TestEncoderFull(t *testing.T) {
	var e encoder
	for i := range 1 << 16 {
		e.times, e.values = append(e.times, int64(i)), append(e.values, 0)
	}
	var all []chunks.Meta
	if err := e.flush(&all); err == nil {
		t.Error("a chunk has more samples than it can count")
	}
}

func FuzzEncoder(f *testing.F) {
	f.Add([]byte("\x01\x02\x03\x04\x05\x06\x07\x08\x00\x00\x00\x00\x00\x00\x00\x00\x05\x06\x07\x08\x00\x00\x00\x01"), uint16(1000))
	f.Fuzz(func(t *testing.T, b []byte, step uint16) {
		var times []int64
		var values []float64
		at := int64(1_800_000_000_000)
		for ; len(b) >= 8; b = b[8:] {
			v := binary.BigEndian.Uint64(b)
			at += int64(step) + 1 + int64(v%3)*int64(b[0])*1000
			times, values = append(times, at), append(values, math.Float64frombits(v))
		}
		if len(times) > 0 && len(times) < math.MaxUint16 {
			encode(t, times, values)
		}
	})
}

func BenchmarkEncoder(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for name, value := range map[string]func(i int) float64{
		"constant": func(int) float64 { return 1 },
		"integers": func(i int) float64 { return float64(rnd.IntN(50)) },
		"decimals": func(int) float64 { return float64(float32(rnd.Float64() * 100)) },
	} {
		b.Run(name, func(b *testing.B) {
			const n = 1800
			var e encoder
			times, values := make([]int64, n), make([]uint64, n)
			for i := range n {
				times[i], values[i] = int64(i)*1000, math.Float64bits(value(i))
			}
			b.ReportAllocs()
			size := 0
			for b.Loop() {
				c, err := e.chunk(times, values)
				if err != nil {
					b.Fatal(err)
				}
				size = len(c.Chunk.Bytes())
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/sample")
			b.ReportMetric(float64(size)/n, "B/sample")
		})
	}
}
