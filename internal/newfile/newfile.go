// Package newfile makes files that are there whole or not at all, even after a power cut.
package newfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Create makes the file path with that content and mode. It does not replace one: the error then is fs.ErrExist.
func Create(path, content string, mode fs.FileMode) error {
	name, err := write(path, []byte(content), mode)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(name) }()
	// Unlike rename, link refuses to replace a file that was made meanwhile.
	return os.Link(name, path)
}

// Replace makes the file path with that content and mode, in the place of one that may be there.
func Replace(path string, content []byte, mode fs.FileMode) error {
	name, err := write(path, content, mode)
	if err != nil {
		return err
	}
	if err := os.Rename(name, path); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Unfinished says whether a name is that of a file that Create or Replace were writing when the process was killed.
func Unfinished(name string) bool {
	return strings.HasPrefix(name, ".") && strings.HasSuffix(name, suffix)
}

const suffix = ".part"

// write makes a file beside path with that content and mode, and returns its name.
func write(path string, content []byte, mode fs.FileMode) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*"+suffix)
	if err != nil {
		return "", err
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}
