package tier

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/prometheus/tsdb"
)

// TestKilledBetweenTwoLogs: the TSDB writes the points of a batch into its log, and those that came too late for the
// in-order part of the head into a second log. A process that is killed in between must not keep newer points of a series
// without the older ones: nobody would ask for these again.
func TestKilledBetweenTwoLogs(t *testing.T) {
	dir := t.TempDir()
	r := openRaw(t, dir, compactingOptions())
	manual(r)
	f := newFeeder(t, r)
	const now = epoch + 1000
	for at := epoch + 1; at <= now; at++ {
		f.append(series("a.live", "x"), at, ramp(at), 0)
	}
	f.commit()
	if err := r.compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(r.db.Blocks()) == 0 {
		t.Fatal("no block was cut")
	}
	// Replays of which the older part comes too late for the in-order part of the head.
	for chart, batch := range map[string]int64{"a.large": 1000, "a.small": 97} {
		s := series(chart, "x")
		for at := now - 999; at <= now; at++ {
			full := at%batch == 0 || at == now
			// Besides, batches end where the parts of the store do.
			if !full && at%120 != 0 && at != now-60 {
				f.append(s, at, ramp(at), 0)
				continue
			}
			before := copyDir(t, filepath.Join(dir, "wbl"))
			f.append(s, at, ramp(at), 0)
			if full {
				f.commit()
			}
			killed := copyDir(t, dir)
			if err := os.RemoveAll(filepath.Join(killed, "wbl")); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(before, filepath.Join(killed, "wbl")); err != nil {
				t.Fatal(err)
			}
			k := openRaw(t, killed, compactingOptions())
			spans, err := k.Retention(t.Context(), guid)
			if err != nil {
				t.Fatal(err)
			}
			if last := spans[chart].Last; last != 0 {
				wantRamp(t, read(t, k, chart, "x", epoch, last), now-999, last)
			}
			if err := k.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A tier that is closed in order is opened with what was kept of its head, also when it had late points.
func TestClosedWithLatePoints(t *testing.T) {
	dir := t.TempDir()
	r := openRaw(t, dir, compactingOptions())
	f := newFeeder(t, r)
	for at := epoch + 1001; at <= epoch+1100; at++ {
		f.append(series("a.live", "x"), at, ramp(at), 0)
	}
	f.commit()
	for at := epoch + 1; at <= epoch+500; at++ {
		f.append(series("a.late", "x"), at, ramp(at), 0)
	}
	f.commit()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if late, err := hasRecords(filepath.Join(dir, "wbl")); late || err != nil {
		t.Errorf("late points are left in their log, error %v", err)
	}
	r = openRaw(t, dir, compactingOptions())
	if kept, err := filepath.Glob(filepath.Join(dir, "chunk_snapshot.*")); len(kept) != 1 {
		t.Errorf("of the head is kept %v, error %v", kept, err)
	}
	wantRamp(t, read(t, r, "a.late", "x", epoch, epoch+500), epoch+1, epoch+500)
	wantRamp(t, read(t, r, "a.live", "x", epoch, epoch+1100), epoch+1001, epoch+1100)
}

// Late points that went into blocks when the tier was closed are not kept in the head when it is opened.
func TestSettledPointsAreForgotten(t *testing.T) {
	dir := t.TempDir()
	r := openRaw(t, dir, compactingOptions())
	f := newFeeder(t, r)
	f.ramp(epoch+801, epoch+900, series("a.b", "x"))
	f.ramp(epoch+1, epoch+500, series("a.b", "x"))
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	r = openRaw(t, dir, compactingOptions())
	late := func() []span {
		spans, err := r.lateSpans(t.Context(), &Query{GUID: guid, Chart: "a.b"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return spans
	}
	if spans := late(); len(spans) > 0 {
		t.Errorf("the head has late points from %v", spans)
	}
	f = newFeeder(t, r)
	f.ramp(epoch+501, epoch+800, series("a.b", "x")) // others that come are kept
	if len(late()) == 0 {
		t.Error("the head has no late points")
	}
	wantRamp(t, read(t, r, "a.b", "x", epoch, epoch+900), epoch+1, epoch+900)
}

// A series that comes when another has left the head does not get the reference of that one, not after a stop either: when
// the process is killed then, the log has both.
func TestReferencesAreNotGivenAgain(t *testing.T) {
	dir := t.TempDir()
	r := openRaw(t, dir, compactingOptions())
	manual(r)
	f := newFeeder(t, r)
	live, gone, fresh := series("a.live", "x"), series("a.gone", "x"), series("a.fresh", "x")
	f.ramp(epoch+1, epoch+100, live, gone)
	f.ramp(epoch+101, epoch+300, live)
	if err := r.compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := r.db.Head().NumSeries(); n != 1 {
		t.Fatalf("%d series are in the head, want 1", n)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}

	r = openRaw(t, dir, compactingOptions())
	manual(r)
	given := f.refs[gone]
	f = newFeeder(t, r)
	f.ramp(epoch+301, epoch+310, live, fresh)
	if f.refs[fresh] == given {
		t.Errorf("reference %d is given again", given)
	}

	r = openRaw(t, copyDir(t, dir), compactingOptions())
	manual(r)
	f = newFeeder(t, r)
	f.ramp(epoch+311, epoch+320, live, fresh)
	for at := epoch + 311; at <= epoch+320; at++ {
		f.append(gone, at, -1, 0)
	}
	f.commit()
	wantRamp(t, read(t, r, "a.live", "x", epoch, epoch+320), epoch+1, epoch+320)
	wantRamp(t, read(t, r, "a.fresh", "x", epoch, epoch+320), epoch+301, epoch+320)
	wantRamp(t, read(t, r, "a.gone", "x", epoch, epoch+310), epoch+1, epoch+100)
	for _, p := range read(t, r, "a.gone", "x", epoch+310, epoch+320) {
		if p.Sum != -1 {
			t.Errorf("%+v, want the value -1", p)
		}
	}
}

// The highest reference of a series is written when the tier is closed, not each second. A tier whose process was killed goes on
// with what the log has: with no file of the reference at first, then with an old one.
func TestStateIsWrittenOnce(t *testing.T) {
	dir := t.TempDir()
	var all []Series
	run := func(chart string) *Raw {
		t.Helper()
		r := openRaw(t, dir, compactingOptions())
		manual(r)
		all = append(all, series(chart, "x"))
		f, at := newFeeder(t, r), epoch+int64(10*len(all))
		f.ramp(at, at+9, all...)
		if last := f.refs[all[len(all)-1]]; last != uint64(len(all)) {
			t.Errorf("reference %d was given, want %d", last, len(all))
		}
		return r
	}
	state := func() []byte {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(dir, stateFile))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		return text
	}
	closed := func(r *Raw) {
		t.Helper()
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		var s tsdb.SeriesLifecycleState
		if err := json.Unmarshal(state(), &s); err != nil || !s.CleanShutdown || s.LastSeriesID != uint64(len(all)) {
			t.Errorf("%+v is kept of %d series, error %v", s, len(all), err)
		}
		if left, err := exists(filepath.Join(dir, stateFile+heldSuffix)); left || err != nil {
			t.Errorf("the directory is left: %v, error %v", left, err)
		}
	}
	run("a.first")
	time.Sleep(1200 * time.Millisecond)
	if text := state(); text != nil {
		t.Errorf("%s is written while the tier is open", text)
	}
	dir = copyDir(t, dir)
	closed(run("a.second"))
	old := state()
	run("a.third")
	dir = copyDir(t, dir)
	if text := state(); !bytes.Equal(text, old) {
		t.Errorf("%s is written while the tier is open, was %s", text, old)
	}
	closed(run("a.fourth"))
	closed(run("a.fifth"))
}

// A tier that could not write the highest reference when it was closed is opened as after a kill.
func TestStateIsNotWritten(t *testing.T) {
	dir := t.TempDir()
	r, err := Open(dir, compactingOptions())
	if err != nil {
		t.Fatal(err)
	}
	f := newFeeder(t, r)
	f.ramp(epoch+1, epoch+10, series("a.b", "x"))
	// What is in the directory keeps it from being removed.
	inside := filepath.Join(dir, stateFile+heldSuffix, "x")
	if err := os.WriteFile(inside, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err == nil {
		t.Error("no error")
	}
	if killed, err := exists(filepath.Join(dir, unclean)); !killed || err != nil {
		t.Errorf("it is marked as not closed in order: %v, error %v", killed, err)
	}
	if err := os.Remove(inside); err != nil {
		t.Fatal(err)
	}
	r = openRaw(t, dir, compactingOptions())
	wantRamp(t, read(t, r, "a.b", "x", epoch, epoch+10), epoch+1, epoch+10)
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// Late points newer than what was cut off the head do not make the rest of the head forgotten when they get merged.
func TestKilledWithLatePointsInBlocks(t *testing.T) {
	dir := t.TempDir()
	r := openRaw(t, dir, compactingOptions())
	manual(r)
	f := newFeeder(t, r)
	f.ramp(epoch, epoch+420, series("a.live", "x"))
	if err := r.compact(t.Context()); err != nil { // cuts two blocks, of the three that are merged into one
		t.Fatal(err)
	}
	f.ramp(epoch+421, epoch+560, series("a.live", "x"))
	f.ramp(epoch+240, epoch+479, series("a.late", "x"))
	if err := r.flushLate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := r.db.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := func(r *Raw) {
		t.Helper()
		wantRamp(t, read(t, r, "a.live", "x", epoch-1, epoch+560), epoch, epoch+560)
		wantRamp(t, read(t, r, "a.late", "x", epoch, epoch+560), epoch+240, epoch+479)
	}
	want(r)
	want(openRaw(t, copyDir(t, dir), compactingOptions()))

	// When the rest is cut, all are merged.
	f.ramp(epoch+561, epoch+900, series("a.live", "x"))
	if err := r.compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(r.db.Blocks()); n > 4 {
		t.Errorf("there are still %d blocks", n)
	}
}

// Late points that the TSDB has listed to write into a block, and not written, are not forgotten when more of the series came
// meanwhile.
func TestKilledWhileWritingLate(t *testing.T) {
	dir := t.TempDir()
	r := openRaw(t, dir, compactingOptions())
	manual(r)
	f := newFeeder(t, r)
	f.ramp(epoch+1, epoch+1000, series("a.live", "x"))
	if err := r.compact(t.Context()); err != nil { // of what is before, the log of late points alone has it
		t.Fatal(err)
	}
	f.ramp(epoch+1, epoch+300, series("a.late", "x"))
	if _, err := tsdb.NewOOOCompactionHead(t.Context(), r.db.Head()); err != nil {
		t.Fatal(err)
	}
	f.ramp(epoch+301, epoch+400, series("a.late", "x"))
	killed := copyDir(t, dir)
	for range 2 { // and once more while it mends
		killed = copyDir(t, killed)
		if _, err := mend(killed, r.log); err != nil {
			t.Fatal(err)
		}
	}
	k := openRaw(t, killed, compactingOptions())
	wantRamp(t, read(t, k, "a.late", "x", epoch, epoch+1000), epoch+1, epoch+400)
}
