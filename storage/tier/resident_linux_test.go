package tier

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// TestDeriveLeavesNoPages checks that pages of blocks that were derived from do not remain memory of the process.
func TestDeriveLeavesNoPages(t *testing.T) {
	ts := openTestTiers(t, t.TempDir(), testOptions(), []CoarseOptions{{Iterations: 60}})
	app, refs := ts.Appender(), make([]uint64, 400)
	rnd := rand.New(rand.NewPCG(1, 2))
	for at := epoch; at < epoch+2700; at++ {
		for i := range refs {
			v := rnd.Float64()
			ref, err := app.Append(refs[i], at, v, 0)
			if errors.Is(err, ErrUnknownSeries) {
				ref, err = app.Create(Series{guid, fmt.Sprintf("chart.%d", i/10), fmt.Sprintf("dim%d", i%10), "c"}, at, v, 0)
			}
			must(t, err)
			refs[i] = ref
		}
		must(t, app.Commit())
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
	if got := resident(t, ts.Raw.dir, "/chunks/"); size < 1<<20 || got > size/2 {
		t.Errorf("of %d bytes of blocks %d are resident", size, got)
	}
}

// resident returns how many bytes of mapped files under a directory are memory of this process.
func resident(t *testing.T, dir, within string) (total int64) {
	t.Helper()
	f, err := os.Open("/proc/self/smaps")
	must(t, err)
	defer f.Close()
	counts := false
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := lines.Text()
		var kib int64
		switch n, _ := fmt.Sscanf(line, "Rss: %d kB", &kib); {
		case n == 1 && counts:
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
	return total
}
