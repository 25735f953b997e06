package tier

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// registration is a Registerer that remembers what was registered. The TSDB never unregisters its metrics, and panics
// when a second one comes to the same Registerer: without this a store could not be opened again after it was closed.
type registration struct {
	prometheus.Registerer

	mu         sync.Mutex // guards collectors
	collectors []prometheus.Collector
}

func (r *registration) Register(c prometheus.Collector) error {
	if err := r.Registerer.Register(c); err != nil {
		return err
	}
	r.mu.Lock()
	r.collectors = append(r.collectors, c)
	r.mu.Unlock()
	return nil
}

func (r *registration) MustRegister(collectors ...prometheus.Collector) {
	for _, c := range collectors {
		if err := r.Register(c); err != nil {
			panic(err)
		}
	}
}

// undo unregisters everything.
func (r *registration) undo() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.collectors {
		r.Unregister(c)
	}
	r.collectors = nil
}
