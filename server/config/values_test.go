package config

import (
	"errors"
	"math"
	"strings"
	"testing"
)

func TestParseBool(t *testing.T) {
	f := func(s string, want, warns bool) {
		t.Helper()
		got, err := parseBool(s)
		if got != want || (err != nil) != warns {
			t.Errorf("parseBool(%q) = %v, %v, want %v", s, got, err, want)
		}
		if err != nil && !errors.As(err, new(warning)) {
			t.Errorf("parseBool(%q): %v is not a warning", s, err)
		}
	}
	for _, s := range []string{"yes", "YES", "true", "on", "auto", "on demand", "On Demand"} {
		f(s, true, false)
	}
	for _, s := range []string{"no", "NO", "false", "off", "never", "0"} {
		f(s, false, false)
	}
	for _, s := range []string{"", "1", "y", "maybe", "yes | no", "yes # sure", "enabled"} {
		f(s, false, true)
	}
}

func TestParseInt(t *testing.T) {
	f := func(s string, want int64, warns bool) {
		t.Helper()
		got, err := parseInt(s)
		if got != want || (err != nil) != warns || err != nil && !errors.As(err, new(warning)) {
			t.Errorf("parseInt(%q) = %d, %v, want %d", s, got, err, want)
		}
	}
	f("0", 0, false)
	f("60", 60, false)
	f("-5", -5, false)
	f("+5", 5, false)
	f("0x10", 16, false)
	f("0Xff", 255, false)
	f("010", 8, false)
	f("60s", 60, true)
	f("1m", 1, true)
	f("3.7", 3, true)
	f("08", 0, true)
	f("0x", 0, true)
	f("9223372036854775807", math.MaxInt64, false)

	for _, s := range []string{"", "x", "-", "- 1", "9223372036854775808"} {
		if n, err := parseInt(s); err == nil || errors.As(err, new(warning)) {
			t.Errorf("parseInt(%q) = %d, %v, want an error", s, n, err)
		}
	}
}

func TestCanonicalGUID(t *testing.T) {
	const want = "0a1b2c3d-0000-4000-8000-00000000aaaa"
	for _, s := range []string{want, strings.ToUpper(want), "0A1B2C3D00004000800000000000AAAA"} {
		if got, ok := CanonicalGUID(s); !ok || got != want {
			t.Errorf("CanonicalGUID(%q) = %q, %v", s, got, ok)
		}
	}
	for _, s := range []string{"", "stream", "API_KEY", "{" + want + "}", "urn:uuid:" + want, want[:35], want[:35] + "g", want + " "} {
		if got, ok := CanonicalGUID(s); ok {
			t.Errorf("CanonicalGUID(%q) = %q", s, got)
		}
	}
}
