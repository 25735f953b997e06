package tier

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"foster/storage/query"

	"github.com/oklog/ulid/v2"
)

const (
	damageSeconds = 1500
	damageLate    = 700 // so many of them come late
)

var damageCharts = []string{"a.one", "a.two", "b.three"}

// sampleStore makes a directory with everything in it that a store can have: blocks, a checkpoint, logs, chunks of the
// head, and a snapshot when it was closed in order.
func sampleStore(t *testing.T, orderly bool) string {
	t.Helper()
	dir := t.TempDir()
	r := openRaw(t, dir, compactingOptions())
	manual(r)
	f := newFeeder(t, r)
	for at := epoch + 1; at <= epoch+damageSeconds; at++ {
		for _, chart := range damageCharts {
			f.append(series(chart, "x"), at, ramp(at), 0)
		}
		if at%50 == 0 {
			f.commit()
		}
		if at%400 == 0 {
			if err := r.compact(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if at == epoch+600 { // opening starts a segment, and the next compaction makes a checkpoint
			f.commit()
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			r = openRaw(t, dir, compactingOptions())
			manual(r)
			f = newFeeder(t, r)
		}
	}
	f.commit()
	if orderly {
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		redate(t, dir, epoch)
		return dir
	}
	for at := epoch + damageSeconds - damageLate; at <= epoch+damageSeconds; at++ {
		f.append(series("c.late", "x"), at, ramp(at), 0)
		if at%97 == 0 {
			f.commit()
		}
	}
	f.commit()
	r.db.ForceHeadMMap()
	dir = copyDir(t, dir)
	redate(t, dir, epoch)
	return dir
}

// redate names the blocks of a directory as if they had been written at those times, the last of which is that of all that
// follow: the TSDB takes the time of the machine.
func redate(t *testing.T, dir string, at ...int64) {
	t.Helper()
	blocks, err := filepath.Glob(filepath.Join(dir, "*", "meta.json"))
	if err != nil {
		t.Fatal(err)
	}
	names := make(map[string]string, len(blocks))
	for i, meta := range blocks {
		id := filepath.Base(filepath.Dir(meta))
		names[id] = ulid.MustNew(uint64(at[min(i, len(at)-1)]*1000+int64(i)), nil).String()
	}
	for _, meta := range blocks {
		text, err := os.ReadFile(meta)
		if err != nil {
			t.Fatal(err)
		}
		for from, to := range names {
			text = bytes.ReplaceAll(text, []byte(from), []byte(to))
		}
		if err := os.WriteFile(meta, text, 0o600); err != nil {
			t.Fatal(err)
		}
		block := filepath.Dir(meta)
		if err := os.Rename(block, filepath.Join(dir, names[filepath.Base(block)])); err != nil {
			t.Fatal(err)
		}
	}
}

// damage changes one file of a store in one way, and says which.
func damage(t *testing.T, rnd *rand.Rand, dir string) string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	// Every kind of file is as likely as every other.
	kinds := map[string][]string{}
	var names []string
	for _, file := range files {
		kind := filepath.Base(file)
		if dir := filepath.Base(filepath.Dir(file)); strings.Trim(kind, "0123456789") == "" {
			kind = strings.TrimRight(dir, "0123456789.")
		}
		if kinds[kind] == nil {
			names = append(names, kind)
		}
		kinds[kind] = append(kinds[kind], file)
	}
	kind := kinds[names[rnd.IntN(len(names))]]
	file := kind[rnd.IntN(len(kind))]
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	what := "emptied"
	switch way := rnd.IntN(6); {
	case way == 0:
		what = "removed"
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		return what + " " + strings.TrimPrefix(file, dir)
	case len(content) == 0:
		what, content = "filled", []byte("garbage")
	case way == 1:
		content = nil
	case way == 2:
		what, content = "cut", content[:rnd.IntN(len(content))]
	case way == 3:
		what = "overwritten"
		at := rnd.IntN(len(content))
		for i := at; i < min(at+4096, len(content)); i++ {
			content[i] = byte(rnd.Uint32())
		}
	case way == 4:
		what = "zeroed"
		clear(content[rnd.IntN(len(content)):])
	default:
		what = "flipped"
		content[rnd.IntN(len(content))] ^= 1 << rnd.IntN(8)
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return what + " " + strings.TrimPrefix(file, dir)
}

// TestDamage damages files of a store at random. It must open all the same, say what is wrong, hold no point that was not
// stored, and go on as a store does.
func TestDamage(t *testing.T) {
	rounds := 20
	if testing.Short() {
		rounds = 5
	}
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 0))
	for name, orderly := range map[string]bool{"killed": false, "closed": true} {
		original := sampleStore(t, orderly)
		for range rounds {
			dir := copyDir(t, original)
			what := damage(t, rnd, dir)
			if rnd.IntN(3) == 0 {
				what += ", " + damage(t, rnd, dir)
			}
			var log bytes.Buffer
			t.Logf("seed %d, %s: %s", seed, name, what)
			if !survives(t, dir, slog.New(slog.NewTextHandler(&log, nil))) || t.Failed() {
				t.Fatalf("seed %d, %s: %s\n%s", seed, name, what, &log)
			}
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A block whose description has a wrong digit and reaches far into the future is set aside: with it the store would take no point
// until then.
func TestBlockOfTheFuture(t *testing.T) {
	original := sampleStore(t, false)
	end := regexp.MustCompile(`"maxTime": (\d+)`)
	for _, more := range []time.Duration{25 * time.Hour, 100 * 24 * time.Hour, 490 * 24 * time.Hour} {
		dir := copyDir(t, original)
		blocks, err := filepath.Glob(filepath.Join(dir, "*", "meta.json"))
		if err != nil || len(blocks) == 0 {
			t.Fatalf("%d blocks: %v", len(blocks), err)
		}
		meta := blocks[len(blocks)-1]
		text, err := os.ReadFile(meta)
		if err != nil {
			t.Fatal(err)
		}
		text = end.ReplaceAllFunc(text, func(field []byte) []byte {
			ms, err := strconv.ParseInt(string(end.FindSubmatch(field)[1]), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Appendf(nil, `"maxTime": %d`, ms+more.Milliseconds())
		})
		if err := os.WriteFile(meta, text, 0o600); err != nil {
			t.Fatal(err)
		}
		survives(t, dir, slog.New(slog.DiscardHandler))
		if _, err := os.Stat(filepath.Dir(meta) + aside); err != nil {
			t.Errorf("%v: %v", more, err)
		}
	}
}

// Where the clock is behind, as on a machine that starts without one, no block is of the future that was written before one
// which has the right time in its name.
func TestBlocksWhileTheClockIsBehind(t *testing.T) {
	dir := sampleStore(t, true)
	const behind = epoch - 100*24*3600
	redate(t, dir, epoch+60, behind)
	if err := setAsideBlocks(dir, time.Unix(behind, 0), slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	if damaged, err := filepath.Glob(filepath.Join(dir, "*"+aside+"*")); err != nil || len(damaged) > 0 {
		t.Errorf("%v are set aside, error %v", damaged, err)
	}
	redate(t, dir, behind+60)
	if err := setAsideBlocks(dir, time.Unix(behind, 0), slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	if damaged, err := filepath.Glob(filepath.Join(dir, "*"+aside+"*")); err != nil || len(damaged) == 0 {
		t.Errorf("with nothing that tells the time none is set aside, error %v", err)
	}
}

// survives says whether a damaged store works: what can be read of it is right, and what it takes from now on is there.
func survives(t *testing.T, dir string, log *slog.Logger) bool {
	t.Helper()
	o := compactingOptions()
	o.Logger = log
	const more = epoch + damageSeconds + 600
	o.Now = func() time.Time { return time.Unix(more, 0) }
	r, err := Open(dir, o)
	if err != nil {
		t.Error(err)
		return false
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	if _, err := r.Retention(t.Context(), guid); err != nil {
		t.Errorf("retention: %v", err)
	}
	// A damaged block may fail the readers of its time, but not those of another.
	for _, chart := range append([]string{"c.late"}, damageCharts...) {
		points, err := tryRead(t, r, chart)
		for i, p := range points {
			if p.Sum != ramp(p.End) || i > 0 && p.End <= points[i-1].End {
				t.Errorf("%s: point %d is %+v", chart, i, p)
				return false
			}
		}
		if err != nil {
			log.Info("read", "chart", chart, "error", err)
		}
	}
	f := newFeeder(t, r)
	for at := epoch + damageSeconds + 1; at <= more; at++ {
		f.append(series("a.one", "x"), at, ramp(at), 0)
	}
	f.commit()
	if err := r.compact(t.Context()); err != nil {
		log.Info("compact", "error", err)
	}
	wantRamp(t, read(t, r, "a.one", "x", epoch+damageSeconds, more), epoch+damageSeconds+1, more)
	return true
}

func tryRead(t *testing.T, r *Raw, chart string) (points []query.Point, err error) {
	t.Helper()
	s, err := r.Select(t.Context(), guid, chart, []string{"x"}, 1, epoch, epoch+damageSeconds)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	buf := make([]query.Point, 100)
	for {
		n, err := s.Cursors[0].Read(buf)
		points = append(points, buf[:n]...)
		if errors.Is(err, io.EOF) {
			return points, nil
		}
		if err != nil {
			return points, err
		}
	}
}
