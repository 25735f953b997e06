package storage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	"foster/storage/catalog"
	"foster/storage/tier"
)

// Usage is what a host takes in one tier: the bytes of blocks on disk, and the most series in one block.
type Usage = tier.HostUsage

// usage is what all hosts take, as it was measured last.
type usage struct {
	meter *tier.Meter
	last  atomic.Pointer[map[string][]Usage] // by store id, then tier
}

// Usage returns what a host takes in each tier, beginning with tier 0, as Maintain measured it last, which is some minutes
// ago. It is nil for a host that is not in any block yet. See tier.Meter.
func (s *Store) Usage(h *catalog.Host) []Usage {
	if all := s.usage.last.Load(); all != nil {
		return (*all)[h.StoreID()]
	}
	return nil
}

// Measure measures what hosts take now, for Usage.
func (s *Store) Measure(ctx context.Context) error {
	_, err := s.measure(ctx)
	return err
}

func (s *Store) measure(ctx context.Context) ([][]tier.BlockUsage, error) {
	tiers, err := s.usage.meter.Measure(ctx)
	if err != nil {
		return nil, err
	}
	all := map[string][]Usage{}
	for n, blocks := range tiers {
		for _, b := range blocks {
			for id, u := range b.Hosts {
				list := all[id]
				if list == nil {
					list = make([]Usage, len(tiers))
					all[id] = list
				}
				list[n].Bytes += u.Bytes
				list[n].Series = max(list[n].Series, u.Series)
			}
		}
	}
	s.usage.last.Store(&all)
	return tiers, nil
}

// headroom is the part of a quota that is freed at once, so that blocks are not written anew all the time.
const headroom = 0.1

// Trim measures what hosts take and deletes the oldest points of those that take more than their quota, until they take
// nine tenths of it. The tiers are trimmed in proportion, so that the coarse ones keep reaching back further.
func (s *Store) Trim(ctx context.Context, quota func(*catalog.Host) int64) error {
	tiers, err := s.measure(ctx)
	if err != nil || quota == nil {
		return err
	}
	before := make([]map[string]int64, len(tiers))
	trimmed := 0
	for _, h := range s.catalog.Hosts() {
		limit, total := quota(h), int64(0)
		for _, u := range s.Usage(h) {
			total += u.Bytes
		}
		if limit <= 0 || total <= limit {
			continue
		}
		trimmed++
		keep := float64(limit) * (1 - headroom) / float64(total)
		for n, blocks := range tiers {
			if t := cutTime(blocks, h.StoreID(), keep); t > 0 {
				if before[n] == nil {
					before[n] = map[string]int64{}
				}
				before[n][h.StoreID()] = t
			}
		}
		s.log.Info("a host takes more than its quota: its oldest points are deleted", "host", h.Info().Hostname,
			"machine_guid", h.GUID, "bytes", total, "quota", limit)
	}
	if trimmed == 0 {
		return nil
	}
	s.erasing.Lock()
	defer s.erasing.Unlock()
	for n := range before {
		if len(before[n]) == 0 {
			continue
		}
		if err := s.tiers.EraseTier(ctx, n, before[n]); err != nil {
			return fmt.Errorf("trim tier %d: %w", n, err)
		}
	}
	return s.Measure(ctx)
}

// cutTime returns the time of which the points of a host that are not newer are to be deleted, so that a part of their bytes
// is kept. Within a block they are taken to be spread evenly.
func cutTime(blocks []tier.BlockUsage, id string, keep float64) int64 {
	total := int64(0)
	for _, b := range blocks {
		total += b.Hosts[id].Bytes
	}
	excess := float64(total) * (1 - keep)
	oldest := slices.SortedFunc(slices.Values(blocks), func(a, b tier.BlockUsage) int { return cmp.Compare(a.First, b.First) })
	for _, b := range oldest {
		bytes := float64(b.Hosts[id].Bytes)
		if bytes < excess {
			excess -= bytes
			continue
		}
		if bytes == 0 {
			continue
		}
		return b.First + int64(excess/bytes*float64(b.Last-b.First))
	}
	return 0
}
