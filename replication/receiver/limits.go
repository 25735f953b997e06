package receiver

import (
	"errors"
	"time"

	"foster/replication/wire"
)

// Limits bound what a child may define. What is beyond them is refused, and its samples are ignored; the child stays
// connected, and what it has defined before goes on.
type Limits struct {
	Charts          int   // of the host, those of earlier connections included until they are forgotten
	Dimensions      int   // of all charts of the host
	ChartDimensions int   // of one chart, at most MaxChartDimensions
	LabelBytes      int64 // names and values of the labels of the host and of its charts
}

// MaxChartDimensions is how many dimensions a chart can have at most.
const MaxChartDimensions = 65_535

// DefaultLimits returns limits that no honest child we know of comes near.
func DefaultLimits() Limits {
	return Limits{Charts: 50_000, Dimensions: 250_000, ChartDimensions: 10_000, LabelBytes: 32 << 20}
}

// growth returns how many bytes of memory definitions may claim on one connection: what things within the limits take that
// are twice as long as usual.
func (l Limits) growth() int64 {
	return int64(l.Charts)*2<<10 + int64(l.Dimensions)*512 + 2*l.LabelBytes
}

// Limits that are not for configuration, as no honest child comes near.
const (
	maxLabels         = 1_000 // of a host or a chart
	maxFunctions      = 1_000
	maxVariables      = 10_000
	maxChartVariables = 1_000
)

// Refusal is a kind of definition that is refused.
type Refusal int

// The kinds of definitions that are refused.
const (
	RefusedCharts Refusal = iota
	RefusedDimensions
	RefusedLabels
	RefusedFunctions
	RefusedVariables
	refusals
)

// String returns the plural.
func (r Refusal) String() string {
	return [refusals]string{"charts", "dimensions", "labels", "functions", "variables"}[r]
}

// guard counts what a child has defined. It belongs to the session's goroutine.
type guard struct {
	limits     Limits
	dimensions int   // of the host
	own        int   // dimensions defined on this connection
	labels     int64 // bytes of the labels of the host and its charts
	refusing   bool  // something was refused on this connection
	counted    time.Time
}

// recountAfter is how long after a count what is over a limit makes us count again: things are forgotten meanwhile.
const recountAfter = 10 * time.Second

// count counts what is defined of the host.
func (s *session) count() {
	s.forgetCharts()
	g := &s.guard
	g.counted, g.own = s.now, 0
	for _, c := range s.charts {
		g.own += len(c.dims)
	}
	g.dimensions, g.labels = 0, labelBytes(s.host.Labels())
	for _, ch := range s.host.Charts() {
		g.dimensions += len(ch.Dimensions())
		g.labels += labelBytes(ch.Labels())
	}
}

// over says whether something is over a limit, when counted anew if the last count is old.
func (s *session) over(is func() bool) bool {
	if !is() {
		return false
	}
	if s.now.Sub(s.guard.counted) < recountAfter {
		return true
	}
	s.count()
	return is()
}

func labelBytes(labels []wire.Label) int64 {
	n := 0
	for i := range labels {
		n += len(labels[i].Name) + len(labels[i].Value)
	}
	return int64(n)
}

// swollen says whether the definitions of this connection take as much memory as they may.
func (s *session) swollen() bool { return s.host.Size()-s.size > s.guard.limits.growth() }

// refuse notes that a definition is not accepted, because there are as many as limit says already.
func (s *session) refuse(kind Refusal, limit string, value int64, refused string) {
	s.guard.refusing = true
	s.r.stats.Refused[kind].Add(1)
	held, ok := s.r.refused.Pass(s.guid+" "+limit, s.now)
	if !ok {
		return
	}
	if s.swollen() {
		limit, value = "memory of all definitions", s.guard.limits.growth()
	}
	s.log.Error("the child defines more than it may: it is refused and its samples are ignored, the rest goes on",
		"limit", limit, "value", value, "refused", excerpt([]byte(refused)), "kind", kind.String(), "not_logged", held)
}

// tolerates says whether the error of a line may be due to something that was refused before.
func (s *session) tolerates(err error) bool {
	switch {
	case err == nil || !s.guard.refusing:
		return false
	case errors.Is(err, errUnknownChart):
		s.chart, s.block.kind = nil, noBlock
		s.points = s.points[:0]
		return true
	}
	return errors.Is(err, errUnknownDimension) || errors.Is(err, errNoChart) || errors.Is(err, errNoBlock)
}

// mayDefineChart says whether a chart that this connection has not defined may be.
func (s *session) mayDefineChart(id string) bool {
	if len(s.charts) >= s.sweep {
		s.forgetCharts()
	}
	most := s.guard.limits.Charts
	if s.over(func() bool { return len(s.charts) >= most }) || s.swollen() || s.host.Chart(id) == nil && len(s.host.Charts()) >= most {
		s.refuse(RefusedCharts, "max charts", int64(most), id)
		return false
	}
	return true
}

// mayDefineDimension says whether a dimension that this connection has not defined may be.
func (s *session) mayDefineDimension(c *chart, id string) bool {
	l := &s.guard.limits
	known := c.cat.Dimension(id) != nil
	switch {
	case len(c.dims) >= l.ChartDimensions || !known && len(c.cat.Dimensions()) >= l.ChartDimensions:
		s.refuse(RefusedDimensions, "max dimensions per chart", int64(l.ChartDimensions), c.cat.ID+" "+id)
		return false
	case s.swollen() || s.over(func() bool { return s.guard.own >= l.Dimensions || !known && s.guard.dimensions >= l.Dimensions }):
		s.refuse(RefusedDimensions, "max dimensions", int64(l.Dimensions), c.cat.ID+" "+id)
		return false
	}
	s.guard.own++
	if !known {
		s.guard.dimensions++
	}
	return true
}

// mayLabel says whether labels may take the place of others.
func (s *session) mayLabel(old, labels []wire.Label, whose string) bool {
	more := labelBytes(labels) - labelBytes(old)
	most := s.guard.limits.LabelBytes
	if more > 0 && (s.swollen() || s.over(func() bool { return s.guard.labels+more > most })) {
		s.refuse(RefusedLabels, "max label bytes", most, whose)
		return false
	}
	s.guard.labels += more
	return true
}
