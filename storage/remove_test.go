package storage

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"foster/storage/catalog"
	"foster/storage/query"
)

// bubbleOptions are options for a store in a synctest bubble: its clock is the bubble's.
func bubbleOptions(t *testing.T, dir string) Options {
	o := DefaultOptions()
	o.Dir = dir
	o.Logger = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	return o
}

func openBubble(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(t.Context(), bubbleOptions(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustClose(t *testing.T, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// collect connects hosts and stores a point of x of each every ten seconds, from a time to another, as children would: none
// that is stored, and what is older than now at once. It returns the charts.
func collect(t *testing.T, s *Store, from, to time.Time, hosts ...int) []*catalog.Chart {
	t.Helper()
	var charts []*catalog.Chart
	var conns []*catalog.Connection
	for _, n := range hosts {
		ch := define(s, n, "a.b", "x")
		if err := s.LoadRetention(t.Context(), ch.Host); err != nil {
			t.Fatal(err)
		}
		conn := &catalog.Connection{Since: time.Now()}
		conn.SetLastTraffic(time.Now())
		if !ch.Host.Connect(conn) {
			t.Fatal("the host cannot connect")
		}
		ch.SetDefined(time.Now())
		charts, conns = append(charts, ch), append(conns, conn)
	}
	a := s.Appender()
	for at := from.Unix(); at < to.Unix(); at += 10 {
		if wait := time.Until(time.Unix(at, 0)); wait > 0 {
			mustCommit(t, a)
			time.Sleep(wait)
		}
		for _, ch := range charts {
			if at > ch.Last() {
				mustAppend(t, a, ch.Dimension("x"), at, float64(at%1000), 0)
				ch.Stored(at)
			}
		}
	}
	mustCommit(t, a)
	for i, ch := range charts {
		conns[i].SetLastTraffic(time.Now())
		ch.Host.Disconnect(conns[i])
	}
	return charts
}

// stored returns how many points of x tier 0 has of a chart.
func stored(t *testing.T, s *Store, ch *catalog.Chart) (n int) {
	t.Helper()
	selection, err := s.raw.Select(t.Context(), ch.Host.StoreID(), ch.ID, []string{"x"}, 1, 0, time.Now().Unix()+1000)
	if err != nil {
		t.Fatal(err)
	}
	defer selection.Close()
	for buf := make([]query.Point, 100); ; {
		k, err := selection.Cursors[0].Read(buf)
		n += k
		if errors.Is(err, io.EOF) {
			return n
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func maintain(t *testing.T, s *Store, c Cleanup) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Maintain(ctx, func() Cleanup { return c })
	}()
	return func() { cancel(); <-done }
}

func TestRemove(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := openBubble(t, dir)
		begin := time.Now()
		defer func() { mustClose(t, s) }()
		stop := maintain(t, s, Cleanup{ObsoleteCharts: time.Hour})
		charts := collect(t, s, begin, begin.Add(3*time.Hour), 1, 2)
		one, two := charts[0], charts[1]
		if n, m := stored(t, s, one), stored(t, s, two); n != 1080 || m != n {
			t.Fatalf("%d and %d points are stored", n, m)
		}

		conn := &catalog.Connection{Since: time.Now()}
		one.Host.Connect(conn)
		if err := s.Remove(t.Context(), one.Host); !errors.Is(err, ErrConnected) {
			t.Errorf("a connected host: %v, want %v", err, ErrConnected)
		}
		one.Host.Disconnect(conn)
		if err := s.Remove(t.Context(), one.Host); err != nil {
			t.Fatal(err)
		}
		if err := s.Remove(t.Context(), one.Host); !errors.Is(err, ErrRemoved) {
			t.Errorf("a removed host: %v, want %v", err, ErrRemoved)
		}
		if s.Catalog().Find("h1") != nil {
			t.Error("the host is still there")
		}

		// It comes back at once: nothing is known of it, it replays everything, and that stays.
		again := define(s, 1, "a.b", "x")
		if err := s.LoadRetention(t.Context(), again.Host); err != nil || again.First() != 0 || again.Last() != 0 || stored(t, s, again) != 0 {
			t.Errorf("retention of a removed host is %d to %d, error %v", again.First(), again.Last(), err)
		}
		again = collect(t, s, begin, time.Now(), 1)[0]
		if n := stored(t, s, again); n != 1079 {
			t.Errorf("%d points are replayed", n)
		}
		stop()

		// A restart later the rest of the old points is deleted, when the head has been cut.
		mustClose(t, s)
		s = openBubble(t, dir)
		stop = maintain(t, s, Cleanup{ObsoleteCharts: time.Hour})
		defer func() { stop() }()
		if len(s.Catalog().Removals()) != 1 {
			t.Errorf("removals pending after a restart: %v", s.Catalog().Removals())
		}
		collect(t, s, time.Now(), time.Now().Add(3*time.Hour), 2)
		if left := s.Catalog().Removals(); len(left) != 0 {
			t.Errorf("after three hours there is left: %v", left)
		}
		if holds, err := s.raw.Holds(t.Context(), one.Host.StoreID()); err != nil || holds {
			t.Errorf("tier 0 holds points of the removed host, error %v", err)
		}
		again, two = s.Catalog().Find("h1").Chart("a.b"), s.Catalog().Find("h2").Chart("a.b")
		if n, m := stored(t, s, again), stored(t, s, two); n != 1079 || m != 2159 {
			t.Errorf("%d and %d points are left, want 1079 and 2159", n, m)
		}
		if err := s.Measure(t.Context()); err != nil {
			t.Error(err)
		}
		if u := s.Usage(again.Host); len(u) != 3 || u[0].Bytes == 0 || u[1].Bytes == 0 || u[0].Series != 1 {
			t.Errorf("usage of the host that came back: %+v", u)
		}
	})
}

func TestMaintainHosts(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := openBubble(t, dir)
		defer func() { mustClose(t, s) }()
		host := func(n int, ephemeral bool, mode string) *catalog.Host {
			ch := collect(t, s, time.Now().Add(-time.Minute), time.Now(), n)[0]
			info := *ch.Host.Info()
			info.Ephemeral, info.MemoryMode = ephemeral, mode
			ch.Host.SetInfo(info)
			return ch.Host
		}
		kept, ephemeral, memory := host(1, false, "dbengine"), host(2, true, "dbengine"), host(3, false, "ram")
		back := host(4, true, "")
		conn := &catalog.Connection{Since: time.Now()}
		conn.SetLastTraffic(time.Now())
		back.Connect(conn)
		stop := maintain(t, s, Cleanup{ObsoleteCharts: time.Hour, OrphanHosts: time.Hour, EphemeralHosts: 2 * time.Hour})
		defer stop()
		want := func(after time.Duration, hosts ...*catalog.Host) {
			t.Helper()
			time.Sleep(after)
			synctest.Wait()
			for _, h := range []*catalog.Host{kept, ephemeral, memory, back} {
				listed := false
				for _, w := range hosts {
					listed = listed || w == h
				}
				if h.Removed() == listed {
					t.Errorf("%s is removed: %v", h.Info().Hostname, h.Removed())
				}
			}
		}
		want(59*time.Minute, kept, ephemeral, memory, back)
		want(2*time.Minute, kept, ephemeral, back)
		want(2*time.Hour, kept, back)
		want(48*time.Hour, kept, back)
	})
}

func TestMaintainKeepsEphemeral(t *testing.T) {
	s := openStore(t, t.TempDir())
	h := define(s, 1, "a.b", "x").Host
	info := *h.Info()
	info.Ephemeral, info.MemoryMode = true, "none"
	h.SetInfo(info)
	conn := &catalog.Connection{Since: time.Unix(epoch, 0)}
	conn.SetLastTraffic(conn.Since)
	h.Connect(conn)
	h.Disconnect(conn)
	if err := s.CleanHosts(t.Context(), time.Unix(epoch+1e8, 0), Cleanup{}); err != nil || h.Removed() {
		t.Errorf("without limits a host is removed, error %v", err)
	}
}

// Charts and dimensions stay as long as anything is stored of them.
func TestCleanCharts(t *testing.T) {
	s := openStore(t, t.TempDir())
	h := define(s, 1, "live.chart", "x", "retired", "empty").Host
	idle, unstored, obsolete := define(s, 1, "idle.stored", "x", "y"), define(s, 1, "idle.empty", "x"), define(s, 1, "obsolete.empty", "x")
	live := h.Chart("live.chart")
	a := s.Appender()
	mustAppend(t, a, live.Dimension("x"), epoch, 1, 0)
	mustAppend(t, a, idle.Dimension("x"), epoch, 1, 0)
	mustCommit(t, a)
	conn := &catalog.Connection{Since: time.Unix(epoch, 0)}
	conn.SetLastTraffic(time.Unix(epoch+90_000, 0))
	h.Connect(conn)
	live.SetDefined(time.Unix(epoch+1, 0))
	obsolete.SetDefined(time.Unix(epoch+1, 0))
	def := *live.Dimension("retired").Def()
	def.Obsolete = true
	live.Dimension("retired").SetDef(def)
	clean := func(after int64, charts, dimensions int) {
		t.Helper()
		if err := s.CleanCharts(t.Context(), time.Unix(epoch+after, 0), Cleanup{ObsoleteCharts: time.Hour}); err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, ch := range h.Charts() {
			n += len(ch.Dimensions())
		}
		if len(h.Charts()) != charts || n != dimensions {
			t.Errorf("%d s later %d charts with %d dimensions are left, want %d with %d", after, len(h.Charts()), n, charts, dimensions)
		}
	}
	clean(1800, 4, 6) // one dimension is retired and empty
	clean(3700, 3, 4) // idle.empty has gone, and y of idle.stored
	if !unstored.Removed() || idle.Removed() {
		t.Error("the wrong chart is forgotten")
	}
	obsolete.SetObsolete(true)
	clean(3800, 2, 3)
	if !obsolete.Removed() {
		t.Error("an obsolete chart stays")
	}
	// New data brings it back.
	obsolete.SetObsolete(false)
	clean(3900, 3, 4)
	h.Disconnect(conn)
	clean(90_100, 3, 4)
	clean(99_000, 2, 2)
	if h.Chart("idle.stored") == nil || h.Chart("live.chart") == nil {
		t.Error("charts with points are forgotten")
	}
}

func TestTrim(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := openBubble(t, dir)
		defer func() { mustClose(t, s) }()
		begin := time.Now()
		charts := collect(t, s, begin, begin.Add(30*time.Hour), 1, 2)
		one, two := charts[0].Host, charts[1].Host
		if err := s.Measure(t.Context()); err != nil {
			t.Fatal(err)
		}
		total := func(h *catalog.Host) (n int64) {
			for _, u := range s.Usage(h) {
				n += u.Bytes
			}
			return n
		}
		size, points := total(one), stored(t, s, two.Chart("a.b"))
		if size == 0 {
			t.Fatalf("usage is %+v", s.Usage(one))
		}
		quota := func(h *catalog.Host) int64 {
			if h == one {
				return size / 2
			}
			return 0
		}
		for range 2 {
			if err := s.Trim(t.Context(), quota); err != nil {
				t.Fatal(err)
			}
		}
		if after := total(one); after > size/2 || after < size/4 {
			t.Errorf("of %d bytes %d are left, the quota is %d", size, after, size/2)
		}
		spans, err := s.tiers.Retention(t.Context(), one.StoreID())
		if err != nil {
			t.Fatal(err)
		}
		if age := time.Since(time.Unix(spans["a.b"].First, 0)); age < 10*time.Hour || age > 25*time.Hour {
			t.Errorf("the oldest point left is %v old", age)
		}
		if n := stored(t, s, two.Chart("a.b")); n != points {
			t.Errorf("of a host without quota %d of %d points are left", n, points)
		}
	})
}

// The newest block tells what of the log is in blocks. When it is deleted because all in it was of a removed host, and the process
// is killed, the log has these points again; they do not stay.
func TestRemovedIsNotInTheLog(t *testing.T) {
	dir, killed := t.TempDir(), t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := openBubble(t, dir)
		defer func() { mustClose(t, s) }()
		begin := time.Now()
		gone := collect(t, s, begin, begin.Add(15*time.Minute), 1)[0]
		collect(t, s, begin.Add(15*time.Minute), begin.Add(24*time.Minute), 2)
		time.Sleep(time.Minute) // for a block to be cut
		if n := s.raw.Stats().BlockBytes; n == 0 {
			t.Fatal("there is no block")
		}
		if err := s.Remove(t.Context(), gone.Host); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Erase(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := s.raw.Stats().BlockBytes; n != 0 {
			t.Fatalf("blocks of %d bytes are left", n)
		}
		if err := os.CopyFS(killed, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		again := openBubble(t, killed)
		defer func() { mustClose(t, again) }()
		stop := maintain(t, again, Cleanup{ObsoleteCharts: time.Hour})
		defer stop()
		collect(t, again, time.Now(), time.Now().Add(time.Hour), 2)
		if holds, err := again.raw.Holds(t.Context(), gone.Host.StoreID()); err != nil || holds {
			t.Errorf("tier 0 holds points of the removed host: %v, error %v", holds, err)
		}
		if left := again.Catalog().Removals(); len(left) != 0 {
			t.Errorf("there is left: %v", left)
		}
	})
}

// While nothing is stored in the tiers no block is cut; who removes a host does not wait for one for ever.
func TestRemoveFromIdleStore(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := openBubble(t, dir)
		defer func() { mustClose(t, s) }()
		stop := maintain(t, s, Cleanup{ObsoleteCharts: time.Hour, OrphanHosts: time.Hour})
		defer stop()
		ch := define(s, 1, "a.b", "x")
		ch.Host.SetInfo(catalog.HostInfo{Hostname: "h1", MemoryMode: "ram"})
		conn := &catalog.Connection{Since: time.Now()}
		conn.SetLastTraffic(time.Now())
		ch.Host.Connect(conn)
		ch.Host.Disconnect(conn)
		time.Sleep(65 * time.Minute)
		if n := len(s.Catalog().Removals()); n != 1 || len(s.Catalog().Hosts()) != 0 {
			t.Errorf("%d hosts are being removed, %d are there", n, len(s.Catalog().Hosts()))
		}
		time.Sleep(70 * time.Minute)
		if left := s.Catalog().Removals(); len(left) != 0 {
			t.Errorf("there is left: %v", left)
		}
	})
}
