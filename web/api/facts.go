package api

import (
	"context"
	"maps"
	"sync"
	"time"

	"foster/storage/catalog"
)

const (
	rateEvery  = 2 * time.Second // between two looks at the counters of a connection
	rateWindow = 4               // looks over which a rate is smoothed
	countEvery = 5 * time.Second
)

// facts keeps what the lists of hosts tell and the catalog does not: rates, and counts that take long to make. It looks
// at the counters by itself, so that a rate does not depend on how many ask for it and when.
type facts struct {
	catalog *catalog.Catalog

	mu    sync.Mutex
	hosts map[*catalog.Host]*hostFacts
}

type hostFacts struct {
	conn  *catalog.Connection // whose counters looks are
	looks [rateWindow]look    // ring
	next  int                 // place of the next look in the ring
	rate  float64             // samples per second

	generation uint64
	counted    time.Time
	counts     counts
	spaces     []*catalog.Chart // file systems
}

type look struct {
	at      time.Time
	samples int64
}

// counts are the visible charts and dimensions of a host.
type counts struct{ charts, metrics int }

func newFacts(c *catalog.Catalog) *facts {
	return &facts{catalog: c, hosts: map[*catalog.Host]*hostFacts{}}
}

func (f *facts) run(ctx context.Context, now func() time.Time) {
	ticker := time.NewTicker(rateEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			f.sample(now())
		}
	}
}

// sample looks at the counters of all connections.
func (f *facts) sample(now time.Time) {
	hosts := f.catalog.Hosts()
	f.mu.Lock()
	defer f.mu.Unlock()
	maps.DeleteFunc(f.hosts, func(h *catalog.Host, _ *hostFacts) bool { return h.Removed() })
	for _, h := range hosts {
		f.hostLocked(h).look(h.Connection(), now)
	}
}

func (f *facts) hostLocked(h *catalog.Host) *hostFacts {
	hf := f.hosts[h]
	if hf == nil {
		hf = &hostFacts{}
		f.hosts[h] = hf
	}
	return hf
}

// look notes the counters of a connection. Replayed history does not count: the rate is that of the present.
func (hf *hostFacts) look(c *catalog.Connection, now time.Time) {
	if c != hf.conn {
		hf.conn, hf.rate, hf.next = c, 0, 0
		hf.looks = [rateWindow]look{}
		if c != nil {
			hf.looks[0], hf.next = look{at: c.Since}, 1
		}
	}
	if c == nil {
		return
	}
	current := look{now, c.Samples.Load() - c.Replayed.Load()}
	oldest := hf.looks[hf.next]
	if oldest.at.IsZero() {
		oldest = hf.looks[0]
	}
	hf.looks[hf.next] = current
	hf.next = (hf.next + 1) % rateWindow
	if seconds := current.at.Sub(oldest.at).Seconds(); seconds > 0 {
		hf.rate = max(0, float64(current.samples-oldest.samples)/seconds)
	}
}

// rate returns the samples per second of the host, smoothed over some seconds; 0 when it is not connected.
func (f *facts) rate(h *catalog.Host) float64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if hf := f.hosts[h]; hf != nil && hf.conn != nil && hf.conn == h.Connection() {
		return hf.rate
	}
	return 0
}

// counts returns how many charts and dimensions of the host are visible. The answer may be some seconds old.
func (f *facts) counts(h *catalog.Host, now time.Time) counts {
	generation := h.Generation()
	f.mu.Lock()
	hf := f.hostLocked(h)
	if hf.generation == generation && now.Sub(hf.counted) < countEvery && !hf.counted.IsZero() {
		defer f.mu.Unlock()
		return hf.counts
	}
	f.mu.Unlock()

	var c counts
	var spaces []*catalog.Chart
	for _, ch := range h.Charts() {
		if !ch.Visible() {
			continue
		}
		c.charts++
		if ch.Def().Context == spaceContext {
			spaces = append(spaces, ch)
		}
		for _, d := range ch.Dimensions() {
			if def := d.Def(); !def.Hidden && !def.Obsolete {
				c.metrics++
			}
		}
	}

	f.mu.Lock()
	defer f.mu.Unlock()
	hf.generation, hf.counted, hf.counts, hf.spaces = generation, now, c, spaces
	return c
}

// total returns the sum of the counts of all hosts.
func (f *facts) total(now time.Time) counts {
	var sum counts
	for _, h := range f.catalog.Hosts() {
		c := f.counts(h, now)
		sum.charts += c.charts
		sum.metrics += c.metrics
	}
	return sum
}

// spaceContext is the context of the charts of file systems.
const spaceContext = "disk.space"

// space is how full a file system is.
type space struct {
	name    string // mount point
	percent float64
}

// fullest returns the file system of a host that is closest to being full. It is false when the host sends none.
func (f *facts) fullest(h *catalog.Host, now time.Time) (worst space, ok bool) {
	f.counts(h, now)
	f.mu.Lock()
	charts := f.hostLocked(h).spaces
	f.mu.Unlock()
	for _, ch := range charts {
		// What is reserved for root is not for the others: df does not count it either.
		oldest := now.Unix() - gaugeAge - 3*ch.UpdateEvery()
		value := func(dim string) (float64, bool) {
			d := ch.Dimension(dim)
			if d == nil {
				return 0, false
			}
			t, v, _ := d.Last()
			return v, t >= oldest
		}
		used, haveUsed := value("used")
		avail, haveAvail := value("avail")
		if !haveUsed || !haveAvail || used+avail <= 0 {
			continue
		}
		if percent := 100 * used / (used + avail); !ok || percent > worst.percent {
			worst, ok = space{ch.Def().Family, percent}, true
		}
	}
	return worst, ok
}
