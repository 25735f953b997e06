package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"foster/health/alert"
)

// State is what the log knows of the alerts of a host. The ids are the highest ever given, 0 for none.
type State struct {
	Alerts   []Alert
	UniqueID int64 // of the host
	AlarmID  int64 // of the host
	GlobalID int64 // of the whole log
}

// Alert is what the log knows of one alert.
type Alert struct {
	Newest alert.Transition
	// Executed is the new status of its newest transition that was handed to the notification hub, Uninitialized when there
	// was none; ExecutedAt is when that happened.
	Executed   alert.Status
	ExecutedAt time.Time
}

// Restore returns what is known of the alerts of a host. What was queued before counts, unless the database cannot be
// written.
func (l *Log) Restore(ctx context.Context, machineGUID string) (State, error) {
	if err := l.settle(ctx); err != nil {
		return State{}, fmt.Errorf("restore alerts: %w", err)
	}
	s, err := l.restore(ctx, machineGUID)
	if err != nil {
		return State{}, fmt.Errorf("restore alerts: %w", err)
	}
	return s, nil
}

func (l *Log) restore(ctx context.Context, machineGUID string) (State, error) {
	var s State
	if err := l.readers.QueryRowContext(ctx, `SELECT coalesce(max(global_id), 0) FROM transition`).Scan(&s.GlobalID); err != nil {
		return s, err
	}
	var host int64
	err := l.readers.QueryRowContext(ctx, `SELECT id, unique_id, alarm_id FROM host WHERE guid = ?`, machineGUID).Scan(&host, &s.UniqueID, &s.AlarmID)
	if errors.Is(err, sql.ErrNoRows) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	rows, err := l.readers.QueryContext(ctx, `SELECT `+columns+`, e.new_status, e.exec_run_at FROM alert a
		JOIN transition t ON t.global_id = a.newest JOIN host h ON h.id = a.host_id JOIN wording w ON w.id = t.wording_id
		LEFT JOIN transition e ON e.global_id = a.executed WHERE a.host_id = ? ORDER BY a.alarm_id`, host)
	if err != nil {
		return s, err
	}
	defer rows.Close()
	var r scanner
	for rows.Next() {
		var status, at sql.NullInt64
		if err := r.scan(rows, &status, &at); err != nil {
			return s, err
		}
		s.Alerts = append(s.Alerts, Alert{Newest: r.t, Executed: alert.Status(status.Int64), ExecutedAt: instant(at)})
	}
	return s, rows.Err()
}
