package dense

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
)

// maxSpan is the time that a chunk covers at most, in milliseconds: a quarter of an hour. Twice as much would save another
// 2 %, and readers would decode twice as much that they have no use for.
const maxSpan = 15 * 60 * 1000

// compactor is the TSDB's own but for the blocks it writes, and for the end of merging.
type compactor struct {
	*tsdb.LeveledCompactor
	ctx, merging context.Context //nolint:containedctx // see NewCompactor
	metrics      *tsdb.CompactorMetrics
	log          *slog.Logger
	pool         chunkenc.Pool
	decoder      tsdb.PostingsDecoderFactory
	segmentSize  int64
}

// NewCompactor returns a tsdb.NewCompactorFunc for a TSDB with XOR chunks. When merging ends, blocks that are being merged stay
// as they are: the context of the TSDB lasts until it is closed, and its owner may have to wait for it before that.
func NewCompactor(merging context.Context) tsdb.NewCompactorFunc {
	return func(ctx context.Context, r prometheus.Registerer, l *slog.Logger, ranges []int64, pool chunkenc.Pool, opts *tsdb.Options) (tsdb.Compactor, error) {
		metrics := tsdb.NewCompactorMetrics(r)
		c, err := tsdb.NewLeveledCompactorWithOptions(ctx, r, l, ranges, pool, tsdb.LeveledCompactorOptions{
			EnableOverlappingCompaction: opts.EnableOverlappingCompaction,
			PD:                          opts.PostingsDecoderFactory,
			BlockExcludeFilter:          opts.BlockCompactionExcludeFunc,
			Metrics:                     metrics,
		})
		if err != nil {
			return nil, err
		}
		return &compactor{c, ctx, merging, metrics, l, pool, opts.PostingsDecoderFactory, opts.MaxBlockChunkSegmentSize}, nil
	}
}

// Write writes a block of what b, a head or a block, has between mint and maxt. It is made of base, if there is one.
func (c *compactor) Write(dest string, b tsdb.BlockReader, mint, maxt int64, base *tsdb.BlockMeta) ([]ulid.ULID, error) {
	meta := &tsdb.BlockMeta{ULID: ulid.MustNew(ulid.Now(), rand.Reader), MinTime: mint, MaxTime: maxt}
	meta.Compaction.Level = 1
	meta.Compaction.Sources = []ulid.ULID{meta.ULID}
	if base != nil {
		meta.Compaction.Parents = []tsdb.BlockDesc{{ULID: base.ULID, MinTime: base.MinTime, MaxTime: base.MaxTime}}
		meta.Compaction.Hints = slices.Clone(base.Compaction.Hints)
	}
	return c.write(c.ctx, dest, meta, reader{b, mint, maxt - 1})
}

// Compact merges blocks.
func (c *compactor) Compact(dest string, dirs []string, open []*tsdb.Block) ([]ulid.ULID, error) {
	ids, err := c.merge(dest, dirs, open)
	if len(ids) > 0 || errors.Is(err, context.Canceled) || errors.Is(err, syscall.ENOSPC) {
		return ids, err
	}
	// The TSDB marks blocks that cannot be merged, which it does not try again, and those of which nothing is left.
	return c.CompactWithBlockPopulator(dest, dirs, open, outcome{err})
}

func (c *compactor) merge(dest string, dirs []string, open []*tsdb.Block) ([]ulid.ULID, error) {
	var metas []*tsdb.BlockMeta
	var blocks []tsdb.BlockReader
	for _, dir := range dirs {
		i := slices.IndexFunc(open, func(b *tsdb.Block) bool { return filepath.Base(b.Dir()) == filepath.Base(dir) })
		if i >= 0 {
			blocks = append(blocks, open[i])
		} else {
			b, err := tsdb.OpenBlock(c.log, dir, c.pool, c.decoder)
			if err != nil {
				return nil, err
			}
			defer func() { _ = b.Close() }() // was only read
			blocks = append(blocks, b)
		}
		meta := blocks[len(blocks)-1].Meta()
		metas = append(metas, &meta)
	}
	return c.write(c.merging, dest, tsdb.CompactBlockMetas(ulid.MustNew(ulid.Now(), rand.Reader), metas...), blocks...)
}

// outcome is a tsdb.BlockPopulator that has failed, or found nothing.
type outcome struct{ err error }

// PopulateBlock implements tsdb.BlockPopulator.
func (o outcome) PopulateBlock(context.Context, *tsdb.CompactorMetrics, *slog.Logger, chunkenc.Pool, storage.VerticalChunkSeriesMergeFunc,
	[]tsdb.BlockReader, *tsdb.BlockMeta, tsdb.IndexWriter, tsdb.ChunkWriter, tsdb.IndexReaderPostingsFunc,
) error {
	return o.err
}

// reader is a block whose chunks are joined as they are read. They hold samples between mint and maxt only, both included.
type reader struct {
	tsdb.BlockReader
	mint, maxt int64
}

func (r reader) Index() (tsdb.IndexReader, error) {
	index, err := r.BlockReader.Index()
	if err != nil {
		return nil, err
	}
	chunks, err := r.BlockReader.Chunks()
	if err != nil {
		return nil, errors.Join(err, index.Close())
	}
	// Readers of a head find the next chunk faster when they are told that somebody reads one after the other.
	if c, ok := chunks.(interface{ EnableChunkCache() }); ok {
		c.EnableChunkCache()
	}
	return &indexReader{IndexReader: index, chunks: chunks, mint: r.mint, maxt: r.maxt}, nil
}

// Chunks returns a reader for the chunks that the index has read.
func (reader) Chunks() (tsdb.ChunkReader, error) { return chunkReader{}, nil }

// indexReader reads, together with a series, its chunks.
type indexReader struct {
	tsdb.IndexReader
	chunks     tsdb.ChunkReader
	mint, maxt int64
	encoder    encoder
	stored     []chunks.Meta
}

func (r *indexReader) Close() error { return errors.Join(r.IndexReader.Close(), r.chunks.Close()) }

// Series sets into to the chunks of a series, joined.
func (r *indexReader) Series(ref storage.SeriesRef, builder *labels.ScratchBuilder, into *[]chunks.Meta) error {
	*into = (*into)[:0]
	if err := r.IndexReader.Series(ref, builder, &r.stored); err != nil {
		return err // storage.ErrNotFound among others, which the TSDB knows
	}
	var it chunkenc.Iterator
	for _, meta := range r.stored {
		if meta.MaxTime < r.mint || meta.MinTime > r.maxt {
			continue
		}
		chunk, iterable, err := r.chunks.ChunkOrIterable(meta)
		if err != nil {
			// Not wrapped: a series that is not found is left out without an error, a chunk must not be.
			return fmt.Errorf("read chunk %d of series %d: %v", meta.Ref, ref, err) //nolint:errorlint // see above
		}
		if iterable != nil {
			it = iterable.Iterator(it)
		} else {
			it = chunk.Iterator(it)
		}
		if err := r.encoder.read(it, r.mint, r.maxt); err != nil {
			return err
		}
	}
	return r.encoder.flush(into)
}

type chunkReader struct{}

func (chunkReader) ChunkOrIterable(meta chunks.Meta) (chunkenc.Chunk, chunkenc.Iterable, error) {
	return meta.Chunk, nil, nil
}

func (chunkReader) Close() error { return nil }

// merge merges what several blocks have of one series, and joins short chunks.
func merge(series ...storage.ChunkSeries) storage.ChunkSeries {
	return joined{storage.NewCompactingChunkSeriesMerger(storage.ChainedSeriesMerge)(series...)}
}

// joined is a series whose short chunks are joined.
type joined struct{ storage.ChunkSeries }

func (j joined) Iterator(chunks.Iterator) chunks.Iterator {
	it := j.ChunkSeries.Iterator(nil)
	var short, all []chunks.Meta
	for it.Next() {
		short = append(short, it.At())
	}
	err := it.Err()
	var e encoder
	for err == nil && len(short) > 0 {
		n := 1
		for n < len(short) && short[n].MaxTime-short[0].MinTime < maxSpan {
			n++
		}
		if n == 1 {
			all = append(all, short[0])
		} else {
			all, err = e.join(all, short[:n])
		}
		short = short[n:]
	}
	if err != nil {
		return failed{err}
	}
	return storage.NewListChunkSeriesIterator(all...)
}

// failed is an iterator that has ended with an error.
type failed struct{ err error }

func (failed) Next() bool      { return false }
func (failed) At() chunks.Meta { return chunks.Meta{} }
func (f failed) Err() error    { return f.err }
