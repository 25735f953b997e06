package wire

import "math"

// Scan decodes what follows the id of a SET2 line, as Set2Values does of its words, in one pass, when it is written as agents with
// IEEE754 write it: '#' or '@' and radix-64 digits, '#' or such a double, and flags, one blank between them. It is false
// when it is written in any other way; s is undefined then.
func (s *Set2) Scan(values []byte) bool {
	i, ok := 0, false
	if s.Collected, i, ok = scan64(values); !ok {
		return false
	}
	values = values[i:]
	if len(values) > 1 && values[0] == '#' && values[1] == ' ' {
		s.Value, i = s.Collected, 2
	} else if s.Value, i, ok = scanDouble(values); !ok {
		return false
	}
	if s.Flags, ok = scanFlags(values[i:]); s.Flags&Empty != 0 {
		s.Value = math.NaN()
	}
	return ok
}

// Scan decodes what follows the id of an RSET line, as ReplaySetValues does of its words, when it is a double as agents with
// IEEE754 write it, a blank and flags. It is false when it is written in any other way; s is undefined then.
func (s *ReplaySet) Scan(values []byte) bool {
	i, ok := 0, false
	if s.Value, i, ok = scanDouble(values); !ok {
		return false
	}
	if s.Flags, ok = scanFlags(values[i:]); s.Flags&Empty != 0 {
		s.Value = math.NaN()
	}
	return ok
}

// scan64 decodes an integer or a double in radix 64; next is the index of what follows the blank behind it.
func scan64(b []byte) (v float64, next int, ok bool) {
	negative := len(b) > 0 && b[0] == '-'
	if negative {
		next = 1
	}
	if next >= len(b) || b[next] != '#' {
		return scanDouble(b)
	}
	u, next, ok := scanDigits(b, next+1)
	if negative {
		u = -u
	}
	return float64(int64(u)), next, ok
}

func scanDouble(b []byte) (v float64, next int, ok bool) {
	if len(b) == 0 || b[0] != '@' {
		return 0, 0, false
	}
	u, next, ok := scanDigits(b, 1)
	return fromBits(u), next, ok
}

// scanDigits decodes radix-64 digits from the i-th byte up to a blank; next is the index of what follows it.
func scanDigits(b []byte, i int) (u uint64, next int, ok bool) {
	for j := i; j < len(b); j++ {
		d := value64[b[j]]
		if d == 0xff {
			return u, j + 1, j > i && b[j] == ' '
		}
		u = u<<6 | uint64(d)
	}
	return 0, 0, false
}

// scanFlags decodes flags that are not quoted and end the line.
func scanFlags(b []byte) (f Flags, ok bool) {
	for _, c := range b {
		if c < 'A' || c > 'Z' {
			return 0, false
		}
	}
	return ParseFlags(b), len(b) > 0
}
