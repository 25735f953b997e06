package api

import (
	"net/http"
	"strings"
)

// registry answers /api/v1/registry. There is no registry of other agents here: hello tells who answers, and the other
// actions that a registry is disabled. That is all a dashboard needs to go on.
func (a *API) registry(rp *reply, rq *request) {
	action, ps := rq.params.get("action"), rq.params
	var required []string
	switch action {
	case "hello":
		a.hello(rp, rq)
		return
	case "access":
		required = []string{"machine", "url", "name"}
	case "delete":
		required = []string{"machine", "url", "delete_url"}
	case "search":
		required = []string{"for"}
	case "switch":
		required = []string{"machine", "url", "to"}
	default:
		rp.fail(http.StatusBadRequest, "Invalid registry request - you need to set an action: hello, access, delete, search")
		return
	}
	for _, name := range required {
		if ps.get(name) == "" {
			rp.fail(http.StatusBadRequest, "Invalid registry "+strings.ToUpper(action[:1])+action[1:]+" request.")
			return
		}
	}
	rp.open('{')
	a.registryHead(rp, rq, action, "disabled")
	rp.keyString("registry", "")
	rp.close('}')
}

func (a *API) registryHead(rp *reply, rq *request, action, status string) {
	id := a.identify(rq.host)
	rp.keyString("action", action)
	rp.keyString("status", status)
	rp.keyString("hostname", id.hostname)
	rp.keyString("machine_guid", id.guid)
}

// hello writes who answers, and the nodes it has.
func (a *API) hello(rp *reply, rq *request) {
	self := &a.opt.Self
	rp.open('{')
	a.registryHead(rp, rq, "hello", "ok")
	rp.keyString("registry", "")
	rp.keyString("cloud_base_url", "")
	rp.keyBool("anonymous_statistics", false)
	rp.keyOpen("agent", '{')
	rp.keyString("machine_guid", self.GUID)
	rp.keyString("hostname", self.Hostname)
	rp.close('}')
	rp.keyString("cloud_status", "disabled")
	rp.keyOpen("nodes", '[')
	for _, n := range a.nodes(nil) {
		rp.open('{')
		rp.keyString("machine_guid", n.guid)
		rp.keyString("hostname", n.hostname)
		rp.keyOptional("node_id", n.nodeID)
		rp.close('}')
	}
	rp.close(']')
	rp.close('}')
}
