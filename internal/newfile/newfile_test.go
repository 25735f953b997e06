package newfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCreate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	if err := Create(path, "one", 0o640); err != nil {
		t.Fatal(err)
	}
	if err := Create(path, "two", 0o640); !errors.Is(err, fs.ErrExist) {
		t.Errorf("again: %v", err)
	}
	text, err := os.ReadFile(path)
	if string(text) != "one" || err != nil {
		t.Errorf("holds %q, %v", text, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if entries, err := os.ReadDir(dir); len(entries) != 1 || err != nil {
		t.Errorf("leaves %v, %v", entries, err)
	}
	if err := Create(filepath.Join(dir, "no", "f"), "", 0o640); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), dir) {
		t.Errorf("without its directory: %v", err)
	}
}
