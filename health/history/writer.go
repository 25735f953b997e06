package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// maxWordings bounds the wordings whose row is remembered: those of the definitions in use, on any number of hosts.
const maxWordings = 1 << 16

// writer writes batches. It is used by one goroutine.
type writer struct {
	db *sql.DB

	host, hostIDs, wording, findWording, alert, transition, executed, untold, change *sql.Stmt

	// Rows that are in the file.
	hosts    map[string]*hostRow // by machine GUID
	wordings map[wordingHash]int64
}

// hostRow is the row of a host.
type hostRow struct {
	id       int64
	hostname string

	uniqueID, alarmID int64 // the highest; changed says that the row has lower ones
	changed           bool
}

func newWriter(ctx context.Context, db *sql.DB) (*writer, error) {
	w := &writer{db: db, hosts: map[string]*hostRow{}, wordings: map[wordingHash]int64{}}
	for _, s := range []struct {
		statement **sql.Stmt
		text      string
	}{
		{&w.host, `INSERT INTO host (guid, hostname, unique_id, alarm_id) VALUES (?, ?, 0, 0)
			ON CONFLICT (guid) DO UPDATE SET hostname = excluded.hostname RETURNING id, unique_id, alarm_id`},
		{&w.hostIDs, `UPDATE host SET unique_id = ?, alarm_id = ? WHERE id = ?`},
		{&w.findWording, `SELECT id FROM wording WHERE hash = ?`},
		{&w.wording, `INSERT INTO wording (hash, config_hash, name, chart, chart_name, context, family, class, component, type, recipient,
			exec, source, units, info, summary, expression) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`},
		{&w.alert, `INSERT INTO alert (host_id, alarm_id, newest) VALUES (?, ?, ?)
			ON CONFLICT (host_id, alarm_id) DO UPDATE SET newest = max(newest, excluded.newest) RETURNING id`},
		{&w.transition, `INSERT INTO transition (global_id, host_id, alert_id, wording_id, uuid, unique_id, event_id, updated_by, updates,
			happened_at, old_status, new_status, old_value, new_value, old_text, new_text, duration, raised_duration, delay, delay_up_to,
			exec_run_at, exec_code, last_repeat, flags, variables, warning_count, critical_count, warning_alerts, critical_alerts)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`},
		{&w.executed, `UPDATE alert SET executed = max(coalesce(executed, 0), ?1) WHERE id = (SELECT alert_id FROM transition WHERE global_id = ?1)`},
		{&w.untold, `UPDATE alert SET executed = NULL WHERE executed < ?1 AND id = (SELECT alert_id FROM transition WHERE global_id = ?1)`},
		{&w.change, `UPDATE transition SET flags = (flags | ?2) & ~?3, updated_by = coalesce(?4, updated_by),
			exec_run_at = coalesce(?5, exec_run_at), exec_code = coalesce(?6, exec_code) WHERE global_id = ?1`},
	} {
		var err error
		if *s.statement, err = db.PrepareContext(ctx, s.text); err != nil {
			return nil, fmt.Errorf("prepare a statement: %w", errors.Join(err, w.close()))
		}
	}
	return w, nil
}

func (w *writer) close() error {
	var errs []error
	for _, s := range []*sql.Stmt{w.host, w.hostIDs, w.wording, w.findWording, w.alert, w.transition, w.executed, w.untold, w.change} {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	return errors.Join(errs...)
}

// inTransaction runs f in a transaction. After an error nothing of it is in the file, and nothing is remembered of it.
func (w *writer) inTransaction(ctx context.Context, f func(tx *transaction) error) error {
	tx, err := w.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err = f(&transaction{writer: w, tx: tx}); err == nil {
		if err = tx.Commit(); err == nil {
			return nil
		}
		err = fmt.Errorf("commit: %w", err)
	}
	w.forget()
	if undo := tx.Rollback(); undo != nil && !errors.Is(undo, sql.ErrTxDone) {
		err = errors.Join(err, undo)
	}
	return err
}

// forget drops what is remembered of the file.
func (w *writer) forget() {
	clear(w.hosts)
	clear(w.wordings)
}

// write writes a batch of transitions and changes.
func (w *writer) write(ctx context.Context, batch []entry) error {
	return w.inTransaction(ctx, func(tx *transaction) error {
		for _, e := range batch {
			var err error
			if e.transition != nil {
				err = tx.insert(ctx, e.transition)
			} else {
				err = tx.change(ctx, e.change)
			}
			if err != nil {
				return err
			}
		}
		return tx.writeIDs(ctx)
	})
}

// transaction is an open transaction of the writer.
type transaction struct {
	*writer
	tx *sql.Tx
}

// in returns a statement for use in the transaction.
func (tx *transaction) in(ctx context.Context, s *sql.Stmt) *sql.Stmt {
	return tx.tx.StmtContext(ctx, s)
}
