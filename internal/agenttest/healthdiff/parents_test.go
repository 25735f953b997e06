package healthdiff

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"foster/internal/agenttest"
	"foster/server"
)

// debianStock is where the definitions are that Debian's netdata comes with.
const debianStock = "/usr/lib/netdata/conf.d/health.d"

// startNetdata starts a real parent that accepts the key and has the definitions of a file's text; with none, those it comes
// with. It passes what it gets on to the address, unless that is empty.
func startNetdata(t *testing.T, key, definitions, to string) *agenttest.Agent {
	t.Helper()
	stock := "yes"
	if definitions != "" {
		stock = "no"
	}
	parent := agenttest.NewParent(t, agenttest.ParentOptions{
		APIKey: key, MemoryMode: "ram",
		ExtraKey: map[string]string{"health enabled by default": "yes", "default postpone alarms on connect seconds": "1"},
		ExtraNetdata: map[string]map[string]string{"health": {
			"enabled": "yes", "enable stock health configuration": stock, "script to execute on alarm": "/bin/true",
			"in memory max health log entries": "10000", "run at least every seconds": "1",
		}},
	})
	dir := filepath.Join(parent.Dir(), "etc", "health.d")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if definitions != "" {
		write(t, filepath.Join(dir, "diff.conf"), definitions, 0o644)
	}
	if to != "" {
		name := filepath.Join(parent.Dir(), "etc", "stream.conf")
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		write(t, name, fmt.Sprintf("[stream]\n    enabled = yes\n    destination = %s\n    api key = %s\n%s", to, key, text), 0o644)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := parent.Start(ctx); err != nil {
		t.Fatal(err)
	}
	return parent
}

// startFoster starts foster with definitions as startNetdata and returns the address it listens on. Without definitions it
// has those that Debian's netdata comes with.
func startFoster(t *testing.T, key, definitions string) string {
	t.Helper()
	if definitions == "" {
		return startFosterWith(t, key, "[directories]\n    stock health config = "+debianStock+"\n[health]\n    script to execute on alarm = /bin/true\n")
	}
	return startFosterWith(t, key, "[health]\n    enable stock health configuration = no\n    script to execute on alarm = /bin/true\n", definitions)
}

// startFosterWith starts foster with a configuration and, in files of their own, further definitions.
func startFosterWith(t *testing.T, key, configuration string, definitions ...string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "foster-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	config := filepath.Join(dir, "config")
	if err := os.MkdirAll(filepath.Join(config, "health.d"), 0o755); err != nil {
		t.Fatal(err)
	}
	for i, text := range definitions {
		write(t, filepath.Join(config, "health.d", fmt.Sprintf("%d.conf", i)), text, 0o644)
	}
	write(t, filepath.Join(config, "foster.conf"), configuration, 0o644)
	write(t, filepath.Join(config, "stream.conf"), fmt.Sprintf(
		"[%s]\n    enabled = yes\n    health enabled = yes\n    postpone alerts on connect = 1s\n", key), 0o600)

	addr := agenttest.FreeAddr(t)
	var log logBuffer
	s, err := server.New(server.Options{ConfigDir: config, DataDir: filepath.Join(dir, "data"), Listen: addr, Version: "test", Output: &log})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(context.Background()); err != nil {
			t.Errorf("stop foster: %v", err)
		}
		if t.Failed() {
			t.Logf("foster's log:\n%s", log.String())
		}
	})
	return addr
}

func write(t *testing.T, name, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// logBuffer keeps what is written to it.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// notifications is a script that writes down what it is told, for a parent.
type notifications struct{ script, file string }

func newNotifications(t *testing.T) notifications {
	t.Helper()
	dir := t.TempDir()
	n := notifications{script: filepath.Join(dir, "notify"), file: filepath.Join(dir, "told")}
	write(t, n.script, "#!/bin/sh\n(printf '%s\\t' \"$@\"; echo) >> '"+n.file+"'\n", 0o755)
	return n
}

// notification is what a script was told.
type notification struct{ name, chart, old, new, value string }

// read returns what was told so far, of hosts that are not the parent itself. The arguments are those of agents v1, or of v2.
func (n notifications) read(t *testing.T, host string) []notification {
	t.Helper()
	text, err := os.ReadFile(n.file)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var all []notification
	for line := range strings.Lines(string(text)) {
		args := strings.Split(strings.TrimSuffix(line, "\t\n"), "\t")
		switch {
		case len(args) < 29:
			t.Fatalf("a notification with %d arguments: %q", len(args), args)
		case args[1] != host:
		case len(args) < 33:
			all = append(all, notification{name: args[6], chart: args[7], new: args[9], old: args[10], value: args[11]})
		default:
			all = append(all, notification{name: args[6], chart: args[7], new: args[8], old: args[9], value: args[10]})
		}
	}
	return all
}
