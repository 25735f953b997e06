package wire

import (
	"math"
	"math/bits"
	"strconv"
)

// Form is a notation for integers.
type Form uint8

// The notations a peer can be sent.
const (
	Decimal Form = iota
	Hex          // 0x and upper-case digits
	Base64       // # and radix-64 digits; doubles as @ and their IEEE 754 bits
)

// Encoding says how lines are written for a peer: which notation numbers have, whether there are slots, how long a
// string may be. It follows from the negotiated capabilities (see netdata v2.11.0 src/streaming/stream-sender-commit.c,
// stream-replication-sender.c) and does not change during a connection.
//
// Its methods append one line, newline included, to b and return the extended slice; none allocates when b has room.
// Strings are made harmless: they lose their quotes, backslashes and control characters, because the protocol has no
// escape for them, and are cut to what the peer's line buffer takes.
type Encoding struct {
	caps   Caps
	live   Form // of integers in definitions and BEGIN2, SET2
	replay Form // of integers in R… lines
	slots  bool
	text   int // the longest string, in bytes
}

// NewEncoding returns the encoding for a connection with the negotiated capabilities c.
func NewEncoding(c Caps) Encoding {
	e := Encoding{caps: c, live: Hex, text: MaxID}
	if c.Has(IEEE754) {
		e.live, e.replay = Base64, Base64
	}
	// BEGIN and SET carry no slots, and then no line may: a parent that has slots for a chart insists on them.
	e.slots = c.Has(Slots | Interpolated)
	if !c.Has(VCaps) {
		e.text = 90 // agents before v1.37 read lines of up to 1,023 bytes
	}
	return e
}

// Caps returns the capabilities the encoding was made from.
func (e Encoding) Caps() Caps { return e.caps }

// AppendInt64 appends n in the given notation.
func AppendInt64(b []byte, n int64, f Form) []byte {
	if f == Decimal {
		return strconv.AppendInt(b, n, 10)
	}
	u := uint64(n)
	if n < 0 {
		b = append(b, '-')
		u = -u
	}
	if f == Base64 {
		return append64(append(b, '#'), u)
	}
	b = append(b, '0', 'x')
	for shift := (max(bits.Len64(u), 1) - 1) / 4 * 4; shift >= 0; shift -= 4 {
		b = append(b, "0123456789ABCDEF"[u>>shift&15])
	}
	return b
}

// append64 appends the radix-64 digits of u.
func append64(b []byte, u uint64) []byte {
	var digits [11]byte
	i := len(digits) - 1
	digits[i] = digits64[u&63]
	for u >>= 6; u != 0; u >>= 6 {
		i--
		digits[i] = digits64[u&63]
	}
	return append(b, digits[i:]...)
}

// maxDecimals is how many digits follow the point of a decimal. With it the digits before and after the point each fit
// the 64-bit integers in which agents collect them.
const maxDecimals = 15

// AppendFloat64 appends v: as its IEEE 754 bits if f is Base64, else as a decimal. What is not finite becomes NAN.
func AppendFloat64(b []byte, v float64, f Form) []byte {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return append(b, "NAN"...)
	case f == Base64:
		return append64(append(b, '@'), math.Float64bits(v))
	case v == math.Trunc(v) && math.Abs(v) < 1e15:
		return strconv.AppendInt(b, int64(v), 10)
	case math.Abs(v) >= 1e15 || math.Abs(v) < 1e-9:
		return strconv.AppendFloat(b, v, 'e', -1, 64)
	}
	start := len(b)
	b = strconv.AppendFloat(b, v, 'f', -1, 64)
	for i := start; i < len(b); i++ {
		if b[i] == '.' {
			return b[:min(len(b), i+1+maxDecimals)]
		}
	}
	return b
}

// letters appends the flags word; normal says that points that are not anomalous are marked as that.
func (f Flags) letters(b []byte, normal bool) []byte {
	start := len(b)
	if normal && f&(Anomalous|Empty) == 0 {
		b = append(b, 'A')
	}
	if f&Reset != 0 {
		b = append(b, 'R')
	}
	if f&Empty != 0 {
		b = append(b, 'E')
	}
	if len(b) == start {
		b = append(b, "''"...)
	}
	return b
}

// AppendHead appends the beginning of a data line, which is the same in every such line of a chart or dimension during a
// connection, so that a sender can keep it: keyword, slot (0: none) and id, with a blank behind. The rest of the line
// comes from the Append…Values methods.
func (e Encoding) AppendHead(b []byte, c Command, slot int, id string) []byte {
	return appendHead(e, b, c, slot, id)
}

func appendHead[S string | []byte](e Encoding, b []byte, c Command, slot int, id S) []byte {
	quote, form := byte('"'), e.replay
	switch c {
	case CmdBegin2:
		b, quote, form = append(b, "BEGIN2 "...), '\'', e.live
	case CmdSet2:
		b, quote, form = append(b, "SET2 "...), '\'', e.live
	case CmdBegin:
		b, slot = append(b, "BEGIN "...), 0
	case CmdSet:
		b, slot = append(b, "SET "...), 0
	case CmdReplayBegin:
		b = append(b, "RBEGIN "...)
	case CmdReplaySet:
		b = append(b, "RSET "...)
	case CmdReplayDimensionState:
		b = append(b, "RDSTATE "...)
	case CmdChart:
		b, form = append(b, "CHART "...), e.live
	case CmdDimension:
		b, form = append(b, "DIMENSION "...), e.live
	}
	b = e.appendSlot(b, slot, form)
	return append(appendID(b, quote, id), ' ')
}

func (e Encoding) appendSlot(b []byte, slot int, f Form) []byte {
	if !e.slots || slot <= 0 {
		return b
	}
	b = AppendInt64(append(b, "SLOT:"...), int64(slot), f)
	return append(b, ' ')
}

// appendID appends an id in quotes. Bytes that could end the word become '_', whichever the quotes are, because the same
// id is written in both; and so does what could be taken for a slot, which parsers see through the quotes.
func appendID[S string | []byte](b []byte, quote byte, id S) []byte {
	b = append(b, quote)
	if len(id) >= 5 && string(id[:5]) == "SLOT:" {
		b, id = append(b, "SLOT_"...), id[5:]
	}
	for i := range min(len(id), MaxID) {
		c := id[i]
		if c < ' ' || c == 0x7f || c == '"' || c == '\'' || c == '\\' {
			c = '_'
		}
		b = append(b, c)
	}
	return append(b, quote)
}

// appendText appends a string that is only shown, in double quotes and with a blank behind.
func (e Encoding) appendText(b []byte, s string) []byte {
	s = cutText(s, e.text)
	b = append(b, '"')
	for i := range len(s) {
		c := s[i]
		switch {
		case c == '"':
			c = '\''
		case c == '\\':
			c = '/'
		case c < ' ' || c == 0x7f:
			c = ' '
		}
		b = append(b, c)
	}
	return append(b, '"', ' ')
}

// endLine replaces the blank behind the last word by a newline.
func endLine(b []byte) []byte {
	b[len(b)-1] = '\n'
	return b
}
