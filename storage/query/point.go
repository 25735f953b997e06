package query

// Point is an aggregate of the samples of one metric that cover the time (Start, End], in unix seconds. A sample as it was
// collected is a point with Count 1 and Sum, Min and Max equal. A point with Count 0 has no value: it is a gap.
type Point struct {
	Start, End       int64
	Sum, Min, Max    float64
	Count, Anomalous uint32
	Reset            bool // a counter was reset or overflowed
}

// Cursor reads the points of one metric in order of time, without overlap.
type Cursor interface {
	// Read fills dst with the next points and returns how many it has written. The error is io.EOF after the last point;
	// it may come together with the last points.
	Read(dst []Point) (n int, err error)
}

// Series is one metric to be queried: a dimension of a chart.
type Series struct {
	Dimension string // id of the dimension
	Cursor    Cursor
}
