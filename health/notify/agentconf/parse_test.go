package agentconf

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"foster/health/notify"
	"foster/health/notify/service"
)

func TestParse(t *testing.T) {
	text := `# a comment
SEND_SLACK="YES" # behind
EMPTY=
BARE=one\ two
SINGLE='a "quoted" $word'
DOUBLE="b \"quoted\" \$word \n"
LONG="one \
two"
JOINED=a\
b
DEFAULT="x|critical y"
role_recipients_email[sysadmin]="${DEFAULT}"
role_recipients_email["quoted role"]=$DEFAULT,z
export EXPORTED=1
declare -A role_recipients_email
LINES="first
second"
A=1; B=2
HASH=a#b
CRLF=x` + "\r" + `
`
	f, problems := Parse("test", text)
	if len(problems) > 0 {
		t.Errorf("%+v", problems)
	}
	want := map[string]string{
		"SEND_SLACK": "YES", "EMPTY": "", "BARE": "one two", "SINGLE": `a "quoted" $word`, "DOUBLE": `b "quoted" $word \n`,
		"LONG": "one two", "JOINED": "ab", "DEFAULT": "x|critical y", "EXPORTED": "1", "LINES": "first\nsecond",
		"A": "1", "B": "2", "HASH": "a#b", "CRLF": "x",
	}
	for _, name := range slices.Sorted(maps.Keys(f.Variables)) {
		if got := f.Variables[name].Text; got != want[name] {
			t.Errorf("%s = %q, want %q", name, got, want[name])
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
	roles := f.Arrays["role_recipients_email"]
	if roles["sysadmin"].Text != "x|critical y" || roles["quoted role"].Text != "x|critical y,z" || roles["sysadmin"].Line != 12 {
		t.Errorf("%+v", roles)
	}
}

// TestParseForeign has what is not an assignment between two that are.
func TestParseForeign(t *testing.T) {
	f := func(text, message string) {
		t.Helper()
		f, problems := Parse("test", "BEFORE=1\n"+text+"\nAFTER=2\n")
		if len(problems) != 1 || problems[0].Line != 2 || !strings.Contains(problems[0].Message, message) {
			t.Errorf("%q: %+v", text, problems)
		}
		if len(f.Variables) != 2 || f.Variables["AFTER"].Text != "2" {
			t.Errorf("%q: %+v", text, f.Variables)
		}
	}
	f("rm -rf /", "not an assignment")
	f("X=$(date)", "commands are not run")
	f("X=\"`date`\"", "commands are not run")
	f("X=${Y:-z}", "only ${name}")
	f("X=1 command", "behind an assignment")
	f("X+=more", "+=")
	f("X=(a b)", "parentheses")
	f("X=a|b", "outside of quotes")
	f("X[1=2", "not closed")
	f("custom_sender() {\n  X=1\n  if true; then echo '}'; fi\n}", "custom_sender")
	f("function other {\n  X=1\n}", "other")
	f("one() { X=1; }", "one")
	f("if [ -z \"$X\" ]; then\n  if true; then\n X=1\n fi\n  X=2\nfi", "if")
	f("for x in 1 2; do\n  X=$x\ndone", "for")
	f("case $a in\n  b) X=1;;\nesac", "case")
	f("\x00", "NUL")
	f("secret_token abc=def", `"secret_token abc"`)
}

func TestParseBounds(t *testing.T) {
	var b strings.Builder
	b.WriteString("A=xxxxxxxxxx\n")
	for range 100 {
		b.WriteString("A=$A$A\n")
	}
	f, problems := Parse("test", b.String())
	if len(problems) == 0 || len(f.Variables["A"].Text) > 2*maxValue {
		t.Errorf("%d problems, %d bytes", len(problems), len(f.Variables["A"].Text))
	}
	if _, problems := Parse("test", strings.Repeat("x\n", MaxFile)); len(problems) != 1 {
		t.Errorf("%+v", problems)
	}
	if _, problems := Parse("test", strings.Repeat("x y\n", 1000)); len(problems) != maxProblems {
		t.Errorf("%d problems", len(problems))
	}
	if _, problems := Parse("test", `X="open`); len(problems) != 1 {
		t.Errorf("%+v", problems)
	}
}

func TestMap(t *testing.T) {
	text, err := os.ReadFile("testdata/health_alarm_notify.conf")
	if err != nil {
		t.Fatal(err)
	}
	f, problems := Parse("file", string(text))
	m, more := f.Map(map[string]bool{"slack": true}, func(path string) bool { return path == "/usr/sbin/sendmail" })
	var got []string
	for _, p := range append(problems, more...) {
		got = append(got, fmt.Sprintf("%d: %s", p.Line, p.Message))
	}
	for _, s := range m.Services {
		sv, err := service.Parse(s.Name, s.URL, service.Environment{})
		if err != nil {
			t.Errorf("%s %s: %v", s.Name, s.URL, err)
			continue
		}
		got = append(got, s.Name+" "+s.URL, s.Name+" is shown as "+sv.String())
	}
	for _, r := range m.Routes {
		var to []string
		for _, x := range r.To {
			to = append(to, x.String())
		}
		got = append(got, fmt.Sprintf("%s [%s] %s", r.Name, r.Roles, strings.Join(to, " ")))
	}
	got = append(got, fmt.Sprint("clear always: ", m.ClearAlways))
	const golden = "testdata/mapped.golden"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(golden, []byte(strings.Join(got, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if text := strings.Join(got, "\n") + "\n"; text != string(want) {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	if i := slices.IndexFunc(m.Routes, func(r notify.Route) bool { return strings.HasSuffix(r.Name, "email/dba") }); i < 0 || !m.Routes[i].To[0].Critical {
		t.Error("the modifier is lost")
	}
}

func FuzzParse(f *testing.F) {
	text, err := os.ReadFile("testdata/health_alarm_notify.conf")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	for _, s := range []string{"A=\"$B${C}\"\\\n", "f() { }\nx[a]=b", "if x; then fi", "a=(b\n", "declare -A x=y", "X='", "$", "A=$", "}", "x()"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file, problems := Parse("fuzz", text)
		if len(problems) > maxProblems {
			t.Errorf("%d problems", len(problems))
		}
		m, _ := file.Map(nil, func(string) bool { return true })
		for _, s := range m.Services {
			_, _ = service.Parse(s.Name, s.URL, service.Environment{})
		}
	})
}
