package dashboards

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

func openStore(t *testing.T, dir string, log *strings.Builder, now func() time.Time) *Store {
	t.Helper()
	s, err := Open(dir, slog.New(slog.NewTextHandler(log, nil)), now)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func content(name string, panels ...Panel) Content {
	c := Content{Name: name, Panels: panels}
	if err := c.complete(); err != nil {
		panic(err)
	}
	return c
}

func TestStore(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	now := func() time.Time { return at }
	dir := filepath.Join(t.TempDir(), "dashboards")
	var log strings.Builder
	s := openStore(t, dir, &log, now)
	b, err := s.Create(content("beta", Panel{Host: "h", Chart: "c"}))
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.Create(content("Alpha"))
	if err != nil {
		t.Fatal(err)
	}
	at = at.Add(time.Minute)
	changed, err := s.Update(b.ID, 1, content("Beta", Panel{Host: "h2", Chart: "c"}))
	if err != nil || changed.Version != 2 || changed.Created != 1_700_000_000 || changed.Changed != 1_700_000_060 {
		t.Errorf("%+v, %v", changed, err)
	}
	if theirs, err := s.Update(b.ID, 1, content("mine")); !errors.Is(err, ErrConflict) || theirs.Name != "Beta" || theirs.Version != 2 {
		t.Errorf("%+v, %v", theirs, err)
	}
	if _, err := s.Update("none", 1, content("mine")); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	gone, err := s.Create(content("gone"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []error{nil, ErrNotFound} {
		if err := s.Delete(gone.ID); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	for range 2 { // the second is that of a restart
		if diff := cmp.Diff([]Dashboard{a, changed}, s.List()); diff != "" {
			t.Error(diff)
		}
		if d, ok := s.Get(b.ID); !ok || d.Name != "Beta" {
			t.Errorf("%+v", d)
		}
		if _, ok := s.Get(gone.ID); ok {
			t.Error("what was deleted is there")
		}
		s = openStore(t, dir, &log, now)
	}
	if log.Len() > 0 {
		t.Error(log.String())
	}
}

// What others, or a crash, left in the directory does not keep the rest from being read, and is not lost.
func TestStoreDamage(t *testing.T) {
	dir := t.TempDir()
	var log strings.Builder
	write := func(name, text string) string {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return filepath.Join(dir, name)
	}
	broken := write(uuid.NewString()+".json", `{"name":`)
	invalid := write(uuid.NewString()+".json", `{"name":""}`)
	long := write(uuid.NewString()+".json", strings.Repeat(" ", maxFile+1))
	part := write("."+uuid.NewString()+".json.123.part", `{`)
	other := write("notes.json", `{"name":"no"}`)
	copied := uuid.NewString()
	write(copied+".json", `{"name":"copied by hand"}`)
	s := openStore(t, dir, &log, time.Now)
	if list := s.List(); len(list) != 1 || list[0].ID != copied || list[0].Version != 1 {
		t.Errorf("%+v", list)
	}
	if n := strings.Count(log.String(), "\n"); n != 3 {
		t.Errorf("%d lines: %s", n, log.String())
	}
	for _, path := range []string{broken, invalid, long, other} {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(part); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what a crash left: %v", err)
	}
	if _, err := Open(other, slog.New(slog.DiscardHandler), time.Now); err == nil || !strings.Contains(err.Error(), "open dashboards") {
		t.Errorf("a file for a directory: %v", err)
	}
}

// A dashboard that cannot be written is as it was.
func TestStoreUnwritable(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "d")
	var log strings.Builder
	s := openStore(t, dir, &log, time.Now)
	d, err := s.Create(content("kept"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Update(d.ID, 1, content("lost")); err == nil {
		t.Error("it was kept")
	}
	if _, err := s.Create(content("lost")); err == nil {
		t.Error("it was kept")
	}
	if diff := cmp.Diff([]Dashboard{d}, s.List()); diff != "" {
		t.Error(diff)
	}
	if err := s.Delete(d.ID); err != nil {
		t.Error(err)
	}
}

func TestStoreBounds(t *testing.T) {
	dir := t.TempDir()
	for i := range maxKept + 1 {
		if err := os.WriteFile(filepath.Join(dir, uuid.NewString()+".json"), fmt.Appendf(nil, `{"name":"%d"}`, i), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var log strings.Builder
	s := openStore(t, dir, &log, time.Now)
	if n := len(s.List()); n != maxKept || strings.Count(log.String(), "too many") != 1 {
		t.Errorf("%d are read: %s", n, log.String())
	}
	if _, err := s.Create(content("more")); !errors.Is(err, ErrTooMany) {
		t.Error(err)
	}
}

// Of changes to the same version one wins.
func TestStoreConcurrent(t *testing.T) {
	var log strings.Builder
	s := openStore(t, t.TempDir(), &log, time.Now)
	d, err := s.Create(content("n"))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for i := range 8 {
		wg.Go(func() {
			_, err := s.Update(d.ID, 1, content(fmt.Sprint(i)))
			s.List()
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
			case !errors.Is(err, ErrConflict):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if now, _ := s.Get(d.ID); won != 1 || now.Version != 2 {
		t.Errorf("%d won, version %d", won, now.Version)
	}
}
