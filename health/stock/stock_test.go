package stock

import (
	"bufio"
	_ "embed"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"foster/health/conf"
	"foster/health/expr"
)

//go:embed testdata/charts.txt
var charts string

// chart is what definitions can refer to of the charts of a context.
type chart struct{ dimensions, variables []string }

func known(t *testing.T) map[string]chart {
	t.Helper()
	all := map[string]chart{}
	for s := bufio.NewScanner(strings.NewReader(charts)); s.Scan(); {
		line := s.Text()
		if strings.HasPrefix(line, "#") {
			continue
		}
		context, rest, ok := strings.Cut(line, ":")
		if _, twice := all[context]; !ok || twice {
			t.Fatalf("%q has no context, or one that is there", line)
		}
		dimensions, variables, _ := strings.Cut(rest, ";")
		all[context] = chart{strings.Fields(dimensions), strings.Fields(variables)}
	}
	return all
}

func load(t *testing.T) []*conf.Definition {
	t.Helper()
	definitions, problems := conf.Load(conf.Dir{}, conf.Dir{Name: "stock", FS: FS})
	for _, p := range problems {
		t.Error(p)
	}
	return definitions
}

// Every definition says what people need who are woken by it.
func TestDefinitions(t *testing.T) {
	type key struct{ name, on string }
	keys := map[key]bool{}
	names := map[string]bool{}
	roles := []string{"sysadmin", "dba", "webmaster", "sitemgr", "silent"}
	for _, d := range load(t) {
		k := key{d.Name, d.On}
		if keys[k] {
			t.Errorf("%s: %s on %s is there twice", d.Source(), d.Name, d.On)
		}
		keys[k], names[d.Name] = true, true
		if !strings.HasPrefix(d.Summary, "${hostname}: ") || len(d.Info) < 10 || !strings.HasSuffix(d.Info, ".") {
			t.Errorf("%s: %s: summary %q, info %q", d.Source(), d.Name, d.Summary, d.Info)
		}
		if d.Class == "" || d.Type == "" || d.Component == "" || d.Units == "" || !slices.Contains(roles, d.To) {
			t.Errorf("%s: %s: class %q, type %q, component %q, units %q, to %q", d.Source(), d.Name, d.Class, d.Type, d.Component, d.Units, d.To)
		}
		if (d.Warn == nil && d.Crit == nil) != (d.To == "silent") {
			t.Errorf("%s: %s: warns of nothing and is not silent, or the other way round", d.Source(), d.Name)
		}
		if d.Delay.Multiplier > 1 && d.Delay.Max == 0 {
			t.Errorf("%s: %s: a multiplier without max", d.Source(), d.Name)
		}
		if d.Lookup != nil && d.Every.Seconds() > -d.Lookup.After.Seconds() {
			t.Errorf("%s: %s: looks at %v every %v", d.Source(), d.Name, d.Lookup.After, d.Every)
		}
	}
	if len(names) < 60 {
		t.Errorf("%d alerts", len(names))
	}
}

// Every context is one that agents have, and every dimension and variable is of it.
func TestReferences(t *testing.T) {
	charts, definitions := known(t), load(t)
	alerts := map[string]bool{}
	for _, d := range definitions {
		alerts[d.On+" "+d.Name] = true
	}
	builtin := []string{"this", "status", "now", "after", "before", "last_collected_t", "update_every", "CLEAR", "WARNING", "CRITICAL"}
	used := map[string]bool{"host": true}
	for _, d := range definitions {
		used[d.On] = true
		chart, ok := charts[d.On]
		if !ok {
			t.Errorf("%s: %s: no agent has %s", d.Source(), d.Name, d.On)
			continue
		}
		if d.Lookup != nil && d.Lookup.Of != "" && !slices.Contains(chart.dimensions, "*") && !slices.ContainsFunc(chart.dimensions, d.Lookup.Dimension.Match) {
			t.Errorf("%s: %s: no dimension of %s matches %s", d.Source(), d.Name, d.On, d.Lookup.Of)
		}
		resolves := func(name string) bool {
			if slices.Contains(builtin, name) || slices.Contains(chart.dimensions, name) || slices.Contains(chart.variables, name) ||
				slices.Contains(charts["host"].variables, name) || alerts[d.On+" "+name] {
				return true
			}
			i := strings.LastIndexByte(name, '.')
			if i < 0 {
				return false
			}
			used[name[:i]] = true
			return slices.Contains(charts[name[:i]].dimensions, name[i+1:])
		}
		for _, e := range []*expr.Expression{d.Calc, d.Warn, d.Crit} {
			if e == nil {
				continue
			}
			for _, name := range e.Variables() {
				if !resolves(name) {
					t.Errorf("%s: %s: unknown variable $%s", d.Source(), d.Name, name)
				}
			}
		}
	}
	for context := range charts {
		if !used[context] {
			t.Errorf("testdata: nothing uses %s", context)
		}
	}
}

// What is not known raises nothing, and whatever raises an alert keeps it raised: without that it would flap.
func TestThresholds(t *testing.T) {
	isTrue := func(e *expr.Expression, variables map[string]float64) bool {
		if e == nil {
			return false
		}
		v, err := e.Eval(func(name string) (float64, bool) {
			v, ok := variables[name]
			return v, ok
		})
		return err == nil && expr.True(v)
	}
	for _, d := range load(t) {
		variables := map[string]float64{"UNDEFINED": -1, "UNINITIALIZED": 0, "CLEAR": 1, "WARNING": 3, "CRITICAL": 4, "this": math.NaN()}
		for _, status := range []float64{0, 1, 3, 4} {
			variables["status"] = status
			if isTrue(d.Warn, variables) || isTrue(d.Crit, variables) {
				t.Errorf("%s: %s is raised at status %v by nothing", d.Source(), d.Name, status)
			}
		}
		raises := false
		for _, this := range []float64{-1000, 0, 0.1, 1, 2, 5, 10, 14, 20, 40, 60, 80, 90, 99, 100, 500, 1000, 1e4, 1e6} {
			variables["this"] = this
			for status, e := range map[float64]*expr.Expression{3: d.Warn, 4: d.Crit} {
				variables["status"] = 1
				raised := isTrue(e, variables)
				variables["status"] = status
				if raised && !isTrue(e, variables) {
					t.Errorf("%s: %s: %v raises it and clears it", d.Source(), d.Name, this)
				}
				raises = raises || raised
			}
			variables["status"] = 1
			if isTrue(d.Crit, variables) && d.Warn != nil && strings.Contains(d.Warn.Text(), "$this") && !isTrue(d.Warn, variables) && !unknown(d.Warn, variables) {
				t.Errorf("%s: %s: %v is critical and no warning", d.Source(), d.Name, this)
			}
		}
		if !raises && !unknown(d.Warn, variables) && !unknown(d.Crit, variables) && d.To != "silent" {
			t.Errorf("%s: %s: nothing raises it", d.Source(), d.Name)
		}
	}
}

// unknown says whether an expression has other variables than these.
func unknown(e *expr.Expression, variables map[string]float64) bool {
	return e != nil && slices.ContainsFunc(e.Variables(), func(name string) bool {
		_, ok := variables[name]
		return !ok
	})
}

// The documentation has them all, and its examples can be read.
func TestDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/alerts.md")
	if err != nil {
		t.Fatal(err)
	}
	for i, example := range strings.Split(string(text), "```\n") {
		if i%2 == 0 {
			continue
		}
		definitions, problems, err := conf.Parse(strings.NewReader(example), "docs/alerts.md")
		if err != nil || len(problems) > 0 || len(definitions) != 1 {
			t.Errorf("%d definitions, %v, %v in the example\n%s", len(definitions), problems, err, example)
		}
	}
	for _, d := range load(t) {
		row := ""
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(line, "| `"+d.Name+"` |") {
				row = line
			}
		}
		if !strings.Contains(row, "`"+d.On+"`") || !strings.Contains(row, "| "+d.Units+" |") || !strings.HasSuffix(row, "| "+d.To+" |\n") {
			t.Errorf("%s: %s on %s, %s, to %s, is not in docs/alerts.md: %s", d.Source(), d.Name, d.On, d.Units, d.To, row)
		}
	}
}
