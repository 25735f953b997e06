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
	if n := int64(v); float64(n) == v && -exact < n && n < exact {
		return appendInt(b, n)
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return append(b, "null"...)
	}
	m := math.Abs(v)
	if float64(float32(v)) == v || m < 0.1 {
		if m < 0.1 || m >= 1e6 {
			return strconv.AppendFloat(b, v, 'f', -1, 32)
		}
		n, decimals := shortest(float32(m))
		if decimals == 0 {
			return strconv.AppendFloat(b, v, 'f', -1, 32)
		}
		return appendDecimal(b, v < 0, n, decimals)
	}
	if m >= 1e8 {
		return strconv.AppendFloat(b, v, 'f', -1, 64)
	}
	return appendDecimal(b, v < 0, uint64(m*1e7+0.5), 7)
}

// shortest returns the shortest decimal, as n / 10^decimals with 1 to 7 of them, that is read back as f, which is no integer
// and from 0.1 to 1e6; 0 decimals when that needs more.
func shortest(f float32) (n uint64, decimals int) {
	const mantissa, bias, bias64, mantissa64 = 23, 127, 1023, 52
	m := float64(f)
	// What is nearer than half of the last bit is read back as f. All of this is exact: 25 bits times the 24 of 1e7.
	exponent := uint64(math.Float32bits(f)>>mantissa) - bias - mantissa - 1
	half := math.Float64frombits((exponent + bias64) << mantissa64)
	low, high := uint64((m-half)*1e7)+1, uint64((m+half)*1e7)
	if low > high {
		return 0, 0
	}
	scale := 1e7
	for decimals = 7; (low+9)/10 <= high/10; decimals-- {
		low, high, scale = (low+9)/10, high/10, scale/10
	}
	return uint64(m*scale + 0.5), decimals
}

const twoDigits = "00010203040506070809" + "10111213141516171819" + "20212223242526272829" + "30313233343536373839" +
	"40414243444546474849" + "50515253545556575859" + "60616263646566676869" + "70717273747576777879" +
	"80818283848586878889" + "90919293949596979899"

// appendInt appends an integer. It takes a fifth less time than strconv.AppendInt where there is room.
func appendInt(b []byte, n int64) []byte {
	if n < 0 || n >= 1e12 || cap(b)-len(b) < 12 {
		return strconv.AppendInt(b, n, 10)
	}
	digits := 1
	for limit := int64(10); n >= limit; limit *= 10 {
		digits++
	}
	i := len(b) + digits
	b = b[:i]
	for ; digits > 1; digits -= 2 {
		pair := n % 100 * 2
		n /= 100
		i -= 2
		b[i], b[i+1] = twoDigits[pair], twoDigits[pair+1]
	}
	if digits == 1 {
		b[i-1] = byte('0' + n)
	}
	return b
}

// printed is the value that was printed last in a column: values often stay as they are for a while.
type printed struct {
	bits uint64
	text [8]byte
	n    int // bytes of text; 0 when it is longer
}

// append appends a number as appendNumber does.
func (p *printed) append(b []byte, v float64) []byte {
	n, bits := len(b), math.Float64bits(v)
	room := cap(b)-n >= len(p.text)
	if bits == p.bits && p.n > 0 && room {
		*(*[8]byte)(b[n : n+8]) = p.text
		return b[:n+p.n]
	}
	b = appendNumber(b, v)
	p.bits, p.n = bits, 0
	if size := len(b) - n; size <= len(p.text) && room {
		p.text, p.n = [8]byte(b[n:n+8]), size
	}
	return b
}

// appendDecimal appends n / 10^decimals without trailing zeros behind the point. It takes a fifth of the time of
// strconv.AppendFloat.
func appendDecimal(b []byte, negative bool, n uint64, decimals int) []byte {
	for decimals > 0 && n%10 == 0 {
		n /= 10
		decimals--
	}
	var digits [24]byte
	i := len(digits)
	if decimals&1 != 0 {
		i--
		digits[i] = byte('0' + n%10)
		n /= 10
	}
	for range decimals / 2 {
		i -= 2
		pair := n % 100 * 2
		digits[i], digits[i+1] = twoDigits[pair], twoDigits[pair+1]
		n /= 100
	}
	if decimals > 0 {
		i--
		digits[i] = '.'
	}
	for n >= 100 {
		i -= 2
		pair := n % 100 * 2
		digits[i], digits[i+1] = twoDigits[pair], twoDigits[pair+1]
		n /= 100
	}
	if n >= 10 {
		i -= 2
		digits[i], digits[i+1] = twoDigits[n*2], twoDigits[n*2+1]
	} else {
		i--
		digits[i] = byte('0' + n)
	}
	if negative {
		i--
		digits[i] = '-'
	}
	return append(b, digits[i:]...)
}
