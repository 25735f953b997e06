package alert

import (
	"fmt"
	"strings"
)

// Status is the state of an alert. Statuses are ordered: a higher one is worse. The numbers are those of $status in
// expressions and of the agents' logs (netdata v2.11.0 src/health/health.h).
type Status int8

// The statuses.
const (
	Removed       Status = -2 // the alert exists no more
	Undefined     Status = -1 // its expressions cannot be evaluated
	Uninitialized Status = 0  // it was not evaluated yet
	Clear         Status = 1
	Raised        Status = 2 // Warning or Critical; only in filters
	Warning       Status = 3
	Critical      Status = 4
)

var statusNames = map[Status]string{
	Removed: "REMOVED", Undefined: "UNDEFINED", Uninitialized: "UNINITIALIZED", Clear: "CLEAR", Raised: "RAISED",
	Warning: "WARNING", Critical: "CRITICAL",
}

// String returns the name in upper case, as the APIs print it.
func (s Status) String() string {
	if name, ok := statusNames[s]; ok {
		return name
	}
	return fmt.Sprintf("Status(%d)", int8(s))
}

// Raised says whether people should look: the status is Warning or Critical.
func (s Status) Raised() bool { return s >= Warning }

// ParseStatus reads a name in any case.
func ParseStatus(name string) (Status, error) {
	for s, n := range statusNames {
		if strings.EqualFold(n, name) {
			return s, nil
		}
	}
	return Undefined, fmt.Errorf("unknown status %q", name)
}
