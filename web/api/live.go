package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"foster/storage"
	"foster/storage/catalog"
	"foster/storage/query"
)

// Limits of a live stream.
const (
	maxFollowed  = 200       // charts
	maxBacklog   = 3600      // seconds of stored points before the live ones
	backlogStep  = 600       // seconds read from the store at once
	maxEvent     = 256 << 10 // bytes after which an event is sent though more points wait
	eventPause   = 250 * time.Millisecond
	chartsPause  = time.Second
	hostEvery    = 5 * time.Second  // also what keeps the connection alive
	idleWait     = time.Second      // between two looks at the state of a silent host
	writeTimeout = 10 * time.Second // for a client that does not read
)

// live answers /host/{host}/api/foster/v1/live with a stream of server-sent events: the points of the charts asked for as
// they are stored, changes of the set of charts, the state of the host, and how many of its alerts have which status.
func (a *API) live(w http.ResponseWriter, rq *request) {
	rp := newReply()
	defer rp.free()
	fail := func(status int, message string) {
		rp.fail(status, message)
		rp.send(w, rq.Request, rq.now, a.opt.GzipLevel())
	}
	if rq.host == nil {
		fail(http.StatusNotFound, "The parent itself has no live values.")
		return
	}
	if after := rq.params.get("after"); after != "" {
		if _, err := strconv.ParseInt(after, 10, 64); err != nil {
			fail(http.StatusBadRequest, "after is not a unix time in seconds: "+escape(after))
			return
		}
	}
	s := &stream{api: a, host: rq.host, w: w, control: http.NewResponseController(w), e: &rp.encoder}
	since := s.start(rq)
	for id := range rq.params.all("chart") {
		s.follow(id, since)
	}
	if len(s.followed) > maxFollowed {
		fail(http.StatusBadRequest, fmt.Sprintf("At most %d charts can be followed.", maxFollowed))
		return
	}
	select {
	case a.streams <- struct{}{}:
		defer func() { <-a.streams }()
	default:
		fail(http.StatusServiceUnavailable, "Too many live streams. Try later.")
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-cache, no-store, must-revalidate")
	h.Set("X-Accel-Buffering", "no") // of a proxy in between
	w.WriteHeader(http.StatusOK)
	if rq.Method == http.MethodHead {
		return
	}
	// A client that is gone, or too slow, is no error of ours.
	if err := s.run(rq.Context()); err != nil {
		a.opt.Log.Debug("live stream ended", slog.String("host", rq.host.GUID), slog.Any("err", err))
	}
}

// stream is one live stream.
type stream struct {
	api      *API
	host     *catalog.Host
	w        http.ResponseWriter
	control  *http.ResponseController
	e        *encoder // the event being made
	followed []followed

	generation uint64 // of the charts that the client knows
	chartsSent time.Time
	state      catalog.State // that the client knows
	hostSent   time.Time
	alerts     alertState // that the client knows

	columns [][]query.Point // points read, by dimension
}

// followed is a chart that the client wants.
type followed struct {
	id    string         // as asked for: id or name
	chart *catalog.Chart // nil while there is none
	since int64          // unix time of the newest point sent
}

// start returns the unix time after which the points are to be sent.
func (s *stream) start(rq *request) int64 {
	now := rq.now.Unix()
	after := rq.params.number("after", now)
	if after <= 0 {
		after += now
	}
	return min(max(after, now-maxBacklog), now)
}

func (s *stream) follow(id string, since int64) {
	for i := range s.followed {
		if s.followed[i].id == id {
			return
		}
	}
	s.followed = append(s.followed, followed{id: id, since: since})
}

// run sends events until ctx is done, the API closes or the client does not read.
func (s *stream) run(ctx context.Context) error {
	if err := s.write([]byte("retry: 2000\n\n")); err != nil {
		return err
	}
	if err := s.api.retention(ctx, s.host); err != nil {
		return fmt.Errorf("load retention: %w", err)
	}
	s.generation = s.host.Generation()
	s.resolve()
	timer := time.NewTimer(0)
	defer timer.Stop()
	wait := func(d time.Duration, updated <-chan struct{}) bool {
		timer.Reset(d)
		select {
		case <-timer.C:
		case <-updated:
		case <-ctx.Done():
			return false
		case <-s.api.closing:
			return false
		}
		return true
	}
	for {
		updated := s.host.Updated() // before reading: nothing is missed
		if err := s.events(ctx); err != nil {
			return err
		}
		if !wait(eventPause, nil) {
			return nil
		}
		idle := idleWait - eventPause
		if s.host.Generation() != s.generation {
			idle = min(idle, s.chartsSent.Add(chartsPause).Sub(s.api.opt.Now()))
		}
		if !wait(max(0, idle), updated) {
			return nil
		}
	}
}

// events sends everything that is due.
func (s *stream) events(ctx context.Context) error {
	now := s.api.opt.Now()
	if state := s.host.State(now); state != s.state || now.Sub(s.hostSent) >= hostEvery {
		s.state, s.hostSent = state, now
		s.begin("host")
		s.api.host(s.e, s.host, s.api.catalog.Ambiguous(s.host), now)
		if err := s.end(); err != nil {
			return err
		}
	}
	if err := s.alertEvent(); err != nil {
		return err
	}
	if g := s.host.Generation(); g != s.generation && now.Sub(s.chartsSent) >= chartsPause {
		s.generation, s.chartsSent = g, now
		s.resolve()
		s.begin("charts")
		s.e.open('{')
		s.e.keyInt("charts", int64(s.api.facts.counts(s.host, now).charts))
		s.e.close('}')
		if err := s.end(); err != nil {
			return err
		}
	}
	return s.points(ctx, now)
}

// resolve finds the charts that did not exist yet.
func (s *stream) resolve() {
	for i := range s.followed {
		if f := &s.followed[i]; f.chart == nil {
			f.chart = s.host.Chart(f.id)
		}
	}
}

// points sends the points that are newer than those sent.
func (s *stream) points(ctx context.Context, now time.Time) error {
	open := false // an event has been begun
	for i := range s.followed {
		f := &s.followed[i]
		if f.chart == nil {
			continue
		}
		last := newest(f.chart)
		for from := f.since; from < last; from += backlogStep {
			if !open {
				s.begin("points")
				s.e.open('{')
				s.e.keyNumber("now", unix(now))
				s.e.keyOpen("charts", '{')
			}
			size := len(s.e.b)
			wrote, err := s.chart(ctx, f, from, min(last, from+backlogStep))
			if err != nil {
				return err
			}
			if !wrote {
				s.e.b = s.e.b[:size]
			}
			open = open || wrote
			// Several steps of one chart cannot be in one event: its key would be there twice.
			if open && (len(s.e.b) > maxEvent || from+backlogStep < last) {
				if err := s.endPoints(); err != nil {
					return err
				}
				open = false
			}
		}
	}
	if open {
		return s.endPoints()
	}
	return nil
}

// newest returns the unix time of the newest point of a chart that can be read. Of a host that keeps none, the newest few are
// there for a moment.
func newest(ch *catalog.Chart) int64 {
	last := ch.Last()
	if ch.Host.Info().MemoryMode != string(storage.None) {
		return last
	}
	for _, d := range ch.Dimensions() {
		t, _, _ := d.Last()
		last = max(last, t)
	}
	return last
}

func (s *stream) endPoints() error {
	s.e.close('}')
	s.e.close('}')
	return s.end()
}

// chart writes the points of a chart in (after, before] and notes the newest. It is false when there are none: those that
// the chart promises can be on their way to the store.
func (s *stream) chart(ctx context.Context, f *followed, after, before int64) (bool, error) {
	var dims []*catalog.Dimension
	for _, d := range f.chart.Dimensions() {
		if def := d.Def(); !def.Hidden && !def.Obsolete {
			dims = append(dims, d)
		}
	}
	if len(dims) == 0 {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.api.opt.QueryTimeout)
	defer cancel()
	series, reading, err := s.api.source.Select(ctx, f.chart, dims, storage.Range{After: after, Before: before})
	if err != nil {
		return false, err
	}
	defer func() { _ = reading.Close() }() // the points have been read
	for len(s.columns) < len(dims) {
		s.columns = append(s.columns, nil)
	}
	columns, found := s.columns[:len(dims)], false
	for i := range columns {
		if columns[i], err = readAll(columns[i][:0], series[i].Cursor); err != nil {
			return false, fmt.Errorf("read %s of %s: %w", dims[i].ID, f.chart.ID, err)
		}
		found = found || len(columns[i]) > 0
	}
	if !found {
		return false, nil
	}
	s.e.keyOpen(f.chart.ID, '{')
	s.e.keyOpen("dimensions", '[')
	for _, d := range dims {
		s.e.string(d.ID)
	}
	s.e.close(']')
	s.e.keyOpen("points", '[')
	f.since = max(f.since, s.rows(columns))
	s.e.close(']')
	s.anomalies(columns)
	s.e.close('}')
	return true, nil
}

// rows merges the points of the dimensions into rows and returns the time of the last.
func (s *stream) rows(columns [][]query.Point) (last int64) {
	places := make([]int, len(columns))
	for {
		t := int64(math.MaxInt64)
		for i, c := range columns {
			if places[i] < len(c) {
				t = min(t, c[places[i]].End)
			}
		}
		if t == math.MaxInt64 {
			return last
		}
		last = t
		s.e.next()
		b := append(s.e.b, '[')
		b = strconv.AppendInt(b, t, 10)
		for i, c := range columns {
			b = append(b, ',')
			if places[i] >= len(c) || c[places[i]].End != t {
				b = append(b, "null"...)
				continue
			}
			p := &c[places[i]]
			places[i]++
			if p.Count == 0 {
				b = append(b, "null"...)
				continue
			}
			b = appendNumber(b, p.Sum/float64(p.Count))
		}
		s.e.b = append(b, ']')
	}
}

// anomalies writes the times and anomaly rates, in percent of the dimensions, of the rows that have one.
func (s *stream) anomalies(columns [][]query.Point) {
	rates := map[int64]float64{}
	for _, c := range columns {
		for i := range c {
			if p := &c[i]; p.Anomalous > 0 {
				rates[p.End] += 100 * float64(p.Anomalous) / float64(max(1, p.Count)) / float64(len(columns))
			}
		}
	}
	if len(rates) == 0 {
		return
	}
	s.e.keyOpen("anomalies", '[')
	for _, t := range slices.Sorted(maps.Keys(rates)) {
		s.e.open('[')
		s.e.int(t)
		s.e.number(math.Round(rates[t]*100) / 100)
		s.e.close(']')
	}
	s.e.close(']')
}

// readAll appends all points of the cursor to dst.
func readAll(dst []query.Point, cursor query.Cursor) ([]query.Point, error) {
	for {
		if len(dst)+64 > cap(dst) {
			dst = append(make([]query.Point, 0, 2*cap(dst)+128), dst...)
		}
		n, err := cursor.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		switch {
		case errors.Is(err, io.EOF):
			return dst, nil
		case err != nil:
			return dst, err
		case n == 0:
			return dst, io.ErrNoProgress
		}
	}
}

func (s *stream) begin(event string) {
	s.e.b = append(s.e.b[:0], "event: "...)
	s.e.b = append(s.e.b, event...)
	s.e.b = append(s.e.b, "\ndata:"...)
}

func (s *stream) end() error {
	s.e.b = append(s.e.b, "\n\n"...)
	return s.write(s.e.b)
}

func (s *stream) write(b []byte) error {
	// Only the writer of a test has no deadlines.
	_ = s.control.SetWriteDeadline(time.Now().Add(writeTimeout))
	if _, err := s.w.Write(b); err != nil {
		return fmt.Errorf("write event: %w", err)
	}
	if err := s.control.Flush(); err != nil {
		return fmt.Errorf("flush event: %w", err)
	}
	return nil
}
