package health

import (
	"foster/health/conf"
)

// hold is the state of the delays of an alert: what a change of its status makes notifications wait, in seconds, and until
// when the last one does (netdata v2.11.0 src/health/health_event_loop.c).
type hold struct {
	up, down int64
	until    int64 // unix seconds, 0: there was no change yet
}

// change notes a change of the status at now, and returns how long its notification waits.
func (h *hold) change(now int64, worse bool, d *conf.Delay) int64 {
	if now > h.until {
		h.up, h.down = seconds(d.Up), seconds(d.Down)
	} else { // it flaps
		h.up, h.down = longer(h.up, d), longer(h.down, d)
	}
	delay := h.down
	if worse {
		delay = h.up
	}
	h.until = now + delay
	return delay
}

// longest bounds delays that have no bound of their own: 100 years, in seconds.
const longest = 100 * 365 * 86400

func longer(delay int64, d *conf.Delay) int64 {
	next := int64(min(float64(delay)*d.Multiplier, longest))
	if d.Max > 0 {
		next = min(next, seconds(d.Max))
	}
	return next
}

// restoreHold returns the state after a change that made notifications wait so long, until then. Of the two delays the log
// has the one that counted; the other has grown as often.
func restoreHold(delay, until int64, worse bool, d *conf.Delay) hold {
	h := hold{up: seconds(d.Up), down: seconds(d.Down), until: until}
	const most = 64 // times; by then it does not change any more
	for range most {
		current := h.down
		if worse {
			current = h.up
		}
		if current == delay {
			return h
		}
		h.up, h.down = longer(h.up, d), longer(h.down, d)
	}
	// The definition has changed, or the delay did not grow at all.
	return hold{up: seconds(d.Up), down: seconds(d.Down), until: until}
}
