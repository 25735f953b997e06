package storage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"foster/storage/catalog"
	"foster/storage/ring"
)

// Mode says where the points of a host are kept: Netdata's memory modes.
type Mode string

// The memory modes. Any other word stands for DBEngine.
const (
	DBEngine Mode = "dbengine" // in the tiers
	RAM      Mode = "ram"      // in rings in memory
	Alloc    Mode = "alloc"    // as RAM
	Save     Mode = "save"     // as RAM, and in a file from one run to the next
	Map      Mode = "map"      // in rings in mapped files
	None     Mode = "none"     // nowhere: only the newest points are there, for who follows them live
)

// Keep says how the points of a host are kept.
type Keep struct {
	Mode Mode
	// Entries is how many points of a dimension are kept in modes with rings.
	Entries int64
	// ObsoleteAfter is how long after its last point the ring of a chart that its child has retired is kept.
	ObsoleteAfter time.Duration
}

// Period returns how far back of the newest point of a chart with that interval, in seconds, points are kept; limit if
// that is less.
func (k Keep) Period(every, limit int64) int64 {
	switch {
	case k.InTiers():
		return limit
	case k.Forgets():
		return 0
	}
	return min(limit, k.entries()*every)
}

// InTiers says whether points are kept in the tiers.
func (k Keep) InTiers() bool {
	switch k.Mode {
	case RAM, Alloc, Save, Map, None:
		return false
	}
	return true
}

// Forgets says whether nothing is kept: what is appended is not stored.
func (k Keep) Forgets() bool { return k.Mode == None }

// liveEntries is how many points of a dimension are there in mode none, for who follows them and is a moment behind.
const liveEntries = 10

func (k Keep) entries() int64 {
	if k.Mode == None {
		return liveEntries
	}
	return min(max(k.Entries, 1), ring.MaxEntries)
}

// rings are the rings of hosts that are not kept in the tiers.
type rings struct {
	dir string
	log *slog.Logger
	now func() time.Time

	mu    sync.RWMutex // guards hosts
	hosts map[*catalog.Host]*hostRing

	// Counters, as those of Stats.
	appended, duplicates, tooOld, failed atomic.Uint64
}

func newRings(o Options) rings {
	return rings{dir: ringsDir(o.Dir), log: o.Logger.With("component", "rings"), now: o.Now, hosts: map[*catalog.Host]*hostRing{}}
}

// addTo adds the figures of the rings to those of the tiers.
func (r *rings) addTo(st *Stats) {
	st.Appended += r.appended.Load()
	st.Duplicates += r.duplicates.Load()
	st.TooOld += r.tooOld.Load()
	st.Failed += r.failed.Load()
	r.mu.RLock()
	defer r.mu.RUnlock()
	st.RingHosts = len(r.hosts)
	for _, h := range r.hosts {
		st.RingBytes += h.Bytes()
	}
}

// hostRing is the rings of a host. It is never changed but replaced.
type hostRing struct {
	*ring.Host
	mode Mode
}

// all returns the rings of all hosts.
func (r *rings) all() map[*catalog.Host]*hostRing {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return maps.Clone(r.hosts)
}

// ring returns the rings of a host, nil when its points are in the tiers.
func (s *Store) ring(h *catalog.Host) *hostRing {
	s.rings.mu.RLock()
	defer s.rings.mu.RUnlock()
	return s.rings.hosts[h]
}

func (s *Store) setRing(h *catalog.Host, r *hostRing) {
	s.rings.mu.Lock()
	defer s.rings.mu.Unlock()
	if r == nil {
		delete(s.rings.hosts, h)
		return
	}
	s.rings.hosts[h] = r
}

func (s *Store) ringLog(h *catalog.Host) *slog.Logger {
	return s.rings.log.With("host", h.Info().Hostname, "machine_guid", h.GUID)
}

// ringsDir returns where the rings of the store in dir are.
func ringsDir(dir string) string { return filepath.Join(dir, "rings") }

// ringDir returns where the mapped files of a host are, and saveFile where it is saved.
func (r *rings) ringDir(h *catalog.Host) string { return filepath.Join(r.dir, h.StoreID()) }

func (r *rings) saveFile(h *catalog.Host) string { return r.ringDir(h) + ".save" }

// Receive begins to receive a host, whose points are kept like that from now on, and whose first and last stored times
// are known afterwards (see LoadRetention). It returns the appender of the child.
//
// When the mode changes, what is stored goes over from one kind of ring to another, as far as the new ones reach. What is
// in the tiers stays there until it expires, but is not read until the mode is DBEngine again; and what is in rings is
// dropped when the mode becomes DBEngine. In both cases the child is asked again for what it still has.
func (s *Store) Receive(ctx context.Context, h *catalog.Host, k Keep) (*Appender, error) {
	if err := s.turn(h, k); err != nil {
		return nil, fmt.Errorf("keep host %s in mode %s: %w", h.GUID, k.Mode, err)
	}
	if err := s.LoadRetention(ctx, h); err != nil {
		return nil, err
	}
	if r := s.ring(h); r != nil {
		return &Appender{ring: s.newRingAppender(h, r, k)}, nil
	}
	return s.Appender(), nil
}

// turn makes the host have the rings that its mode wants.
func (s *Store) turn(h *catalog.Host, k Keep) error {
	lock := s.retention.of(h)
	lock.Lock()
	defer lock.Unlock()
	old := s.ring(h)
	if k.InTiers() {
		if old != nil {
			s.setRing(h, nil)
			h.SetRetentionKnown(false)
			s.drop(h, old)
		}
		return nil
	}
	next, err := s.nextRing(h, k, old)
	if err != nil || next == old {
		return err
	}
	s.setRing(h, next)
	h.SetRetentionKnown(false)
	switch {
	case old == nil:
	case old.Host != next.Host:
		s.drop(h, old)
	case old.mode == Save:
		return s.unsave(h)
	}
	return nil
}

// nextRing returns the rings of a host, old when they may stay.
func (s *Store) nextRing(h *catalog.Host, k Keep, old *hostRing) (*hostRing, error) {
	o := ring.Options{Entries: k.entries(), Logger: s.ringLog(h)}
	if k.Mode == Map {
		o.Dir = s.rings.ringDir(h)
	}
	switch {
	case old == nil: // but perhaps there was something before the catalog was lost
		return s.openRing(h, k.Mode, o)
	case old.mode == k.Mode && old.Entries() == o.Entries:
		return old, nil
	case old.mode == None || k.Mode == None:
	case old.mode != Map && k.Mode != Map && old.Entries() == o.Entries:
		return &hostRing{old.Host, k.Mode}, nil
	case old.mode == Map && k.Mode == Map:
		if err := old.Close(); err != nil { // the files get another size
			return nil, err
		}
	}
	r, err := ring.New(o)
	if err != nil {
		return nil, err
	}
	if old.mode != None && k.Mode != None && (old.mode != Map || k.Mode != Map) {
		if err := r.Adopt(old.Host); err != nil {
			return nil, errors.Join(err, r.Close())
		}
	}
	return &hostRing{r, k.Mode}, nil
}

// drop drops rings that a host had, with their files. It does not touch the files of rings that the host has now.
func (s *Store) drop(h *catalog.Host, r *hostRing) {
	if now := s.ring(h); now == nil || now.mode != Map || r.mode != Map {
		r.Drop()
	}
	if r.mode == Save {
		if err := s.unsave(h); err != nil {
			s.ringLog(h).Error("rings that are not wanted any more stay on disk", "error", err)
		}
	}
}

// unsave removes the file of a host that was saved.
func (s *Store) unsave(h *catalog.Host) error {
	if err := os.Remove(s.rings.saveFile(h)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove saved rings: %w", err)
	}
	return nil
}

// dropRing drops the rings of a host that is removed, if it has some.
func (s *Store) dropRing(h *catalog.Host) {
	lock := s.retention.of(h)
	lock.Lock()
	defer lock.Unlock()
	if r := s.ring(h); r != nil {
		s.setRing(h, nil)
		s.drop(h, r)
	}
}

// openRings opens the rings of the hosts that had some in an earlier run. What is damaged is begun anew.
func (s *Store) openRings(ctx context.Context) error {
	for _, h := range s.catalog.Hosts() {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		mode := Mode(h.Info().MemoryMode)
		if (Keep{Mode: mode}).InTiers() {
			continue
		}
		o := ring.Options{Logger: s.ringLog(h)}
		if mode == Map {
			o.Dir = s.rings.ringDir(h)
		}
		r, err := s.openRing(h, mode, o)
		if err != nil {
			return fmt.Errorf("rings of host %s: %w", h.GUID, err)
		}
		s.setRing(h, r)
	}
	return nil
}

// openRing returns the rings of a host that has none, with what an earlier run has left. A file that is not damaged but
// cannot be read now is an error: rings that begin empty would replace it.
func (s *Store) openRing(h *catalog.Host, mode Mode, o ring.Options) (*hostRing, error) {
	if mode == Save {
		r, err := ring.Load(s.rings.saveFile(h), h.StoreID(), o)
		switch {
		case err == nil:
			return &hostRing{r, mode}, nil
		case errors.Is(err, ring.ErrCorrupt):
			o.Logger.Error("saved rings are damaged: they begin empty", "error", err)
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
	}
	r, err := ring.New(o)
	if err != nil {
		return nil, err
	}
	return &hostRing{r, mode}, nil
}

// snapshotRings writes a copy of the rings that are to survive the process into the directory of a copy of the store.
func (s *Store) snapshotRings(ctx context.Context, dir string) error {
	to := rings{dir: ringsDir(dir)}
	for h, r := range s.rings.all() {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var err error
		switch r.mode {
		case Save:
			err = r.Save(to.saveFile(h), h.StoreID())
		case Map:
			err = r.copyTo(ring.Options{Entries: r.Entries(), Dir: to.ringDir(h), Logger: s.ringLog(h)})
		}
		if err != nil {
			return fmt.Errorf("rings of host %s: %w", h.GUID, err)
		}
	}
	return nil
}

// copyTo writes a copy of mapped rings.
func (r *hostRing) copyTo(o ring.Options) error {
	c, err := ring.New(o)
	if err != nil {
		return err
	}
	return errors.Join(c.Adopt(r.Host), c.Close())
}

// closeRings saves the rings that are to be saved, and ends all reading.
func (s *Store) closeRings() error {
	var errs []error
	for h, r := range s.rings.all() {
		if r.mode == Save {
			if err := r.Save(s.rings.saveFile(h), h.StoreID()); err != nil {
				errs = append(errs, fmt.Errorf("host %s: %w", h.GUID, err))
			}
		}
		errs = append(errs, r.Close())
	}
	return errors.Join(errs...)
}
