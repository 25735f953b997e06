package catalog

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Catalog is the set of all hosts. Its methods may be used from any goroutine.
type Catalog struct {
	mu       sync.RWMutex // guards hosts and removals
	hosts    map[string]*Host
	removals map[string]Removal // by store id

	dirtyMu sync.Mutex // guards dirty
	dirty   changes

	persister *persister // nil when the catalog is in memory only
}

// NewInMemory returns an empty catalog that is not persisted.
func NewInMemory() *Catalog {
	return &Catalog{hosts: map[string]*Host{}, removals: map[string]Removal{}}
}

// Host returns the host with that machine GUID, lower case, or nil.
func (c *Catalog) Host(guid string) *Host {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.hosts[guid]
}

// all returns all hosts in any order.
func (c *Catalog) all() []*Host {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return slices.Collect(maps.Values(c.hosts))
}

// Hosts returns all hosts, archived ones included, ordered by hostname, then GUID.
func (c *Catalog) Hosts() []*Host {
	list := c.all()
	slices.SortFunc(list, func(a, b *Host) int {
		return cmp.Or(strings.Compare(a.Info().Hostname, b.Info().Hostname), strings.Compare(a.GUID, b.GUID))
	})
	return list
}

// Len returns the number of hosts.
func (c *Catalog) Len() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.hosts)
}

// Dimensions returns the number of dimensions of all hosts.
func (c *Catalog) Dimensions() int {
	n := 0
	for _, h := range c.all() {
		for _, ch := range h.Charts() {
			n += len(ch.Dimensions())
		}
	}
	return n
}

// Find returns the host with that hostname, machine GUID (any case) or node id, or nil. Of several hosts with the same
// name it returns a connected one, else the one seen last.
func (c *Catalog) Find(name string) *Host {
	if h := c.Host(strings.ToLower(name)); h != nil {
		return h
	}
	var found *Host
	for _, h := range c.all() {
		info := h.Info()
		if info.Hostname != name && (info.NodeID == "" || info.NodeID != name) {
			continue
		}
		if found == nil || preferred(h, found) {
			found = h
		}
	}
	return found
}

// preferred says whether a answers to the name that a and b share.
func preferred(a, b *Host) bool {
	if ac, bc := a.Connection() != nil, b.Connection() != nil; ac != bc {
		return ac
	}
	if at, bt := a.LastSeen(), b.LastSeen(); !at.Equal(bt) {
		return at.After(bt)
	}
	return a.GUID < b.GUID
}

// Ambiguous says whether another host has the same hostname as h.
func (c *Catalog) Ambiguous(h *Host) bool {
	name := h.Info().Hostname
	for _, other := range c.all() {
		if other != h && other.Info().Hostname == name {
			return true
		}
	}
	return false
}

// Define returns the host with that machine GUID, lower case, after setting its facts; it is created when it is new.
func (c *Catalog) Define(guid string, info HostInfo) *Host {
	h := c.Host(guid)
	if h == nil {
		h = c.add(guid, info)
	}
	h.SetInfo(info)
	return h
}

func (c *Catalog) add(guid string, info HostInfo) *Host {
	c.mu.Lock()
	defer c.mu.Unlock()
	if h := c.hosts[guid]; h != nil {
		return h
	}
	h := newHost(c, guid, info)
	h.storeID = c.newStoreIDLocked(guid)
	c.hosts[guid] = h
	c.markHost(h)
	return h
}

// markHost notes that the facts or labels of h must be persisted.
func (c *Catalog) markHost(h *Host) {
	c.dirtyMu.Lock()
	c.dirty.addHost(h)
	c.dirtyMu.Unlock()
}

// markChart notes that the definition of ch or of its dimensions must be persisted.
func (c *Catalog) markChart(ch *Chart) {
	c.dirtyMu.Lock()
	c.dirty.addChart(ch)
	c.dirtyMu.Unlock()
}

// markConnection notes that the connection of h has begun, or has ended.
func (c *Catalog) markConnection(h *Host, conn *Connection, ended bool) {
	if c.persister == nil {
		return
	}
	c.dirtyMu.Lock()
	c.dirty.addConnection(connectionChange{h, conn, ended})
	c.dirtyMu.Unlock()
}
