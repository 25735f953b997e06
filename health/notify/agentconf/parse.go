package agentconf

import (
	"fmt"
	"strings"
)

// File is what a health_alarm_notify.conf assigns.
type File struct {
	Name      string
	Variables map[string]Value
	Arrays    map[string]map[string]Value // by name and subscript
}

// Value is a text and the line on which it was assigned.
type Value struct {
	Text string
	Line int
}

// Problem is something in the file that was passed over.
type Problem struct {
	Line    int // 0: the file as a whole
	Message string
}

const (
	// MaxFile is the largest file in bytes.
	MaxFile      = 1 << 20
	maxValue     = 16 << 10 // bytes of a value, references filled in
	maxProblems  = 100
	maxVariables = 10000
)

// Parse reads the text of a file. What it does not understand is a Problem.
func Parse(name, text string) (*File, []Problem) {
	p := &parser{
		text: text, line: 1,
		file: &File{Name: name, Variables: map[string]Value{}, Arrays: map[string]map[string]Value{}},
	}
	if len(text) > MaxFile {
		p.report(0, fmt.Sprintf("larger than %d KiB: not read", MaxFile>>10))
		return p.file, p.problems
	}
	for p.pos < len(p.text) {
		p.statement()
	}
	return p.file, p.problems
}

type parser struct {
	text     string
	pos      int
	line     int
	count    int // of assignments
	file     *File
	problems []Problem
}

func (p *parser) report(line int, message string) {
	if len(p.problems) < maxProblems {
		p.problems = append(p.problems, Problem{line, message})
	}
}

// peek returns the next byte, 0 at the end.
func (p *parser) peek() byte {
	if p.pos >= len(p.text) {
		return 0
	}
	return p.text[p.pos]
}

// next takes a byte.
func (p *parser) next() byte {
	c := p.text[p.pos]
	p.pos++
	if c == '\n' {
		p.line++
	}
	return c
}

// joined takes a backslash and the end of the line behind it, which the shell does not see.
func (p *parser) joined() bool {
	for _, end := range []string{"\\\n", "\\\r\n"} {
		if strings.HasPrefix(p.text[p.pos:], end) {
			p.pos += len(end)
			p.line++
			return true
		}
	}
	return false
}

func (p *parser) blanks() {
	for p.pos < len(p.text) {
		if c := p.peek(); c != ' ' && c != '\t' && c != '\r' && !p.joined() {
			return
		} else if c == ' ' || c == '\t' || c == '\r' {
			p.pos++
		}
	}
}

// rest takes the rest of the line, its end included.
func (p *parser) rest() string {
	start := p.pos
	for p.pos < len(p.text) && p.peek() != '\n' {
		if !p.joined() {
			p.pos++
		}
	}
	text := p.text[start:p.pos]
	if p.pos < len(p.text) {
		p.next()
	}
	return text
}

func isNameByte(c byte, first bool) bool {
	return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' || !first && c >= '0' && c <= '9'
}

func (p *parser) name() string {
	start := p.pos
	for p.pos < len(p.text) && isNameByte(p.peek(), p.pos == start) {
		p.pos++
	}
	return p.text[start:p.pos]
}

// blocks are the words that begin what runs under conditions only, and those that end it.
var blocks = map[string]string{"if": "fi", "case": "esac", "for": "done", "while": "done", "until": "done", "select": "done"}

// statement takes one statement.
func (p *parser) statement() {
	p.blanks()
	switch p.peek() {
	case 0:
		if p.pos < len(p.text) {
			p.next() // a NUL
			p.report(p.line, "a NUL byte is passed over")
		}
		return
	case '\n', ';':
		p.next()
		return
	case '#':
		p.rest()
		return
	}
	start, line := p.pos, p.line
	name := p.name()
	switch name {
	case "export", "declare", "typeset", "readonly", "local":
		if c := p.peek(); c == ' ' || c == '\t' {
			p.declaration(line)
			return
		}
	}
	if end := blocks[name]; end != "" && !strings.ContainsRune("=[", rune(p.peek())) {
		p.report(line, fmt.Sprintf("%q is not understood: all up to its %s is passed over", name, end))
		p.skipBlock(name, end)
		return
	}
	if name != "" && (p.peek() == '=' || p.peek() == '[' || strings.HasPrefix(p.text[p.pos:], "+=")) {
		p.assignment(name, line)
		return
	}
	p.pos, p.line = start, line
	if what := functionIn(p.text[start:]); what != "" {
		p.report(line, fmt.Sprintf("the function %s is not run", excerpt(what)))
		for ended := strings.HasSuffix(strings.TrimSpace(p.rest()), "}"); !ended && p.pos < len(p.text); {
			ended = strings.HasPrefix(p.rest(), "}")
		}
		return
	}
	p.report(line, fmt.Sprintf("%s is not an assignment and is passed over", excerpt(strings.TrimSpace(p.rest()))))
}

// declaration takes what follows export or declare: options, names, and perhaps an assignment.
func (p *parser) declaration(line int) {
	for {
		p.blanks()
		switch c := p.peek(); {
		case c == '-' || c == '+':
			for p.pos < len(p.text) && !strings.ContainsRune(" \t\n;", rune(p.peek())) {
				p.pos++
			}
		case isNameByte(c, true):
			name := p.name()
			if strings.ContainsRune("=[", rune(p.peek())) && p.peek() != 0 {
				p.assignment(name, line)
				return
			}
		default:
			p.ended(line)
			return
		}
	}
}

// skipBlock passes over a block with what is nested in it. It looks at the first word of each command only.
func (p *parser) skipBlock(begin, end string) {
	depth := 1
	for p.pos < len(p.text) {
		for command := range strings.FieldsFuncSeq(p.rest(), func(r rune) bool { return r == ';' || r == '|' || r == '&' }) {
			words := strings.Fields(command)
			if len(words) > 0 && (words[0] == "then" || words[0] == "do" || words[0] == "else") {
				words = words[1:]
			}
			switch {
			case len(words) == 0:
			case blocks[words[0]] == end && words[0] == begin:
				depth++
			case words[0] == end:
				depth--
			}
		}
		if depth <= 0 {
			return
		}
	}
}

// functionIn returns the name of the function whose definition text begins with, "" when there is none.
func functionIn(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	name, function := strings.CutPrefix(line, "function ")
	name, body, found := strings.Cut(name, "(")
	if !found && function {
		name, body, found = strings.Cut(name, "{")
		body = ")" + body
	}
	name = strings.TrimSpace(name)
	if !found || !strings.HasPrefix(strings.TrimSpace(body), ")") || name == "" || strings.ContainsAny(name, " \t\"'$=") {
		return ""
	}
	return name
}

// assignment takes [subscript]=value behind a name.
func (p *parser) assignment(name string, line int) {
	subscript, array := "", false
	fail := func(why string) {
		p.report(line, fmt.Sprintf("%s: %s; the assignment is passed over", excerpt(name), why))
		p.rest()
	}
	if p.peek() == '[' {
		p.next()
		array = true
		text, why := p.word("]\n")
		if why == "" && p.peek() != ']' {
			why = "the [ is not closed"
		}
		if why != "" {
			fail(why)
			return
		}
		p.next()
		subscript = text
	}
	if strings.HasPrefix(p.text[p.pos:], "+=") {
		fail("+= is not understood")
		return
	}
	if p.peek() != '=' {
		fail("there is no = behind it")
		return
	}
	p.next()
	if p.peek() == '(' {
		empty := strings.HasPrefix(p.text[p.pos:], "()")
		if empty {
			p.pos += 2
			p.ended(line)
			return
		}
		fail("lists in parentheses are not understood")
		return
	}
	text, why := p.word(" \t\r\n;#")
	if why != "" {
		fail(why)
		return
	}
	if !p.ended(line) {
		return
	}
	if p.count++; p.count > maxVariables {
		p.report(line, "too many assignments")
		return
	}
	v := Value{text, line}
	switch {
	case !array:
		p.file.Variables[name] = v
	case p.file.Arrays[name] == nil:
		p.file.Arrays[name] = map[string]Value{subscript: v}
	default:
		p.file.Arrays[name][subscript] = v
	}
}

// ended says whether nothing else is on the line: an assignment in front of a command counts for the command only.
func (p *parser) ended(line int) bool {
	p.blanks()
	switch p.peek() {
	case 0:
		return p.pos >= len(p.text)
	case '\n', ';', '#':
		return true
	}
	p.report(line, fmt.Sprintf("%s behind an assignment is not understood; the line is passed over", excerpt(strings.TrimSpace(p.rest()))))
	return false
}
