package tier

import (
	"cmp"
	"slices"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/prometheus/tsdb"
)

// expired returns the blocks to delete: those that were merged into others, those older than the retention, and the oldest
// while all that are newer fill MaxBytes. Unlike the TSDB's own rule it does not count the log and the head: with many
// series they are larger than the blocks of the same time, and would push the history out.
func (o Options) expired(blocks []*tsdb.Block) map[ulid.ULID]struct{} {
	out := map[ulid.ULID]struct{}{}
	sorted := slices.SortedFunc(slices.Values(blocks), func(a, b *tsdb.Block) int {
		return cmp.Compare(b.Meta().MaxTime, a.Meta().MaxTime) // newest first
	})
	size, full := int64(0), false
	for _, b := range sorted {
		meta := b.Meta()
		if meta.Compaction.Deletable {
			out[meta.ULID] = struct{}{}
			continue
		}
		size += b.Size()
		full = full || o.MaxBytes > 0 && size > o.MaxBytes
		if full || sorted[0].Meta().MaxTime-meta.MaxTime >= o.Retention.Milliseconds() {
			out[meta.ULID] = struct{}{}
		}
	}
	return out
}
