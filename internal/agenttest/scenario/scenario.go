// Package scenario plays what happens between a real Netdata child and its
// parent in operation (quiet streaming, a restart, a crash, a broken line)
// and compares afterwards what the two hold over the whole time. It works with
// any parent that can be started and ended: foster, or a real agent as control.
package scenario

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"foster/internal/agenttest"
)

// Parent is a parent under test. It keeps address and data over Stop and Kill.
type Parent interface {
	Start(ctx context.Context) error // returns when children may connect
	Stop(ctx context.Context) error  // SIGTERM, returns when it has ended
	Kill()                           // SIGKILL
	Addr() string                    // host:port for streams and HTTP
	URL() string                     // http://Addr
}

// Options of a scenario.
type Options struct {
	Parent      Parent // not started
	APIKey      string // one it accepts
	Hostname    string // of the child
	Compression bool   // lz4 or plain

	// Patience is what the child may take to stream again, and any other step
	// beyond the time it is meant to; 0: 45 s.
	Patience time.Duration

	Before time.Duration // of quiet streaming before what the scenario is about
	Outage time.Duration // how long the parent or the line is away
	After  time.Duration // of quiet streaming after it

	onDisk bool // the child keeps its data in dbengine and not in memory only
}

const (
	// watched is a chart that every child has every second.
	watched = "system.cpu"

	// settle is how long a point may take to the parent after the watched chart
	// has its point of that time. A real parent needs none; replies to
	// replication requests queue behind each other.
	settle = 5 * time.Second

	defaultPatience = 90 * time.Second // a v2 child tries again after a minute
)

// Live is a child streaming without trouble for o.Before.
func Live(t testing.TB, o Options) agenttest.Report {
	t.Helper()
	ctx, s := begin(t, o, o.Parent.Addr())
	return s.compare(ctx, t)
}

// Stopped is a parent that is stopped and started again after the outage.
func Stopped(t testing.TB, o Options) agenttest.Report {
	t.Helper()
	ctx, s := begin(t, o, o.Parent.Addr())
	must(t, o.Parent.Stop(ctx))
	must(t, agenttest.Sleep(ctx, o.Outage))
	must(t, o.Parent.Start(ctx))
	must(t, s.caughtUp(ctx))
	return s.compare(ctx, t)
}

// Killed is a parent that dies by kill -9 in the middle of receiving and is
// started again after the outage.
func Killed(t testing.TB, o Options) agenttest.Report {
	t.Helper()
	ctx, s := begin(t, o, o.Parent.Addr())
	o.Parent.Kill()
	must(t, agenttest.Sleep(ctx, o.Outage))
	must(t, o.Parent.Start(ctx))
	must(t, s.caughtUp(ctx))
	return s.compare(ctx, t)
}

// Cut is a line between child and parent that breaks twice: once to work again
// at once, and once for the outage.
//
// After the first the child connects again in the same instant. A parent that
// has not yet noticed the end of the old connection and refuses the new one as
// "already streaming" is left alone by the child for 120 s, as happens to a real
// parent in about half of the runs.
func Cut(t testing.TB, o Options) agenttest.Report {
	t.Helper()
	proxy := agenttest.StartProxy(t, o.Parent.Addr())
	ctx, s := begin(t, o, proxy.Addr())
	if n := proxy.Cut(); n != 1 {
		t.Fatalf("the child had %d connections, want 1", n)
	}
	must(t, s.caughtUp(ctx))
	must(t, proxy.Refuse(true))
	if n := proxy.Cut(); n != 1 {
		t.Fatalf("the child had %d connections after the first cut, want 1", n)
	}
	must(t, agenttest.Sleep(ctx, o.Outage))
	must(t, proxy.Refuse(false))
	must(t, s.caughtUp(ctx))
	return s.compare(ctx, t)
}

// Restarted is a line that is away for the outage, in which the child, which keeps its data on disk, is stopped and started
// again: what it collected before, and after, it has to give.
func Restarted(t testing.TB, o Options) agenttest.Report {
	t.Helper()
	o.onDisk = true
	proxy := agenttest.StartProxy(t, o.Parent.Addr())
	ctx, s := begin(t, o, proxy.Addr())
	must(t, proxy.Refuse(true))
	proxy.Cut()
	must(t, agenttest.Sleep(ctx, o.Outage/2))
	stopping := time.Now()
	must(t, s.child.Stop(ctx))
	stopped := time.Now()
	must(t, s.child.Start(ctx))
	must(t, agenttest.Sleep(ctx, o.Outage/2))
	must(t, proxy.Refuse(false))
	must(t, s.caughtUp(ctx))
	// On a busy machine an agent of 1.37.1 has come back once without what it had stored.
	kept, err := s.kept(ctx, stopping)
	must(t, err)
	if !kept {
		t.Log("the child has lost what it stored before it was stopped: compared is what it has collected since")
		s.start = stopped
	}
	return s.compare(ctx, t)
}

// kept says whether the child still has any of what it collected before a time.
func (s *session) kept(ctx context.Context, end time.Time) (bool, error) {
	table, err := agenttest.FetchData(ctx, s.child.URL(), watched, s.start.Unix(), end.Unix())
	if errors.Is(err, agenttest.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("ask the child for what it stored: %w", err)
	}
	for _, row := range table.Rows {
		if slices.ContainsFunc(row.Values, func(v float64) bool { return !math.IsNaN(v) }) {
			return true, nil
		}
	}
	return false, nil
}

// gap is how long Gap freezes the child.
const gap = 5 * time.Second

// Gap is a line that is away for the outage, in which the child is frozen for
// 5 s: its history has a gap of its own. A child of 1.37.1 ends its answer to the
// first replication request there; see package agenttest.
func Gap(t testing.TB, o Options) agenttest.Report {
	t.Helper()
	proxy := agenttest.StartProxy(t, o.Parent.Addr())
	ctx, s := begin(t, o, proxy.Addr())
	must(t, proxy.Refuse(true))
	proxy.Cut()
	must(t, agenttest.Sleep(ctx, (o.Outage-gap)/2))
	must(t, s.child.Freeze(ctx, gap))
	must(t, agenttest.Sleep(ctx, (o.Outage-gap)/2))
	must(t, proxy.Refuse(false))
	must(t, s.caughtUp(ctx))
	return s.compare(ctx, t)
}

// session is a child that streams to the parent.
type session struct {
	o     Options
	child *agenttest.Agent
	host  string // base URL of the child at the parent
	start time.Time
}

// begin starts the parent, a child that streams to the address, and returns when
// it has done so for o.Before. The context is that of the whole scenario.
func begin(t testing.TB, o Options, address string) (context.Context, *session) {
	t.Helper()
	agenttest.Require(t)
	o.Patience = cmp.Or(o.Patience, defaultPatience)
	ctx, cancel := context.WithTimeout(t.Context(), o.Before+o.Outage+o.After+5*o.Patience)
	t.Cleanup(cancel)
	s := &session{o: o, host: agenttest.HostURL(o.Parent.URL(), o.Hostname)}
	must(t, o.Parent.Start(ctx))
	s.start = time.Now()
	child := agenttest.ChildOptions{ParentAddr: address, APIKey: o.APIKey, Hostname: o.Hostname, Compression: o.Compression}
	if o.onDisk {
		child.MemoryMode = "dbengine"
	}
	s.child = agenttest.StartChild(t, child)
	must(t, s.caughtUp(ctx))
	must(t, agenttest.Sleep(ctx, time.Until(s.start.Add(o.Before))))
	return ctx, s
}

// compare waits for o.After and compares all the time since the child started.
func (s *session) compare(ctx context.Context, t testing.TB) agenttest.Report {
	t.Helper()
	must(t, agenttest.Sleep(ctx, s.o.After))
	end := time.Now()
	must(t, s.caughtUp(ctx))
	must(t, agenttest.Sleep(ctx, settle))
	report, err := agenttest.Compare(ctx, s.child.URL(), s.host, s.start.Unix(), end.Unix())
	must(t, err)
	t.Log(report)
	return report
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// caughtUp waits until the parent has a point of the child from now on.
func (s *session) caughtUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.o.Patience)
	defer cancel()
	return agenttest.WaitData(ctx, s.host, watched, time.Now().Unix()+1)
}
