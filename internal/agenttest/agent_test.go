package agenttest_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foster/internal/agenttest"
)

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
