package tier

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sync"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/tsdb/index"
)

// HostUsage is what the points of a host take in the blocks of a tier.
type HostUsage struct {
	Bytes  int64
	Series int // the most in one block
}

// BlockUsage is what the hosts take in one block.
type BlockUsage struct {
	First, Last int64 // unix seconds
	Hosts       map[string]HostUsage
}

// Meter measures how much of the blocks of the tiers is whose. A block, which never changes, is read once: its index, not
// its points.
//
// The bytes of the points of a host are the distances from its chunks to the next ones of another; a chunk that several series
// have is the first one's. What else is in a block, its index above all, is divided among the hosts by the number of their
// series. So the sum over all hosts is the size of the blocks. The log and the head are nobody's.
type Meter struct {
	tiers *Tiers

	mu     sync.Mutex
	blocks map[ulid.ULID]BlockUsage
}

// NewMeter returns a Meter of the tiers.
func NewMeter(t *Tiers) *Meter { return &Meter{tiers: t, blocks: map[ulid.ULID]BlockUsage{}} }

// Measure returns what is in the blocks of each tier, beginning with tier 0.
func (m *Meter) Measure(ctx context.Context) ([][]BlockUsage, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	measured := map[ulid.ULID]BlockUsage{}
	raw, err := m.measureRaw(ctx, measured)
	if err != nil {
		return nil, fmt.Errorf("measure tier 0: %w", err)
	}
	all := [][]BlockUsage{raw}
	for _, c := range m.tiers.coarse {
		list, err := m.measureCoarse(ctx, c, measured)
		if err != nil {
			return nil, c.describe("measure", err)
		}
		all = append(all, list)
	}
	m.blocks = measured
	return all, nil
}

func (m *Meter) measureRaw(ctx context.Context, measured map[ulid.ULID]BlockUsage) (list []BlockUsage, err error) {
	metas, err := m.tiers.blockMetas()
	if err != nil {
		return nil, err
	}
	for i := range metas {
		id := metas[i].ULID
		usage, known := m.blocks[id]
		if !known {
			if usage, err = m.tiers.measureBlock(ctx, id); errors.Is(err, tsdb.ErrClosing) {
				continue // replaced by a compaction; the next measuring sees the new one
			}
			if err != nil {
				return nil, fmt.Errorf("block %s: %w", id, err)
			}
		}
		measured[id] = usage
		list = append(list, usage)
	}
	return list, nil
}

// measureBlock measures a block of tier 0. The error is tsdb.ErrClosing when there is no such block any more.
func (r *Raw) measureBlock(ctx context.Context, id ulid.ULID) (BlockUsage, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.closed {
		return BlockUsage{}, ErrClosed
	}
	r.blocks.RLock()
	defer r.blocks.RUnlock()
	for _, b := range r.db.Blocks() {
		if idOf(b) != id {
			continue
		}
		ix, err := b.Index()
		if err != nil {
			return BlockUsage{}, err
		}
		hosts, err := measureIndex(ctx, b, ix)
		return BlockUsage{First: b.MinTime() / 1000, Last: (b.MaxTime() - 1) / 1000, Hosts: hosts}, errors.Join(err, ix.Close())
	}
	return BlockUsage{}, tsdb.ErrClosing
}

func measureIndex(ctx context.Context, b *tsdb.Block, ix tsdb.IndexReader) (map[string]HostUsage, error) {
	name, value := index.AllPostingsKey()
	list, err := ix.Postings(ctx, name, value)
	if err != nil {
		return nil, err
	}
	hosts := hostMeter{}
	var builder labels.ScratchBuilder
	var metas []chunks.Meta
	var latest chunks.ChunkRef
	host, segment, at := "", -1, 0 // of the chunks whose end is not known yet
	to := func(nextSegment, next int) error {
		switch {
		case segment < 0:
		case nextSegment == segment:
			hosts.add(host, int64(next-at), 0)
		default:
			info, err := os.Stat(filepath.Join(b.Dir(), "chunks", fmt.Sprintf("%06d", segment+1)))
			if err != nil {
				return err
			}
			hosts.add(host, info.Size()-int64(at), 0)
		}
		segment, at = nextSegment, next
		return nil
	}
	for n := 0; list.Next(); n++ {
		if n%1000 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err := ix.Series(list.At(), &builder, &metas); err != nil {
			return nil, err
		}
		owner := builder.Labels().Get(labelGUID)
		for i := range metas {
			if metas[i].Ref <= latest {
				continue // shared with a series before
			}
			latest = metas[i].Ref
			nextSegment, next := chunks.BlockChunkRef(latest).Unpack()
			if host == owner && nextSegment == segment {
				continue
			}
			if err := to(nextSegment, next); err != nil {
				return nil, err
			}
			host = owner
		}
		hosts.add(owner, 0, 1)
	}
	if err := errors.Join(list.Err(), to(-1, 0)); err != nil {
		return nil, err
	}
	return hosts.share(b.Size()), nil
}

func (m *Meter) measureCoarse(ctx context.Context, c *coarse, measured map[ulid.ULID]BlockUsage) (list []BlockUsage, err error) {
	v := c.view(math.MinInt64, math.MaxInt64)
	defer func() { err = errors.Join(err, closeAll(v.blocks)) }()
	for _, b := range v.blocks {
		usage, known := m.blocks[b.id]
		if !known {
			hosts := hostMeter{}
			err := b.prefixed(nil, func(e *entry) error {
				guid, _, err := cutField(e.key)
				if err != nil {
					return b.fail(err)
				}
				hosts.add(guid, int64(e.size), 1)
				return ctx.Err()
			})
			if err != nil {
				return nil, err
			}
			usage = BlockUsage{First: b.meta.First, Last: b.meta.Last, Hosts: hosts.share(b.size)}
		}
		measured[b.id] = usage
		list = append(list, usage)
	}
	return list, nil
}

// hostMeter adds up what hosts have in a block.
type hostMeter map[string]HostUsage

func (m hostMeter) add(host string, bytes int64, series int) {
	u := m[host]
	u.Bytes += max(0, bytes)
	u.Series += series
	m[host] = u
}

// share divides what is left of a block's size.
func (m hostMeter) share(size int64) map[string]HostUsage {
	series := 0
	for _, u := range m {
		size -= u.Bytes
		series += u.Series
	}
	for host, u := range m {
		if series > 0 && size > 0 {
			u.Bytes += int64(float64(size) * float64(u.Series) / float64(series))
			m[host] = u
		}
	}
	return m
}
