package catalog

// Variable returns a custom host variable; ok is false when there is none of that name.
func (h *Host) Variable(name string) (value float64, ok bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	value, ok = h.variables[name]
	return value, ok
}

// Variable returns a custom chart variable; ok is false when there is none of that name.
func (ch *Chart) Variable(name string) (value float64, ok bool) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	value, ok = ch.variables[name]
	return value, ok
}
