package agenttest

import (
	"context"
	"maps"
	"testing"
)

// ParentOptions describe an agent that collects nothing and accepts children.
type ParentOptions struct {
	APIKey     string // the key it accepts
	Hostname   string // empty: "parent"
	MemoryMode string // empty: dbengine

	ExtraKey     map[string]string            // further options of the key's section in stream.conf
	ExtraNetdata map[string]map[string]string // further options of netdata.conf, by section
}

// StartParent starts a real parent. It returns when the agent answers HTTP.
func StartParent(t testing.TB, o ParentOptions) *Agent {
	t.Helper()
	a := NewParent(t, o)
	ctx, cancel := context.WithTimeout(t.Context(), readyTimeout)
	defer cancel()
	if err := a.Start(ctx); err != nil {
		t.Fatal(err)
	}
	return a
}

// NewParent prepares what StartParent starts.
func NewParent(t testing.TB, o ParentOptions) *Agent {
	t.Helper()
	if o.Hostname == "" {
		o.Hostname = "parent"
	}
	if o.MemoryMode == "" {
		o.MemoryMode = "dbengine"
	}
	netdata := commonConfig(o.Hostname, o.MemoryMode)
	netdata.merge(config{
		"plugins": {"proc": "no", "idlejitter": "no", "timex": "no", "netdata monitoring": "no"},
	})
	netdata.merge(o.ExtraNetdata)

	key := map[string]string{"enabled": "yes", "default memory mode": o.MemoryMode}
	maps.Copy(key, o.ExtraKey)
	return newAgent(t, o.Hostname, netdata, config{o.APIKey: key})
}
