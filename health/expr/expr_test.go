package expr

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

// variables are those of the tests.
func variables(name string) (float64, bool) {
	v, ok := map[string]float64{
		"this": 42, "status": 3, "WARNING": 3, "CRITICAL": 4, "zero": 0, "big": math.Inf(1), "gap": math.NaN(),
		"ex one": 7, "a.b_c": 8, "used:x": 9,
	}[name]
	return v, ok
}

func TestEval(t *testing.T) {
	for text, want := range map[string]float64{
		"5": 5, "-1.5": -1.5, "1e3": 1000, "1.5e-3": 0.0015, ".5": 0.5, "+5": 5, "2 - -1": 3, "-3 * -2": 6,
		"100 / 10 / 2": 5, "!1 + 1": 1, "5 % 3": 2, "2 + 3 * 4": 14, "(2 + 3) * 4": 20,
		"1 > 2 ? 3 : 4": 4, "1 > 0 ? 3 : 4 + 5": 3, "(1 > 0) ? 3 + 1 : 4": 4,
		"(1>0) ? (2) : ((1>0) ? (3) : (4))": 2, "0 ? 2 : 1 ? 3 : 4": 3, "1 ? 0 ? 5 : 6 : 7": 6,
		"10 > 5 + 3 * 2 - 1": 0, "1 OR 1 AND 0": 0, "0 and 1 or 1": 1,
		"1 == 1 == 1": 1, "3 > 2 > 1": 0, "0.1 + 0.2 == 0.3": 1, "2 <> 3": 1, "2 = 2": 1, "2 != 2": 0,
		"1 < 2 == 2 > 1": 1, "2 <= 2": 1, "2 >= 3": 0,
		"nan == nan": 1, "inf == inf": 1, "nan > 1": 0, "1 > nan": 0, "inf > 5": 1, "NaN != 1": 1,
		"nan AND 1": 0, "nan OR 1": 1, "! nan": 1, "(nan) ? 1 : 2": 2, "(inf) ? 1 : 2": 1, "null == NULL": 1, "Infinity == inf": 1,
		"NOT $this > 5": 0, "not $zero": 1, "abs(-3) + 1": 4, "ABS (3)": 3, "abs(3 - 5)": 2, "-abs(-2)": -2,
		"(1)AND(1)": 1, "(1) AND(0)": 0, "1 AND(1)": 1,
		"$this": 42, "${this}": 42, "${ ex one }": 7, "$a.b_c+1": 9, "$used:x": 9,
		"$this > (($status >= $WARNING) ? (15) : (20))": 1,
		"$nosuch > 1": 0, "$nosuch == nan": 1, "1 OR $nosuch": 1, "($nosuch / 2) > 1": 0,
		"1 OR (1/0)": 1, "0 AND (1/0)": 0, "$gap > 1": 0,
	} {
		e, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got, err := e.Eval(variables)
		if err != nil || math.Abs(got-want) > 1e-12 {
			t.Errorf("%s is %v, %v; want %v", text, got, err, want)
		}
		// What is printed means the same.
		again, err := Parse(e.String())
		if err != nil {
			t.Errorf("%s is printed as %s: %v", text, e, err)
			continue
		}
		if got, err := again.Eval(variables); err != nil || math.Abs(got-want) > 1e-12 || again.String() != e.String() {
			t.Errorf("%s is printed as %s, which is %v, %v, and printed as %s", text, e, got, err, again)
		}
	}
}

func TestEvalFails(t *testing.T) {
	for text, want := range map[string]error{
		"nan": ErrNotANumber, "inf": ErrInfinite, "-inf": ErrInfinite, "nan + 1": ErrNotANumber, "inf - inf": ErrInfinite,
		"1/0": ErrDivideByZero, "0/0": ErrDivideByZero, "5 % $zero": ErrDivideByZero, "1/0 + 5 > 3": ErrDivideByZero,
		"(1/0) OR 1": ErrDivideByZero, "abs(1/0) > 1": ErrDivideByZero, "$nosuch": ErrNotANumber, "$nosuch * 2": ErrNotANumber, "$big": ErrInfinite,
		"(1/0) ? 1 : 2": ErrDivideByZero,
	} {
		e, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, err := e.Eval(variables); !errors.Is(err, want) || got == got {
			t.Errorf("%s is %v, %v; want %v", text, got, err, want)
		}
	}
	e, err := Parse("$one + $two + $this")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Eval(variables); err == nil || err.Error() != "the result is not a number; unknown: $one, $two" {
		t.Errorf("%v", err)
	}
}

func TestParseFails(t *testing.T) {
	for text, want := range map[string]string{
		"":                                   "at position 1: the expression ends where a value should be",
		"1 +":                                "at position 4: the expression ends where a value should be",
		"0x10":                               `at position 2: unknown word "x10"`,
		"1k":                                 `at position 2: unknown word "k"`,
		"abs -3":                             "at position 5: abs without parentheses",
		"(1":                                 "at position 3: a parenthesis is not closed",
		"1)":                                 `at position 2: unexpected ")"`,
		"1 ? 2":                              "at position 6: ? without :",
		"1 2":                                `at position 3: unexpected "2"`,
		"$":                                  "at position 1: a variable has no name",
		"${}":                                "at position 1: a variable has no name",
		"${a":                                "at position 1: a brace is not closed",
		"1 & 2":                              `at position 3: unexpected "& 2"`,
		".":                                  `at position 1: "." is not a number`,
		"1e999":                              `at position 1: "1e999" is not a number`,
		"this > 5":                           `at position 1: unknown word "this"`,
		"1 > ÿ ö ä":                          `at position 5: unexpected "ÿ ö ä"`,
		"$" + strings.Repeat("x", 301):       "at position 1: the name of a variable is longer than 300 bytes",
		strings.Repeat("(", 300):             "more than 200 levels",
		strings.Repeat("!", 300) + "1":       "more than 200 levels",
		"1" + strings.Repeat("+1", 300):      "more than 200 operators in a row",
		"1" + strings.Repeat(" ", maxLength): "longer than 4096 bytes",
		strings.Repeat("1?1:", 300) + "1":    "more than 200 levels",
		"1" + strings.Repeat("+1*1", 150) + strings.Repeat("+1", 100): "more than 200 operators in a row",
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %s", excerpt(text), err, want)
		}
	}
}

func TestString(t *testing.T) {
	for text, want := range map[string]string{
		"$this > (($status >= $WARNING) ? (15) : (20))": "(${this} > ((${status} >= ${WARNING}) ? 15 : 20))",
		"$a and not ${b c} or abs( -1.5 ) <> nan":       "((${a} && !${b c}) || (abs(-1.5) != nan))",
	} {
		e, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if e.String() != want || e.Text() != text {
			t.Errorf("%s is printed as %s, want %s", text, e, want)
		}
	}
	e, err := Parse("$b + $a * $b - ${a}")
	if err != nil {
		t.Fatal(err)
	}
	if got := e.Variables(); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("variables %q", got)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"$this > (($status >= $WARNING) ? (75) : (85))", "1/0 OR abs(-$a.b) % 3 <> 1e3", "${x y} AND NOT nan = inf ? 1 : -.5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := Parse(text)
		if err != nil {
			return
		}
		v, err := e.Eval(variables)
		if (err != nil) != (v != v) || math.IsInf(v, 0) {
			t.Errorf("%s is %v, %v", text, v, err)
		}
		again, err := Parse(e.String())
		if err != nil {
			var syntax *SyntaxError
			if errors.As(err, &syntax) && strings.Contains(syntax.Reason, "levels") || len(e.String()) > maxLength {
				return // the parentheses make it deeper
			}
			t.Fatalf("%q is printed as %q: %v", text, e, err)
		}
		if got, _ := again.Eval(variables); got != v && (got == got || v == v) {
			t.Errorf("%q is %v, but %v when printed", text, v, got)
		}
	})
}

func BenchmarkEval(b *testing.B) {
	e, err := Parse("$this > (($status >= $WARNING) ? (75) : (85))")
	if err != nil {
		b.Fatal(err)
	}
	lookup := func(string) (float64, bool) { return 3, true }
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Eval(lookup); err != nil {
			b.Fatal(err)
		}
	}
}
