package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"foster/health/history"
	"foster/health/notify"
	"foster/health/silence"
	"foster/storage"
	"foster/storage/catalog"
	"foster/storage/query"
	"foster/web/dashboards"
)

// source is where stored points are read from: the store, or the memory of a test.
type source interface {
	// LoadRetention makes the first and last stored times of the charts of a host known.
	LoadRetention(ctx context.Context, h *catalog.Host) error
	// Select returns one series for each dimension, and the reading of them, which must be closed soon.
	Select(ctx context.Context, ch *catalog.Chart, dims []*catalog.Dimension, r storage.Range) ([]query.Series, reading, error)
	// SelectMany returns a read of dimensions of any charts, which must be closed soon.
	SelectMany(ctx context.Context, dims []*catalog.Dimension, r storage.Range) (many, error)
	// Stats returns the figures of the store.
	Stats() storage.Stats
}

// many is an open read of dimensions of any charts.
type many interface {
	// Cursor returns the points of a dimension, nil when there are none.
	Cursor(ctx context.Context, d *catalog.Dimension) (query.Cursor, error)
	Close() error
}

// reading is an open read of series.
type reading interface {
	// Read returns how many points have been read so far of each tier of the store.
	Read() []int
	Close() error
}

// stored is the source of a server.
type stored struct{ *storage.Store }

func (s stored) Select(ctx context.Context, ch *catalog.Chart, dims []*catalog.Dimension, r storage.Range) ([]query.Series, reading, error) {
	selection, err := s.Store.Select(ctx, ch, dims, r)
	if err != nil {
		return nil, nil, err
	}
	return selection.Series, selection, nil
}

func (s stored) SelectMany(ctx context.Context, dims []*catalog.Dimension, r storage.Range) (many, error) {
	m, err := s.Store.SelectMany(ctx, dims, r)
	if err != nil {
		return nil, err
	}
	return m, nil
}

// Self describes the parent itself, which is a host without charts.
type Self struct {
	GUID       string // machine GUID, lower case
	Hostname   string
	Version    string // v1.2.3
	OS         string // linux, freebsd, macos, windows
	Timezone   string
	MemoryMode string            // of hosts that have no other
	SystemInfo map[string]string // NETDATA_SYSTEM_… facts by name, as a child would send them
	DiskQuota  int64             // MiB the store may use, 0 when it is not limited
}

// Options configures New.
type Options struct {
	Store *storage.Store
	Log   *slog.Logger
	Now   func() time.Time
	Self  Self

	// Page answers what is not API at all: the pages, as if they were asked for at the root.
	Page http.Handler
	// Remove removes a host and all that is stored of it; with force also one that is connected, which it disconnects.
	// Otherwise the error is storage.ErrConnected.
	Remove func(ctx context.Context, h *catalog.Host, force bool) error
	// Usage returns what a host takes in the blocks of each tier, nil when that is not known.
	Usage func(h *catalog.Host) []storage.Usage
	// APIKeys returns how many API keys children can use.
	APIKeys func() int
	// Streaming returns what tells of streaming beside the catalog.
	Streaming func() Streaming
	// FirstChild returns what to write on the first child of a new parent.
	FirstChild func() FirstChild
	// Ready says whether the hosts of earlier runs are loaded.
	Ready func() bool
	// HTTPS says whether there is TLS.
	HTTPS func() bool
	// Compression says whether any child may compress its stream.
	Compression func() bool
	// GzipLevel returns how much answers are compressed: from 1 to 9, or 0 for not at all.
	GzipLevel func() int

	// Alerts decides alerts; nil: there are none.
	Alerts alertSource
	// AlertLog has the transitions of alerts; nil: there are none.
	AlertLog *history.Log
	// AlarmLogEntries returns how many entries alarm_log answers at most.
	AlarmLogEntries func() int
	// Silences silences alerts; nil: nothing can be silenced.
	Silences *silence.Set
	// ManagementToken is what those who silence alerts show; empty: nobody can but the parent's own page.
	ManagementToken string

	// Dashboards keeps the dashboards that operators save; nil: none are kept.
	Dashboards *dashboards.Store

	// MayManage says whether a client may use the service management; nil: everybody may.
	MayManage func(*http.Request) bool

	// Disk returns the space of the file system that holds the store.
	Disk func() (Disk, error)
	// Deliveries returns entries of the log of notifications, the newest first.
	Deliveries func(notify.Filter) []notify.Delivery
	// Pending returns how many alerts wait for each notification service.
	Pending func() map[string]int

	MaxQueries   int           // queries that run at the same time
	QueryTimeout time.Duration // of one query, waiting for its turn included
	MaxCells     int           // values in one answer: rows times dimensions
	MaxStreams   int           // live streams at the same time
}

// DefaultOptions returns the limits and the clock; Store and Self are for the caller to set.
func DefaultOptions() Options {
	return Options{
		Log:             slog.New(slog.DiscardHandler),
		Now:             time.Now,
		Page:            http.NotFoundHandler(),
		Remove:          func(context.Context, *catalog.Host, bool) error { return errors.New("nobody can") },
		Usage:           func(*catalog.Host) []storage.Usage { return nil },
		APIKeys:         func() int { return 0 },
		Streaming:       func() Streaming { return Streaming{} },
		FirstChild:      func() FirstChild { return FirstChild{} },
		Ready:           func() bool { return true },
		HTTPS:           func() bool { return false },
		Compression:     func() bool { return true },
		GzipLevel:       func() int { return 3 },
		Disk:            func() (Disk, error) { return Disk{}, errors.New("not known") },
		AlarmLogEntries: func() int { return 1000 }, // as an agent
		Deliveries:      func(notify.Filter) []notify.Delivery { return nil },
		Pending:         func() map[string]int { return nil },
		MaxQueries:      64,
		QueryTimeout:    30 * time.Second,
		MaxCells:        4_000_000,
		MaxStreams:      1000,
	}
}

func (o *Options) validate() error {
	switch {
	case o.Self.GUID == "" || o.Self.Hostname == "":
		return errors.New("the parent has no machine GUID or no hostname")
	case o.MaxQueries < 1 || o.MaxCells < 1 || o.MaxStreams < 1 || o.QueryTimeout <= 0:
		return errors.New("a limit is not positive")
	}
	return nil
}

// API is the handler of the whole API. It is an http.Handler.
type API struct {
	opt     Options
	catalog *catalog.Catalog
	source  source
	steps   []int64       // seconds that a point of each tier covers, 0 of tier 0
	queries chan struct{} // one element for each running query
	streams chan struct{} // one element for each live stream
	facts   *facts
	scrapes scrapes
	used    usage
	nonce   uint32 // random, tells parents apart for children that choose among equals

	closeOnce sync.Once
	closing   chan struct{} // closed when Run ends: live streams end too
}

// usage counts the answers in each format of allmetrics.
type usage struct{ prometheus, shell, json atomic.Int64 }

// New returns the API. It answers at once; Run keeps its rates.
func New(o Options) (*API, error) {
	if o.Store == nil {
		return nil, errors.New("api options: no store")
	}
	return newAPI(o, o.Store.Catalog(), stored{o.Store})
}

func newAPI(o Options, c *catalog.Catalog, s source) (*API, error) {
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("api options: %w", err)
	}
	if o.MayManage == nil {
		o.MayManage = func(*http.Request) bool { return true }
	}
	if o.Alerts == nil {
		o.Alerts = noAlerts{}
	}
	var steps []int64
	for _, t := range s.Stats().Tiers {
		steps = append(steps, t.Step)
	}
	return &API{
		opt:     o,
		catalog: c,
		source:  s,
		steps:   steps,
		queries: make(chan struct{}, o.MaxQueries),
		streams: make(chan struct{}, o.MaxStreams),
		facts:   newFacts(c),
		nonce:   rand.Uint32(),
		closing: make(chan struct{}),
	}, nil
}

// Run samples the rates of the hosts until ctx is done. When it returns live streams end, so that a server can shut down.
func (a *API) Run(ctx context.Context) {
	defer a.closeOnce.Do(func() { close(a.closing) })
	a.facts.run(ctx, a.opt.Now)
}
