package tier

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"foster/replication/wire"
	"foster/storage/query"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const guid = "a1a2a3a4-0000-4000-8000-000000000001"

// epoch is the time at which the points of the tests begin, a multiple of every block duration used.
const epoch = int64(1_800_000_000)

// testOptions returns options with a clock far behind every point's limit.
func testOptions() Options {
	o := DefaultOptions()
	o.Now = func() time.Time { return time.Unix(epoch+30*86400, 0) }
	return o
}

// manual leaves it to the test to say when the tier is compacted.
func manual(r *Raw) {
	r.stop()
	r.upkeeper.Wait()
}

func openRaw(t testing.TB, dir string, o Options) *Raw {
	t.Helper()
	r, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// feeder appends to series by name.
type feeder struct {
	t    testing.TB
	app  *Appender
	refs map[Series]uint64
}

func newFeeder(t testing.TB, r *Raw) *feeder {
	return &feeder{t: t, app: r.Appender(), refs: map[Series]uint64{}}
}

func (f *feeder) append(s Series, at int64, v float64, flags wire.Flags) {
	f.t.Helper()
	ref, err := f.app.Append(f.refs[s], at, v, flags)
	if errors.Is(err, ErrUnknownSeries) {
		ref, err = f.app.Create(s, at, v, flags)
	}
	if err != nil {
		f.t.Fatal(err)
	}
	f.refs[s] = ref
}

func (f *feeder) commit() {
	f.t.Helper()
	if err := f.app.Commit(); err != nil {
		f.t.Fatal(err)
	}
}

// ramp appends the points from first to last of the series, and commits them.
func (f *feeder) ramp(first, last int64, all ...Series) {
	f.t.Helper()
	for at := first; at <= last; at++ {
		for _, s := range all {
			f.append(s, at, ramp(at), 0)
		}
	}
	f.commit()
}

func series(chart, dimension string) Series {
	return Series{GUID: guid, Chart: chart, Dimension: dimension, Context: chart}
}

// read returns the points of one dimension.
func read(t testing.TB, r *Raw, chart, dimension string, after, before int64) []query.Point {
	t.Helper()
	s, err := r.Select(t.Context(), guid, chart, []string{dimension}, 1, after, before)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	return drain(t, s.Cursors[0])
}

func drain(t testing.TB, c query.Cursor) []query.Point {
	t.Helper()
	var points []query.Point
	buf := make([]query.Point, 7)
	for {
		n, err := c.Read(buf)
		points = append(points, buf[:n]...)
		if errors.Is(err, io.EOF) {
			return points
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// wantRamp checks that the points are those from first to last, one a second, each with its distance from epoch as value.
func wantRamp(t testing.TB, points []query.Point, first, last int64) {
	t.Helper()
	if int64(len(points)) != last-first+1 {
		t.Errorf("%d points, want %d", len(points), last-first+1)
	}
	for i, p := range points {
		at := first + int64(i)
		if p.End != at || p.Sum != ramp(at) || p.Count != 1 {
			t.Fatalf("point %d is %+v, want time %d and value %v", i, p, at, ramp(at))
		}
	}
}

func ramp(at int64) float64 { return float64(float32(at-epoch) + 0.25) }

// copyDir copies a directory, be it of an open tier, of which a file may be gone when it is copied.
func copyDir(t testing.TB, from string) string {
	t.Helper()
	for try := 0; ; try++ {
		to := filepath.Join(t.TempDir(), "copy")
		err := os.CopyFS(to, os.DirFS(from))
		if err == nil {
			return to
		}
		if !errors.Is(err, fs.ErrNotExist) || try == 10 {
			t.Fatal(err)
		}
	}
}
