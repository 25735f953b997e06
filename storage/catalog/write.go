package catalog

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"foster/replication/wire"
)

// writer writes changes within one transaction.
type writer struct {
	ctx      context.Context //nolint:containedctx // of the transaction, and as short-lived
	tx       *sql.Tx
	ids      *rowIDs
	prepared map[string]*sql.Stmt
}

// savedChart is what the database has of a chart. A pointer that is the same stands for a value that is the same, since
// definitions are never changed in place.
type savedChart struct {
	def    *wire.Chart
	labels *[]wire.Label
}

// exec runs a statement, prepared at its first use.
func (w *writer) exec(statement string, args ...any) error {
	s := w.prepared[statement]
	if s == nil {
		var err error
		if s, err = w.tx.PrepareContext(w.ctx, statement); err != nil {
			return err
		}
		w.prepared[statement] = s
	}
	_, err := s.ExecContext(w.ctx, args...)
	return err
}

// write writes changes. The context is that of the caller, which may end.
func (w *writer) write(ctx context.Context, c *changes) error {
	hosts := slices.SortedFunc(maps.Keys(c.hosts), func(a, b *Host) int { return strings.Compare(a.GUID, b.GUID) })
	for _, h := range hosts {
		if h.Removed() {
			continue
		}
		if err := w.host(h); err != nil {
			return fmt.Errorf("host %s: %w", h.GUID, err)
		}
	}
	// Rows are numbered in the order of definition.
	charts := slices.SortedFunc(maps.Keys(c.charts), func(a, b *Chart) int {
		return cmp.Or(cmp.Compare(a.Host.row, b.Host.row), a.order-b.order)
	})
	for i, ch := range charts {
		if i%1000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if ch.Host.Removed() {
			continue
		}
		if err := w.chart(ch); err != nil {
			return fmt.Errorf("chart %s of host %s: %w", ch.ID, ch.Host.GUID, err)
		}
	}
	for _, change := range c.connections {
		if change.host.Removed() {
			continue
		}
		if err := w.connection(change); err != nil {
			return fmt.Errorf("connection of host %s: %w", change.host.GUID, err)
		}
	}
	return nil
}

func (w *writer) host(h *Host) error {
	if h.row == 0 {
		h.row = w.ids.next(&w.ids.host)
	}
	i := h.Info()
	system, err := json.Marshal(i.SystemInfo)
	if err != nil {
		return err
	}
	err = w.exec(upsertHost, h.row, h.GUID, i.Hostname, i.RegistryHostname, i.OS, i.Timezone, i.AbbrevTimezone, i.UTCOffset,
		i.UpdateEvery, i.Hops, i.ProgramName, i.ProgramVersion, i.Tags, i.MLCapable, i.MLEnabled, i.Ephemeral, i.MemoryMode,
		string(system), i.ClaimID, i.NodeID, seconds(h.FirstSeen()), seconds(h.LastSeen()), h.storeID, h.APIKey())
	if err != nil {
		return err
	}
	if err := w.exec(`DELETE FROM host_label WHERE host_id = ?`, h.row); err != nil {
		return err
	}
	for _, l := range h.Labels() {
		if err := w.exec(`INSERT INTO host_label (host_id, name, value, source) VALUES (?, ?, ?, ?)`, h.row, l.Name, l.Value, l.Source); err != nil {
			return err
		}
	}
	return nil
}

// chart writes what the database does not have of a chart. When a child connects again it defines all its charts again,
// and hardly any has changed.
func (w *writer) chart(ch *Chart) error {
	if ch.removed.Load() {
		ch.forget() // should it come back it keeps its row number
		return w.exec(`DELETE FROM chart WHERE id = ?`, ch.row)
	}
	if ch.moved.Swap(false) {
		ch.forget()
		if err := w.exec(`DELETE FROM dimension WHERE chart_id = ?`, ch.row); err != nil {
			return err
		}
	}
	def, labels, dimensions := ch.Def(), ch.labels.Load(), ch.Dimensions()
	if saved := ch.saved.def; saved == nil || *saved != *def {
		if ch.row == 0 {
			ch.row = w.ids.next(&w.ids.chart)
		}
		err := w.exec(upsertChart, ch.row, ch.Host.row, ch.ID, def.Name, def.Title, def.Units, def.Family, def.Context, def.Type,
			def.Priority, def.UpdateEvery, def.Obsolete, def.Detail, def.Hidden, def.StoreFirst, def.Plugin, def.Module)
		if err != nil {
			return err
		}
	}
	if ch.saved.labels != labels {
		if err := w.exec(`DELETE FROM chart_label WHERE chart_id = ?`, ch.row); err != nil {
			return err
		}
		for _, l := range *labels {
			if err := w.exec(`INSERT INTO chart_label (chart_id, name, value, source) VALUES (?, ?, ?, ?)`, ch.row, l.Name, l.Value, l.Source); err != nil {
				return err
			}
		}
	}
	for position, d := range dimensions {
		def := d.Def()
		if d.saved == def {
			continue
		}
		err := w.exec(upsertDimension, ch.row, position, d.ID, def.Name, def.Algorithm.String(), def.Multiplier, def.Divisor,
			def.Obsolete, def.Hidden, def.NoReset, def.Float)
		if err != nil {
			return fmt.Errorf("dimension %s: %w", d.ID, err)
		}
		d.saved = def
	}
	ch.saved = savedChart{def: def, labels: labels}
	return nil
}

func (w *writer) connection(change connectionChange) error {
	h, c := change.host, change.conn
	if c.row == 0 {
		c.row = w.ids.next(&w.ids.connection)
	}
	var ended any // NULL while it is open
	if change.ended {
		ended = seconds(c.LastTraffic())
	}
	err := w.exec(upsertConnection, c.row, h.row, seconds(c.Since), ended, c.RemoteAddr, c.TLS, h.Info().ProgramVersion,
		int64(c.Caps), c.Compression, c.Samples.Load(), c.Replayed.Load(), c.Dropped.Load(), c.BytesIn.Load(), c.Reason())
	if err != nil {
		return err
	}
	return w.exec(`DELETE FROM connection WHERE host_id = ?1 AND id <=
		(SELECT id FROM connection WHERE host_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)`, h.row, keepConnections)
}

// rowIDs are the highest row numbers in use. Rows are numbered here so that one statement serves new rows and old ones.
type rowIDs struct {
	host, chart, connection int64
}

func (*rowIDs) next(id *int64) int64 {
	*id++
	return *id
}

// Parents are never replaced, which would delete their children, but updated.
const (
	upsertHost = `INSERT INTO host (id, guid, hostname, registry_hostname, os, timezone, abbrev_timezone, utc_offset,
		update_every, hops, program_name, program_version, tags, ml_capable, ml_enabled, ephemeral, memory_mode, system_info,
		claim_id, node_id, first_seen, last_seen, store_id, api_key)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
	ON CONFLICT (id) DO UPDATE SET hostname = excluded.hostname, registry_hostname = excluded.registry_hostname,
		os = excluded.os, timezone = excluded.timezone, abbrev_timezone = excluded.abbrev_timezone,
		utc_offset = excluded.utc_offset, update_every = excluded.update_every, hops = excluded.hops,
		program_name = excluded.program_name, program_version = excluded.program_version, tags = excluded.tags,
		ml_capable = excluded.ml_capable, ml_enabled = excluded.ml_enabled, ephemeral = excluded.ephemeral,
		memory_mode = excluded.memory_mode, system_info = excluded.system_info, claim_id = excluded.claim_id,
		node_id = excluded.node_id, first_seen = excluded.first_seen, last_seen = excluded.last_seen, api_key = excluded.api_key`

	upsertChart = `INSERT INTO chart (id, host_id, chart, name, title, units, family, context, type, priority, update_every,
		obsolete, detail, hidden, store_first, plugin, module)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
	ON CONFLICT (id) DO UPDATE SET name = excluded.name, title = excluded.title, units = excluded.units,
		family = excluded.family, context = excluded.context, type = excluded.type, priority = excluded.priority,
		update_every = excluded.update_every, obsolete = excluded.obsolete, detail = excluded.detail,
		hidden = excluded.hidden, store_first = excluded.store_first, plugin = excluded.plugin, module = excluded.module`

	upsertDimension = `INSERT OR REPLACE INTO dimension (chart_id, position, dimension, name, algorithm, multiplier, divisor,
		obsolete, hidden, no_reset, float)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

	upsertConnection = `INSERT OR REPLACE INTO connection (id, host_id, connected_at, disconnected_at, address, tls, version,
		capabilities, compression, samples, replayed, dropped, bytes_in, reason)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
)
