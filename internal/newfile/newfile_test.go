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

func TestReplace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	for _, content := range []string{"one", "two"} {
		if err := Replace(path, []byte(content), 0o640); err != nil {
			t.Fatal(err)
		}
		if text, err := os.ReadFile(path); string(text) != content || err != nil {
			t.Errorf("holds %q, %v", text, err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := os.Mkdir(filepath.Join(dir, "d"), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := Replace(filepath.Join(dir, "d"), nil, 0o640); err == nil {
		t.Error("a directory was replaced")
	}
	if entries, err := os.ReadDir(dir); len(entries) != 2 || err != nil {
		t.Errorf("leaves %v, %v", entries, err)
	}
	if err := Replace(filepath.Join(dir, "no", "f"), nil, 0o640); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without its directory: %v", err)
	}
}

func TestUnfinished(t *testing.T) {
	dir := t.TempDir()
	name, err := write(filepath.Join(dir, "f"), nil, 0o640)
	if err != nil || !Unfinished(filepath.Base(name)) {
		t.Errorf("%s, %v", name, err)
	}
	for _, other := range []string{"f", ".f", "f.part"} {
		if Unfinished(other) {
			t.Errorf("%s is taken for one", other)
		}
	}
}
