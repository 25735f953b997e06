package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"foster/health/silence"
)

// SnapshotPath is where a copy of the data directory is asked for, with POST. It belongs to the service management.
const SnapshotPath = "/api/v1/manage/snapshot"

// snapshotsDir is where copies are put: below the data directory, because a copy shares files with it.
const snapshotsDir = "snapshots"

// unfinished ends the name of a copy that is being written.
const unfinished = ".part"

// Snapshot is the answer to a request for a copy of the data directory.
type Snapshot struct {
	Path    string  `json:"path"` // absolute; foster run --data PATH reads it
	Seconds float64 `json:"seconds"`
}

// serveSnapshot writes a copy of the data directory, of which there is one being written at most.
func (s *Server) serveSnapshot(w http.ResponseWriter, r *http.Request) {
	if !s.snapshot.TryLock() {
		http.Error(w, "Another snapshot is being written.", http.StatusConflict)
		return
	}
	defer s.snapshot.Unlock()
	// A large parent needs minutes to write what it has in memory.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
	start := time.Now()
	path, err := s.writeSnapshot(r, start)
	if err != nil {
		s.log.Error("no snapshot was written", "error", err)
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	took := time.Since(start)
	s.log.Info("a snapshot was written", "path", path, "seconds", took.Seconds())
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(Snapshot{Path: path, Seconds: took.Seconds()})
}

func (s *Server) writeSnapshot(r *http.Request, now time.Time) (path string, err error) {
	data, err := filepath.Abs(s.opts.DataDir)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(data, snapshotsDir)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return "", err
	}
	if err := removeUnfinished(dir); err != nil {
		return "", err
	}
	path = filepath.Join(dir, now.UTC().Format("20060102T150405.000Z"))
	part := path + unfinished
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(part))
		}
	}()
	if err := s.store.Snapshot(r.Context(), part); err != nil {
		return "", err
	}
	if err := s.alerts.log.Snapshot(r.Context(), filepath.Join(part, historyFile)); err != nil {
		return "", err
	}
	if err := os.Link(filepath.Join(data, guidFile), filepath.Join(part, guidFile)); err != nil {
		return "", fmt.Errorf("copy the machine GUID: %w", err)
	}
	if err := linkDashboards(data, part); err != nil {
		return "", fmt.Errorf("copy the dashboards: %w", err)
	}
	if err := linkSilences(data, part); err != nil {
		return "", fmt.Errorf("copy the silences: %w", err)
	}
	return path, os.Rename(part, path)
}

// linkDashboards puts the dashboards into a copy. Their files are replaced and never changed, so the copy can share them.
func linkDashboards(data, to string) error {
	from, to := filepath.Join(data, dashboardsDir), filepath.Join(to, dashboardsDir)
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	if err := os.Mkdir(to, 0o750); err != nil {
		return err
	}
	for _, e := range entries {
		// One may have been removed meanwhile.
		if err := os.Link(filepath.Join(from, e.Name()), filepath.Join(to, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// linkSilences puts silences, maintenance windows and silencers into a copy: without them those who have asked for silence
// would be told of everything.
func linkSilences(data, to string) error {
	for _, name := range silence.Files() {
		if err := os.Link(filepath.Join(data, name), filepath.Join(to, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// removeUnfinished removes what was being written when a process was killed.
func removeUnfinished(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.Contains(e.Name(), unfinished) {
			if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}
