package api

import (
	"maps"
	"slices"

	"foster/replication/wire"
)

// accessNames are the names of the access bits of functions, lowest bit first (netdata v2.11.0).
var accessNames = []string{"signed-in", "same-space", "commercial-space", "anonymous-data", "sensitive-data"}

// functions answers /api/v1/functions: what a host offers to run.
func (a *API) functions(rp *reply, rq *request) {
	rp.open('{')
	rp.key("functions")
	rp.functionList(a.identify(rq.host).functions)
	rp.close('}')
}

// functionList writes functions by name. Those for other programs are not listed.
func (rp *reply) functionList(functions map[string]wire.Function) {
	rp.open('{')
	if len(functions) == 0 { // of most charts
		rp.close('}')
		return
	}
	for _, name := range slices.Sorted(maps.Keys(functions)) {
		f := functions[name]
		if private(f) {
			continue
		}
		rp.keyOpen(name, '{')
		rp.functionFacts(f)
		rp.close('}')
	}
	rp.close('}')
}

// private says whether a function is for other programs, and not for lists.
func private(f wire.Function) bool { return f.Tags == "hidden" || f.Tags == "config" }

// functionFacts writes what is known of a function.
func (rp *reply) functionFacts(f wire.Function) {
	rp.keyString("help", f.Help)
	rp.keyInt("timeout", f.Timeout)
	rp.keyInt("version", f.Version)
	scope := "LOCAL"
	if f.Global {
		scope = "GLOBAL"
	}
	rp.key("options")
	rp.strings([]string{scope})
	rp.keyString("tags", f.Tags)
	rp.keyOpen("access", '[')
	for bit, access := range accessNames {
		if f.Access&(1<<bit) != 0 {
			rp.string(access)
		}
	}
	rp.close(']')
	rp.keyInt("priority", f.Priority)
}
