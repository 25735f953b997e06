package ring

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"foster/internal/throttle"
)

// Errors of this package.
var (
	// ErrTooOld says that a point is older than the oldest entry.
	ErrTooOld = errors.New("point is older than the ring reaches")
	// ErrClosed says that the host has been closed.
	ErrClosed = errors.New("ring is closed")
	// ErrCorrupt says that a file is damaged, or no ring.
	ErrCorrupt = errors.New("file is damaged")
)

// Options of a Host.
type Options struct {
	Entries int64        // of each ring; 0: as many as were found in Dir, or DefaultEntries
	Dir     string       // of mapped files, made when it is needed; "" keeps everything in memory
	Logger  *slog.Logger // required
}

// The number of entries of a ring.
const (
	DefaultEntries = 3600        // as of Netdata's history
	MaxEntries     = 366 * 86400 // a year of seconds
)

func (o Options) validate() error {
	switch {
	case o.Entries < 0 || o.Entries > MaxEntries:
		return fmt.Errorf("ring options: %d entries are not between 0 and %d", o.Entries, MaxEntries)
	case o.Logger == nil:
		return errors.New("ring options: no logger")
	}
	return nil
}

// Host is the rings of a host. All but its Writer and Free may be used from any goroutine; these belong to the goroutine
// that receives the host.
type Host struct {
	opts       Options
	bytes      atomic.Int64
	complaints throttle.Throttle

	mu     sync.RWMutex // guards the fields below
	charts map[string]*Chart
	closed bool
}

// New returns a host. With a directory it has what is found there: files that are damaged are deleted, with a log
// line.
func New(o Options) (*Host, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	h := &Host{opts: o, charts: map[string]*Chart{}}
	if o.Dir != "" {
		if err := h.openFiles(); err != nil {
			return nil, fmt.Errorf("open mapped rings: %w", err)
		}
	}
	h.opts.Entries = cmp.Or(h.opts.Entries, DefaultEntries)
	return h, nil
}

func (h *Host) mapped() bool { return h.opts.Dir != "" }

// Entries returns how many entries a ring has.
func (h *Host) Entries() int64 { return h.opts.Entries }

// Bytes returns what the rings take in memory or, when they are mapped, on disk.
func (h *Host) Bytes() int64 { return h.bytes.Load() }

// Chart returns the ring of a chart, nil when it has none.
func (h *Host) Chart(id string) *Chart {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.charts[id]
}

// define returns the ring of a chart, which is made when it has none.
func (h *Host) define(id string) *Chart {
	if c := h.Chart(id); c != nil {
		return c
	}
	c := &Chart{host: h, id: id}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		c.gone, c.ended = true, ErrClosed
	}
	h.charts[id] = c
	return c
}

// list returns the charts, ordered by id.
func (h *Host) list() []*Chart {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return slices.SortedFunc(maps.Values(h.charts), func(a, b *Chart) int { return strings.Compare(a.id, b.id) })
}

// Spans returns the time that is stored of each chart that has points, by chart id.
func (h *Host) Spans() (map[string]Span, error) {
	spans := map[string]Span{}
	err := guard(h.mapped(), func() {
		for _, c := range h.list() {
			if s := c.span(); s.Last > 0 {
				spans[c.id] = s
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("read what the rings hold: %w", err)
	}
	return spans, nil
}

// Stored returns the dimensions that have points, by chart id.
func (h *Host) Stored() (map[string]map[string]struct{}, error) {
	stored := map[string]map[string]struct{}{}
	err := guard(h.mapped(), func() {
		for _, c := range h.list() {
			if names := c.stored(); len(names) > 0 {
				stored[c.id] = names
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("list what the rings hold: %w", err)
	}
	return stored, nil
}

// Free drops the ring of a chart.
func (h *Host) Free(id string) {
	h.mu.Lock()
	c := h.charts[id]
	delete(h.charts, id)
	h.mu.Unlock()
	if c != nil {
		c.end(nil, (*rows).release)
	}
}

// Adopt stores what old holds, as far as the rings reach. It is called before anything else writes to h.
func (h *Host) Adopt(old *Host) error {
	return guard(h.mapped() || old.mapped(), func() {
		for _, c := range old.list() {
			h.define(c.id).adopt(c)
		}
	})
}

// Drop removes everything, files included. Readers find nothing more.
func (h *Host) Drop() {
	for _, c := range h.shut() {
		c.end(nil, (*rows).release)
	}
	h.removeDir()
}

// Close ends all reading, with ErrClosed, and writing. Mapped files stay; what is in memory is lost. Closing twice is
// harmless.
func (h *Host) Close() error {
	charts := h.shut()
	return guard(h.mapped(), func() {
		for _, c := range charts {
			c.end(ErrClosed, (*rows).close)
		}
	})
}

func (h *Host) shut() []*Chart {
	charts := h.list()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	h.charts = map[string]*Chart{}
	return charts
}

// complain logs what went wrong with a chart, not too often.
func (h *Host) complain(message, chart string, err error) {
	if held, ok := h.complaints.Pass(message, time.Now()); ok {
		h.opts.Logger.Error(message, "chart", chart, "error", err, "not_logged", held)
	}
}
