package tier

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunks"

	"foster/storage/query"
)

// wantSpan checks what Retention says of a chart.
func wantSpan(t *testing.T, r *Raw, chart string, first, last int64) {
	t.Helper()
	spans, err := r.Retention(t.Context(), guid)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := spans[chart], (Span{first, last}); got != want {
		t.Errorf("span of %s is %d to %d, want %d to %d", chart, got.First-epoch, got.Last-epoch, first-epoch, last-epoch)
	}
}

func compactingOptions() Options {
	o := testOptions()
	o.BlockDuration = 2 * time.Minute
	o.OutOfOrder = time.Hour
	o.Retention = 10 * time.Hour // blocks of up to an hour
	return o
}

func TestCompactionKeepsPoints(t *testing.T) {
	dir := t.TempDir()
	r := openRaw(t, dir, compactingOptions())
	manual(r) // the test says when
	f := newFeeder(t, r)
	steady, ended, replayed := series("a.b", "steady"), series("a.ended", "x"), series("a.replayed", "x")
	sel, err := r.Select(t.Context(), guid, "a.b", []string{"steady"}, 1, epoch, epoch+10_000)
	if err != nil {
		t.Fatal(err)
	}
	if points := drain(t, sel.Cursors[0]); points != nil {
		t.Errorf("an empty tier has points: %v", points)
	}
	if err := sel.Close(); err != nil {
		t.Fatal(err)
	}
	const end = epoch + 3000
	replay := epoch + 1
	for at := epoch + 1; at <= end; at++ {
		f.append(steady, at, ramp(at), 0)
		if at <= epoch+400 {
			f.append(ended, at, ramp(at), 0)
		}
		if at == epoch+1000 {
			f.append(replayed, at, ramp(at), 0)
		}
		if at > epoch+1500 && replay < epoch+1000 {
			f.append(replayed, replay, ramp(replay), 0)
			replay++
		}
		if at%50 == 0 {
			f.commit()
		}
		if at%500 == 0 {
			if err := r.compact(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	f.commit()
	if n := len(r.db.Blocks()); n < 3 {
		t.Errorf("only %d blocks were cut", n)
	}
	check := func(r *Raw) {
		t.Helper()
		wantRamp(t, read(t, r, "a.b", "steady", epoch, end), epoch+1, end)
		wantRamp(t, read(t, r, "a.b", "steady", epoch+123, epoch+777), epoch+124, epoch+777)
		wantRamp(t, read(t, r, "a.ended", "x", epoch, end), epoch+1, epoch+400)
		wantRamp(t, read(t, r, "a.replayed", "x", epoch, end), epoch+1, epoch+1000)
		wantSpan(t, r, "a.b", epoch+1, end)
		wantSpan(t, r, "a.ended", epoch+1, epoch+400)
		wantSpan(t, r, "a.replayed", epoch+1, epoch+1000)
	}
	check(r)
	if s := r.Stats(); s.BlockBytes == 0 || s.First > epoch+1 || s.Last < end {
		t.Errorf("figures are %+v", s)
	}

	// The series that ended has left the head; its reference leads nowhere or to a new series.
	ref := f.refs[ended]
	f.append(ended, end+1, ramp(end+1), 0)
	f.commit()
	if f.refs[ended] == ref {
		t.Error("the reference of a series that left the head is still in use")
	}
	wantSpan(t, r, "a.ended", epoch+1, end+1)

	check2 := openRaw(t, copyDir(t, dir), compactingOptions())
	wantRamp(t, read(t, check2, "a.b", "steady", epoch, end), epoch+1, end)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	r = openRaw(t, dir, compactingOptions())
	wantRamp(t, read(t, r, "a.b", "steady", epoch, end), epoch+1, end)
	wantRamp(t, read(t, r, "a.replayed", "x", epoch, end), epoch+1, epoch+1000)
}

// Compaction in the background, as it runs in production, under readers.
func TestReadWhileCompacting(t *testing.T) {
	r := openRaw(t, t.TempDir(), compactingOptions())
	f := newFeeder(t, r)
	s := series("a.b", "c")
	for at := epoch + 1; at <= epoch+2000; at++ {
		f.append(s, at, ramp(at), 0)
		if at%20 != 0 {
			continue
		}
		f.commit()
		if at%100 == 0 {
			wantRamp(t, read(t, r, "a.b", "c", epoch, at), epoch+1, at)
			wantSpan(t, r, "a.b", epoch+1, at)
		}
	}
}

// An open selection keeps the chunks it reads, whatever is compacted meanwhile.
func TestSelectionOutlivesBlocks(t *testing.T) {
	r := openRaw(t, t.TempDir(), compactingOptions())
	f := newFeeder(t, r)
	s := series("a.b", "c")
	for at := epoch + 1; at <= epoch+1000; at++ {
		f.append(s, at, ramp(at), 0)
	}
	f.commit()
	if err := r.compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	sel, err := r.Select(t.Context(), guid, "a.b", []string{"c"}, 1, epoch, epoch+400)
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]query.Point, 100)
	if _, err := sel.Cursors[0].Read(buf); err != nil {
		t.Fatal(err)
	}
	for at := epoch + 1001; at <= epoch+2000; at++ {
		f.append(s, at, ramp(at), 0)
	}
	f.commit()
	done := make(chan error, 1)
	go func() { done <- r.compact(t.Context()) }()
	points := drain(t, sel.Cursors[0])
	if err := sel.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	wantRamp(t, append(buf, points...), epoch+1, epoch+400)
}

// cutAll cuts all blocks off the head that can be, and merges none.
func cutAll(t *testing.T, r *Raw) {
	t.Helper()
	for r.cuttable() {
		if err := r.cut(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// Closing does not wait until blocks are merged.
func TestCloseEndsMerging(t *testing.T) {
	dir := t.TempDir()
	o := compactingOptions()
	var armed atomic.Bool
	merging, closing := make(chan struct{}), make(chan struct{})
	o.Free = func(string) (int64, error) {
		if armed.CompareAndSwap(true, false) { // merging is about to begin
			close(merging)
			<-closing
		}
		return 1 << 40, nil
	}
	r := openRaw(t, dir, o)
	manual(r)
	f := newFeeder(t, r)
	for at := epoch; at <= epoch+600; at++ {
		f.append(series("a.b", "c"), at, ramp(at), 0)
	}
	f.commit()
	cutAll(t, r)
	count := func() (n int) {
		err := eachBlock(dir, func(string, ulid.ULID) error { n++; return nil })
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	blocks := count()
	armed.Store(true)
	ended := make(chan error, 1)
	r.upkeeper.Go(func() { ended <- r.db.Compact(context.Background()) })
	<-merging
	stop := r.stopMerging
	r.stopMerging = func() {
		stop()
		close(closing)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("merging ended with %v", err)
	}
	if n := count(); n != blocks {
		t.Errorf("%d blocks became %d", blocks, n)
	}
	wantRamp(t, read(t, openRaw(t, dir, compactingOptions()), "a.b", "c", epoch-1, epoch+600), epoch, epoch+600)
}

// Series of the same values share their chunks, in blocks that were cut and in those that were merged, and each keeps its points
// when others lose theirs.
func TestSharedChunks(t *testing.T) {
	const seconds, dimensions = 2000, 20
	dir := t.TempDir()
	r := openRaw(t, dir, compactingOptions())
	manual(r)
	f := newFeeder(t, r)
	value := func(i int, at int64) float64 {
		if i == 7 {
			return ramp(at)
		}
		return float64(i / 10)
	}
	for at := epoch + 1; at <= epoch+seconds; at++ {
		for _, owner := range []string{guid, stranger} {
			for i := range dimensions {
				s := series("a.b", fmt.Sprint(i))
				s.GUID = owner
				f.append(s, at, value(i, at), 0)
			}
		}
		if at%50 == 0 {
			f.commit()
		}
	}
	compact(t, r)
	check := func(when string, hosts ...string) {
		t.Helper()
		for _, host := range hosts {
			for i := range dimensions {
				sel, err := r.Select(t.Context(), host, "a.b", []string{fmt.Sprint(i)}, 1, epoch, epoch+seconds)
				if err != nil {
					t.Fatal(err)
				}
				points := drain(t, sel.Cursors[0])
				if err := sel.Close(); err != nil {
					t.Fatal(err)
				}
				if len(points) != seconds {
					t.Fatalf("%s, dimension %d has %d points, want %d", when, i, len(points), seconds)
				}
				for k, p := range points {
					if at := epoch + 1 + int64(k); p.End != at || p.Sum != value(i, at) {
						t.Fatalf("%s, dimension %d is %v at %d, want %v at %d", when, i, p.Sum, p.End, value(i, at), at)
					}
				}
			}
		}
		for _, b := range r.db.Blocks() {
			// One dimension varies, and of the rest there are two values.
			if places, all := chunksOf(t, b); places != 3*all/(len(hosts)*dimensions) {
				t.Errorf("%s, a block of level %d has %d chunks in %d places", when, b.Meta().Compaction.Level, all, places)
			}
		}
	}
	check("first", guid, stranger)
	if !slices.ContainsFunc(r.db.Blocks(), func(b *tsdb.Block) bool { return b.Meta().Compaction.Level > 1 }) ||
		!slices.ContainsFunc(r.db.Blocks(), func(b *tsdb.Block) bool { return b.Meta().Compaction.Level == 1 }) {
		t.Error("not all kinds of blocks are there")
	}
	if err := r.Erase(t.Context(), map[string]int64{guid: Everything}); err != nil {
		t.Fatal(err)
	}
	check("without the other host", stranger)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	r = openRaw(t, dir, compactingOptions())
	check("after a restart", stranger)
}

// chunksOf returns in how many places a block has the chunks of its series, and how many these are.
func chunksOf(t *testing.T, b *tsdb.Block) (places, all int) {
	t.Helper()
	ix, err := b.Index()
	if err != nil {
		t.Fatal(err)
	}
	defer ix.Close()
	list, err := ix.Postings(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[chunks.ChunkRef]bool{}
	var builder labels.ScratchBuilder
	var metas []chunks.Meta
	for list.Next() {
		if err := ix.Series(list.At(), &builder, &metas); err != nil {
			t.Fatal(err)
		}
		for _, m := range metas {
			seen[m.Ref] = true
			all++
		}
	}
	return len(seen), all
}

// A block whose points cannot be read is not merged, nor tried again and again, and those that are not beside it are.
func TestMergeOfDamagedBlock(t *testing.T) {
	dir := t.TempDir()
	r := openRaw(t, dir, compactingOptions())
	manual(r)
	f := newFeeder(t, r)
	for at := epoch; at <= epoch+1000; at++ {
		f.append(series("a.b", "c"), at, ramp(at), 0)
	}
	f.commit()
	cutAll(t, r)
	before := len(r.db.Blocks())
	file := filepath.Join(r.db.Blocks()[1].Dir(), "chunks", "000001")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)/2] ^= 1
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.db.Compact(t.Context()); err == nil {
		t.Error("merging does not fail")
	}
	if n := len(r.db.Blocks()); n != before {
		t.Errorf("%d blocks became %d", before, n)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*.tmp*")); err != nil || left != nil {
		t.Errorf("%v is left, error %v", left, err)
	}
	if err := r.db.Compact(t.Context()); err != nil {
		t.Errorf("it is merged again: %v", err)
	}
	levels := map[int]int{}
	for _, b := range r.db.Blocks() {
		meta := b.Meta()
		levels[meta.Compaction.Level]++
		if failed := meta.Compaction.Failed; failed && meta.Compaction.Level > 1 || b.Dir() == filepath.Dir(filepath.Dir(file)) && !failed {
			t.Errorf("block %s of level %d is marked as failed: %v", meta.ULID, meta.Compaction.Level, failed)
		}
	}
	if levels[2] == 0 {
		t.Errorf("of the rest none is merged: blocks of each level are %v", levels)
	}
}
