package tier

import (
	"math"

	"foster/replication/wire"
)

// A value is stored as a float32 widened to a double: agents keep no more than about 24 significant bits themselves, and
// the XOR chunks halve. The low 29 bits of such a double are zero; the highest two of them hold the flags. They are worth
// less than half a unit in the last place of the float32, so rounding a stored value to float32 gives the value back, and
// a reader that knows nothing of them errs by 2⁻²⁵ at most. A zero with flags is the smallest of denormals.
const (
	anomalousBit = 1 << 27
	resetBit     = 1 << 26
	belowFloat32 = 1<<29 - 1

	smallestNormal = 0x1p-126 // of float32
)

// encode returns the double that stands for a point; ok is false when the point is a gap, which is not stored. Values
// too large for a float32 become the largest one, values too small zero, and zero has no sign.
func encode(v float64, f wire.Flags) (stored float64, ok bool) {
	if f&wire.Empty != 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, false
	}
	switch {
	case v > math.MaxFloat32:
		v = math.MaxFloat32
	case v < -math.MaxFloat32:
		v = -math.MaxFloat32
	case -smallestNormal < v && v < smallestNormal:
		v = 0
	}
	bits := math.Float64bits(float64(float32(v)))
	if f&wire.Anomalous != 0 {
		bits |= anomalousBit
	}
	if f&wire.Reset != 0 {
		bits |= resetBit
	}
	return math.Float64frombits(bits), true
}

// decode returns the value and flags of a stored double.
func decode(stored float64) (v float64, anomalous, reset bool) {
	bits := math.Float64bits(stored)
	return math.Float64frombits(bits &^ belowFloat32), bits&anomalousBit != 0, bits&resetBit != 0
}
