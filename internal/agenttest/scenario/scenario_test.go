package scenario_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"foster/internal/agenttest"
	"foster/internal/agenttest/scenario"
)

// TestMain lets all scenarios run at the same time: they mostly wait.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "16"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(m.Run())
}

// maxDifferent is the part of the points in which a real parent was seen to
// differ from its child on a live stream.
const maxDifferent = 0.0135

// TestScenarios plays every scenario with foster, and with a real parent as the
// control that tells foster's faults from those of the test.
//
// FOSTER_BIN names the binary; otherwise it is built. FOSTER_LONG=1 makes the
// outages 90 s long, and plays all scenarios with the control, not only a live one.
func TestScenarios(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes")
	}
	agenttest.Require(t)
	outage, long := 30*time.Second, os.Getenv("FOSTER_LONG") == "1"
	if long {
		outage = 90 * time.Second
	}

	parents := []struct {
		name     string
		start    func(t *testing.T, key string) scenario.Parent
		patience time.Duration
		holes    bool // after an outage
	}{
		{name: "foster", start: fosters(t)},
		// The control. It does not notice when a child's history ends at a gap,
		// which on a busy machine happens in any scenario. The patience covers
		// its "already streaming".
		{name: "netdata", patience: 150 * time.Second, holes: true, start: func(t *testing.T, key string) scenario.Parent {
			return agenttest.NewParent(t, agenttest.ParentOptions{APIKey: key})
		}},
	}
	scenarios := []struct {
		name string
		play func(testing.TB, scenario.Options) agenttest.Report
		o    scenario.Options
	}{
		{"live-lz4", scenario.Live, scenario.Options{Compression: true, Before: 2 * time.Minute}},
		{"live-plain", scenario.Live, scenario.Options{Before: 2 * time.Minute}},
		{"stopped", scenario.Stopped, scenario.Options{Compression: true, Before: 30 * time.Second, Outage: outage, After: 20 * time.Second}},
		{"killed", scenario.Killed, scenario.Options{Compression: true, Before: 45 * time.Second, Outage: 5 * time.Second, After: 30 * time.Second}},
		{"cut", scenario.Cut, scenario.Options{Compression: true, Before: 30 * time.Second, Outage: outage, After: 20 * time.Second}},
		{"restarted", scenario.Restarted, scenario.Options{Compression: true, Before: 30 * time.Second, Outage: outage, After: 20 * time.Second}},
		{"gap", scenario.Gap, scenario.Options{Compression: true, Before: 30 * time.Second, Outage: outage, After: 20 * time.Second}},
	}
	for _, parent := range parents {
		for _, s := range scenarios {
			if parent.holes && !long && s.o.Outage != 0 {
				continue
			}
			t.Run(parent.name+"/"+s.name, func(t *testing.T) {
				t.Parallel()
				o := s.o
				o.APIKey = agenttest.NewGUID()
				o.Hostname = parent.name + "-" + s.name
				o.Patience = parent.patience
				o.Parent = parent.start(t, o.APIKey)
				report := s.play(t, o)
				if report.Missing > 0 && (o.Outage == 0 || !parent.holes) {
					t.Errorf("%d points are missing", report.Missing)
				}
				if report.Extra > 0 {
					t.Errorf("%d points are invented", report.Extra)
				}
				if r := report.DifferentRatio(); r > maxDifferent {
					t.Errorf("%.3f %% of the points differ, want at most %.3f %%", 100*r, 100*maxDifferent)
				}
			})
		}
	}
}

// fosters returns how to start foster; if there is no binary, a function that
// skips, or fails where agents are required.
func fosters(t *testing.T) func(*testing.T, string) scenario.Parent {
	t.Helper()
	bin, err := fosterBinary(t)
	return func(t *testing.T, key string) scenario.Parent {
		t.Helper()
		if err != nil {
			if os.Getenv("FOSTER_REQUIRE_AGENT") == "1" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
		return scenario.NewFoster(t, bin, key)
	}
}

func fosterBinary(t *testing.T) (string, error) {
	t.Helper()
	if bin := os.Getenv("FOSTER_BIN"); bin != "" {
		return filepath.Abs(bin)
	}
	bin := filepath.Join(t.TempDir(), "foster")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "foster").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build foster: %w\n%s", err, out)
	}
	return bin, nil
}
