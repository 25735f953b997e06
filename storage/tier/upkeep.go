package tier

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/prometheus/prometheus/tsdb/wlog"
)

// upkeepEvery is how often full chunks of the head are moved to disk, and compaction is considered; it also is when the
// head has become large enough.
const upkeepEvery = time.Minute

// retryAfter is when that is tried again after it has failed, or the disk was full.
const retryAfter = 5 * time.Second

// never is the interval at which the TSDB does by itself what upkeep does.
const never = 100 * 365 * 24 * time.Hour

// upkeep moves chunks of the head to disk, and compacts, until ctx ends. The TSDB has a goroutine for it: but that does it
// on a full disk too, where it panics, and while points are erased.
func (r *Raw) upkeep(ctx context.Context) {
	tick := time.NewTicker(upkeepEvery)
	defer tick.Stop()
	wake := r.wake
	for {
		select {
		case <-ctx.Done():
			return
		case <-wake:
		case <-tick.C:
			wake = r.wake
			tick.Reset(upkeepEvery)
			r.recent.sweep(r.now().Unix() - recentIdle)
		}
		if r.space.short() {
			wake = nil
			tick.Reset(retryAfter)
			continue
		}
		r.db.ForceHeadMMap()
		if err := r.compact(ctx); err != nil && ctx.Err() == nil {
			wake = nil
			tick.Reset(retryAfter)
			r.log.Error("compaction failed; it is tried again", "error", err)
			if errors.As(err, new(*wlog.CorruptionErr)) {
				r.torn.Store(true)
			}
		}
	}
}

// MapHead moves full chunks of the head to disk. That is done every minute; who fills the tier faster than the clock goes
// must ask for it, or the head grows.
func (r *Raw) MapHead() {
	r.late.RLock() // see lockFirstChunks
	defer r.late.RUnlock()
	r.mu.RLock()
	defer r.mu.RUnlock()
	if !r.closed {
		r.db.ForceHeadMMap()
	}
}

// sizeOf returns the size of the files in a directory, which others may change meanwhile.
func sizeOf(dir string) (size int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			var info fs.FileInfo
			if info, err = d.Info(); err == nil {
				size += info.Size()
			}
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	return size, err
}
