package server

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

func TestTidyRegisterer(t *testing.T) {
	registry := prometheus.NewRegistry()
	tidy := tidyRegisterer{registry}
	gauge := func(name string) prometheus.Collector {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: "x"})
	}
	tidy.MustRegister(gauge("good"), gauge("tsdb_native_histogram_series"))
	if err := tidy.Register(gauge("query_histogram_seconds")); err != nil {
		t.Error(err)
	}
	if err := tidy.Register(gauge("good")); err == nil {
		t.Error("a name is registered twice")
	}
	families, err := registry.Gather()
	if err != nil || len(families) != 1 || families[0].GetName() != "good" {
		t.Errorf("registered: %v %v", families, err)
	}
}
