package tier

import (
	"bufio"
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foster/internal/agenttest"
	"foster/replication/wire"
)

// promtool runs Prometheus' tool.
func promtool(t *testing.T, args ...string) string {
	t.Helper()
	agenttest.RequirePrometheus(t)
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "promtool", args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("promtool %s: %v\n%s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return string(out)
}

// Prometheus' own tool, of the version that Debian has, reads the directory of tier 0 as it is, blocks and the log of the
// head: of a snapshot while the tier is in use, and of the tier after it was closed, which it leaves as it was. It gets every
// point, of the value that foster shows.
func TestPromtoolReads(t *testing.T) {
	dir := t.TempDir()
	o := compactingOptions()
	o.BlockDuration, o.OutOfOrder = 20*time.Minute, 3*time.Hour
	r := openRaw(t, dir, o)
	manual(r)
	f := newFeeder(t, r)
	steady, late := series("disk.ops", "reads"), series("disk.ops", "writes")
	idle := []Series{series("disk.ops", "idle 1"), series("disk.ops", "idle 2")} // which share their chunks
	value := func(at int64) float64 { return float64(float32(float64(at%977) * 0.37)) }
	const n = 6000
	for at := epoch; at < epoch+n; at++ {
		f.append(steady, at, value(at), wire.Anomalous*wire.Flags(at/600%2))
		for _, s := range idle {
			f.append(s, at, 1, 0)
		}
		if at >= epoch+n/2 {
			f.append(late, at, value(at), 0)
		}
		if at%100 == 99 {
			f.commit()
		}
	}
	for at := epoch; at < epoch+n/2; at++ {
		f.append(late, at, value(at), 0)
	}
	f.commit()
	check := func(when, dir string) {
		t.Helper()
		got := map[string]int{}
		sum := map[string]map[int64]bool{}
		for lines := bufio.NewScanner(strings.NewReader(promtool(t, "tsdb", "dump", dir))); lines.Scan(); {
			labels, rest, ok := strings.Cut(lines.Text(), "} ")
			var v float64
			var ms int64
			if _, err := fmt.Sscan(rest, &v, &ms); err != nil || !ok {
				t.Fatalf("promtool dumps %q: %v", lines.Text(), err)
			}
			want := value(ms / 1000)
			if strings.Contains(labels, `dimension="idle`) {
				want = 1
			}
			if float32(v) != float32(want) {
				t.Fatalf("%s, promtool has %v at %d, want %v", when, v, ms, want)
			}
			if !strings.HasPrefix(labels, `{__name__="disk_ops", chart="disk.ops", dimension="`) || !strings.Contains(labels, guid) {
				t.Fatalf("promtool has the labels %s", labels)
			}
			if sum[labels] == nil {
				sum[labels] = map[int64]bool{}
			}
			if sum[labels][ms] {
				t.Fatalf("%s, promtool has %s twice at %d", when, labels, ms)
			}
			sum[labels][ms] = true
			got[labels]++
		}
		if len(got) != 4 {
			t.Errorf("%s, promtool has %d series, want 4", when, len(got))
		}
		for labels, points := range got {
			if points != n {
				t.Errorf("%s, promtool has %d points of %s, want %d", when, points, labels, n)
			}
		}
	}
	if err := r.compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	blocks := len(r.db.Blocks())
	if blocks < 2 {
		t.Errorf("only %d blocks were cut", blocks)
	}
	// What promtool dumps of a directory in use it writes to: it makes a file where the head makes its next one.
	snapshot := filepath.Join(t.TempDir(), "snapshot")
	if err := r.Snapshot(t.Context(), snapshot); err != nil {
		t.Fatal(err)
	}
	check("of a snapshot", snapshot)
	promtool(t, "tsdb", "list", dir)
	promtool(t, "tsdb", "analyze", "--extended", dir)
	blocks = len(r.db.Blocks()) // with those of the late points
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	check("after a stop", dir)
	if list := promtool(t, "tsdb", "list", dir); strings.Count(list, "\n") != blocks+1 {
		t.Errorf("promtool lists %d blocks, want %d:\n%s", strings.Count(list, "\n")-1, blocks, list)
	}
	if analysis := promtool(t, "tsdb", "analyze", dir); !strings.Contains(analysis, "Series: 4\n") {
		t.Errorf("promtool analyses four series as\n%s", analysis)
	}
	r = openRaw(t, dir, o)
	for _, s := range []Series{steady, late} {
		if points := read(t, r, s.Chart, s.Dimension, epoch-1, epoch+n); len(points) != n {
			t.Errorf("after promtool, %s has %d points, want %d", s.Dimension, len(points), n)
		}
	}
}
