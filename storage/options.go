package storage

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"foster/storage/tier"
)

// Options of a Store. DefaultOptions gives the values to start from.
type Options struct {
	Dir        string                // required; created when it does not exist
	Logger     *slog.Logger          // required
	Registerer prometheus.Registerer // of the engine's metrics; nil when they are not wanted
	Now        func() time.Time      // the clock that points are checked against

	// ReplicationPeriod is the longest history that is asked of a child.
	ReplicationPeriod time.Duration

	Tier0 Retention
	// Tiers are tier 1 and so on, each derived from the one before.
	Tiers []Tier
}

// Tier says what a tier holds that is derived from another.
type Tier struct {
	Iterations int // points of the tier before that make one of this tier, at least 2; tier 0 counts as one a second
	Retention
}

// Retention says how much of a tier is kept: the oldest points are deleted when either limit is reached.
type Retention struct {
	Time  time.Duration // 0: no limit, but tier 0 has one
	Bytes int64         // of blocks on disk; 0: no limit
}

// DefaultOptions returns the options of an agent v2: points as they were collected for 14 days, a point a minute for 90 days,
// a point an hour for two years, and each no more than 1 GiB.
func DefaultOptions() Options {
	o := tier.DefaultOptions()
	return Options{
		Logger:            o.Logger,
		Now:               o.Now,
		ReplicationPeriod: 24 * time.Hour,
		Tier0:             Retention{Time: o.Retention, Bytes: o.MaxBytes},
		Tiers: []Tier{
			{Iterations: 60, Retention: Retention{Time: 90 * 24 * time.Hour, Bytes: o.MaxBytes}},
			{Iterations: 60, Retention: Retention{Time: 730 * 24 * time.Hour, Bytes: o.MaxBytes}},
		},
	}
}

func (o Options) validate() error {
	switch {
	case o.Dir == "":
		return errors.New("no directory")
	case o.Logger == nil:
		return errors.New("no logger")
	case o.ReplicationPeriod < 0:
		return fmt.Errorf("replication period %v is negative", o.ReplicationPeriod)
	}
	return nil
}

// slack is added to the replication period: it covers the time a long replay takes.
const slack = 2 * time.Hour

// raw returns the options of tier 0, for so many series.
func (o Options) raw(series int) tier.Options {
	t := tier.DefaultOptions()
	t.Logger = o.Logger.With("component", "tiers")
	t.Registerer = o.Registerer
	t.Now = o.Now
	t.Retention = o.Tier0.Time
	t.MaxBytes = o.Tier0.Bytes
	t.Series = series
	t.OutOfOrder = max(o.ReplicationPeriod, 24*time.Hour) + slack
	return t
}

// coarse returns the options of the other tiers.
func (o Options) coarse() []tier.CoarseOptions {
	var out []tier.CoarseOptions
	for _, t := range o.Tiers {
		out = append(out, tier.CoarseOptions{Iterations: t.Iterations, Retention: t.Time, MaxBytes: t.Bytes})
	}
	return out
}
