package tier

import (
	"time"
)

// TierStats are figures of a tier.
type TierStats struct {
	Step       int64 // seconds a point covers; 0 of tier 0, whose points are as they were collected
	BlockBytes int64 // on disk in blocks
	HeadBytes  int64 // on disk in what is not in blocks yet: logs and chunks of the head
	Blocks     int
	Series     uint64 // about: those of the largest block, or of the head
	Points     uint64 // in blocks
	Samples    uint64 // that the points were made of

	First, Last int64 // unix seconds of the oldest and the newest point stored, about; 0 when there is none

	MaxAge   time.Duration // limits; 0: none
	MaxBytes int64
	// Expected is how long points stay at the rate at which they come now; 0 when it is not known.
	Expected time.Duration
}

// TierStats returns the figures of all tiers, tier 0 first; nil when they are closed.
func (t *Tiers) TierStats() []TierStats {
	raw := t.Raw.Stats()
	metas, err := t.blockMetas()
	if err != nil {
		return nil
	}
	s := TierStats{
		BlockBytes: raw.BlockBytes, HeadBytes: raw.HeadBytes, Blocks: len(metas), Series: raw.Series,
		First: raw.First, Last: raw.Last, MaxAge: t.limits.MaxAge, MaxBytes: t.limits.MaxBytes,
	}
	var span int64
	for i := range metas {
		s.Points += metas[i].Stats.NumSamples
		s.Series = max(s.Series, metas[i].Stats.NumSeries)
	}
	if len(metas) > 0 {
		span = metas[len(metas)-1].MaxTime/1000 - metas[0].MinTime/1000
	}
	s.Samples = s.Points
	s.expect(span)
	out := []TierStats{s}
	for _, c := range t.coarse {
		out = append(out, c.stats())
	}
	return out
}

// expect sets Expected when blocks cover so many seconds.
func (s *TierStats) expect(span int64) {
	s.Expected = s.MaxAge
	if s.MaxBytes == 0 || s.BlockBytes == 0 || span <= 0 {
		return
	}
	seconds := float64(s.MaxBytes) / float64(s.BlockBytes) * float64(span)
	if s.MaxAge == 0 || seconds < s.MaxAge.Seconds() {
		s.Expected = time.Duration(min(seconds, forever.Seconds())) * time.Second
	}
}

// forever is the longest time that is told.
const forever = 100 * 365 * 24 * time.Hour

func (t *coarse) stats() TierStats {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := TierStats{Step: t.step, MaxAge: t.opts.Retention, MaxBytes: t.opts.MaxBytes}
	for _, b := range t.blocks {
		s.BlockBytes += b.size
		if b.meta.Step != t.step {
			continue
		}
		s.Blocks++
		if b.meta.Series == 0 {
			continue
		}
		s.Series = max(s.Series, uint64(b.meta.Series))
		s.Points += uint64(b.meta.Points)
		s.Samples += b.meta.Samples
		if s.First == 0 || b.meta.First < s.First {
			s.First = b.meta.First
		}
		s.Last = max(s.Last, b.meta.Last)
	}
	s.expect(s.Last - s.First + t.step)
	return s
}
