package tier

import (
	"cmp"
	"slices"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/prometheus/tsdb"
)

// expired returns the blocks to delete: those that were merged into others, those older than the retention, and the oldest
// while all that are newer fill MaxBytes. Unlike the TSDB's own rule it does not count the log and the head: with many
// series they are larger than the blocks of the same time, and would push the history out. Nor does it count blocks that
// are about to be removed since they were merged.
//
// Blocks from which coarse tiers are still to be derived stay for a while, as long as the limits are exceeded by less than a
// tenth: replayed history may be older than all that a small tier 0 keeps.
func (o Options) expired(blocks []*tsdb.Block) map[ulid.ULID]struct{} {
	out, merged := map[ulid.ULID]struct{}{}, map[ulid.ULID]struct{}{}
	for _, b := range blocks {
		for _, parent := range b.Meta().Compaction.Parents {
			merged[parent.ULID] = struct{}{}
		}
	}
	sorted := slices.SortedFunc(slices.Values(blocks), func(a, b *tsdb.Block) int {
		return cmp.Compare(b.Meta().MaxTime, a.Meta().MaxTime) // newest first
	})
	size, full, retention := int64(0), false, o.Retention.Milliseconds()
	for _, b := range sorted {
		meta := b.Meta()
		if meta.Compaction.Deletable {
			out[meta.ULID] = struct{}{}
			continue
		}
		if _, ok := merged[meta.ULID]; ok {
			continue
		}
		size += b.Size()
		full = full || o.MaxBytes > 0 && size > o.MaxBytes
		age := sorted[0].Meta().MaxTime - meta.MaxTime
		if !full && age < retention {
			continue
		}
		if o.cutoff != nil && meta.MaxTime > o.cutoff.Load() {
			o.cutoff.Store(meta.MaxTime)
		}
		slack := (o.MaxBytes == 0 || size <= o.MaxBytes+o.MaxBytes/10) && age < retention+retention/10
		if o.keep == nil || !slack || !o.keep(&meta) {
			out[meta.ULID] = struct{}{}
		}
	}
	return out
}
