package server

import (
	"sync"
	"time"
)

// throttle lets one log line of a kind pass in an interval: what peers do must not fill the log. It remembers a bounded
// number of kinds.
type throttle struct {
	mu     sync.Mutex // guards passed
	passed map[string]passed
}

type passed struct {
	at   time.Time
	held int
}

const (
	throttleInterval = 10 * time.Second
	throttleKinds    = 1024
)

// pass says whether a line of that kind may be written now, and how many were held back since the last one.
func (t *throttle) pass(kind string, now time.Time) (held int, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	last, known := t.passed[kind]
	if known && now.Sub(last.at) < throttleInterval {
		last.held++
		t.passed[kind] = last
		return 0, false
	}
	if t.passed == nil || !known && len(t.passed) >= throttleKinds {
		t.passed = map[string]passed{}
	}
	t.passed[kind] = passed{at: now}
	return last.held, true
}
