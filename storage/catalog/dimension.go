package catalog

import (
	"math"
	"sync/atomic"

	"foster/replication/wire"
)

// Dimension is one value of a chart over time: a series of the store.
type Dimension struct {
	// Ref is the store's reference of the series, 0 when it has none yet. It belongs to the goroutine that appends.
	Ref uint64

	// These and Ref are written with every sample, and lie together.
	last      atomic.Int64
	value     atomic.Uint64
	collected atomic.Uint64
	flags     atomic.Uint32

	Chart *Chart
	ID    string
	def   atomic.Pointer[wire.Dimension]

	saved *wire.Dimension // what the database has, nil when that is not known; belongs to the persister
}

func newDimension(ch *Chart, def wire.Dimension) *Dimension {
	def.Slot = 0
	def.ID, def.Name = internString(def.ID), internString(def.Name)
	d := &Dimension{Chart: ch, ID: def.ID}
	d.def.Store(&def)
	return d
}

// Def returns the definition of the dimension; its Slot has no meaning. It must not be changed.
func (d *Dimension) Def() *wire.Dimension { return d.def.Load() }

// SetDef changes the definition of the dimension.
func (d *Dimension) SetDef(def wire.Dimension) {
	def.Slot = 0
	def.ID, def.Name = d.ID, internString(def.Name)
	if def == *d.Def() {
		return
	}
	d.Chart.Host.size.Add(int64(sizeOfDimension(&def) - sizeOfDimension(d.Def())))
	d.def.Store(&def)
	d.Chart.changed()
}

// Last returns the unix time, value and flags of the newest stored point; the time is 0 when there is none in this run.
// A reader may see the time of one point with the value of the next.
func (d *Dimension) Last() (t int64, value float64, flags wire.Flags) {
	return d.last.Load(), math.Float64frombits(d.value.Load()), wire.Flags(d.flags.Load())
}

// SetLast sets what Last returns. A store to an atomic costs much more than a load, and many values do not change.
func (d *Dimension) SetLast(t int64, value float64, flags wire.Flags) {
	if bits := math.Float64bits(value); d.value.Load() != bits {
		d.value.Store(bits)
	}
	if d.flags.Load() != uint32(flags) {
		d.flags.Store(uint32(flags))
	}
	d.last.Store(t)
}

// Collected returns the last value as collected, before its algorithm, multiplier and divisor.
func (d *Dimension) Collected() float64 { return math.Float64frombits(d.collected.Load()) }

// SetCollected sets what Collected returns.
func (d *Dimension) SetCollected(v float64) {
	if bits := math.Float64bits(v); d.collected.Load() != bits {
		d.collected.Store(bits)
	}
}
