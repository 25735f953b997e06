package tier

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"testing"
	"time"
)

// recorded is a dimension of a real agent: what it showed, and when in seconds since the recording began.
type recorded struct {
	at     []int64
	values []float32
}

// recording reads testdata/agent.gz: every sixth dimension that a Netdata v1.37.1 sent in half an hour from a machine with two
// cores and changing load (its plugins proc, apps, slabinfo, diskspace, timex, idlejitter and its own statistics). Only the
// numbers are kept.
//
// The file is compressed with gzip: uvarint number of dimensions; of each: uvarint number of points, and runs of uvarint
// seconds between points, uvarint how many points, until all have been named; then the float32 values of all dimensions, each
// XORed with the one before: first the highest bytes of all, then the next, …
func recording(t testing.TB) (all []recorded, points int) {
	t.Helper()
	file, err := os.Open("testdata/agent.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	r := bytes.NewReader(b)
	number := func() int64 {
		n, err := binary.ReadUvarint(r)
		if err != nil {
			t.Fatal(err)
		}
		return int64(n)
	}
	for range number() {
		var s recorded
		n := number()
		for at := int64(0); int64(len(s.at)) < n; {
			every := number()
			for range number() {
				at += every
				s.at = append(s.at, at)
			}
		}
		all, points = append(all, s), points+int(n)
	}
	planes, i := b[len(b)-4*points:], 0
	for k := range all {
		s := &all[k]
		var bits uint32
		for range s.at {
			bits ^= uint32(planes[i])<<24 | uint32(planes[points+i])<<16 | uint32(planes[2*points+i])<<8 | uint32(planes[3*points+i])
			s.values = append(s.values, math.Float32frombits(bits))
			i++
		}
	}
	return all, points
}

// feedRecording appends a recording.
func feedRecording(t testing.TB, r *Raw, all []recorded) {
	t.Helper()
	f := newFeeder(t, r)
	next := make([]int, len(all))
	for at := int64(0); ; at++ {
		done := true
		for i := range all {
			s := &all[i]
			if next[i] < len(s.at) && s.at[next[i]] == at {
				f.append(recordedSeries(i), epoch+at, float64(s.values[next[i]]), 0)
				next[i]++
			}
			done = done && next[i] == len(s.at)
		}
		f.commit()
		if done {
			return
		}
	}
}

func recordedSeries(i int) Series {
	return series(fmt.Sprintf("recorded.chart%d", i/4), fmt.Sprintf("dimension%d", i))
}

// What a real agent shows takes less than 1.5 bytes a sample, index included, and comes back the same to the last bit of a
// float32.
func TestRecordingIsDense(t *testing.T) {
	all, points := recording(t)
	o := testOptions()
	r := openRaw(t, t.TempDir(), o)
	manual(r)
	feedRecording(t, r, all)
	// Two blocks later everything is in blocks.
	f := newFeeder(t, r)
	f.append(series("a.b", "x"), epoch+3*int64(o.BlockDuration/time.Second)+3600, 1, 0)
	f.commit()
	if err := r.compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	var stored uint64
	for _, b := range r.db.Blocks() {
		stored += b.Meta().Stats.NumSamples
	}
	if stored != uint64(points) {
		t.Fatalf("blocks have %d points of %d", stored, points)
	}
	if size := float64(r.Stats().BlockBytes) / float64(points); size > 1 {
		t.Errorf("%.3f bytes/sample in blocks, want less than 1", size)
	} else {
		t.Logf("%.3f bytes/sample in %d blocks", size, len(r.db.Blocks()))
	}
	for i, want := range all {
		s := recordedSeries(i)
		got := read(t, r, s.Chart, s.Dimension, epoch-1, epoch+7200)
		if len(got) != len(want.at) {
			t.Fatalf("%d points of series %d, want %d", len(got), i, len(want.at))
		}
		for k, p := range got {
			if p.End != epoch+want.at[k] || p.Sum != float64(want.values[k]) {
				t.Fatalf("point %d of series %d is %v at %d, want %v at %d", k, i, p.Sum, p.End-epoch, want.values[k], want.at[k])
			}
		}
	}
}

// BenchmarkRecording tells the size of the recording in blocks, and what it costs to cut them.
func BenchmarkRecording(b *testing.B) {
	all, points := recording(b)
	for b.Loop() {
		r := openRaw(b, b.TempDir(), testOptions())
		manual(r)
		feedRecording(b, r, all)
		f := newFeeder(b, r)
		f.append(series("a.b", "x"), epoch+7200, 1, 0)
		f.commit()
		start := time.Now()
		if err := r.compact(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(time.Since(start).Nanoseconds())/float64(points), "cut-ns/sample")
		b.ReportMetric(float64(r.Stats().BlockBytes)/float64(points), "B/sample")
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
