package catalog

import "slices"

// RemoveCharts takes the charts of which gone is true out of the host and its file, and returns how many. gone is called
// with the definitions locked and must not change any. A chart that is defined again is a new one; one of which a
// connected child still knows and sends data comes back when it is no longer obsolete, see Chart.SetObsolete.
func (h *Host) RemoveCharts(gone func(*Chart) bool) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	old := h.Charts()
	list := make([]*Chart, 0, len(old))
	var removed []*Chart
	for _, ch := range old {
		if !gone(ch) {
			list = append(list, ch)
			continue
		}
		removed = append(removed, ch)
		h.size.Add(-int64(ch.size()))
		delete(h.charts, ch.ID)
		if h.byName[ch.Def().Name] == ch {
			delete(h.byName, ch.Def().Name)
		}
		def := *ch.Def()
		def.Obsolete = true
		ch.def.Store(&def)
		ch.removed.Store(true)
	}
	if len(removed) > 0 {
		h.list.Store(&list)
	}
	for _, ch := range removed { // last: who sees the new generation must not see the old list
		ch.changed()
	}
	return len(removed)
}

// readmitLocked undoes RemoveCharts for one chart.
func (h *Host) readmitLocked(ch *Chart) {
	if !ch.removed.Load() || h.charts[ch.ID] != nil {
		return
	}
	ch.removed.Store(false)
	h.charts[ch.ID] = ch
	if name := ch.Def().Name; name != "" && h.byName[name] == nil && h.charts[name] == nil {
		h.byName[name] = ch
	}
	list := append(slices.Clone(h.Charts()), ch)
	h.list.Store(&list)
	h.size.Add(int64(ch.size()))
}

// Removed says whether the chart has been taken out of its host.
func (ch *Chart) Removed() bool { return ch.removed.Load() }

// size returns what the chart takes in memory, in bytes, about.
func (ch *Chart) size() int {
	n := chartSize + sizeOfChart(ch.Def()) + sizeOfLabels(ch.Labels())
	for _, d := range ch.Dimensions() {
		n += sizeOfDimension(d.Def())
	}
	return n
}

// RemoveDimensions takes the dimensions of which gone is true out of the chart and its file, and returns how many. gone
// must not change any. One that is defined, or has data, again comes back at the end, see Dimension.SetDef.
func (ch *Chart) RemoveDimensions(gone func(*Dimension) bool) int {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	old := ch.Dimensions()
	dims := make([]*Dimension, 0, len(old))
	for _, d := range old {
		if !gone(d) {
			dims = append(dims, d)
			continue
		}
		ch.Host.size.Add(-int64(sizeOfDimension(d.Def())))
		def := *d.Def()
		def.Obsolete = true
		d.def.Store(&def)
		d.removed.Store(true)
	}
	n := len(old) - len(dims)
	if n > 0 {
		ch.dims.Store(&dims)
		ch.index = nil
		ch.moved.Store(true)
		ch.changed()
	}
	return n
}
