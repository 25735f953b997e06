package catalog

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"foster/replication/wire"
)

// The history of connections: how many of a host are remembered, and for how long.
const (
	keepConnections    = 100
	keepConnectionsFor = 90 * 24 * time.Hour
)

// ConnectionRecord is what is remembered of a connection.
type ConnectionRecord struct {
	Since       time.Time
	Until       time.Time // the zero time while it is open
	Address     string    // ip:port, or the path of a unix socket
	TLS         bool
	Version     string // of the agent
	Caps        wire.Caps
	Compression string // lz4, zstd, gzip, brotli or none
	Samples     int64  // stored
	Replayed    int64  // of these, replayed history
	Dropped     int64  // received but not stored
	BytesIn     int64  // as on the wire
	Reason      string // of the end
}

// Connections returns the newest connections of the host, at most 100 of the last 90 days, the newest first. Of a catalog
// in memory only it returns the open one.
func (h *Host) Connections(ctx context.Context) ([]ConnectionRecord, error) {
	p := h.catalog.persister
	if p == nil {
		if c := h.Connection(); c != nil {
			return []ConnectionRecord{c.record(h)}, nil
		}
		return nil, nil
	}
	records, err := p.connections(ctx, h)
	if err != nil {
		return nil, fmt.Errorf("read the connections of host %s: %w", h.GUID, err)
	}
	return records, nil
}

// record returns what is to be remembered of an open connection.
func (c *Connection) record(h *Host) ConnectionRecord {
	return ConnectionRecord{
		Since: c.Since, Address: c.RemoteAddr, TLS: c.TLS, Version: h.Info().ProgramVersion, Caps: c.Caps, Compression: c.Compression,
		Samples: c.Samples.Load(), Replayed: c.Replayed.Load(), Dropped: c.Dropped.Load(), BytesIn: c.BytesIn.Load(), Reason: c.Reason(),
	}
}

func (p *persister) connections(ctx context.Context, h *Host) ([]ConnectionRecord, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.flushLocked(ctx); err != nil {
		return nil, err
	}
	open := h.Connection()
	// As in transaction: a context that can end costs more than the query.
	rows, err := p.db.QueryContext(context.WithoutCancel(ctx), `SELECT id, connected_at, disconnected_at, address, tls, version,
		capabilities, compression, samples, replayed, dropped, bytes_in, reason
		FROM connection WHERE host_id = ? ORDER BY id DESC LIMIT ?`, h.row, keepConnections)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var records []ConnectionRecord
	for rows.Next() {
		var r ConnectionRecord
		var row, since, caps int64
		var until sql.NullInt64
		err := rows.Scan(&row, &since, &until, &r.Address, &r.TLS, &r.Version, &caps, &r.Compression, &r.Samples, &r.Replayed,
			&r.Dropped, &r.BytesIn, &r.Reason)
		if err != nil {
			return nil, err
		}
		r.Since, r.Caps = time.Unix(since, 0), wire.Caps(caps)
		if until.Valid {
			r.Until = time.Unix(until.Int64, 0)
		} else if open != nil && open.row == row {
			r = open.record(h)
		}
		records = append(records, r)
	}
	return records, rows.Err()
}

// expireConnections forgets connections that ended long ago.
func (w *writer) expireConnections(now time.Time) error {
	return w.exec(`DELETE FROM connection WHERE disconnected_at < ?`, seconds(now.Add(-keepConnectionsFor)))
}
