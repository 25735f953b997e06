package config

import (
	"errors"
	"fmt"
)

// name is one spelling of a setting.
type name struct{ section, option string }

// old returns names with the spellings of an older section behind them.
func old(names []name, section string, options ...string) []name {
	return append(names, in(section, options...)...)
}

// in returns the spellings of a setting within one section, the current one
// first.
func in(section string, options ...string) []name {
	names := make([]name, len(options))
	for i, o := range options {
		names[i] = name{section, o}
	}
	return names
}

// reader takes typed settings out of a file and remembers what it was asked
// for, so that it can tell what nobody knows.
type reader struct {
	file     *File
	problems problems
	known    map[name]bool
	origins  map[name]Origin // of the values that set stored, by current name
}

func newReader(f *File) *reader {
	r := &reader{file: f, known: map[name]bool{}, origins: map[name]Origin{}}
	r.problems = append(r.problems, f.Problems...)
	return r
}

func (r *reader) report(section string, o Option, severity Severity, format string, args ...any) {
	r.problems.add(Problem{
		File: r.file.Name, Line: o.Line, Section: section, Option: o.Name,
		Message: fmt.Sprintf(format, args...), Severity: severity,
	})
}

// find returns the first of the spellings that the file has: the current name
// wins over the old ones, and among these the order given, as in netdata
// v2.11.0: src/daemon/config/netdata-conf-backwards-compatibility.c.
func (r *reader) find(names []name) (section string, option Option, ok bool) {
	for _, n := range names {
		r.known[n] = true
		s := r.file.Section(n.section)
		if s == nil {
			continue
		}
		o, has := s.Get(n.option)
		switch {
		case !has:
		case ok:
			r.report(n.section, o, Warning, "has no effect: %q in line %d says the same and wins", option.Name, option.Line)
		default:
			section, option, ok = n.section, o, true
		}
	}
	return section, option, ok
}

// ignore marks options that Netdata reads and that mean nothing to foster.
func (r *reader) ignore(section string, options ...string) {
	for _, o := range options {
		r.known[name{section, o}] = true
	}
}

// reportUnknown warns about the options of a section that nobody asked for.
// hints explain what is often written and read by no version of Netdata.
func (r *reader) reportUnknown(section string, hints map[string]string) {
	s := r.file.Section(section)
	if s == nil {
		return
	}
	for _, o := range s.Options {
		if r.known[name{section, o.Name}] {
			continue
		}
		if hint, ok := hints[o.Name]; ok {
			r.report(section, o, Warning, "%s", hint)
			continue
		}
		r.report(section, o, Warning, "unknown option")
	}
}

// Setting is a value that a file may give.
type Setting[T any] struct {
	Value  T
	Origin Origin // zero when the file does not give it
}

// Set reports whether the file gives a value.
func (s Setting[T]) Set() bool { return s.Origin.Line > 0 }

// setting reads the setting with these spellings. A value that cannot be used
// is reported and counts as absent.
func setting[T any](r *reader, parse parser[T], names []name) Setting[T] {
	section, o, ok := r.find(names)
	if !ok {
		return Setting[T]{}
	}
	v, err := parse(o.Value)
	if err != nil {
		if !errors.As(err, new(warning)) {
			r.report(section, o, Error, "%v; the value is ignored", err)
			return Setting[T]{}
		}
		r.report(section, o, Warning, "%v", err)
	}
	return Setting[T]{Value: v, Origin: Origin{File: r.file.Name, Line: o.Line, Section: section, Option: o.Name}}
}

// set stores the setting with these spellings in dst if the file has it, and
// reports whether it did.
func set[T any](r *reader, dst *T, parse parser[T], names []name) bool {
	s := setting(r, parse, names)
	if !s.Set() {
		return false
	}
	*dst = s.Value
	r.origins[names[0]] = s.Origin
	return true
}

// destinations reads a list of parents. Unlike other values it can be used in
// part.
func destinations(r *reader, defaultPort string, names []name) Setting[[]Destination] {
	var bad error
	s := setting(r, func(text string) ([]Destination, error) {
		var ds []Destination
		ds, bad = ParseDestinations(text, defaultPort)
		return ds, nil
	}, names)
	r.reportEach(s.Origin, bad)
	return s
}

// reportEach reports the errors of the items of a list, which were left out.
func (r *reader) reportEach(at Origin, err error) {
	for _, e := range unjoin(err) {
		r.report(at.Section, Option{Name: at.Option, Line: at.Line}, Error, "%v; the item is left out", e)
	}
}

func unjoin(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	if err != nil {
		return []error{err}
	}
	return nil
}
