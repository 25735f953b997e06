package tier

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/prometheus/tsdb"
)

// CoarseOptions are the options of a coarse tier.
type CoarseOptions struct {
	Iterations int           // points of the tier before that make one of this tier; tier 0 counts as one a second
	Retention  time.Duration // age at which points are deleted; 0: no limit
	MaxBytes   int64         // size at which the oldest points are deleted; 0: no limit
}

// coarse is a coarse tier: its blocks, which may overlap.
type coarse struct {
	number int // 1 or more
	dir    string
	step   int64 // seconds
	opts   CoarseOptions
	now    func() time.Time
	log    *slog.Logger

	mu      sync.Mutex
	blocks  []*block // in order of First, of whatever step; replaced when it changes
	lineage lineage
}

// openCoarse opens a tier. What a process that was killed has left behind is removed, and so are blocks that cannot be
// read: what tier 0 has of them is derived again.
func openCoarse(number int, dir string, step int64, o CoarseOptions, now func() time.Time, log *slog.Logger) (*coarse, error) {
	t := &coarse{number: number, dir: dir, step: step, opts: o, now: now, log: log}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var blocks []*block
	for _, f := range files {
		path := filepath.Join(dir, f.Name())
		switch {
		case strings.HasSuffix(f.Name(), tmpSuffix):
			err = os.Remove(path)
		case strings.HasSuffix(f.Name(), blockSuffix):
			var b *block
			if b, err = openBlock(path); err == nil {
				blocks = append(blocks, b)
			} else if err = t.unreadable(path, err); err == nil {
				continue
			}
		}
		if err != nil {
			return nil, errors.Join(err, closeAll(blocks))
		}
	}
	if blocks, err = dropParents(blocks); err != nil {
		return nil, errors.Join(err, closeAll(blocks))
	}
	t.set(blocks)
	if n := len(blocks) - len(t.blocksOfStep()); n > 0 {
		log.Warn("a storage tier has points of another resolution than is configured; they are not used", "tier", number, "seconds", step, "blocks", n)
	}
	return t, nil
}

// unreadable does what has to be done with a block that cannot be opened.
func (t *coarse) unreadable(path string, err error) error {
	switch {
	case errors.Is(err, errVersion):
		t.log.Warn("a block of a storage tier was written by another version of foster and is not used", "block", path)
		return nil
	case errors.Is(err, errCorrupt):
		return setAside(path, t.log, err)
	}
	return err
}

func closeAll(blocks []*block) error {
	var errs []error
	for _, b := range blocks {
		errs = append(errs, b.release())
	}
	return errors.Join(errs...)
}

// dropParents removes blocks that others replace: a process was killed before it had done so.
func dropParents(blocks []*block) ([]*block, error) {
	replaced := map[ulid.ULID]bool{}
	for _, b := range blocks {
		for _, id := range b.meta.Parents {
			replaced[id] = true
		}
	}
	var errs []error
	kept := slices.DeleteFunc(blocks, func(b *block) bool {
		if replaced[b.id] {
			errs = append(errs, b.release(), os.Remove(b.path))
		}
		return replaced[b.id]
	})
	return kept, errors.Join(errs...)
}

// set makes blocks, in any order, those of the tier.
func (t *coarse) set(blocks []*block) {
	slices.SortFunc(blocks, func(a, b *block) int {
		return cmp.Or(cmp.Compare(a.meta.First, b.meta.First), a.id.Compare(b.id))
	})
	sources := map[ulid.ULID]struct{}{}
	for _, b := range blocks {
		if b.meta.Step == t.step {
			for _, id := range b.meta.Sources {
				sources[id] = struct{}{}
			}
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.blocks, t.lineage.sources = blocks, sources
}

// replace adds a block, unless it is nil, in the place of others, whose files are removed.
func (t *coarse) replace(added *block, dropped ...*block) error {
	t.mu.Lock()
	blocks := slices.Clone(t.blocks)
	t.mu.Unlock()
	blocks = slices.DeleteFunc(blocks, func(b *block) bool { return slices.Contains(dropped, b) })
	if added != nil {
		blocks = append(blocks, added)
	}
	t.set(blocks)
	var errs []error
	for _, b := range dropped {
		errs = append(errs, os.Remove(b.path), b.release())
	}
	return errors.Join(errs...)
}

// close closes the blocks. Readers keep those that they use.
func (t *coarse) close() error {
	t.mu.Lock()
	blocks := t.blocks
	t.blocks, t.lineage = nil, lineage{}
	t.mu.Unlock()
	return closeAll(blocks)
}

// blocksOfStep returns the blocks that have the step of the tier. They are not acquired: this is for who changes them.
func (t *coarse) blocksOfStep() []*block {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []*block
	for _, b := range t.blocks {
		if b.meta.Step == t.step {
			out = append(out, b)
		}
	}
	return out
}

// lineage is of which blocks of tier 0 a coarse tier has everything. Its maps are not changed.
type lineage struct {
	sources map[ulid.ULID]struct{} // of the blocks of the tier
	alias   map[ulid.ULID]struct{} // blocks of tier 0 that were made of such ones
}

func (l *lineage) has(id ulid.ULID) bool {
	_, source := l.sources[id]
	_, alias := l.alias[id]
	return source || alias
}

// derived says whether the tier has everything of a block of tier 0.
func (l *lineage) derived(m *tsdb.BlockMeta) bool { return l.made(m) || l.rewritten(m) }

// made says that of blocks that are known, or were merged from such ones.
func (l *lineage) made(m *tsdb.BlockMeta) bool {
	of := m.Compaction.Sources
	return l.has(m.ULID) || len(of) > 0 && !slices.ContainsFunc(of, func(id ulid.ULID) bool { return !l.has(id) })
}

// rewritten says that of blocks that were made from known ones without what was deleted: they name only their parents.
func (l *lineage) rewritten(m *tsdb.BlockMeta) bool {
	of := m.Compaction.Parents
	return len(of) > 0 && !slices.ContainsFunc(of, func(p tsdb.BlockDesc) bool { return !l.has(p.ULID) })
}

// known returns of which blocks of tier 0 the tier has everything.
func (t *coarse) known() lineage {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lineage
}

// learn returns the blocks of tier 0 that the tier lacks. It remembers those that were rewritten, so that it knows what will
// be made of them.
func (t *coarse) learn(metas []tsdb.BlockMeta) (lacking []ulid.ULID) {
	known := t.known()
	alias := map[ulid.ULID]struct{}{}
	for i := range metas {
		m := &metas[i]
		_, source := known.sources[m.ULID]
		switch {
		case source:
		case known.rewritten(m), known.made(m):
			alias[m.ULID] = struct{}{}
		default:
			lacking = append(lacking, m.ULID)
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lineage.alias = alias
	return lacking
}

// coarseView is what a query sees of a tier.
type coarseView struct {
	tier    *coarse
	blocks  []*block // that overlap the range of the query, acquired
	horizon int64    // unix seconds: the tier has windows that end later
	lineage
}

// view returns what is seen now of the windows that end in (after, before]. Its blocks must be released.
func (t *coarse) view(after, before int64) coarseView {
	t.mu.Lock()
	defer t.mu.Unlock()
	v := coarseView{tier: t, horizon: nothing, lineage: t.lineage}
	for _, b := range t.blocks {
		if b.meta.Step != t.step || b.meta.Series == 0 {
			continue
		}
		v.horizon = min(v.horizon, b.meta.First-t.step)
		if b.overlaps(after, before) {
			b.acquire()
			v.blocks = append(v.blocks, b)
		}
	}
	return v
}

// mend rewrites the blocks that a reader has found to be corrupt with what can be read of them, and returns how many there
// were. What tier 0 still has of their time is derived again.
func (t *coarse) mend(ctx context.Context) (n int, err error) {
	for _, b := range t.blocksOfStep() {
		if !b.bad.Load() {
			continue
		}
		n++
		rest, err := t.rewrite(ctx, b, nil, true)
		if err != nil {
			return n, err
		}
		t.log.Error("a block of a storage tier is damaged; what can be read of it is kept, and what tier 0 still has of its time is derived again",
			"block", b.path, "series", b.meta.Series, "series_kept", rest.meta.Series)
		t.mu.Lock()
		t.lineage.alias = nil // of what they were made is not known
		t.mu.Unlock()
		if err := t.replace(rest, b); err != nil {
			return n, err
		}
	}
	return n, nil
}

// expire drops the oldest blocks: those older than the retention, and those beyond the size limit.
func (t *coarse) expire() error {
	t.mu.Lock()
	blocks := slices.Clone(t.blocks)
	t.mu.Unlock()
	slices.SortStableFunc(blocks, func(a, b *block) int { return cmp.Compare(b.meta.Last, a.meta.Last) }) // newest first
	var size int64
	var expired []*block
	for i, b := range blocks {
		size += b.size
		age := time.Duration(blocks[0].meta.Last-b.meta.Last) * time.Second
		if t.opts.MaxBytes > 0 && size > t.opts.MaxBytes || t.opts.Retention > 0 && age >= t.opts.Retention {
			expired = blocks[i:]
			break
		}
	}
	if len(expired) == 0 {
		return nil
	}
	return t.replace(nil, expired...)
}

// rewrite writes a block once more, without what is to be erased. Of a damaged block it leaves out what cannot be read, and
// its sources.
func (t *coarse) rewrite(ctx context.Context, b *block, erase []erasure, damaged bool) (_ *block, err error) {
	w, err := newBlockWriter(t.dir, b.meta.Step, t.now())
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			w.abort()
		}
	}()
	r := recordReader{scale: sumScale(b.meta.Step)}
	var record []byte
	k := b.seek(nil)
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		ok, err := k.next()
		if damaged && errors.Is(err, errCorrupt) {
			k.left = 0 // the rest of the page
			continue
		}
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		until := erasedUntil(erase, k.entry.key)
		if until >= k.entry.last {
			continue
		}
		if record, err = b.readInto(record, k.entry.at, k.entry.size); err == nil {
			if until >= k.entry.first {
				err = w.trimmed(&k.entry, record, &r, until)
			} else {
				err = w.raw(&k.entry, record, &r)
			}
		}
		if err != nil && !(damaged && errors.Is(err, errCorrupt)) {
			return nil, b.fail(err)
		}
	}
	if w.meta.Series == 0 {
		w.meta.First, w.meta.Last = b.meta.First, b.meta.Last
	}
	var sources []ulid.ULID
	if !damaged {
		sources = b.meta.Sources
	}
	return w.finish(sources, []ulid.ULID{b.id})
}

// describe returns an error that names the tier.
func (t *coarse) describe(doing string, err error) error {
	return fmt.Errorf("%s tier %d: %w", doing, t.number, err)
}
