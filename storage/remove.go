package storage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"foster/storage/catalog"
	"foster/storage/tier"
)

// Errors of Remove.
var (
	// ErrConnected says that a host cannot be removed while it is connected.
	ErrConnected = catalog.ErrConnected
	// ErrRemoved says that a host has been removed before.
	ErrRemoved = catalog.ErrRemoved
)

// Remove removes a host and everything that is known and stored of it. It returns ErrConnected when the host is connected.
//
// When Remove returns, the host is gone for all readers, on disk too, and a child that connects with its GUID is one that
// was never seen: it is asked for all its history. The points are deleted afterwards by Maintain, over restarts if need be.
func (s *Store) Remove(ctx context.Context, h *catalog.Host) error {
	r, err := s.catalog.Remove(ctx, h, s.now())
	if err != nil {
		return err // which says all there is to know
	}
	s.dropRing(h)
	s.log.Info("host removed; its points are deleted in the background", "host", r.Hostname, "machine_guid", r.GUID)
	select {
	case s.removed <- struct{}{}:
	default: // Maintain will look anyway
	}
	return nil
}

// returnsWithin is how long a block is waited for after which the points of a removed host cannot come back from the log. It takes
// half an hour to three quarters when points are stored at all; when there are none, nobody is to wait for ever.
const returnsWithin = time.Hour

// Erase deletes the points of removed hosts as far as that is possible now, and returns how many hosts are not done with: those
// in the head of tier 0 go when it is cut into a block, and in its log with that block or the next.
func (s *Store) Erase(ctx context.Context) (left int, err error) {
	s.erasing.Lock()
	defer s.erasing.Unlock()
	removals := s.catalog.Removals()
	if len(removals) == 0 {
		return 0, nil
	}
	before := map[string]int64{}
	for _, r := range removals {
		before[r.StoreID] = tier.Everything
	}
	if err := s.tiers.Erase(ctx, before); err != nil {
		return len(removals), fmt.Errorf("erase removed hosts: %w", err)
	}
	var errs []error
	for _, r := range removals {
		gone, err := s.erased(ctx, r)
		if err != nil {
			errs = append(errs, fmt.Errorf("erase removed host %s: %w", r.Hostname, err))
		}
		if !gone {
			left++
		}
	}
	return left, errors.Join(errs...)
}

// erased says whether nothing is left of a host, nor can come back after a kill, and notes it. The coarse tiers have been rid of
// it, and what tier 0 does not hold cannot be derived again.
func (s *Store) erased(ctx context.Context, r catalog.Removal) (bool, error) {
	// Rings are dropped at once; a process that was killed in between leaves their files.
	rings := filepath.Join(s.rings.dir, r.StoreID)
	if err := errors.Join(os.RemoveAll(rings), os.RemoveAll(rings+".save")); err != nil {
		return false, err
	}
	if holds, err := s.raw.Holds(ctx, r.StoreID); holds || err != nil {
		return false, err
	}
	if !s.raw.CutPast(r.At.Add(tier.MaxAhead).Unix()) && s.now().Before(r.At.Add(returnsWithin)) {
		return false, nil
	}
	if err := s.catalog.Deleted(ctx, r); err != nil {
		return false, err
	}
	s.log.Info("the points of a removed host are deleted", "host", r.Hostname, "machine_guid", r.GUID)
	return true, nil
}
