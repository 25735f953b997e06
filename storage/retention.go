package storage

import (
	"context"
	"hash/maphash"
	"sync"

	"foster/storage/catalog"
)

// LoadRetention sets the first and last stored time of every chart of h from the store, unless they are known. Receive
// calls it before anything is appended, so that it never undoes what appending has told the charts.
func (s *Store) LoadRetention(ctx context.Context, h *catalog.Host) error {
	lock := s.retention.of(h)
	lock.Lock()
	defer lock.Unlock()
	if h.RetentionKnown() {
		return nil
	}
	if r := s.ring(h); r != nil {
		return r.loadRetention(h)
	}
	spans, err := s.tiers.Retention(ctx, h.StoreID())
	if err != nil {
		return err
	}
	for _, ch := range h.Charts() {
		span := spans[ch.ID] // none: 0, 0
		ch.SetRetention(span.First, span.Last)
	}
	h.SetRetentionKnown(true)
	return nil
}

// hostLocks are locks of hosts, some of which share one.
type hostLocks struct {
	seed  maphash.Seed
	locks [64]sync.Mutex
}

func (l *hostLocks) of(h *catalog.Host) *sync.Mutex {
	return &l.locks[maphash.String(l.seed, h.GUID)%uint64(len(l.locks))]
}
