package api

import (
	"maps"
	"net/http"
	"slices"

	"foster/replication/wire"
)

// functionsV2 answers /api/v2/functions: what the nodes offer to run.
func (a *API) functionsV2(rp *reply, rq *request) {
	nodes := a.nodes(rq.params)
	e := a.newEnvelope(rp, rq)
	e.answered(nodes)
	e.keyOpen("functions", '[')
	type offer struct {
		function wire.Function // of the first node that has it
		nodes    []int         // indexes
	}
	offers := map[string]*offer{}
	for i := range nodes {
		for name, f := range a.identify(nodes[i].host).functions {
			if private(f) {
				continue
			}
			if offers[name] == nil {
				offers[name] = &offer{function: f}
			}
			offers[name].nodes = append(offers[name].nodes, nodes[i].index)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(offers)) {
		e.open('{')
		e.keyString("name", name)
		e.keyOpen(e.k("ni"), '[')
		for _, index := range offers[name].nodes {
			e.int(int64(index))
		}
		e.close(']')
		e.functionFacts(offers[name].function)
		e.close('}')
	}
	e.close(']')
	a.versions(rp)
	e.agents(nil)
	e.end()
}

// runFunction answers /api/v1/function. A parent would have to ask the child and to send its answer on, which foster does
// not do.
func (a *API) runFunction(rp *reply, rq *request) {
	name := rq.params.get("function")
	status, message := http.StatusNotFound, "no such function is offered by this node"
	if name == "" {
		status, message = http.StatusBadRequest, "the parameter function is missing"
	} else if _, offered := a.identify(rq.host).functions[name]; offered {
		status, message = http.StatusNotImplemented, "foster lists the functions of its children and does not run them"
	}
	rp.status = status
	rp.open('{')
	rp.keyInt("status", int64(status))
	rp.keyString("errorMessage", message)
	rp.close('}')
}
