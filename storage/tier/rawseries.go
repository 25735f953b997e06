package tier

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"slices"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/tsdb/tombstones"
)

// rawSample is a stored sample.
type rawSample struct {
	t      int64 // unix seconds
	stored float64
}

// chunkFiles are the files of chunks of blocks of tier 0, mapped once more. A mapped page that was read counts as memory of the
// process until it is unmapped, and the TSDB keeps its blocks mapped for as long as it has them. What is read is valid until
// keep has closed them.
type chunkFiles map[ulid.ULID]*chunks.Reader

// of returns those of a block, which the caller keeps from being deleted.
func (f chunkFiles) of(b *tsdb.Block) (*chunks.Reader, error) {
	id := idOf(b)
	if r := f[id]; r != nil {
		return r, nil
	}
	r, err := chunks.NewDirReader(filepath.Join(b.Dir(), "chunks"), nil)
	if err == nil {
		f[id] = r
	}
	return r, err
}

// keep closes those of all other blocks: the space of a block that has been deleted is free when nobody maps its files.
func (f chunkFiles) keep(blocks []*tsdb.Block) error {
	var errs []error
	for id, r := range f {
		if !slices.ContainsFunc(blocks, func(b *tsdb.Block) bool { return idOf(b) == id }) {
			errs = append(errs, r.Close())
			delete(f, id)
		}
	}
	return errors.Join(errs...)
}

// rawReader is an open block of tier 0. It cannot be deleted while it is open, and compaction may wait for that.
type rawReader struct {
	index      tsdb.IndexReader
	chunks     *chunks.Reader // of chunkFiles
	tombstones tombstones.Reader
}

func openRawReader(b *tsdb.Block, files chunkFiles) (r rawReader, err error) {
	if r.index, err = b.Index(); err != nil {
		return r, err
	}
	if r.chunks, err = files.of(b); err != nil {
		return r, errors.Join(err, r.close())
	}
	if r.tombstones, err = b.Tombstones(); err != nil {
		return r, errors.Join(err, r.close())
	}
	return r, nil
}

func (r *rawReader) close() error {
	var errs []error
	if r.index != nil {
		errs = append(errs, r.index.Close())
	}
	if r.tombstones != nil {
		errs = append(errs, r.tombstones.Close())
	}
	return errors.Join(errs...)
}

// rawSeries is where the samples of a dimension are in a block of tier 0.
type rawSeries struct {
	chart, dimension string
	block            int // of the list given to openRawHost
	ref              storage.SeriesRef
}

// rawHost are the series of a host in blocks of tier 0, in the order of their keys. It must be closed soon.
type rawHost struct {
	blocks  []rawReader
	series  []rawSeries
	builder labels.ScratchBuilder
	metas   []chunks.Meta
	it      chunkenc.Iterator
	samples []rawSample
}

// openRawHost opens the blocks.
func openRawHost(ctx context.Context, guid string, blocks []*tsdb.Block, files chunkFiles) (_ *rawHost, err error) {
	h := &rawHost{}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.close())
		}
	}()
	for i, b := range blocks {
		r, err := openRawReader(b, files)
		if err != nil {
			return nil, err
		}
		h.blocks = append(h.blocks, r)
		list, err := postings(ctx, r.index, guid)
		if err != nil {
			return nil, err
		}
		for list.Next() {
			if err := r.index.Series(list.At(), &h.builder, nil); err != nil {
				return nil, err
			}
			ls := h.builder.Labels()
			h.series = append(h.series, rawSeries{ls.Get(labelChart), ls.Get(labelDimension), i, list.At()})
		}
		if err := list.Err(); err != nil {
			return nil, err
		}
	}
	// Keys are in the order of their fields. Within a dimension blocks stay in order, so that its samples nearly are.
	slices.SortStableFunc(h.series, func(a, b rawSeries) int {
		return cmp.Or(cmp.Compare(a.chart, b.chart), cmp.Compare(a.dimension, b.dimension))
	})
	return h, nil
}

func (h *rawHost) close() error {
	var errs []error
	for i := range h.blocks {
		errs = append(errs, h.blocks[i].close())
	}
	return errors.Join(errs...)
}

// cut takes the series of the next dimension away from h.
func (h *rawHost) cut() (dimension []rawSeries) {
	n := 1
	for n < len(h.series) && h.series[n].chart == h.series[0].chart && h.series[n].dimension == h.series[0].dimension {
		n++
	}
	dimension, h.series = h.series[:n], h.series[n:]
	return dimension
}

// span returns the times in unix seconds of the first and the last sample that a series has.
func (h *rawHost) span(s rawSeries) (first, last int64, err error) {
	if err := h.blocks[s.block].index.Series(s.ref, &h.builder, &h.metas); err != nil {
		return 0, 0, err
	}
	if len(h.metas) == 0 {
		return 0, -1, nil
	}
	return h.metas[0].MinTime / 1000, h.metas[len(h.metas)-1].MaxTime / 1000, nil
}

// read returns the samples of a dimension from first to last, in unix seconds, in order of time and without doubles. They
// are valid until the next call.
func (h *rawHost) read(dimension []rawSeries, first, last int64) ([]rawSample, error) {
	h.samples = h.samples[:0]
	ordered := true
	for _, s := range dimension {
		b := &h.blocks[s.block]
		if err := b.index.Series(s.ref, &h.builder, &h.metas); err != nil {
			return nil, err
		}
		deleted, err := b.tombstones.Get(s.ref)
		if err != nil {
			return nil, err
		}
		for _, m := range h.metas {
			if m.MaxTime < first*1000 || m.MinTime > last*1000 {
				continue
			}
			chunk, _, err := b.chunks.ChunkOrIterable(m)
			if err != nil {
				return nil, err
			}
			n := len(h.samples)
			if err := h.readChunk(chunk, first, last); err != nil {
				return nil, err
			}
			if len(deleted) > 0 {
				h.samples = append(h.samples[:n], slices.DeleteFunc(h.samples[n:], func(s rawSample) bool {
					return within(deleted, s.t*1000)
				})...)
			}
			if n > 0 && n < len(h.samples) && h.samples[n].t <= h.samples[n-1].t {
				ordered = false
			}
		}
	}
	if !ordered {
		slices.SortStableFunc(h.samples, func(a, b rawSample) int { return cmp.Compare(a.t, b.t) })
		h.samples = slices.CompactFunc(h.samples, func(a, b rawSample) bool { return a.t == b.t })
	}
	return h.samples, nil
}

func (h *rawHost) readChunk(chunk chunkenc.Chunk, first, last int64) error {
	h.it = chunk.Iterator(h.it)
	for h.it.Next() == chunkenc.ValFloat {
		ms, v := h.it.At()
		if t := ms / 1000; t >= first && t <= last {
			h.samples = append(h.samples, rawSample{t, v})
		}
	}
	return h.it.Err()
}

func within(intervals tombstones.Intervals, t int64) bool {
	return slices.ContainsFunc(intervals, func(i tombstones.Interval) bool { return i.InBounds(t) })
}
