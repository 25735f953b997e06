package server

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// tidyRegisterer does not register the metrics of the embedded engines whose names promtool check metrics objects to:
// those that have a type in them. They tell of native histograms, which are not stored here, or repeat a summary.
type tidyRegisterer struct{ prometheus.Registerer }

// Register implements prometheus.Registerer.
func (t tidyRegisterer) Register(c prometheus.Collector) error {
	if misnamed(c) {
		return nil
	}
	return t.Registerer.Register(c)
}

// MustRegister implements prometheus.Registerer.
func (t tidyRegisterer) MustRegister(collectors ...prometheus.Collector) {
	for _, c := range collectors {
		if !misnamed(c) {
			t.Registerer.MustRegister(c)
		}
	}
}

// misnamed says whether a metric of the collector has a type in its name.
func misnamed(c prometheus.Collector) bool {
	descriptions := make(chan *prometheus.Desc)
	go func() {
		defer close(descriptions)
		c.Describe(descriptions)
	}()
	found := false
	for d := range descriptions {
		// A description tells its name in its text only.
		name, _, _ := strings.Cut(strings.TrimPrefix(d.String(), `Desc{fqName: "`), `"`)
		found = found || strings.Contains(name, "_histogram")
	}
	return found
}
