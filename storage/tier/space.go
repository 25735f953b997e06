package tier

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// space watches how much of the disk is free. When less than the reserve is, or writing has failed, nothing more is
// written until there is more again: the TSDB panics when it cannot write a chunk of the head, and what it cannot write
// into its log of late points it drops without telling.
type space struct {
	dir     string
	reserve int64
	free    func(dir string) (int64, error)
	log     *slog.Logger

	checked atomic.Int64 // when free was called last, unix nanoseconds
	isShort atomic.Bool
	failing atomic.Bool // the last write failed

	mu     sync.Mutex // guards what follows
	failed time.Time  // writing has failed, and is tried again then
	pause  time.Duration
}

const (
	// spaceEvery is how long an answer of the system is believed.
	spaceEvery = 100 * time.Millisecond
	// After a write that failed it is tried again after minPause, later after up to maxPause.
	minPause = 30 * time.Second
	maxPause = 5 * time.Minute
)

// diskFree returns the bytes that may be written to the file system of dir.
func diskFree(dir string) (int64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, fmt.Errorf("read how much of the disk of %s is free: %w", dir, err)
	}
	return int64(s.Bavail) * s.Bsize, nil
}

// Full says whether points are refused with ErrFull now.
func (r *Raw) Full() bool { return r.space.short() }

// short says whether nothing may be written.
func (s *space) short() bool {
	now, checked := time.Now().UnixNano(), s.checked.Load()
	if passed := now - checked; passed >= 0 && passed < int64(spaceEvery) || !s.checked.CompareAndSwap(checked, now) {
		return s.isShort.Load()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	free, err := s.free(s.dir)
	if err != nil {
		return s.isShort.Load() // what cannot be asked is not refused
	}
	limit, was := s.reserve, s.isShort.Load()
	if was {
		limit += limit / 2
	}
	is := free < limit || time.Now().Before(s.failed)
	switch {
	case is && !was:
		s.log.Error("the disk is full: nothing is stored until there is space again; what children have meanwhile is asked of them then",
			"dir", s.dir, "free_bytes", free, "needed_bytes", s.reserve)
	case was && !is:
		s.log.Warn("the disk has space again: storing goes on", "dir", s.dir, "free_bytes", free)
	}
	s.isShort.Store(is)
	return is
}

// wrote tells of the outcome of a write.
func (s *space) wrote(err error) {
	if err == nil && !s.failing.Load() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.pause = 0
		s.failing.Store(false)
		return
	}
	s.failing.Store(true)
	if time.Now().Before(s.failed) {
		return
	}
	s.pause = min(max(minPause, 2*s.pause), maxPause)
	s.failed = time.Now().Add(s.pause)
	if s.isShort.CompareAndSwap(false, true) {
		s.log.Error("the store cannot be written: nothing is stored for a while; what children have meanwhile is asked of them then",
			"dir", s.dir, "error", err, "tried_again_in", s.pause.String())
	}
}

// errNoSpace says that a compaction was not begun.
var errNoSpace = errors.New("too little of the disk is free to compact")

// has returns errNoSpace when fewer bytes than those are free beyond the reserve.
func (s *space) has(bytes int64) error {
	free, err := s.free(s.dir)
	if err == nil && free-bytes < s.reserve {
		return fmt.Errorf("%w: %d bytes are, %d are needed", errNoSpace, free, bytes+s.reserve)
	}
	return err
}
