package tier

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"
)

// Blocks are merged into ones of these lengths, in unix time, and of four times the last, and so on, up to a tenth of the
// retention: what is deleted at once is then small, and so is the number of files. Nor does a record become so large that
// it takes long to read one point of it.
const (
	shortest = int64(6 * time.Hour / time.Second)
	longer   = 4
	maxSteps = 100_000
	// crowd is how many blocks within one length are merged, however small they are, and openCrowd how many when more are
	// to be expected.
	crowd     = 8
	openCrowd = 16
)

// mergeable returns blocks that are to be merged, nil when there are none.
func (t *coarse) mergeable() []*block {
	blocks := t.blocksOfStep()
	var newest int64
	for _, b := range blocks {
		newest = max(newest, b.meta.Last)
	}
	longest := maxSteps * t.step
	if t.opts.Retention > 0 {
		longest = min(longest, int64(t.opts.Retention/time.Second)/10)
	}
	length := max(1, shortest/t.step) * t.step
	for {
		groups := map[int64][]*block{}
		for _, b := range blocks {
			// The window that ends where a length begins may be in either.
			if n := b.meta.First / length; b.meta.Last <= (n+1)*length {
				groups[n] = append(groups[n], b)
			}
		}
		for n, group := range groups {
			if group = t.light(group); ripe(group, newest >= (n+1)*length) {
				return group
			}
		}
		length *= longer
		if length > longest || length > newest {
			return nil
		}
	}
}

// light returns the most blocks of a group that follow each other and are together no more than a tenth of the size limit.
func (t *coarse) light(group []*block) []*block {
	if t.opts.MaxBytes == 0 {
		return group
	}
	var best []*block
	var sum int64
	from := 0
	for i, b := range group { // which are in order of time
		for sum += b.size; sum > t.opts.MaxBytes/10; from++ {
			sum -= group[from].size
		}
		if i+1-from > len(best) {
			best = group[from : i+1]
		}
	}
	return best
}

// ripe says whether merging a group is worth it. Small blocks of late points are not merged into a large one each time.
// closed says that no more blocks are to be expected, but for late points.
func ripe(group []*block, closed bool) bool {
	var sum, largest int64
	for _, b := range group {
		sum += b.size
		largest = max(largest, b.size)
	}
	if !closed {
		return len(group) >= openCrowd
	}
	return len(group) >= crowd || len(group) > 1 && sum-largest >= largest/4
}

// merge merges blocks into one. Of their sources it keeps those that live says may still be asked for.
func (t *coarse) merge(ctx context.Context, blocks []*block, live map[ulid.ULID]struct{}) (_ *block, err error) {
	w, err := newBlockWriter(t.dir, t.step, t.now())
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			w.abort()
		}
	}()
	cursors, err := openKeys(blocks, nil)
	if err != nil {
		return nil, err
	}
	var m merger
	for cursors.next() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		m.reset(cursors.pieces, -1, maxWindow)
		for {
			points, err := m.next()
			if err != nil {
				return nil, err
			}
			if len(points) == 0 {
				break
			}
			for i := range points {
				w.record.add(&points[i])
			}
		}
		if err := w.add(cursors.key); err != nil {
			return nil, err
		}
	}
	if cursors.err != nil {
		return nil, cursors.err
	}
	var sources, parents []ulid.ULID
	for _, b := range blocks {
		parents = append(parents, b.id)
		for _, id := range b.meta.Sources {
			if _, ok := live[id]; ok {
				sources = append(sources, id)
			}
		}
		if w.meta.Series == 0 {
			w.meta.First, w.meta.Last = b.meta.First, b.meta.Last
		}
	}
	slices.SortFunc(sources, ulid.ULID.Compare)
	return w.finish(slices.Compact(sources), parents)
}

// joinedKeys is an iterator over the series of several blocks in the order of their keys.
type joinedKeys struct {
	cursors []*keys // those that have a series
	key     []byte  // of the current series
	pieces  []piece // where it is
	err     error
}

// openKeys returns an iterator that begins at, or a little before, the given key.
func openKeys(blocks []*block, key []byte) (*joinedKeys, error) {
	j := &joinedKeys{}
	for _, b := range blocks {
		k := b.seek(key)
		ok, err := k.next()
		if err != nil {
			return nil, err
		}
		if ok {
			j.cursors = append(j.cursors, k)
		}
	}
	return j, nil
}

// next goes to the next series, and says whether there is one.
func (j *joinedKeys) next() bool {
	if len(j.cursors) == 0 || j.err != nil {
		return false
	}
	least := j.cursors[0].entry.key
	for _, k := range j.cursors[1:] {
		if bytes.Compare(k.entry.key, least) < 0 {
			least = k.entry.key
		}
	}
	j.key = append(j.key[:0], least...)
	j.pieces = j.pieces[:0]
	for i, k := range slices.Backward(j.cursors) {
		if !bytes.Equal(k.entry.key, j.key) {
			continue
		}
		j.pieces = append(j.pieces, k.entry.piece(k.b))
		ok, err := k.next()
		if err != nil {
			j.err = err
			return false
		}
		if !ok {
			j.cursors = slices.Delete(j.cursors, i, i+1)
		}
	}
	return true
}
