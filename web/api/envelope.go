package api

import (
	"time"

	"foster/storage/catalog"
)

// envelope writes what the answers of API v2 and v3 have in common. Its keys are short unless the option long-keys asks for
// readable ones, and its times are unix times unless the option rfc3339 asks for dates.
type envelope struct {
	*reply
	api     *API
	rq      *request
	options metaOptions
	long    bool
	dates   bool
	timed   bool // the status of a node tells how long it took
}

// longKeys are the readable names of keys (netdata v2.11.0, option long-keys).
var longKeys = map[string]string{
	"mg": "machine_guid", "nm": "name", "ni": "nodes_array_index", "nd": "node_id", "st": "status", "ai": "agents_array_index",
	"v": "version", "cl": "clear", "wr": "warning", "cr": "critical", "ci": "contexts_array_index",
	"ii": "instances_array_index", "di": "dimensions_array_index",
}

// newEnvelope begins the answer.
func (a *API) newEnvelope(rp *reply, rq *request) *envelope {
	e := &envelope{reply: rp, api: a, rq: rq, options: parseMetaOptions(rq.params)}
	e.long = e.options.has("long-keys", "long-json-keys")
	e.dates = e.options.has("rfc3339")
	e.open('{')
	e.keyInt("api", 2) // also in API v3: only data answers say 3 (netdata v2.11.0)
	return e
}

// k returns the name of a key.
func (e *envelope) k(short string) string {
	if e.long {
		if long := longKeys[short]; long != "" {
			return long
		}
	}
	return short
}

// keyTime writes a unix time, 0 for none.
func (e *envelope) keyTime(k string, t int64) {
	if e.dates && t != 0 {
		e.keyString(k, time.Unix(t, 0).UTC().Format(time.RFC3339))
		return
	}
	e.keyInt(k, t)
}

// node writes the beginning of an element of nodes: who it is.
func (e *envelope) node(n *node) {
	e.open('{')
	e.keyString(e.k("mg"), n.guid)
	if n.nodeID != "" {
		e.keyString(e.k("nd"), n.nodeID)
	}
	if e.long {
		e.keyString("hostname", n.hostname)
	} else {
		e.keyString("nm", n.hostname)
	}
	e.keyInt(e.k("ni"), int64(n.index))
}

// status writes that a node has answered.
func (e *envelope) status() {
	e.keyOpen(e.k("st"), '{')
	e.keyInt(e.k("ai"), 0)
	e.keyInt("code", 200)
	e.keyString("msg", "")
	if e.timed {
		e.keyNumber("ms", e.elapsed())
	}
	e.close('}')
}

// answered writes nodes that have answered.
func (e *envelope) answered(nodes []node) {
	e.keyOpen("nodes", '[')
	for i := range nodes {
		e.node(&nodes[i])
		e.status()
		e.close('}')
	}
	e.close(']')
}

// versionHashes returns numbers that change with the list of hosts, and with the definitions of their charts.
func (a *API) versionHashes() (nodes, contexts int64) {
	hosts := a.catalog.Hosts()
	for _, h := range hosts {
		contexts += int64(h.Generation())
	}
	return int64(len(hosts)) + 1, contexts
}

// agents writes who answers, which is this parent alone; more adds to it.
func (e *envelope) agents(more func()) {
	self := &e.api.opt.Self
	e.keyOpen("agents", '[')
	e.open('{')
	e.keyString(e.k("mg"), self.GUID)
	e.keyNull(e.k("nd"))
	if e.long {
		e.keyString("hostname", self.Hostname)
	} else {
		e.keyString("nm", self.Hostname)
	}
	e.keyTime("now", e.rq.now.Unix())
	e.keyInt(e.k("ai"), 0)
	if more != nil {
		more()
	}
	ms := e.elapsed()
	e.keyOpen("timings", '{')
	e.keyInt("prep_ms", 0)
	e.keyNumber("query_ms", ms)
	e.keyInt("output_ms", 0)
	e.keyNumber("total_ms", ms)
	e.keyNumber("cloud_ms", ms)
	e.close('}')
	e.close('}')
	e.close(']')
}

// elapsed returns the milliseconds since the request was received.
func (e *envelope) elapsed() float64 {
	return float64(e.api.opt.Now().Sub(e.rq.now).Microseconds()) / 1000
}

// end ends the answer.
func (e *envelope) end() {
	e.keyOpen("timings", '{')
	e.keyInt("routing_ms", 0)
	e.keyInt("node_max_ms", 0)
	e.keyNumber("total_ms", e.elapsed())
	e.close('}')
	e.close('}')
}

// versionsV2 answers /api/v2/versions: whether it pays to ask for anything else again.
func (a *API) versionsV2(rp *reply, rq *request) {
	e := a.newEnvelope(rp, rq)
	a.versions(rp)
	e.end()
}

// retentionOf makes the stored times of the charts of the nodes known. It is false when that failed, with the answer set.
func (a *API) retentionOf(rp *reply, rq *request, nodes []node) bool {
	for i := range nodes {
		if h := nodes[i].host; h != nil {
			if err := a.retention(rq.Context(), h); err != nil {
				a.failHost(rp, rq, h, "load retention", err)
				return false
			}
		}
	}
	return true
}

// failHost is failQuery for a request that concerns several hosts.
func (a *API) failHost(rp *reply, rq *request, h *catalog.Host, doing string, err error) {
	of := *rq
	of.host = h
	a.failQuery(rp, &of, doing, err)
}
