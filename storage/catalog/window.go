package catalog

// Expired notes that the points before unix time first are not stored any more. It is 0 when there is none.
func (ch *Chart) Expired(first int64) {
	if first > ch.first.Load() {
		ch.first.Store(first)
	}
}
