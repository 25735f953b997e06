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
	if average, ok := f.group.(*average); ok && average.divisor == 0 && s.Flags == nil && !f.window.Absolute {
		f.averages(s.Slice(i, len(s.Ends)))
		return true, nil
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

// averages makes the rows of averages of samples: what most queries are.
func (f *filler) averages(s Samples) {
	ends, values := s.Ends, s.Values[:len(s.Ends)]
	low, high, total := math.Inf(1), math.Inf(-1), 0.0
	i, end, step, rows := 0, f.end, f.window.Step(), f.column.Values
	if n := len(rows); n > 0 && n <= len(ends) && step == 1 && int64(ends[0]) == end && int64(ends[n-1]) == end+int64(n)-1 {
		// Ends are in order: there is one a second, and a row has one.
		for row, value := range values[:n] {
			v := float64(value)
			if v < low {
				low = v
			}
			if v > high {
				high = v
			}
			total += v
			rows[row] = v
		}
		f.column.Filled += n
		i, end = n, end+int64(n)
		rows = nil
	}
	for row := range rows {
		sum, first := 0.0, i
		for ; i < len(ends) && int64(ends[i]) <= end; i++ {
			v := float64(values[i])
			if v < low {
				low = v
			}
			if v > high {
				high = v
			}
			total += v
			sum += v
		}
		end += step
		switch n := i - first; n {
		case 0:
			rows[row] = math.NaN()
			continue
		case 1:
			rows[row] = sum
		default:
			rows[row] = sum / float64(n)
		}
		f.column.Filled++
	}
	f.row, f.end = len(f.column.Values), end
	if i > 0 {
		f.column.Stats = Stats{Min: low, Max: high, Sum: total, Count: uint64(i)}
	}
}

// useAll uses the samples of a row.
func (f *filler) useAll(s Samples) {
	stats := &f.column.Stats
	if stats.Count == 0 {
		stats.Min, stats.Max = math.Inf(1), math.Inf(-1)
	}
	low, high, total := stats.Min, stats.Max, stats.Sum
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
		f.group.add(v, 1)
	}
	n := uint64(len(s.Values))
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
