package agentconf

import (
	"fmt"
	"strings"
)

// word takes a value up to one of the bytes in stop that is not quoted. why says what is not understood in it.
func (p *parser) word(stop string) (text, why string) {
	var b strings.Builder
	quote := byte(0)
	for p.pos < len(p.text) {
		if b.Len() > maxValue {
			return "", "the value is too long"
		}
		c := p.peek()
		switch {
		case quote == '\'':
			if p.next(); c == '\'' {
				quote = 0
			} else {
				b.WriteByte(c)
			}
			continue
		case quote == 0 && strings.IndexByte(stop, c) >= 0 && (c != '#' || b.Len() == 0):
			return b.String(), ""
		case p.joined():
			continue
		case c == '$':
			v, why := p.reference()
			if why != "" {
				return "", why
			}
			b.WriteString(v)
			continue
		case c == '`':
			return "", "commands are not run"
		case c == 0:
			return "", "it has a NUL byte"
		}
		p.next()
		switch {
		case c == '"' && quote == '"':
			quote = 0
		case (c == '"' || c == '\'') && quote == 0:
			quote = c
		case c == '\\' && p.pos < len(p.text) && (quote == 0 || strings.IndexByte("$`\"\\", p.peek()) >= 0):
			b.WriteByte(p.next())
		case quote == 0 && strings.IndexByte("|&<>()", c) >= 0:
			return "", fmt.Sprintf("%q outside of quotes is not understood", string(c))
		default:
			b.WriteByte(c)
		}
	}
	if quote != 0 {
		return "", "a quote is not closed"
	}
	return b.String(), ""
}

// reference takes $name or ${name} and returns its value, "" when it has none, as the shell does.
func (p *parser) reference() (text, why string) {
	p.next()
	braced := p.peek() == '{'
	if braced {
		p.next()
	}
	name := p.name()
	switch {
	case name == "" && p.peek() == '(':
		return "", "commands are not run"
	case name == "" && !braced:
		return "$", ""
	case braced && p.peek() != '}' || name == "":
		return "", "only ${name} is understood"
	case braced:
		p.next()
	}
	return p.file.Variables[name].Text, ""
}

// excerpt quotes s for a message, shortened: a line may hold anything, secrets behind a = as well.
func excerpt(s string) string {
	s, _, _ = strings.Cut(s, "=")
	if len(s) > 40 {
		return fmt.Sprintf("%.40q…", s)
	}
	return fmt.Sprintf("%q", s)
}
