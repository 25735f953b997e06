package storage

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"foster/storage/catalog"
	"foster/storage/tier"
)

// Errors of a store.
var (
	// ErrLocked says that another process uses the directory.
	ErrLocked = tier.ErrLocked
	// ErrClosed says that the store has been closed.
	ErrClosed = tier.ErrClosed
	// ErrTooOld says that a point is older than the store accepts.
	ErrTooOld = tier.ErrTooOld
	// ErrFuture says that a point is so far ahead of the clock that it cannot be stored.
	ErrFuture = tier.ErrFuture
)

// Store is an open store. Its methods may be used from any goroutine.
type Store struct {
	unlock    func() error
	catalog   *catalog.Catalog
	raw       *tier.Raw // of tiers
	tiers     *tier.Tiers
	rings     rings
	close     func() error
	retention hostLocks
	commits   chan struct{} // has an element for each commit that is under way

	log     *slog.Logger
	now     func() time.Time
	removed chan struct{} // tells Maintain that a host was removed
	erasing sync.Mutex    // held while points of hosts are erased
	usage   usage
}

// Open opens the store. ErrLocked is returned when another process has it open.
func Open(ctx context.Context, o Options) (*Store, error) {
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("store options: %w", err)
	}
	unlock, err := tier.Lock(o.Dir)
	if err != nil {
		return nil, err // which says all there is to know
	}
	c, err := catalog.Open(ctx, filepath.Join(o.Dir, "catalog.db"), catalog.Options{Logger: o.Logger.With("component", "catalog"), Now: o.Now})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), unlock())
	}
	tiers, err := tier.OpenTiers(o.Dir, o.raw(c.Dimensions()), o.coarse())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), c.Close(), unlock())
	}
	s := &Store{unlock: unlock, catalog: c, raw: tiers.Raw, tiers: tiers, rings: newRings(o), retention: hostLocks{seed: maphash.MakeSeed()},
		commits: make(chan struct{}, runtime.GOMAXPROCS(0)+1), log: o.Logger, now: o.Now, removed: make(chan struct{}, 1), usage: usage{meter: tier.NewMeter(tiers)}}
	s.close = sync.OnceValue(s.shut)
	if err := errors.Join(s.rebuild(ctx), s.openRings(ctx)); err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), s.Close())
	}
	return s, nil
}

// Close closes the store: first the tiers and the rings, whose readers get ErrClosed, then the catalog, then the lock. Those
// who append must have committed before. Closing twice is harmless.
func (s *Store) Close() error { return s.close() }

func (s *Store) shut() error {
	if err := errors.Join(s.tiers.Close(), s.closeRings(), s.catalog.Close(), s.unlock()); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}

// Catalog returns what is known of hosts and charts.
func (s *Store) Catalog() *catalog.Catalog { return s.catalog }
