package healthdiff

import (
	"context"
	"slices"
	"testing"
	"time"

	"foster/internal/agenttest"
)

// TestSameAlerts reads the definitions of Debian's netdata into foster and lets a real child stream to a real parent, which
// passes everything on to foster: both must have the same alerts on the same charts.
func TestSameAlerts(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	t.Parallel()
	agenttest.Require(t)
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()

	const child = "stockchild"
	key := agenttest.NewGUID()
	foster := startFoster(t, key, "")
	parent := startNetdata(t, key, "", foster)
	bases := []string{agenttest.HostURL(parent.URL(), child), agenttest.HostURL("http://"+foster, child)}
	// A child of v1 sends its host's variables only when its own health is on.
	agenttest.StartChild(t, agenttest.ChildOptions{
		ParentAddr: parent.Addr(), APIKey: key, Hostname: child,
		ExtraNetdata: map[string]map[string]string{
			"health":  {"enabled": "yes", "enable stock health configuration": "no"},
			"plugins": {"diskspace": "yes"},
			// Other tests mount file systems.
			"plugin:proc:diskspace": {"exclude space metrics on paths": "!/ *"},
		},
	})

	// Charts appear until the slowest were collected twice.
	begin := time.Now()
	var sets [][]string
	var last time.Time // of a change
	for time.Since(begin) < patience && (!same(sets, len(bases)) || time.Since(last) < 12*time.Second) {
		if err := agenttest.Sleep(ctx, time.Second); err != nil {
			t.Fatal(err)
		}
		var now [][]string
		for _, base := range bases {
			var a alarms
			if err := fetch(ctx, base+"/api/v1/alarms?all", &a); err != nil {
				continue
			}
			var set []string
			for id := range a.Alarms {
				set = append(set, id)
			}
			if slices.Sort(set); len(set) > 0 {
				now = append(now, set)
			}
		}
		if !slices.EqualFunc(now, sets, slices.Equal) {
			sets, last = now, time.Now()
		}
	}
	if len(sets) < len(bases) {
		t.Fatalf("only %d of %d parents have alerts", len(sets), len(bases))
	}
	t.Logf("%d alerts", len(sets[0]))
	if len(sets[0]) < 20 {
		t.Errorf("the real parent has only %q", sets[0])
	}
	for _, id := range sets[0] {
		if !slices.Contains(sets[1], id) && differences[id] == "" {
			t.Errorf("foster lacks %s", id)
		}
	}
	for _, id := range sets[1] {
		if !slices.Contains(sets[0], id) && differences[id] == "" {
			t.Errorf("foster has %s, netdata has not", id)
		}
	}
}

// same says whether there are n sets, all with the same alerts but for the known differences.
func same(sets [][]string, n int) bool {
	if len(sets) < n {
		return false
	}
	known := func(id string) bool { return differences[id] != "" }
	for _, set := range sets[1:] {
		if !slices.Equal(slices.DeleteFunc(slices.Clone(sets[0]), known), slices.DeleteFunc(slices.Clone(set), known)) {
			return false
		}
	}
	return true
}

// differences are the alerts that only one of them has, and why.
var differences = map[string]string{}
