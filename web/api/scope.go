package api

import (
	"strings"

	"foster/internal/pattern"
	"foster/storage/catalog"
)

// node is a host as API v2 and v3 list it. The one without host is the parent itself.
type node struct {
	host     *catalog.Host
	guid     string
	hostname string
	nodeID   string
	index    int // among the nodes of the answer
}

// nodes returns the nodes that the parameters scope_nodes and nodes select, the parent first, then by hostname. Each may
// name a hostname, a machine GUID or a node id.
func (a *API) nodes(ps params) []node {
	scope, selector := optional(ps.get("scope_nodes")), optional(ps.get("nodes"))
	var list []node
	add := func(n node) {
		if scope.match(n.hostname, n.guid, n.nodeID) && selector.match(n.hostname, n.guid, n.nodeID) {
			n.index = len(list)
			list = append(list, n)
		}
	}
	add(node{guid: a.opt.Self.GUID, hostname: a.opt.Self.Hostname})
	for _, h := range a.catalog.Hosts() {
		info := h.Info()
		add(node{host: h, guid: h.GUID, hostname: info.Hostname, nodeID: info.NodeID})
	}
	return list
}

// optionalPattern is a pattern that selects everything when it has no words.
type optionalPattern struct{ pattern.Pattern }

func optional(s string) optionalPattern { return optionalPattern{pattern.Parse(s, pattern.List)} }

// match says whether something with these names is selected.
func (p optionalPattern) match(names ...string) bool { return p.Empty() || p.MatchAny(names...) }

// metaOptions are the options of the commands that tell about nodes and contexts rather than about samples.
type metaOptions map[string]bool

// parseMetaOptions decodes the parameter options. Names are not checked: agents ignore those they do not know.
func parseMetaOptions(ps params) metaOptions {
	o := metaOptions{}
	for list := range ps.all("options") {
		clear(o) // the last list counts
		for name := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ',' || r == '|' || r == ' ' }) {
			o[name] = true
		}
	}
	return o
}

// has says whether one of the names was given.
func (o metaOptions) has(names ...string) bool {
	for _, name := range names {
		if o[name] {
			return true
		}
	}
	return false
}
