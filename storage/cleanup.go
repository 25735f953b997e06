package storage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"foster/storage/catalog"
	"foster/storage/tier"
)

// Cleanup says what Maintain removes by itself: the [db] cleanup … after settings of netdata v2.11.0. As there, a host whose
// points are in the tiers stays listed for as long as it is not ephemeral.
type Cleanup struct {
	// ObsoleteCharts is how long a chart, or a dimension, must not have been collected to be forgotten. It is forgotten when
	// nothing is stored of it any more.
	ObsoleteCharts time.Duration
	// OrphanHosts is how long a host whose points are not in the tiers must have been gone to be removed: that is one of
	// another memory mode than dbengine. 0: it never is.
	OrphanHosts time.Duration
	// EphemeralHosts is how long an ephemeral host must have been gone to be removed. 0: it never is.
	EphemeralHosts time.Duration
	// Quota returns how many bytes the points of a host may take in all tiers together, 0 for no limit. It may be nil.
	Quota func(h *catalog.Host) int64
}

const (
	// hostsEvery is how often hosts are looked at, and erasing is tried that failed.
	hostsEvery = time.Minute
	// eraseEvery is how often the points of removed hosts are looked for that were in the head of tier 0.
	eraseEvery = 5 * time.Minute
	// chartsEvery is how often charts are looked at, and the space that hosts take.
	chartsEvery = 15 * time.Minute
)

// maxIdleCharts is how many charts of a host are remembered that are not collected any more. Of more the oldest are
// forgotten, although points of them are stored: they can be read again when the chart is defined again.
const maxIdleCharts = 20_000

// Maintain deletes the points of removed hosts, and removes and forgets what cleanup, which is called each time, says, until
// ctx ends. What fails is logged and tried again.
func (s *Store) Maintain(ctx context.Context, cleanup func() Cleanup) {
	ticker := time.NewTicker(hostsEvery)
	defer ticker.Stop()
	var erased, charts time.Time
	for pending := len(s.catalog.Removals()) > 0; ; {
		now := s.now()
		c := cleanup()
		s.complain(ctx, "remove hosts", s.CleanHosts(ctx, now, c))
		select {
		case <-s.removed:
			pending, erased = true, time.Time{}
		default:
		}
		if pending && now.Sub(erased) >= eraseEvery {
			left, err := s.Erase(ctx)
			s.complain(ctx, "delete the points of removed hosts", err)
			if pending = left > 0; err == nil {
				erased = now
			}
		}
		if now.Sub(charts) >= chartsEvery {
			s.complain(ctx, "forget charts", s.CleanCharts(ctx, now, c))
			s.complain(ctx, "keep hosts within their quota", s.Trim(ctx, c.Quota))
			charts = now
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-s.removed:
			pending, erased = true, time.Time{}
		}
	}
}

func (s *Store) complain(ctx context.Context, doing string, err error) {
	if err != nil && ctx.Err() == nil {
		s.log.Error("maintenance of the store: this is tried again", "error", fmt.Errorf("%s: %w", doing, err))
	}
}

// CleanHosts removes the hosts that have been gone for too long.
func (s *Store) CleanHosts(ctx context.Context, now time.Time, c Cleanup) error {
	var errs []error
	for _, h := range s.catalog.Hosts() {
		if h.Connection() != nil || h.LastSeen().IsZero() { // or is about to connect for the first time
			continue
		}
		info, gone := h.Info(), now.Sub(h.LastSeen())
		ephemeral := info.Ephemeral && c.EphemeralHosts > 0 && gone >= c.EphemeralHosts
		orphan := !inTiers(h) && c.OrphanHosts > 0 && gone >= c.OrphanHosts
		if !ephemeral && !orphan {
			continue
		}
		s.log.Info("a host has been gone for too long", "host", info.Hostname, "machine_guid", h.GUID, "last_seen", h.LastSeen(),
			"ephemeral", info.Ephemeral, "memory_mode", info.MemoryMode)
		if err := s.Remove(ctx, h); err != nil && !errors.Is(err, ErrConnected) && !errors.Is(err, ErrRemoved) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func inTiers(h *catalog.Host) bool { return Keep{Mode: Mode(h.Info().MemoryMode)}.InTiers() }

// CleanCharts forgets charts and dimensions that are not collected any more and of which nothing is stored.
func (s *Store) CleanCharts(ctx context.Context, now time.Time, c Cleanup) error {
	for _, h := range s.catalog.Hosts() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.cleanChartsOf(ctx, h, now, c); err != nil {
			return fmt.Errorf("host %s: %w", h.Info().Hostname, err)
		}
	}
	return nil
}

func (s *Store) cleanChartsOf(ctx context.Context, h *catalog.Host, now time.Time, c Cleanup) error {
	limit := now.Add(-c.ObsoleteCharts)
	idle := func(ch *catalog.Chart) bool { return isIdle(ch, limit) }
	some := slices.ContainsFunc(h.Charts(), func(ch *catalog.Chart) bool {
		return idle(ch) || slices.ContainsFunc(ch.Dimensions(), isObsolete)
	})
	if !some {
		return nil
	}
	stored, err := s.stored(ctx, h)
	if err != nil {
		return err
	}
	excess := map[*catalog.Chart]bool{}
	var kept []*catalog.Chart
	for _, ch := range h.Charts() {
		if !idle(ch) || len(stored[ch.ID]) == 0 {
			continue
		}
		kept = append(kept, ch)
	}
	if n := len(kept) - maxIdleCharts; n > 0 {
		slices.SortFunc(kept, func(a, b *catalog.Chart) int { return cmp.Compare(a.Last(), b.Last()) })
		for _, ch := range kept[:n] {
			excess[ch] = true
		}
	}
	charts := h.RemoveCharts(func(ch *catalog.Chart) bool {
		return idle(ch) && (excess[ch] || len(stored[ch.ID]) == 0)
	})
	dimensions := 0
	for _, ch := range h.Charts() {
		whole := idle(ch)
		dimensions += ch.RemoveDimensions(func(d *catalog.Dimension) bool {
			_, has := stored[ch.ID][d.ID]
			return !has && (whole || isObsolete(d)) && lastOf(d).Before(limit)
		})
	}
	if charts > 0 || dimensions > 0 {
		s.log.Debug("charts forgotten of which nothing is stored any more", "host", h.Info().Hostname, "machine_guid", h.GUID,
			"charts", charts, "dimensions", dimensions, "excess", len(excess))
	}
	return nil
}

// stored returns the dimensions of a host of which points are stored.
func (s *Store) stored(ctx context.Context, h *catalog.Host) (tier.Stored, error) {
	if r := s.ring(h); r != nil {
		return r.stored()
	}
	return s.tiers.Dimensions(ctx, h.StoreID())
}

func isObsolete(d *catalog.Dimension) bool { return d.Def().Obsolete }

// lastOf returns the time of the newest point of a dimension in this run, 1970 when there is none.
func lastOf(d *catalog.Dimension) time.Time {
	t, _, _ := d.Last()
	return time.Unix(t, 0)
}

// isIdle says whether a chart has not been collected since limit and is not about to be: its child is gone, or has not
// defined it on this connection, or has retired it.
func isIdle(ch *catalog.Chart, limit time.Time) bool {
	if time.Unix(ch.Last(), 0).After(limit) || ch.Defined().After(limit) || ch.Host.LastSeen().IsZero() {
		return false
	}
	conn := ch.Host.Connection()
	switch {
	case conn == nil:
		return !ch.Host.LastSeen().After(limit)
	case ch.Def().Obsolete:
		return true
	}
	return ch.Defined().Before(conn.Since) && conn.Since.Before(limit)
}
