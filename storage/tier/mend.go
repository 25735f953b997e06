package tier

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/record"
	"github.com/prometheus/prometheus/tsdb/wlog"
	"github.com/prometheus/prometheus/util/compression"
)

// unclean is a file that is there while the tier is open, and after it was not closed in order. The TSDB removes its lock
// before it writes what it keeps of the head.
const unclean = "unclean"

// mend prepares the directory of a process that was killed, or that had late points in its head, for the TSDB. late says
// that there are such points.
//
// The logs have every point that is not in a block. Of the TSDB's other files with points (chunks of the head, snapshots of
// the head) those of a series that has left the head and come back, and so has two references in the log, are lost
// when they are loaded; late points then are lost for good, because their log is not read where it says that they are
// in a chunk. So what only saves time is removed. And a log that is cut within a record is cut behind the record
// before: the TSDB would do that itself, but then not read the log of late points.
func mend(dir string, log *slog.Logger) (late bool, err error) {
	killed, err := exists(filepath.Join(dir, unclean))
	if err != nil {
		return false, err
	}
	locked, err := exists(filepath.Join(dir, "lock")) // as an older version leaves it, and promtool
	if err != nil {
		return false, err
	}
	unlock, err := Lock(dir)
	if err != nil {
		return false, err
	}
	late, err = mendLogs(dir, killed || locked, log)
	if err == nil && (killed || locked || late) {
		err = removeChunks(dir)
	}
	return late, errors.Join(err, unlock(), os.Remove(filepath.Join(dir, "lock")))
}

// mendLogs makes the logs readable to their last whole record. late says that there is one of late points.
func mendLogs(dir string, killed bool, log *slog.Logger) (late bool, err error) {
	wal, wbl := filepath.Join(dir, "wal"), filepath.Join(dir, wlog.WblDirName)
	// The TSDB does not open with a damaged checkpoint, but repairs the log at the wrong place.
	checkpoint, last, err := wlog.LastCheckpoint(wal)
	switch {
	case err == nil:
		err = cutTorn(checkpoint, log)
	case errors.Is(err, record.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		last, err = -1, nil
	}
	if err == nil {
		err = errors.Join(closeGap(wal, last, log), closeGap(wbl, -1, log))
	}
	if err != nil {
		return false, err
	}
	if late, err = hasRecords(wbl); err == nil && (killed || late) {
		err = cutTorn(wal, log)
	}
	if err == nil && late {
		if err = cutTorn(wbl, log); err == nil {
			err = unmark(wbl)
		}
	}
	return late, err
}

// removeChunks removes what only saves time when the logs are read: chunks of the head, and snapshots of it.
func removeChunks(dir string) error {
	return errors.Join(os.RemoveAll(filepath.Join(dir, "chunks_head")), tsdb.DeleteChunkSnapshots(dir, math.MaxInt, math.MaxInt))
}

func exists(file string) (bool, error) {
	_, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// hasRecords says whether a log, which need not exist, has records.
func hasRecords(dir string) (bool, error) {
	segments, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	for _, s := range segments {
		info, err := s.Info()
		if err != nil {
			return false, err
		}
		if info.Size() > 0 {
			return true, nil
		}
	}
	return false, err
}

// cutTorn cuts a log behind its last whole record. It says so when more than the end of the last segment is lost, which is
// what a process leaves that is killed while it writes.
func cutTorn(dir string, log *slog.Logger) error {
	segments, err := wlog.NewSegmentsReader(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	r := wlog.NewReader(segments)
	for r.Next() {
	}
	torn := r.Err()
	if err := segments.Close(); err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	if torn == nil {
		return nil
	}
	var at *wlog.CorruptionErr
	if !errors.As(torn, &at) || notDamage(torn) {
		return fmt.Errorf("read the log: %w", torn)
	}
	lost, err := bytesBehind(dir, at)
	if err != nil {
		return err
	}
	log.Warn("a log of the store is damaged: it is cut, and what is behind is asked of the children again",
		"log", dir, "segment", at.Segment, "offset", at.Offset, "bytes_lost", lost, "error", at.Err)
	w, err := wlog.New(slog.New(slog.DiscardHandler), nil, dir, compression.None)
	if err != nil {
		return fmt.Errorf("repair the log: %w", err)
	}
	if err := errors.Join(w.Repair(torn), w.Close()); err != nil {
		return fmt.Errorf("repair the log: %w", err)
	}
	return nil
}

// bytesBehind returns how many bytes of a log are behind where it is damaged.
func bytesBehind(dir string, at *wlog.CorruptionErr) (lost int64, err error) {
	segments, err := segmentsOf(dir)
	if err != nil {
		return 0, err
	}
	for n, name := range segments {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			return 0, err
		}
		switch {
		case n == at.Segment:
			lost += max(0, info.Size()-at.Offset)
		case n > at.Segment:
			lost += info.Size()
		}
	}
	return lost, nil
}

// closeGap sets aside the segments of a log behind a missing one: the TSDB opens no log with a gap. It makes the segment
// that a checkpoint ends with, if that is the last, or the TSDB would number new ones before it and not read them again.
func closeGap(dir string, checkpoint int, log *slog.Logger) error {
	segments, err := segmentsOf(dir)
	if err != nil {
		return err
	}
	newest, gap := -1, false
	for _, n := range slices.Sorted(maps.Keys(segments)) {
		gap = gap || newest >= 0 && n != newest+1 || checkpoint >= 0 && n > max(newest, checkpoint)+1
		if !gap {
			newest = n
			continue
		}
		if err := setAside(filepath.Join(dir, segments[n]), log, errors.New("a segment of the log before it is missing")); err != nil {
			return err
		}
	}
	if newest < 0 {
		newest = max(-1, checkpoint-1)
	}
	for ; newest < checkpoint; newest++ {
		if err := os.WriteFile(wlog.SegmentName(dir, newest+1), nil, 0o600); err != nil {
			return fmt.Errorf("repair the log: %w", err)
		}
	}
	return nil
}

// segmentsOf returns the names of the segments of a log, which need not exist, by number.
func segmentsOf(dir string) (map[int]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	segments := map[int]string{}
	for _, e := range entries {
		if n, err := strconv.Atoi(e.Name()); err == nil {
			segments[n] = e.Name()
		}
	}
	return segments, nil
}

// settle writes late points that came from their log into blocks and empties the log: it has references of series that a
// later opening might not know any more.
func (r *Raw) settle() {
	r.compaction.Lock()
	defer r.compaction.Unlock()
	if err := r.writeLate(context.Background()); err != nil {
		r.log.Warn("late points could not be written into blocks; they stay in the log", "error", err)
	}
}

// forgetSettled has the TSDB forget late points that are in blocks, as all are of which the log has none. When it opens it
// finds all their chunks that are still in its files, and would keep them, with these and all later files, until others come late.
func (r *Raw) forgetSettled() {
	if r.db.Head().MaxOOOTime() == math.MinInt64 {
		return
	}
	r.compaction.Lock()
	defer r.compaction.Unlock()
	r.settled = true
	defer func() { r.settled = false }()
	if err := r.db.CompactOOOHead(context.Background()); err != nil {
		r.log.Warn("late points that are in blocks stay in the head", "error", err)
	}
}

// settleMost is the size, in bytes, of the log of late points up to which they are settled when the tier is closed: some
// 16 million points, a second.
const settleMost = 256 << 20

// settleSoon settles late points unless there are too many: with them in the log, what is kept of the head when the
// tier is closed cannot be used, and the next opening reads the logs as after a kill.
func (r *Raw) settleSoon() {
	size, err := sizeOf(filepath.Join(r.dir, wlog.WblDirName))
	if err == nil && size > 0 && size <= settleMost && !r.space.short() {
		r.settle()
	}
}
