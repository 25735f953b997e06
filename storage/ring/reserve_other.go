//go:build !linux

package ring

import "os"

// reserve gives a new file its size, and the space on disk.
func reserve(f *os.File, size int64) error { return fill(f, size) }
