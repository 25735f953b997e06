package tier

import (
	"math"
	"testing"
	"testing/quick"

	"foster/replication/wire"
)

func TestEncodeKeepsFloat32AndFlags(t *testing.T) {
	f := func(bits uint32, anomalous, reset bool) bool {
		v := float64(math.Float32frombits(bits))
		var flags wire.Flags
		if anomalous {
			flags |= wire.Anomalous
		}
		if reset {
			flags |= wire.Reset
		}
		stored, ok := encode(v, flags)
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return !ok
		}
		want := v
		if math.Abs(v) < smallestNormal {
			want = 0
		}
		got, a, r := decode(stored)
		// A reader that only rounds finds the value too.
		return ok && got == want && a == anomalous && r == reset && float64(float32(stored)) == want
	}
	if err := quick.Check(f, &quick.Config{MaxCount: 200_000}); err != nil {
		t.Error(err)
	}
}

func TestEncodeRoundsToNearest(t *testing.T) {
	f := func(v float64) bool {
		stored, ok := encode(v, wire.Anomalous)
		got, anomalous, reset := decode(stored)
		want := float64(float32(min(max(v, -math.MaxFloat32), math.MaxFloat32)))
		if math.Abs(v) < smallestNormal {
			want = 0
		}
		return ok && got == want && anomalous && !reset
	}
	if err := quick.Check(f, &quick.Config{MaxCount: 200_000}); err != nil {
		t.Error(err)
	}
}

func TestEncodeEdges(t *testing.T) {
	f := func(v, want float64) {
		t.Helper()
		for _, flags := range []wire.Flags{0, wire.Anomalous, wire.Reset, wire.Anomalous | wire.Reset} {
			stored, ok := encode(v, flags)
			got, anomalous, reset := decode(stored)
			if !ok || got != want || math.Signbit(got) != math.Signbit(want) {
				t.Errorf("%v with flags %v: got %v, want %v", v, flags, got, want)
			}
			if anomalous != (flags&wire.Anomalous != 0) || reset != (flags&wire.Reset != 0) {
				t.Errorf("%v with flags %v: anomalous %v, reset %v", v, flags, anomalous, reset)
			}
		}
	}
	f(0, 0)
	f(math.Copysign(0, -1), 0)
	f(1, 1)
	f(-0.1, float64(float32(-0.1)))
	f(16777217, 16777216)
	f(1e300, math.MaxFloat32)
	f(-1e300, -math.MaxFloat32)
	f(math.MaxFloat32, math.MaxFloat32)
	f(math.Nextafter(math.MaxFloat32, math.Inf(1)), math.MaxFloat32)
	f(smallestNormal, smallestNormal)
	f(math.Nextafter(smallestNormal, 0), 0)
	f(-1e-45, 0)
	f(math.SmallestNonzeroFloat64, 0)
}

func TestEncodeRefusesGaps(t *testing.T) {
	f := func(v float64, flags wire.Flags) {
		t.Helper()
		if _, ok := encode(v, flags); ok {
			t.Errorf("%v with flags %v is stored", v, flags)
		}
	}
	f(math.NaN(), 0)
	f(math.Inf(1), wire.Anomalous)
	f(math.Inf(-1), 0)
	f(1, wire.Empty)
	f(1, wire.Empty|wire.Reset)
}

func TestMetricName(t *testing.T) {
	f := func(context, want string) {
		t.Helper()
		if got := MetricName(context); got != want {
			t.Errorf("MetricName(%q) = %q, want %q", context, got, want)
		}
	}
	f("system.cpu", "system_cpu")
	f("disk.io", "disk_io")
	f("k8s.cgroup-1:a b", "k8s_cgroup_1_a_b")
	f("3ware.temp", "_3ware_temp")
	f("größe", "gr__e")
	f("\xff", "_")
	f("", "_")
}

func BenchmarkEncode(b *testing.B) {
	v := 0.1
	for b.Loop() {
		stored, _ := encode(v, wire.Anomalous)
		v, _, _ = decode(stored)
	}
}
