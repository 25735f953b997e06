package api

import (
	"strconv"

	"foster/storage/catalog"
)

// allHostLabels yields the labels of a host with those that a parent of netdata v2.11.0 adds to what the child has sent.
func (a *API) allHostLabels(h *catalog.Host) func(yield func(name, value string) bool) {
	return func(yield func(name, value string) bool) {
		id, ephemeral := a.identify(h), false
		if h != nil {
			ephemeral = h.Info().Ephemeral
		}
		sent := make(map[string]bool, len(id.labels))
		for _, l := range id.labels {
			sent[l.Name] = true
			if !yield(l.Name, l.Value) {
				return
			}
		}
		for _, own := range [...]struct{ name, value string }{
			{"_hostname", id.hostname}, {"_os", id.os}, {"_is_ephemeral", strconv.FormatBool(ephemeral)},
		} {
			if !sent[own.name] && own.value != "" && !yield(own.name, own.value) {
				return
			}
		}
	}
}
