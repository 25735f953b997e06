package machine

import (
	"path/filepath"
	"runtime"
	"testing"
)

func TestSpace(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("known on Linux only")
	}
	size, free, err := Space(t.TempDir())
	if err != nil || size <= 0 || free < 0 || free > size {
		t.Errorf("size %d, free %d, %v", size, free, err)
	}
	if _, _, err := Space(filepath.Join(t.TempDir(), "missing")); err == nil {
		t.Error("a path that is missing has space")
	}
}
