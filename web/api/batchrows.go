package api

import (
	"math"

	"foster/storage/catalog"
	"foster/storage/query"
)

// extremes are the smallest and the largest sample of each row of a metric, NaN where there is none.
type extremes struct {
	min, max    []float64
	start, step int64 // unix time at which the first row begins; seconds
}

func newExtremes(w *query.Window) extremes {
	e := extremes{min: make([]float64, w.Points), max: make([]float64, w.Points), start: w.Start(), step: w.Step()}
	for i := range e.min {
		e.min[i], e.max[i] = math.NaN(), math.NaN()
	}
	return e
}

// add counts a point to the row it ends in.
func (e *extremes) add(p *query.Point) {
	row := (p.End - e.start - 1) / e.step
	if p.Count == 0 || p.End <= e.start || row >= int64(len(e.min)) {
		return
	}
	if v := e.min[row]; math.IsNaN(v) || p.Min < v {
		e.min[row] = p.Min
	}
	if v := e.max[row]; math.IsNaN(v) || p.Max > v {
		e.max[row] = p.Max
	}
}

// watched is a cursor whose points are counted while they are read.
type watched struct {
	query.Cursor
	extremes *extremes
}

// Read implements query.Cursor.
func (w *watched) Read(dst []query.Point) (int, error) {
	n, err := w.Cursor.Read(dst)
	for i := range dst[:n] {
		w.extremes.add(&dst[i])
	}
	return n, err
}

// batchRows writes the rows of a chart by columns, the oldest row first.
func (rp *reply) batchRows(r *query.Result, bands []extremes, dims []*catalog.Dimension) {
	shown := make([]int, 0, len(dims))
	for i, d := range dims {
		// Dimensions that are no more are of interest where they have values.
		if !d.Def().Obsolete || r.Columns[i].Filled > 0 {
			shown = append(shown, i)
		}
	}
	rp.keyInt("rows", int64(r.Window.Points))
	rp.keyInt("first", r.Window.Time(0))
	rp.keyOpen("dimensions", '[')
	for _, i := range shown {
		rp.string(dims[i].ID)
	}
	rp.close(']')
	rp.keyOpen("names", '[')
	for _, i := range shown {
		rp.string(dims[i].Def().Name)
	}
	rp.close(']')
	rp.columns("values", shown, func(i int) []float64 { return r.Columns[i].Values })
	if bands != nil {
		rp.columns("min", shown, func(i int) []float64 { return bands[i].min })
		rp.columns("max", shown, func(i int) []float64 { return bands[i].max })
	}
	rp.anomalyRates(r, shown)
}

func (rp *reply) columns(key string, shown []int, values func(i int) []float64) {
	rp.keyOpen(key, '[')
	for _, i := range shown {
		rp.open('[')
		for _, v := range values(i) {
			rp.number(v)
		}
		rp.close(']')
	}
	rp.close(']')
}

// anomalyRates writes the mean anomaly rate of the dimensions for each row, in percent, unless nothing was anomalous.
func (rp *reply) anomalyRates(r *query.Result, shown []int) {
	rates, found := make([]float64, r.Window.Points), false
	for _, i := range shown {
		for row, rate := range r.Columns[i].Anomalies {
			rates[row] += rate / float64(len(shown))
			found = true
		}
	}
	if !found {
		return
	}
	rp.keyOpen("anomaly_rates", '[')
	for _, rate := range rates {
		rp.number(math.Round(rate*100) / 100)
	}
	rp.close(']')
}
