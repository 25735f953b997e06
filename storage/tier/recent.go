package tier

import (
	"maps"
	"math"
	"slices"
	"sort"
	"sync"
	"sync/atomic"

	"foster/storage/query"
)

// recent holds the newest points of series that are asked for again and again, decoded: a page that shows a chart asks for
// the same window every second, a server that scrapes a host for the same few points. Reading the chunks of an hour takes
// ten times as long as making rows of it.
//
// The first query for a series has it watched: from then on batches list its points. A query that comes when all batches
// have ended that began before, so that what is not listed is visible, reads it, and from then on its points are live: each
// batch adds its own when it has been committed, all at once, so that readers see a batch whole or not at all. Whatever does
// not fit in order makes the series unknown again: late points, series made anew, deletion.
type recent struct {
	watched atomic.Pointer[watchlist] // nil when no series is

	mu      sync.RWMutex // guards what follows, and what is in series
	series  map[Key]*recentSeries
	refs    map[uint64]*recentSeries // those that have a reference
	batches map[*Appender]uint64     // open ones, with the turn in which they began
	turn    uint64                   // grows when series are watched
	resets  uint64                   // how often points have been deleted
	points  int                      // room in all series
}

const (
	// recentSpan is how many seconds of a series are held at most.
	recentSpan = 2 * 3600
	// recentTail is how many seconds before the newest point of all a short window may end: a server that scrapes a host asks for a
	// few points that are a while ago.
	recentTail = 300
	// maxRecentPoints and maxRecentSeries bound the memory: of a point there are 8 bytes, of a series about 500.
	maxRecentPoints = 4 << 20
	maxRecentSeries = 20_000
	// recentIdle is after how many seconds without a query a series is forgotten.
	recentIdle = 180
	// maxUnread is how many points of a series may come while it is read.
	maxUnread = 4096
)

// recentSeries is what is held of a series.
type recentSeries struct {
	key   Key
	ref   uint64       // 0 when the head does not have the series
	turn  uint64       // in which it was watched
	span  int64        // seconds that are asked for
	asked atomic.Int64 // unix time of the last query

	filling bool
	unread  []listed // points that came while it is read

	live  bool
	after int64 // all points that end after it are held
	query.Samples
}

// listed is a point of a watched series in a batch.
type listed struct {
	ref    uint64
	t      int64
	stored float64
}

// watchlist is a set of references. It may say yes to some that are not in it.
type watchlist [1024]atomic.Uint64

func (w *watchlist) place(ref uint64) (word *atomic.Uint64, bit uint64) {
	return &w[ref/64%uint64(len(w))], 1 << (ref % 64)
}

func (w *watchlist) has(ref uint64) bool {
	word, bit := w.place(ref)
	return word.Load()&bit != 0
}

func (w *watchlist) add(ref uint64) {
	word, bit := w.place(ref)
	word.Or(bit)
}

func newRecent() recent {
	return recent{series: map[Key]*recentSeries{}, refs: map[uint64]*recentSeries{}, batches: map[*Appender]uint64{}}
}

// begin notes that a batch begins.
func (r *recent) begin(a *Appender) {
	r.mu.Lock()
	r.batches[a] = r.turn
	r.mu.Unlock()
}

// committed notes that a batch has ended: readers see its points, unless it failed.
func (r *recent) committed(a *Appender, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.batches, a)
	for _, p := range a.listed {
		s := r.refs[p.ref]
		switch {
		case s == nil:
		case err != nil || !r.add(s, p):
			r.drop(s)
		}
	}
	for _, k := range a.made {
		if s := r.series[k]; s != nil { // its reference may be another one
			r.drop(s)
		}
	}
}

// discarded notes that a batch has ended without effect.
func (r *recent) discarded(a *Appender) {
	r.mu.Lock()
	delete(r.batches, a)
	r.mu.Unlock()
}

// add adds a point to a series, and says whether that is possible.
func (r *recent) add(s *recentSeries, p listed) bool {
	switch {
	case !s.live && !s.filling: // who reads it next sees the point
		return true
	case !s.live:
		s.unread = append(s.unread, p)
		return len(s.unread) <= maxUnread
	case p.t <= s.after:
		return true // before what is held
	}
	if n := len(s.Ends); n > 0 && p.t <= int64(s.Ends[n-1]) {
		v, _, _ := decode(p.stored)
		i := s.search(p.t)
		return int64(s.Ends[i]) == p.t && float64(s.Values[i]) == v // said twice
	}
	if len(s.Ends) == cap(s.Ends) {
		r.makeRoom(s, p.t)
	}
	if p.t > math.MaxUint32 {
		return false
	}
	v, anomalous, reset := decode(p.stored)
	s.Append(p.t, v, anomalous, reset)
	return true
}

// makeRoom makes room for more points, where many are older than anybody asks for by leaving these out.
func (r *recent) makeRoom(s *recentSeries, newest int64) {
	from := 0
	if i := s.search(newest - s.span + 1); i > len(s.Ends)/4 {
		from = i
		s.after = int64(s.Ends[i-1])
	}
	// Readers may have the old columns.
	n := len(s.Ends) - from
	r.points -= cap(s.Ends)
	s.Ends = append(make([]uint32, 0, n+n/4+64), s.Ends[from:]...)
	s.Values = append(make([]float32, 0, cap(s.Ends)), s.Values[from:]...)
	if s.Flags != nil {
		s.Flags = append(make([]query.SampleFlags, 0, cap(s.Ends)), s.Flags[from:]...)
	}
	r.points += cap(s.Ends)
}

// search returns the place of the first point that ends at t or later.
func (s *recentSeries) search(t int64) int {
	return sort.Search(len(s.Ends), func(i int) bool { return int64(s.Ends[i]) >= t })
}

// drop forgets a series. The watchlist keeps its reference until the next sweep.
func (r *recent) drop(s *recentSeries) {
	r.points -= cap(s.Ends)
	delete(r.series, s.key)
	if r.refs[s.ref] == s {
		delete(r.refs, s.ref)
	}
}

// reset forgets all points, because some have been deleted.
func (r *recent) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.resets++
	r.sweepLocked(math.MaxInt64)
}

// sweep forgets series that nobody has asked for since a unix time.
func (r *recent) sweep(since int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sweepLocked(since)
}

func (r *recent) sweepLocked(since int64) {
	for _, s := range r.series {
		if s.asked.Load() < since {
			r.drop(s)
		}
	}
	if r.watched.Load() == nil {
		return
	}
	var watched *watchlist
	for ref := range maps.Keys(r.refs) {
		if watched == nil {
			watched = &watchlist{}
		}
		watched.add(ref)
	}
	r.watched.Store(watched)
}

// find returns the points of series that end in (after, before], when all are held, in dst if it has room.
func (r *recent) find(keys []Key, after, before, now int64, dst []query.Samples) ([]query.Samples, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if len(r.series) == 0 {
		return nil, false
	}
	found := slices.Grow(dst[:0], len(keys))[:len(keys)]
	for i, k := range keys {
		s := r.series[k]
		if s == nil || !s.live || s.after > after {
			return nil, false
		}
		s.asked.Store(now)
		from, to := s.search(after+1), s.search(before+1)
		found[i] = s.Samples.Slice(from, max(from, to))
	}
	return found, true
}
