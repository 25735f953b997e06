package wire

import (
	"math"
	"strconv"
)

// AppendBegin appends BEGIN.
func (e Encoding) AppendBegin(b []byte, c *Begin) []byte {
	return e.AppendBeginValues(appendHead(e, b, CmdBegin, 0, c.ID), c)
}

// AppendBeginValues appends what follows the head of BEGIN.
func (Encoding) AppendBeginValues(b []byte, c *Begin) []byte {
	return append(strconv.AppendInt(b, c.Microseconds, 10), '\n')
}

// AppendSet appends SET.
func (e Encoding) AppendSet(b []byte, s *Set) []byte {
	return e.AppendSetValues(appendHead(e, b, CmdSet, 0, s.ID), s)
}

// AppendSetValues appends what follows the head of SET. The fraction of a value is sent only to a peer that takes one.
func (e Encoding) AppendSetValues(b []byte, s *Set) []byte {
	b = append(b, "= "...)
	if e.caps.Has(FloatBaseline) && finite(s.Float) && s.Float != math.Trunc(s.Float) {
		b = AppendFloat64(b, s.Float, Decimal)
	} else {
		b = strconv.AppendInt(b, s.Value, 10)
	}
	return append(b, '\n')
}

// AppendEnd appends END.
func (Encoding) AppendEnd(b []byte) []byte { return append(b, "END\n"...) }

// AppendBegin2 appends BEGIN2.
func (e Encoding) AppendBegin2(b []byte, c *Begin2) []byte {
	return e.AppendBegin2Values(appendHead(e, b, CmdBegin2, c.Slot, c.ID), c)
}

// AppendBegin2Values appends what follows the head of BEGIN2.
func (e Encoding) AppendBegin2Values(b []byte, c *Begin2) []byte {
	b = append(AppendInt64(b, c.UpdateEvery, e.live), ' ')
	b = append(AppendInt64(b, c.End, e.live), ' ')
	if c.Wall == c.End {
		return append(b, "#\n"...)
	}
	return append(AppendInt64(b, c.Wall, e.live), '\n')
}

// AppendSet2 appends SET2.
func (e Encoding) AppendSet2(b []byte, s *Set2) []byte {
	return e.AppendSet2Values(appendHead(e, b, CmdSet2, s.Slot, s.ID), s)
}

// AppendSet2Values appends what follows the head of SET2.
func (e Encoding) AppendSet2Values(b []byte, s *Set2) []byte {
	b, exact := e.appendCollected(b, s.Collected, e.live)
	flags := s.Flags
	switch {
	case !finite(s.Value):
		b = append(b, " NAN "...)
		flags |= Empty
	case exact && s.Value == s.Collected:
		b = append(b, " # "...)
	default:
		b = append(AppendFloat64(append(b, ' '), s.Value, e.live), ' ')
	}
	return append(flags.letters(b, true), '\n')
}

// appendCollected appends a collected value: an integer, or a double if it is one and the peer takes it. exact says that
// nothing of the value was lost.
func (e Encoding) appendCollected(b []byte, v float64, f Form) (_ []byte, exact bool) {
	if !finite(v) || math.Abs(v) >= 1<<63 {
		return AppendInt64(b, 0, f), false
	}
	n := int64(v)
	if exact = float64(n) == v; !exact && e.caps.Has(FloatBaseline) {
		return AppendFloat64(b, v, f), true
	}
	return AppendInt64(b, n, f), exact
}

func finite(v float64) bool { return v-v == 0 }

// AppendEnd2 appends END2.
func (Encoding) AppendEnd2(b []byte) []byte { return append(b, "END2\n"...) }
