package query

import "slices"

// Samples are points of one metric, each of which stands for one sample, column by column.
type Samples struct {
	Ends   []uint32 // unix seconds, in order
	Values []float32
	Flags  []SampleFlags // one a sample; nil when no sample has any
}

// SampleFlags say what is special about a sample.
type SampleFlags uint8

// The flags of samples.
const (
	SampleAnomalous SampleFlags = 1 << iota
	SampleReset
)

// Grow makes room for so many samples.
func (s *Samples) Grow(n int) {
	s.Ends, s.Values = slices.Grow(s.Ends, n), slices.Grow(s.Values, n)
}

// Append appends a sample that ends at unix time t. Its value is rounded to a float32.
func (s *Samples) Append(t int64, v float64, anomalous, reset bool) {
	var flags SampleFlags
	if anomalous {
		flags |= SampleAnomalous
	}
	if reset {
		flags |= SampleReset
	}
	if flags != 0 && s.Flags == nil {
		s.Flags = make([]SampleFlags, len(s.Ends), cap(s.Ends))
	}
	s.Ends, s.Values = append(s.Ends, uint32(t)), append(s.Values, float32(v))
	if s.Flags != nil {
		s.Flags = append(s.Flags, flags)
	}
}

// Slice returns the samples from one place up to another.
func (s Samples) Slice(from, to int) Samples {
	s.Ends, s.Values = s.Ends[from:to], s.Values[from:to]
	if s.Flags != nil {
		s.Flags = s.Flags[from:to]
	}
	return s
}

// SampleCursor is a cursor that may have its points in columns.
type SampleCursor interface {
	Cursor
	// Samples returns all points that have not been read, if they are samples that cover no more than a second each. Nothing
	// has been read when it is false.
	Samples() (s Samples, ok bool, err error)
}
