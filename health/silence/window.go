package silence

import (
	"time"

	"foster/internal/pattern"
)

// Window is a maintenance window: the alerts of its hosts are evaluated and logged, and not notified.
type Window struct {
	ID      string    `json:"id"`
	Hosts   string    `json:"hosts"` // simple pattern over hostnames and machine GUIDs
	Start   time.Time `json:"start"`
	End     time.Time `json:"end"` // of the first time when it is weekly
	Weekly  bool      `json:"weekly"`
	Zone    string    `json:"zone,omitempty"` // whose clock tells when a week is over, IANA name; empty: the parent's
	Until   time.Time `json:"until,omitzero"` // weekly: none begins at or after; zero: it goes on
	Created time.Time `json:"created"`
	Comment string    `json:"comment"`
	Author  string    `json:"author"`
}

const week = 7 * 24 * time.Hour

// validate checks what a user gave.
func (w *Window) validate(now time.Time) error {
	if err := checkPattern("hosts", w.Hosts); err != nil {
		return err
	}
	switch {
	case w.Hosts == "":
		return &InvalidError{"hosts", "it is missing"}
	case w.Start.IsZero():
		return &InvalidError{"start", "it is missing"}
	case w.Start.Before(now.Add(-maxAhead)) || w.Start.After(now.Add(maxAhead)):
		return &InvalidError{"start", "more than a year away"}
	case !w.End.After(w.Start):
		return &InvalidError{"end", "not after the start"}
	case w.End.After(w.Start.Add(maxAhead)):
		return &InvalidError{"end", "more than a year after the start"}
	case !w.Weekly && !w.End.After(now):
		return &InvalidError{"end", "not in the future"}
	case w.Weekly && w.End.Sub(w.Start) > week:
		return &InvalidError{"end", "a weekly window is longer than a week"}
	case !w.Weekly && !w.Until.IsZero():
		return &InvalidError{"until", "the window is not weekly"}
	case !w.Until.IsZero() && !w.Until.After(w.Start):
		return &InvalidError{"until", "not after the start"}
	}
	if _, err := w.location(); err != nil {
		return &InvalidError{"zone", "not a known time zone"}
	}
	if err := checkText("comment", w.Comment); err != nil {
		return err
	}
	return checkText("author", w.Author)
}

func (w *Window) location() (*time.Location, error) {
	if w.Zone == "" {
		return time.Local, nil
	}
	return time.LoadLocation(w.Zone)
}

// nth returns when the window begins for the nth time, by the clock of its zone: a window at two at night stays there when
// summer begins.
func (w *Window) nth(n int, zone *time.Location) time.Time {
	return w.Start.In(zone).AddDate(0, 0, 7*n)
}

// at returns the occurrence of the window that now is in, or else the next one. It is false when there is none any more.
func (w *Window) at(now time.Time, zone *time.Location) (start, end time.Time, ok bool) {
	length := w.End.Sub(w.Start)
	if !w.Weekly {
		return w.Start, w.End, now.Before(w.End)
	}
	// One earlier than the division says: a week may be an hour longer or shorter.
	n := max(0, int(now.Sub(w.Start)/week)-1)
	for ; ; n++ {
		start = w.nth(n, zone)
		if !w.Until.IsZero() && !start.Before(w.Until) {
			return time.Time{}, time.Time{}, false
		}
		if end = start.Add(length); now.Before(end) {
			return start, end, true
		}
	}
}

// At returns the occurrence of the window that now is in, or else the next one. It is false when there is none any more.
func (w *Window) At(now time.Time) (start, end time.Time, ok bool) {
	zone, err := w.location()
	if err != nil {
		return time.Time{}, time.Time{}, false // it was known when the window was made
	}
	return w.at(now, zone)
}

// Concerns says whether the window is one of that host.
func (w *Window) Concerns(hostname, machineGUID string) bool {
	return pattern.Parse(w.Hosts, pattern.Blanks).MatchAny(hostname, machineGUID)
}
