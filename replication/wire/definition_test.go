package wire

import (
	"math"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestChart(t *testing.T) {
	base := Chart{ID: "a.b", Units: "unknown", Family: "a", Context: "a.b", Type: "line", Priority: 1000}
	with := func(change func(*Chart)) Chart {
		c := base
		change(&c)
		return c
	}
	decodes(t, func(w *Words, c *Chart) (err error) { *c, err = w.Chart(); return err }, map[string]any{
		`CHART "system.cpu" "" "Total CPU utilization" "percentage" "cpu" "system.cpu" "stacked" 100 1 "   " "proc.plugin" "/proc/stat"`: Chart{
			ID: "system.cpu", Title: "Total CPU utilization", Units: "percentage", Family: "cpu", Context: "system.cpu", Type: "stacked",
			Priority: 100, UpdateEvery: 1, Plugin: "proc.plugin", Module: "/proc/stat",
		},
		`CHART SLOT:#CA "a.b" "name" "" "" "" "" "" 0 10 "obsolete detail hidden store_first" "" ""`: with(func(c *Chart) {
			c.Slot, c.Name, c.UpdateEvery = 128, "a.name", 10
			c.Obsolete, c.Detail, c.Hidden, c.StoreFirst = true, true, true, true
		}),
		`CHART a.b`:                             base,
		`CHART a.b ""`:                          base,
		`CHART a.b NULL`:                        base,
		`CHART a.b (NULL)`:                      base,
		`CHART a.b a.b`:                         base,
		`CHART a.b a.`:                          base,
		`CHART a.b b`:                           base,
		`CHART a.b a.name`:                      with(func(c *Chart) { c.Name = "a.name" }),
		`CHART a.b other.name`:                  with(func(c *Chart) { c.Name = "a.other.name" }),
		`CHART a.b "my näme/x"`:                 with(func(c *Chart) { c.Name = "a.my_n_me_x" }),
		`CHART a.b "" "" "" "" "" bars -5 -1`:   base,
		`CHART a.b "" "" "" "" "" area 1 86401`: with(func(c *Chart) { c.Type, c.Priority = "area", 1 }),
		`CHART a.b "" "" "" "" "" heatmap 9223372036854775807 86400`: with(func(c *Chart) { c.Type, c.UpdateEvery = "heatmap", 86400 }),
		`CHART a.b.c "" "tab	and 'quotes'"`:                          with(func(c *Chart) { c.ID, c.Context, c.Title = "a.b.c", "a.b.c", "tab_and 'quotes'" }),
		`CHART a.b "" "" "" "" "" "" 1 1 "  detail "`:                with(func(c *Chart) { c.Priority, c.UpdateEvery, c.Detail = 1, 1, true }),
		`CHART`:           ErrMissingWord,
		`CHART ""`:        ErrMissingWord,
		`CHART nodot`:     ErrNoDot,
		`CHART .b`:        ErrNoDot,
		`CHART a.`:        ErrNoDot,
		`CHART SLOT:1`:    ErrMissingWord,
		`CHART SLOT:1 ab`: ErrNoDot,
		`CHART a.` + strings.Repeat("b", MaxID-1): ErrTooLong,
	})
}

func TestDimension(t *testing.T) {
	decodes(t, func(w *Words, d *Dimension) (err error) { *d, err = w.Dimension(); return err }, map[string]any{
		`DIMENSION "idle" "idle" "percentage-of-incremental-row" 1 1 " hidden "`: Dimension{ID: "idle", Name: "idle", Algorithm: PercentageOfIncrementalRow, Multiplier: 1, Divisor: 1, Hidden: true},
		`DIMENSION SLOT:#B "in" "received" "incremental" 8 -1000 "   type=int"`:  Dimension{Slot: 1, ID: "in", Name: "received", Algorithm: Incremental, Multiplier: 8, Divisor: -1000},
		`DIMENSION x`:               Dimension{ID: "x", Name: "x", Multiplier: 1, Divisor: 1},
		`DIMENSION x "" sideways 0`: Dimension{ID: "x", Name: "x", Multiplier: 1, Divisor: 1},
		`DIMENSION x y percentage-of-absolute-row 2 0 "obsolete hidden noreset"`: Dimension{ID: "x", Name: "y", Algorithm: PercentageOfAbsoluteRow, Multiplier: 2, Divisor: 1, Obsolete: true, Hidden: true, NoReset: true},
		`DIMENSION x y absolute 1 1 "nooverflow type=float"`:                     Dimension{ID: "x", Name: "y", Multiplier: 1, Divisor: 1, NoReset: true, Float: true},
		`DIMENSION`:    ErrMissingWord,
		`DIMENSION ""`: ErrMissingWord,
		`DIMENSION ` + strings.Repeat("x", MaxID+1): ErrTooLong,
	})
	for _, a := range []Algorithm{Absolute, Incremental, PercentageOfAbsoluteRow, PercentageOfIncrementalRow} {
		if ParseAlgorithm(a.String()) != a {
			t.Errorf("%s", a)
		}
	}
}

func TestHostLabel(t *testing.T) {
	decodes(t, func(w *Words, l *Label) (err error) { *l, err = w.HostLabel(); return err }, map[string]any{
		`LABEL "_os_version" = 536870913 "12 (bookworm)"`: Label{Name: "_os_version", Source: LabelAuto, Value: "12 (bookworm)"},
		`LABEL "_os" = 2147483649 "linux"`:                Label{Name: "_os", Source: LabelAuto, Value: "linux"},
		`LABEL "_aclk" = 1073741833 "x"`:                  Label{Name: "_aclk", Source: LabelAuto | LabelCloud, Value: "x"},
		`LABEL "role" = 2 web server`:                     Label{Name: "role", Source: LabelConfig, Value: "web server"},
		`LABEL "empty" = 4 ""`:                            Label{Name: "empty", Source: LabelK8s},
		`LABEL "name" = 1`:                                ErrMissingWord,
		`LABEL`:                                           ErrMissingWord,
		`LABEL "" = 1 "x"`:                                ErrMissingWord,
		`LABEL ` + strings.Repeat("n", MaxID+1) + ` 1 x`:  ErrTooLong,
	})
}

func TestChartLabel(t *testing.T) {
	decodes(t, func(w *Words, l *Label) (err error) { *l, err = w.ChartLabel(); return err }, map[string]any{
		`CLABEL "_collect_plugin" "proc.plugin" 536870913`: Label{Name: "_collect_plugin", Value: "proc.plugin", Source: LabelAuto},
		`CLABEL "a" "b"`: Label{Name: "a", Value: "b"},
		`CLABEL "a" ""`:  Label{Name: "a"},
		`CLABEL "a"`:     ErrMissingWord,
		`CLABEL`:         ErrMissingWord,
	})
}

func TestVariable(t *testing.T) {
	decodes(t, func(w *Words, v *Variable) (err error) { *v, err = w.Variable(); return err }, map[string]any{
		`VARIABLE HOST active_processors = 2.0000000`: Variable{Host: true, Name: "active_processors", Value: 2},
		`VARIABLE GLOBAL x = -1`:                      Variable{Host: true, Name: "x", Value: -1},
		`VARIABLE CHART pidmax = 32768.0000000`:       Variable{Local: true, Name: "pidmax", Value: 32768},
		`VARIABLE LOCAL pidmax=1`:                     Variable{Local: true, Name: "pidmax", Value: 1},
		`VARIABLE x = nan`:                            Variable{Name: "x", Value: math.NaN()},
		`VARIABLE HOST x`:                             ErrMissingWord,
		`VARIABLE HOST x = y`:                         ErrBadNumber,
		`VARIABLE`:                                    ErrMissingWord,
	})
}

func TestDefinitionEnd(t *testing.T) {
	for line, want := range map[string]DefinitionEnd{
		`CHART_DEFINITION_END 1795225644 1795225794 1795225795`: {1795225644, 1795225794, 1795225795},
		`CHART_DEFINITION_END 0 0 1795225795`:                   {0, 0, 1795225795},
		`CHART_DEFINITION_END`:                                  {},
		`CHART_DEFINITION_END x y z`:                            {},
	} {
		if got := split(line).DefinitionEnd(); got != want {
			t.Errorf("%q: got %v, want %v", line, got, want)
		}
	}
}

func TestFunction(t *testing.T) {
	decodes(t, func(w *Words, f *Function) (err error) { *f, err = w.Function(); return err }, map[string]any{
		`FUNCTION GLOBAL "network-interfaces" 10 "Shows, it's said." "top" 0x8 100 1`: Function{Global: true, Name: "network-interfaces", Timeout: 10, Help: "Shows, it's said.", Tags: "top", Access: 8, Priority: 100, Version: 1},
		`FUNCTION GLOBAL config 120 "Dynamic configuration" "config" 0x8 1000`:        Function{Global: true, Name: "config", Timeout: 120, Help: "Dynamic configuration", Tags: "config", Access: 8, Priority: 1000},
		`FUNCTION "processes" 5 "help"`:                                               Function{Name: "processes", Timeout: 5, Help: "help"},
		`FUNCTION "processes" 5`:                                                      ErrMissingWord,
		`FUNCTION GLOBAL`:                                                             ErrMissingWord,
		`FUNCTION`:                                                                    ErrMissingWord,
	})
	if name, global := split(`FUNCTION_DEL GLOBAL "x y"`).FunctionDel(); name != "x y" || !global {
		t.Errorf("%q %t", name, global)
	}
	if name, global := split(`FUNCTION_DEL "x"`).FunctionDel(); name != "x" || global {
		t.Errorf("%q %t", name, global)
	}
}

// What a peer can make us remember, and print, is bounded and clean.
func TestDisplayedTextIsBounded(t *testing.T) {
	long := strings.Repeat("ü\x01\xff", 1<<18)
	c, err := split(`CHART a.b "" "` + long + `" "` + long + `"`).Chart()
	if err != nil {
		t.Fatal(err)
	}
	l, err := split(`LABEL "x" = 1 "` + long + `"`).HostLabel()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{c.Title, c.Units, l.Value} {
		if len(s) > MaxID+utf8.UTFMax || !utf8.ValidString(s) || strings.ContainsRune(s, 1) {
			t.Errorf("%d bytes: %.20q", len(s), s)
		}
	}
}
