package history

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"foster/health/alert"
)

// trimAtOnce is how many transitions are deleted in one transaction, so that new ones do not wait for long.
const trimAtOnce = 5000

// Trim deletes the transitions of each host that happened before a time, which before returns for a machine GUID, and says
// how many. What a restart needs stays however old it is: the newest transition of an alert that exists, and the newest that
// was handed to the notification hub.
func (l *Log) Trim(ctx context.Context, before func(machineGUID string) time.Time) (int64, error) {
	if err := l.Flush(ctx); err != nil {
		return 0, fmt.Errorf("trim the alert log: %w", err)
	}
	hosts, err := l.hosts(ctx)
	if err != nil {
		return 0, fmt.Errorf("trim the alert log: %w", err)
	}
	total := int64(0)
	for id, guid := range hosts {
		limit := before(guid).Unix()
		for {
			var n int64
			err := l.do(ctx, func(ctx context.Context, w *writer) error {
				return w.inTransaction(ctx, func(tx *transaction) error {
					var err error
					n, err = tx.trim(ctx, id, limit)
					return err
				})
			})
			if err != nil {
				return total, fmt.Errorf("trim the alert log: %w", err)
			}
			if total += n; n == 0 {
				break
			}
		}
	}
	if total > 0 {
		err = l.do(ctx, func(ctx context.Context, w *writer) error {
			return w.inTransaction(ctx, func(tx *transaction) error { return tx.trimWordings(ctx) })
		})
	}
	if err != nil {
		return total, fmt.Errorf("trim the alert log: %w", err)
	}
	return total, nil
}

// Remove deletes all that is kept of a host.
func (l *Log) Remove(ctx context.Context, machineGUID string) error {
	err := l.do(ctx, func(ctx context.Context, w *writer) error {
		return w.inTransaction(ctx, func(tx *transaction) error {
			for _, table := range []string{"transition", "alert"} {
				if _, err := tx.tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE host_id = (SELECT id FROM host WHERE guid = ?)", machineGUID); err != nil {
					return err
				}
			}
			_, err := tx.tx.ExecContext(ctx, "DELETE FROM host WHERE guid = ?", machineGUID)
			delete(tx.hosts, machineGUID)
			return err
		})
	})
	if err != nil {
		return fmt.Errorf("remove the alert log of a host: %w", err)
	}
	return nil
}

// hosts returns the machine GUIDs of all hosts by row.
func (l *Log) hosts(ctx context.Context) (map[int64]string, error) {
	rows, err := l.readers.QueryContext(ctx, `SELECT id, guid FROM host`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	hosts := map[int64]string{}
	for rows.Next() {
		var id int64
		var guid string
		if err := rows.Scan(&id, &guid); err != nil {
			return nil, err
		}
		hosts[id] = guid
	}
	return hosts, rows.Err()
}

// trim deletes transitions of a host that happened before a unix time, and returns how many.
func (tx *transaction) trim(ctx context.Context, host, before int64) (int64, error) {
	// Alerts that were removed long ago are forgotten.
	if _, err := tx.tx.ExecContext(ctx, `DELETE FROM alert WHERE host_id = ?1 AND EXISTS (SELECT 1 FROM transition t
		WHERE t.global_id = alert.newest AND t.new_status = ?3 AND t.happened_at < ?2)`, host, before, int64(alert.Removed)); err != nil {
		return 0, err
	}
	result, err := tx.tx.ExecContext(ctx, `DELETE FROM transition WHERE global_id IN (SELECT t.global_id FROM transition t
		LEFT JOIN alert a ON a.id = t.alert_id WHERE t.host_id = ?1 AND t.happened_at < ?2
		AND (a.id IS NULL OR t.global_id <> a.newest AND t.global_id <> coalesce(a.executed, 0)) LIMIT ?3)`, host, before, trimAtOnce)
	if err != nil {
		return 0, err
	}
	return affected(result)
}

// trimWordings deletes the texts that no transition has.
func (tx *transaction) trimWordings(ctx context.Context) error {
	clear(tx.wordings)
	_, err := tx.tx.ExecContext(ctx, `DELETE FROM wording WHERE NOT EXISTS (SELECT 1 FROM transition t WHERE t.wording_id = wording.id)`)
	return err
}

func affected(result sql.Result) (int64, error) {
	n, err := result.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("count the deleted: %w", err)
	}
	return n, nil
}
