package dense

import (
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
)

// maxShared is how many chunks a sharer remembers, of some 300 bytes each. It forgets all before it remembers one more.
const maxShared = 16_384

// sharer writes once what a block has several times. About half of the values of an agent do not change, and most of these
// are zeros of the same seconds: their chunks are the same, byte for byte.
type sharer struct {
	tsdb.ChunkWriter
	places  map[string]chunks.ChunkRef // by content, of constant chunks
	metrics *tsdb.CompactorMetrics     // that count what is written, if there are any
}

func newSharer(w tsdb.ChunkWriter) *sharer {
	return &sharer{ChunkWriter: w, places: map[string]chunks.ChunkRef{}}
}

// WriteChunks implements tsdb.ChunkWriter.
func (s *sharer) WriteChunks(list ...chunks.Meta) error {
	from := 0
	for i := range list {
		c := list[i].Chunk
		if !constant(c) {
			continue
		}
		if err := s.write(list[from:i]); err != nil {
			return err
		}
		from = i + 1
		if ref, written := s.places[string(c.Bytes())]; written {
			list[i].Ref = ref
			continue
		}
		if err := s.write(list[i:from]); err != nil {
			return err
		}
		if len(s.places) == maxShared {
			clear(s.places)
		}
		s.places[string(c.Bytes())] = list[i].Ref
	}
	return s.write(list[from:])
}

func (s *sharer) write(list []chunks.Meta) error {
	if len(list) == 0 {
		return nil // for which the writer would begin a file
	}
	if m := s.metrics; m != nil {
		for _, c := range list {
			m.ChunkSize.Observe(float64(len(c.Chunk.Bytes())))
			m.ChunkSamples.Observe(float64(c.Chunk.NumSamples()))
			m.ChunkRange.Observe(float64(c.MaxTime - c.MinTime))
		}
	}
	return s.ChunkWriter.WriteChunks(list...)
}

// constant says whether a chunk is so short that its values hardly change: an XOR chunk has two bits of each sample that is as
// expected, and up to 24 bytes of the first two.
func constant(c chunkenc.Chunk) bool {
	return c.Encoding() == chunkenc.EncXOR && len(c.Bytes()) <= 24+(c.NumSamples()+3)/4
}
