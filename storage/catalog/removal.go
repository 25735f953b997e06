package catalog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Errors of Remove.
var (
	// ErrConnected says that a host is connected.
	ErrConnected = errors.New("is connected")
	// ErrRemoved says that a host has been removed before.
	ErrRemoved = errors.New("has been removed")
)

// Removal is a host that was removed and whose points are not all deleted yet.
type Removal struct {
	StoreID  string // see Host.StoreID
	GUID     string
	Hostname string
	At       time.Time
}

// Remove takes a host, with its charts and the history of its connections, out of the catalog and its file, and notes
// that its points are to be deleted: see Removals. When it returns this is on disk. It returns ErrConnected for a host
// that is connected; one that is about to connect is defined anew, as one that was never seen.
func (c *Catalog) Remove(ctx context.Context, h *Host, now time.Time) (Removal, error) {
	h.connMu.Lock() // keeps it from connecting
	defer h.connMu.Unlock()
	r := Removal{StoreID: h.StoreID(), GUID: h.GUID, Hostname: h.Info().Hostname, At: now}
	switch {
	case h.removed.Load():
		return r, fmt.Errorf("host %s %w", r.Hostname, ErrRemoved)
	case h.Connection() != nil:
		return r, fmt.Errorf("host %s %w", r.Hostname, ErrConnected)
	}
	if c.persister != nil {
		if err := c.persister.remove(ctx, h, r); err != nil {
			return r, fmt.Errorf("remove host %s from the catalog: %w", r.Hostname, err)
		}
	}
	h.removed.Store(true)
	c.mu.Lock()
	delete(c.hosts, h.GUID)
	c.removals[r.StoreID] = r
	c.mu.Unlock()
	h.Notify()
	return r, nil
}

// Removals returns the hosts whose points are to be deleted, the oldest first.
func (c *Catalog) Removals() []Removal {
	c.mu.RLock()
	list := make([]Removal, 0, len(c.removals))
	for _, r := range c.removals {
		list = append(list, r)
	}
	c.mu.RUnlock()
	slices.SortFunc(list, func(a, b Removal) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(a.StoreID, b.StoreID))
	})
	return list
}

// Deleted notes that no point of a removed host is left. Its store id may be used again.
func (c *Catalog) Deleted(ctx context.Context, r Removal) error {
	if c.persister != nil {
		if err := c.persister.deleted(ctx, r); err != nil {
			return fmt.Errorf("note that host %s is deleted: %w", r.Hostname, err)
		}
	}
	c.mu.Lock()
	delete(c.removals, r.StoreID)
	c.mu.Unlock()
	return nil
}

// newStoreIDLocked returns what the points of a new host are to be stored under: its GUID, unless that of a predecessor is
// being deleted.
func (c *Catalog) newStoreIDLocked(guid string) string {
	id := guid
	for n := 1; ; n++ {
		if _, used := c.removals[id]; !used {
			return id
		}
		id = guid + storeIDMark + strconv.Itoa(n)
	}
}

// storeIDMark stands between a GUID and a number in the id of a host that came back soon.
const storeIDMark = "~"

// GUIDOf returns the machine GUID of a store id, see Host.StoreID.
func GUIDOf(storeID string) string {
	guid, _, _ := strings.Cut(storeID, storeIDMark)
	return guid
}

// remove writes that h is removed, so that it also survives a power failure.
func (p *persister) remove(ctx context.Context, h *Host, r Removal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.db == nil {
		return errClosed
	}
	set := func(level string) error {
		_, err := p.db.ExecContext(context.WithoutCancel(ctx), "PRAGMA synchronous = "+level)
		return err
	}
	if err := set("FULL"); err != nil {
		return err
	}
	defer func() { _ = set("NORMAL") }() // FULL does no harm
	err := p.transaction(ctx, func(w *writer) error {
		err := w.exec(`INSERT OR REPLACE INTO removal (store_id, guid, hostname, requested_at) VALUES (?, ?, ?, ?)`,
			r.StoreID, r.GUID, r.Hostname, seconds(r.At))
		if err != nil {
			return err
		}
		return w.exec(`DELETE FROM host WHERE id = ?`, h.row)
	})
	if err == nil {
		h.removed.Store(true) // before a flush that is waiting for us can write it again
	}
	return err
}

func (p *persister) deleted(ctx context.Context, r Removal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.transaction(ctx, func(w *writer) error {
		return w.exec(`DELETE FROM removal WHERE store_id = ?`, r.StoreID)
	})
}
