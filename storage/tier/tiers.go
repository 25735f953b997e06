package tier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/prometheus/tsdb"
)

// Tiers are tier 0 and the coarse tiers that are derived from it. Methods may be used from any goroutine.
type Tiers struct {
	*Raw
	coarse []*coarse
	log    *slog.Logger
	limits struct { // of tier 0
		MaxAge   time.Duration
		MaxBytes int64
	}

	work sync.Mutex    // held while blocks of coarse tiers are made or dropped
	wake chan struct{} // tells run that there is work
	stop context.CancelFunc
	wg   sync.WaitGroup
	once sync.Once // of Close
	err  error

	ended atomic.Bool // Close was called
}

const (
	// deriveEvery is how often is looked for new blocks of tier 0, which come every quarter of an hour.
	deriveEvery = 10 * time.Second
	// retryEvery is how often is tried again what has failed.
	retryEvery = time.Minute
)

// OpenTiers opens the tiers below the directory dir, in a directory each. The coarse tiers are derived in the background
// until Close.
func OpenTiers(dir string, o Options, coarse []CoarseOptions) (*Tiers, error) {
	t, err := openTiers(dir, o, coarse)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	t.stop = stop
	t.wg.Go(func() { t.run(ctx) })
	return t, nil
}

// openTiers is OpenTiers without the background.
func openTiers(dir string, o Options, coarse []CoarseOptions) (*Tiers, error) {
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("options of tier 0: %w", err)
	}
	t := &Tiers{log: o.Logger, wake: make(chan struct{}, 1), stop: func() {}}
	t.limits.MaxAge, t.limits.MaxBytes = o.Retention, o.MaxBytes
	step := int64(1)
	for i, c := range coarse {
		n := i + 1
		if c.Iterations < 2 || step > maxStep/int64(c.Iterations) || c.Retention < 0 || c.MaxBytes < 0 {
			return nil, errors.Join(fmt.Errorf("options of tier %d: %+v", n, c), t.closeCoarse())
		}
		step *= int64(c.Iterations)
		tier, err := openCoarse(n, filepath.Join(dir, fmt.Sprintf("tier%d", n)), step, c, o.Now, o.Logger)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("open tier %d: %w", n, err), t.closeCoarse())
		}
		t.coarse = append(t.coarse, tier)
	}
	if len(t.coarse) > 0 {
		o.keep = t.pending
	}
	var err error
	if t.Raw, err = Open(filepath.Join(dir, "tier0"), o); err != nil {
		return nil, errors.Join(err, t.closeCoarse())
	}
	return t, nil
}

// Close ends the background work and all selections, and closes the tiers. Closing twice is harmless.
func (t *Tiers) Close() error {
	t.once.Do(func() {
		t.ended.Store(true)
		t.stop()
		t.wg.Wait()
		t.err = errors.Join(t.Raw.Close(), t.closeCoarse())
	})
	return t.err
}

func (t *Tiers) closeCoarse() error {
	t.work.Lock()
	defer t.work.Unlock()
	var errs []error
	for _, c := range t.coarse {
		errs = append(errs, c.close())
	}
	return errors.Join(errs...)
}

// Steps returns how many seconds a point of each tier covers; 1 stands for tier 0, whose points are as they were collected.
func (t *Tiers) Steps() []int64 {
	steps := []int64{1}
	for _, c := range t.coarse {
		steps = append(steps, c.step)
	}
	return steps
}

// pending says whether a block of tier 0 is still needed for deriving.
func (t *Tiers) pending(m *tsdb.BlockMeta) bool {
	return slices.ContainsFunc(t.coarse, func(c *coarse) bool {
		known := c.known()
		return !known.derived(m)
	})
}

func (t *Tiers) run(ctx context.Context) {
	if len(t.coarse) == 0 {
		return
	}
	for {
		wait := deriveEvery
		if err := t.Derive(ctx); err != nil && ctx.Err() == nil {
			t.log.Error("storage tiers could not be brought up to date; this is tried again", "error", err)
			wait = retryEvery
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-t.wake:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// Derive brings the coarse tiers up to date with the blocks of tier 0, merges their blocks and applies their limits. It is
// done in the background anyway; tests and maintenance can ask for it at a certain time. On a full disk it does no more than
// to apply the limits.
func (t *Tiers) Derive(ctx context.Context) error {
	t.work.Lock()
	defer t.work.Unlock()
	for {
		for _, c := range t.coarse {
			if err := c.expire(); err != nil {
				return c.describe("clean", err)
			}
		}
		if t.space.short() {
			return nil
		}
		mended, err := t.mend(ctx)
		if err != nil {
			return err
		}
		done, err := t.derive(ctx)
		if err == nil && done || err != nil && !(errors.Is(err, errCorrupt) && mended == 0) {
			return err
		}
	}
}

// mend mends blocks that were found to be corrupt, and returns how many were.
func (t *Tiers) mend(ctx context.Context) (n int, err error) {
	for _, c := range t.coarse {
		mended, err := c.mend(ctx)
		if n += mended; err != nil {
			return n, c.describe("mend", err)
		}
	}
	return n, nil
}

// derive derives what is missing, and says whether nothing was.
func (t *Tiers) derive(ctx context.Context) (done bool, err error) {
	live, todo, err := t.missing()
	if err != nil {
		return false, err
	}
	for i, c := range t.coarse {
		if err := t.update(ctx, i, todo, live); err != nil {
			return false, c.describe("derive", err)
		}
		// What a finer tier has, a coarser one may still have to take.
		for id := range c.known().sources {
			live[id] = struct{}{}
		}
	}
	return len(todo) == 0, nil
}

// missing returns the blocks of tier 0 that tier 1 lacks, the oldest first, and by what all blocks are known.
func (t *Tiers) missing() (live map[ulid.ULID]struct{}, todo []ulid.ULID, err error) {
	metas, err := t.blockMetas()
	if err != nil {
		return nil, nil, err
	}
	live = map[ulid.ULID]struct{}{}
	for i := range metas {
		for _, id := range sourcesOf(&metas[i]) {
			live[id] = struct{}{}
		}
	}
	for i, c := range t.coarse {
		if lacking := c.learn(metas); i == 0 {
			todo = lacking
		}
	}
	return live, todo, nil
}

// update brings the coarse tier i up to date with the tier before.
func (t *Tiers) update(ctx context.Context, i int, todo []ulid.ULID, live map[ulid.ULID]struct{}) error {
	c := t.coarse[i]
	if i == 0 {
		for _, id := range todo {
			b, err := c.deriveRaw(ctx, t.Raw, id)
			if errors.Is(err, errGone) || errors.Is(err, tsdb.ErrClosing) {
				continue // what has become of it comes with the next look
			}
			if err != nil {
				return err
			}
			if err := c.replace(b); err != nil {
				return err
			}
		}
	} else if err := t.updateCoarser(ctx, c, t.coarse[i-1], live); err != nil {
		return err
	}
	if err := c.expire(); err != nil {
		return err
	}
	for {
		blocks := c.mergeable()
		if blocks == nil {
			return nil
		}
		b, err := c.merge(ctx, blocks, live)
		if err != nil {
			return fmt.Errorf("merge %d blocks: %w", len(blocks), err)
		}
		if err := c.replace(b, blocks...); err != nil {
			return err
		}
	}
}

// updateCoarser derives from the blocks of a finer tier what the coarser one lacks of what live has.
func (t *Tiers) updateCoarser(ctx context.Context, c, finer *coarse, live map[ulid.ULID]struct{}) error {
	for _, from := range finer.blocksOfStep() {
		known := c.known()
		lacks := slices.ContainsFunc(from.meta.Sources, func(id ulid.ULID) bool {
			_, lives := live[id]
			return lives && !known.has(id)
		})
		if !lacks {
			continue
		}
		b, err := c.deriveCoarse(ctx, finer, from)
		if err != nil {
			return err
		}
		if err := c.replace(b); err != nil {
			return err
		}
	}
	return nil
}

// blockMetas describes the blocks of tier 0, the oldest first.
func (r *Raw) blockMetas() ([]tsdb.BlockMeta, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.closed {
		return nil, ErrClosed
	}
	var metas []tsdb.BlockMeta
	blocks := r.db.Blocks()
	for _, b := range blocks {
		metas = append(metas, *r.metas.of(b))
	}
	r.metas.keep(blocks)
	return metas, nil
}

// nothing is the horizon of a tier without points.
const nothing = math.MaxInt64
