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
		return nil, fmt.Errorf("lock %s: %w", dir, locked(err))
	}
	return lock.Release, nil
}

// locked returns ErrLocked for the error of a lock that somebody else has, and others as they are.
func locked(err error) error {
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrLocked
	}
	return err
}
