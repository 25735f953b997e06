package catalog

import "maps"

// changes is what memory has and the database does not. The zero value is empty.
type changes struct {
	hosts       map[*Host]struct{}
	charts      map[*Chart]struct{}
	connections []connectionChange
}

// connectionChange says that a connection has begun or ended.
type connectionChange struct {
	host  *Host
	conn  *Connection
	ended bool
}

// maxConnectionChanges bounds what is kept while the database cannot be written. The oldest are forgotten.
const maxConnectionChanges = 10_000

func (c *changes) empty() bool {
	return len(c.hosts) == 0 && len(c.charts) == 0 && len(c.connections) == 0
}

func (c *changes) addHost(h *Host) {
	if c.hosts == nil {
		c.hosts = map[*Host]struct{}{}
	}
	c.hosts[h] = struct{}{}
}

func (c *changes) addChart(ch *Chart) {
	if c.charts == nil {
		c.charts = map[*Chart]struct{}{}
	}
	c.charts[ch] = struct{}{}
}

func (c *changes) addConnection(change connectionChange) {
	if n := len(c.connections); n >= maxConnectionChanges {
		c.connections = append(c.connections[:0], c.connections[n/2:]...)
	}
	c.connections = append(c.connections, change)
}

// merge adds changes that are newer.
func (c *changes) merge(newer changes) {
	if c.hosts == nil {
		c.hosts = newer.hosts
	} else {
		maps.Copy(c.hosts, newer.hosts)
	}
	if c.charts == nil {
		c.charts = newer.charts
	} else {
		maps.Copy(c.charts, newer.charts)
	}
	for _, change := range newer.connections {
		c.addConnection(change)
	}
}
