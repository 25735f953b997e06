package api

import (
	"math"
	"strconv"
)

// appendNumber appends v as Netdata prints numbers: without exponent, with at most 7 decimals, without trailing zeros;
// what is not finite is null.
//
// A value that is a 32 bit float, as stored values are, is printed in the shortest form that is read back as the same
// one, which is what an agent's own 24 bits of mantissa print as, and keeps them for values far below 1 too. Others,
// means for the most part, get the 7 decimals, or as many digits as a 32 bit float has when they are below 0.1.
func appendNumber(b []byte, v float64) []byte {
	const exact = 1 << 53 // integers up to here have all their digits
	if v == math.Trunc(v) && math.Abs(v) < exact {
		return strconv.AppendInt(b, int64(v), 10)
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return append(b, "null"...)
	}
	m := math.Abs(v)
	if float64(float32(v)) == v || m < 0.1 {
		if m >= 0.1 && m < 1e6 {
			// The first number of decimals that is read back as the same float is the shortest.
			f := float32(m)
			for scale := 10.0; scale <= 1e7; scale *= 10 {
				if n := float64(int64(m*scale + 0.5)); float32(n/scale) == f {
					return appendFixed7(b, math.Copysign(n/scale, v))
				}
			}
		}
		return strconv.AppendFloat(b, v, 'f', -1, 32)
	}
	if m >= 1e8 {
		return strconv.AppendFloat(b, v, 'f', -1, 64)
	}
	return appendFixed7(b, v)
}

// appendFixed7 appends v, which is below 1e8, with up to 7 decimals. It takes a fifth of the time of strconv.AppendFloat.
func appendFixed7(b []byte, v float64) []byte {
	if v < 0 {
		b = append(b, '-')
		v = -v
	}
	n := uint64(v*1e7 + 0.5)
	b = strconv.AppendUint(b, n/1e7, 10)
	if n %= 1e7; n == 0 {
		return b
	}
	b = append(b, ".0000000"...)
	last := len(b) - 1
	for i := last; n > 0; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	for b[last] == '0' {
		last--
	}
	return b[:last+1]
}
