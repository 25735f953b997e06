package catalog

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unique"

	"foster/replication/wire"
)

// Chart is a set of dimensions collected together.
type Chart struct {
	Host *Host
	ID   string // type.id

	order  int
	def    atomic.Pointer[wire.Chart]
	labels atomic.Pointer[[]wire.Label]
	dims   atomic.Pointer[[]*Dimension] // appended to, or replaced by a copy, with mu held

	first   atomic.Int64
	last    atomic.Int64
	found   atomic.Int64 // last as SetRetention was told
	defined atomic.Int64 // unix nanoseconds

	latest sync.Mutex // guards the newest values of all dims: one lock a row costs less than an atomic a value

	removed atomic.Bool // see Host.RemoveCharts
	moved   atomic.Bool // dimensions have other places than in the database
	guessed atomic.Bool // was made of stored names, see Guess

	mu        sync.Mutex // guards changes of dims, and the maps below
	variables entries[float64]
	functions entries[wire.Function]
	index     map[string]*Dimension // of the first dimensions, by id; nil for few

	row   int64 // in the database, 0 when it has none yet; belongs to the persister
	saved savedChart
}

// Def returns the definition of the chart; its Slot has no meaning. It must not be changed.
func (ch *Chart) Def() *wire.Chart { return ch.def.Load() }

// Name returns the chart's name, which is its id when it has no other.
func (ch *Chart) Name() string {
	if name := ch.Def().Name; name != "" {
		return name
	}
	return ch.ID
}

// UpdateEvery returns the collection interval in seconds, at least 1.
func (ch *Chart) UpdateEvery() int64 { return max(1, ch.Def().UpdateEvery) }

// SetUpdateEvery changes the collection interval, in seconds.
func (ch *Chart) SetUpdateEvery(seconds int64) {
	ch.redefine(func(def *wire.Chart) { def.UpdateEvery = seconds })
}

// SetObsolete retires or revives the chart.
func (ch *Chart) SetObsolete(obsolete bool) {
	ch.redefine(func(def *wire.Chart) { def.Obsolete = obsolete })
}

func (ch *Chart) redefine(change func(*wire.Chart)) {
	h := ch.Host
	h.mu.Lock()
	defer h.mu.Unlock()
	def := *ch.Def()
	change(&def)
	if def != *ch.Def() {
		ch.def.Store(&def)
		if !def.Obsolete {
			h.readmitLocked(ch)
		}
		ch.changed()
	}
}

// SetDefined notes that the connected child has defined the chart, at that time.
func (ch *Chart) SetDefined(at time.Time) { ch.defined.Store(at.UnixNano()) }

// Defined returns when the chart was last defined by its child in this run, the zero time when it was not.
func (ch *Chart) Defined() time.Time {
	if n := ch.defined.Load(); n != 0 {
		return time.Unix(0, n)
	}
	return time.Time{}
}

// definitionTime is how long after its connection a child may take to define its charts again.
const definitionTime = StaleAfter

// Visible says whether the chart belongs in listings: not hidden, not obsolete, with a dimension, and, when the host is
// connected, defined by it on this connection.
func (ch *Chart) Visible() bool {
	def := ch.Def()
	if def.Hidden || def.Obsolete || len(ch.Dimensions()) == 0 {
		return false
	}
	c := ch.Host.Connection()
	return c == nil || ch.defined.Load() >= c.Since.UnixNano() || c.LastTraffic().Sub(c.Since) < definitionTime
}

// Labels returns the labels of the chart, ordered by name. The slice must not be changed.
func (ch *Chart) Labels() []wire.Label { return *ch.labels.Load() }

// SetLabels replaces the labels of the chart. It keeps the slice.
func (ch *Chart) SetLabels(labels []wire.Label) {
	labels = sortLabels(labels)
	if slices.Equal(labels, ch.Labels()) {
		return
	}
	for i := range labels {
		labels[i].Name = internString(labels[i].Name)
		labels[i].Value = internString(labels[i].Value)
	}
	ch.Host.size.Add(int64(sizeOfLabels(labels) - sizeOfLabels(ch.Labels())))
	ch.labels.Store(&labels)
	ch.changed()
}

// Dimensions returns the dimensions in the order in which they were defined. The slice must not be changed.
func (ch *Chart) Dimensions() []*Dimension { return *ch.dims.Load() }

// fewDimensions are searched one by one, without a map.
const fewDimensions = 16

// Dimension returns the dimension with that id, or nil.
func (ch *Chart) Dimension(id string) *Dimension {
	if dims := ch.Dimensions(); len(dims) <= fewDimensions {
		for _, d := range dims {
			if d.ID == id {
				return d
			}
		}
		return nil
	}
	ch.mu.Lock()
	defer ch.mu.Unlock()
	dims := ch.Dimensions()
	if ch.index == nil {
		ch.index = make(map[string]*Dimension, len(dims))
	}
	for i := len(ch.index); i < len(dims); i++ {
		ch.index[dims[i].ID] = dims[i]
	}
	return ch.index[id]
}

// AddDimension appends a dimension the chart does not have yet. Callers check that with Dimension, and only one adds at a
// time: the one that receives the host.
func (ch *Chart) AddDimension(def wire.Dimension) *Dimension {
	d := newDimension(ch, def)
	ch.mu.Lock()
	defer ch.mu.Unlock()
	ch.addLocked(d)
	return d
}

func (ch *Chart) addLocked(d *Dimension) {
	dims := append(ch.Dimensions(), d)
	ch.dims.Store(&dims)
	ch.Host.size.Add(int64(sizeOfDimension(d.Def())))
	ch.changed()
}

// Guess returns the definition of a chart of which nothing is known but its names.
func Guess(id, context string) wire.Chart {
	family, _, _ := strings.Cut(id, ".")
	return wire.Chart{ID: id, Title: id, Family: family, Context: context, Type: "line", UpdateEvery: 1}
}

// Place gives a dimension the place at which its child defines it, when the chart's definition was a Guess before: the order of
// stored names is not that of the child. Those before it must have been given theirs.
func (ch *Chart) Place(d *Dimension, place int) {
	const most = 1000 // takes time by the square of it
	if !ch.guessed.Load() {
		return
	}
	ch.mu.Lock()
	defer ch.mu.Unlock()
	dims := ch.Dimensions()
	at := slices.Index(dims, d)
	if at <= place || len(dims) > most {
		return
	}
	dims = slices.Insert(slices.Delete(slices.Clone(dims), at, at+1), place, d)
	ch.dims.Store(&dims)
	ch.index = nil
	ch.moved.Store(true)
	ch.changed()
}

// SetVariable sets a custom chart variable. It is false when that would be more than most variables.
func (ch *Chart) SetVariable(name string, value float64, most int) bool {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	return ch.variables.put(ch.Host, name, value, most, 0)
}

// Variables returns a copy of the custom chart variables.
func (ch *Chart) Variables() map[string]float64 {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	return maps.Clone(ch.variables)
}

// SetFunction registers a function of the chart. It is false when that would be more than most functions.
func (ch *Chart) SetFunction(f wire.Function, most int) bool {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	return ch.functions.put(ch.Host, f.Name, f, most, sizeOfFunction(f)-sizeOfFunction(ch.functions[f.Name]))
}

// DeleteFunction withdraws a function of the chart.
func (ch *Chart) DeleteFunction(name string) {
	ch.mu.Lock()
	ch.functions.remove(ch.Host, name, sizeOfFunction(ch.functions[name]))
	ch.mu.Unlock()
}

// Functions returns a copy of the functions of the chart, by name.
func (ch *Chart) Functions() map[string]wire.Function {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	return maps.Clone(ch.functions)
}

// First and Last return the unix times of the oldest and the newest stored point, 0 when there is none or it is not
// known (see Host.RetentionKnown).
func (ch *Chart) First() int64 { return ch.first.Load() }

// Last returns the unix time of the newest stored point.
func (ch *Chart) Last() int64 { return ch.last.Load() }

// LastWhole returns the unix time up to which the points of all dimensions are stored for certain, when the child has them.
// It is Last once a point was stored since SetRetention. Before, it is less: of the newest time, a killed process may have
// stored some dimensions and not the others.
func (ch *Chart) LastWhole() int64 {
	last := ch.last.Load()
	if last > 0 && last == ch.found.Load() {
		return last - max(1, ch.UpdateEvery())
	}
	return last
}

// SetRetention sets the oldest and the newest time that were found to be stored.
func (ch *Chart) SetRetention(first, last int64) {
	ch.first.Store(first)
	ch.last.Store(last)
	ch.found.Store(last)
}

// Stored notes that a point at unix time t has been stored.
func (ch *Chart) Stored(t int64) {
	if first := ch.first.Load(); first == 0 || t < first {
		ch.first.Store(t)
	}
	if t > ch.last.Load() {
		ch.last.Store(t)
	}
}

// LockLatest locks the newest values of the dimensions, for SetLast and SetCollected. It is held for no longer than a row takes.
func (ch *Chart) LockLatest() { ch.latest.Lock() }

// UnlockLatest undoes LockLatest.
func (ch *Chart) UnlockLatest() { ch.latest.Unlock() }

func (ch *Chart) changed() {
	ch.Host.generation.Add(1)
	ch.Host.catalog.markChart(ch)
}

// sortLabels orders labels by name; of several with one name the last stays.
func sortLabels(labels []wire.Label) []wire.Label {
	slices.Reverse(labels)
	slices.SortStableFunc(labels, func(a, b wire.Label) int { return cmp.Or(strings.Compare(a.Name, b.Name)) })
	return slices.CompactFunc(labels, func(a, b wire.Label) bool { return a.Name == b.Name })
}

// intern makes the strings of a definition share memory with equal ones of other hosts.
func intern(def *wire.Chart) {
	for _, s := range []*string{&def.ID, &def.Name, &def.Title, &def.Units, &def.Family, &def.Context, &def.Type, &def.Plugin, &def.Module} {
		*s = internString(*s)
	}
}

func internString(s string) string {
	if s == "" {
		return ""
	}
	return unique.Make(s).Value()
}
