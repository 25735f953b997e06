package storage

import (
	"context"
	"fmt"
	"strings"

	"foster/replication/wire"
	"foster/storage/catalog"
	"foster/storage/tier"
)

// rebuild fills a catalog that is empty, because it was lost, with what the names of the stored series tell: the machine GUIDs, which
// stand for hostnames, charts and dimensions. All the rest comes back when the children connect; of those that never
// do, the history can be read.
func (s *Store) rebuild(ctx context.Context) error {
	if s.catalog.Len() > 0 || len(s.catalog.Removals()) > 0 {
		return nil
	}
	charts := 0
	err := s.raw.Inventory(ctx, func(series tier.Series) {
		if series.GUID == "" || series.Chart == "" || series.Dimension == "" || catalog.GUIDOf(series.GUID) != series.GUID {
			return
		}
		h := s.catalog.Host(series.GUID)
		if h == nil {
			h = s.catalog.Define(series.GUID, catalog.HostInfo{Hostname: series.GUID, UpdateEvery: 1})
		}
		ch := h.Chart(series.Chart)
		if ch == nil {
			charts++
			ch = h.DefineChart(catalog.Guess(series.Chart, contextOf(series)))
		}
		if ch.Dimension(series.Dimension) == nil {
			ch.AddDimension(wire.Dimension{ID: series.Dimension, Name: series.Dimension, Multiplier: 1, Divisor: 1})
		}
	})
	if err != nil {
		return fmt.Errorf("rebuild the catalog: %w", err)
	}
	if charts > 0 {
		s.log.Warn("the catalog was lost and is made again of what is stored; the rest comes back when the children connect",
			"hosts", s.catalog.Len(), "charts", charts)
	}
	return nil
}

// contextOf returns a context that gives the series its metric name: the chart's id, when that does, else the metric name
// itself with its first part cut off by a dot, as contexts have it.
func contextOf(s tier.Series) string {
	if tier.MetricName(s.Chart) == s.Context {
		return s.Chart
	}
	return strings.Replace(s.Context, "_", ".", 1)
}
