package catalog

import (
	"sync/atomic"

	"foster/replication/wire"
)

// Dimension is one value of a chart over time: a series of the store.
type Dimension struct {
	// Ref is the store's reference of the series, 0 when it has none yet. It belongs to the goroutine that appends.
	Ref uint64

	// These and Ref are written with every sample, and lie together. Chart.latest guards them.
	last      int64
	value     float64
	collected float64
	flags     wire.Flags

	removed atomic.Bool // see Chart.RemoveDimensions

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
	ch := d.Chart
	ch.mu.Lock()
	defer ch.mu.Unlock()
	if def == *d.Def() {
		return
	}
	if d.removed.Load() {
		d.def.Store(&def)
		if !def.Obsolete {
			d.removed.Store(false)
			ch.addLocked(d)
		}
		return
	}
	ch.Host.size.Add(int64(sizeOfDimension(&def) - sizeOfDimension(d.Def())))
	d.def.Store(&def)
	ch.changed()
}

// Last returns the unix time, value and flags of the newest stored point; the time is 0 when there is none in this run.
func (d *Dimension) Last() (t int64, value float64, flags wire.Flags) {
	d.Chart.latest.Lock()
	defer d.Chart.latest.Unlock()
	return d.last, d.value, d.flags
}

// SetLast sets what Last returns. The chart's newest values must be locked, see Chart.LockLatest.
func (d *Dimension) SetLast(t int64, value float64, flags wire.Flags) {
	d.last, d.value, d.flags = t, value, flags
}

// Collected returns the last value as collected, before its algorithm, multiplier and divisor.
func (d *Dimension) Collected() float64 {
	d.Chart.latest.Lock()
	defer d.Chart.latest.Unlock()
	return d.collected
}

// SetCollected sets what Collected returns. The chart's newest values must be locked, see Chart.LockLatest.
func (d *Dimension) SetCollected(v float64) { d.collected = v }
