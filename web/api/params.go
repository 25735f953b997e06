package api

import (
	"iter"
	"strings"
)

// maxQuery is the longest query string accepted, in bytes.
const maxQuery = 64 << 10

// params are the parameters of a request, in order, as Netdata reads them: a parameter without name or without value does
// not count, and of a repeated one the last counts.
type params []param

type param struct{ name, value string }

// parseParams splits a raw query string at & and each part at its first =, and decodes both sides. A malformed escape
// stays as it is.
func parseParams(raw string) params {
	var ps params
	for part := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(part, "=")
		if name != "" && value != "" {
			ps = append(ps, param{unescape(name), unescape(value)})
		}
	}
	return ps
}

// get returns the last value of the parameter, "" when it is not given.
func (ps params) get(names ...string) string {
	value := ""
	for v := range ps.all(names...) {
		value = v
	}
	return value
}

// all yields the values of the parameters with one of the names, in order.
func (ps params) all(names ...string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, p := range ps {
			for _, name := range names {
				if p.name == name && !yield(p.value) {
					return
				}
			}
		}
	}
}

// number returns the value of the parameter as a number, or otherwise when it is not given.
func (ps params) number(name string, otherwise int64) int64 {
	if v := ps.get(name); v != "" {
		return leadingInt(v)
	}
	return otherwise
}

// maxInt bounds the numbers in requests, so that arithmetic with a few of them cannot overflow.
const maxInt = 1 << 48

// leadingInt reads the number at the beginning of s as C does: what follows is ignored, and garbage is 0. Numbers beyond
// maxInt are limited to it.
func leadingInt(s string) int64 {
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	negative := strings.HasPrefix(s, "-")
	if negative || strings.HasPrefix(s, "+") {
		s = s[1:]
	}
	var n int64
	for i := 0; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		n = min(n*10+int64(s[i]-'0'), maxInt)
	}
	if negative {
		return -n
	}
	return n
}

// unescape decodes %XX and +.
func unescape(s string) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+':
			b = append(b, ' ')
		case s[i] == '%' && i+2 < len(s) && unhex(s[i+1]) >= 0 && unhex(s[i+2]) >= 0:
			b = append(b, byte(unhex(s[i+1])<<4|unhex(s[i+2])))
			i += 2
		default:
			b = append(b, s[i])
		}
	}
	return string(b)
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c - 'a' + 10)
	case c >= 'A' && c <= 'F':
		return int(c - 'A' + 10)
	}
	return -1
}
