package conf

import (
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"
)

// parse parses a file and returns the texts of its problems.
func parse(t testing.TB, text string) ([]*Definition, []string) {
	t.Helper()
	definitions, problems, err := Parse(strings.NewReader(text), "test.conf")
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, p := range problems {
		texts = append(texts, fmt.Sprintf("%d: %s", p.Line, p.Text))
	}
	return definitions, texts
}

func TestParse(t *testing.T) {
	definitions, problems := parse(t, `
# a comment
 template : disk fill/rate
       on: disk.space
    class: "Utilization"
     type: System
component: Disk
       os: linux freebsd
    hosts: !web9 web*
   plugin: diskspace.plugin
   module: *
   charts: !*boot* *
 families: !/mnt/* *
host labels: _os=linux freebsd role=!test *
chart labels: mount_point=/var*
   lookup: max -1m at -50s every 30s unaligned percentage of avail,used
     calc: $this * 2
    every: 1m
    units: %
    green: 20
      red: 5.5
     warn: $this > (($status >= $WARNING)  ? (80) : (90))
     crit: $this > \
           ${red}
    delay: up 1m down 15m multiplier 1.5 max 1h
   repeat: warning 5m critical 1m
  options: no-clear-notification
     info: of ${label:mount_point} # not a comment
  summary: 'Disk' ${label:mount_point}
       to: sysadmin dba
     exec: /bin/tell

alarm: one
on: system.load
calc: $load1
every: 10
`)
	if len(problems) > 0 || len(definitions) != 2 {
		t.Fatalf("%d definitions, %q", len(definitions), problems)
	}
	d := definitions[0]
	for what, pair := range map[string][2]any{
		"name": {d.Name, "disk_fill/rate"}, "on": {d.On, "disk.space"}, "template": {d.Template, true}, "source": {d.Source(), "3@test.conf"},
		"class": {d.Class, "Utilization"}, "type": {d.Type, "System"}, "component": {d.Component, "Disk"},
		"os": {d.OS.Match("freebsd") && !d.OS.Match("windows"), true}, "hosts": {d.Hosts.Match("web1") && !d.Hosts.Match("web9"), true},
		"plugin": {d.Plugin.String(), "diskspace.plugin"}, "module": {d.Module.String(), ""},
		"charts": {d.Charts.Match("disk_space._boot", "disk_space._boot"), false}, "families": {d.Families.Match("/mnt/x") || !d.Families.Match("/"), false},
		"host labels": {len(d.HostLabels), 2}, "label": {d.HostLabels[1].Name + d.HostLabels[1].Values.String(), "role!test *"},
		"chart labels": {d.ChartLabels[0].Values.Match("/var/log"), true},
		"lookup":       {fmt.Sprint(d.Lookup.Method, d.Lookup.After, d.Lookup.Before, d.Lookup.Combine, d.Lookup.Options, d.Lookup.Of), "max-1m0s -50ssum[unaligned percentage]avail,used"},
		"calc":         {d.Calc.String(), "(${this} * 2)"}, "every": {d.Every, time.Minute}, "units": {d.Units, "%"}, "green": {d.Green, 20.0}, "red": {d.Red, 5.5},
		"warn": {d.Warn.Text(), "$this > (($status >= $WARNING) ? (80) : (90))"}, "crit": {d.Crit.Text(), "$this > ${red}"},
		"delay":   {d.Delay, Delay{time.Minute, 15 * time.Minute, 1.5, time.Hour}},
		"repeat":  {d.Repeat, Repeat{true, 5 * time.Minute, time.Minute}},
		"options": {d.NoClearNotification, true}, "info": {d.Info, "of ${label:mount_point} # not a comment"},
		"summary": {d.Summary, "Disk ${label:mount_point}"}, "to": {d.To, "sysadmin dba"}, "exec": {d.Exec, "/bin/tell"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %v, want %v", what, pair[0], pair[1])
		}
	}
	if d = definitions[1]; d.Template || d.Line != 33 || d.Every != 10*time.Second || !math.IsNaN(d.Green) || d.Delay.Multiplier != 1 || !d.OS.Match("any") {
		t.Errorf("%+v", d)
	}
}

func TestProblems(t *testing.T) {
	good := "alarm: a\non: b.c\nevery: 10\nwarn: $this > 1\n"
	for text, want := range map[string]string{
		"every: 10\n":                              `1: "every" stands before the first alarm or template`,
		good + "nothing":                           `5: "nothing" has no colon`,
		good + ": x":                               `5: no key before the colon`,
		good + "info:":                             `5: "info" has no value`,
		good + "color: red":                        `5: unknown key "color"`,
		good + "every: 10x":                        `5: every: unknown unit "x" of duration "10x"`,
		good + "every: -10":                        `5: every: the duration must be positive`,
		good + "green: lots":                       `5: green: "lots" is not a number`,
		good + "crit: $a >":                        `5: crit: at position 5: the expression ends where a value should be`,
		good + "charts: x":                         `5: charts: only templates have it`,
		good + "options: no":                       `5: options: unknown option "no"`,
		good + "delay: up":                         `5: delay: "up" has no value`,
		good + "delay: in 5s":                      `5: delay: unknown word "in"`,
		good + "delay: up 1m multiplier 0":         `5: delay: multiplier 0 is not positive, or too large`,
		good + "repeat: often 5s":                  `5: repeat: unknown word "often"`,
		good + "lookup: nothing -1m":               `5: lookup: unknown method "nothing"`,
		good + "lookup: average":                   `5: lookup: it has no time after the method`,
		good + "lookup: average 0":                 `5: lookup: the time after the method is zero`,
		good + "lookup: average -1m flip":          `5: lookup: unknown option "flip"`,
		good + "lookup: average -1m of":            `5: lookup: no dimensions follow`,
		good + "lookup: average -20y":              `5: lookup: -20y is longer than ten years`,
		good + "lookup: countif(>5 -1m":            `5: lookup: a parenthesis is not closed`,
		good + "host labels: =x":                   `5: host labels: "=x" has no label before =`,
		good + "every: 20":                         `5: every is given twice; this one counts`,
		good + strings.Repeat("x", 5000):           `5: the line is longer than 4096 bytes`,
		"alarm: a\nevery: 10\nwarn: 1\n":           `1: alert a is not used: it has no "on"`,
		"alarm: a\non: b.c\nwarn: 1\n":             `1: alert a is not used: it has no "every", and no lookup to take it from`,
		"alarm: a\non: b.c\nevery: 10\n":           `1: alert a is not used: it has none of lookup, calc, warn and crit`,
		"alarm: a\non: b.c\nevery: 10\ncalc: (1\n": `1: alert a is not used: none of its expressions can be used: calc`,
	} {
		definitions, problems := parse(t, text)
		if !slices.Contains(problems, want) {
			t.Errorf("%s: %q, want %q", excerpt(text), problems, want)
		}
		if refused := strings.Contains(want, "not used") || !strings.HasPrefix(text, "alarm"); refused == (len(definitions) == 1) {
			t.Errorf("%s: %d definitions", excerpt(text), len(definitions))
		}
	}
}

func TestLookup(t *testing.T) {
	for text, want := range map[string]string{
		"average -10m":                              "average()-10m0s+0s sum[] every 0s of  foreach false",
		"AVERAGE 10m UNALIGNED of a|b c":            "average()-10m0s+0s sum[unaligned] every 0s of a|b c foreach false",
		"countif(>5) -10 of all":                    "countif(>5)-10s+0s sum[] every 0s of  foreach false",
		"countif ( > 5 ) -10s":                      "countif(>5)-10s+0s sum[] every 0s of  foreach false",
		"percentile(95) -1h at -5m max every 1m":    "percentile(95)-1h0m0s+-5m0s max[] every 1m0s of  foreach false",
		"sum -1h min2max absolute foreach *":        "sum()-1h0m0s+0s min2max[absolute] every 0s of * foreach true",
		"avg -1h avg anomaly-bit match-names of x*": "avg()-1h0m0s+0s average[anomaly-bit match-names] every 0s of x* foreach false",
	} {
		l, every, err := parseLookup(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := fmt.Sprintf("%s(%s)%v+%v %s%v every %v of %s foreach %t", l.Method, l.Argument, l.After, l.Before, l.Combine, l.Options, every, l.Of, l.Foreach); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}

func TestDelay(t *testing.T) {
	for text, want := range map[string]Delay{
		"up 1m":                           {Up: time.Minute, Multiplier: 1},
		"down 10 multiplier 1.5":          {Down: 10 * time.Second, Multiplier: 1.5, Max: 15 * time.Second},
		"max 1h multiplier 2 down 5m":     {Down: 5 * time.Minute, Multiplier: 2, Max: time.Hour},
		"up 0 down off multiplier 0.5":    {Multiplier: 0.5},
		"up 250y multiplier 1000 down 1s": {Up: 250 * 365 * 24 * time.Hour, Down: time.Second, Multiplier: 1000},
	} {
		if got, err := parseDelay(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", text, got, err, want)
		}
	}
}

func TestLoad(t *testing.T) {
	alert := func(name string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("alarm: " + name + "\non: a.b\nevery: 10\nwarn: 1\n")}
	}
	user := Dir{"user", fstest.MapFS{"b.conf": alert("mine"), "sub/c.conf": alert("below"), "readme.txt": alert("no")}}
	stock := Dir{"stock", fstest.MapFS{
		"a.conf": alert("first"), "b.conf": alert("hidden"), "sub/c.conf": alert("hidden"), "sub/d.conf": alert("second"),
		"1/2/3/4/e.conf": alert("deep"), "bad.conf": {Data: []byte("alarm: x\n")},
	}}
	definitions, problems := Load(user, stock)
	var names []string
	for _, d := range definitions {
		names = append(names, d.File+" "+d.Name)
	}
	if want := []string{"user/b.conf mine", "user/sub/c.conf below", "stock/a.conf first", "stock/sub/d.conf second"}; !slices.Equal(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
	if len(problems) != 1 || problems[0].Error() != `stock/bad.conf:1: alert x is not used: it has no "on"` || !problems[0].Refused {
		t.Errorf("%v", problems)
	}
	if definitions, problems := Load(Dir{"none", os.DirFS(t.TempDir() + "/none")}, Dir{}); len(definitions)+len(problems) > 0 {
		t.Errorf("%v, %v", definitions, problems)
	}
}

// TestNoFile has a pipe, a directory and a link that hides a stock file.
func TestNoFile(t *testing.T) {
	dir := t.TempDir()
	if err := errors.Join(syscall.Mkfifo(dir+"/pipe.conf", 0o600), os.Mkdir(dir+"/target", 0o700), os.Symlink("target", dir+"/dir.conf"),
		os.Symlink("/dev/null", dir+"/hidden.conf")); err != nil {
		t.Skip(err)
	}
	stock := Dir{"stock", fstest.MapFS{"hidden.conf": {Data: []byte("alarm: x\non: a.b\nevery: 10\nwarn: 1\n")}}}
	definitions, problems := Load(Dir{"user", os.DirFS(dir)}, stock)
	if len(definitions) != 0 || len(problems) != 2 || problems[1].Error() != "user/pipe.conf: it is not a file" {
		t.Errorf("%v, %v", definitions, problems)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("template: a\non: b.c\nlookup: countif(>5) -1m at -5s every 10 percentage of x,y\nwarn: $this > \\\n 5\ndelay: up 1m multiplier 2\nrepeat: warning 1m\nhost labels: a=b c d=*\n")
	f.Fuzz(func(t *testing.T, text string) {
		definitions, problems, err := Parse(strings.NewReader(text), "f")
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range definitions {
			if d.On == "" || d.Name == "" || d.Every < time.Second || d.Lookup != nil && (d.Lookup.After >= 0 || d.Lookup.Before > 0) || d.Delay.Multiplier <= 0 {
				t.Errorf("%+v", d)
			}
		}
		for _, p := range problems {
			if p.Line < 1 || len(p.Text) > 1000 {
				t.Errorf("%v", p)
			}
		}
	})
}
