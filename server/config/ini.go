package config

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	// MaxLine is the longest line in bytes, its end included, as in Netdata.
	MaxLine = 8192
	// MaxFile is the largest configuration file in bytes.
	MaxFile = 4 << 20
)

// Option is one name = value line.
type Option struct {
	Name  string
	Value string
	Line  int
}

// Section is a [name] and the options below it, in the order in which their
// names appeared first.
type Section struct {
	Name    string
	Line    int // of the first header with this name
	Options []Option

	index map[string]int
}

// Get returns the option with exactly this name.
func (s *Section) Get(name string) (Option, bool) {
	i, ok := s.index[name]
	if !ok {
		return Option{}, false
	}
	return s.Options[i], true
}

// set keeps the last value a name is given.
func (s *Section) set(o Option) {
	if i, ok := s.index[o.Name]; ok {
		s.Options[i] = o
		return
	}
	s.index[o.Name] = len(s.Options)
	s.Options = append(s.Options, o)
}

// File is a parsed configuration file, its sections in order of appearance.
type File struct {
	Name     string
	Sections []*Section
	Problems []Problem // the lines that were ignored

	index map[string]*Section
}

// Section returns the section with exactly this name, or nil.
func (f *File) Section(name string) *Section { return f.index[name] }

// section returns the section called name and makes it when it is new.
func (f *File) section(name string, line int) *Section {
	if s, ok := f.index[name]; ok {
		return s
	}
	s := &Section{Name: name, Line: line, index: map[string]int{}}
	f.Sections = append(f.Sections, s)
	f.index[name] = s
	return s
}

// Parse reads the dialect of netdata.conf and stream.conf: [sections] that may
// be reopened, name = value lines of which the last wins, and # as the first
// character of a comment line. A # or ; inside a value belongs to the value;
// there are no continuations, quotes or variables. Names are case-sensitive,
// as in netdata v2.11.0: src/libnetdata/inicfg.
//
// Lines that mean nothing are ignored and listed in Problems. In one point
// Parse is stricter than Netdata: the options below a [header that is not
// closed are ignored, too, instead of landing in the section before it, where
// they could enable another key.
//
// The error is that of r, or says that the file is larger than MaxFile. The
// returned file is never nil: with an error it holds what came before it.
// name is used in problems only.
func Parse(name string, r io.Reader) (*File, error) {
	f := &File{Name: name, index: map[string]*Section{}}
	var (
		ignored problems
		current *Section
		skip    bool // below a broken header
		number  int
		read    int
	)
	defer func() { f.Problems = ignored }()
	report := func(option, message string) {
		p := Problem{File: name, Line: number, Option: option, Message: message, Severity: Error}
		if current != nil {
			p.Section = current.Name
		}
		ignored.add(p)
	}

	lines := bufio.NewReaderSize(io.LimitReader(r, MaxFile+1), MaxLine)
	for {
		raw, whole, err := readLine(lines, &read)
		if err != nil && !errors.Is(err, io.EOF) {
			return f, fmt.Errorf("read %s: %w", name, err)
		}
		if read > MaxFile {
			return f, fmt.Errorf("read %s: larger than %d MiB", name, MaxFile>>20)
		}
		if errors.Is(err, io.EOF) && len(raw) == 0 && whole {
			return f, nil
		}
		number++

		line := trim(string(raw))
		if number == 1 {
			line = strings.TrimPrefix(line, "\ufeff") // some editors put a byte order mark
		}
		switch {
		case !whole:
			report("", fmt.Sprintf("line longer than %d bytes ignored", MaxLine))
		case line == "" || line[0] == '#':
		case strings.IndexByte(line, 0) >= 0:
			report("", "line with a NUL byte ignored")
		case line[0] == '[':
			header := line[1:]
			if !strings.HasSuffix(header, "]") || header == "]" {
				report("", fmt.Sprintf("section header %s is not [name]; the options below it are ignored", excerpt(line)))
				current, skip = nil, true
				break
			}
			current, skip = f.section(header[:len(header)-1], number), false
		case skip:
		default:
			option, value, found := strings.Cut(line, "=")
			option, value = trim(option), trim(value)
			switch {
			case !found:
				report("", fmt.Sprintf("line %s without = ignored", excerpt(line)))
			case option == "":
				report("", fmt.Sprintf("line %s without a name before = ignored", excerpt(line)))
			case current == nil:
				report(option, "option outside of any section ignored")
			default:
				current.set(Option{Name: option, Value: value, Line: number})
			}
		}
		if errors.Is(err, io.EOF) {
			return f, nil
		}
	}
}

// readLine returns the next line without its end, valid until the next call,
// and whether it is the whole line: of a longer one the rest is dropped. The
// bytes read are added to *n. At the end of the input err is io.EOF, with the
// last line if that has no line end.
func readLine(r *bufio.Reader, n *int) (line []byte, whole bool, err error) {
	line, err = r.ReadSlice('\n')
	*n += len(line)
	whole = !errors.Is(err, bufio.ErrBufferFull)
	for errors.Is(err, bufio.ErrBufferFull) {
		var rest []byte
		rest, err = r.ReadSlice('\n')
		*n += len(rest)
		line = nil
	}
	return bytes.TrimSuffix(line, []byte("\n")), whole, err
}

// trim removes the white space that C knows; other Unicode blanks are part of
// a value.
func trim(s string) string { return strings.Trim(s, " \t\n\v\f\r") }

// excerpt quotes s for a message, shortened: a line may hold anything.
func excerpt(s string) string {
	if len(s) > 60 {
		return fmt.Sprintf("%.60q…", s)
	}
	return fmt.Sprintf("%q", s)
}
