package expr

import (
	"fmt"
	"strconv"
	"strings"
)

// token is a kind of token. Operators are tokens, too.
type token uint8

const (
	end token = iota
	number
	variable
	and
	or
	not
	equal
	notEqual
	less
	lessEqual
	greater
	greaterEqual
	plus
	minus
	times
	divide
	modulo
	question
	colon
	open
	closing
	abs
)

// symbols are the tokens that consist of signs, longer ones before their beginnings.
var symbols = []struct {
	text string
	token
}{
	{"&&", and}, {"||", or}, {"==", equal}, {"!=", notEqual}, {"<>", notEqual}, {"<=", lessEqual}, {">=", greaterEqual},
	{"=", equal}, {"!", not}, {"<", less}, {">", greater}, {"+", plus}, {"-", minus}, {"*", times}, {"/", divide},
	{"%", modulo}, {"?", question}, {":", colon}, {"(", open}, {")", closing},
}

// words are the tokens that consist of letters.
var words = map[string]token{"and": and, "or": or, "not": not, "abs": abs, "nan": number, "null": number, "inf": number, "infinity": number}

// printed is how operators are written back.
var printed = map[token]string{
	and: "&&", or: "||", not: "!", equal: "==", notEqual: "!=", less: "<", lessEqual: "<=", greater: ">", greaterEqual: ">=",
	plus: "+", minus: "-", times: "*", divide: "/", modulo: "%",
}

// lexer cuts an expression into tokens.
type lexer struct {
	text string
	at   int // where the token at hand begins
	next int // where the one behind it does

	token
	value float64 // of a number
	name  string  // of a variable
}

// maxName is the longest name of a variable, in bytes.
const maxName = 300

// blanks separate tokens, and endsName are the bytes at which a variable without braces ends.
const (
	blanks   = " \t\r\n\v\f"
	endsName = blanks + "&|!><=%+-*/?(){}"
)

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }

// advance reads the next token.
func (l *lexer) advance() error {
	for l.next < len(l.text) && strings.IndexByte(blanks, l.text[l.next]) >= 0 {
		l.next++
	}
	l.at = l.next
	rest := l.text[l.at:]
	if rest == "" {
		l.token = end
		return nil
	}
	switch c := rest[0]; {
	case c == '$':
		return l.variable(rest)
	case isDigit(c) || c == '.':
		return l.number(rest)
	case isLetter(c):
		return l.word(rest)
	}
	for _, s := range symbols {
		if strings.HasPrefix(rest, s.text) {
			l.token = s.token
			l.next += len(s.text)
			return nil
		}
	}
	return l.unexpected()
}

func (l *lexer) variable(rest string) error {
	var n int
	if strings.HasPrefix(rest, "${") {
		i := strings.IndexByte(rest, '}')
		if i < 0 {
			return l.errorf("a brace is not closed")
		}
		l.name, n = strings.Trim(rest[2:i], blanks), i+1
	} else {
		n = strings.IndexAny(rest, endsName)
		if n < 0 {
			n = len(rest)
		}
		l.name = rest[1:n]
	}
	if l.name == "" {
		return l.errorf("a variable has no name")
	}
	if len(l.name) > maxName {
		return l.errorf("the name of a variable is longer than %d bytes", maxName)
	}
	l.token = variable
	l.next += n
	return nil
}

func (l *lexer) number(rest string) error {
	digits := func(i int) int {
		for i < len(rest) && isDigit(rest[i]) {
			i++
		}
		return i
	}
	n := digits(0)
	if n < len(rest) && rest[n] == '.' {
		n = digits(n + 1)
	}
	if n < len(rest) && (rest[n] == 'e' || rest[n] == 'E') {
		exponent := n + 1
		if exponent < len(rest) && (rest[exponent] == '+' || rest[exponent] == '-') {
			exponent++
		}
		if last := digits(exponent); last > exponent {
			n = last
		}
	}
	value, err := strconv.ParseFloat(rest[:n], 64)
	if err != nil {
		return l.errorf("%q is not a number", rest[:n])
	}
	l.token, l.value = number, value
	l.next += n
	return nil
}

func (l *lexer) word(rest string) error {
	n := 1
	for n < len(rest) && (isLetter(rest[n]) || isDigit(rest[n])) {
		n++
	}
	word := strings.ToLower(rest[:n])
	kind, ok := words[word]
	if !ok {
		return l.errorf("unknown word %q", excerpt(rest[:n]))
	}
	if kind == number {
		if word == "null" {
			word = "nan"
		}
		l.value, _ = strconv.ParseFloat(word, 64) // it knows these words
	}
	l.token = kind
	l.next += n
	return nil
}

func (l *lexer) unexpected() error {
	if l.at >= len(l.text) {
		return l.errorf("the expression ends where a value should be")
	}
	return l.errorf("unexpected %q", excerpt(l.text[l.at:]))
}

// excerpt returns the beginning of s.
func excerpt(s string) string {
	const most = 20
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

// SyntaxError says what is wrong with an expression, and where.
type SyntaxError struct {
	Offset int // in bytes
	Reason string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("at position %d: %s", e.Offset+1, e.Reason) }

func (l *lexer) errorf(format string, args ...any) error {
	return &SyntaxError{Offset: l.at, Reason: fmt.Sprintf(format, args...)}
}
