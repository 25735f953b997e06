package tier

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb/record"
	"github.com/prometheus/prometheus/tsdb/wlog"
	"github.com/prometheus/prometheus/util/compression"
)

// unmark writes the log of late points anew without its marks. A mark says that the points of a series up to there are in
// a chunk of the head, and has them forgotten when the log is read; but not every point before a mark is in a chunk of which
// a mark tells, and mend has removed the chunks. A process may be killed at any moment: see unmarked.
func unmark(dir string) error {
	marked, err := eachRecord(dir, func([]byte) error { return nil })
	if err != nil || !marked {
		return err
	}
	to := dir + ".new"
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	w, err := wlog.New(slog.New(slog.DiscardHandler), nil, to, compression.None)
	if err != nil {
		return fmt.Errorf("write the log of late points: %w", err)
	}
	_, err = eachRecord(dir, func(rec []byte) error { return w.Log(rec) })
	if err := errors.Join(err, w.Close()); err != nil { // which syncs it
		return fmt.Errorf("write the log of late points: %w", err)
	}
	if err := syncDir(to); err != nil {
		return err
	}
	if err := os.Rename(dir, dir+".old"); err != nil {
		return err
	}
	return unmarked(dir)
}

// unmarked completes what unmark was doing when the process was killed.
func unmarked(dir string) error {
	replaced, err := exists(dir + ".old")
	if err != nil {
		return err
	}
	if replaced { // so the new one is complete
		if there, err := exists(dir); err != nil {
			return err
		} else if !there {
			if err := os.Rename(dir+".new", dir); err != nil {
				return err
			}
		}
		if err := syncDir(filepath.Dir(dir)); err != nil {
			return err
		}
	}
	return errors.Join(os.RemoveAll(dir+".old"), os.RemoveAll(dir+".new"))
}

// eachRecord calls do for each record of a log that is no mark, and says whether there are marks.
func eachRecord(dir string, do func(rec []byte) error) (marked bool, err error) {
	segments, err := wlog.NewSegmentsReader(dir)
	if err != nil {
		return false, fmt.Errorf("read the log of late points: %w", err)
	}
	r := wlog.NewReader(segments)
	decoder := record.NewDecoder(labels.NewSymbolTable(), slog.New(slog.DiscardHandler))
	for err == nil && r.Next() {
		if decoder.Type(r.Record()) == record.MmapMarkers {
			marked = true
			continue
		}
		err = do(r.Record())
	}
	return marked, errors.Join(err, r.Err(), segments.Close())
}
