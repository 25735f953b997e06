package tier

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunks"
)

// Everything is a time that no point is newer than.
const Everything = math.MaxInt64 / 1000

// Erase deletes the points of some hosts from all tiers: of each those that end at or before a unix time. See EraseTier.
func (t *Tiers) Erase(ctx context.Context, before map[string]int64) error {
	for n := range len(t.coarse) + 1 {
		if err := t.EraseTier(ctx, n, before); err != nil {
			return err
		}
	}
	return nil
}

// EraseTier is Erase for one tier. In a coarse one the window that the time falls in stays; for tier 0 see Raw.Erase.
func (t *Tiers) EraseTier(ctx context.Context, n int, before map[string]int64) error {
	if n == 0 {
		return t.Raw.Erase(ctx, before)
	}
	t.work.Lock()
	defer t.work.Unlock()
	c := t.coarse[n-1]
	if err := c.erase(ctx, before); err != nil {
		return c.describe("erase hosts from", err)
	}
	return nil
}

// erasure is what is to be erased of a coarse tier: the windows up to one, of the series whose keys begin so.
type erasure struct {
	prefix []byte
	until  int64
}

// erasedUntil returns the last window that is to be erased of a series, less than any when nothing is.
func erasedUntil(erase []erasure, key []byte) int64 {
	for _, e := range erase {
		if bytes.HasPrefix(key, e.prefix) {
			return e.until
		}
	}
	return math.MinInt64
}

func (t *coarse) erase(ctx context.Context, before map[string]int64) error {
	t.mu.Lock()
	blocks := t.blocks
	t.mu.Unlock()
	for _, b := range blocks {
		var todo []erasure
		for guid, at := range before {
			e := erasure{hostPrefix(guid), at / b.meta.Step}
			if at < b.meta.First {
				continue
			}
			found := false
			err := b.prefixed(e.prefix, func(series *entry) error {
				found = found || series.first <= e.until
				return ctx.Err()
			})
			if err != nil {
				return err
			}
			if found {
				todo = append(todo, e)
			}
		}
		if len(todo) == 0 {
			continue
		}
		rest, err := t.rewrite(ctx, b, todo, false)
		if err != nil {
			return err
		}
		if err := t.replace(rest, b); err != nil {
			return err
		}
	}
	return nil
}

// trimmed writes what a record of another block has after a window.
func (w *blockWriter) trimmed(e *entry, record []byte, r *recordReader, until int64) error {
	if err := r.open(record, until+1); err != nil {
		return err
	}
	for {
		points, err := r.next()
		if err != nil {
			return err
		}
		if len(points) == 0 {
			return w.add(e.key)
		}
		for i := range points {
			if points[i].window > until {
				w.record.add(&points[i])
			}
		}
	}
}

// Erase deletes the points of some hosts from tier 0: of each those that end at or before a unix time. The blocks that
// hold any are written anew, one after the other, so that compaction has its turn in between and the disk needs space for
// one block more. Points appended meanwhile may stay.
//
// Of what is in the head those in order are gone at once for readers, and from the disk when the head is cut into a block.
// Late ones remain until then: Erase is called again until Holds is false.
func (r *Raw) Erase(ctx context.Context, before map[string]int64) error {
	defer r.recent.reset()
	done := map[[2]int64]bool{}
	for {
		more, err := r.eraseBlock(ctx, before, done)
		if err != nil {
			return fmt.Errorf("erase from blocks: %w", err)
		}
		if !more {
			break
		}
	}
	if err := r.eraseHead(ctx, before); err != nil {
		return fmt.Errorf("erase from the head: %w", err)
	}
	return nil
}

// eraseBlock deals with the oldest block that holds something to erase, and says whether there was one. Blocks of a range in
// done were dealt with.
func (r *Raw) eraseBlock(ctx context.Context, before map[string]int64, done map[[2]int64]bool) (bool, error) {
	r.compaction.Lock()
	defer r.compaction.Unlock()
	b, hosts, err := r.nextToErase(ctx, before, done)
	if b == nil || err != nil {
		return false, err
	}
	for _, guid := range hosts {
		if err := r.delete(ctx, b.MinTime(), min(milliseconds(before[guid]), b.MaxTime()-1), guid); err != nil {
			return false, fmt.Errorf("block %s: %w", idOf(b), err)
		}
	}
	if err := r.enter(); err != nil {
		return false, err
	}
	defer r.leave()
	if err := r.db.CleanTombstones(); err != nil { // which waits for readers of the blocks
		return false, err
	}
	return true, ctx.Err()
}

// delete marks points of a host as deleted. The caller holds compaction, or it would wait for one while nobody can read.
func (r *Raw) delete(ctx context.Context, mint, maxt int64, guid string) error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.closed {
		return ErrClosed
	}
	r.blocks.Lock()
	defer r.blocks.Unlock()
	return r.db.Delete(ctx, mint, maxt, ofHost(guid))
}

// nextToErase returns the oldest block that holds something to erase and is not in done, nil when there is none, and of which
// hosts. It adds the block to done.
func (r *Raw) nextToErase(ctx context.Context, before map[string]int64, done map[[2]int64]bool) (*tsdb.Block, []string, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.closed {
		return nil, nil, ErrClosed
	}
	r.blocks.RLock()
	defer r.blocks.RUnlock()
	blocks := slices.SortedFunc(slices.Values(r.db.Blocks()), func(a, b *tsdb.Block) int {
		return cmp.Compare(a.MinTime(), b.MinTime())
	})
	for _, b := range blocks {
		within := [2]int64{b.MinTime(), b.MaxTime()}
		if done[within] {
			continue
		}
		hosts, err := holders(ctx, b, before)
		if errors.Is(err, tsdb.ErrClosing) {
			continue // replaced by a compaction; the next pass sees the new one
		}
		if err != nil {
			return nil, nil, fmt.Errorf("block %s: %w", idOf(b), err)
		}
		if len(hosts) > 0 {
			done[within] = true
			return b, hosts, ctx.Err()
		}
	}
	return nil, nil, ctx.Err()
}

func milliseconds(seconds int64) int64 { return min(seconds, Everything) * 1000 }

func ofHost(guid string) *labels.Matcher {
	return labels.MustNewMatcher(labels.MatchEqual, labelGUID, guid)
}

// holders returns the hosts of which a block has points to erase.
func holders(ctx context.Context, b *tsdb.Block, before map[string]int64) (hosts []string, err error) {
	ix, err := b.Index()
	if err != nil {
		return nil, err
	}
	defer ix.Close()
	var builder labels.ScratchBuilder
	var metas []chunks.Meta
	for guid, t := range before {
		if milliseconds(t) < b.MinTime() {
			continue
		}
		list, err := postings(ctx, ix, guid)
		if err != nil {
			return nil, err
		}
		for list.Next() {
			if err := ix.Series(list.At(), &builder, &metas); err != nil {
				return nil, err
			}
			if len(metas) > 0 && metas[0].MinTime <= milliseconds(t) {
				hosts = append(hosts, guid)
				break
			}
		}
		if err := list.Err(); err != nil {
			return nil, err
		}
	}
	slices.Sort(hosts)
	return hosts, nil
}

func (r *Raw) eraseHead(ctx context.Context, before map[string]int64) error {
	r.compaction.Lock()
	defer r.compaction.Unlock()
	mint := r.db.Head().MinTime()
	for guid, t := range before {
		maxt := milliseconds(t)
		if maxt < mint {
			continue
		}
		if err := r.delete(ctx, mint, maxt, guid); err != nil {
			return err
		}
	}
	return nil
}

// Holds says whether tier 0 has series of a host, be it without points.
func (r *Raw) Holds(ctx context.Context, guid string) (bool, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.closed {
		return false, ErrClosed
	}
	r.blocks.RLock()
	defer r.blocks.RUnlock()
	for {
		holds, err := r.holds(ctx, guid)
		if errors.Is(err, tsdb.ErrClosing) && ctx.Err() == nil {
			continue // a compaction has replaced a block meanwhile
		}
		if err != nil {
			return false, fmt.Errorf("look for points of host %s: %w", guid, err)
		}
		return holds, nil
	}
}

func (r *Raw) holds(ctx context.Context, guid string) (holds bool, err error) {
	err = r.eachIndex(func(ix tsdb.IndexReader) error {
		if holds {
			return nil
		}
		var err error
		holds, err = hasSeries(ctx, ix, guid)
		return err
	})
	return holds, err
}

// CutPast says whether a block has been cut that ends after a unix time. When the log is read again, the TSDB leaves out what is
// older than all such blocks: points that were erased before can come back as long as there is none that ends after them.
func (r *Raw) CutPast(t int64) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return !r.closed && slices.ContainsFunc(r.db.Blocks(), func(b *tsdb.Block) bool {
		return !r.metas.of(b).Compaction.FromOutOfOrder() && b.MaxTime() > milliseconds(t)
	})
}

func hasSeries(ctx context.Context, ix tsdb.IndexReader, guid string) (bool, error) {
	list, err := postings(ctx, ix, guid)
	if err != nil {
		return false, err
	}
	return list.Next(), list.Err()
}
