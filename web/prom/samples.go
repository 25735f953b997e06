package prom

import (
	"errors"
	"io"
	"math"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"foster/storage/query"
)

// aggregate says what of a point is the value of a sample.
type aggregate uint8

const (
	average aggregate = iota
	minimum
	maximum
	total
)

func (a aggregate) value(p *query.Point) float64 {
	switch a {
	case minimum:
		return p.Min
	case maximum:
		return p.Max
	case total:
		return p.Sum
	}
	if p.Count == 1 {
		return p.Sum
	}
	return p.Sum / float64(p.Count)
}

// staleAfter returns how many seconds a value stands for its metric when no other follows and values come every so many
// seconds: two intervals, and three seconds for those that arrive late.
func staleAfter(interval int64) int64 { return 2*interval + 3 }

// longestInterval bounds the interval that is recognised from the distance of points.
const longestInterval = 3600

// samples reads points as samples. The store has no staleness markers: where the next point comes later than staleAfter
// tells, or none comes, samples puts one, so that the lookback of the engine, which is one for all metrics, suits metrics
// of any interval.
type samples struct {
	cursor  query.Cursor // nil when there is no more to be read
	buf     []query.Point
	next, n int // buf[next:n] is to come

	aggregate aggregate
	interval  int64 // of the chart, in seconds
	keep      int64 // least seconds that a value stands
	maxt      int64 // unix milliseconds; nothing comes later

	t      int64 // unix milliseconds
	v      float64
	have   bool // t and v are a sample
	stale  int64
	marked bool // the marker after the last point has been given, or there was no point yet

	end, distance int64 // of the last point, in seconds
	err           error
}

// readAhead is how many points are read at once: a chunk.
const readAhead = 120

// reset makes s read another cursor; nil is one without points.
func (s *samples) reset(cursor query.Cursor, a aggregate, interval, keep, maxt int64) {
	buf := s.buf
	if buf == nil {
		buf = make([]query.Point, readAhead)
	}
	*s = samples{cursor: cursor, buf: buf, aggregate: a, interval: interval, keep: keep, maxt: maxt, marked: true}
}

// Next implements chunkenc.Iterator.
func (s *samples) Next() chunkenc.ValueType {
	for {
		if s.next == s.n && !s.fill() {
			if s.err == nil && !s.marked && s.stale <= s.maxt {
				return s.mark()
			}
			s.have = false
			return chunkenc.ValNone
		}
		p := &s.buf[s.next]
		if p.Count == 0 {
			s.next++
			continue
		}
		t := p.End * 1000
		if !s.marked && s.stale < t {
			return s.mark()
		}
		s.next++
		interval := max(s.interval, p.End-p.Start)
		distance := p.End - s.end
		if distance == s.distance && distance <= longestInterval {
			interval = max(interval, distance) // the chart was collected less often then
		}
		s.end, s.distance = p.End, distance
		s.t, s.v, s.have = t, s.aggregate.value(p), true
		s.stale, s.marked = t+max(s.keep, staleAfter(interval))*1000, false
		return chunkenc.ValFloat
	}
}

// mark gives the marker after the last point.
func (s *samples) mark() chunkenc.ValueType {
	s.t, s.v, s.have, s.marked = s.stale, math.Float64frombits(value.StaleNaN), true, true
	return chunkenc.ValFloat
}

// fill reads the next points; it is false when there are none.
func (s *samples) fill() bool {
	for s.cursor != nil {
		n, err := s.cursor.Read(s.buf)
		if err != nil {
			s.cursor = nil
			if !errors.Is(err, io.EOF) {
				s.err = err
				return false
			}
		}
		// The last point of a coarse tier may cover the end.
		for n > 0 && s.buf[n-1].End*1000 > s.maxt {
			n--
		}
		if n > 0 {
			s.next, s.n = 0, n
			return true
		}
	}
	return false
}

// milliseconds is int64 under a name of its own: go vet takes a Seek(int64) for a wrong io.Seeker.
type milliseconds = int64

// Seek implements chunkenc.Iterator.
func (s *samples) Seek(t milliseconds) chunkenc.ValueType {
	if s.have && s.t >= t {
		return chunkenc.ValFloat
	}
	for {
		if v := s.Next(); v == chunkenc.ValNone || s.t >= t {
			return v
		}
	}
}

// At implements chunkenc.Iterator.
func (s *samples) At() (int64, float64) { return s.t, s.v }

// AtT implements chunkenc.Iterator.
func (s *samples) AtT() int64 { return s.t }

// AtST implements chunkenc.Iterator: start times are not known.
func (s *samples) AtST() int64 { return 0 }

// Err implements chunkenc.Iterator.
func (s *samples) Err() error { return s.err }

// AtHistogram implements chunkenc.Iterator: there are no histograms, and Next never says so.
func (s *samples) AtHistogram(*histogram.Histogram) (int64, *histogram.Histogram) { return s.t, nil }

// AtFloatHistogram implements chunkenc.Iterator.
func (s *samples) AtFloatHistogram(*histogram.FloatHistogram) (int64, *histogram.FloatHistogram) {
	return s.t, nil
}
