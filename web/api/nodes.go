package api

import (
	"encoding/json"

	"foster/storage/catalog"
)

// capability is a feature that an agent tells a client about.
type capability struct {
	name    string
	version int64
	enabled bool
}

// agentCapabilities are the features of netdata v2.11.0, as far as foster has them.
var agentCapabilities = []capability{
	{"proto", 1, true},
	{"ml", 0, false},
	{"mc", 1, true},
	{"ctx", 1, true},
	{"funcs", 1, false},
	{"http_api_v2", 7, true},
	{"health", 2, true},
	{"req_cancel", 0, false},
	{"dyncfg", 0, false},
}

// capabilities writes what agents are able to do.
func (e *envelope) capabilities() {
	e.keyOpen("capabilities", '[')
	for _, c := range agentCapabilities {
		e.open('{')
		e.keyString("name", c.name)
		e.keyInt("version", c.version)
		e.keyBool("enabled", c.enabled)
		e.close('}')
	}
	e.close(']')
}

// nodeFacts are the groups of facts of a node, by the names that a child has sent them under.
var nodeFacts = []struct {
	group string
	facts []struct{ key, fact string }
}{
	{"hw", []struct{ key, fact string }{
		{"architecture", "NETDATA_SYSTEM_ARCHITECTURE"},
		{"cpu_frequency", "NETDATA_SYSTEM_CPU_FREQ"},
		{"cpus", "NETDATA_SYSTEM_CPU_LOGICAL_CPU_COUNT"},
		{"memory", "NETDATA_SYSTEM_TOTAL_RAM"},
		{"disk_space", "NETDATA_SYSTEM_TOTAL_DISK_SIZE"},
		{"virtualization", "NETDATA_SYSTEM_VIRTUALIZATION"},
		{"container", "NETDATA_SYSTEM_CONTAINER"},
	}},
	{"os", []struct{ key, fact string }{
		{"id", "NETDATA_SYSTEM_OS_ID"},
		{"nm", "NETDATA_SYSTEM_OS_NAME"},
		{"v", "NETDATA_SYSTEM_OS_VERSION"},
	}},
	{"kernel", []struct{ key, fact string }{
		{"nm", "NETDATA_SYSTEM_KERNEL_NAME"},
		{"v", "NETDATA_SYSTEM_KERNEL_VERSION"},
	}},
}

// details writes what is known of a node: version, labels, hardware, operating system and state.
func (e *envelope) details(n *node) {
	id := e.api.identify(n.host)
	e.keyString(e.k("v"), id.version)
	e.keyOpen("labels", '{')
	for name, value := range e.api.allHostLabels(n.host) {
		e.keyString(name, value)
	}
	e.close('}')
	for _, g := range nodeFacts {
		e.keyOpen(g.group, '{')
		for _, f := range g.facts {
			e.keyString(e.k(f.key), id.system[f.fact])
		}
		if g.group != "os" { // the kernel is part of it
			e.close('}')
		}
	}
	e.close('}')
	e.keyString("state", nodeState(n.host))
}

// nodeState returns what API v2 calls the state of a node: reachable while it is connected, stale once it is not.
func nodeState(h *catalog.Host) string {
	if h == nil || h.Connection() != nil {
		return "reachable"
	}
	return "stale"
}

// nodesV2 answers /api/v2/nodes: who streams, or has streamed, to this parent, and the parent.
func (a *API) nodesV2(rp *reply, rq *request) {
	nodes := a.nodes(rq.params)
	e := a.newEnvelope(rp, rq)
	e.keyOpen("nodes", '[')
	for i := range nodes {
		e.node(&nodes[i])
		e.details(&nodes[i])
		e.nodeHealth(nodes[i].host)
		e.capabilities()
		e.close('}')
	}
	e.close(']')
	e.end()
}

// streamPathV2 answers /api/v3/stream_path: over which agents the nodes reach this parent.
func (a *API) streamPathV2(rp *reply, rq *request) {
	nodes := a.nodes(rq.params)
	if !a.retentionOf(rp, rq, nodes) {
		return
	}
	e := a.newEnvelope(rp, rq)
	e.keyOpen("nodes", '[')
	for i := range nodes {
		e.node(&nodes[i])
		e.details(&nodes[i])
		e.path(nodes[i].host)
		e.close('}')
	}
	e.close(']')
	e.end()
}

// path writes the streaming path of a host: what its child has told, with this parent at its end, or else this parent
// alone.
func (e *envelope) path(h *catalog.Host) {
	e.key("streaming_path")
	if h != nil {
		var told struct {
			Path json.RawMessage `json:"streaming_path"`
		}
		if err := json.Unmarshal(h.StreamPath(), &told); err == nil && len(told.Path) > 0 {
			e.raw(told.Path)
			return
		}
	}
	hops, since, first := int64(0), int64(0), int64(0)
	if h != nil {
		hops = max(1, h.Info().Hops)
		if c := h.Connection(); c != nil {
			since = c.Since.Unix()
		}
		first, _ = hostRetention(h)
	}
	self := &e.api.opt.Self
	e.open('[')
	e.open('{')
	e.keyInt("version", 1)
	e.keyString("hostname", self.Hostname)
	e.keyString("host_id", self.GUID)
	e.keyNull("node_id")
	e.keyNull("claim_id")
	e.keyInt("hops", hops)
	e.keyTime("since", since)
	e.keyTime("first_time_t", first)
	e.keyInt("start_time", 0)
	e.keyInt("shutdown_time", 0)
	e.key("capabilities")
	e.strings(parentCapabilities())
	e.key("flags")
	e.strings(nil)
	e.close('}')
	e.close(']')
}

// hostRetention returns the unix times of the oldest and the newest sample of a host, 0 when there is none.
func hostRetention(h *catalog.Host) (first, last int64) {
	for _, ch := range h.Charts() {
		if t := ch.First(); t != 0 && (first == 0 || t < first) {
			first = t
		}
		last = max(last, ch.Last())
	}
	return first, last
}
