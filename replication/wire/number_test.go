package wire

import (
	"math"
	"testing"
)

func TestParseInt(t *testing.T) {
	for _, tc := range []struct {
		word string
		want int64
		ok   bool
	}{
		{"15", 15, true},
		{"-3", -3, true},
		{"+3", 3, true},
		{"0", 0, true},
		{"007", 7, true},
		{"9223372036854775807", math.MaxInt64, true},
		{"-9223372036854775808", math.MinInt64, true},
		{"18446744073709551615", -1, true},
		{"12.9", 12, true},
		{"12abc", 12, true},
		{"0x6553F100", 1700000000, true},
		{"0x6553f100", 1700000000, true},
		{"0x5", 5, true},
		{"-0x5", -5, true},
		{"0x", 0, true},
		{"0xg", 0, false},
		{"#BlU/EA", 1700000000, true},
		{"#A", 0, true},
		{"#/", 63, true},
		{"#BA", 64, true},
		{"#Po", 1000, true},
		{"-#F", -5, true},
		{"#GYMBZpGUt", 1795229114197293, true},
		{"#P//////////", -1, true},
		{"#", 0, false},
		{"", 0, false},
		{"-", 0, false},
		{"+", 0, false},
		{"-#", 0, false},
		{"x", 0, false},
		{"null", 0, false},
		{"--5", 0, false},
		{" 5", 0, false},
	} {
		n, ok := ParseInt([]byte(tc.word))
		if ok != tc.ok || ok && n != tc.want {
			t.Errorf("%q: got %d, %t, want %d, %t", tc.word, n, ok, tc.want, tc.ok)
		}
	}
}

func TestParseFloat(t *testing.T) {
	nan := math.NaN()
	for _, tc := range []struct {
		word string
		want float64
		ok   bool
	}{
		{"15", 15, true},
		{"-3", -3, true},
		{"+3", 3, true},
		{"1.25", 1.25, true},
		{"-1.25", -1.25, true},
		{".5", 0.5, true},
		{"5.", 5, true},
		{"1e3", 1000, true},
		{"1E-3", 0.001, true},
		{"99.49495", 99.49495, true},
		{"0.0000000", 0, true},
		{"123456789012345", 123456789012345, true},
		{"1234567890123456789", 1234567890123456789, true},
		{"0x6553F100", 1700000000, true},
		{"-0x5", -5, true},
		{"#BlU/EA", 1700000000, true},
		{"-#F", -5, true},
		{"%3FF8000000000000", 1.5, true},
		{"@D/4AAAAAAAA", 1.5, true},
		{"@L/4AAAAAAAA", -1.5, true},
		{"@A", 0, true},
		{"nan", nan, true},
		{"NAN", nan, true},
		{"-nan", nan, true},
		{"inf", nan, true},
		{"-inf", nan, true},
		{"null", nan, true},
		{"1e999", nan, true},
		{"%7FF0000000000000", nan, true},
		{"%FFF0000000000000", nan, true},
		{"%7FF8000000000000", nan, true},
		{"", nan, false},
		{"-", nan, false},
		{"@", nan, false},
		{"%", nan, false},
		{"#", nan, false},
		{"x", nan, false},
		{"1,5", nan, false},
		{"1.2.3", nan, false},
	} {
		v, ok := ParseFloat([]byte(tc.word))
		if ok != tc.ok || ok && !same(v, tc.want) {
			t.Errorf("%q: got %g, %t, want %g, %t", tc.word, v, ok, tc.want, tc.ok)
		}
	}
	// A real one: netdata v2.11.0 sent 3.553299.
	if v, _ := ParseFloat([]byte("@EAMbSgGr0aq")); math.Abs(v-3.553299) > 1e-6 {
		t.Errorf("@EAMbSgGr0aq: got %g", v)
	}
}

func same(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }

func TestAppendInt64(t *testing.T) {
	for _, tc := range []struct {
		n                    int64
		decimal, hex, base64 string
	}{
		{0, "0", "0x0", "#A"},
		{1, "1", "0x1", "#B"},
		{15, "15", "0xF", "#P"},
		{16, "16", "0x10", "#Q"},
		{63, "63", "0x3F", "#/"},
		{64, "64", "0x40", "#BA"},
		{1000, "1000", "0x3E8", "#Po"},
		{-5, "-5", "-0x5", "-#F"},
		{1700000000, "1700000000", "0x6553F100", "#BlU/EA"},
		{math.MaxInt64, "9223372036854775807", "0x7FFFFFFFFFFFFFFF", "#H//////////"},
		{math.MinInt64, "-9223372036854775808", "-0x8000000000000000", "-#IAAAAAAAAAA"},
	} {
		for f, want := range map[Form]string{Decimal: tc.decimal, Hex: tc.hex, Base64: tc.base64} {
			if got := string(AppendInt64(nil, tc.n, f)); got != want {
				t.Errorf("%d in form %d: got %s, want %s", tc.n, f, got, want)
			}
		}
	}
}

func TestAppendFloat64(t *testing.T) {
	for _, tc := range []struct {
		v               float64
		decimal, base64 string
	}{
		{0, "0", "@A"},
		{1.5, "1.5", "@D/4AAAAAAAA"},
		{-1.5, "-1.5", "@L/4AAAAAAAA"},
		{99.49495, "99.49495", ""},
		{0.30000000000000004, "0.300000000000000", ""},
		{1e15, "1e+15", ""},
		{1e-10, "1e-10", ""},
		{123456789, "123456789", ""},
		{math.NaN(), "NAN", "NAN"},
		{math.Inf(-1), "NAN", "NAN"},
	} {
		if got := string(AppendFloat64(nil, tc.v, Decimal)); got != tc.decimal {
			t.Errorf("%g: got %s, want %s", tc.v, got, tc.decimal)
		}
		if got := string(AppendFloat64(nil, tc.v, Hex)); got != tc.decimal {
			t.Errorf("%g beside hex integers: got %s, want %s", tc.v, got, tc.decimal)
		}
		if got := string(AppendFloat64(nil, tc.v, Base64)); tc.base64 != "" && got != tc.base64 {
			t.Errorf("%g: got %s, want %s", tc.v, got, tc.base64)
		}
	}
}

func FuzzNumbers(f *testing.F) {
	for _, s := range []string{"", "-", "15", "1.25", "0x6553F100", "#BlU/EA", "@D/4AAAAAAAA", "%3FF8000000000000", "nan", "-#F", "1e999", "0X1p-2", "1_0"} {
		f.Add([]byte(s), int64(1700000000), 1.5)
	}
	f.Fuzz(func(t *testing.T, word []byte, n int64, v float64) {
		if got, ok := ParseFloat(word); ok && math.IsInf(got, 0) {
			t.Errorf("%q is infinite", word)
		}
		ParseInt(word)
		for _, form := range []Form{Decimal, Hex, Base64} {
			b := AppendInt64(nil, n, form)
			if got, ok := ParseInt(b); !ok || got != n {
				t.Errorf("%d: written as %s, read as %d", n, b, got)
			}
			if got, ok := ParseFloat(b); !ok || math.Abs(got-float64(n)) > math.Abs(float64(n))*1e-15 {
				t.Errorf("%d: written as %s, read as %g", n, b, got)
			}
			b = AppendFloat64(nil, v, form)
			got, ok := ParseFloat(b)
			switch {
			case !ok:
				t.Errorf("%g: written as %s, cannot be read", v, b)
			case !finite(v):
				if !math.IsNaN(got) {
					t.Errorf("%g: written as %s, read as %g", v, b, got)
				}
			case form == Base64 && math.Float64bits(got) != math.Float64bits(v):
				t.Errorf("%g: written as %s, read as %g", v, b, got)
			case math.Abs(got-v) > math.Abs(v)*2e-6: // 1e-9 with 15 digits behind the point
				t.Errorf("%g: written as %s, read as %g", v, b, got)
			}
		}
	})
}
