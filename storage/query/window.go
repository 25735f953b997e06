package query

// Limits of a request, as in netdata v1.37.1.
const (
	// MaxRelative is the largest number, in seconds, that counts as a time relative to another one: three years.
	MaxRelative = 3 * 365 * 86400
	// MaxPoints is the largest number of rows that can be asked for. Rounding can add half as many.
	MaxPoints = 86400

	year        = 365 * 86400
	maxPast     = 10 * year // before now
	maxFuture   = year      // after now
	maxResample = maxPast
)

// Request says which rows are wanted.
type Request struct {
	// After and Before are unix seconds, or relative when their absolute value is at most MaxRelative: After to the end
	// of the window, Before to now; the sign of a relative time does not matter. Zero is the oldest, and the newest,
	// sample of the database.
	After, Before int64
	Points        int64   // rows wanted; as many as there are samples when it is not positive
	Resample      int64   // seconds a value is meant for, 0 for none (gtime)
	Samples       int64   // that make one point, when a coarser tier is to be read; 0 for one
	Options       Options // Unaligned, NaturalPoints, VirtualPoints, AnomalyBit and Absolute matter
}

// Database is what the window has to know of the selected metrics: the times of their oldest and newest sample in unix
// seconds, and their smallest collection interval in seconds.
type Database struct {
	First, Last int64
	UpdateEvery int64
}

// Window is the plan of the rows of a query: Points rows of Step() seconds each, the newest of which ends at Before.
type Window struct {
	After       int64 // unix time of the first slice of Granularity seconds of the oldest row
	Before      int64 // unix time of the end of the newest row
	Points      int   // rows
	Granularity int64 // seconds
	Group       int64 // slices of Granularity seconds in a row

	Relative bool // the window moves with time or with the database
	Natural  bool // Granularity is the collection interval of the metrics, not one second

	// Divisor turns the sum of a row into an average per Request.Resample seconds; 0 when nothing is resampled.
	Divisor float64

	Anomalies bool // values are the percentages of anomalous samples
	Absolute  bool // samples lose their sign when they are read (netdata v2.11.0; in v1.37.1 the rows do)

	chosen Database // the window that decides which metrics take part
}

// Window returns the window for the request at the given time, in unix seconds.
func (r Request) Window(now int64, db Database) Window {
	w := Window{Anomalies: r.Options.Has(AnomalyBit), Absolute: r.Options.Has(Absolute)}
	now-- // the second that is not over has no data
	// Metrics are chosen by the clock: one that stopped before a relative window is not in it, even if the window is then
	// moved to the end of the database.
	w.chosen.First, w.chosen.Last, _, _ = r.period(now, Database{First: 0, Last: now})
	w.chosen.UpdateEvery = max(1, db.UpdateEvery)
	after, before, atEnd, relative := r.period(now, db)
	w.Relative = relative

	natural := w.Relative || r.Points <= 0 || r.Options.Has(NaturalPoints)
	w.Natural = natural && !r.Options.Has(VirtualPoints)
	q := int64(1)
	if w.Natural {
		q = min(max(1, db.UpdateEvery)*min(max(1, r.Samples), year), year)
	}
	before -= before % q
	after -= after % q

	points := r.Points
	if points <= 0 {
		points = max(1, (before-after+1)/q)
	}
	resample := min(max(0, r.Resample), maxResample)
	if resample > before-after {
		after = before - resample
	}
	if resample > q {
		// A part of an interval at the beginning is completed, unless less than a tenth is missing.
		if part := (before - after) % resample; part > resample/10 {
			after -= resample - part
		}
	}
	duration := before - after
	available := max(1, (duration+1)/q)
	points = min(points, available, MaxPoints)

	g := available / points
	if available%points > points/2 {
		g++
	}
	if points*g*q < duration {
		points = available / g
		if points*g < available {
			points++
		}
	}
	if resample > q {
		per := (resample + q - 1) / q
		g = (max(g, per) + per - 1) / per * per
		w.Divisor = float64(g*q) / float64(resample)
	}
	if step := g * q; !r.Options.Has(Unaligned) {
		if off := before % step; off != 0 {
			before -= off
			if !atEnd {
				before += step
			}
		}
	}
	w.Granularity, w.Group, w.Points = q, g, int(points)
	w.Before = before
	w.After = before - points*g*q + q
	return w
}

// period resolves relative times. atEnd says that the window ends with the database, relative that a time was relative.
func (r Request) period(now int64, db Database) (after, before int64, atEnd, relative bool) {
	after, before = r.After, r.Before
	relative = isRelative(after) || isRelative(before)
	switch {
	case before == 0:
		before, atEnd = db.Last, true
	case isRelative(before):
		before = now - magnitude(before)
	}
	switch {
	case after == 0:
		after = db.First
	case isRelative(after):
		after = before - magnitude(after) + 1
	}
	if after > before {
		after, before = before, after
	}
	if before > now {
		after -= before - now
		before = now
	}
	clamp := func(t int64) int64 { return min(max(t, now-maxPast, 0), now+maxFuture) }
	return clamp(after), clamp(before), atEnd, relative
}

func isRelative(t int64) bool { return t >= -MaxRelative && t <= MaxRelative }

func magnitude(t int64) int64 { return max(t, -t) }

// Step returns the seconds from one row to the next.
func (w *Window) Step() int64 { return w.Granularity * w.Group }

// Start returns the unix time at which the oldest row begins: it does not include the sample that ends then.
func (w *Window) Start() int64 { return w.After - w.Granularity }

// Time returns the unix time of row i, the oldest being row 0: the end of the row.
func (w *Window) Time(i int) int64 { return w.Start() + int64(i+1)*w.Step() }

// Touches says whether metrics with that retention can have data in the window, which is widened by two samples.
func (w *Window) Touches(first, last int64) bool {
	slack := 2 * w.chosen.UpdateEvery
	return last != 0 && first-slack <= w.chosen.Last && last+slack >= w.chosen.First
}

// Span returns the times (after, before] of the ends of the points that the rows need when no point is wider than so many
// seconds: those in the rows, and the one that covers the end.
func (w *Window) Span(width int64) (after, before int64) {
	return w.Start(), w.Before + max(1, width) - 1
}

// Widest returns how many seconds a point may cover so that the rows still are what the samples make of them, or nearly
// so, when steps are how many seconds the points of the tiers cover; 0 when only samples will do. Points that stand for
// several samples must fit into the rows, and methods that look at single samples get enough of them.
func (w *Window) Widest(g Grouping, steps []int64) int64 {
	const fraction = 20 // of a row, that a point may be off at its ends
	step := w.Step()
	widest := step / fraction
	if !g.Mergeable() || w.Anomalies {
		return widest
	}
	for _, s := range steps {
		if s > widest && step%s == 0 && w.Start()%s == 0 {
			widest = s
		}
	}
	return widest
}
