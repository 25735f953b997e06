package query

import "math"

// mostSmoothed is the largest window of the smoothing methods.
const mostSmoothed = 15

// smoothing returns the weight of the newest value: that of a window as long as a row, or as all rows when a row has one
// value only.
func smoothing(w *Window) float64 {
	window := w.Group
	if window <= 1 {
		window = int64(w.Points)
	}
	return 2 / (float64(min(window, mostSmoothed)) + 1)
}

// smoothed goes on from row to row: a row without values has the level of the one before.
type smoothed struct {
	alpha, level float64
	begun        bool
}

func (s *smoothed) add(v, _ float64) {
	if !s.begun {
		s.level, s.begun = v, true
	}
	s.level = s.alpha*v + (1-s.alpha)*s.level
}

func (s *smoothed) flush() float64 {
	if !s.begun {
		return math.NaN()
	}
	return s.level
}

// doublySmoothed follows a trend too.
type doublySmoothed struct {
	alpha, level, trend float64
	n                   int // values, up to 2
}

func (s *doublySmoothed) add(v, _ float64) {
	switch s.n {
	case 0:
		s.level, s.trend, s.n = v, v, 1
		return
	case 1:
		s.trend, s.level, s.n = v-s.trend, v, 2
	}
	level := s.level
	s.level = s.alpha*v + (1-s.alpha)*(s.level+s.trend)
	s.trend = s.alpha*(s.level-level) + (1-s.alpha)*s.trend
}

func (s *doublySmoothed) flush() float64 {
	if s.n == 0 {
		return math.NaN()
	}
	return s.level
}
