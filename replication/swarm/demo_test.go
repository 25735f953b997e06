package swarm

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"foster/replication/wire"
)

func TestDemoHosts(t *testing.T) {
	const now, hour = 1_800_000_000, 3600
	guids := map[string]bool{}
	for _, o := range DemoHosts() {
		guids[o.GUID] = true
		o.Addr, o.APIKey = "localhost:1", testKey
		c := newChild(t, o)
		dims, quiet := 0, 0
		for i, ch := range c.charts {
			if ch.Title == "" || ch.Units == "" || ch.Family == "" || ch.Priority == 0 || len(ch.Dimensions) == 0 {
				t.Errorf("%s: %s is not fully described", o.Hostname, ch.ID)
			}
			for k, d := range ch.Dimensions {
				dims++
				low, high := math.Inf(1), math.Inf(-1)
				for at := int64(now); at < now+hour; at += 7 {
					v := o.Values(i, k, at)
					low, high = min(low, v), max(high, v)
				}
				if math.IsNaN(low+high) || math.IsInf(low+high, 0) || low*float64(d.Multiplier) < 0 || high*float64(d.Multiplier) < 0 {
					t.Errorf("%s: %s %s goes from %g to %g", o.Hostname, ch.ID, d.ID, low, high)
				}
				if ch.Units == "percentage" && ch.Context != "apps.cpu" && high > 100 {
					t.Errorf("%s: %s %s reaches %g%%", o.Hostname, ch.ID, d.ID, high)
				}
				if high-low < 0.01*math.Abs(high) {
					quiet++
				}
				if ch.ID == "system.cpu" && d.ID == "user" && (high < 20 || low > 15) {
					t.Errorf("%s: user time only goes from %.1f%% to %.1f%%", o.Hostname, low, high)
				}
			}
		}
		if len(c.charts) < 40 || dims < 120 || quiet > dims/4 {
			t.Errorf("%s: %d charts, %d dimensions, %d of them hardly move", o.Hostname, len(c.charts), dims, quiet)
		}
		sum := 0.0
		for k := range c.charts[0].Dimensions {
			sum += c.Value(0, k, now)
		}
		if math.Abs(sum-100) > 1e-9 {
			t.Errorf("%s: %s adds up to %g%%", o.Hostname, c.charts[0].ID, sum)
		}
	}
	if len(guids) != 3 {
		t.Errorf("%d machine GUIDs", len(guids))
	}
}

func TestDemoStreams(t *testing.T) {
	for i, host := range DemoHosts() {
		for name, caps := range map[string]wire.Caps{"v1": CapsV1, "v2": CapsV2 | wire.LZ4} {
			t.Run(host.Hostname+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := newParent(t, all)
					o := DemoHosts()[i]
					o.Dial, o.APIKey, o.History, o.Caps = p.dial, testKey, 5*time.Minute, caps
					c := newChild(t, o)
					begin := time.Now().Unix()
					during(t, p, c, func() { time.Sleep(20 * time.Second) })
					p.check(c, begin-300, begin+20)
				})
			})
		}
	}
}

// The synthetic mix is what it says it is.
func TestMix(t *testing.T) {
	kinds := map[kind]int{}
	values := Mix(3)
	for chart := range 20 {
		for dim := range 20 {
			k := kindOf(chart, dim)
			kinds[k]++
			low, high := math.Inf(1), math.Inf(-1)
			for at := int64(1_800_000_000); at < 1_800_000_600; at++ {
				v := values(chart, dim, at)
				low, high = min(low, v), max(high, v)
			}
			if low < 0 || (low == high) != (k == constant) || k == percent && high > 100 {
				t.Errorf("chart %d dimension %d, kind %d: from %g to %g", chart, dim, k, low, high)
			}
		}
	}
	if kinds[constant] != 160 || kinds[gauge] != 80 || kinds[percent] != 100 || kinds[rate] != 60 {
		t.Errorf("of 400: %v", kinds)
	}
}
