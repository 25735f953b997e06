package tier

import "math"

// Stats are figures of the tier since it was opened.
type Stats struct {
	Series     uint64 // in the head
	Appended   uint64 // points committed
	Duplicates uint64 // points not stored since their series had one of that time
	TooOld     uint64 // points refused with ErrTooOld
	Failed     uint64 // points lost in commits that failed
	Commits    uint64 // that failed
	Refused    uint64 // points refused with ErrFull
	Full       bool   // ErrFull is what Append returns now

	BlockBytes int64 // on disk in blocks
	HeadBytes  int64 // on disk in logs and in chunks of the head

	First, Last int64 // unix seconds of the oldest and the newest point stored, about; 0 when there is none
}

// Stats returns the figures of the tier, the zero value when it is closed.
func (r *Raw) Stats() Stats {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.closed {
		return Stats{}
	}
	r.blocks.RLock()
	defer r.blocks.RUnlock()
	head := r.db.Head()
	s := Stats{
		Series:     head.NumSeries(),
		Appended:   r.appended.Load(),
		Duplicates: r.duplicates.Load(),
		TooOld:     r.tooOld.Load(),
		Failed:     r.failed.Load(),
		Commits:    r.commits.Load(),
		Refused:    r.refused.Load(),
		Full:       r.space.short(),
		HeadBytes:  head.Size(),
	}
	// An empty head has its bounds the wrong way round.
	mint, maxt := min(head.MinTime(), head.MinOOOTime()), max(head.MaxTime(), head.MaxOOOTime())
	for _, b := range r.db.Blocks() {
		s.BlockBytes += b.Size()
		mint, maxt = min(mint, b.MinTime()), max(maxt, b.MaxTime()-1)
	}
	if mint != math.MaxInt64 && maxt != math.MinInt64 {
		s.First, s.Last = mint/1000, maxt/1000
	}
	return s
}

// First returns the unix time of the oldest point stored, about; 0 when there is none.
func (r *Raw) First() int64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.closed {
		return 0
	}
	r.blocks.RLock()
	defer r.blocks.RUnlock()
	head := r.db.Head()
	first := min(head.MinTime(), head.MinOOOTime())
	for _, b := range r.db.Blocks() {
		first = min(first, b.MinTime())
	}
	if first == math.MaxInt64 {
		return 0
	}
	return first / 1000
}
