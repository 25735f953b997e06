package api

import (
	"github.com/google/uuid"

	"foster/health"
	"foster/health/conf"
)

// alertSource decides alerts: the engine, or what a test makes up. Hosts are named by their machine GUID, the parent itself
// included.
type alertSource interface {
	// Enabled says whether the alerts of a host are evaluated now.
	Enabled(machineGUID string) bool
	// Alerts returns the alerts of a host that are linked to a chart, in the order in which that happened.
	Alerts(machineGUID string) []health.Snapshot
	// Counts returns how many alerts of a host have each status.
	Counts(machineGUID string) health.Counts
	// LatestUniqueID returns the newest id in the log of a host, 0 when there is none.
	LatestUniqueID(machineGUID string) int64
	// Variables returns what expressions of alerts of a chart, by id or name, can use. It is false when there is no such chart.
	Variables(machineGUID, chart string) (health.Variables, bool)
	// Definitions returns the definitions in force.
	Definitions() []*conf.Definition
	// Definition returns the one with that hash, see health.HashOf.
	Definition(hash uuid.UUID) (*conf.Definition, bool)
	// Sequence grows whenever the status of an alert changes, or an alert comes or goes.
	Sequence() uint64
}

// noAlerts is the source of a parent whose health monitoring is disabled.
type noAlerts struct{}

func (noAlerts) Enabled(string) bool                               { return false }
func (noAlerts) Alerts(string) []health.Snapshot                   { return nil }
func (noAlerts) Counts(string) health.Counts                       { return health.Counts{} }
func (noAlerts) LatestUniqueID(string) int64                       { return 0 }
func (noAlerts) Variables(string, string) (health.Variables, bool) { return health.Variables{}, false }
func (noAlerts) Definitions() []*conf.Definition                   { return nil }
func (noAlerts) Definition(uuid.UUID) (*conf.Definition, bool)     { return nil, false }
func (noAlerts) Sequence() uint64                                  { return 0 }
