package agenttest

import (
	"context"
	"maps"
	"strconv"
	"testing"
	"time"
)

// readyTimeout is how long an agent may take to answer after its start; it
// needs well below a second on an idle machine.
const readyTimeout = 60 * time.Second

// ChildOptions describe an agent that collects this machine's metrics and
// streams them. The zero value of a field means what its comment says.
type ChildOptions struct {
	ParentAddr  string // host:port of the parent, or of a Proxy; empty: streams to nobody
	APIKey      string // key the parent accepts
	GUID        string // machine GUID; empty: random
	Hostname    string // empty: "child"
	Compression bool   // lz4; off: plain lines
	MemoryMode  string // empty: ram
	History     int    // points a dimension of memory mode ram; 0: 1200 (the agent keeps at least 1024)
	UpdateEvery int    // seconds; 0: 1

	ExtraStream  map[string]string            // further options of [stream] in stream.conf
	ExtraNetdata map[string]map[string]string // further options of netdata.conf, by section
}

// StartChild starts an agent with the internal collectors proc, idlejitter,
// timex and the agent's own statistics: about 200 charts with 760 dimensions, all
// algorithms, of 1, 2, 5 and 10 seconds. It returns when the agent answers HTTP; its first
// points follow a few seconds later.
func StartChild(t testing.TB, o ChildOptions) *Agent {
	t.Helper()
	a := NewChild(t, o)
	ctx, cancel := context.WithTimeout(t.Context(), readyTimeout)
	defer cancel()
	if err := a.Start(ctx); err != nil {
		t.Fatal(err)
	}
	return a
}

// NewChild prepares what StartChild starts.
func NewChild(t testing.TB, o ChildOptions) *Agent {
	t.Helper()
	o.setDefaults()
	netdata := commonConfig(o.Hostname, o.MemoryMode)
	netdata.merge(config{
		"db":      {"retention": strconv.Itoa(o.History), "update every": strconv.Itoa(o.UpdateEvery)},
		"plugins": {"proc": "yes", "idlejitter": "yes", "timex": "yes", "netdata monitoring": "yes"},
	})
	netdata.merge(o.ExtraNetdata)

	stream := map[string]string{
		"enabled":                 "no",
		"enable compression":      "no",
		"reconnect delay seconds": "1",
		"timeout seconds":         "10",
	}
	if o.ParentAddr != "" {
		stream["enabled"] = "yes"
		stream["destination"] = o.ParentAddr
		stream["api key"] = o.APIKey
	}
	if o.Compression {
		stream["enable compression"] = "yes"
	}
	maps.Copy(stream, o.ExtraStream)

	a := newAgent(t, o.Hostname, netdata, config{"stream": stream})
	if err := a.writeGUID(o.GUID); err != nil {
		t.Fatalf("configure agent %s: %v", a.name, err)
	}
	return a
}

func (o *ChildOptions) setDefaults() {
	if o.GUID == "" {
		o.GUID = NewGUID()
	}
	if o.Hostname == "" {
		o.Hostname = "child"
	}
	if o.MemoryMode == "" {
		o.MemoryMode = "ram"
	}
	if o.History == 0 {
		o.History = 1200
	}
	if o.UpdateEvery == 0 {
		o.UpdateEvery = 1
	}
}
