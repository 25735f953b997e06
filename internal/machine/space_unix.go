//go:build linux || darwin || freebsd

package machine

import (
	"fmt"
	"syscall"
)

// Space returns the size of the file system that holds path, and what of it is free for programs without privileges, in
// bytes.
func Space(path string) (size, free int64, err error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(path, &fs); err != nil {
		return 0, 0, fmt.Errorf("read the space of %s: %w", path, err)
	}
	block := int64(fs.Bsize) //nolint:unconvert // the types differ between systems
	return block * int64(fs.Blocks), block * int64(fs.Bavail), nil
}
