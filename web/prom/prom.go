package prom

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"foster/storage"
	"foster/storage/catalog"
)

// Prefix is the path below which everything is.
const Prefix = "/prometheus"

// Options configures New. DefaultOptions gives the values to start from.
type Options struct {
	Store      *storage.Store        // required
	Log        *slog.Logger          // required
	Registerer prometheus.Registerer // of the engine's metrics; nil when they are not wanted
	Now        func() time.Time      // the clock
	Version    string                // of foster
	GzipLevel  func() int            // how much answers are compressed: from 1 to 9, or 0 for not at all

	MaxQueries int           // queries that run at the same time; others wait for their turn
	Timeout    time.Duration // of one query, waiting for its turn included
	MaxSamples int           // samples that one query may hold in memory, at 16 bytes
	MaxSeries  int           // series that one selector may match
	MaxBody    int64         // bytes of the body of a request
}

// DefaultOptions returns the limits and the clock; Store is for the caller to set.
func DefaultOptions() Options {
	return Options{
		Log:        slog.New(slog.DiscardHandler),
		Now:        time.Now,
		GzipLevel:  func() int { return 3 },
		MaxQueries: 10,
		Timeout:    time.Minute,
		MaxSamples: 10_000_000,
		MaxSeries:  200_000,
		MaxBody:    1 << 20,
	}
}

func (o *Options) validate() error {
	switch {
	case o.Store == nil:
		return errors.New("no store")
	case o.Log == nil:
		return errors.New("no logger")
	case o.Now == nil:
		return errors.New("no clock")
	case o.MaxQueries < 1 || o.Timeout <= 0 || o.MaxSamples < 1 || o.MaxSeries < 1 || o.MaxBody < 1:
		return errors.New("a limit is not positive")
	}
	return nil
}

// Prom is the handler of everything below Prefix. It is an http.Handler.
type Prom struct {
	opt     Options
	store   *storage.Store
	catalog *catalog.Catalog
	index   index
	engine  *promql.Engine
	parser  parser.Parser
	turns   chan struct{} // one element for each running query
	started time.Time
}

// lookback is how far back the engine looks for a value, at least. How long a value stands is decided for each metric, see
// samples; this must be longer, also for what was collected less often before than it is now. With the five minutes of
// Prometheus an instant query would read five times as many points.
const lookback = time.Minute

// New returns the handler.
func New(o Options) (*Prom, error) {
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("prometheus options: %w", err)
	}
	p := &Prom{
		opt: o, store: o.Store, catalog: o.Store.Catalog(), turns: make(chan struct{}, o.MaxQueries), started: o.Now(),
		parser: parser.NewParser(parser.Options{}),
	}
	p.engine = promql.NewEngine(promql.EngineOpts{
		Logger:               o.Log,
		Reg:                  o.Registerer,
		MaxSamples:           o.MaxSamples,
		Timeout:              o.Timeout,
		LookbackDelta:        lookback,
		EnableAtModifier:     true,
		EnableNegativeOffset: true,
		Parser:               p.parser,
		// As the global evaluation interval of Prometheus, whose default it is.
		NoStepSubqueryIntervalFn: func(int64) int64 { return time.Minute.Milliseconds() },
	})
	return p, nil
}

// levels returns the tiers of the store, from the finest to the coarsest.
func (p *Prom) levels() []level {
	tiers := p.store.Stats().Tiers
	levels := make([]level, max(1, len(tiers))) // there is none when the store is closed
	for i, t := range tiers {
		levels[i] = level{width: t.Step, first: t.First}
	}
	return levels
}

// answer answers a request to the API: the data, or an error.
type answer func(p *Prom, r *http.Request) (*result, error)

// api are the commands below /api/v1/. Those of Prometheus that are not here, about its scraping and its administration,
// are answered as not found.
var api = map[string]struct {
	answer answer
	post   bool // may be asked by POST too
}{
	"query":              {answer: (*Prom).query, post: true},
	"query_range":        {answer: (*Prom).queryRange, post: true},
	"query_exemplars":    {answer: (*Prom).exemplars, post: true},
	"format_query":       {answer: (*Prom).formatQuery, post: true},
	"labels":             {answer: (*Prom).labels, post: true},
	"series":             {answer: (*Prom).series, post: true},
	"metadata":           {answer: (*Prom).metadata},
	"rules":              {answer: (*Prom).rules},
	"alerts":             {answer: (*Prom).alerts},
	"targets":            {answer: (*Prom).targets},
	"alertmanagers":      {answer: (*Prom).alertmanagers},
	"status/buildinfo":   {answer: (*Prom).buildInfo},
	"status/runtimeinfo": {answer: (*Prom).runtimeInfo},
	"status/config":      {answer: (*Prom).config},
	"status/flags":       {answer: (*Prom).flags},
	"status/tsdb":        {answer: (*Prom).tsdbStatus},
}

// ServeHTTP answers everything below Prefix.
func (p *Prom) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	allowOrigin(w, r)
	if r.Method == http.MethodOptions {
		options(w)
		return
	}
	path := strings.TrimPrefix(r.URL.Path, Prefix)
	r.Body = http.MaxBytesReader(w, r.Body, p.opt.MaxBody)
	command, isAPI := strings.CutPrefix(path, "/api/v1/")
	switch {
	case path == "/federate":
		if allowed(w, r, http.MethodGet) {
			p.federate(w, r)
		}
	case path == "/-/healthy" || path == "/-/ready":
		if allowed(w, r, http.MethodGet) {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = w.Write([]byte("foster is ready.\n")) // a client that is gone needs no answer
		}
	case !isAPI:
		p.fail(w, r, errorf(notFound, "there is nothing at %s: the API is at %s/api/v1/", r.URL.Path, Prefix))
	case command == "read":
		if allowed(w, r, http.MethodPost) {
			p.read(w, r)
		}
	default:
		p.command(w, r, command)
	}
}

// command answers a command of the API.
func (p *Prom) command(w http.ResponseWriter, r *http.Request, command string) {
	known, found := api[command]
	answer := known.answer
	if label, ok := labelOfValues(command); ok && !found {
		answer, found = func(p *Prom, r *http.Request) (*result, error) { return p.values(r, label) }, true
	}
	if !found {
		p.fail(w, r, errorf(notFound, "foster does not have the command %q of Prometheus", command))
		return
	}
	methods := []string{http.MethodGet}
	if known.post {
		methods = append(methods, http.MethodPost)
	}
	if !allowed(w, r, methods...) {
		return
	}
	if err := r.ParseForm(); err != nil {
		p.fail(w, r, badForm(err))
		return
	}
	res, err := answer(p, r)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	defer res.close()
	p.send(w, r, res)
}

// labelOfValues returns the name of the label whose values a command asks for.
func labelOfValues(command string) (string, bool) {
	rest, ok := strings.CutPrefix(command, "label/")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(rest, "/values")
}

// allowed says whether the method of a request is one of those, or HEAD for GET, and answers when it is not.
func allowed(w http.ResponseWriter, r *http.Request, methods ...string) bool {
	for _, m := range methods {
		if r.Method == m || m == http.MethodGet && r.Method == http.MethodHead {
			return true
		}
	}
	w.Header().Set("Allow", strings.Join(methods, ", "))
	http.Error(w, "Method Not Allowed", http.StatusMethodNotAllowed)
	return false
}
