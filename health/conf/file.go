package conf

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Limits of a file, in bytes.
const (
	maxLine = 4096 // with its continuations, as Netdata
	maxFile = 8 << 20
	maxName = 255
)

// Problem is a line that was ignored, or a definition that was refused.
type Problem struct {
	File string
	Line int
	Text string
	// Refused says that a whole definition is not used.
	Refused bool
}

func (p Problem) Error() string {
	if p.Line == 0 { // of the file as a whole
		return p.File + ": " + p.Text
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
}

// Parse reads one file. name is what definitions and problems name it. The error is that of reading, or that the file is
// too large; everything else is a Problem.
func Parse(r io.Reader, name string) ([]*Definition, []Problem, error) {
	p := &parser{file: name}
	in := bufio.NewReaderSize(io.LimitReader(r, maxFile+1), 64<<10)
	read := 0
	var logical []byte
	first := 0 // line where logical begins
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		read += len(line)
		if read > maxFile {
			return nil, nil, fmt.Errorf("read %s: larger than %d bytes", name, maxFile)
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, nil, fmt.Errorf("read %s: %w", name, err)
		}
		last := err != nil
		if first == 0 {
			first = n
		}
		line = bytes.TrimRight(line, "\r\n")
		if more, ok := bytes.CutSuffix(line, []byte(`\`)); ok && !last {
			logical = append(append(logical, more...), ' ')
			continue
		}
		logical = append(logical, line...)
		p.number = first
		p.line(logical)
		logical, first = logical[:0], 0
		if last {
			p.finish()
			return p.definitions, p.problems, nil //nolint:nilerr // the end of the file
		}
	}
}

// parser collects the definitions of a file.
type parser struct {
	file   string
	number int // of the line at hand

	definitions []*Definition
	problems    []Problem

	current *Definition // nil before the first
	seen    map[string]string
	broken  []string // expressions that do not parse
}

func (p *parser) problem(format string, args ...any) {
	p.problems = append(p.problems, Problem{File: p.file, Line: p.number, Text: fmt.Sprintf(format, args...)})
}

// line takes a logical line.
func (p *parser) line(b []byte) {
	if len(b) > maxLine {
		p.problem("the line is longer than %d bytes", maxLine)
		return
	}
	text := strings.TrimSpace(string(b))
	if text == "" || text[0] == '#' {
		return
	}
	key, value, ok := strings.Cut(text, ":")
	key = strings.ToLower(strings.Join(strings.Fields(key), " "))
	value = strings.Join(strings.Fields(value), " ")
	switch {
	case !ok:
		p.problem("%s has no colon", excerpt(text))
	case key == "":
		p.problem("no key before the colon")
	case value == "":
		p.problem("%s has no value", excerpt(key))
	case key == "alarm" || key == "template":
		p.finish()
		p.begin(key == "template", value)
	case p.current == nil:
		p.problem("%s stands before the first alarm or template", excerpt(key))
	default:
		p.key(key, value)
	}
}

// excerpt quotes s for a message, shortened.
func excerpt(s string) string {
	if len(s) > 60 {
		return fmt.Sprintf("%.60q…", s)
	}
	return fmt.Sprintf("%q", s)
}

// cleanName makes an alert's name of a text, as agents v2 do.
func cleanName(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '_', r == '/':
			return r
		}
		return '_'
	}, s)
}
