package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"foster/internal/pattern"
)

func TestCreateStreamConf(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "config")
	if err := CreateStreamConf(dir, strings.ToUpper(testKey)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, StreamFile)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != 0o640 {
		t.Errorf("mode %v, want 0640", info.Mode())
	}
	c, problems := Load(dir)
	if len(problems) > 0 {
		t.Errorf("problems: %v", problems)
	}
	if keys := c.Stream.EnabledKeys(); len(keys) != 1 || keys[0] != testKey {
		t.Errorf("enabled keys %v", keys)
	}
	if child := c.Child(testKey, testMachine); !child.Enabled || !child.Allows("192.0.2.1") {
		t.Errorf("a child may not connect: %+v", child)
	}

	if err := CreateStreamConf(dir, testKey); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second time: %v", err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Errorf("left behind: %v, %v", files, err)
	}
	if err := CreateStreamConf(t.TempDir(), "secret"); err == nil {
		t.Error("a key that is no GUID is accepted")
	}
}

// The file explains the settings of a key: all of them, and with the values
// that are in fact the defaults.
func TestStreamConfTemplateIsTrue(t *testing.T) {
	key, _, _ := strings.Cut(strings.ReplaceAll(streamConfTemplate, "API-KEY", testKey), "# One machine")
	var text strings.Builder
	for line := range strings.Lines(key) {
		if option, ok := strings.CutPrefix(line, "    #"); ok && option[0] != ' ' && strings.Contains(option, " =") {
			line = option
		}
		text.WriteString(line)
	}
	f := parse(t, text.String())
	for _, option := range []string{
		"type", "enabled", "allow from", "db", "retention", "update every", "health enabled", "postpone alerts on connect",
		"health log retention", "proxy enabled", "proxy destination", "proxy api key", "proxy send charts matching",
		"enable compression", "compression algorithms order", "enable replication", "replication period",
		"replication step", "is ephemeral node",
	} {
		if _, ok := f.Section(testKey).Get(option); !ok {
			t.Errorf("%q is not explained", option)
		}
	}
	s, problems := NewStream(f)
	if len(problems) > 0 {
		t.Errorf("problems: %v", problems)
	}
	want := DefaultChild()
	want.Enabled, want.AllowFrom = true, []pattern.Pattern{everything(), everything()}
	want.UpdateEvery = 1 // an example: leaving it to the child cannot be written
	got := s.Resolve(testKey, testMachine, DefaultChild())
	if d := cmp.Diff(want, got, comparePatterns(), cmpopts.IgnoreFields(Child{}, "From")); d != "" {
		t.Errorf("shown as defaults (-want +got):\n%s", d)
	}
}

func TestChildLines(t *testing.T) {
	got := ChildLines([]string{"192.0.2.1:19999", "[2001:db8::1]:19999:SSL"}, testKey)
	want := `[stream]
    enabled = yes
    destination = 192.0.2.1:19999 [2001:db8::1]:19999:SSL
    api key = 11111111-2222-3333-4444-555555555555
`
	if got != want {
		t.Errorf("got:\n%s", got)
	}
	s, problems := newStream(t, got)
	if len(problems) > 0 || !s.Send.Enabled || len(s.Send.Destination) != 2 {
		t.Errorf("the lines are not a [stream] section: %v, %+v", problems, s.Send)
	}
}
