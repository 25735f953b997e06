package alert

import (
	"time"

	"github.com/google/uuid"
)

// Flags tell what became of a transition. The values are those of the agents' logs (netdata v2.11.0 src/health/health.h).
type Flags uint32

// The flags.
const (
	Processed           Flags = 0x1        // the decision whether to notify was made
	Updated             Flags = 0x2        // a later transition of the alert took its place before it was notified
	ExecRun             Flags = 0x4        // it was handed to the notification hub
	ExecFailed          Flags = 0x8        // no service could be told
	Silenced            Flags = 0x10       // a silence matched when it happened
	RunOnce             Flags = 0x20       //
	ExecInProgress      Flags = 0x40       //
	Recurring           Flags = 0x80       // it repeats a notification, the status did not change
	NoClearNotification Flags = 0x80000000 // the definition says so
)

// Transition is a change of the status of an alert, or the repetition of a notification. It holds the texts as they were
// then. Times are those of the parent's clock; When has whole seconds.
type Transition struct {
	GlobalID   int64 // unix microseconds, unique on this parent and growing: the cursor of API v2
	UUID       uuid.UUID
	UniqueID   int64 // unique within the host and growing: the cursor of API v1
	AlarmID    int64 // of the alert (host, chart, name), kept over restarts
	EventID    int64 // 1, 2, 3… within the alert
	UpdatedBy  int64 // UniqueID of the next transition of the alert, 0: none
	Updates    int64 // UniqueID of the one before, 0: none
	ConfigHash uuid.UUID

	MachineGUID, Hostname          string
	Name                           string
	Chart, ChartName               string // id and name
	Context, Family                string
	Class, Component, Type         string // "" when not told
	Recipient, Exec                string
	Source                         string // line@file
	Units, Info, Summary           string // with what they refer to filled in
	Expression, ExpressionVariable string // that decided, and the values of its variables

	When               time.Time
	Old, New           Status
	OldValue, NewValue float64       // NaN: none
	OldText, NewText   string        // the values with their units, as people read them
	Duration           time.Duration // for which the old status lasted
	RaisedDuration     time.Duration // since the alert was clear
	Delay              time.Duration // of the notification
	DelayUpTo          time.Time
	ExecRunAt          time.Time // zero: not handed to the hub
	ExecCode           int
	LastRepeat         time.Time
	Flags              Flags
	WarningCount       int      // alerts of the host in this status at When
	CriticalCount      int      //
	WarningAlerts      []string // name=unix time of the change, the newest 15
	CriticalAlerts     []string
}
