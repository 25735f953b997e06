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

// tierBytes returns the disk space of a tier.
func tierBytes(t *storage.TierStats) int64 { return t.BlockBytes + t.HeadBytes }

// tierSpan returns the seconds of history in a tier.
func tierSpan(t *storage.TierStats) int64 { return max(0, t.Last-t.First) }

// tierStep returns the seconds between two points of a metric that is collected every second.
func tierStep(t *storage.TierStats) int64 { return max(1, t.Step) }

// databaseSizes writes the tiers as netdata v2.11.0 does.
func (e *envelope) databaseSizes() {
	e.keyOpen("db_size", '[')
	tiers := e.api.source.Stats().Tiers
	for i := range tiers {
		t := &tiers[i]
		e.open('{')
		e.keyInt("tier", int64(i))
		e.keyString("granularity", age(tierStep(t)))
		e.keyInt("metrics", int64(t.Series))
		e.keyInt("samples", int64(t.Points))
		e.keyInt("disk_used", tierBytes(t))
		e.keyInt("disk_max", t.MaxBytes)
		percent := 0.0
		if t.MaxBytes > 0 {
			percent = 100 * float64(tierBytes(t)) / float64(t.MaxBytes)
		}
		e.keyNumber("disk_percent", percent)
		e.keyTime("from", t.First)
		e.keyTime("to", t.Last)
		for _, of := range []struct {
			name    string
			seconds int64
		}{{"retention", tierSpan(t)}, {"requested_retention", seconds(t.MaxAge)}, {"expected_retention", seconds(t.Expected)}} {
			e.keyInt(of.name, of.seconds)
			e.keyString(of.name+"_human", age(of.seconds))
		}
		e.close('}')
	}
	e.close(']')
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

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
	rp.keyBool("full", stats.Full)
	total := int64(0)
	rp.keyOpen("tiers", '[')
	for i := range stats.Tiers {
		t := &stats.Tiers[i]
		total += tierBytes(t)
		rp.open('{')
		rp.keyInt("tier", int64(i))
		rp.keyInt("step_seconds", tierStep(t))
		rp.keyInt("series", int64(t.Series))
		rp.keyInt("blocks", int64(t.Blocks))
		rp.keyInt("block_bytes", t.BlockBytes)
		rp.keyInt("head_bytes", t.HeadBytes)
		rp.keyInt("points", int64(t.Points))
		rp.keyInt("samples", int64(t.Samples))
		rp.key("bytes_per_point")
		if t.Points > 0 {
			rp.number(float64(t.BlockBytes) / float64(t.Points))
		} else {
			rp.null()
		}
		rp.keyInt("first", t.First)
		rp.keyInt("last", t.Last)
		rp.keyInt("covered_seconds", tierSpan(t))
		rp.keyInt("max_bytes", t.MaxBytes)
		rp.keyInt("max_seconds", seconds(t.MaxAge))
		rp.keyInt("expected_seconds", seconds(t.Expected))
		rp.close('}')
	}
	rp.close(']')
	rp.keyOpen("rings", '{')
	rp.keyInt("hosts", int64(stats.RingHosts))
	rp.keyInt("bytes", stats.RingBytes)
	rp.close('}')
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
