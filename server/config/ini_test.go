package config

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// parse parses text as the file test.conf.
func parse(t *testing.T, text string) *File {
	t.Helper()
	f, err := Parse("test.conf", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestParse(t *testing.T) {
	text := strings.Join([]string{
		"# a comment",         // 1
		"\t [one]  ",          // 2
		"  name = value # 1 ", // 3
		"empty =",             // 4
		"  # comment = no",    // 5
		"; strange = yes",     // 6
		"a=b=c",               // 7
		"",                    // 8
		"[two: words.x]\r",    // 9
		"Name = x\r",          // 10
		"[one]",               // 11
		"name = later",        // 12
		"other = 1",           // 13
		"[ blank ]",           // 14
		"last = \"quoted\"",   // 15, without line end
	}, "\n")
	f := parse(t, text)

	type section struct {
		Name    string
		Line    int
		Options []Option
	}
	var got []section
	for _, s := range f.Sections {
		got = append(got, section{s.Name, s.Line, s.Options})
	}
	want := []section{
		{"one", 2, []Option{
			{"name", "later", 12},
			{"empty", "", 4},
			{"; strange", "yes", 6},
			{"a", "b=c", 7},
			{"other", "1", 13},
		}},
		{"two: words.x", 9, []Option{{"Name", "x", 10}}},
		{" blank ", 14, []Option{{"last", `"quoted"`, 15}}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("sections (-want +got):\n%s", d)
	}
	if len(f.Problems) > 0 {
		t.Errorf("problems: %v", f.Problems)
	}
	if o, ok := f.Section("one").Get("name"); !ok || o.Value != "later" {
		t.Errorf("Get(name) = %v, %v", o, ok)
	}
	if f.Section("One") != nil {
		t.Error("section names are case-sensitive")
	}
}

func TestParseIgnoredLines(t *testing.T) {
	f := func(text string, want ...string) {
		t.Helper()
		got := strs(parse(t, text).Problems)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%.100q (-want +got):\n%s", text, d)
		}
	}
	f("a = 1\n", "test.conf:1: error: a: option outside of any section ignored")
	f("[s]\nword\n", `test.conf:2: error: [s] line "word" without = ignored`)
	f("[s]\n= 1\n", `test.conf:2: error: [s] line "= 1" without a name before = ignored`)
	f("[s]\na\x00 = 1\n", `test.conf:2: error: [s] line with a NUL byte ignored`)
	f("[]\n", `test.conf:1: error: section header "[]" is not [name]; the options below it are ignored`)
	f("[s]\n[t] # comment\na = 1\n[u]\nb = 1\n",
		`test.conf:2: error: [s] section header "[t] # comment" is not [name]; the options below it are ignored`)
	f("[s]\na = "+strings.Repeat("x", MaxLine-4)+"\nb = 2\n", "test.conf:2: error: [s] line longer than 8192 bytes ignored")
	f("[s]\nb = 2\na = "+strings.Repeat("x", 3*MaxLine), "test.conf:3: error: [s] line longer than 8192 bytes ignored")
	f("[s]\na = " + strings.Repeat("x", MaxLine-5) + "\nb = 2\n")
	f("\ufeff[s]\na = 1\n")
	f("")
	f("\n\n")
}

// Options below a header that is not closed must not enable what is above it.
func TestParseBrokenHeader(t *testing.T) {
	f := parse(t, "[a]\nx = 1\n[b\nenabled = yes\n[c]\ny = 1\n")
	if _, ok := f.Section("a").Get("enabled"); ok {
		t.Error("an option below a broken header landed in the section before it")
	}
	if _, ok := f.Section("c").Get("y"); !ok {
		t.Error("the section after a broken header is lost")
	}
}

func TestParseBounds(t *testing.T) {
	_, err := Parse("big.conf", strings.NewReader("[s]\n"+strings.Repeat("# comment\n", MaxFile/10+1)))
	if err == nil || !strings.Contains(err.Error(), "read big.conf: larger than 4 MiB") {
		t.Errorf("a file that is too large: %v", err)
	}
	if _, err := Parse("full.conf", strings.NewReader(strings.Repeat("# 56789\n", MaxFile/8))); err != nil {
		t.Errorf("a file of the largest size: %v", err)
	}
	broken := errors.New("broken disk")
	f, err := Parse("x.conf", io.MultiReader(strings.NewReader("[s]\na = 1\n"), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) {
		t.Errorf("a broken reader: %v", err)
	}
	if f.Section("s") == nil {
		t.Error("what was read before the error is lost")
	}

	f = parse(t, strings.Repeat("word\n", 100_000))
	if n := len(f.Problems); n != maxProblems+1 {
		t.Errorf("%d problems are kept, want %d", n, maxProblems+1)
	}
}

// strs returns the problems as text.
func strs(ps []Problem) []string {
	var s []string
	for _, p := range ps {
		s = append(s, p.String())
	}
	return s
}

func FuzzINI(f *testing.F) {
	f.Add("[a]\nb = c\n[a]\nb=d\r\n# e\n[f\ng\n=h")
	f.Add("\ufeff[stream]\n enabled = yes\n destination = tcp:a:1:SSL [::1]%lo unix:/x\n api key = x")
	f.Add("[11111111-2222-3333-4444-555555555555]\ndefault memory mode = ram\nretention = 1h\nallow from = !a *\n")
	f.Add("[web]\nbind to = *:1=streaming^SSL=force,unix:/a\n[db]\nstorage tiers = 9\ndbengine tier 1 retention days = 1e9\n")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Parse("fuzz.conf", strings.NewReader(text))
		if err != nil {
			t.Fatalf("reading from memory: %v", err)
		}
		lines := strings.Count(text, "\n") + 1
		seen := map[string]bool{}
		for _, s := range file.Sections {
			if seen[s.Name] || s.Name == "" || file.Section(s.Name) != s {
				t.Errorf("section %q is not unique", s.Name)
			}
			seen[s.Name] = true
			if len(s.index) != len(s.Options) {
				t.Errorf("section %q has duplicate options", s.Name)
			}
			for _, o := range s.Options {
				if o.Name == "" || o.Name != trim(o.Name) || o.Value != trim(o.Value) || o.Line < 1 || o.Line > lines {
					t.Errorf("option %+v", o)
				}
			}
		}
		stream, ps := NewStream(file)
		stream.Resolve("11111111-2222-3333-4444-555555555555", "x", DefaultChild())
		server, qs := NewServer(file, "dir")
		if len(ps) > maxProblems+1 || len(qs) > maxProblems+1 {
			t.Errorf("%d and %d problems", len(ps), len(qs))
		}
		if n := len(server.DB.Tiers); n < 1 || n > maxTiers {
			t.Errorf("%d tiers", n)
		}
	})
}
