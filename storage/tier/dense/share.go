package dense

import (
	"crypto/sha256"

	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunks"
)

// maxShared is how many chunks a sharer remembers, in some 50 bytes each. It forgets all before it remembers one more.
const maxShared = 1 << 17

// sharer writes once what a block has several times. About half of the values of an agent do not change, and most of these
// are zeros of the same seconds: their chunks are the same, byte for byte. So are those of a value that several charts show.
type sharer struct {
	tsdb.ChunkWriter
	places  map[content]chunks.ChunkRef
	metrics *tsdb.CompactorMetrics // that count what is written, if there are any
}

// content stands for all bytes of a chunk: half of their SHA-256.
type content [sha256.Size / 2]byte

func contentOf(c chunks.Meta) content {
	h := sha256.New()
	h.Write([]byte{byte(c.Chunk.Encoding())})
	h.Write(c.Chunk.Bytes())
	var sum [sha256.Size]byte
	return content(h.Sum(sum[:0]))
}

func newSharer(w tsdb.ChunkWriter) *sharer {
	return &sharer{ChunkWriter: w, places: map[content]chunks.ChunkRef{}}
}

// WriteChunks implements tsdb.ChunkWriter.
func (s *sharer) WriteChunks(list ...chunks.Meta) error {
	for i := range list {
		c := &list[i]
		key := contentOf(*c)
		if ref, written := s.places[key]; written {
			c.Ref = ref
			continue
		}
		if err := s.ChunkWriter.WriteChunks(list[i : i+1]...); err != nil {
			return err
		}
		if m := s.metrics; m != nil {
			m.ChunkSize.Observe(float64(len(c.Chunk.Bytes())))
			m.ChunkSamples.Observe(float64(c.Chunk.NumSamples()))
			m.ChunkRange.Observe(float64(c.MaxTime - c.MinTime))
		}
		if len(s.places) == maxShared {
			clear(s.places)
		}
		s.places[key] = c.Ref
	}
	return nil
}
