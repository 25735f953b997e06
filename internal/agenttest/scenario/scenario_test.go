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

// limits is how far a parent may differ from its child, as parts of the points.
type limits struct {
	missing, different float64
}

// TestScenarios plays every scenario with foster, and with a real parent as the
// control that tells foster's faults from those of the test.
//
// FOSTER_BIN names the binary; otherwise it is built. FOSTER_LONG=1 makes the
// outages 90 s long.
func TestScenarios(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes")
	}
	agenttest.Require(t)
	outage := 30 * time.Second
	if os.Getenv("FOSTER_LONG") == "1" {
		outage = 90 * time.Second
	}

	parents := []struct {
		name     string
		start    func(t *testing.T, key string) scenario.Parent
		patience time.Duration
		limits   limits
	}{
		// 1.35 % is what a real parent was seen to differ on a live stream.
		{"foster", fosters(t), 0, limits{different: 0.0135}},
		// The control. A child of 1.37.1 on a busy machine now and then answers a
		// replication request with less than it says it does, which the real
		// parent does not notice. The patience covers its "already streaming".
		{"netdata", func(t *testing.T, key string) scenario.Parent {
			return agenttest.NewParent(t, agenttest.ParentOptions{APIKey: key})
		}, 150 * time.Second, limits{missing: 0.3, different: 0.0135}},
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
	}
	for _, parent := range parents {
		for _, s := range scenarios {
			t.Run(parent.name+"/"+s.name, func(t *testing.T) {
				t.Parallel()
				o := s.o
				o.APIKey = agenttest.NewGUID()
				o.Hostname = parent.name + "-" + s.name
				o.Patience = parent.patience
				o.Parent = parent.start(t, o.APIKey)
				report := s.play(t, o)
				if report.MissingRatio() > parent.limits.missing || report.Extra > 0 || report.DifferentRatio() > parent.limits.different {
					t.Errorf("%.3f %% missing, %.3f %% different, %d extra; allowed %.3f %%, %.3f %%, 0",
						100*report.MissingRatio(), 100*report.DifferentRatio(), report.Extra,
						100*parent.limits.missing, 100*parent.limits.different)
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
