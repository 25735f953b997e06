package history

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"foster/health/alert"
)

// wordingHash tells wordings apart.
type wordingHash [16]byte

// texts returns the texts that transitions of many hosts have in common, in the order of the columns.
func texts(t *alert.Transition) []string {
	return []string{
		t.Name, t.Chart, t.ChartName, t.Context, t.Family, t.Class, t.Component, t.Type, t.Recipient, t.Exec, t.Source, t.Units,
		t.Info, t.Summary, t.Expression,
	}
}

func hashOf(t *alert.Transition) wordingHash {
	b := append(make([]byte, 0, 1024), t.ConfigHash[:]...)
	for _, s := range texts(t) {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	sum := sha256.Sum256(b)
	return wordingHash(sum[:16])
}

// insert writes a transition and notes it as the newest of its alert. One whose ids are there already is left out.
func (tx *transaction) insert(ctx context.Context, t *alert.Transition) error {
	host, err := tx.hostOf(ctx, t)
	if err != nil {
		return err
	}
	wording, err := tx.wordingOf(ctx, t)
	if err != nil {
		return err
	}
	var id int64
	if err := tx.in(ctx, tx.alert).QueryRowContext(ctx, host.id, t.AlarmID, t.GlobalID).Scan(&id); err != nil {
		return fmt.Errorf("write an alert: %w", err)
	}
	if _, err := tx.in(ctx, tx.transition).ExecContext(ctx, t.GlobalID, host.id, id, wording, t.UUID[:], t.UniqueID, t.EventID, t.UpdatedBy,
		t.Updates, t.When.Unix(), int64(t.Old), int64(t.New), number(t.OldValue), number(t.NewValue), t.OldText, t.NewText,
		seconds(t.Duration), seconds(t.RaisedDuration), seconds(t.Delay), unixTime(t.DelayUpTo), unixTime(t.ExecRunAt), t.ExecCode,
		unixTime(t.LastRepeat), int64(t.Flags), t.ExpressionVariable, t.WarningCount, t.CriticalCount,
		strings.Join(t.WarningAlerts, "\n"), strings.Join(t.CriticalAlerts, "\n")); err != nil {
		return fmt.Errorf("write a transition: %w", err)
	}
	if t.Flags&alert.ExecRun != 0 {
		return tx.markExecuted(ctx, t.GlobalID)
	}
	return nil
}

// change writes what became of a transition. There may be none: it was dropped, trimmed or removed.
func (tx *transaction) change(ctx context.Context, c *Change) error {
	var updatedBy, code any
	if c.UpdatedBy != 0 {
		updatedBy = c.UpdatedBy
	}
	if !c.ExecRunAt.IsZero() {
		code = c.ExecCode
	}
	if _, err := tx.in(ctx, tx.writer.change).ExecContext(ctx, c.GlobalID, int64(c.Flags), int64(c.Unset), updatedBy, unixTime(c.ExecRunAt), code); err != nil {
		return fmt.Errorf("change a transition: %w", err)
	}
	if c.Untold {
		if _, err := tx.in(ctx, tx.untold).ExecContext(ctx, c.GlobalID); err != nil {
			return fmt.Errorf("forget the last notification of an alert: %w", err)
		}
	}
	if c.Flags&alert.ExecRun != 0 {
		return tx.markExecuted(ctx, c.GlobalID)
	}
	return nil
}

func (tx *transaction) markExecuted(ctx context.Context, globalID int64) error {
	if _, err := tx.in(ctx, tx.executed).ExecContext(ctx, globalID); err != nil {
		return fmt.Errorf("note the last notification of an alert: %w", err)
	}
	return nil
}

// hostOf returns the row of the transition's host, and notes the ids given.
func (tx *transaction) hostOf(ctx context.Context, t *alert.Transition) (*hostRow, error) {
	h := tx.hosts[t.MachineGUID]
	if h == nil || h.hostname != t.Hostname {
		h = &hostRow{hostname: t.Hostname}
		if err := tx.in(ctx, tx.host).QueryRowContext(ctx, t.MachineGUID, t.Hostname).Scan(&h.id, &h.uniqueID, &h.alarmID); err != nil {
			return nil, fmt.Errorf("write a host: %w", err)
		}
		if old := tx.hosts[t.MachineGUID]; old != nil {
			h.uniqueID, h.alarmID, h.changed = max(h.uniqueID, old.uniqueID), max(h.alarmID, old.alarmID), old.changed
		}
		tx.hosts[t.MachineGUID] = h
	}
	if t.UniqueID > h.uniqueID || t.AlarmID > h.alarmID {
		h.uniqueID, h.alarmID, h.changed = max(h.uniqueID, t.UniqueID), max(h.alarmID, t.AlarmID), true
	}
	return h, nil
}

// writeIDs writes the highest ids of the hosts of this transaction.
func (tx *transaction) writeIDs(ctx context.Context) error {
	for _, h := range tx.hosts {
		if !h.changed {
			continue
		}
		if _, err := tx.in(ctx, tx.hostIDs).ExecContext(ctx, h.uniqueID, h.alarmID, h.id); err != nil {
			return fmt.Errorf("write the ids of a host: %w", err)
		}
		h.changed = false
	}
	return nil
}

// wordingOf returns the row of the transition's texts.
func (tx *transaction) wordingOf(ctx context.Context, t *alert.Transition) (int64, error) {
	hash := hashOf(t)
	if id, known := tx.wordings[hash]; known {
		return id, nil
	}
	var id int64
	err := tx.in(ctx, tx.findWording).QueryRowContext(ctx, hash[:]).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		args := []any{hash[:], t.ConfigHash[:]}
		for _, s := range texts(t) {
			args = append(args, s)
		}
		err = tx.in(ctx, tx.wording).QueryRowContext(ctx, args...).Scan(&id)
	}
	if err != nil {
		return 0, fmt.Errorf("write the texts of a transition: %w", err)
	}
	if len(tx.wordings) >= maxWordings {
		clear(tx.wordings)
	}
	tx.wordings[hash] = id
	return id, nil
}

// The following make column values; nil is NULL.

func number(v float64) any {
	if math.IsNaN(v) {
		return nil
	}
	return v
}

func unixTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Unix()
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }
