package config

import (
	"fmt"
	"math"
	"time"

	"foster/internal/quantity"
)

// maxTiers is the most storage tiers that Netdata knows.
const maxTiers = 5

// DB is the [db] section.
type DB struct {
	Mode        Mode
	UpdateEvery int // seconds
	Retention   int // entries, of modes other than dbengine
	// Tiers are the storage tiers of dbengine, the one with the finest
	// resolution first.
	Tiers []Tier

	Limits Limits // of what a child may define

	Replication       bool
	ReplicationPeriod time.Duration
	ReplicationStep   time.Duration

	CleanupObsoleteCharts time.Duration // after the last collection
	CleanupOrphanHosts    time.Duration // after the last connection
	CleanupEphemeralHosts time.Duration // after the last connection; 0: never

	// QuotaPerHost is how many bytes the samples of a host may take on disk in all tiers; 0: no limit. It is foster's own.
	QuotaPerHost uint64

	// GapWhenLostIterations is the number of updates a chart may miss before
	// its graph has a gap.
	GapWhenLostIterations int
}

// Tier is the retention of one storage tier. With two limits the first one
// reached counts.
type Tier struct {
	RetentionSize uint64        // bytes; 0: no limit
	RetentionTime time.Duration // 0: no limit
	// Iterations is the number of points of the tier before that make one of
	// this tier. It is 1 for the first.
	Iterations int
}

const minTierSize = 25 * mebibyte

func defaultDB() DB {
	return DB{
		Mode:        ModeDBEngine,
		UpdateEvery: 1,
		Retention:   3600,
		Limits:      defaultLimits(),
		Tiers: []Tier{
			{RetentionSize: 1024 * mebibyte, RetentionTime: 14 * day, Iterations: 1},
			{RetentionSize: 1024 * mebibyte, RetentionTime: 90 * day, Iterations: 60},
			{RetentionSize: 1024 * mebibyte, RetentionTime: 730 * day, Iterations: 60},
		},
		Replication:           true,
		ReplicationPeriod:     day,
		ReplicationStep:       time.Hour,
		CleanupObsoleteCharts: time.Hour,
		CleanupOrphanHosts:    time.Hour,
		GapWhenLostIterations: 1,
	}
}

func (d *DB) read(r *reader) {
	db := func(options ...string) []name { return in("db", options...) }
	seconds := duration(time.Second, 0)

	set(r, &d.Mode, parseMode, append(old(db("db"), "global", "memory mode"), db("mode")...))
	set(r, &d.UpdateEvery, secondsBetween(1, 600), old(db("update every"), "global", "update every"))
	set(r, &d.Retention, secondsBetween(minRetention, maxRetention), old(db("retention"), "global", "history"))
	d.Limits.read(r)
	set(r, &d.Replication, parseBool, db("enable replication"))
	set(r, &d.ReplicationPeriod, seconds, db("replication period", "seconds to replicate"))
	set(r, &d.ReplicationStep, duration(time.Second, time.Second), db("replication step", "seconds per replication step"))
	set(r, &d.CleanupObsoleteCharts, duration(time.Second, 10*time.Second), append(
		old(db("cleanup obsolete charts after"), "global", "cleanup obsolete charts after seconds"),
		db("cleanup obsolete charts after secs")...))
	set(r, &d.CleanupOrphanHosts, seconds, append(
		old(db("cleanup orphan hosts after"), "global", "cleanup orphan hosts after seconds"),
		db("cleanup orphan hosts after secs")...))
	set(r, &d.CleanupEphemeralHosts, seconds, db("cleanup ephemeral hosts after", "cleanup ephemeral hosts after secs"))
	set(r, &d.GapWhenLostIterations, intBetween(1, math.MaxInt32),
		old(db("gap when lost iterations above"), "global", "gap when lost iterations above"))
	set(r, &d.QuotaPerHost, size(mebibyte, 0), db("quota per host"))
	d.readTiers(r)

	r.ignore("db",
		"dbengine page cache size", "dbengine page cache size MB", "dbengine extent cache size",
		"dbengine extent cache size MB", "dbengine page type", "dbengine enable journal integrity check",
		"extreme cardinality protection", "extreme cardinality keep instances", "extreme cardinality min ephemerality",
		"dbengine pages per extent", "dbengine page cache with malloc", "dbengine page fetch timeout secs",
		"dbengine page fetch retries", "dbengine page descriptors in file mapped memory",
		"dbengine use direct io", "dbengine journal v2 unmount time", "dbengine parallel initialization",
		"dbengine use all ram for caches", "dbengine out of memory protection", "memory deduplication (ksm)",
		"delete obsolete charts files", "delete orphan hosts files", "enable zero metrics",
		"replication threads", "replication prefetch")
	for n := range maxTiers {
		r.ignore("db", fmt.Sprintf("dbengine tier %d backfill", n))
	}
}

// readTiers reads the number of tiers and their limits. The options of a tier
// that is not used are checked, too.
func (d *DB) readTiers(r *reader) {
	count := len(d.Tiers)
	set(r, &count, intBetween(1, maxTiers), in("db", "storage tiers"))
	for len(d.Tiers) < maxTiers {
		d.Tiers = append(d.Tiers, Tier{RetentionSize: 1024 * mebibyte, RetentionTime: 730 * day, Iterations: 60})
	}
	for n := range d.Tiers {
		tier := &d.Tiers[n]
		option := func(format string) string { return fmt.Sprintf("dbengine tier %d "+format, n) }

		sizes := in("db", option("retention size"), option("multihost disk space MB"), option("disk space MB"))
		if n == 0 {
			// Of the two sizes of v1 a parent used that for all its hosts.
			sizes = old(sizes, "db", "dbengine multihost disk space MB", "dbengine disk space MB")
			sizes = old(sizes, "global", "dbengine multihost disk space", "dbengine disk space")
		}
		sized := set(r, &tier.RetentionSize, parseTierSize, sizes)
		timed := set(r, &tier.RetentionTime, duration(day, 0), in("db", option("retention time"), option("retention days")))
		if sized && !timed {
			// The default time only applies where no size was asked for.
			tier.RetentionTime = 0
		}
		if n > 0 {
			set(r, &tier.Iterations, intBetween(2, 3600), in("db", option("update every iterations")))
		}
	}
	d.Tiers = d.Tiers[:count]
}

// parseTierSize parses a disk size, in MiB when it has no unit.
func parseTierSize(s string) (uint64, error) {
	n, err := quantity.ParseSize(s, mebibyte)
	if err == nil && n > 0 && n < minTierSize {
		return minTierSize, warningf("%s is less than the minimum of 25 MiB, which is used", excerpt(s))
	}
	return n, err
}
