package ring

import (
	"errors"
	"os"
	"syscall"
)

// reserve gives a new file its size, and the space on disk.
func reserve(f *os.File, size int64) error {
	for {
		err := syscall.Fallocate(int(f.Fd()), 0, 0, size)
		switch {
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EOPNOTSUPP):
			return fill(f, size)
		default:
			return err
		}
	}
}
