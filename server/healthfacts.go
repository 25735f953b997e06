package server

import (
	"runtime"
	"time"

	"foster/internal/machine"
	"foster/storage/catalog"
)

// ownFacts collects what alerts on foster.self can ask for. It belongs to the goroutine that evaluates them.
type ownFacts struct {
	s                       *Server
	started                 time.Time
	failed, dropped, untold rising
}

func newOwnFacts(s *Server) *ownFacts {
	return &ownFacts{s: s, started: time.Now(), failed: rising{over: 10 * time.Minute}, dropped: rising{over: 10 * time.Minute},
		untold: rising{over: time.Hour}}
}

// collect returns, by name:
//
//	hosts, connected, stale, archived, replicating  how many hosts there are, and how many of each state
//	data_size, data_avail  bytes of the file system of the data directory, and how many of them are free
//	disk_full              1 while the store refuses points because of that, else 0
//	append_errors          batches of points that could not be written in the last 10 minutes
//	dropped_samples        samples a second that were not stored in the last 10 minutes: too old, or in the future
//	notifications_failed   notifications of the last hour that no service took
//	alerts, alerts_raised  how many there are
//	evaluation_ms          milliseconds that the last pass over all alerts took
//	log_dropped            transitions that were not written since the disk was too slow, since the start
//	memory                 MiB that foster has from the system
//	goroutines             that run
//	uptime                 seconds since the start
func (o *ownFacts) collect() map[string]float64 {
	s, now := o.s, time.Now()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	st, engine := s.store.Stats(), s.alerts.engine.Stats()
	facts := map[string]float64{
		"hosts": 0, "connected": 0, "stale": 0, "archived": 0, "replicating": 0, "disk_full": 0,
		"append_errors":        o.failed.add(now, float64(st.Commits)),
		"notifications_failed": o.untold.add(now, float64(engine.NotificationsFailed)),
		"alerts":               float64(engine.Total()), "alerts_raised": float64(engine.Warning + engine.Critical),
		"evaluation_ms": float64(engine.LastPass) / float64(time.Millisecond),
		"log_dropped":   float64(s.alerts.log.Dropped()),
		"memory":        float64(memory.Sys-memory.HeapReleased) / (1 << 20),
		"goroutines":    float64(runtime.NumGoroutine()),
		"uptime":        now.Sub(o.started).Seconds(),
	}
	if rec := s.receiver.Load(); rec != nil {
		facts["dropped_samples"] = o.dropped.add(now, float64(rec.Totals().Dropped)) / o.dropped.over.Seconds()
	}
	if st.Full {
		facts["disk_full"] = 1
	}
	if size, free, err := machine.Space(s.opts.DataDir); err == nil && size > 0 {
		facts["data_size"], facts["data_avail"] = float64(size), float64(free)
	}
	for _, h := range s.store.Catalog().Hosts() {
		facts["hosts"]++
		if h.Connection() != nil {
			facts["connected"]++
		}
		switch h.State(now) {
		case catalog.Stale:
			facts["stale"]++
		case catalog.Archived:
			facts["archived"]++
		case catalog.Replicating:
			facts["replicating"]++
		case catalog.Live:
		}
	}
	return facts
}

// rising tells by how much a counter has grown over a time.
type rising struct {
	over time.Duration
	seen []count
}

type count struct {
	at time.Time
	n  float64
}

// add notes what the counter is now and returns by how much it has grown.
func (r *rising) add(now time.Time, n float64) float64 {
	const parts = 60 // that the time is divided into
	if last := len(r.seen) - 1; last < 0 || now.Sub(r.seen[last].at) >= r.over/parts {
		r.seen = append(r.seen, count{now, n})
	}
	for len(r.seen) > 1 && now.Sub(r.seen[1].at) >= r.over {
		r.seen = r.seen[1:]
	}
	return n - r.seen[0].n
}
