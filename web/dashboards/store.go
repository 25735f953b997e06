package dashboards

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"foster/internal/newfile"
)

const (
	maxKept = 500
	maxFile = 16 * MaxBody // bytes; indented, a dashboard is longer than the body it was made of
	ending  = ".json"
)

// Errors of changes.
var (
	ErrNotFound = errors.New("there is no dashboard with that id")
	ErrTooMany  = fmt.Errorf("there are %d dashboards already", maxKept)
	ErrConflict = errors.New("the dashboard was changed meanwhile")
)

// Store is the dashboards of a parent. Its methods may be used from any goroutine. Panels of what it returns are shared and
// must not be changed.
type Store struct {
	dir string
	now func() time.Time

	changing sync.Mutex // held while a file is written
	mu       sync.RWMutex
	byID     map[string]Dashboard
}

// Open returns the dashboards that are kept in a directory, which it makes when it is not there. Files that cannot be
// understood are left as they are, and logged.
func Open(dir string, log *slog.Logger, now func() time.Time) (*Store, error) {
	s := &Store{dir: dir, now: now, byID: map[string]Dashboard{}}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("open dashboards: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("open dashboards: %w", err)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if newfile.Unfinished(e.Name()) {
			if err := os.Remove(path); err != nil {
				log.Warn("what a crash left of a dashboard cannot be removed", "file", path, "error", err)
			}
			continue
		}
		id, isDashboard := strings.CutSuffix(e.Name(), ending)
		if !isDashboard || uuid.Validate(id) != nil {
			continue
		}
		if len(s.byID) == maxKept {
			log.Error("a dashboard is not read: there are too many", "file", path, "most", maxKept)
			continue
		}
		d, err := read(path)
		if err != nil {
			log.Error("a dashboard cannot be read: it is left out", "file", path, "error", err)
			continue
		}
		d.ID, d.Version = id, max(1, d.Version)
		s.byID[id] = d
	}
	return s, nil
}

func read(path string) (Dashboard, error) {
	f, err := os.Open(path)
	if err != nil {
		return Dashboard{}, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return Dashboard{}, fmt.Errorf("read %s: %w", path, err)
	}
	if len(data) > maxFile {
		return Dashboard{}, fmt.Errorf("it has more than %d bytes", maxFile)
	}
	return Parse(data)
}

// List returns all dashboards, by name.
func (s *Store) List() []Dashboard {
	s.mu.RLock()
	list := make([]Dashboard, 0, len(s.byID))
	for _, d := range s.byID {
		list = append(list, d)
	}
	s.mu.RUnlock()
	slices.SortFunc(list, func(a, b Dashboard) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.ID, b.ID))
	})
	return list
}

// Get returns the dashboard with that id; false when there is none.
func (s *Store) Get(id string) (Dashboard, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	d, ok := s.byID[id]
	return d, ok
}

// Create keeps a new dashboard and returns it with its id. The error may be ErrTooMany.
func (s *Store) Create(c Content) (Dashboard, error) {
	s.changing.Lock()
	defer s.changing.Unlock()
	if len(s.byID) >= maxKept {
		return Dashboard{}, ErrTooMany
	}
	now := s.now().Unix()
	d := Dashboard{ID: uuid.NewString(), Version: 1, Content: c, Created: now, Changed: now}
	if err := s.keep(d); err != nil {
		return Dashboard{}, fmt.Errorf("create a dashboard: %w", err)
	}
	return d, nil
}

// Update changes the dashboard with that id, if it still has the version that the change was made to, and returns it. The
// error may be ErrNotFound, or ErrConflict: then the dashboard is returned as it is.
func (s *Store) Update(id string, version int64, c Content) (Dashboard, error) {
	s.changing.Lock()
	defer s.changing.Unlock()
	d, ok := s.Get(id)
	switch {
	case !ok:
		return Dashboard{}, ErrNotFound
	case d.Version != version:
		return d, ErrConflict
	}
	d.Version, d.Content, d.Changed = d.Version+1, c, s.now().Unix()
	if err := s.keep(d); err != nil {
		return Dashboard{}, fmt.Errorf("change dashboard %s: %w", id, err)
	}
	return d, nil
}

// Delete removes the dashboard with that id. The error may be ErrNotFound.
func (s *Store) Delete(id string) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	if _, ok := s.Get(id); !ok {
		return ErrNotFound
	}
	if err := os.Remove(s.path(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete dashboard %s: %w", id, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byID, id)
	return nil
}

// keep writes a dashboard, and then makes it count.
func (s *Store) keep(d Dashboard) error {
	data, err := encode(d)
	if err != nil {
		return err
	}
	if err := newfile.Replace(s.path(d.ID), data, 0o640); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byID[d.ID] = d
	return nil
}

func (s *Store) path(id string) string { return filepath.Join(s.dir, id+ending) }
