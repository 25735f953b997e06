package tier

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Snapshot writes what the tiers have into the directory dir, from which OpenTiers reads them: a directory each, as in their
// own. Blocks are hard-linked, so dir must be on the same file system, and is to be written anew. Points appended meanwhile
// may be in it or not; what is in it of a chart has no holes but its own.
func (t *Tiers) Snapshot(ctx context.Context, dir string) error {
	// Nothing is derived meanwhile: what a coarse tier has is in the tier before too, or was longer than that keeps it.
	t.work.Lock()
	defer t.work.Unlock()
	for _, c := range t.coarse {
		if err := c.snapshot(filepath.Join(dir, filepath.Base(c.dir))); err != nil {
			return c.describe("copy", err)
		}
	}
	if err := t.Raw.Snapshot(ctx, filepath.Join(dir, filepath.Base(t.dir))); err != nil {
		return fmt.Errorf("copy tier 0: %w", err)
	}
	return nil
}

func (t *coarse) snapshot(dir string) error {
	if err := os.Mkdir(dir, 0o750); err != nil {
		return err
	}
	t.mu.Lock()
	blocks := t.blocks
	t.mu.Unlock()
	for _, b := range blocks {
		if err := os.Link(b.path, filepath.Join(dir, filepath.Base(b.path))); err != nil {
			return err
		}
	}
	return nil
}

// Snapshot writes what the tier has into the directory dir, which does not exist yet, on the same file system.
func (r *Raw) Snapshot(ctx context.Context, dir string) error {
	// The TSDB writes the head without the late points. So those go into blocks of their own, after the head was written: a
	// child sends new points of a chart when its history is complete, so there are no new ones before a hole.
	if err := r.snapshotBlocks(dir, true); err != nil {
		return err
	}
	if err := r.flushLate(ctx); err != nil {
		return fmt.Errorf("write late points: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	rest := dir + ".rest"
	defer func() { _ = os.RemoveAll(rest) }()
	if err := r.snapshotBlocks(rest, false); err != nil {
		return err
	}
	// Of blocks that were merged meanwhile the copy has both: the TSDB drops what is replaced when it is opened.
	blocks, err := os.ReadDir(rest)
	if err != nil {
		return err
	}
	for _, b := range blocks {
		to := filepath.Join(dir, b.Name())
		if _, err := os.Lstat(to); errors.Is(err, fs.ErrNotExist) {
			if err := os.Rename(filepath.Join(rest, b.Name()), to); err != nil {
				return err
			}
		}
	}
	// Without a log promtool reads none of the blocks.
	if err := os.Mkdir(filepath.Join(dir, "wal"), 0o750); err != nil {
		return err
	}
	return syncDir(dir)
}

// snapshotBlocks writes the blocks, and the points of the head that are in order.
func (r *Raw) snapshotBlocks(dir string, withHead bool) error {
	r.compaction.Lock()
	defer r.compaction.Unlock()
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.closed {
		return ErrClosed
	}
	if err := os.Mkdir(dir, 0o750); err != nil {
		return err
	}
	head := r.db.Head()
	return r.db.Snapshot(dir, withHead && head.MinTime() <= head.MaxTime())
}

// flushLate cuts the late points that are in memory into blocks.
func (r *Raw) flushLate(ctx context.Context) error {
	r.compaction.Lock()
	defer r.compaction.Unlock()
	if err := r.enter(); err != nil {
		return err
	}
	defer r.leave()
	return r.writeLate(ctx) // which waits for readers of late points
}
