package notify

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
)

// journal is a file of records, one a line, in the order in which they happened. It is not safe for concurrent use.
type journal struct {
	path    string
	log     *slog.Logger
	file    *os.File
	size    int64
	base    int64 // size after the last compaction
	dirty   bool  // written and not synced
	failing bool

	unsynced   chan struct{} // has an element when it became dirty
	unsyncable bool          // the last sync failed

	aside  []byte // lines that were written since a compaction began
	moving bool   // a compaction runs
}

const (
	journalName = "notify.journal"
	maxRecord   = 1 << 20 // bytes of a line
	minCompact  = 4 << 20 // a smaller journal is left alone
)

// openJournal opens the journal of a directory and hands its records to apply.
func openJournal(dir string, log *slog.Logger, apply func(*record)) (*journal, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	j := &journal{path: filepath.Join(dir, journalName), log: log, unsynced: make(chan struct{}, 1)}
	// Recipients can be keys of services: nobody else may read it.
	f, err := os.OpenFile(j.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	j.file = f
	bad, err := readRecords(f, apply)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("read %s: %w", j.path, err)
	}
	if err := j.finishLine(); err != nil {
		f.Close()
		return nil, fmt.Errorf("write %s: %w", j.path, err)
	}
	if bad > 0 {
		log.Warn("lines of the journal of notifications were not readable", "path", j.path, "lines", bad)
	}
	return j, nil
}

// finishLine ends the last line if it was cut off: what follows must not be a part of it.
func (j *journal) finishLine() error {
	info, err := j.file.Stat()
	if err != nil {
		return err
	}
	j.size = info.Size()
	last := []byte{'\n'}
	if j.size > 0 {
		if _, err := j.file.ReadAt(last, j.size-1); err != nil {
			return err
		}
	}
	if last[0] == '\n' {
		return nil
	}
	j.size++
	_, err = j.file.Write([]byte{'\n'})
	return err
}

// readRecords calls apply for each record, and returns how many lines are none: the last may have been cut off when the
// machine stopped.
func readRecords(r io.Reader, apply func(*record)) (bad int, err error) {
	lines := bufio.NewReaderSize(r, 64<<10)
	for {
		line, err := readLine(lines)
		if line != nil {
			var rec record
			if json.Unmarshal(line, &rec) == nil {
				apply(&rec)
			} else {
				bad++
			}
		}
		if errors.Is(err, io.EOF) {
			return bad, nil
		}
		if err != nil {
			return bad, err
		}
	}
}

// readLine returns the next line, nil when it is empty, and "" of one that is too long.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	long := false
	for {
		part, err := r.ReadSlice('\n')
		if len(line)+len(part) > maxRecord {
			long = true
		} else {
			line = append(line, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		switch {
		case long:
			return []byte{}, err
		case len(line) <= 1:
			return nil, err
		}
		return line, err
	}
}

// append writes a record. When the disk is full the hub goes on without.
func (j *journal) append(rec *record) {
	line, err := json.Marshal(rec)
	if err == nil {
		line = append(line, '\n')
		if j.moving {
			j.aside = append(j.aside, line...)
		}
		_, err = j.file.Write(line)
	}
	if err != nil {
		if !j.failing {
			j.log.Error("write the journal of notifications: what waits is lost when foster stops now", "error", err)
		}
		j.failing = true
		return
	}
	if !j.dirty {
		poke(j.unsynced)
	}
	j.failing, j.dirty = false, true
	j.size += int64(len(line))
}

// grown says whether a compaction is worth it.
func (j *journal) grown() bool { return !j.moving && j.size > max(minCompact, 4*j.base) }

// begin starts a compaction: from now on lines are remembered that must follow what is written elsewhere.
func (j *journal) begin() { j.moving, j.aside = true, nil }

// write makes the new file, which may take a while: it may run beside append.
func (j *journal) write(content []byte) (*os.File, error) {
	f, err := os.OpenFile(j.path+".new", os.O_RDWR|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	if _, err = f.Write(content); err == nil {
		err = f.Sync()
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// end puts the new file in the place of the old one. When err is set the old one stays.
func (j *journal) end(f *os.File, size int, err error) error {
	j.moving = false
	if err == nil {
		_, err = f.Write(j.aside)
	}
	if err == nil {
		err = os.Rename(j.path+".new", j.path)
	}
	size += len(j.aside)
	j.aside = nil
	if err != nil {
		if f != nil {
			f.Close()
		}
		_ = os.Remove(j.path + ".new")
		j.base = j.size // not again at once
		return fmt.Errorf("compact the journal of notifications: %w", err)
	}
	j.file.Close()
	j.file, j.size, j.base, j.dirty = f, int64(size), int64(size), true
	return nil
}

// close makes what was written survive a loss of power, and closes the file.
func (j *journal) close() error {
	err := j.file.Sync()
	if closed := j.file.Close(); err == nil && !errors.Is(closed, fs.ErrClosed) {
		err = closed
	}
	return err
}
