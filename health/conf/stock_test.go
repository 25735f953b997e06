package conf

import (
	"os"
	"testing"
)

// TestStock reads the files that an installed agent comes with.
func TestStock(t *testing.T) {
	const dir = "/usr/lib/netdata/conf.d/health.d"
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("FOSTER_REQUIRE_AGENT") != "" {
			t.Fatal(err)
		}
		t.Skip("no agent is installed")
	}
	definitions, problems := Load(Dir{}, Dir{dir, os.DirFS(dir)})
	for _, p := range problems {
		t.Error(p)
	}
	if len(definitions) < 250 {
		t.Errorf("%d definitions", len(definitions))
	}
}
