package agenttest_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"foster/internal/agenttest"
)

// TestRealParent is the control of every comparison made with this package: how
// well a real parent holds what its real child holds. Measured: it misses
// nothing but first values, and differs in 40 points of 43,000, the first values
// it has of counters.
//
// FOSTER_AGENT_SECONDS chooses how long the child runs.
func TestRealParent(t *testing.T) {
	agenttest.Require(t)
	for name, compression := range map[string]bool{"lz4": true, "plain": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seconds := 60
			if s := os.Getenv("FOSTER_AGENT_SECONDS"); s != "" {
				var err error
				if seconds, err = strconv.Atoi(s); err != nil {
					t.Fatalf("FOSTER_AGENT_SECONDS: %v", err)
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(seconds+60)*time.Second)
			defer cancel()

			key, guid := agenttest.NewGUID(), agenttest.NewGUID()
			parent := agenttest.StartParent(t, agenttest.ParentOptions{APIKey: key})
			proxy := agenttest.StartProxy(t, parent.Addr())
			start := time.Now().Unix()
			child := agenttest.StartChild(t, agenttest.ChildOptions{
				ParentAddr: proxy.Addr(), APIKey: key, GUID: guid, Hostname: "child-" + name, Compression: compression,
			})
			byName, byGUID := agenttest.HostURL(parent.URL(), "child-"+name), agenttest.HostURL(parent.URL(), guid)
			end := start + int64(seconds)
			if err := agenttest.WaitData(ctx, byName, "system.cpu", end+2); err != nil {
				t.Fatalf("%v\n%s", err, parent.Log())
			}

			info, err := agenttest.FetchInfo(ctx, byGUID)
			if err != nil {
				t.Fatal(err)
			}
			if info.UID != guid || info.Version != "v1.37.1" {
				t.Errorf("parent says of the child %q, version %q, want %q, v1.37.1", info.UID, info.Version, guid)
			}
			report, err := agenttest.Compare(ctx, child.URL(), byName, start, end)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s; %d bytes up, %d down", report, proxy.Up(), proxy.Down())
			if report.Charts < 50 || report.Points < 50*seconds {
				t.Errorf("%d charts with %d points, want at least 50 charts", report.Charts, report.Points)
			}
			if report.Missing != 0 || report.Extra != 0 || report.DifferentRatio() > 0.02 {
				t.Error("the real parent differs more than it should")
			}
			if n := proxy.Accepted(); n != 1 {
				t.Errorf("%d connections, want 1", n)
			}
			if err := child.Stop(ctx); err != nil {
				t.Error(err)
			}
			if err := parent.Stop(ctx); err != nil {
				t.Error(err)
			}
		})
	}
}

// An agent keeps its port and data over a stop or kill, and leaves no process.
func TestAgentRestart(t *testing.T) {
	agenttest.Require(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	a := agenttest.StartChild(t, agenttest.ChildOptions{Hostname: "again"})
	before, err := agenttest.FetchInfo(ctx, a.URL())
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Start(ctx); err == nil {
		t.Error("a running agent was started again")
	}
	for _, end := range []func(){a.Kill, func() {
		if err := a.Stop(ctx); err != nil {
			t.Error(err)
		}
	}} {
		end()
		end() // harmless
		if _, err := agenttest.FetchInfo(ctx, a.URL()); err == nil {
			t.Error("an ended agent answers")
		}
		if err := a.Start(ctx); err != nil {
			t.Fatal(err)
		}
	}
	after, err := agenttest.FetchInfo(ctx, a.URL())
	if err != nil {
		t.Fatal(err)
	}
	if after.UID != before.UID {
		t.Errorf("machine GUID %s became %s", before.UID, after.UID)
	}
	a.Kill()
	if left := running(t, a.Dir()); len(left) > 0 {
		t.Errorf("left processes: %q", left)
	}
}

// running returns the command lines of processes that mention a directory.
func running(t *testing.T, dir string) []string {
	t.Helper()
	names, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, name := range names {
		line, err := os.ReadFile(name)
		if err == nil && strings.Contains(string(line), dir) { // an error: it has just ended
			found = append(found, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return found
}
