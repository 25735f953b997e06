package storage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// catalogFile is the database of the catalog in the directory of a store.
const catalogFile = "catalog.db"

// Snapshot writes a copy of the store into the directory dir, which must not exist and must be on the same file system: Open
// on it finds what was stored before Snapshot was called, and perhaps some points of the time it took. Files that never
// change are hard-linked, so that a copy takes no more space than what is not in blocks yet, and the catalog.
func (s *Store) Snapshot(ctx context.Context, dir string) (err error) {
	switch _, err := os.Lstat(dir); {
	case err == nil:
		return fmt.Errorf("snapshot: %s: %w", dir, os.ErrExist)
	case !errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("snapshot: %w", err)
	}
	part := dir + ".part"
	defer func() {
		if err != nil {
			err = fmt.Errorf("snapshot: %w", errors.Join(err, os.RemoveAll(part)))
		}
	}()
	if err := os.Mkdir(part, 0o750); err != nil {
		return err
	}
	// The catalog comes last: it knows every chart that the tiers and rings have points of.
	if err := s.tiers.Snapshot(ctx, part); err != nil {
		return err
	}
	if err := s.snapshotRings(ctx, part); err != nil {
		return err
	}
	if err := s.catalog.Snapshot(ctx, filepath.Join(part, catalogFile)); err != nil {
		return err
	}
	return os.Rename(part, dir)
}
