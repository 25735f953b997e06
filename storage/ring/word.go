package ring

import (
	"math"

	"foster/replication/wire"
)

// A value is a word: the bits of its float32, changed so that zero is no value. Fresh memory is a ring of gaps.
const gap = 0x7FC00000 // a NaN

const smallestNormal = 0x1p-126 // of float32

// The flags of a point.
const (
	anomalous = 1 << iota
	reset
	flagBits = iota
)

// encode returns the word of a point and its flags; ok is false when the point is a gap, which is not stored. As in the
// tiers, values too large for a float32 become the largest one, values too small zero, and zero has no sign.
func encode(v float64, f wire.Flags) (word, flags uint32, ok bool) {
	if f&wire.Empty != 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, 0, false
	}
	switch {
	case v > math.MaxFloat32:
		v = math.MaxFloat32
	case v < -math.MaxFloat32:
		v = -math.MaxFloat32
	case -smallestNormal < v && v < smallestNormal:
		v = 0
	}
	if f&wire.Anomalous != 0 {
		flags |= anomalous
	}
	if f&wire.Reset != 0 {
		flags |= reset
	}
	return math.Float32bits(float32(v)) ^ gap, flags, true
}

// decode returns the value of a word that is not 0. What an encoder cannot have written, and a damaged file may hold, is
// not finite.
func decode(word uint32) float64 { return float64(math.Float32frombits(word ^ gap)) }

func finite(word uint32) bool {
	v := decode(word)
	return !math.IsNaN(v) && !math.IsInf(v, 0)
}
