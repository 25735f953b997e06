package tier

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

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
	for r.cuttable() {
		if err := r.cut(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
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
