package api

import (
	"context"
	"math"

	"foster/storage"
	"foster/storage/catalog"
	"foster/storage/query"
)

// latest finds the newest stored values of the dimensions: from the catalog, and from the store for hosts that have not
// been connected in this run. A dimension that the newest point of its chart has no value for has none.
func (a *API) latest(ctx context.Context, ans *answer) error {
	ans.latest = make([]float64, len(ans.dims))
	for i := 0; i < len(ans.dims); {
		ch, end := ans.dims[i].Chart, i+1
		for end < len(ans.dims) && ans.dims[end].Chart == ch {
			end++
		}
		if err := a.latestOf(ctx, ch, ans.dims[i:end], ans.latest[i:end]); err != nil {
			return err
		}
		i = end
	}
	return nil
}

func (a *API) latestOf(ctx context.Context, ch *catalog.Chart, dims []*catalog.Dimension, values []float64) error {
	last := ch.Last()
	var missing []*catalog.Dimension
	var places []int
	for i, d := range dims {
		t, v, _ := d.Last()
		values[i] = v
		if t < last {
			values[i] = math.NaN()
		}
		if t == 0 {
			missing, places = append(missing, d), append(places, i)
		}
	}
	if len(missing) == 0 || last == 0 {
		return nil
	}
	series, reading, err := a.source.Select(ctx, ch, missing, storage.Range{After: last - ch.UpdateEvery(), Before: last})
	if err != nil {
		return err
	}
	defer func() { _ = reading.Close() }() // the points have been read
	points := make([]query.Point, 4)
	for i := range series {
		n, _ := series[i].Cursor.Read(points) // a value that cannot be read is null, the rest of the answer stands
		if n > 0 && points[n-1].Count > 0 {
			values[places[i]] = points[n-1].Sum / float64(points[n-1].Count)
		}
	}
	return nil
}
