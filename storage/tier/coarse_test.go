package tier

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"foster/storage/query"
)

// addBlock adds a block with points of hosts at the windows that end in (after, before], with values of the given seed.
func addBlock(t testing.TB, c *coarse, after, before int64, hosts ...string) *block {
	t.Helper()
	w, err := newBlockWriter(c.dir, c.step, c.now())
	must(t, err)
	for _, host := range hosts {
		for i := range 10 {
			for at := after + c.step; at <= before; at += c.step {
				a := aggregate{window: at / c.step}
				a.add(float64(float32(at%97)*float32(i)), false)
				a.add(float64(i), true)
				w.record.add(&a)
			}
			must(t, w.add(appendKey(nil, key{host, "a.chart", fmt.Sprint(i)})))
		}
	}
	b, err := w.finish(nil, nil)
	must(t, err)
	must(t, c.replace(b))
	return b
}

func TestCoarseRetention(t *testing.T) {
	const length = 3600
	for _, test := range []struct {
		name string
		opts func(blockSize int64) CoarseOptions
		want float64 // blocks kept
	}{
		{"none", func(int64) CoarseOptions { return CoarseOptions{} }, 400},
		{"time", func(int64) CoarseOptions { return CoarseOptions{Retention: 100 * length * time.Second} }, 100},
		{"size", func(size int64) CoarseOptions { return CoarseOptions{MaxBytes: 50 * size} }, 50},
		{"both", func(size int64) CoarseOptions {
			return CoarseOptions{MaxBytes: 80 * size, Retention: 60 * length * time.Second}
		}, 60},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			probe := openTestTiers(t, t.TempDir(), testOptions(), []CoarseOptions{{Iterations: 60}})
			o := test.opts(addBlock(t, probe.coarse[0], epoch, epoch+length, guid).size)
			o.Iterations = 60
			ts := openTestTiers(t, dir, testOptions(), []CoarseOptions{o})
			c := ts.coarse[0]
			for i := range int64(400) {
				addBlock(t, c, epoch+i*length, epoch+(i+1)*length, guid)
				mustDerive(t, ts) // merges and expires
				s := ts.TierStats()[1]
				if o.MaxBytes > 0 && s.BlockBytes > o.MaxBytes {
					t.Fatalf("%d bytes are kept of %d", s.BlockBytes, o.MaxBytes)
				}
				kept := float64(s.Last-s.First) / length
				if float64(i) > test.want*1.2 && test.want < 400 && (kept < test.want*0.88 || kept > test.want*1.12 && o.MaxBytes == 0) {
					t.Fatalf("after %d blocks %.1f are kept, want %v", i, kept, test.want)
				}
			}
			files, _ := filepath.Glob(filepath.Join(dir, "tier1", "*"))
			blocks := ts.TierStats()[1].Blocks
			if blocks > 40 || len(files) != blocks {
				t.Errorf("%d blocks in %d files", blocks, len(files))
			}
			// Nothing but the oldest has gone.
			s := ts.TierStats()[1]
			points := readTiers(t, ts, Query{GUID: guid, Chart: "a.chart", Dimensions: []string{"3"}, After: 0, Before: epoch + 400*length, Width: 60})
			if n := (s.Last-s.First)/60 + 1; int64(len(points)) != n || points[len(points)-1].End != epoch+400*length {
				t.Errorf("%d points, want %d", len(points), n)
			}
		})
	}
}

func TestExpected(t *testing.T) {
	ts := openTestTiers(t, t.TempDir(), testOptions(), []CoarseOptions{{Iterations: 60, Retention: 90 * 24 * time.Hour}, {Iterations: 60}})
	b := addBlock(t, ts.coarse[0], epoch, epoch+86400, guid)
	s := ts.TierStats()
	if got := s[1]; got.Expected != 90*24*time.Hour || got.Points != 14400 || got.Samples != 28800 || got.Series != 10 || got.First != epoch+60 || got.Last != epoch+86400 || got.Step != 60 {
		t.Errorf("figures are %+v", got)
	}
	if s[2].Expected != 0 || s[2].Step != 3600 || s[2].First != 0 {
		t.Errorf("figures of an empty tier are %+v", s[2])
	}
	ts.coarse[0].opts.MaxBytes = 10 * b.size
	if got := ts.TierStats()[1].Expected; got != 10*24*time.Hour {
		t.Errorf("expected are %v, want ten days", got)
	}
}

func TestEraseHost(t *testing.T) {
	dir := t.TempDir()
	ts := openTestTiers(t, dir, testOptions(), []CoarseOptions{{Iterations: 60}})
	c := ts.coarse[0]
	hosts := []string{"host\x00", "host", "host1", "hos", "hosu"}
	for i := range int64(3) {
		addBlock(t, c, epoch+i*3600, epoch+(i+1)*3600, "hos", "host", "host\x00", "host1", "hosu")
	}
	untouched := addBlock(t, c, epoch+3*3600, epoch+4*3600, "hosu")
	has := func(host string) int {
		return len(readTiers(t, ts, Query{GUID: host, Chart: "a.chart", Dimensions: []string{"1"}, After: epoch, Before: epoch + 3*3600, Tier: 1}))
	}
	open, err := ts.Select(t.Context(), Query{GUID: "host", Chart: "a.chart", Dimensions: []string{"1"}, After: epoch, Before: epoch + 3*3600, Tier: 1})
	must(t, err)
	must(t, ts.Erase(t.Context(), map[string]int64{"host": Everything}))
	for _, host := range hosts {
		want := 180
		if host == "host" {
			want = 0
		}
		if got := has(host); got != want {
			t.Errorf("%q has %d points, want %d", host, got, want)
		}
	}
	// Who was reading reads on.
	if n := len(drain(t, open.Cursors[0])); n != 180 {
		t.Errorf("an open reading has %d points", n)
	}
	must(t, open.Close())
	if _, err := os.Stat(untouched.path); err != nil {
		t.Error("a block without the host was rewritten")
	}
	if s := ts.TierStats()[1]; s.Points != 4*10*3*60+600 {
		t.Errorf("%d points are left", s.Points)
	}
	for _, host := range hosts {
		must(t, ts.Erase(t.Context(), map[string]int64{host: Everything}))
		must(t, ts.Erase(t.Context(), map[string]int64{host: Everything}))
	}
	if s := ts.TierStats()[1]; s.Points != 0 || s.Series != 0 || s.First != 0 {
		t.Errorf("figures are %+v", s)
	}
	must(t, ts.Close())
	if err := ts.Erase(t.Context(), map[string]int64{"x": Everything}); !errors.Is(err, ErrClosed) {
		t.Errorf("delete after close: %v", err)
	}
}

// Of windows that several blocks have the one with the most points counts.
func TestMostPointsCount(t *testing.T) {
	ts := openTestTiers(t, t.TempDir(), testOptions(), []CoarseOptions{{Iterations: 60}})
	c := ts.coarse[0]
	add := func(v float64, windows ...[2]int) {
		w, err := newBlockWriter(c.dir, c.step, c.now())
		must(t, err)
		for _, window := range windows {
			a := aggregate{window: epoch/60 + int64(window[0])}
			for range window[1] {
				a.add(v, false)
			}
			w.record.add(&a)
		}
		must(t, w.add(appendKey(nil, key{guid, "a", "x"})))
		b, err := w.finish(nil, nil)
		must(t, err)
		must(t, c.replace(b))
	}
	add(1, [2]int{1, 10}, [2]int{2, 60}, [2]int{3, 20}, [2]int{9, 60})
	add(2, [2]int{3, 60}, [2]int{4, 60}, [2]int{5, 30})
	add(3, [2]int{1, 9}, [2]int{5, 31}, [2]int{7, 1}, [2]int{9, 59})
	check := func() {
		t.Helper()
		var got string
		for _, p := range readTiers(t, ts, Query{GUID: guid, Chart: "a", Dimensions: []string{"x"}, After: epoch, Before: epoch + 3600, Tier: 1}) {
			got += fmt.Sprintf("%d:%v×%d ", (p.End-epoch)/60, p.Min, p.Count)
		}
		if want := "1:1×10 2:1×60 3:2×60 4:2×60 5:3×31 7:3×1 9:1×60 "; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	check()
	blocks := c.blocksOfStep()
	merged, err := c.merge(t.Context(), blocks, nil)
	must(t, err)
	must(t, c.replace(merged, blocks...))
	check()
}

func TestReadingIsClosed(t *testing.T) {
	ts := openTestTiers(t, t.TempDir(), testOptions(), []CoarseOptions{{Iterations: 60}})
	addBlock(t, ts.coarse[0], epoch, epoch+86400, guid)
	q := Query{GUID: guid, Chart: "a.chart", Dimensions: []string{"1", "2"}, After: epoch, Before: epoch + 86400, Width: 60}
	r, err := ts.Select(t.Context(), q)
	must(t, err)
	buf := make([]query.Point, 10)
	if n, err := r.Cursors[0].Read(buf); n != 10 || err != nil {
		t.Errorf("read %d points, %v", n, err)
	}
	for range 2 {
		must(t, r.Close())
	}
	for _, c := range r.Cursors {
		if _, err := c.Read(buf); !errors.Is(err, ErrClosed) {
			t.Errorf("read after close: %v", err)
		}
	}
	r, err = ts.Select(t.Context(), q)
	must(t, err)
	must(t, ts.Close())
	if _, err := r.Cursors[0].Read(buf); !errors.Is(err, ErrClosed) {
		t.Errorf("read after the tiers were closed: %v", err)
	}
	must(t, r.Close())
	if _, err := ts.Select(t.Context(), q); !errors.Is(err, ErrClosed) {
		t.Errorf("select after close: %v", err)
	}
	if err := ts.Derive(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("derive after close: %v", err)
	}
}

func TestOtherResolution(t *testing.T) {
	dir := t.TempDir()
	open := func(iterations int) *Tiers {
		return openTestTiers(t, dir, testOptions(), []CoarseOptions{{Iterations: iterations}})
	}
	ts := open(60)
	addBlock(t, ts.coarse[0], epoch, epoch+86400, guid)
	must(t, ts.Close())
	ts = open(30)
	q := Query{GUID: guid, Chart: "a.chart", Dimensions: []string{"1"}, After: epoch, Before: epoch + 86400, Width: 60}
	if n := len(readTiers(t, ts, q)); n != 0 {
		t.Errorf("%d points of another resolution are read", n)
	}
	if s := ts.TierStats()[1]; s.BlockBytes == 0 || s.Points != 0 {
		t.Errorf("figures are %+v", s)
	}
	must(t, ts.Close())
	if n := len(readTiers(t, open(60), q)); n != 1440 {
		t.Errorf("%d points, want 1440", n)
	}
}

func TestCoarseOptionsAreChecked(t *testing.T) {
	for _, o := range [][]CoarseOptions{
		{{Iterations: 1}}, {{}}, {{Iterations: 60, Retention: -1}}, {{Iterations: 60, MaxBytes: -1}},
		{{Iterations: 3600}, {Iterations: 3600}, {Iterations: 3600}},
	} {
		if ts, err := OpenTiers(t.TempDir(), testOptions(), o); err == nil {
			t.Errorf("options are accepted: %+v", o)
			_ = ts.Close()
		}
	}
}

// A block that cannot be opened at all is set aside.
func TestUnreadableBlock(t *testing.T) {
	dir := t.TempDir()
	ts := openTestTiers(t, dir, testOptions(), []CoarseOptions{{Iterations: 60}})
	var paths []string
	for i := range int64(5) {
		paths = append(paths, addBlock(t, ts.coarse[0], epoch+i*3600, epoch+(i+1)*3600, guid).path)
	}
	must(t, ts.Close())
	whole, err := os.ReadFile(paths[0])
	must(t, err)
	must(t, os.Truncate(paths[0], int64(len(whole)-1)))
	must(t, os.WriteFile(paths[1], nil, 0o600))
	whole[len(whole)-trailerSize-20] ^= 1 // in the meta
	must(t, os.WriteFile(paths[2], whole, 0o600))
	whole[len(whole)-1]++ // the version
	must(t, os.WriteFile(paths[3], whole, 0o600))
	ts = openTestTiers(t, dir, testOptions(), []CoarseOptions{{Iterations: 60}})
	if n := len(ts.coarse[0].blocksOfStep()); n != 1 {
		t.Errorf("%d blocks are open", n)
	}
	for i, path := range paths {
		name := path
		if i < 3 {
			name += aside
		}
		if _, err := os.Stat(name); err != nil {
			t.Error(err)
		}
	}
}

// Of a damaged block that can be opened the rest is kept.
func TestDamagedBlockIsMended(t *testing.T) {
	ts := openTestTiers(t, t.TempDir(), testOptions(), []CoarseOptions{{Iterations: 60}})
	hosts := make([]string, 200) // more than one page
	for i := range hosts {
		hosts[i] = fmt.Sprintf("host%03d", i)
	}
	b := addBlock(t, ts.coarse[0], epoch, epoch+3600, hosts...)
	if len(b.pages) < 2 {
		t.Fatalf("%d pages", len(b.pages))
	}
	f, err := os.OpenFile(b.path, os.O_RDWR, 0)
	must(t, err)
	_, err = f.WriteAt([]byte("damage"), int64(len(blockMagic))+2) // the first record
	must(t, err)
	_, err = f.WriteAt([]byte("damage"), b.pages[1].at+100)
	must(t, errors.Join(err, f.Close()))
	failed := 0
	points := func(host string, dimension int) int {
		r, err := ts.Select(t.Context(), Query{GUID: host, Chart: "a.chart", Dimensions: []string{fmt.Sprint(dimension)}, After: epoch, Before: epoch + 3600, Tier: 1})
		if err != nil {
			failed++
			return 0
		}
		defer r.Close()
		n, err := r.Cursors[0].Read(make([]query.Point, 100))
		if errors.Is(err, errCorrupt) {
			failed++
			return 0
		}
		return n
	}
	if points("host000", 0); failed != 1 {
		t.Error("damage is not noticed")
	}
	mustDerive(t, ts)
	failed = 0
	kept := 0
	for _, host := range hosts {
		for i := range 10 {
			if points(host, i) == 60 {
				kept++
			}
		}
	}
	all := len(hosts) * 10
	if failed > 0 || kept < all/3 || kept == all || points("host000", 0) != 0 || points("host000", 1) != 60 {
		t.Errorf("%d of %d series are left, %d cannot be read", kept, all, failed)
	}
}
