// Package throttle keeps what peers do from filling the log.
package throttle

import (
	"sync"
	"time"
)

// Throttle lets one log line of a kind pass in an interval. It remembers a bounded number of kinds, and may be used from
// any goroutine. The zero value is ready.
type Throttle struct {
	mu     sync.Mutex // guards passed
	passed map[string]passed
}

type passed struct {
	at   time.Time
	held int
}

// Interval is the time in which one line of a kind passes.
const Interval = 10 * time.Second

const maxKinds = 1024

// Pass says whether a line of that kind may be written now, and how many were held back since the last one.
func (t *Throttle) Pass(kind string, now time.Time) (held int, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	last, known := t.passed[kind]
	if known && now.Sub(last.at) < Interval {
		last.held++
		t.passed[kind] = last
		return 0, false
	}
	if t.passed == nil || !known && len(t.passed) >= maxKinds {
		t.passed = map[string]passed{}
	}
	t.passed[kind] = passed{at: now}
	return last.held, true
}
