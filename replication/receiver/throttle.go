package receiver

import (
	"sync"
	"time"
)

// throttle lets one event per key and interval pass and counts those it held back. It remembers a bounded number of keys.
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
	throttleKeys     = 1024
)

// pass says whether an event at now may pass, and how many of its key were held back since the last that did.
func (t *throttle) pass(key string, now time.Time) (held int, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	last, known := t.passed[key]
	if known && now.Sub(last.at) < throttleInterval {
		last.held++
		t.passed[key] = last
		return 0, false
	}
	if t.passed == nil || !known && len(t.passed) >= throttleKeys {
		t.passed = map[string]passed{}
	}
	t.passed[key] = passed{at: now}
	return last.held, true
}
