package tier

import (
	"errors"
	"fmt"
	"path/filepath"
	"syscall"

	"github.com/prometheus/prometheus/tsdb/fileutil"
)

// Lock takes the lock of the data directory dir, which is created when it does not exist. It returns ErrLocked when
// another process has it; the kernel frees the lock of a process that dies.
func Lock(dir string) (release func() error, err error) {
	lock, _, err := fileutil.Flock(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, lockError("lock", dir, err)
	}
	return lock.Release, nil
}

// lockError returns an ErrLocked that names dir when err is that of a lock somebody else has, and others with what was
// being done.
func lockError(doing, dir string, err error) error {
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return fmt.Errorf("data directory %s %w", dir, ErrLocked)
	}
	return fmt.Errorf("%s %s: %w", doing, dir, err)
}
