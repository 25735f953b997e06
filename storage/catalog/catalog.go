package catalog

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Catalog is the set of all hosts. Its methods may be used from any goroutine.
type Catalog struct {
	mu    sync.Mutex // guards changes of hosts
	hosts atomic.Pointer[map[string]*Host]

	dirtyMu sync.Mutex // guards dirty
	dirty   changes

	persister *persister // nil when the catalog is in memory only
}

// NewInMemory returns an empty catalog that is not persisted.
func NewInMemory() *Catalog {
	c := &Catalog{}
	c.hosts.Store(&map[string]*Host{})
	return c
}

// Host returns the host with that machine GUID, lower case, or nil.
func (c *Catalog) Host(guid string) *Host { return (*c.hosts.Load())[guid] }

// Hosts returns all hosts, archived ones included, ordered by hostname, then GUID.
func (c *Catalog) Hosts() []*Host {
	hosts := *c.hosts.Load()
	list := make([]*Host, 0, len(hosts))
	for _, h := range hosts {
		list = append(list, h)
	}
	slices.SortFunc(list, func(a, b *Host) int {
		return cmp.Or(strings.Compare(a.Info().Hostname, b.Info().Hostname), strings.Compare(a.GUID, b.GUID))
	})
	return list
}

// Len returns the number of hosts.
func (c *Catalog) Len() int { return len(*c.hosts.Load()) }

// Find returns the host with that hostname, machine GUID (any case) or node id, or nil. Of several hosts with the same
// name it returns a connected one, else the one seen last.
func (c *Catalog) Find(name string) *Host {
	hosts := *c.hosts.Load()
	if h := hosts[strings.ToLower(name)]; h != nil {
		return h
	}
	var found *Host
	for _, h := range hosts {
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
	for _, other := range *c.hosts.Load() {
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
	old := *c.hosts.Load()
	if h := old[guid]; h != nil {
		return h
	}
	h := newHost(c, guid, info)
	hosts := make(map[string]*Host, len(old)+1)
	maps.Copy(hosts, old)
	hosts[guid] = h
	c.hosts.Store(&hosts)
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
