package api

import (
	"math"
	"strings"
	"time"

	"foster/storage/catalog"
)

// Streaming is what the server knows of streaming beside the catalog.
type Streaming struct {
	Rejections []Rejection // the newest first
	Keys       []StreamKey
	Process    Process
	Accepted   int64 // connections since the start
	Rejected   int64
}

// Rejection is a child that was not admitted, and how often in a row for the same cause.
type Rejection struct {
	First, Last                         time.Time
	Count                               int64
	Address, Hostname, GUID, Agent, Key string // what the child said of itself may be missing or wrong
	Status, Reason                      string
}

// StreamKey is an API key and what its children get.
type StreamKey struct {
	Key               string
	AllowFrom         string // addresses, as a pattern
	MemoryMode        string
	Replication       bool
	ReplicationPeriod time.Duration
	Compression       []string // in order of preference, empty: none
	Health            string   // yes, no, auto
	Ephemeral         bool
}

// Process is what foster itself uses.
type Process struct {
	Started    time.Time
	CPU        time.Duration // since the start
	Memory     int64         // bytes
	Goroutines int
}

// streaming answers /api/foster/v1/streaming: the connection of every host, the children that were refused, the API keys,
// which are masked, and foster's own load.
func (a *API) streaming(rp *reply, rq *request) {
	s := a.opt.Streaming()
	rp.open('{')
	rp.keyNumber("now", unix(rq.now))
	rp.keyOpen("connections", '[')
	used := map[string]int{} // hosts by key
	for _, h := range a.catalog.Hosts() {
		used[strings.ToLower(h.APIKey())]++
		a.streamingHost(&rp.encoder, h, rq.now)
	}
	rp.close(']')
	rp.keyOpen("rejections", '[')
	for i := range s.Rejections {
		r := &s.Rejections[i]
		rp.open('{')
		rp.keyNumber("first", unix(r.First))
		rp.keyNumber("last", unix(r.Last))
		rp.keyInt("count", r.Count)
		rp.keyString("address", r.Address)
		rp.keyString("hostname", r.Hostname)
		rp.keyString("guid", r.GUID)
		rp.keyString("agent", r.Agent)
		rp.keyMasked(r.Key)
		rp.keyString("status", r.Status)
		rp.keyString("reason", withoutKey(r.Reason, r.Key))
		rp.close('}')
	}
	rp.close(']')
	rp.keyOpen("keys", '[')
	for i := range s.Keys {
		k := &s.Keys[i]
		rp.open('{')
		rp.keyMasked(k.Key)
		rp.keyInt("hosts", int64(used[k.Key]))
		rp.keyString("allow_from", k.AllowFrom)
		rp.keyString("memory_mode", k.MemoryMode)
		rp.keyBool("replication", k.Replication)
		rp.keyInt("replication_period_seconds", seconds(k.ReplicationPeriod))
		rp.key("compression")
		rp.strings(k.Compression)
		rp.keyString("health", k.Health)
		rp.keyBool("ephemeral", k.Ephemeral)
		rp.close('}')
	}
	rp.close(']')
	rp.keyOpen("self", '{')
	rp.keyString("version", a.opt.Self.Version)
	rp.keyNumber("started", unix(s.Process.Started))
	rp.keyNumber("cpu_seconds", s.Process.CPU.Seconds())
	rp.keyInt("memory_bytes", s.Process.Memory)
	rp.keyInt("goroutines", int64(s.Process.Goroutines))
	rp.keyInt("accepted", s.Accepted)
	rp.keyInt("rejected", s.Rejected)
	rp.close('}')
	rp.close('}')
}

// streamingHost writes the connection of a host, or what is known of its last one.
func (a *API) streamingHost(e *encoder, h *catalog.Host, now time.Time) {
	info, conn := h.Info(), h.Connection()
	e.open('{')
	e.keyString("guid", h.GUID)
	e.keyString("hostname", info.Hostname)
	e.keyBool("ambiguous", a.catalog.Ambiguous(h))
	e.keyString("state", string(h.State(now)))
	e.keyNumber("last_seen", unix(h.LastSeen()))
	e.keyString("agent", info.ProgramVersion)
	e.keyInt("hops", info.Hops)
	e.keyMasked(h.APIKey())
	if conn == nil {
		e.keyNull("connection")
	} else {
		e.keyOpen("connection", '{')
		e.keyNumber("since", unix(conn.Since))
		e.keyString("address", conn.RemoteAddr)
		e.keyBool("tls", conn.TLS)
		e.keyString("compression", conn.Compression)
		e.key("capabilities")
		e.strings(conn.Caps.Names())
		e.keyInt("bytes_in", conn.BytesIn.Load())
		e.keyInt("bytes_plain", conn.BytesPlain.Load())
		e.keyInt("samples", conn.Samples.Load())
		e.keyInt("replayed", conn.Replayed.Load())
		e.keyInt("dropped", conn.Dropped.Load())
		e.keyNumber("samples_per_second", math.Round(10*a.facts.rate(h))/10)
		e.keyNumber("replication_percent", math.Floor(10*conn.ReplayPercent())/10)
		e.keyInt("replicating_charts", conn.Replicating())
		e.keyNumber("lag_seconds", lag(h, now))
		e.close('}')
	}
	if ended := h.EndedConnection(); ended == nil {
		e.keyNull("ended")
	} else {
		e.keyOpen("ended", '{')
		e.keyNumber("since", unix(ended.Since))
		e.keyNumber("until", unix(ended.LastTraffic()))
		e.keyString("address", ended.RemoteAddr)
		e.keyString("reason", ended.Reason())
		e.close('}')
	}
	e.close('}')
}

// lagCharts is how many charts of a host are looked at to tell how far it is behind.
const lagCharts = 50

// lag returns how many seconds the newest sample of a host is old, NaN when there is none yet.
func lag(h *catalog.Host, now time.Time) float64 {
	newest := int64(0)
	for i, ch := range h.Charts() {
		if i == lagCharts {
			break
		}
		newest = max(newest, ch.Last())
	}
	if newest == 0 {
		return math.NaN()
	}
	return max(0, math.Round(10*(unix(now)-float64(newest)))/10)
}
