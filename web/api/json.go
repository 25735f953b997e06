package api

import (
	"encoding/binary"
	"slices"
	"strconv"
	"unicode/utf8"
)

// encoder appends JSON to a buffer. It puts the commas; opening, closing and keys are for the caller to match.
type encoder struct{ b []byte }

// next puts a comma when a value came before at this level.
func (e *encoder) next() {
	if n := len(e.b); n > 0 {
		switch e.b[n-1] {
		case '{', '[', ':', '(':
		default:
			e.b = append(e.b, ',')
		}
	}
}

func (e *encoder) open(c byte) { e.next(); e.b = append(e.b, c) }

func (e *encoder) close(c byte) { e.b = append(e.b, c) }

func (e *encoder) key(k string) {
	e.next()
	e.b = appendString(e.b, k)
	e.b = append(e.b, ':')
}

func (e *encoder) string(s string) { e.next(); e.b = appendString(e.b, s) }

func (e *encoder) int(n int64) { e.next(); e.b = appendInt(e.b, n) }

func (e *encoder) number(v float64) { e.next(); e.b = appendNumber(e.b, v) }

func (e *encoder) bool(v bool) { e.next(); e.b = strconv.AppendBool(e.b, v) }

func (e *encoder) null() { e.next(); e.b = append(e.b, "null"...) }

// raw writes a value that is JSON already.
func (e *encoder) raw(v []byte) { e.next(); e.b = append(e.b, v...) }

func (e *encoder) strings(list []string) {
	e.open('[')
	for _, s := range list {
		e.string(s)
	}
	e.close(']')
}

// The following write a key and its value.

func (e *encoder) keyString(k, s string) { e.key(k); e.string(s) }

func (e *encoder) keyInt(k string, n int64) { e.key(k); e.int(n) }

func (e *encoder) keyNumber(k string, v float64) { e.key(k); e.number(v) }

func (e *encoder) keyBool(k string, v bool) { e.key(k); e.bool(v) }

func (e *encoder) keyNull(k string) { e.key(k); e.null() }

// keyOptional writes null for the empty string.
func (e *encoder) keyOptional(k, s string) {
	if s == "" {
		e.keyNull(k)
		return
	}
	e.keyString(k, s)
}

func (e *encoder) keyOpen(k string, c byte) { e.key(k); e.open(c) }

const hexDigits = "0123456789abcdef"

// appendString appends s as a JSON string. What is not UTF-8 becomes U+FFFD.
func appendString(b []byte, s string) []byte {
	return append(appendEscaped(append(b, '"'), s), '"')
}

// appendEscaped is appendString without the quotes. It copies plain text, which nearly all is, eight bytes at once.
func appendEscaped(b []byte, s string) []byte {
	n := len(b)
	b = slices.Grow(b, len(s)+2)[:n+len(s)]
	to, i := b[n:], 0
	for ; i+8 <= len(s); i += 8 {
		x := load(s[i:])
		if !isPlain(x) {
			return appendAny(b[:n+i], s[i:])
		}
		binary.LittleEndian.PutUint64(to[i:], x)
	}
	if i > 0 && i < len(s) { // the last eight, some of them again
		x := load(s[len(s)-8:])
		if !isPlain(x) {
			return appendAny(b[:n+i], s[i:])
		}
		binary.LittleEndian.PutUint64(to[len(to)-8:], x)
		return b
	}
	for ; i < len(s); i++ {
		c := s[i]
		if c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			return appendAny(b[:n+i], s[i:])
		}
		to[i] = c
	}
	return b
}

// load returns the first eight bytes of s.
func load(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// isPlain says whether eight bytes are as they are in a JSON string: printable ASCII without quotes and backslashes.
func isPlain(x uint64) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	quote, backslash := x^('"'*ones), x^('\\'*ones)
	// A byte without the high bit gets it when it is less than what is taken away.
	return (x|(x-' '*ones)|(quote-ones)|(backslash-ones))&highs == 0
}

// appendAny is appendEscaped for what may be anything.
func appendAny(b []byte, s string) []byte {
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError || size != 1 {
				i += size
				continue
			}
		}
		b = append(b, s[start:i]...)
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\r':
			b = append(b, `\r`...)
		case c == '\t':
			b = append(b, `\t`...)
		case c < ' ':
			b = append(b, `\u00`...)
			b = append(b, hexDigits[c>>4], hexDigits[c&15])
		default:
			b = append(b, "\ufffd"...)
		}
		i++
		start = i
	}
	return append(b, s[start:]...)
}
