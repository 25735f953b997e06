package health

import (
	"math"
	"testing"
)

func TestValueText(t *testing.T) {
	f := func(v float64, units, want string) {
		t.Helper()
		if got := ValueText(v, units); got != want {
			t.Errorf("%v %q is %q, want %q", v, units, got, want)
		}
	}
	nan := math.NaN()
	f(25, "widgets", "25 widgets")
	f(100, "widgets/s", "100 widgets/s")
	f(12.34, "%", "12.3%")
	f(12.34, "percentage", "12.3%")
	f(1.5, "", "1.5")
	f(1.5, "empty", "1.5")
	f(1234.5, "KiB", "1234 KiB")
	f(0.123456, "x", "0.12 x")
	f(0.0123456, "x", "0.0123 x")
	f(0.00123456, "x", "0.00123 x")
	f(0.000123456, "x", "0.000123 x")
	f(0.0000123456, "x", "0.0000123 x")
	f(0, "x", "0 x")
	f(-0.00000001, "x", "0 x")
	f(-3, "x", "-3 x")
	f(nan, "x", "-")
	f(math.Inf(1), "x", "-")
	f(0, "seconds", "now")
	f(61, "seconds", "00:01:01")
	f(90061, "seconds", "1 day 01:01:01")
	f(180061, "seconds ago", "2 days 02:01:01 ago")
	f(nan, "seconds", "undefined")
	f(61, "minutes", "1h 1m")
	f(1501, "minutes", "1d 01h 01m")
	f(0, "hours", "now")
	f(25, "hours", "1d 1h")
	f(5, "hours ago", "5h ago")
	f(1, "on/off", "on")
	f(0, "up/down", "down")
	f(0, "ok/failed", "failed")
	f(nan, "on/off", "-")
}

func FuzzFill(f *testing.F) {
	f.Add("a ${family} $family ${label:x} $label:x b $ ${ ${}")
	h := &hostFacts{name: "h"}
	p := &place{family: "fam"}
	f.Fuzz(func(t *testing.T, text string) {
		if got := fill(text, p, h); len(got) > 3*len(text)+3 {
			t.Errorf("%q became %q", text, got)
		}
	})
}
