package throttle

import (
	"strconv"
	"testing"
	"time"
)

func TestThrottle(t *testing.T) {
	var th Throttle
	now := time.Unix(1000, 0)
	for i, c := range []struct {
		kind  string
		after time.Duration
		held  int
		ok    bool
	}{
		{"a", 0, 0, true}, {"a", 0, 0, false}, {"b", 0, 0, true}, {"a", Interval - 1, 0, false}, {"a", 1, 2, true}, {"a", Interval, 0, true},
	} {
		now = now.Add(c.after)
		if held, ok := th.Pass(c.kind, now); held != c.held || ok != c.ok {
			t.Errorf("%d: %d, %v", i, held, ok)
		}
	}
	for i := range 10 * maxKinds {
		th.Pass(strconv.Itoa(i), now)
	}
	if len(th.passed) > maxKinds {
		t.Errorf("remembers %d kinds", len(th.passed))
	}
}
