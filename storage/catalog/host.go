package catalog

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"foster/replication/wire"
)

// HostInfo is what a host says of itself when it connects. It is a value: the maps are never changed once set.
type HostInfo struct {
	Hostname         string
	RegistryHostname string
	OS               string // linux, freebsd, macos, windows
	Timezone         string
	AbbrevTimezone   string
	UTCOffset        int64 // seconds
	UpdateEvery      int64 // seconds
	Hops             int64 // 1: the host itself connects
	ProgramName      string
	ProgramVersion   string
	Tags             string
	MLCapable        bool
	MLEnabled        bool
	Ephemeral        bool
	MemoryMode       string            // dbengine, ram, save, map, none
	SystemInfo       map[string]string // NETDATA_* facts by name
	ClaimID          string            // empty when the agent is not claimed
	NodeID           string
}

// Host is a machine that streams, or has streamed, to foster.
type Host struct {
	GUID string // machine GUID, lower case

	catalog *Catalog
	storeID string
	info    atomic.Pointer[HostInfo]
	labels  atomic.Pointer[[]wire.Label]
	path    atomic.Pointer[json.RawMessage]

	connMu   sync.Mutex // held while the host connects or is removed
	removed  atomic.Bool
	conn     atomic.Pointer[Connection]
	ended    atomic.Pointer[Connection] // the last that ended in this run
	lastSeen atomic.Int64               // unix nanoseconds
	first    atomic.Int64               // unix seconds, first connection ever
	apiKey   atomic.Pointer[string]

	mu        sync.RWMutex // guards the maps below, and changes of the definitions of charts
	charts    map[string]*Chart
	byName    map[string]*Chart
	defined   int // charts defined so far
	variables entries[float64]
	functions entries[wire.Function]

	list       atomic.Pointer[[]*Chart] // in order of definition; appended to, or replaced by a copy, with mu held
	generation atomic.Uint64
	update     broadcast
	size       atomic.Int64 // see Size

	retention atomic.Bool // first and last of the charts are known from the store

	row int64 // in the database, 0 when it has none yet; belongs to the persister
}

func newHost(c *Catalog, guid string, info HostInfo) *Host {
	h := &Host{
		GUID: guid, catalog: c, storeID: guid, charts: map[string]*Chart{}, byName: map[string]*Chart{},
		variables: entries[float64]{}, functions: entries[wire.Function]{},
	}
	h.info.Store(&info)
	h.labels.Store(&[]wire.Label{})
	h.list.Store(&[]*Chart{})
	return h
}

// StoreID returns what the points of the host are stored under. It is the GUID, unless the host came back while the points
// of a removed one with the same GUID were still being deleted; GUIDOf tells the GUID in any case.
func (h *Host) StoreID() string { return h.storeID }

// Removed says whether the host has been taken out of the catalog.
func (h *Host) Removed() bool { return h.removed.Load() }

// Info returns the facts of the host.
func (h *Host) Info() *HostInfo { return h.info.Load() }

// SetInfo replaces the facts of the host.
func (h *Host) SetInfo(info HostInfo) {
	if old := h.info.Load(); reflect.DeepEqual(*old, info) {
		return
	}
	h.info.Store(&info)
	h.changed()
}

// Labels returns the labels of the host, ordered by name. The slice must not be changed.
func (h *Host) Labels() []wire.Label { return *h.labels.Load() }

// SetLabels replaces the labels of the host. It keeps the slice.
func (h *Host) SetLabels(labels []wire.Label) {
	labels = sortLabels(labels)
	if slices.Equal(labels, h.Labels()) {
		return
	}
	h.size.Add(int64(sizeOfLabels(labels) - sizeOfLabels(h.Labels())))
	h.labels.Store(&labels)
	h.changed()
}

// StreamPath returns the path on which the host reaches foster as its child told it: JSON, nil when it did not.
func (h *Host) StreamPath() json.RawMessage {
	if p := h.path.Load(); p != nil {
		return *p
	}
	return nil
}

// SetStreamPath sets what StreamPath returns.
func (h *Host) SetStreamPath(p json.RawMessage) { h.path.Store(&p) }

func (h *Host) changed() {
	h.generation.Add(1)
	h.catalog.markHost(h)
}

// Generation counts the changes of the definitions of the host and its charts: when it is the same, so are they.
func (h *Host) Generation() uint64 { return h.generation.Load() }

// Chart returns the chart with that id, or else with that name, or nil.
func (h *Host) Chart(id string) *Chart {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if ch := h.charts[id]; ch != nil {
		return ch
	}
	return h.byName[id]
}

// Charts returns all charts in the order in which they were defined. The slice must not be changed.
func (h *Host) Charts() []*Chart { return *h.list.Load() }

// DefineChart returns the chart with the definition's id after setting its definition; it is created when it is new.
// A name that another chart has is dropped.
func (h *Host) DefineChart(def wire.Chart) *Chart {
	def.Slot = 0
	intern(&def)
	h.mu.Lock()
	defer h.mu.Unlock()
	ch := h.charts[def.ID]
	if other := h.byName[def.Name]; def.Name != "" && other != nil && other != ch || h.charts[def.Name] != nil {
		def.Name = ""
	}
	if ch == nil {
		ch = h.newChart(&def)
	} else {
		old := ch.def.Load()
		if *old == def {
			return ch
		}
		h.size.Add(int64(sizeOfChart(&def) - sizeOfChart(old)))
		if old.Name != def.Name {
			delete(h.byName, old.Name)
		}
		if *old == Guess(old.ID, old.Context) {
			ch.guessed.Store(true)
		}
		ch.def.Store(&def)
	}
	if def.Name != "" {
		h.byName[def.Name] = ch
	}
	ch.changed()
	return ch
}

// newChart adds a chart that the host does not have yet.
func (h *Host) newChart(def *wire.Chart) *Chart {
	ch := &Chart{Host: h, ID: def.ID, order: h.defined}
	h.defined++
	ch.dims.Store(&[]*Dimension{})
	ch.labels.Store(&[]wire.Label{})
	ch.def.Store(def)
	h.charts[def.ID] = ch
	h.size.Add(int64(chartSize + sizeOfChart(def)))
	list := append(*h.list.Load(), ch)
	h.list.Store(&list)
	return ch
}

// SetVariable sets a custom host variable. It is false when that would be more than most variables.
func (h *Host) SetVariable(name string, value float64, most int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.variables.put(h, name, value, most, 0)
}

// Variables returns a copy of the custom host variables.
func (h *Host) Variables() map[string]float64 {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return maps.Clone(h.variables)
}

// SetFunction registers a function the host offers. It is false when that would be more than most functions.
func (h *Host) SetFunction(f wire.Function, most int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.functions.put(h, f.Name, f, most, sizeOfFunction(f)-sizeOfFunction(h.functions[f.Name]))
}

// DeleteFunction withdraws a function.
func (h *Host) DeleteFunction(name string) {
	h.mu.Lock()
	h.functions.remove(h, name, sizeOfFunction(h.functions[name]))
	h.mu.Unlock()
}

// ClearFunctions withdraws all functions: the host has disconnected.
func (h *Host) ClearFunctions() {
	h.mu.Lock()
	for name, f := range h.functions {
		h.functions.remove(h, name, sizeOfFunction(f))
	}
	h.mu.Unlock()
}

// Functions returns a copy of the functions the host offers, by name.
func (h *Host) Functions() map[string]wire.Function {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return maps.Clone(h.functions)
}

// Connection returns the connection of the host, or nil when it is not connected.
func (h *Host) Connection() *Connection { return h.conn.Load() }

// EndedConnection returns the last connection of the host that has ended in this run, or nil.
func (h *Host) EndedConnection() *Connection { return h.ended.Load() }

// Connect makes c the connection of the host. It is false when the host has been removed meanwhile: it has to be defined
// again.
func (h *Host) Connect(c *Connection) bool {
	h.connMu.Lock()
	defer h.connMu.Unlock()
	if h.removed.Load() {
		return false
	}
	h.first.CompareAndSwap(0, c.Since.Unix())
	h.lastSeen.Store(c.Since.UnixNano())
	h.apiKey.Store(&c.APIKey)
	h.conn.Store(c)
	h.changed()
	h.catalog.markConnection(h, c, false)
	h.Notify()
	return true
}

// Disconnect ends the connection c, at the time the last byte was received.
func (h *Host) Disconnect(c *Connection) {
	if h.conn.CompareAndSwap(c, nil) {
		h.ended.Store(c)
		h.lastSeen.Store(c.LastTraffic().UnixNano())
		h.ClearFunctions()
		h.changed()
		h.catalog.markConnection(h, c, true)
		h.Notify()
	}
}

// LastSeen returns when the last byte of the host was received, the zero time when that is not known.
func (h *Host) LastSeen() time.Time {
	if c := h.Connection(); c != nil {
		return c.LastTraffic()
	}
	if n := h.lastSeen.Load(); n != 0 {
		return time.Unix(0, n)
	}
	return time.Time{}
}

// APIKey returns the API key with which the host connected last, "" when that is not known.
func (h *Host) APIKey() string {
	if key := h.apiKey.Load(); key != nil {
		return *key
	}
	return ""
}

// FirstSeen returns when the host connected for the first time, the zero time when it never did.
func (h *Host) FirstSeen() time.Time {
	if n := h.first.Load(); n != 0 {
		return time.Unix(n, 0)
	}
	return time.Time{}
}

// State is what can be said of a host in one word.
type State string

// The states of a host.
const (
	Live        State = "live"        // connected and sending
	Replicating State = "replicating" // connected, some charts still replay history
	Stale       State = "stale"       // silent or gone, not long ago
	Archived    State = "archived"    // gone for long, or not seen since foster started
)

// StaleAfter is the silence after which a connected host is stale, and ArchivedAfter the time after its last sign of
// life at which a stale one is archived.
const (
	StaleAfter    = 30 * time.Second
	ArchivedAfter = time.Hour
)

// State returns the state of the host.
func (h *Host) State(now time.Time) State {
	seen := h.LastSeen()
	if c := h.Connection(); c != nil {
		silent := max(StaleAfter, 5*time.Duration(h.Info().UpdateEvery)*time.Second)
		switch {
		case now.Sub(seen) > silent:
			return Stale
		case c.Replicating() > 0:
			return Replicating
		}
		return Live
	}
	if seen.IsZero() || now.Sub(seen) > ArchivedAfter {
		return Archived
	}
	return Stale
}

// Updated returns a channel that is closed when values or definitions of the host have changed.
func (h *Host) Updated() <-chan struct{} { return h.update.wait() }

// Notify closes the channels that Updated has returned.
func (h *Host) Notify() { h.update.notify() }

// RetentionKnown says whether the first and last stored times of the host's charts are known; SetRetentionKnown sets it.
func (h *Host) RetentionKnown() bool { return h.retention.Load() }

// SetRetentionKnown sets what RetentionKnown returns.
func (h *Host) SetRetentionKnown(known bool) { h.retention.Store(known) }

// broadcast wakes any number of waiters. Notifying costs one atomic load when nobody waits.
type broadcast struct {
	ch atomic.Pointer[chan struct{}]
}

func (b *broadcast) wait() <-chan struct{} {
	for {
		if ch := b.ch.Load(); ch != nil {
			return *ch
		}
		ch := make(chan struct{})
		if b.ch.CompareAndSwap(nil, &ch) {
			return ch
		}
	}
}

func (b *broadcast) notify() {
	if b.ch.Load() == nil {
		return
	}
	if ch := b.ch.Swap(nil); ch != nil {
		close(*ch)
	}
}
