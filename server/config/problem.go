package config

import (
	"fmt"
	"strings"
)

// Severity tells what a Problem means for the one who checks a configuration.
type Severity int

const (
	// Warning marks what has no effect, or maybe not the intended one.
	Warning Severity = iota
	// Error marks what was meant to have an effect and could not be used.
	Error
)

// String returns "warning" or "error".
func (s Severity) String() string {
	if s == Error {
		return "error"
	}
	return "warning"
}

// Problem is something in a configuration file that its author should know.
type Problem struct {
	File     string
	Line     int    // 0 when the file as a whole is meant
	Section  string // empty when not inside a section
	Option   string // as spelled in the file; empty when not about one option
	Message  string
	Severity Severity
}

// String returns the problem as one line: "file:line: error: [section] option: message".
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
	}
	fmt.Fprintf(&b, ": %v: ", p.Severity)
	if p.Section != "" {
		fmt.Fprintf(&b, "[%s] ", p.Section)
	}
	if p.Option != "" {
		fmt.Fprintf(&b, "%s: ", p.Option)
	}
	b.WriteString(p.Message)
	return b.String()
}

// maxProblems bounds what one file can make us keep and print. A file with
// more problems is not a configuration file.
const maxProblems = 200

// problems collects the problems of one file, up to maxProblems and then one
// more that says so.
type problems []Problem

func (ps *problems) add(p Problem) {
	switch n := len(*ps); {
	case n < maxProblems:
		*ps = append(*ps, p)
	case n == maxProblems:
		*ps = append(*ps, Problem{File: p.File, Message: "too many problems, the rest is not reported", Severity: Error})
	}
}

// Origin is the place a setting was read from. The zero Origin stands for the
// built-in default.
type Origin struct {
	File    string
	Line    int
	Section string
	Option  string
}

// String returns "file:line: [section] option", or "default".
func (o Origin) String() string {
	if o.Line == 0 {
		return "default"
	}
	return fmt.Sprintf("%s:%d: [%s] %s", o.File, o.Line, o.Section, o.Option)
}
