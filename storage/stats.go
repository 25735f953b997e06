package storage

// Stats are figures of the store since it was opened.
type Stats struct {
	Series uint64 // with points in memory

	Appended   uint64 // points committed
	Duplicates uint64 // points not stored since their dimension had one of that time
	TooOld     uint64 // points refused with ErrTooOld
	Failed     uint64 // points lost in commits that failed

	Tiers []TierStats // from the finest to the coarsest
}

// TierStats are figures of a tier.
type TierStats struct {
	BlockBytes  int64 // on disk in blocks
	HeadBytes   int64 // on disk in what is not in blocks yet
	First, Last int64 // unix seconds of the oldest and the newest point stored, about; 0 when there is none
}

// Stats returns the figures of the store, the zero value when it is closed.
func (s *Store) Stats() Stats {
	raw := s.raw.Stats()
	return Stats{
		Series:     raw.Series,
		Appended:   raw.Appended,
		Duplicates: raw.Duplicates,
		TooOld:     raw.TooOld,
		Failed:     raw.Failed,
		Tiers:      []TierStats{{BlockBytes: raw.BlockBytes, HeadBytes: raw.HeadBytes, First: raw.First, Last: raw.Last}},
	}
}
