package health

import (
	"time"

	"github.com/google/uuid"

	"foster/health/alert"
	"foster/health/conf"
)

// Snapshot is one alert as it was at one moment. It is a value; what it points to must not be changed.
type Snapshot struct {
	MachineGUID string
	Hostname    string
	AlarmID     int64 // of (host, chart, name), kept over restarts
	EventID     int64 // of the newest transition: 1, 2, 3… within the alert

	Definition *conf.Definition
	ConfigHash uuid.UUID // of the definition, see HashOf
	Name       string    // that of the definition, and the dimension when there is one alert for each

	Chart, ChartName    string // id and name
	Context, Family     string
	Plugin, Module      string
	Units               string // of the definition, or else of the chart
	Info, Summary       string // with what they refer to filled in
	Recipient, Exec     string // with the defaults
	Lookup              string // dimensions of the lookup, as the definition has them, or the one of foreach
	Every               time.Duration
	RepeatWarning       time.Duration // 0: not repeated
	RepeatCritical      time.Duration
	DBAfter, DBBefore   int64 // unix seconds of the first and the last point of the last lookup, 0: none
	Status              alert.Status
	OldStatus           alert.Status
	Value, OldValue     float64 // NaN: none
	ValueText           string  // with units, as people read it
	LastStatusChange    time.Time
	LastUpdated         time.Time // zero: never evaluated
	NextUpdate          time.Time
	Delay               time.Duration // of the last change
	DelayUpTo           time.Time
	LastRepeat          time.Time // zero: not repeated
	TimesRepeat         int64
	Disabled, Silenced  bool // see health/silence
	LastTransition      uuid.UUID
	LastGlobalID        int64
	LastTransitionValue float64 // NaN: none
	LastTransitionAt    time.Time
	LastNotified        alert.Status
	EverNotified        bool
	Green, Red          float64 // NaN: not set
}

// Variable is the value of a name that expressions of an alert of a chart can use.
type Variable struct {
	Name  string
	Value float64 // NaN: none
}

// AlertValue is the value of another alert of the host.
type AlertValue struct {
	Name, Chart, Context string
	Value                float64
	Score                int // labels that its chart has in common with the one asked for
}

// Variables are all names that expressions of an alert of a chart can use; section 12.4 of the reference has both lists.
type Variables struct {
	Chart, ChartName, Context, Family, Host string

	Builtin       []Variable // now and the statuses
	Stored        []Variable // newest stored values of the dimensions, by id, and by name when that differs
	Collected     []Variable // the same as they were collected: …_raw
	CollectedTime []Variable // when: …_last_collected_t
	ChartCustom   []Variable // what the collector has set, last_collected_t, update_every
	HostCustom    []Variable
	FamilyValues  []Variable // dimensions and variables of the other charts of the family
	Alerts        []AlertValue
}

// Counts are how many alerts of a host have a status.
type Counts struct {
	Uninitialized, Undefined, Clear, Warning, Critical int
}

// Total returns how many alerts there are.
func (c Counts) Total() int {
	return c.Uninitialized + c.Undefined + c.Clear + c.Warning + c.Critical
}
