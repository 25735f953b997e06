package catalog

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"foster/replication/wire"
)

// loader reads a database into a catalog.
type loader struct {
	db      *sql.DB
	catalog *Catalog
	ids     rowIDs
	hosts   map[int64]*Host // by row
	charts  map[int64]*Chart
}

// load returns the catalog that the database holds, and the row numbers in use.
func load(ctx context.Context, db *sql.DB) (*Catalog, rowIDs, error) {
	l := &loader{db: db, catalog: NewInMemory(), hosts: map[int64]*Host{}, charts: map[int64]*Chart{}}
	for _, step := range []struct {
		name string
		load func(context.Context) error
	}{
		{"row numbers", l.loadIDs},
		{"connections", l.closeConnections},
		{"removals", l.loadRemovals},
		{"hosts", l.loadHosts},
		{"host labels", l.loadHostLabels},
		{"charts", l.loadCharts},
		{"chart labels", l.loadChartLabels},
		{"dimensions", l.loadDimensions},
	} {
		if err := step.load(ctx); err != nil {
			return nil, l.ids, fmt.Errorf("load %s: %w", step.name, err)
		}
	}
	for _, h := range l.hosts {
		l.catalog.hosts[h.GUID] = h
	}
	return l.catalog, l.ids, nil
}

// rows calls row for each row of the query.
func (l *loader) rows(ctx context.Context, query string, row func(*sql.Rows) error) error {
	rows, err := l.db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			return fmt.Errorf("%w: %w", errDamaged, err) // of a kind that the program does not write
		}
	}
	return rows.Err()
}

func (l *loader) loadIDs(ctx context.Context) error {
	return l.db.QueryRowContext(ctx, `SELECT (SELECT ifnull(max(id), 0) FROM host), (SELECT ifnull(max(id), 0) FROM chart),
		(SELECT ifnull(max(id), 0) FROM connection)`).Scan(&l.ids.host, &l.ids.chart, &l.ids.connection)
}

// closeConnections ends the connections that were open when the process was killed, at the last known sign of life.
func (l *loader) closeConnections(ctx context.Context) error {
	_, err := l.db.ExecContext(ctx, `UPDATE connection SET reason = 'foster was killed',
		disconnected_at = max(connected_at, (SELECT last_seen FROM host WHERE host.id = host_id)) WHERE disconnected_at IS NULL`)
	return err
}

func (l *loader) loadRemovals(ctx context.Context) error {
	return l.rows(ctx, `SELECT store_id, guid, hostname, requested_at FROM removal`, func(rows *sql.Rows) error {
		var r Removal
		var at int64
		if err := rows.Scan(&r.StoreID, &r.GUID, &r.Hostname, &at); err != nil {
			return err
		}
		r.At = time.Unix(at, 0)
		l.catalog.removals[r.StoreID] = r
		return nil
	})
}

func (l *loader) loadHosts(ctx context.Context) error {
	return l.rows(ctx, `SELECT id, guid, hostname, registry_hostname, os, timezone, abbrev_timezone, utc_offset, update_every,
		hops, program_name, program_version, tags, ml_capable, ml_enabled, ephemeral, memory_mode, system_info, claim_id,
		node_id, first_seen, last_seen, store_id, api_key FROM host`, func(rows *sql.Rows) error {
		var row, first, last int64
		var guid, storeID, key string
		var system []byte
		var i HostInfo
		err := rows.Scan(&row, &guid, &i.Hostname, &i.RegistryHostname, &i.OS, &i.Timezone, &i.AbbrevTimezone, &i.UTCOffset,
			&i.UpdateEvery, &i.Hops, &i.ProgramName, &i.ProgramVersion, &i.Tags, &i.MLCapable, &i.MLEnabled, &i.Ephemeral,
			&i.MemoryMode, &system, &i.ClaimID, &i.NodeID, &first, &last, &storeID, &key)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(system, &i.SystemInfo); err != nil {
			return fmt.Errorf("%w: system info of host %s: %w", errDamaged, guid, err)
		}
		h := newHost(l.catalog, guid, i)
		h.storeID = cmp.Or(storeID, guid)
		h.apiKey.Store(&key)
		h.row = row
		h.first.Store(first)
		if last != 0 {
			h.lastSeen.Store(last * 1e9)
		}
		l.hosts[row] = h
		return nil
	})
}

func (l *loader) loadHostLabels(ctx context.Context) error {
	return l.rows(ctx, `SELECT host_id, name, value, source FROM host_label ORDER BY host_id, name`, func(rows *sql.Rows) error {
		var row int64
		var label wire.Label
		if err := rows.Scan(&row, &label.Name, &label.Value, &label.Source); err != nil {
			return err
		}
		if h := l.hosts[row]; h != nil {
			labels := append(h.Labels(), label)
			h.labels.Store(&labels)
			h.size.Add(int64(sizeOfLabels(labels[len(labels)-1:])))
		}
		return nil
	})
}

func (l *loader) loadCharts(ctx context.Context) error {
	return l.rows(ctx, `SELECT id, host_id, chart, name, title, units, family, context, type, priority, update_every, obsolete,
		detail, hidden, store_first, plugin, module FROM chart ORDER BY id`, func(rows *sql.Rows) error {
		var row, host int64
		var def wire.Chart
		err := rows.Scan(&row, &host, &def.ID, &def.Name, &def.Title, &def.Units, &def.Family, &def.Context, &def.Type,
			&def.Priority, &def.UpdateEvery, &def.Obsolete, &def.Detail, &def.Hidden, &def.StoreFirst, &def.Plugin, &def.Module)
		if err != nil {
			return err
		}
		h := l.hosts[host]
		if h == nil {
			return nil
		}
		intern(&def)
		ch := h.newChart(&def)
		if def.Name != "" {
			h.byName[def.Name] = ch
		}
		ch.row = row
		ch.saved = savedChart{def: &def, labels: ch.labels.Load()}
		l.charts[row] = ch
		return nil
	})
}

func (l *loader) loadChartLabels(ctx context.Context) error {
	return l.rows(ctx, `SELECT chart_id, name, value, source FROM chart_label ORDER BY chart_id, name`, func(rows *sql.Rows) error {
		var row int64
		var label wire.Label
		if err := rows.Scan(&row, &label.Name, &label.Value, &label.Source); err != nil {
			return err
		}
		if ch := l.charts[row]; ch != nil {
			label.Name, label.Value = internString(label.Name), internString(label.Value)
			labels := append(ch.Labels(), label)
			ch.labels.Store(&labels)
			ch.saved.labels = &labels
			ch.Host.size.Add(int64(sizeOfLabels(labels[len(labels)-1:])))
		}
		return nil
	})
}

func (l *loader) loadDimensions(ctx context.Context) error {
	return l.rows(ctx, `SELECT chart_id, dimension, name, algorithm, multiplier, divisor, obsolete, hidden, no_reset, float
		FROM dimension ORDER BY chart_id, position`, func(rows *sql.Rows) error {
		var row int64
		var algorithm string
		var def wire.Dimension
		err := rows.Scan(&row, &def.ID, &def.Name, &algorithm, &def.Multiplier, &def.Divisor, &def.Obsolete, &def.Hidden,
			&def.NoReset, &def.Float)
		if err != nil {
			return err
		}
		if ch := l.charts[row]; ch != nil {
			def.Algorithm = wire.ParseAlgorithm(algorithm)
			d := newDimension(ch, def)
			d.saved = d.Def()
			dims := append(ch.Dimensions(), d)
			ch.dims.Store(&dims)
			ch.Host.size.Add(int64(sizeOfDimension(d.Def())))
		}
		return nil
	})
}
