package receiver

import "testing"

// TestMissing holds the requests that netdata 2.11.0 was seen to send for what a child offers. Times are relative to a
// common now.
func TestMissing(t *testing.T) {
	const now, period, step = 1_700_000_000, 86400, 600
	nothing := window{start: true}
	for _, test := range []struct {
		name         string
		offer        offer
		mine, before int64
		step         int64
		want         window
	}{
		{"no history", offer{0, 0, now}, 0, 0, step, nothing},
		{"fresh", offer{now - 100, now - 1, now}, 0, 0, step, window{true, now - 100, now - 1}},
		{"last in the future", offer{now - 100, now + 50, now}, 0, 0, step, window{true, now - 100, now}},
		{"reversed", offer{now - 1, now - 100, now}, 0, 0, step, nothing},
		{"no first", offer{0, now - 1, now}, 0, 0, step, nothing},
		{"clock ahead", offer{now + 900, now + 999, now + 1000}, 0, 0, step, nothing},
		{"clock behind", offer{now - 1100, now - 1001, now - 1000}, 0, 0, step, window{true, now - 1100, now - 1001}},
		{"long ago", offer{now - 5000, now - 4000, now}, 0, 0, step, window{false, now - 5000, now - 4400}},
		{"in steps", offer{now - 20000, now - 1, now}, 0, 0, step, window{false, now - 20000, now - 19400}},
		{"next step", offer{now - 20000, now - 1, now}, now - 19400, now - 19400, step, window{false, now - 19400, now - 18800}},
		{"last step", offer{now - 20000, now - 1, now}, now - 500, now - 500, step, window{true, now - 500, now - 1}},
		{"after an outage", offer{now - 3600, now, now}, now - 125, 0, step, window{true, now - 125, now}},
		{"nothing missing yet", offer{now - 3600, now, now}, now, 0, step, window{true, now, now}},
		{"more than the child", offer{now - 3600, now - 5, now}, now, 0, step, nothing},
		{"beyond the period", offer{now - 200000, now, now}, now - 150000, 0, 3600, window{false, now - 86400, now - 82800}},
	} {
		if got := missing(test.offer, test.mine, test.before, now, period, test.step); got != test.want {
			t.Errorf("%s: asks %+v, want %+v", test.name, got, test.want)
		}
	}
}
