package dense

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/tsdb/fileutil"
	"github.com/prometheus/prometheus/tsdb/tombstones"

	"foster/internal/newfile"
)

// unfinished is what the name of a block ends in that is being written. The TSDB removes such directories when it is opened.
const unfinished = ".tmp-for-creation"

// write writes a block of what others have at the time that its description says, and returns its name: none when that is
// nothing. The block appears when it is complete and on disk.
func (c *compactor) write(ctx context.Context, dest string, meta *tsdb.BlockMeta, from ...tsdb.BlockReader) ([]ulid.ULID, error) {
	begin := time.Now()
	dir := filepath.Join(dest, meta.ULID.String())
	temporary := dir + unfinished
	if err := os.MkdirAll(temporary, 0o777); err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(temporary) }() // which is not there any more when all went well
	if err := c.populate(ctx, temporary, meta, from); err != nil {
		return nil, fmt.Errorf("write block %s: %w", meta.ULID, err)
	}
	if meta.Stats.NumSamples == 0 {
		return nil, nil
	}
	if err := c.complete(temporary, meta); err != nil {
		return nil, fmt.Errorf("write block %s: %w", meta.ULID, err)
	}
	if err := fileutil.Rename(temporary, dir); err != nil {
		return nil, err
	}
	took := time.Since(begin)
	c.metrics.Ran.Inc()
	c.metrics.Duration.Observe(took.Seconds())
	c.log.Info("block written", "block", meta.ULID, "from", meta.MinTime, "to", meta.MaxTime, "level", meta.Compaction.Level,
		"series", meta.Stats.NumSeries, "samples", meta.Stats.NumSamples, "took", took)
	return []ulid.ULID{meta.ULID}, nil
}

// complete writes what a block has beside chunks and index, and sees to it that all is on disk.
func (c *compactor) complete(dir string, meta *tsdb.BlockMeta) error {
	meta.Version = 1
	text, err := json.MarshalIndent(meta, "", "\t")
	if err != nil {
		return err
	}
	if err := newfile.Replace(filepath.Join(dir, "meta.json"), text, 0o644); err != nil {
		return err
	}
	if _, err := tombstones.WriteFile(c.log, dir, tombstones.NewMemTombstones()); err != nil {
		return fmt.Errorf("write tombstones: %w", err)
	}
	d, err := fileutil.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// populate writes the chunks and the index of a block.
func (c *compactor) populate(ctx context.Context, dir string, meta *tsdb.BlockMeta, from []tsdb.BlockReader) (err error) {
	cw, err := chunks.NewWriter(filepath.Join(dir, "chunks"), chunks.WithSegmentSize(c.segmentSize))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cw.Close()) }()
	iw, err := newIndexWriter(filepath.Join(dir, "index"))
	if err != nil {
		return err
	}
	shared := newSharer(cw)
	if meta.Compaction.Level == 1 {
		shared.metrics = c.metrics
	}
	err = tsdb.DefaultBlockPopulator{}.PopulateBlock(ctx, c.metrics, c.log, c.pool, merge, from, meta, iw, shared, tsdb.AllSortedPostings)
	if err != nil {
		return errors.Join(err, iw.f.Close())
	}
	return iw.Close()
}
