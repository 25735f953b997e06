package compress

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"testing"
)

// benchmarkReader decodes the stream from beginning to end with a new Reader
// each time.
func benchmarkReader(b *testing.B, a Algorithm, stream []byte) {
	text, err := decode(a, stream)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	b.ReportMetric(float64(len(text))/float64(len(stream)), "ratio")
	buf := make([]byte, 64<<10)
	for b.Loop() {
		r := NewReader(bytes.NewReader(stream), a)
		for {
			if _, err := r.Read(buf); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
		r.Close()
	}
}

// BenchmarkReaderRecorded decodes the recorded sessions, connecting included:
// many tiny frames, as agents send them while they replicate.
func BenchmarkReaderRecorded(b *testing.B) {
	f := func(name string, a Algorithm) {
		b.Run(name, func(b *testing.B) { benchmarkReader(b, a, testdata(b, name)) })
	}
	f("lz4-1.37.1", LZ4)
	f("lz4-2.11.0", LZ4)
	f("zstd-2.11.0", ZSTD)
	f("gzip-2.11.0", GZIP)
	f("brotli-2.11.0", Brotli)
}

// BenchmarkReader decodes 8 MiB of live text in messages of about 8 KiB.
func BenchmarkReader(b *testing.B) {
	msgs := benchMessages()
	for _, a := range append(framed, None) {
		b.Run(a.String(), func(b *testing.B) { benchmarkReader(b, a, encode(b, a, msgs...)) })
	}
}

// BenchmarkReaderLinkedLZ4 is the same with blocks as agents make them.
func BenchmarkReaderLinkedLZ4(b *testing.B) {
	var l linker
	var stream bytes.Buffer
	for _, m := range benchMessages()[:200] {
		stream.Write(frameOf(l.block(m)))
	}
	benchmarkReader(b, LZ4, stream.Bytes())
}

func benchMessages() (msgs [][]byte) {
	small := messages(1, 20_000)
	for len(small) > 0 {
		n := min(len(small), 20)
		msgs = append(msgs, bytes.Join(small[:n], nil))
		small = small[n:]
	}
	return msgs
}

func BenchmarkWriter(b *testing.B) {
	msgs := benchMessages()
	for _, a := range append(framed, None) {
		b.Run(a.String(), func(b *testing.B) {
			var sent counter
			w := NewWriter(&sent, a)
			b.ReportAllocs()
			var plain int64
			i := 0
			for b.Loop() {
				m := msgs[i%len(msgs)]
				if err := w.WriteMessage(m); err != nil {
					b.Fatal(err)
				}
				plain += int64(len(m))
				i++
			}
			b.SetBytes(plain / int64(i))
			b.ReportMetric(float64(plain)/float64(sent), "ratio")
		})
	}
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// BenchmarkMemory reports what a connection holds while it waits for its next
// message: after the recorded beginning, where there is one.
func BenchmarkMemory(b *testing.B) {
	const connections = 50
	f := func(name string, build func() any) {
		b.Run(name, func(b *testing.B) {
			var kept [connections]any
			for b.Loop() {
				before := heap()
				for i := range kept {
					kept[i] = build()
				}
				b.ReportMetric(float64(heap()-before)/connections/1024, "KiB/connection")
				clear(kept[:])
			}
		})
	}
	reader := func(name string, a Algorithm) {
		stream := testdata(b, name)
		text, _ := decode(a, stream)
		f("reader/"+name, func() any {
			r := NewReader(bytes.NewReader(stream), a)
			if _, err := io.CopyN(io.Discard, r, int64(len(text))); err != nil {
				b.Fatal(err)
			}
			return r
		})
	}
	reader("lz4-2.11.0", LZ4)
	reader("zstd-2.11.0", ZSTD)
	reader("gzip-2.11.0", GZIP)
	reader("brotli-2.11.0", Brotli)
	msgs := benchMessages()[:100]
	for _, a := range framed {
		f("writer/"+a.String(), func() any {
			w := NewWriter(io.Discard, a)
			for _, m := range msgs {
				w.WriteMessage(m)
			}
			return w
		})
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
