// Package alert has what the parts of the alarm engine tell each other: the statuses of an alert and the transitions between
// them.
package alert
