package storage

import (
	"context"

	"foster/storage/catalog"
)

// LoadRetention sets the first and last stored time of every chart of h from the store, unless they are known. The child
// of the host must not be appending.
func (s *Store) LoadRetention(ctx context.Context, h *catalog.Host) error {
	if h.RetentionKnown() {
		return nil
	}
	spans, err := s.raw.Retention(ctx, h.GUID)
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
