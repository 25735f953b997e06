package tier

import (
	"path/filepath"
	"slices"
	"sync"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/prometheus/tsdb"
)

// metas has the descriptions of the blocks of tier 0 as they were when they were first asked for: all in them but the number
// of tombstones stays the same. The TSDB's own copy may not be read while points of the block are erased.
type metas struct {
	mu   sync.Mutex
	byID map[ulid.ULID]*tsdb.BlockMeta
}

// idOf returns the id of a block.
func idOf(b *tsdb.Block) ulid.ULID {
	id, _ := ulid.Parse(filepath.Base(b.Dir())) // the TSDB opens no directory of another name
	return id
}

// of returns the description of a block. It must not be changed.
func (m *metas) of(b *tsdb.Block) *tsdb.BlockMeta {
	id := idOf(b)
	m.mu.Lock()
	defer m.mu.Unlock()
	if meta := m.byID[id]; meta != nil {
		return meta
	}
	meta, err := readMeta(b.Dir(), id)
	if err != nil { // it is about to be removed
		meta = tsdb.BlockMeta{ULID: id, MinTime: b.MinTime(), MaxTime: b.MaxTime()}
		meta.Compaction.Sources = []ulid.ULID{id}
		return &meta
	}
	if m.byID == nil {
		m.byID = map[ulid.ULID]*tsdb.BlockMeta{}
	}
	m.byID[id] = &meta
	return &meta
}

// keep forgets all blocks but these.
func (m *metas) keep(blocks []*tsdb.Block) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id := range m.byID {
		if !slices.ContainsFunc(blocks, func(b *tsdb.Block) bool { return idOf(b) == id }) {
			delete(m.byID, id)
		}
	}
}
