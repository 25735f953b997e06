package conf

import (
	"fmt"
	"slices"
	"time"

	"foster/health/expr"
	"foster/internal/pattern"
)

// Definition is one alarm or template. It must not be changed.
type Definition struct {
	Name     string
	Template bool   // On is a context and not one chart
	On       string // id or name of a chart, or a context
	File     string
	Line     int

	Class, Component, Type string

	OS, Hosts               Filter // of the host's operating system and name
	Plugin, Module          Filter // of the chart
	Charts, Families        Filter // of templates: chart id or name, and family
	HostLabels, ChartLabels []LabelCondition

	Lookup           *Lookup // nil: none
	Calc, Warn, Crit *expr.Expression
	Every            time.Duration
	Units            string  // "": those of the chart
	Green, Red       float64 // NaN: not set

	To, Exec            string // "": the default
	Delay               Delay
	Repeat              Repeat
	NoClearNotification bool
	Info, Summary       string
}

// Source returns where the definition stands, as the API prints it: line@file.
func (d *Definition) Source() string { return fmt.Sprintf("%d@%s", d.Line, d.File) }

// Filter is a simple pattern. The zero value lets everything pass.
type Filter struct {
	pattern pattern.Pattern
	set     bool
}

// Match says whether any of the names passes: the first that the pattern knows decides.
func (f Filter) Match(names ...string) bool {
	if !f.set {
		return true
	}
	return slices.ContainsFunc(names, f.pattern.Match)
}

// String returns the pattern, "" when everything passes.
func (f Filter) String() string {
	if !f.set {
		return ""
	}
	return f.pattern.String()
}

// LabelCondition is a condition on one label: the host, or chart, must have it with a value that matches.
type LabelCondition struct {
	Name   string
	Values pattern.Pattern
}

// Lookup is a query whose result is $this.
type Lookup struct {
	Method    string // as query.ParseGrouping knows it
	Argument  string // of the method: countif(>5) has ">5"
	After     time.Duration
	Before    time.Duration // both negative or 0, relative to now: the window is (now+Before+After, now+Before]
	Combine   string        // how the dimensions become one value: sum, average, min, max or min2max
	Options   []string      // as query.ParseOption knows them
	Dimension pattern.Pattern
	Of        string // the text of Dimension; "" for all
	Foreach   bool   // one alert for each dimension, as v1 has it
}

// Delay postpones notifications of status changes.
type Delay struct {
	Up, Down   time.Duration
	Multiplier float64
	Max        time.Duration // 0: none
}

// Repeat sends notifications again while a status stays.
type Repeat struct {
	Set               bool          // else the default counts
	Warning, Critical time.Duration // 0: off
}
