package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

const (
	// flushEvery is how long a change may wait before it is written.
	flushEvery = 2 * time.Second
	// touchEvery is how often the last sign of life of connected hosts is written, for the case of a crash.
	touchEvery = time.Minute
	// complainEvery is how often errors are logged while the database cannot be written.
	complainEvery = time.Minute
)

// persister writes the changes of a catalog to its database, from one goroutine or another, but one at a time.
type persister struct {
	catalog *Catalog
	log     *slog.Logger
	now     func() time.Time

	mu  sync.Mutex // held while writing; guards db, ids and the row and saved fields of all hosts and charts
	db  *sql.DB    // nil after close
	ids rowIDs

	stop     chan struct{}
	stopOnce sync.Once
	running  sync.WaitGroup
}

var errClosed = errors.New("it is closed")

func newPersister(c *Catalog, db *sql.DB, ids rowIDs, o Options) *persister {
	p := &persister{catalog: c, db: db, ids: ids, log: o.Logger, now: o.Now, stop: make(chan struct{})}
	p.running.Go(p.run)
	return p
}

// run flushes until close.
func (p *persister) run() {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	touched := time.Now()
	var complained time.Time
	failures := 0
	for {
		select {
		case <-p.stop:
			return
		case <-tick.C:
		}
		var err error
		if time.Since(touched) >= touchEvery {
			touched = time.Now()
			err = p.touch(context.Background())
		}
		if err = errors.Join(err, p.flush(context.Background())); err == nil {
			failures = 0
			continue
		}
		failures++
		if time.Since(complained) >= complainEvery {
			complained = time.Now()
			p.log.Error("the catalog cannot be written: its changes are kept in memory and tried again", "error", err, "failures", failures)
		}
	}
}

// close writes what has changed and closes the database.
func (p *persister) close() error {
	p.stopOnce.Do(func() { close(p.stop) })
	p.running.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.db == nil {
		return nil
	}
	err := errors.Join(p.flushLocked(context.Background()), p.db.Close())
	p.db = nil
	if err != nil {
		return fmt.Errorf("close catalog: %w", err)
	}
	return nil
}

// flush writes all changes in one transaction. After an error they remain to be written.
func (p *persister) flush(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.flushLocked(ctx)
}

func (p *persister) flushLocked(ctx context.Context) error {
	if p.db == nil {
		return fmt.Errorf("write the catalog: %w", errClosed)
	}
	c := p.catalog
	c.dirtyMu.Lock()
	todo := c.dirty
	c.dirty = changes{}
	c.dirtyMu.Unlock()
	if todo.empty() {
		return nil
	}
	err := p.transaction(ctx, func(w *writer) error { return w.write(ctx, &todo) })
	if err != nil {
		forget(&todo)
		c.dirtyMu.Lock()
		todo.merge(c.dirty)
		c.dirty = todo
		c.dirtyMu.Unlock()
		return fmt.Errorf("write the catalog: %w", err)
	}
	return nil
}

// touch writes the last sign of life of the connected hosts, and forgets connections of long ago.
func (p *persister) touch(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.transaction(ctx, func(w *writer) error {
		for _, h := range p.catalog.all() {
			if h.Connection() == nil || h.row == 0 || h.Removed() {
				continue
			}
			if err := w.exec(`UPDATE host SET last_seen = ? WHERE id = ?`, seconds(h.LastSeen()), h.row); err != nil {
				return err
			}
		}
		return w.expireConnections(p.now())
	})
	if err != nil {
		return fmt.Errorf("write when hosts were last seen: %w", err)
	}
	return nil
}

// transaction runs do in a transaction.
func (p *persister) transaction(ctx context.Context, do func(*writer) error) error {
	if p.db == nil {
		return errClosed
	}
	// A context that can end would cost the driver a goroutine for each statement: it is looked at between statements.
	ctx = context.WithoutCancel(ctx)
	tx, err := p.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	err = do(&writer{ctx: ctx, tx: tx, ids: &p.ids, prepared: map[string]*sql.Stmt{}})
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// forget drops what is believed of the database's content for everything in a batch that was not written.
func forget(c *changes) {
	for ch := range c.charts {
		ch.forget()
		ch.moved.Store(true)
	}
}

// forget drops what is believed of the database's content.
func (ch *Chart) forget() {
	ch.saved = savedChart{}
	for _, d := range ch.Dimensions() {
		d.saved = nil
	}
}

// seconds returns t in unix seconds, 0 when it is not known.
func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}
