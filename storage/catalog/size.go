package catalog

import "foster/replication/wire"

// What things take in memory besides their strings, in bytes, about.
const (
	chartSize     = 1024
	dimensionSize = 384
	entrySize     = 128 // of a list or a map
)

// Size returns what the definitions of the host and its charts take in memory, in bytes, about.
func (h *Host) Size() int64 { return h.size.Load() }

func sizeOfChart(def *wire.Chart) int {
	return len(def.ID) + len(def.Name) + len(def.Title) + len(def.Units) + len(def.Family) + len(def.Context) + len(def.Type) +
		len(def.Plugin) + len(def.Module)
}

func sizeOfDimension(def *wire.Dimension) int { return dimensionSize + len(def.ID) + len(def.Name) }

func sizeOfLabels(labels []wire.Label) int {
	n := entrySize * len(labels)
	for _, l := range labels {
		n += len(l.Name) + len(l.Value)
	}
	return n
}

// sizeOfFunction is what a function takes besides its entry by name.
func sizeOfFunction(f wire.Function) int { return len(f.Help) + len(f.Tags) }

// entries are a map of h by name, with the lock held that guards it.
type entries[V any] map[string]V

// put sets an entry unless that would give the map more than most. Besides the entry itself that takes more bytes.
func (m *entries[V]) put(h *Host, name string, value V, most, more int) bool {
	if _, ok := (*m)[name]; !ok {
		if len(*m) >= most {
			return false
		}
		more += entrySize + len(name)
	}
	if *m == nil {
		*m = entries[V]{}
	}
	(*m)[name] = value
	h.size.Add(int64(more))
	return true
}

// remove removes an entry, which took less bytes besides the entry itself.
func (m entries[V]) remove(h *Host, name string, less int) {
	if _, ok := m[name]; ok {
		delete(m, name)
		h.size.Add(-int64(entrySize + len(name) + less))
	}
}
