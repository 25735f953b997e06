package storage

import "foster/storage/tier"

// Stats are figures of the store since it was opened.
type Stats struct {
	Series uint64 // with points in memory

	Appended   uint64 // points committed
	Duplicates uint64 // points not stored since their dimension had one of that time
	TooOld     uint64 // points refused with ErrTooOld
	Failed     uint64 // points lost in commits that failed
	Commits    uint64 // that failed
	Refused    uint64 // rows of points refused with ErrFull
	Full       bool   // the store refuses points now

	Tiers []TierStats // from the finest to the coarsest

	RingHosts int   // hosts with rings
	RingBytes int64 // of their rings, in memory or mapped
}

// TierStats are figures of a tier.
type TierStats = tier.TierStats

// Stats returns the figures of the store, the zero value when it is closed.
func (s *Store) Stats() Stats {
	raw := s.raw.Stats()
	st := Stats{
		Series:     raw.Series,
		Appended:   raw.Appended,
		Duplicates: raw.Duplicates,
		TooOld:     raw.TooOld,
		Failed:     raw.Failed,
		Commits:    raw.Commits,
		Refused:    raw.Refused,
		Full:       raw.Full,
		Tiers:      s.tiers.TierStats(),
	}
	s.rings.addTo(&st)
	return st
}

// MapHead moves full chunks of tier 0's head to disk. That is done every minute; who fills the store faster than the clock
// goes must ask for it, or its memory is not that of a store in use.
func (s *Store) MapHead() { s.raw.MapHead() }
