package healthdiff

import (
	"context"
	"net/url"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"foster/health/conf"
	"foster/health/stock"
	"foster/internal/agenttest"
	"foster/replication/swarm"
)

// without are the alerts that may have no value, and why.
var without = map[string]string{
	"interface_busy_receiving": "virtual interfaces do not say how fast they are",
	"interface_busy_sending":   "likewise",
	"disk_filling_hour":        "it needs data of an hour ago",
	"disk_filling_day":         "it needs data of yesterday",
	"disk_full_in":             "nothing fills",
	"tcp_orphans":              "an agent of v1 whose own health is off does not send the limit, nor does the demo",
	"tcp_memory":               "likewise",
	"conntrack_used":           "likewise",
	"processes":                "likewise",
	"swap_used":                "a machine may have no swap",
}

// TestStock runs the alerts that foster comes with on a real child and on those of the demo: every definition for a chart
// that a host has runs there, and has a value.
func TestStock(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	t.Parallel()
	agenttest.Require(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	definitions, problems := conf.Load(conf.Dir{}, conf.Dir{Name: "stock", FS: stock.FS})
	if len(problems) > 0 {
		t.Fatal(problems)
	}

	key := agenttest.NewGUID()
	foster := startFosterWith(t, key, "")
	agenttest.StartChild(t, agenttest.ChildOptions{ParentAddr: foster, APIKey: key, Hostname: "real", ExtraNetdata: map[string]map[string]string{
		"plugins":               {"diskspace": "yes"},
		"plugin:proc:diskspace": {"exclude space metrics on paths": "!/ *"},
	}})
	hosts := []string{"real"}
	demoCtx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	t.Cleanup(func() { stop(); wg.Wait() })
	for _, o := range swarm.DemoHosts() {
		o.Addr, o.APIKey, o.History = foster, key, 10*time.Minute
		c, err := swarm.New(o)
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() { c.Run(demoCtx) })
		hosts = append(hosts, o.Hostname)
	}

	linked := map[string]bool{}
	for _, host := range hosts {
		base := agenttest.HostURL("http://"+foster, url.PathEscape(host))
		var missing []string
		for deadline := time.Now().Add(patience); ; {
			var names map[string]bool
			names, missing = lacking(ctx, base, definitions)
			if len(names) > 10 && len(missing) == 0 {
				for name := range names {
					linked[name] = true
				}
				break
			}
			if time.Now().After(deadline) || agenttest.Sleep(ctx, time.Second) != nil {
				t.Fatalf("%s: %d alerts; without a value: %s", host, len(names), strings.Join(missing, ", "))
			}
		}
	}
	t.Logf("%d alerts run on these hosts", len(linked))
}

// lacking returns the names of the alerts of a host, and those that are missing, not evaluated or without a value.
func lacking(ctx context.Context, base string, definitions []*conf.Definition) (names map[string]bool, missing []string) {
	charts, err := agenttest.FetchCharts(ctx, base)
	if err != nil {
		return nil, []string{err.Error()}
	}
	var a alarms
	if err := fetch(ctx, base+"/api/v1/alarms?all", &a); err != nil {
		return nil, []string{err.Error()}
	}
	names = map[string]bool{}
	for _, alarm := range a.Alarms {
		names[alarm.Name] = true
	}
	for _, d := range definitions {
		for _, chart := range charts {
			if chart.Context != d.On {
				continue
			}
			alarm, ok := a.Alarms[chart.ID+"."+d.Name]
			switch {
			case !ok:
				missing = append(missing, chart.ID+"."+d.Name+" is not there")
			case alarm.Status == "UNINITIALIZED" || alarm.Value == nil:
				if without[d.Name] == "" {
					missing = append(missing, chart.ID+"."+d.Name+" is "+alarm.Status)
				}
			}
		}
	}
	sort.Strings(missing)
	return names, slices.Compact(missing)
}
