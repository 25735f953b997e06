package tier

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/wlog"
)

// aside is what the name of a file or directory ends in that was found damaged and is left to the operator.
const aside = ".damaged"

// setAside renames what is damaged, so that it is read no more, and says so.
func setAside(path string, log *slog.Logger, why error, attrs ...any) error {
	to := path + aside
	for i := 2; ; i++ {
		if _, err := os.Lstat(to); errors.Is(err, fs.ErrNotExist) {
			break
		}
		to = path + aside + "-" + strconv.Itoa(i)
	}
	if err := os.Rename(path, to); err != nil {
		return fmt.Errorf("set %s aside: %w", path, err)
	}
	log.Error("a part of the store is damaged and set aside", append([]any{"path", path, "moved_to", to, "error", why}, attrs...)...)
	return nil
}

// notDamage says whether err is of the system rather than of what a file holds: too many open files, no permission, a disk
// that is full or broken. Then nothing is set aside.
func notDamage(err error) bool {
	var errno syscall.Errno
	return errors.As(err, &errno) && errno != syscall.ENOENT && errno != syscall.ENOTDIR && errno != syscall.EISDIR && errno != syscall.EINVAL
}

// setAsideBlocks sets aside the blocks that cannot be opened, or whose description tells what cannot be. With one of the
// former the TSDB would not open; with one that reaches far into the future it would take no point any more.
func setAsideBlocks(dir string, now time.Time, log *slog.Logger) error {
	// The clock may be behind, and may have been when a block was written, which its name tells: the latest of all is believed.
	latest := now.UnixMilli()
	if err := eachBlock(dir, func(_ string, id ulid.ULID) error {
		latest = max(latest, int64(id.Time()))
		return nil
	}); err != nil {
		return err
	}
	latest += future.Milliseconds()
	return eachBlock(dir, func(path string, id ulid.ULID) error {
		meta, why := readMeta(path, id)
		if why == nil && meta.MaxTime > latest {
			why = fmt.Errorf("meta.json tells of a time to come, %v", time.UnixMilli(meta.MaxTime).UTC())
		}
		if why == nil {
			var block *tsdb.Block
			if block, why = openSafely(path, log); why == nil {
				return block.Close()
			}
		}
		if notDamage(why) {
			return fmt.Errorf("open block %s: %w", path, why)
		}
		return setAside(path, log, why, "from", time.UnixMilli(meta.MinTime).UTC(), "to", time.UnixMilli(meta.MaxTime).UTC(), "samples", meta.Stats.NumSamples)
	})
}

// openSafely opens a block. The TSDB panics when the file of deletions is cut.
func openSafely(path string, log *slog.Logger) (block *tsdb.Block, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("open block: %v", p)
		}
	}()
	return tsdb.OpenBlock(log, path, nil, nil)
}

// eachBlock calls do for the directory of each block.
func eachBlock(dir string, do func(path string, id ulid.ULID) error) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		id, err := ulid.ParseStrict(e.Name())
		if err != nil || !e.IsDir() {
			continue
		}
		if err := do(filepath.Join(dir, e.Name()), id); err != nil {
			return err
		}
	}
	return nil
}

// future is more than a block can be ahead of the clock, by the time it covers and MaxAhead, with room for a clock that was set
// back. A description that is wrong by less keeps points out for as long.
const future = 24 * time.Hour

// longest is more than a block can cover: the TSDB's ranges are at most 3⁹ times the shortest.
const longest = 500 * 24 * time.Hour

// readMeta reads and checks the description of a block.
func readMeta(block string, id ulid.ULID) (meta tsdb.BlockMeta, err error) {
	text, err := os.ReadFile(filepath.Join(block, "meta.json"))
	if err == nil {
		err = json.Unmarshal(text, &meta)
	}
	switch {
	case err != nil:
		return meta, fmt.Errorf("read meta.json: %w", err)
	case meta.Version != 1:
		return meta, fmt.Errorf("meta.json has version %d", meta.Version)
	case meta.ULID != id:
		return meta, fmt.Errorf("meta.json is of block %s", meta.ULID)
	case meta.MinTime < 0 || meta.MinTime >= meta.MaxTime || meta.MaxTime-meta.MinTime > longest.Milliseconds():
		return meta, fmt.Errorf("meta.json tells of the impossible time %d to %d", meta.MinTime, meta.MaxTime)
	}
	return meta, nil
}

// openMending opens the TSDB of a directory. What keeps it from being opened is removed, when it only saves time, and
// else set aside: the logs, of whose points children are asked again.
func openMending(dir string, log *slog.Logger, open func() (*tsdb.DB, error)) (*tsdb.DB, error) {
	db, err := open()
	for _, mend := range []func(why error) error{
		func(why error) error {
			log.Warn("the store cannot be opened: chunks of the head are removed, which are in the log too", "dir", dir, "error", why)
			return removeChunks(dir)
		},
		func(why error) error {
			for _, part := range []string{"wal", wlog.WblDirName} {
				path := filepath.Join(dir, part)
				if found, err := exists(path); err != nil || !found {
					return err
				}
				if err := setAside(path, log, why); err != nil {
					return err
				}
			}
			return nil
		},
	} {
		if err == nil || errors.Is(err, syscall.EWOULDBLOCK) || notDamage(err) {
			break
		}
		if mendErr := mend(err); mendErr != nil {
			return nil, errors.Join(err, mendErr)
		}
		db, err = open()
	}
	return db, err
}
