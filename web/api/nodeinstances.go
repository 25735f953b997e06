package api

import (
	"foster/replication/wire"
	"foster/storage/catalog"
)

func parentCapabilities() []string { return wire.ParentCaps.Names() }

// hostCounts are how much of a host there is to ask for.
type hostCounts struct{ metrics, instances, contexts int64 }

func countHost(h *catalog.Host) (c hostCounts) {
	list := contextsOf(h)
	c.contexts = int64(len(list.list))
	for _, ctx := range list.list {
		c.instances += int64(len(ctx.charts))
		for _, ch := range ctx.charts {
			c.metrics += int64(len(ch.Dimensions()))
		}
	}
	return c
}

// nodeInstances answers /api/v2/node_instances: how this parent receives and stores each node.
func (a *API) nodeInstances(rp *reply, rq *request) {
	nodes := a.nodes(rq.params)
	if !a.retentionOf(rp, rq, nodes) {
		return
	}
	e := a.newEnvelope(rp, rq)
	e.keyOpen("nodes", '[')
	for i := range nodes {
		e.node(&nodes[i])
		e.keyOpen("instances", '[')
		e.open('{')
		e.status()
		e.instance(nodes[i].host)
		e.close('}')
		e.close(']')
		e.close('}')
	}
	e.close(']')
	a.versions(rp)
	e.agents(e.agentInfo)
	e.end()
}

// instance writes the database and the stream of a node at this parent.
func (e *envelope) instance(h *catalog.Host) {
	now := e.rq.now.Unix()
	s := ingest{"online", "live", "localhost", "online", 0, 0}
	var counts hostCounts
	var functions map[string]wire.Function
	if h != nil {
		s = e.api.ingestOf(h, e.rq)
		counts = countHost(h)
		functions = h.Functions()
		if h.Connection() != nil {
			s.last = max(s.last, now)
		}
	}
	e.keyOpen("db", '{')
	e.keyString("status", s.db)
	e.keyString("liveness", s.liveness)
	e.keyString("mode", e.api.identify(h).memoryMode)
	e.keyTime("first_time", s.first)
	e.keyTime("last_time", s.last)
	e.counts(counts)
	e.close('}')
	e.ingest(h, s, counts, now)
	e.keyOpen("ml", '{')
	e.keyString("status", "disabled")
	e.keyString("type", "disabled")
	e.close('}')
	e.nodeHealth(h)
	e.key("functions")
	e.functionList(functions)
	e.capabilities()
	e.keyOpen("dyncfg", '{')
	e.keyString("status", "unavailable")
	e.close('}')
}

// ingest writes the stream of a node.
func (e *envelope) ingest(h *catalog.Host, s ingest, counts hostCounts, now int64) {
	e.keyOpen("ingest", '{')
	hops, since := int64(0), int64(0)
	var conn *catalog.Connection
	if h != nil {
		hops = max(1, h.Info().Hops)
		if conn = h.Connection(); conn != nil {
			since = conn.Since.Unix()
		} else if seen := h.LastSeen(); !seen.IsZero() {
			since = seen.Unix()
		}
	}
	e.keyInt("id", 1)
	e.keyInt("hops", hops)
	e.keyString("type", s.kind)
	e.keyString("status", s.status)
	e.keyTime("since", since)
	age := int64(0)
	if since != 0 {
		age = max(0, now-since)
	}
	e.keyInt("age", age)
	if conn == nil && h != nil {
		e.keyString("reason", "DISCONNECTED")
	}
	e.counts(counts)
	if conn != nil {
		if percent := conn.ReplayPercent(); percent < 100 {
			e.keyOpen("replication", '{')
			e.keyBool("in_progress", true)
			e.keyNumber("completion", percent)
			e.keyInt("instances", conn.Replicating())
			e.close('}')
		}
		e.keyOpen("source", '{')
		e.keyString("local", "")
		e.keyString("remote", conn.RemoteAddr)
		e.key("capabilities")
		e.strings(conn.Caps.Names())
		e.close('}')
	}
	e.close('}')
}

func (e *envelope) counts(c hostCounts) {
	e.keyInt("metrics", c.metrics)
	e.keyInt("instances", c.instances)
	e.keyInt("contexts", c.contexts)
}
