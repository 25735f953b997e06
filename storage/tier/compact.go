package tier

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/wlog"
)

// compact cuts blocks off the head, writes late points into blocks, and merges blocks.
func (r *Raw) compact(ctx context.Context) error {
	r.compaction.Lock()
	defer r.compaction.Unlock()
	cut := false
	for ; r.cuttable(); cut = true {
		if err := r.cut(ctx); err != nil {
			return fmt.Errorf("cut a block off the head: %w", err)
		}
	}
	if cut {
		if err := r.writeLate(ctx); err != nil {
			return fmt.Errorf("write late points: %w", err)
		}
	}
	return r.db.Compact(ctx) // which cuts nothing: see tsdb
}

// cuttable says whether the head is large enough that a block can be cut off.
func (r *Raw) cuttable() bool {
	head := r.db.Head()
	return head.MaxTime()-head.MinTime() > r.block/2*3 // as the TSDB has it
}

// cut writes the oldest part of the head into a block. No batch can begin to write to it any more.
func (r *Raw) cut(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	head := r.db.Head()
	from := head.MinTime()
	part := tsdb.NewRangeHeadWithIsolationDisabled(head, from, (from/r.block+1)*r.block-1)
	head.WaitForAppendersOverlapping(part.MaxTime())
	unlock := func() {}
	r.written = func() {
		// The TSDB waits for readers of that time before it deletes files: commits should not wait for them too.
		head.WaitForPendingReadersInTimeRange(from, part.BlockMaxTime())
		unlock = r.lockFirstChunks()
	}
	defer func() {
		r.written = nil
		unlock()
	}()
	return r.db.CompactHead(part)
}

// lockFirstChunks keeps commits from making the first file of chunks of the head since the tier was opened, when there is none yet,
// until unlock is called.
//
// The TSDB deletes files that it does not need when it has cut a block. When it could delete all, it numbers the next one as the
// first: also when a commit has made one meanwhile, and the commit that makes the next one panics, as two would have one number.
func (r *Raw) lockFirstChunks() (unlock func()) {
	r.late.Lock()
	if last, err := lastChunks(r.dir); err == nil && last > r.oldChunks {
		r.late.Unlock()
		return func() {}
	}
	return func() {
		if last, err := lastChunks(r.dir); err == nil {
			r.oldChunks = last
		}
		r.late.Unlock()
	}
}

// lastChunks returns the number of the last file of chunks of the head, 0 when there is none.
func lastChunks(dir string) (last int, err error) {
	files, err := os.ReadDir(filepath.Join(dir, "chunks_head"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	for _, f := range files {
		if n, err := strconv.Atoi(f.Name()); err == nil {
			last = max(last, n)
		}
	}
	return last, nil
}

// writeLate writes late points into blocks, if there are any. The caller holds compaction.
//
// The TSDB goes through the series for that, to make a list of what it will write, and then forgets all points that came
// into chunks until it was through: also those of series that it was past, which are not on the list. So nothing is
// committed until it begins to write.
func (r *Raw) writeLate(ctx context.Context) error {
	if late, err := hasRecords(filepath.Join(r.dir, wlog.WblDirName)); err != nil || !late {
		return err
	}
	r.late.Lock()
	r.release = sync.OnceFunc(r.late.Unlock)
	defer func() {
		r.release()
		r.release = nil
	}()
	return r.db.CompactOOOHead(ctx)
}

// mergeable returns what of a plan may be merged into one block.
//
// The end of a block is the time up to which the head was cut, unless all of the block was late points: when the logs are
// read again, the TSDB leaves out what is older. So late points newer than what was cut must not be merged with others.
func (r *Raw) mergeable(plan []string) []string {
	known := map[string]*tsdb.BlockMeta{}
	cut := int64(math.MinInt64)
	for _, b := range r.db.Blocks() {
		meta := r.metas.of(b)
		known[filepath.Base(b.Dir())] = meta
		if !meta.Compaction.FromOutOfOrder() {
			cut = max(cut, meta.MaxTime)
		}
	}
	isLate := func(dir string) bool {
		meta := known[filepath.Base(dir)]
		return meta != nil && meta.Compaction.FromOutOfOrder()
	}
	kept := slices.DeleteFunc(slices.Clone(plan), func(dir string) bool {
		return isLate(dir) && known[filepath.Base(dir)].MaxTime > cut
	})
	switch {
	case len(kept) == len(plan), !slices.ContainsFunc(plan, func(dir string) bool { return !isLate(dir) }):
		return plan
	case len(kept) < 2:
		return nil
	}
	return kept
}

// carefulCompactor does not begin what the disk has no space for, or what would lose points.
type carefulCompactor struct {
	tsdb.Compactor
	raw *Raw
}

// careful makes compactors careful.
func (r *Raw) careful(compactor tsdb.NewCompactorFunc) tsdb.NewCompactorFunc {
	return func(ctx context.Context, reg prometheus.Registerer, log *slog.Logger, ranges []int64, pool chunkenc.Pool, o *tsdb.Options) (tsdb.Compactor, error) {
		c, err := compactor(ctx, reg, log, ranges, pool, o)
		if err != nil {
			return nil, err
		}
		return carefulCompactor{c, r}, nil
	}
}

// Plan implements tsdb.Compactor.
func (c carefulCompactor) Plan(dir string) ([]string, error) {
	plan, err := c.Compactor.Plan(dir)
	if err != nil || len(plan) < 2 {
		return plan, err
	}
	return c.raw.mergeable(plan), nil
}

// Write implements tsdb.Compactor.
func (c carefulCompactor) Write(dest string, b tsdb.BlockReader, mint, maxt int64, base *tsdb.BlockMeta) ([]ulid.ULID, error) {
	if c.raw.settled {
		return nil, nil
	}
	if release := c.raw.release; release != nil {
		release()
	}
	size, err := sizeOf(filepath.Join(c.raw.dir, "chunks_head"))
	if err == nil {
		err = c.raw.space.has(size)
	}
	if err != nil {
		return nil, err
	}
	ids, err := c.Compactor.Write(dest, b, mint, maxt, base)
	if written := c.raw.written; written != nil && err == nil {
		written()
	}
	return ids, err
}

// Compact implements tsdb.Compactor.
func (c carefulCompactor) Compact(dest string, dirs []string, open []*tsdb.Block) ([]ulid.ULID, error) {
	size := int64(0)
	for _, dir := range dirs {
		n, err := sizeOf(dir)
		if err != nil {
			return nil, err
		}
		size += n
	}
	if err := c.raw.space.has(size); err != nil {
		return nil, err
	}
	return c.Compactor.Compact(dest, dirs, open)
}
