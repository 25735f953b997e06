// Package newfile makes files that are there whole or not at all, even after a power cut.
package newfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Create makes the file path with that content and mode. It does not replace one: the error then is fs.ErrExist.
func Create(path, content string, mode fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.WriteString(content)
	if err := errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	// Unlike rename, link refuses to replace a file that was made meanwhile.
	return os.Link(f.Name(), path)
}
