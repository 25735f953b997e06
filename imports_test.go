package main

import (
	"os/exec"
	"strings"
	"testing"
)

// layer is the place of each package in the import direction: a package may import packages of lower layers, its own
// sub-directories, and nothing else of foster.
var layer = []struct {
	prefix string
	layer  int
}{
	{"foster/server", 9},
	{"foster/web", 8},
	{"foster/replication/receiver", 8},
	{"foster/replication/sender", 8},
	{"foster/replication/swarm", 8},
	{"foster/health", 7},
	{"foster/storage/catalog", 5},
	{"foster/storage", 6},
	{"foster/replication/compress", 4},
	{"foster/replication/wire", 4},
	{"foster/migrations", 2},
	{"foster/internal", 1},
	{"foster", 10},
}

// contained are the modules that only some packages may import.
var contained = map[string][]string{
	"github.com/prometheus/prometheus":    {"foster/storage/tier", "foster/web/prom"},
	"github.com/go-chi/chi":               {"foster/server", "foster/web"},
	"github.com/pierrec/lz4":              {"foster/replication/compress"},
	"github.com/andybalholm/brotli":       {"foster/replication/compress", "foster/web"},
	"github.com/klauspost/compress":       {"foster/replication/compress", "foster/web"},
	"modernc.org/sqlite":                  {"foster/storage/catalog", "foster/health/history"},
	"github.com/pressly/goose":            {"foster/storage/catalog", "foster/health/history"},
	"github.com/prometheus/client_golang": {"foster/storage", "foster/server", "foster/web"},
}

// pure may import nothing but the standard library and each other.
var pure = []string{"foster/replication/wire", "foster/storage/query", "foster/internal/pattern"}

func layerOf(pkg string) int {
	for _, l := range layer {
		if pkg == l.prefix || strings.HasPrefix(pkg, l.prefix+"/") {
			return l.layer
		}
	}
	return 0
}

func within(pkg string, dirs []string) bool {
	for _, dir := range dirs {
		if pkg == dir || strings.HasPrefix(pkg, dir+"/") {
			return true
		}
	}
	return false
}

// TestImports fails when a package imports what the architecture does not let it; see docs/architecture.md.
func TestImports(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		pkg := fields[0]
		for _, imported := range fields[1:] {
			for module, packages := range contained {
				if strings.HasPrefix(imported+"/", module+"/") && !within(pkg, packages) {
					t.Errorf("%s imports %s, which only %s may", pkg, imported, strings.Join(packages, ", "))
				}
			}
			ours := imported == "foster" || strings.HasPrefix(imported, "foster/")
			if !ours {
				if within(pkg, pure) && strings.Contains(imported, ".") {
					t.Errorf("%s is pure and imports %s", pkg, imported)
				}
				continue
			}
			if strings.HasPrefix(imported, pkg+"/") {
				continue
			}
			if from, to := layerOf(pkg), layerOf(imported); from <= to && !sameOwner(pkg, imported) {
				t.Errorf("%s (layer %d) imports %s (layer %d)", pkg, from, imported, to)
			}
		}
	}
}

// sameOwner says whether two packages are in one directory of the second level, as foster/storage/tier and
// foster/storage/query are.
func sameOwner(a, b string) bool {
	owner := func(pkg string) string {
		parts := strings.SplitN(pkg, "/", 4)
		return strings.Join(parts[:min(2, len(parts))], "/")
	}
	return owner(a) == owner(b) && !strings.HasPrefix(a, "foster/replication") && !strings.HasPrefix(a, "foster/storage/catalog")
}
