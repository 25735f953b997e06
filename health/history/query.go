package history

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/google/uuid"

	"foster/health/alert"
)

// Filter selects transitions. What is zero does not restrict.
type Filter struct {
	MachineGUIDs  []string  // of these hosts; nil: of all, empty: of none
	Chart         string    // id or name
	Alert         string    // name
	Context       string    //
	Transition    uuid.UUID // this one
	AfterUnique   int64     // those with a greater UniqueID; for one host only
	AfterGlobal   int64     // those with a greater GlobalID
	BeforeGlobal  int64     // those with a smaller GlobalID
	After, Before time.Time // those that happened then, both ends included
	Raised        bool      // those from or to Warning or Critical
	Limit         int       // at most so many
}

// columns are what scan reads.
const columns = `t.global_id, h.guid, h.hostname, a.alarm_id, t.uuid, t.unique_id, t.event_id, t.updated_by, t.updates, t.happened_at,
	t.old_status, t.new_status, t.old_value, t.new_value, t.old_text, t.new_text, t.duration, t.raised_duration, t.delay, t.delay_up_to,
	t.exec_run_at, t.exec_code, t.last_repeat, t.flags, t.variables, t.warning_count, t.critical_count, t.warning_alerts, t.critical_alerts,
	w.config_hash, w.name, w.chart, w.chart_name, w.context, w.family, w.class, w.component, w.type, w.recipient, w.exec, w.source, w.units,
	w.info, w.summary, w.expression`

// Query returns the transitions that a filter selects, the newest first.
func (l *Log) Query(ctx context.Context, f Filter) ([]alert.Transition, error) {
	var list []alert.Transition
	err := l.Each(ctx, f, func(t *alert.Transition) bool {
		list = append(list, *t)
		return true
	})
	return list, err
}

// Each calls do for the transitions that a filter selects, the newest first, until it returns false. The transition is valid
// until do returns; its texts may be kept.
func (l *Log) Each(ctx context.Context, f Filter, do func(*alert.Transition) bool) error {
	if f.MachineGUIDs != nil && len(f.MachineGUIDs) == 0 {
		return nil
	}
	if err := l.settle(ctx); err != nil {
		return fmt.Errorf("query the alert log: %w", err)
	}
	text, args := f.sql()
	rows, err := l.readers.QueryContext(ctx, text, args...)
	if err != nil {
		return fmt.Errorf("query the alert log: %w", err)
	}
	defer rows.Close()
	var s scanner
	for rows.Next() {
		if err := s.scan(rows); err != nil {
			return fmt.Errorf("query the alert log: %w", err)
		}
		if !do(&s.t) {
			return nil
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("query the alert log: %w", err)
	}
	return nil
}

// maxHosts is how many hosts are named in a query; of more, the rows of all are read and those of others left out.
const maxHosts = 500

// sql returns the query with its arguments.
func (f *Filter) sql() (string, []any) {
	var where []string
	var args []any
	and := func(condition string, values ...any) {
		where = append(where, condition)
		args = append(args, values...)
	}
	switch {
	case f.MachineGUIDs == nil:
	case len(f.MachineGUIDs) == 1:
		and("t.host_id = (SELECT id FROM host WHERE guid = ?)", f.MachineGUIDs[0]) // in the order of its index
	default:
		guids := strings.Repeat(", ?", len(f.MachineGUIDs))[2:]
		values := make([]any, len(f.MachineGUIDs))
		for i, guid := range f.MachineGUIDs {
			values[i] = guid
		}
		column := "t.host_id"
		if len(f.MachineGUIDs) > maxHosts {
			column = "+t.host_id" // not by their index
		}
		and(column+" IN (SELECT id FROM host WHERE guid IN ("+guids+"))", values...)
	}
	if f.Chart != "" {
		and("(w.chart = ? OR w.chart_name = ?)", f.Chart, f.Chart)
	}
	if f.Alert != "" {
		and("w.name = ?", f.Alert)
	}
	if f.Context != "" {
		and("w.context = ?", f.Context)
	}
	if f.Transition != uuid.Nil {
		and("t.uuid = ?", f.Transition[:])
	}
	if f.AfterUnique != 0 {
		and("t.unique_id > ?", f.AfterUnique)
	}
	if f.AfterGlobal != 0 {
		and("t.global_id > ?", f.AfterGlobal)
	}
	if f.BeforeGlobal != 0 {
		and("t.global_id < ?", f.BeforeGlobal)
	}
	if !f.After.IsZero() {
		and("t.happened_at >= ?", f.After.Unix())
	}
	if !f.Before.IsZero() {
		and("t.happened_at <= ?", f.Before.Unix())
	}
	if f.Raised {
		and("(t.old_status >= 3 OR t.new_status >= 3)")
	}
	// The order of the joins is part of the plan: the texts are looked up for each transition, not the other way around.
	text := "SELECT " + columns + " FROM transition t CROSS JOIN alert a ON a.id = t.alert_id CROSS JOIN host h ON h.id = t.host_id" +
		" CROSS JOIN wording w ON w.id = t.wording_id"
	if len(where) > 0 {
		text += " WHERE " + strings.Join(where, " AND ")
	}
	if len(f.MachineGUIDs) == 1 {
		text += " ORDER BY t.unique_id DESC"
	} else {
		text += " ORDER BY t.global_id DESC"
	}
	if f.Limit > 0 {
		text += " LIMIT ?"
		args = append(args, f.Limit)
	}
	return text, args
}

// scanner reads rows of columns into t.
type scanner struct{ t alert.Transition }

func (s *scanner) scan(rows *sql.Rows, more ...any) error {
	s.t = alert.Transition{}
	t := &s.t
	var (
		id, hash                         []byte
		happened, flags                  int64
		oldValue, newValue               sql.NullFloat64
		duration, raised, delay          int64
		delayUpTo, execRunAt, lastRepeat sql.NullInt64
		warnings, criticals              string
	)
	if err := rows.Scan(append([]any{&t.GlobalID, &t.MachineGUID, &t.Hostname, &t.AlarmID, &id, &t.UniqueID, &t.EventID, &t.UpdatedBy,
		&t.Updates, &happened, &t.Old, &t.New, &oldValue, &newValue, &t.OldText, &t.NewText, &duration, &raised, &delay, &delayUpTo,
		&execRunAt, &t.ExecCode, &lastRepeat, &flags, &t.ExpressionVariable, &t.WarningCount, &t.CriticalCount, &warnings, &criticals,
		&hash, &t.Name, &t.Chart, &t.ChartName, &t.Context, &t.Family, &t.Class, &t.Component, &t.Type, &t.Recipient, &t.Exec, &t.Source,
		&t.Units, &t.Info, &t.Summary, &t.Expression}, more...)...); err != nil {
		return err
	}
	var err error
	if t.UUID, err = uuid.FromBytes(id); err != nil {
		return fmt.Errorf("transition %d: %w", t.GlobalID, err)
	}
	if t.ConfigHash, err = uuid.FromBytes(hash); err != nil {
		return fmt.Errorf("transition %d: %w", t.GlobalID, err)
	}
	t.When = time.Unix(happened, 0)
	t.OldValue, t.NewValue = float(oldValue), float(newValue)
	t.Duration, t.RaisedDuration, t.Delay = time.Duration(duration)*time.Second, time.Duration(raised)*time.Second, time.Duration(delay)*time.Second
	t.DelayUpTo, t.ExecRunAt, t.LastRepeat = instant(delayUpTo), instant(execRunAt), instant(lastRepeat)
	t.Flags = alert.Flags(flags)
	t.WarningAlerts, t.CriticalAlerts = lines(warnings), lines(criticals)
	return nil
}

func float(v sql.NullFloat64) float64 {
	if !v.Valid {
		return math.NaN()
	}
	return v.Float64
}

func instant(v sql.NullInt64) time.Time {
	if !v.Valid {
		return time.Time{}
	}
	return time.Unix(v.Int64, 0)
}

func lines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}
