package dense

import (
	"testing"

	"github.com/prometheus/prometheus/tsdb/chunks"
)

// constants returns a chunk of a value that does not change.
func constants(t *testing.T, value float64, from int64, n int) chunks.Meta {
	t.Helper()
	times, values := make([]int64, n), make([]float64, n)
	for i := range times {
		times[i], values[i] = from+int64(i)*1000, value
	}
	return encode(t, times, values)[0]
}

// varying returns a chunk of one that does.
func varying(t *testing.T, seed, from int64) chunks.Meta {
	t.Helper()
	times, values := make([]int64, 900), make([]float64, 900)
	for i := range times {
		times[i], values[i] = from+int64(i)*1000, float64((int64(i)*7919+seed)%1000)
	}
	return encode(t, times, values)[0]
}

func TestSharer(t *testing.T) {
	dir := t.TempDir()
	cw, err := chunks.NewWriter(dir)
	if err != nil {
		t.Fatal(err)
	}
	s := newSharer(cw)
	const quarter = 900_000
	series := func(value float64, seed int64) []chunks.Meta {
		return []chunks.Meta{
			constants(t, value, 0, 900), varying(t, seed, quarter), varying(t, 0, 2*quarter), constants(t, value, 3*quarter, 900), varying(t, seed, 4*quarter),
		}
	}
	first, second, other := series(0, 1), series(0, 2), series(1, 1)
	for _, list := range [][]chunks.Meta{first, second, other} {
		if err := s.WriteChunks(list...); err != nil {
			t.Fatal(err)
		}
	}
	if err := cw.Close(); err != nil {
		t.Fatal(err)
	}
	for i := range first {
		if shared := second[i].Ref == first[i].Ref; shared != (i != 1 && i != 4) {
			t.Errorf("chunk %d with other changes: shared %v", i, shared)
		}
		if shared := other[i].Ref == first[i].Ref; shared != (i != 0 && i != 3) {
			t.Errorf("chunk %d with another constant: shared %v", i, shared)
		}
	}
	r, err := chunks.NewDirReader(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for k, list := range [][]chunks.Meta{first, second, other} {
		for i, want := range list {
			got, _, err := r.ChunkOrIterable(want)
			if err != nil {
				t.Fatal(err)
			}
			if string(got.Bytes()) != string(want.Chunk.Bytes()) {
				t.Errorf("chunk %d of series %d is another one", i, k)
			}
		}
	}
}

// A sharer remembers so many chunks and no more, and goes on to share.
func TestSharerForgets(t *testing.T) {
	s := newSharer(&counter{})
	write := func(value float64) chunks.ChunkRef {
		list := []chunks.Meta{constants(t, value, 0, 1)}
		if err := s.WriteChunks(list...); err != nil {
			t.Fatal(err)
		}
		return list[0].Ref
	}
	for i := range maxShared + 10 {
		if write(float64(i)); len(s.places) > maxShared {
			t.Fatalf("%d chunks are remembered", len(s.places))
		}
	}
	if a, b := write(-1), write(-1); a != b {
		t.Error("the same is not shared")
	}
}

// counter is a tsdb.ChunkWriter that only counts.
type counter struct{ chunks chunks.ChunkRef }

func (c *counter) WriteChunks(list ...chunks.Meta) error {
	for i := range list {
		c.chunks++
		list[i].Ref = c.chunks
	}
	return nil
}

func (*counter) Close() error { return nil }
