package wire

import (
	"math"
	"strconv"
	"unsafe"
)

// ParseInt reads an integer in any form an agent sends: decimal, 0x and hexadecimal digits, or # and radix-64 digits,
// each with an optional sign before it. Like the agents' parser it takes the leading digits and ignores what follows;
// ok is false when there is no digit. Values beyond 64 bits wrap.
func ParseInt(b []byte) (n int64, ok bool) {
	negative := false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		negative = b[0] == '-'
		b = b[1:]
	}
	if len(b) == 0 {
		return 0, false
	}
	var u uint64
	switch {
	case b[0] == '#':
		u, ok = parse64(b[1:])
	case len(b) > 2 && b[0] == '0' && b[1] == 'x':
		u, ok = parseHex(b[2:])
	default:
		for _, c := range b {
			d := c - '0'
			if d > 9 {
				break
			}
			u, ok = u*10+uint64(d), true
		}
	}
	if negative {
		u = -u
	}
	return int64(u), ok
}

// ParseFloat reads a number in any form an agent sends: those of ParseInt, a decimal with fraction and exponent, % and
// the hexadecimal or @ and the radix-64 digits of its IEEE 754 bits. nan, inf, null and whatever is not finite give NaN.
// ok is false when the word is no number at all.
func ParseFloat(b []byte) (v float64, ok bool) {
	if len(b) == 0 {
		return math.NaN(), false
	}
	switch b[0] {
	case '@':
		u, ok := parse64(b[1:])
		return fromBits(u), ok
	case '%':
		u, ok := parseHex(b[1:])
		return fromBits(u), ok
	case '#':
		n, ok := ParseInt(b)
		return float64(n), ok
	case 'n', 'N', 'i', 'I':
		return math.NaN(), true
	}
	// Decimal integers are the most frequent form of all; 15 digits are exact in a double.
	if len(b) <= 15 {
		digits := b
		if b[0] == '-' {
			digits = b[1:]
		}
		var u uint64
		for _, c := range digits {
			d := c - '0'
			if d > 9 {
				goto general
			}
			u = u*10 + uint64(d)
		}
		if len(digits) == 0 {
			return math.NaN(), false
		}
		if len(digits) < len(b) {
			return -float64(u), true
		}
		return float64(u), true
	}
general:
	body := b
	if b[0] == '-' || b[0] == '+' {
		body = b[1:]
	}
	if len(body) > 0 {
		switch body[0] {
		case '#':
			n, ok := ParseInt(b)
			return float64(n), ok
		case 'n', 'N', 'i', 'I':
			return math.NaN(), true
		}
		if len(body) > 2 && body[0] == '0' && body[1] == 'x' {
			n, ok := ParseInt(b)
			return float64(n), ok
		}
	}
	if len(b) > 400 {
		return math.NaN(), false
	}
	v, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(b), len(b)), 64)
	switch {
	case math.IsInf(v, 0): // out of range: a number, and none we could keep
		return math.NaN(), true
	case err != nil:
		return math.NaN(), false
	}
	return v, true
}

func fromBits(u uint64) float64 {
	if v := math.Float64frombits(u); !math.IsInf(v, 0) {
		return v
	}
	return math.NaN()
}

const digits64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// value64 is the value of each radix-64 digit, 0xff for other bytes. The digits are not RFC 4648: a number is written
// most significant digit first, without padding (netdata v2.11.0 src/libnetdata/inlined.h).
var value64 = func() (t [256]byte) {
	for i := range t {
		t[i] = 0xff
	}
	for i := range len(digits64) {
		t[digits64[i]] = byte(i)
	}
	return t
}()

func parse64(b []byte) (u uint64, ok bool) {
	for _, c := range b {
		d := value64[c]
		if d == 0xff {
			break
		}
		u, ok = u<<6|uint64(d), true
	}
	return u, ok
}

func parseHex(b []byte) (u uint64, ok bool) {
	for _, c := range b {
		var d byte
		switch {
		case c >= '0' && c <= '9':
			d = c - '0'
		case c >= 'A' && c <= 'F':
			d = c - 'A' + 10
		case c >= 'a' && c <= 'f':
			d = c - 'a' + 10
		default:
			return u, ok
		}
		u, ok = u<<4|uint64(d), true
	}
	return u, ok
}
