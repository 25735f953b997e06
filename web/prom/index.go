package prom

import (
	"strings"
	"sync"

	"foster/replication/wire"
	"foster/storage/catalog"
	"foster/storage/tier"
)

// index finds the charts of a host by metric name, and keeps what is joined from the host. It is filled by the queries and
// follows the catalog: a host is indexed again when its definitions have changed.
type index struct {
	mu    sync.Mutex // guards hosts
	hosts map[*catalog.Host]*hostIndex
}

// hostIndex is the index of one host. It is never changed.
type hostIndex struct {
	generation uint64
	host       *catalog.Host
	charts     []*catalog.Chart
	byName     map[string][]*catalog.Chart // by metric name
	labels     []pair                      // of the host, all
	always     []pair                      // the part of them that is on every series of the host, with hostname and GUID
}

// all returns the indexes of all hosts, in the order of the catalog.
func (ix *index) all(c *catalog.Catalog) []*hostIndex {
	hosts := c.Hosts()
	list := make([]*hostIndex, 0, len(hosts))
	ix.mu.Lock()
	defer ix.mu.Unlock()
	if ix.hosts == nil {
		ix.hosts = make(map[*catalog.Host]*hostIndex, len(hosts))
	}
	for _, h := range hosts {
		found := ix.hosts[h]
		if generation := h.Generation(); found == nil || found.generation != generation {
			found = newHostIndex(h, generation)
			ix.hosts[h] = found
		}
		list = append(list, found)
	}
	if len(ix.hosts) > len(hosts) { // some have been removed
		clear(ix.hosts)
		for _, found := range list {
			ix.hosts[found.host] = found
		}
	}
	return list
}

func newHostIndex(h *catalog.Host, generation uint64) *hostIndex {
	charts := h.Charts()
	ix := &hostIndex{generation: generation, host: h, charts: charts, byName: map[string][]*catalog.Chart{}}
	for _, ch := range charts {
		name := tier.MetricName(ch.Def().Context)
		ix.byName[name] = append(ix.byName[name], ch)
	}
	ix.labels = join(nil, h.Labels(), hostLabelName, nil)
	ix.always = []pair{{labelGUID, h.GUID}}
	if name := h.Info().Hostname; name != "" {
		ix.always = append(ix.always, pair{labelHost, valid(name)})
	}
	// Of its own labels, whose names begin with _, an agent says of some that they are configured.
	ix.always = join(ix.always, h.Labels(), hostLabelName, func(l wire.Label, _ string) bool {
		return l.Source&^wire.LabelAuto != 0 && !strings.HasPrefix(l.Name, "_")
	})
	return ix
}

// pairs appends the labels that the series of the host have from it: those that are always there, and those named.
func (ix *hostIndex) pairs(pairs []pair, named map[string]struct{}) []pair {
	first := len(pairs)
	pairs = append(pairs, ix.always...)
	if len(named) == 0 {
		return pairs
	}
	for _, p := range ix.labels {
		if _, wanted := named[p.name]; wanted && valueOf(pairs[first:], p.name) == "" {
			pairs = append(pairs, p)
		}
	}
	return pairs
}

// value returns the value of a label of the host, "" when it has none of that name.
func (ix *hostIndex) value(label string) string {
	if isHostLabel(label) {
		return valueOf(ix.labels, label)
	}
	return valueOf(ix.always, label)
}
