package health

import (
	"time"

	"foster/storage/catalog"
)

// The contexts, which are also the ids of the charts, of what foster itself knows: of each host that streams to it, and of
// itself. There are no points of them: alerts on them have no lookup, and their variables are the names below.
const (
	ChildContext = "foster.child"
	SelfContext  = "foster.self"
	ownFamily    = "foster"
)

// ownChart is what foster knows of a host, as the alerts see it.
type ownChart struct {
	id     string
	at     int64 // unix seconds of the values
	values map[string]float64
}

func newOwnChart(c *catalog.Host) *ownChart {
	if c == nil {
		return &ownChart{id: SelfContext}
	}
	return &ownChart{id: ChildContext}
}

// ownRunnable says whether the alerts on the own chart can be evaluated, and makes its values those of now.
func (h *host) ownRunnable(now int64) bool {
	e := h.engine
	o := h.own.own
	if now < e.postponedUntil.Load() {
		return false
	}
	if h.catalog == nil {
		if o.at != now && e.o.Self.Facts != nil {
			o.values = e.o.Self.Facts()
		}
		o.at = now
		return true
	}
	if h.connection.Load() == nil {
		// After a start of foster children get time to come back. Who was never seen does not miss.
		if now < e.started+int64(h.rules.Postpone/time.Second) || h.catalog.LastSeen().IsZero() {
			return false
		}
	}
	if o.at != now {
		o.values, o.at = h.childFacts(now), now
	}
	return true
}

// childFacts returns what foster.child has of a host:
//
//	connected        1 while the child is connected, else 0
//	connected_for    seconds since it has connected, 0 while it is not
//	offline_for      seconds since its last sign of life, 0 while it is connected
//	silent_for       seconds since the last byte while it is connected, else 0
//	data_age         seconds since the newest stored point of any chart, while it is connected and has sent some
//	replicating      charts that are replaying history
//	replicating_for  seconds for which charts have been replaying without a pause
//	replicated       percent of the history asked for that has arrived
//	dropped          samples of this connection that were not stored
//	ephemeral        1 for a host that may go, else 0
//	hops             1: it connects itself; more: through other parents
func (h *host) childFacts(now int64) map[string]float64 {
	info := h.catalog.Info()
	facts := map[string]float64{
		"connected": 0, "connected_for": 0, "offline_for": 0, "silent_for": 0, "data_age": 0, "replicating": 0, "replicating_for": 0,
		"replicated": 100, "dropped": 0, "ephemeral": 0, "hops": float64(info.Hops),
	}
	if info.Ephemeral {
		facts["ephemeral"] = 1
	}
	since := func(t time.Time) float64 { return float64(max(0, now-t.Unix())) }
	c := h.connection.Load()
	if c == nil {
		facts["offline_for"] = since(h.catalog.LastSeen())
		h.replaying = 0
		return facts
	}
	facts["connected"], facts["connected_for"], facts["silent_for"] = 1, since(c.Since), since(c.LastTraffic())
	facts["dropped"] = float64(c.Dropped.Load())
	if n := c.Replicating(); n > 0 {
		if h.replaying == 0 {
			h.replaying = now
		}
		facts["replicating"], facts["replicating_for"], facts["replicated"] = float64(n), float64(now-h.replaying), c.ReplayPercent()
	} else {
		h.replaying = 0
	}
	newest := int64(0)
	for _, ch := range h.catalog.Charts() {
		newest = max(newest, ch.Last())
	}
	if newest > 0 && c.Samples.Load() > 0 {
		facts["data_age"] = float64(max(0, now-newest))
	}
	return facts
}
