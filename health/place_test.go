package health

import (
	"testing"

	"foster/replication/wire"
)

func TestProcessors(t *testing.T) {
	for value, want := range map[string]float64{"8": 8, "0": 0, "-1": 0, "unknown": 0, "99999999": 0, "": 0} {
		f := hostFacts{labels: []wire.Label{{Name: "_system_cores", Value: value}}}
		if n, ok := f.processors(); ok != (want > 0) || ok && n != want {
			t.Errorf("%q: %v, %t", value, n, ok)
		}
	}
	if _, ok := (&hostFacts{}).processors(); ok {
		t.Error("processors without a label")
	}
}
