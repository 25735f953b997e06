package tier

import (
	"math"
	"math/rand/v2"
	"testing"
)

// randomAggregates returns aggregates as series of different kinds have them.
func randomAggregates(rnd *rand.Rand, n int, step int64) []aggregate {
	kind := rnd.IntN(8)
	points := make([]aggregate, n)
	window := rnd.Int64N(1 << 30)
	base := float32(rnd.NormFloat64() * 1000)
	for i := range points {
		p := &points[i]
		p.window = window
		window++
		if kind&1 != 0 && rnd.IntN(10) == 0 {
			window += 1 + rnd.Int64N(1000)
		}
		p.count = uint32(step)
		if kind&2 != 0 && rnd.IntN(5) == 0 {
			p.count = 1 + uint32(rnd.IntN(int(step)))
		}
		if rnd.IntN(20) == 0 {
			p.anomalous = uint32(rnd.IntN(int(p.count) + 1))
		}
		switch {
		case kind < 2:
			p.min, p.max = base, base
		case rnd.IntN(3) == 0:
			p.min = float32(rnd.IntN(10))
			p.max = p.min
		default:
			p.min = float32(rnd.NormFloat64())
			p.max = p.min + float32(rnd.ExpFloat64())
		}
		p.sum = float64(p.min) * float64(p.count)
		if p.min != p.max {
			scale := sumScale(step)
			p.sum = float64(float32((float64(p.min)+float64(p.max))/2*float64(p.count)/scale)) * scale
		}
	}
	return points
}

func TestChunk(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	buf := make([]aggregate, chunkPoints)
	for range 300 {
		step := int64(60)
		want := randomAggregates(rnd, 1+rnd.IntN(chunkPoints), step)
		b := appendChunk(nil, want, sumScale(step))
		got, err := decodeChunk(b, buf, sumScale(step))
		if err != nil {
			t.Fatalf("%v: %+v", err, want)
		}
		if len(got) != len(want) {
			t.Fatalf("%d aggregates, want %d", len(got), len(want))
		}
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("aggregate %d is %+v, want %+v", i, got[i], want[i])
			}
		}
		for n := range b { // nothing that is cut is taken for whole, but for what ends in the padding
			if _, err := decodeChunk(b[:n], buf, sumScale(step)); err == nil {
				t.Fatalf("%d of %d bytes are enough", n, len(b))
			}
		}
	}
}

func TestChunkExtremes(t *testing.T) {
	const largest = math.MaxFloat32
	step := int64(maxStep)
	for _, v := range []float32{largest, -largest, 0x1p-126} {
		sum := float64(v) * float64(step-1)
		want := []aggregate{
			{window: 0, min: min(v, 0), max: max(v, 0), sum: sum, count: uint32(step), anomalous: uint32(step)},
			{window: maxWindow, min: v, max: v, sum: sum, count: uint32(step - 1)},
		}
		got, err := decodeChunk(appendChunk(nil, want, sumScale(step)), make([]aggregate, chunkPoints), sumScale(step))
		if err != nil {
			t.Fatal(err)
		}
		for i := range got {
			if e := math.Abs(got[i].sum/sum - 1); e > 1e-7 && v != 0x1p-126 {
				t.Errorf("the sum %v comes back as %v", sum, got[i].sum)
			}
			got[i].sum = want[i].sum
			if got[i] != want[i] {
				t.Errorf("got %+v, want %+v", got[i], want[i])
			}
		}
	}
}

func TestRecord(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		want := randomAggregates(rnd, 1+rnd.IntN(5*chunkPoints), 60)
		w := newRecordWriter(60)
		for range 2 { // it can be used again
			w.reset()
			for i := range want {
				w.add(&want[i])
			}
		}
		record := w.bytes()
		from := rnd.IntN(len(want))
		var r recordReader
		r.scale = sumScale(60)
		if err := r.open(record, want[from].window); err != nil {
			t.Fatal(err)
		}
		skipped, at := 0, -1
		for {
			points, err := r.next()
			if err != nil {
				t.Fatal(err)
			}
			if len(points) == 0 {
				break
			}
			for _, p := range points {
				if p.window < want[from].window {
					skipped++
					continue
				}
				if at < 0 {
					at = from
				}
				if p != want[at] {
					t.Fatalf("aggregate %d is %+v, want %+v", at, p, want[at])
				}
				at++
			}
		}
		if at != len(want) || skipped >= chunkPoints {
			t.Fatalf("read up to %d of %d from %d, %d before", at, len(want), from, skipped)
		}
		record[rnd.IntN(len(record))] ^= 1 << rnd.IntN(8)
		if err := r.open(record, 0); err == nil {
			t.Fatal("a changed bit is not noticed")
		}
	}
}

// FuzzChunk decodes anything, and what was decoded once more from what is encoded of it.
func FuzzChunk(f *testing.F) {
	rnd := rand.New(rand.NewPCG(5, 6))
	for range 20 {
		f.Add(appendChunk(nil, randomAggregates(rnd, 1+rnd.IntN(20), 60), sumScale(60)))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		points, err := decodeChunk(b, make([]aggregate, chunkPoints), sumScale(60))
		if err != nil {
			return
		}
		again, err := decodeChunk(appendChunk(nil, points, sumScale(60)), make([]aggregate, chunkPoints), sumScale(60))
		if err != nil || len(again) != len(points) {
			t.Fatalf("%d aggregates, %v, want %d", len(again), err, len(points))
		}
		for i := range points {
			// Sums beyond what windows can have are rounded.
			if a, p := again[i], points[i]; a.window != p.window || a.min != p.min || a.max != p.max || a.count != p.count || a.anomalous != p.anomalous {
				t.Fatalf("aggregate %d is %+v, want %+v", i, a, p)
			}
		}
	})
}

// FuzzRecord reads anything that has a right checksum.
func FuzzRecord(f *testing.F) {
	rnd := rand.New(rand.NewPCG(7, 8))
	for range 5 {
		w := newRecordWriter(60)
		for _, a := range randomAggregates(rnd, 500, 60) {
			w.add(&a)
		}
		b := w.bytes()
		f.Add(b[:len(b)-checksumSize], int64(0))
	}
	f.Fuzz(func(t *testing.T, b []byte, from int64) {
		r := recordReader{scale: sumScale(60)}
		if r.open(appendChecksum(b), from) != nil {
			return
		}
		for range len(b) + 1 {
			points, err := r.next()
			if err != nil || len(points) == 0 {
				return
			}
		}
		t.Fatal("more chunks than bytes")
	})
}

func BenchmarkChunk(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 2))
	buf := make([]aggregate, chunkPoints)
	for _, kind := range []struct {
		name string
		v    func() (lowest, highest float32)
	}{
		{"constant", func() (float32, float32) { return 7, 7 }},
		{"integers", func() (float32, float32) { return float32(rnd.IntN(2)), float32(9 + rnd.IntN(2)) }},
		{"noise", func() (float32, float32) { return float32(rnd.Float64()), 1 + float32(rnd.Float64()) }},
	} {
		points := make([]aggregate, chunkPoints)
		for i := range points {
			lowest, highest := kind.v()
			points[i] = aggregate{window: int64(1000 + i), min: lowest, max: highest, count: 60}
			points[i].sum = float64(lowest) * 60
			if lowest != highest {
				points[i].sum = float64(rnd.IntN(60 * int(highest)))
			}
		}
		encoded := appendChunk(nil, points, sumScale(60))
		b.Run(kind.name+"/encode", func(b *testing.B) {
			for b.Loop() {
				encoded = appendChunk(encoded[:0], points, sumScale(60))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/chunkPoints, "ns/point")
			b.ReportMetric(float64(len(encoded))/chunkPoints, "B/point")
		})
		b.Run(kind.name+"/decode", func(b *testing.B) {
			for b.Loop() {
				if _, err := decodeChunk(encoded, buf, sumScale(60)); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/chunkPoints, "ns/point")
		})
	}
}
