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

	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/wlog"
	"github.com/prometheus/prometheus/util/compression"
)

// mend prepares the directory of a process that was killed, or that had late points in its head, for the TSDB. late says
// that there are such points.
//
// The logs have every point that is not in a block. Of the TSDB's other files with points (chunks of the head, snapshots of
// the head) those of a series that has left the head and come back, and so has two references in the log, are lost
// when they are loaded; late points then are lost for good, because their log is not read where it says that they are
// in a chunk. So what only saves time is removed. And a log that is cut within a record is cut behind the record
// before: the TSDB would do that itself, but then not read the log of late points.
func mend(dir string, log *slog.Logger) (late bool, err error) {
	killed, err := exists(filepath.Join(dir, "lock")) // which goes with an orderly end
	if err != nil {
		return false, err
	}
	if late, err = hasRecords(filepath.Join(dir, wlog.WblDirName)); err != nil || !killed && !late {
		return false, err
	}
	unlock, err := Lock(dir)
	if err != nil {
		return false, err
	}
	if killed && late {
		err = cutTorn(filepath.Join(dir, "wal"), log)
	}
	err = errors.Join(err, os.RemoveAll(filepath.Join(dir, "chunks_head")), tsdb.DeleteChunkSnapshots(dir, math.MaxInt, math.MaxInt), unlock())
	if !killed { // leave no trace of a process that was
		err = errors.Join(err, os.Remove(filepath.Join(dir, "lock")))
	}
	return late, err
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

// cutTorn cuts a log behind its last whole record.
func cutTorn(dir string, log *slog.Logger) error {
	segments, err := wlog.NewSegmentsReader(dir)
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
	w, err := wlog.New(log, nil, dir, compression.None)
	if err != nil {
		return fmt.Errorf("repair the log: %w", err)
	}
	if err := errors.Join(w.Repair(torn), w.Close()); err != nil {
		return fmt.Errorf("repair the log: %w", err)
	}
	return nil
}

// settle writes late points that came from their log into blocks and empties the log: it has references of series that a
// later opening might not know any more.
func (r *Raw) settle(log *slog.Logger) {
	if err := r.db.CompactOOOHead(context.Background()); err != nil {
		log.Warn("late points could not be written into blocks; they stay in the log", "error", err)
	}
}
