package pattern

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// The expectations of TestMatch were checked against netdata v1.37.1
// -W simple-pattern, except where a line says otherwise.
func TestMatch(t *testing.T) {
	f := func(pattern, s string, want bool) {
		t.Helper()
		if got := Parse(pattern, Blanks).Match(s); got != want {
			t.Errorf("Parse(%q).Match(%q) = %v, want %v", pattern, s, got, want)
		}
	}

	// Words without stars are compared whole, case-sensitively.
	f("a", "a", true)
	f("a", "A", false)
	f("a", "ab", false)
	f("a?c", "abc", false)

	// Stars anywhere.
	f("*", "x", true)
	f("**", "x", true)
	f("a*b", "ab", true)
	f("a*b", "axxb", true)
	f("a*a", "a", false)
	f("ab*ba", "aba", false)
	f("*a*", "bab", true)
	f("*ab", "abab", true)
	f("*ab*b", "ab", false)
	f("*ab*b", "abb", true)
	f("a*bc*c", "abcbc", true)
	f("x*y*z", "x1y2y3z", true)
	f("*-*-*", "a--b", true)
	f("*.b", "a.b.b", true)
	f("10.*", "10.1.2.3", true)
	f("10.*", "110.1.2.3", false)
	f("a**b", "axb", true) // Netdata drops to "no" here by accident

	// The first match decides; nothing matched means no.
	f("!10.1.2.3 10.*", "10.1.2.3", false)
	f("!10.1.2.3 10.*", "10.1.2.4", true)
	f("10.* !10.1.2.3", "10.1.2.3", true)
	f("!10.*", "11.0.0.1", false)
	f("!*", "x", false)
	f("localhost fd* 10.*", "fd00::1", true)

	// Only the first ! negates, only at the beginning of a word.
	f("!!x *", "x", true)
	f("!!x *", "!x", false)
	f("x!y", "x!y", true)
	f("! *", "x", true)

	// Escapes.
	f(`a\ b`, "a b", true)
	f(`a\ b`, "a", false)
	f(`\!x`, "!x", true)
	f(`a\\b`, `a\b`, true)
	f(`a\`, "a", true)
	f(`a\*b`, "axb", true)

	// Separators of the other kind are ordinary bytes.
	f("a,b", "a", false)
	f("a,b", "a,b", true)
	f("a|b", "a|b", true)
	f("\ta\r\n  b ", "b", true)

	// Nothing matches the empty string, and no word matches nothing.
	f("*", "", false)
	f("", "", false)
	f("", "x", false)
	f("!", "x", false)
}

func TestMatchList(t *testing.T) {
	f := func(pattern, s string, want bool) {
		t.Helper()
		if got := Parse(pattern, List).Match(s); got != want {
			t.Errorf("Parse(%q).Match(%q) = %v, want %v", pattern, s, got, want)
		}
	}
	f("user,system", "system", true)
	f("user|system", "system", true)
	f("user\tsystem\nidle", "idle", true)
	f("ex one,ex two", "ex two", true)
	f("!iowait *", "user", false) // one word: "iowait *", refused
	f("!iowait,*", "user", true)
	f("!iowait,*", "iowait", false)
	f(`a\,b`, "a,b", true)
	f(`a\|b,c`, "a|b", true)
	f(",,|", "x", false)
}

func TestEmptyAndString(t *testing.T) {
	for _, s := range []string{"", "  \t", "!", "! !"} {
		if p := Parse(s, Blanks); !p.Empty() {
			t.Errorf("Parse(%q) is not empty", s)
		}
	}
	if p := Parse("!a *", Blanks); p.Empty() || p.String() != "!a *" {
		t.Errorf("Empty() = %v, String() = %q", p.Empty(), p.String())
	}
	var zero Pattern
	if !zero.Empty() || zero.Match("x") {
		t.Error("the zero pattern is not empty")
	}
}

// A backtracking matcher needs longer than the age of the universe for this.
func TestMatchIsNotExponential(t *testing.T) {
	p := Parse(strings.Repeat("*a", 200)+"*b", Blanks)
	s := strings.Repeat("a", 100_000)
	start := time.Now()
	if p.Match(s) {
		t.Error("matched a string without b")
	}
	if p := Parse(strings.Repeat("a*", 2000)+"b*", Blanks); p.Match(s) {
		t.Error("matched a string without b")
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("matching took %v", d)
	}
}

// FuzzPattern compares the matcher with a regular expression built from the
// same word list.
func FuzzPattern(f *testing.F) {
	for _, s := range []string{"*", "!a *", "a*b*c", `\ x\`, "a**b !!c", "*a*", "x!y z"} {
		f.Add(s, "abc", false)
		f.Add(s, "!c", true)
	}
	f.Fuzz(func(t *testing.T, source, s string, list bool) {
		if len(source) > 200 || len(s) > 200 {
			return
		}
		sep := Blanks
		if list {
			sep = List
		}
		p := Parse(source, sep)
		want := false
		for _, w := range p.words {
			quoted := make([]string, len(w.parts))
			for i, part := range w.parts {
				quoted[i] = hexEncode(part)
			}
			re := regexp.MustCompile(`\A` + strings.Join(quoted, `[\s\S]*`) + `\z`)
			if s != "" && re.MatchString(hexEncode(s)) {
				want = !w.negative
				break
			}
		}
		if got := p.Match(s); got != want {
			t.Errorf("Parse(%q, %q).Match(%q) = %v, want %v", source, sep, s, got, want)
		}
	})
}

// hexEncode spells each byte with two letters, so that a regular expression
// sees bytes and not UTF-8 sequences. The first letter is never a second one,
// so no part can match across two bytes.
func hexEncode(s string) string {
	var b strings.Builder
	for i := range len(s) {
		b.WriteByte('A' + s[i]>>4)
		b.WriteByte('a' + s[i]&15)
	}
	return b.String()
}

func BenchmarkMatch(b *testing.B) {
	p := Parse("!10.1.2.3 10.* 192.168.* 172.16.* fd*", Blanks)
	b.ReportAllocs()
	for b.Loop() {
		p.Match("fd12:3456::1")
	}
}

func TestMatchAny(t *testing.T) {
	f := func(words string, want bool, names ...string) {
		t.Helper()
		if got := Parse(words, List).MatchAny(names...); got != want {
			t.Errorf("%q with %q: %v", words, names, got)
		}
	}
	f("db*", true, "db1", "guid")
	f("guid", true, "db1", "guid")
	f("!db*|*", false, "db1", "guid")
	f("!guid|*", false, "db1", "guid")
	f("*|!db*", true, "db1", "guid")
	f("x", false, "db1", "guid")
	f("*", false, "", "")
	f("*", false)
	f("", false, "db1")
}
