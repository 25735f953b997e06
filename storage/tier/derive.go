package tier

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/prometheus/tsdb"
)

// sourcesOf returns what a block of tier 0 is known by.
func sourcesOf(m *tsdb.BlockMeta) []ulid.ULID {
	ids := append(slices.Clone(m.Compaction.Sources), m.ULID)
	slices.SortFunc(ids, ulid.ULID.Compare)
	return slices.Compact(ids)
}

// deriveRaw makes the block of tier 1 that belongs to a block of tier 0: of each series in it the windows that it has
// points of, from all blocks of tier 0 that have points of them. It takes one host after the other, and holds its blocks
// for no longer than that, because compaction may wait for them; the memory is that of the samples of one series in the
// block and of the names of a host's series.
func (t *coarse) deriveRaw(ctx context.Context, raw *Raw, id ulid.ULID) (_ *block, err error) {
	w, err := newBlockWriter(t.dir, t.step, t.now())
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			w.abort()
		}
	}()
	meta, guids, err := raw.blockHosts(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := t.deriveHosts(ctx, raw, w, id, guids); err != nil {
		return nil, err
	}
	if w.meta.Series == 0 {
		w.meta.First, w.meta.Last = windowOf(meta.MinTime/1000, t.step)*t.step, windowOf((meta.MaxTime-1)/1000, t.step)*t.step
	}
	return w.finish(sourcesOf(&meta), nil)
}

// deriveHosts adds the series of the hosts.
func (t *coarse) deriveHosts(ctx context.Context, raw *Raw, w *blockWriter, id ulid.ULID, guids []string) (err error) {
	files := chunkFiles{}
	defer func() { err = errors.Join(err, files.keep(nil)) }()
	for _, guid := range guids {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := t.deriveHost(ctx, raw, w, id, guid, files); err != nil {
			return fmt.Errorf("host %s: %w", guid, err)
		}
	}
	return nil
}

// deriveHost adds the series of a host.
func (t *coarse) deriveHost(ctx context.Context, raw *Raw, w *blockWriter, id ulid.ULID, guid string, files chunkFiles) (err error) {
	raw.mu.RLock() // keeps Close away
	defer raw.mu.RUnlock()
	if raw.closed {
		return ErrClosed
	}
	raw.blocks.RLock()
	defer raw.blocks.RUnlock()
	blocks, at := raw.around(id, t.step)
	if at < 0 {
		return errGone
	}
	if err := files.keep(blocks); err != nil {
		return err
	}
	h, err := openRawHost(ctx, guid, blocks, files)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	prefix := hostPrefix(guid)
	var name []byte
	for len(h.series) > 0 {
		dimension := h.cut()
		first, last := int64(0), int64(-1)
		for _, s := range dimension {
			if s.block != at {
				continue
			}
			from, to, err := h.span(s)
			if err != nil {
				return err
			}
			if last < first {
				first, last = from, to
			}
			first, last = min(first, from), max(last, to)
		}
		if last < first {
			continue // it is in neighbours only
		}
		samples, err := h.read(dimension, (windowOf(first, t.step)-1)*t.step+1, windowOf(last, t.step)*t.step)
		if err != nil {
			return err
		}
		aggregateSamples(w.record, samples, t.step)
		name = appendKeyField(appendKeyField(append(name[:0], prefix...), dimension[0].chart), dimension[0].dimension)
		if err := w.add(name); err != nil {
			return err
		}
	}
	return nil
}

func aggregateSamples(w *recordWriter, samples []rawSample, step int64) {
	var a aggregate
	end := int64(-1) // of the window of a
	for _, s := range samples {
		if s.t > end {
			if a.count > 0 {
				w.add(&a)
			}
			a = aggregate{window: windowOf(s.t, step)}
			end = a.window * step
		}
		v, anomalous, _ := decode(s.stored)
		a.add(v, anomalous)
	}
	if a.count > 0 {
		w.add(&a)
	}
}

// errGone says that a block of tier 0 is no more: it was merged with others, or it has expired.
var errGone = errors.New("block has gone")

// blockHosts returns the hosts that a block has series of.
func (r *Raw) blockHosts(ctx context.Context, id ulid.ULID) (meta tsdb.BlockMeta, guids []string, err error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.closed {
		return meta, nil, ErrClosed
	}
	r.blocks.RLock()
	defer r.blocks.RUnlock()
	for _, b := range r.db.Blocks() {
		if idOf(b) != id {
			continue
		}
		ix, err := b.Index()
		if err != nil {
			return meta, nil, err
		}
		values, err := ix.SortedLabelValues(ctx, labelGUID, nil)
		for _, v := range values {
			guids = append(guids, string([]byte(v))) // it belongs to the index
		}
		return *r.metas.of(b), guids, errors.Join(err, ix.Close())
	}
	return meta, nil, errGone
}

// around returns a block and those that have points of the windows at its ends, in order of time; at is its place, negative
// when it has gone. The caller holds mu.
func (r *Raw) around(id ulid.ULID, step int64) (blocks []*tsdb.Block, at int) {
	all := r.db.Blocks()
	i := slices.IndexFunc(all, func(b *tsdb.Block) bool { return idOf(b) == id })
	if i < 0 {
		return nil, -1
	}
	m := all[i]
	mint := ((windowOf(m.MinTime()/1000, step)-1)*step + 1) * 1000
	maxt := windowOf((m.MaxTime()-1)/1000, step) * step * 1000
	for _, b := range all {
		if b.OverlapsClosedInterval(mint, maxt) {
			if idOf(b) == id {
				at = len(blocks)
			}
			blocks = append(blocks, b)
		}
	}
	return blocks, at
}

// deriveCoarse makes the block that belongs to a block of the tier before, which finer is: of each series in it the windows
// that it has windows of, from all blocks of that tier.
func (t *coarse) deriveCoarse(ctx context.Context, finer *coarse, from *block) (_ *block, err error) {
	w, err := newBlockWriter(t.dir, t.step, t.now())
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			w.abort()
		}
	}()
	if from.meta.Series == 0 {
		w.meta.First, w.meta.Last = windowOf(from.meta.First, t.step)*t.step, windowOf(from.meta.Last, t.step)*t.step
		return w.finish(from.meta.Sources, nil)
	}
	after, before := (windowOf(from.meta.First, t.step)-1)*t.step, windowOf(from.meta.Last, t.step)*t.step
	var blocks []*block
	for _, b := range finer.blocksOfStep() {
		if b.overlaps(after, before) {
			blocks = append(blocks, b)
		}
	}
	cursors, err := openKeys(blocks, from.pages[0].first)
	if err != nil {
		return nil, err
	}
	iterations := t.step / finer.step
	var m merger
	for cursors.next() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		i := slices.IndexFunc(cursors.pieces, func(p piece) bool { return p.b == from })
		if i < 0 {
			if !cursors.reading(from) {
				break
			}
			continue
		}
		p := cursors.pieces[i]
		m.reset(cursors.pieces, (windowOf(p.first, iterations)-1)*iterations, windowOf(p.last, iterations)*iterations)
		if err := aggregateWindows(w.record, &m, iterations); err != nil {
			return nil, err
		}
		if err := w.add(cursors.key); err != nil {
			return nil, err
		}
	}
	if cursors.err != nil {
		return nil, cursors.err
	}
	return w.finish(from.meta.Sources, nil)
}

// reading says whether the block has series that were not reached.
func (j *joinedKeys) reading(b *block) bool {
	return slices.ContainsFunc(j.cursors, func(k *keys) bool { return k.b == b })
}

func aggregateWindows(w *recordWriter, m *merger, iterations int64) error {
	var a aggregate
	for {
		points, err := m.next()
		if err != nil {
			return err
		}
		if len(points) == 0 {
			break
		}
		for i := range points {
			p := &points[i]
			if window := windowOf(p.window, iterations); window != a.window || a.count == 0 {
				if a.count > 0 {
					w.add(&a)
				}
				a = aggregate{window: window}
			}
			a.merge(p)
		}
	}
	if a.count > 0 {
		w.add(&a)
	}
	return nil
}
