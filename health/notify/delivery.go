package notify

import (
	"strings"
	"time"

	"foster/health/alert"
)

// Outcome is what became of a transition for one recipient.
type Outcome string

// The outcomes.
const (
	Sent       Outcome = "sent"
	Retried    Outcome = "retry"      // an attempt failed, there will be another
	Held       Outcome = "held"       // the rate limit was reached: it will be in a summary
	Failed     Outcome = "failed"     // it will not be tried again
	Dropped    Outcome = "dropped"    // too much waited for the service
	Superseded Outcome = "superseded" // a newer change took its place before it was delivered
	Suppressed Outcome = "suppressed" // nobody was to be told
)

// Delivery is an entry of the delivery log.
type Delivery struct {
	ID       uint64       `json:"id"` // growing
	At       time.Time    `json:"at"`
	Outcome  Outcome      `json:"outcome"`
	Reason   string       `json:"reason,omitempty"`
	Service  string       `json:"service,omitempty"` // "": none
	Address  string       `json:"address,omitempty"` // as it may be shown
	Role     string       `json:"role,omitempty"`
	Attempt  int          `json:"attempt,omitempty"`  // 1 is the first
	Together int          `json:"together,omitempty"` // alerts in the message
	GlobalID int64        `json:"gi"`
	Hostname string       `json:"host"`
	GUID     string       `json:"guid"`
	Alert    string       `json:"alert"`
	Chart    string       `json:"chart"`
	Status   alert.Status `json:"status"`
}

// Filter selects deliveries. The zero value selects the newest 100.
type Filter struct {
	Before   uint64 // only with smaller IDs, 0: all
	Host     string // name or machine GUID, "": all
	Alert    string
	Service  string
	Outcome  Outcome
	GlobalID int64
	Limit    int // at most, 0: 100
}

func (f *Filter) matches(d *Delivery) bool {
	return (f.Before == 0 || d.ID < f.Before) &&
		(f.Host == "" || strings.EqualFold(f.Host, d.Hostname) || strings.EqualFold(f.Host, d.GUID)) &&
		(f.Alert == "" || f.Alert == d.Alert) &&
		(f.Service == "" || f.Service == d.Service) &&
		(f.Outcome == "" || f.Outcome == d.Outcome) &&
		(f.GlobalID == 0 || f.GlobalID == d.GlobalID)
}

// maxDeliveries bounds the delivery log; the oldest entries go first.
const maxDeliveries = 10000

// deliveries is the delivery log.
type deliveries struct {
	list []Delivery // the oldest first
	next uint64     // ID of the next
}

func (l *deliveries) add(d Delivery) {
	if d.ID == 0 {
		d.ID = l.next
	}
	l.next = max(l.next, d.ID) + 1
	if len(l.list) >= maxDeliveries+maxDeliveries/10 {
		l.list = append(l.list[:0], l.list[len(l.list)-maxDeliveries:]...)
	}
	l.list = append(l.list, d)
}

// newest returns the log in its bounds.
func (l *deliveries) newest() []Delivery { return l.list[max(0, len(l.list)-maxDeliveries):] }

// find returns what the filter selects, the newest first.
func (l *deliveries) find(f Filter) []Delivery {
	limit := f.Limit
	if limit <= 0 {
		limit = 100
	}
	var found []Delivery
	list := l.newest()
	for i := len(list) - 1; i >= 0 && len(found) < limit; i-- {
		if f.matches(&list[i]) {
			found = append(found, list[i])
		}
	}
	return found
}
