package api

import (
	"fmt"
	"time"

	"foster/storage"
)

// Disk is the space of the file system that holds the store, in bytes.
type Disk struct {
	Size, Free int64
}

// TierLimit is how a tier of the store is configured.
type TierLimit struct {
	Step  time.Duration // between two points of a metric that is collected every second
	Bytes int64         // 0: no limit
	Time  time.Duration // 0: no limit
}

// tierFacts is a tier of the store as clients see it.
type tierFacts struct {
	storage.TierStats
	limit TierLimit
}

// tiers returns the tiers of the store, from the finest to the coarsest.
func (a *API) tiers() []tierFacts {
	stats := a.source.Stats()
	tiers := make([]tierFacts, len(stats.Tiers))
	for i := range tiers {
		tiers[i].TierStats = stats.Tiers[i]
		if i < len(a.opt.Tiers) {
			tiers[i].limit = a.opt.Tiers[i]
		}
	}
	return tiers
}

func (t *tierFacts) bytes() int64 { return t.BlockBytes + t.HeadBytes }

// covered returns the seconds of history in the tier.
func (t *tierFacts) covered() int64 { return max(0, t.Last-t.First) }

// forecast returns the seconds of history that the tier will have when a limit is reached, if it goes on growing as until
// now; 0 when that cannot be said.
func (t *tierFacts) forecast() int64 {
	limit := int64(t.limit.Time / time.Second)
	if bytes, covered := t.bytes(), t.covered(); t.limit.Bytes > 0 && bytes > 0 && covered > 0 {
		bySize := int64(float64(covered) * float64(t.limit.Bytes) / float64(bytes))
		if limit == 0 || bySize < limit {
			limit = bySize
		}
	}
	return limit
}

// databaseSizes writes the tiers as netdata v2.11.0 does.
func (e *envelope) databaseSizes() {
	metrics := int64(e.api.source.Stats().Series)
	e.keyOpen("db_size", '[')
	tiers := e.api.tiers()
	for i := range tiers {
		t := &tiers[i]
		e.open('{')
		e.keyInt("tier", int64(i))
		e.keyString("granularity", age(int64(t.limit.Step/time.Second)))
		e.keyInt("metrics", metrics)
		e.keyInt("disk_used", t.bytes())
		e.keyInt("disk_max", t.limit.Bytes)
		percent := 0.0
		if t.limit.Bytes > 0 {
			percent = 100 * float64(t.bytes()) / float64(t.limit.Bytes)
		}
		e.keyNumber("disk_percent", percent)
		e.keyTime("from", t.First)
		e.keyTime("to", t.Last)
		for _, of := range []struct {
			name    string
			seconds int64
		}{{"retention", t.covered()}, {"requested_retention", int64(t.limit.Time / time.Second)}, {"expected_retention", t.forecast()}} {
			e.keyInt(of.name, of.seconds)
			e.keyString(of.name+"_human", age(of.seconds))
		}
		e.close('}')
	}
	e.close(']')
}

// ageUnits are the units of age, the largest first.
var ageUnits = []struct {
	name    string
	seconds int64
}{
	{"y", 365 * 86400}, {"mo", 30 * 86400}, {"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1},
}

// age returns seconds in the two largest units that they have: 16d17h.
func age(seconds int64) string {
	if seconds <= 0 {
		return "0s"
	}
	text, units := "", 0
	for _, u := range ageUnits {
		n := seconds / u.seconds
		if n == 0 {
			if units > 0 {
				break
			}
			continue
		}
		text += fmt.Sprint(n) + u.name
		seconds %= u.seconds
		if units++; units == 2 {
			break
		}
	}
	return text
}

// storagePage answers /api/foster/v1/storage: what the store holds, how long it will last, and the space that is left.
func (a *API) storagePage(rp *reply, rq *request) {
	stats := a.source.Stats()
	rp.open('{')
	rp.keyNumber("now", unix(rq.now))
	rp.keyInt("series", int64(stats.Series))
	rp.keyOpen("points", '{')
	rp.keyInt("appended", int64(stats.Appended))
	rp.keyInt("duplicates", int64(stats.Duplicates))
	rp.keyInt("too_old", int64(stats.TooOld))
	rp.keyInt("failed", int64(stats.Failed))
	rp.close('}')
	total := int64(0)
	rp.keyOpen("tiers", '[')
	tiers := a.tiers()
	for i := range tiers {
		t := &tiers[i]
		total += t.bytes()
		rp.open('{')
		rp.keyInt("tier", int64(i))
		rp.keyInt("granularity_seconds", int64(t.limit.Step/time.Second))
		rp.keyInt("block_bytes", t.BlockBytes)
		rp.keyInt("head_bytes", t.HeadBytes)
		rp.keyInt("first", t.First)
		rp.keyInt("last", t.Last)
		rp.keyInt("covered_seconds", t.covered())
		rp.keyInt("max_bytes", t.limit.Bytes)
		rp.keyInt("max_seconds", int64(t.limit.Time/time.Second))
		rp.keyInt("forecast_seconds", t.forecast())
		rp.close('}')
	}
	rp.close(']')
	rp.keyInt("bytes", total)
	rp.key("disk")
	if disk, err := a.opt.Disk(); err != nil {
		rp.null()
	} else {
		rp.open('{')
		rp.keyInt("size_bytes", disk.Size)
		rp.keyInt("free_bytes", disk.Free)
		rp.close('}')
	}
	rp.close('}')
}
