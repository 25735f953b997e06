package tier

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDeriveLeavesNoPages checks that pages of blocks that were derived from do not remain memory of the process.
func TestDeriveLeavesNoPages(t *testing.T) {
	ts := openTestTiers(t, t.TempDir(), testOptions(), []CoarseOptions{{Iterations: 60}})
	all := make([]Series, 400)
	for i := range all {
		all[i] = series("a.chart", fmt.Sprintf("dimension%d", i))
	}
	f := newFeeder(t, ts.Raw)
	rnd := rand.New(rand.NewPCG(1, 2))
	for at := epoch; at < epoch+2700; at++ {
		for _, s := range all {
			f.append(s, at, rnd.Float64(), 0)
		}
		f.commit()
	}
	mustCompact(t, ts)
	mustDerive(t, ts)
	if s := ts.TierStats(); s[0].Samples == 0 || s[1].Samples < s[0].Samples {
		t.Fatalf("tier 1 has %d of %d samples", s[1].Samples, s[0].Samples)
	}
	var size int64
	for _, b := range ts.Raw.db.Blocks() {
		size += b.Size()
	}
	// Opening a block reads the beginning of each file, and the kernel maps what is around it.
	mapped, got := resident(t, ts.Raw.dir, "/chunks/")
	if mapped < size/2 || size < 1<<20 || got > size/2 {
		t.Errorf("of %d bytes of blocks %d are mapped and %d resident", size, mapped, got)
	}
}

// resident returns how many bytes of files under a directory are mapped, and how many of these are memory of this process.
func resident(t *testing.T, dir, within string) (mapped, total int64) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(dir)
	must(t, err)
	f, err := os.Open("/proc/self/smaps")
	must(t, err)
	defer f.Close()
	counts := false
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := lines.Text()
		name, value, _ := strings.Cut(line, ":")
		var kib int64
		_, _ = fmt.Sscan(value, &kib)
		switch {
		case name == "Size" && counts:
			mapped += kib << 10
		case name == "Rss" && counts:
			total += kib << 10
		case strings.Contains(line, "-") && !strings.Contains(line, " kB"):
			if _, path, ok := strings.Cut(line, "/"); ok {
				counts = strings.HasPrefix("/"+path, dir) && strings.Contains(path, within)
			} else {
				counts = false
			}
		}
	}
	must(t, lines.Err())
	return mapped, total
}
