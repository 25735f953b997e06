package receiver

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"foster/replication/compress"
	"foster/replication/wire"
	"foster/storage"
)

// stream is a net.Conn that hands out a request, then messages one by one.
type stream struct {
	messages [][]byte
	next     int
	off      int
}

func (c *stream) Read(p []byte) (int, error) {
	if c.next == len(c.messages) {
		return 0, io.EOF
	}
	m := c.messages[c.next]
	n := copy(p, m[c.off:])
	if c.off += n; c.off == len(m) {
		c.next, c.off = c.next+1, 0
	}
	return n, nil
}

func (c *stream) Write(p []byte) (int, error)      { return len(p), nil }
func (c *stream) Close() error                     { return nil }
func (c *stream) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (c *stream) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (c *stream) SetDeadline(time.Time) error      { return nil }
func (c *stream) SetReadDeadline(time.Time) error  { return nil }
func (c *stream) SetWriteDeadline(time.Time) error { return nil }

// BenchmarkReceive receives seconds of a child with 2,000 charts of 10 dimensions, all in: decompression, parsing, store and
// log. It reports the cost of a sample.
func BenchmarkReceive(b *testing.B) {
	const charts, dims, seconds = 2000, 10, 30
	for _, test := range []struct {
		name string
		caps wire.Caps
		algo compress.Algorithm
	}{
		{"v2-plain", wire.VCaps | wire.Interpolated | wire.IEEE754 | wire.Slots, compress.None},
		{"v2-lz4", wire.VCaps | wire.Interpolated | wire.IEEE754 | wire.Slots | wire.LZ4, compress.LZ4},
		{"v1-plain", wire.VCaps, compress.None},
	} {
		b.Run(test.name, func(b *testing.B) {
			opts := storage.DefaultOptions()
			opts.Dir = b.TempDir()
			start := time.Now().Add(-time.Hour).Truncate(time.Second)
			clock := start
			opts.Now = func() time.Time { return clock }
			store, err := storage.Open(b.Context(), opts)
			if err != nil {
				b.Fatal(err)
			}
			defer store.Close()
			r, err := New(Options{
				Store: store, GUID: parentGUID, Hostname: "foster", Now: func() time.Time { return clock },
				Rules: func(string, string) Rules { return testRules("", "") },
			})
			if err != nil {
				b.Fatal(err)
			}
			at := start.Unix()
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				c := &stream{}
				c.messages = append(c.messages, []byte(request(guid(1), int64(test.caps))))
				var frames bytes.Buffer
				w := compress.NewWriter(&frames, test.algo)
				message := func(text []byte) {
					frames.Reset()
					if err := w.WriteMessage(text); err != nil {
						b.Fatal(err)
					}
					c.messages = append(c.messages, bytes.Clone(frames.Bytes()))
				}
				message(benchDefinitions(test.caps, charts, dims))
				for range seconds {
					at++
					message(benchSecond(test.caps, charts, dims, at))
				}
				clock = time.Unix(at, 0)
				b.StartTimer()
				if err := r.Serve(b.Context(), c, Peer{Addr: "bench", IP: "127.0.0.1"}); err != nil {
					b.Fatal(err)
				}
			}
			samples := float64(b.N) * charts * dims * seconds
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/samples, "ns/sample")
		})
	}
}

func benchDefinitions(caps wire.Caps, charts, dims int) []byte {
	e := wire.NewEncoding(caps)
	var b []byte
	for i := range charts {
		b = e.AppendChart(b, &wire.Chart{Slot: i + 1, ID: fmt.Sprintf("bench.chart%d", i), Type: "line", UpdateEvery: 1, Priority: 1000})
		for j := range dims {
			b = e.AppendDimension(b, &wire.Dimension{Slot: j + 1, ID: fmt.Sprintf("dimension%d", j), Multiplier: 1, Divisor: 100})
		}
	}
	return b
}

func benchSecond(caps wire.Caps, charts, dims int, at int64) []byte {
	e := wire.NewEncoding(caps)
	var b []byte
	for i := range charts {
		id := fmt.Appendf(nil, "bench.chart%d", i)
		if caps.Has(wire.Interpolated) {
			b = e.AppendBegin2(b, &wire.Begin2{Slot: i + 1, ID: id, UpdateEvery: 1, End: at, Wall: at})
		} else {
			b = e.AppendBegin(b, &wire.Begin{ID: id, Microseconds: second})
		}
		for j := range dims {
			raw := float64((int64(i*j)*7919 + at*104729) % 10000)
			if j%3 == 0 {
				raw = float64(j)
			}
			dim := fmt.Appendf(nil, "dimension%d", j)
			if caps.Has(wire.Interpolated) {
				b = e.AppendSet2(b, &wire.Set2{Slot: j + 1, ID: dim, Collected: raw, Value: raw / 100})
			} else {
				b = e.AppendSet(b, &wire.Set{ID: dim, Value: int64(raw), Has: true})
			}
		}
		if caps.Has(wire.Interpolated) {
			b = append(b, "END2\n"...)
		} else {
			b = append(b, "END\n"...)
		}
	}
	return b
}
