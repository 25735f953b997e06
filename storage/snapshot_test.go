package storage

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestSnapshot(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	live, replayed := define(s, 1, "a.live", "x"), define(s, 1, "a.replayed", "x")
	a := s.Appender()
	for at := epoch; at < epoch+7200; at++ { // long enough for blocks
		mustAppend(t, a, live.Dimension("x"), at, float64(at-epoch), 0)
		if at >= epoch+6000 {
			mustAppend(t, a, replayed.Dimension("x"), at, float64(at-epoch), 0)
		}
		if a.Pending() > 1000 {
			mustCommit(t, a)
		}
	}
	mustCommit(t, a)
	for at := epoch; at < epoch+6000; at++ { // late
		mustAppend(t, a, replayed.Dimension("x"), at, float64(at-epoch), 0)
	}
	mustCommit(t, a)

	to := filepath.Join(t.TempDir(), "copy")
	if err := s.Snapshot(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	if err := s.Snapshot(t.Context(), to); !errors.Is(err, os.ErrExist) {
		t.Errorf("a copy over another: %v, want %v", err, os.ErrExist)
	}
	// What happens to the store afterwards is not in the copy.
	mustAppend(t, a, live.Dimension("x"), epoch+7200, 1, 0)
	mustCommit(t, a)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}

	s = openStore(t, to)
	h := s.Catalog().Find("h1")
	if h == nil {
		t.Fatal("the copy does not know the host")
	}
	for _, id := range []string{"a.live", "a.replayed"} {
		points := read(t, s, h.Chart(id).Dimension("x"), epoch-1, epoch+10_000)
		if len(points) != 7200 {
			t.Errorf("%s has %d points in the copy, want 7200", id, len(points))
			continue
		}
		for i, p := range points {
			if p.End != epoch+int64(i) || p.Sum != float64(i) {
				t.Fatalf("point %d of %s is %+v", i, id, p)
			}
		}
	}
	// The copy is a store as any other.
	ch := h.Chart("a.live")
	a = s.Appender()
	mustAppend(t, a, ch.Dimension("x"), epoch+7200, 7200, 0)
	mustCommit(t, a)
	wantValues(t, read(t, s, ch.Dimension("x"), epoch+7198, epoch+7300), 7199, 7200)

	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Snapshot(t.Context(), filepath.Join(t.TempDir(), "copy")); !errors.Is(err, ErrClosed) {
		t.Errorf("a copy of a closed store: %v, want %v", err, ErrClosed)
	}
}

// An empty store has an empty copy.
func TestSnapshotOfNothing(t *testing.T) {
	s := openStore(t, t.TempDir())
	to := filepath.Join(t.TempDir(), "copy")
	if err := s.Snapshot(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	if n := openStore(t, to).Catalog().Len(); n != 0 {
		t.Errorf("%d hosts in the copy of nothing", n)
	}
}
