package query

import "math"

// columns makes the rows of a cursor that has its points in columns, and says whether it is one. It does what add does with
// each of the points, which is much more work than samples of a second take, as those of most charts are.
func (f *filler) columns(cursor Cursor) (done bool, err error) {
	c, ok := cursor.(SampleCursor)
	if !ok || f.window.Anomalies {
		return false, nil
	}
	s, ok, err := c.Samples()
	if !ok || err != nil {
		return false, err
	}
	f.column.Read = len(s.Ends)
	i := 0
	for start := f.window.Start(); i < len(s.Ends) && int64(s.Ends[i]) <= start; {
		i++
	}
	for f.row < f.window.Points {
		first := i
		for end := f.end; i < len(s.Ends) && int64(s.Ends[i]) <= end; {
			i++
		}
		if i > first {
			f.useAll(s.Slice(first, i))
		}
		f.flush()
	}
	return true, nil
}

// useAll uses the samples of a row.
func (f *filler) useAll(s Samples) {
	stats := &f.column.Stats
	if stats.Count == 0 {
		stats.Min, stats.Max = math.Inf(1), math.Inf(-1)
	}
	low, high, total := stats.Min, stats.Max, stats.Sum
	average, ok := f.group.(*average)
	sum := 0.0
	if ok {
		sum = average.sum
	}
	for _, value := range s.Values {
		v := float64(value)
		if f.window.Absolute {
			v = math.Abs(v)
		}
		if v < low {
			low = v
		}
		if v > high {
			high = v
		}
		total += v
		if ok {
			sum += v
		} else {
			f.group.add(v, 1)
		}
	}
	n := uint64(len(s.Values))
	if ok {
		average.sum = sum
		average.n += float64(n)
	}
	stats.Min, stats.Max, stats.Sum = low, high, total
	stats.Count += n
	f.samples += n
	for _, flags := range s.Flags {
		if flags&SampleAnomalous != 0 {
			f.anomalous++
			stats.Anomalous++
		}
		f.reset = f.reset || flags&SampleReset != 0
	}
}
