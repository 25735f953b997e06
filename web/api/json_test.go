package api

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"foster/storage/query"
)

func TestNumber(t *testing.T) {
	f := func(v float64, want string) {
		t.Helper()
		if got := string(appendNumber(nil, v)); got != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
	stored := func(v float64) float64 { return float64(float32(v)) }
	f(0, "0")
	f(math.Copysign(0, -1), "0")
	f(-12, "-12")
	f(1e15, "1000000000000000")
	f(math.NaN(), "null")
	f(math.Inf(-1), "null")
	// As netdata v1.37.1 prints stored values.
	f(stored(-546.7241), "-546.7241")
	f(stored(-167.09276), "-167.09276")
	f(stored(44.67005), "44.67005")
	f(stored(1.5306122), "1.5306122")
	f(stored(2736.4921875), "2736.4922")
	f(stored(0.000012345), "0.000012345")
	// And means.
	f(18.58139534883721, "18.5813953")
	f(-1.0/3, "-0.3333333")
	f(0.1+0.2, "0.3")
	f(1.99999999, "2")
	f(-1.00000001, "-1")
	f(99999999.25000001, "99999999.25")
	f(1.0/30, "0.033333335")
	f(123456789.123, "123456789.123")
	f(3e38, "300000000000000000000000000000000000000")
}

func TestNumberKeepsFloat32(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		v := math.Float32frombits(r.Uint32())
		if v != v || math.IsInf(float64(v), 0) {
			continue
		}
		s := string(appendNumber(nil, float64(v)))
		if strings.ContainsAny(s, "eE") {
			t.Fatalf("%v: exponent in %s", v, s)
		}
		if back, err := strconv.ParseFloat(s, 32); err != nil || float32(back) != v {
			t.Fatalf("%v: %s", v, s)
		}
	}
	for range 200_000 {
		v := (r.Float64() - 0.5) * math.Pow(10, float64(r.IntN(14)-4))
		s := string(appendNumber(nil, v))
		if back, err := strconv.ParseFloat(s, 64); err != nil || math.Abs(back-v) > 5.1e-8+1e-15*math.Abs(v) {
			t.Fatalf("%v: %s", v, s)
		}
	}
}

// TestPrinted: a column prints what appendNumber does, whatever came before and however much room there is.
func TestPrinted(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	some := []float64{0, math.Copysign(0, -1), 9, 10, 99, 100, 999, 1000, 9999, 10000, -1, -10, 0.5, 12345678, 123456789, -1234567, 1e300,
		math.NaN(), math.Inf(1), math.Inf(-1), 1 << 53, -1 << 53, float64(float32(44.67005))}
	var last printed
	for range 10_000 {
		v := some[r.IntN(len(some))]
		for range r.IntN(3) + 1 {
			before := bytes.Repeat([]byte{'x'}, r.IntN(8))
			want := string(appendNumber(before, v))
			if got := string(last.append(slices.Clip(before), v)); got != want {
				t.Fatalf("%v without room: %s, want %s", v, got, want)
			}
			if got := string(last.append(slices.Grow(before, 400), v)); got != want {
				t.Fatalf("%v: %s, want %s", v, got, want)
			}
		}
	}
}

func TestInt(t *testing.T) {
	for power := int64(1); power < 1e18; power *= 10 {
		for _, n := range []int64{power - 1, power, power + 1, 3*power + 7, -power} {
			for _, room := range []int{0, 11, 12, 24} {
				if got, want := string(appendInt(make([]byte, 0, room), n)), strconv.FormatInt(n, 10); got != want {
					t.Errorf("%d with room for %d: %s", n, room, got)
				}
			}
		}
	}
}

func TestClock(t *testing.T) {
	var c clock
	for _, o := range []query.Options{0, query.Seconds, query.Milliseconds, query.RFC3339, query.GoogleJSON} {
		for _, at := range []int64{0, 7, 99, 100, 1700000099, 1700000100, 1700000098, 1700000000, 1700000001, 99, 1800000001, -5} {
			want := string(appendTime(nil, at, o))
			if got := string(c.append(nil, at, o)); got != want {
				t.Errorf("%d: %s, want %s", at, got, want)
			}
		}
	}
}

func FuzzString(f *testing.F) {
	f.Add("plain")
	f.Add("a\"b\\c\n\t\r\x00\x1f\x7fü\xff\u2028</script>")
	f.Fuzz(func(t *testing.T, s string) {
		b := appendString(nil, s)
		var back string
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatalf("%q: %v", b, err)
		}
		want := s
		if !utf8.ValidString(s) {
			want = string([]rune(s)) // each bad byte becomes U+FFFD
		}
		if back != want {
			t.Fatalf("%q came back as %q", s, back)
		}
	})
}

func BenchmarkNumber(b *testing.B) {
	for name, v := range map[string]float64{"integer": 42, "stored": float64(float32(44.67005)), "mean": 18.58139534883721} {
		b.Run(name, func(b *testing.B) {
			var buf []byte
			for b.Loop() {
				buf = appendNumber(buf[:0], v)
			}
		})
	}
}

func BenchmarkTable(b *testing.B) {
	const rows = 600
	r := rand.New(rand.NewPCG(1, 2))
	for name, value := range map[string]func(i int) float64{
		"same":    func(int) float64 { return 870 },
		"counter": func(i int) float64 { return float64(i * 7919 % 100_000) },
		"gauge":   func(int) float64 { return float64(float32(r.Float64() * 100)) },
	} {
		b.Run(name, func(b *testing.B) {
			t := &table{columns: make([]column, 10)}
			t.Window = query.Window{After: 1_700_000_000 - rows, Before: 1_700_000_000, Points: rows, Granularity: 1, Group: 1}
			for i := range t.columns {
				for row := range rows {
					t.columns[i].values = append(t.columns[i].values, value(row+i))
				}
			}
			var rp reply
			b.ReportAllocs()
			for b.Loop() {
				rp.b = rp.b[:0]
				rp.table(t)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows*len(t.columns)), "ns/value")
		})
	}
}
