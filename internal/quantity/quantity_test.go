package quantity

import (
	"strings"
	"testing"
	"time"
)

const mebibyte = 1 << 20

func TestParseDuration(t *testing.T) {
	f := func(s string, unit, want time.Duration) {
		t.Helper()
		got, err := ParseDuration(s, unit)
		if err != nil || got != want {
			t.Errorf("ParseDuration(%q, %v) = %v, %v, want %v", s, unit, got, err, want)
		}
	}
	// Plain numbers, as in v1.
	f("0", time.Second, 0)
	f("60", time.Second, time.Minute)
	f("14", day, 14*day)
	f("1.5", time.Second, 1500*time.Millisecond)
	f("60s", time.Second, time.Minute)

	// Every unit, in any case.
	f("7ns", time.Second, 7)
	f("7us", time.Second, 7*time.Microsecond)
	f("7ms", time.Second, 7*time.Millisecond)
	for _, u := range []string{"s", "sec", "secs", "second", "seconds", "S", "Sec"} {
		f("2"+u, day, 2*time.Second)
	}
	for _, u := range []string{"m", "min", "minute", "minutes", "M"} {
		f("2 "+u, time.Second, 2*time.Minute)
	}
	for _, u := range []string{"h", "hr", "hrs", "hour", "hours", "HOURS"} {
		f("2"+u, time.Second, 2*time.Hour)
	}
	for _, u := range []string{"d", "day", "days"} {
		f("2"+u, time.Second, 2*day)
	}
	for _, u := range []string{"w", "wk", "week", "weeks"} {
		f("2"+u, time.Second, 14*day)
	}
	for _, u := range []string{"mo", "month", "months"} {
		f("2"+u, time.Second, 60*day)
	}
	for _, u := range []string{"q", "quarter", "quarters"} {
		f("2"+u, time.Second, 180*day)
	}
	for _, u := range []string{"y", "a", "year", "years"} {
		f("2"+u, time.Second, 730*day)
	}

	// Sums, signs, words.
	f("1d12h", time.Second, 36*time.Hour)
	f("1h 30m", time.Second, 90*time.Minute)
	f("34m8s", time.Second, 2048*time.Second)
	f("1h30", time.Second, time.Hour+30*time.Second)
	f("-10m", time.Second, -10*time.Minute)
	f("10m ago", time.Second, -10*time.Minute)
	f("+10m", time.Second, 10*time.Minute)
	f("-1h30m", time.Second, -90*time.Minute)
	f("off", time.Second, 0)
	f("Never", time.Second, 0)
	f(" 5m\t", time.Second, 5*time.Minute)
}

func TestParseDurationErrors(t *testing.T) {
	f := func(s string) {
		t.Helper()
		if d, err := ParseDuration(s, time.Second); err == nil {
			t.Errorf("ParseDuration(%q) = %v, want an error", s, d)
		}
	}
	f("")
	f("  ")
	f("yes")
	f("ten")
	f("10x")
	f("10 parsecs")
	f("1h-30m")
	f("1,5h")
	f("1..5h")
	f("-")
	f("ago")
	f("- ago")
	f("h")
	f("1h m")
	f("0x10")
	f("300y")
	f("1e3")
	f(strings.Repeat("9", 400))
	f("10m # ten")
}

func FuzzDuration(f *testing.F) {
	for _, s := range []string{"60", "1d12h", "-10m", "10m ago", "off", "1.5 hours", "34m8s", "999999999y", "9e9", "ago", "1h\t2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDuration(s, time.Second)
		if err != nil {
			if d != 0 {
				t.Errorf("ParseDuration(%q) = %v with error %v", s, d, err)
			}
			return
		}
		negated, err := ParseDuration(s+" ago", time.Second)
		switch strings.ToLower(trim(s)) {
		case "off", "never":
			return
		}
		if !strings.HasSuffix(strings.ToLower(trim(s)), "ago") && (err != nil || negated != -d) {
			t.Errorf("ParseDuration(%q) = %v, with ago %v, %v", s, d, negated, err)
		}
		_, _ = ParseSize(s, mebibyte)
	})
}

func TestParseSize(t *testing.T) {
	f := func(s string, unit, want uint64) {
		t.Helper()
		got, err := ParseSize(s, unit)
		if err != nil || got != want {
			t.Errorf("ParseSize(%q, %d) = %d, %v, want %d", s, unit, got, err, want)
		}
	}
	f("10485760", 1, 10485760)
	f("256", mebibyte, 256<<20)
	f("0", mebibyte, 0)
	f("off", 1, 0)
	f("7B", mebibyte, 7)
	f("2k", 1, 2000)
	f("2K", 1, 2000)
	f("2KB", 1, 2000)
	f("2M", 1, 2e6)
	f("2MB", 1, 2e6)
	f("2G", 1, 2e9)
	f("2GB", 1, 2e9)
	f("2T", 1, 2e12)
	f("2TB", 1, 2e12)
	f("2P", 1, 2e15)
	f("2PB", 1, 2e15)
	f("2KiB", 1, 2<<10)
	f("2MiB", 1, 2<<20)
	f("2GiB", 1, 2<<30)
	f("2TiB", 1, 2<<40)
	f("2PiB", 1, 2<<50)
	f("1.5 GiB", 1, 3<<29)

	bad := func(s string) {
		t.Helper()
		if n, err := ParseSize(s, 1); err == nil {
			t.Errorf("ParseSize(%q) = %d, want an error", s, n)
		}
	}
	bad("")
	bad("-1")
	bad("1gib")
	bad("10mb")
	bad("1 GiB 2")
	bad("1GiB!")
	bad("big")
	bad("9999999PiB")
	bad("OFF")
}
