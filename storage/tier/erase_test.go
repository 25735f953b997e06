package tier

import (
	"context"
	"errors"
	"testing"
	"time"
)

const stranger = "a1a2a3a4-0000-4000-8000-000000000002"

// fillBlocks stores one series of each of two hosts, of which the end stays in the head. Some points of both may come late.
func fillBlocks(t *testing.T, r *Raw, seconds int64, late bool) {
	t.Helper()
	f := newFeeder(t, r)
	other := series("a.b", "x")
	other.GUID = stranger
	value := func(s Series, at int64) float64 {
		if s == other {
			return ramp(at) + 0.5 // or they would share their chunks
		}
		return ramp(at)
	}
	for at := epoch + 1; at <= epoch+seconds; at++ {
		for _, s := range []Series{series("a.b", "x"), other} {
			if late && at%1000 >= 900 {
				continue
			}
			f.append(s, at, value(s, at), 0)
		}
		if at%50 == 0 {
			f.commit()
		}
	}
	for at := epoch + 1; late && at <= epoch+seconds; at++ {
		for _, s := range []Series{series("a.b", "x"), other} {
			if at%1000 >= 900 {
				f.append(s, at, value(s, at), 0)
			}
		}
		if at%50 == 0 {
			f.commit()
		}
	}
	f.commit()
}

func readHost(t *testing.T, r *Raw, guid string) (points []int64) {
	t.Helper()
	sel, err := r.Select(t.Context(), guid, "a.b", []string{"x"}, 1, epoch, epoch+100_000)
	if err != nil {
		t.Fatal(err)
	}
	defer sel.Close()
	for _, p := range drain(t, sel.Cursors[0]) {
		points = append(points, p.End)
	}
	return points
}

func wantHolds(t *testing.T, r *Raw, guid string, want bool) {
	t.Helper()
	if holds, err := r.Holds(t.Context(), guid); err != nil || holds != want {
		t.Errorf("tier holds points of %s: %v, error %v; want %v", guid, holds, err, want)
	}
}

func compact(t *testing.T, r *Raw) {
	t.Helper()
	if err := r.compact(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestErase(t *testing.T) {
	t.Run("late points", func(t *testing.T) { testErase(t, true, false) })
	t.Run("restart", func(t *testing.T) { testErase(t, false, true) })
}

func testErase(t *testing.T, late, restart bool) {
	const seconds = 4000
	dir := t.TempDir()
	r := openRaw(t, dir, compactingOptions())
	manual(r)
	fillBlocks(t, r, seconds, late)
	compact(t, r)
	if len(r.db.Blocks()) < 2 {
		t.Fatalf("%d blocks", len(r.db.Blocks()))
	}
	if n := len(readHost(t, r, guid)); n != seconds {
		t.Fatalf("%d points are stored", n)
	}
	size := r.Stats().BlockBytes
	all := map[string]int64{guid: Everything}
	if err := r.Erase(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	for _, b := range r.db.Blocks() {
		if b.Meta().Stats.NumTombstones > 0 {
			t.Errorf("block %s still has what was erased", b.Meta().ULID)
		}
	}
	if after := r.Stats().BlockBytes; after > size*3/4 {
		t.Errorf("blocks take %d bytes, before it was %d", after, size)
	}
	if n := len(readHost(t, r, stranger)); n != seconds {
		t.Errorf("of another host %d points are left", n)
	}
	wantHolds(t, r, guid, true) // series in the head
	wantHolds(t, r, "nobody", false)

	if restart { // what was erased does not come back
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		r = openRaw(t, dir, compactingOptions())
		manual(r)
	}
	if n := len(readHost(t, r, stranger)); n != seconds {
		t.Errorf("of another host %d points are left then", n)
	}
	// Time goes by without the host, until nothing is left of it.
	f := newFeeder(t, r)
	other := series("a.b", "x")
	other.GUID = stranger
	for at := epoch + int64(seconds+1); at <= epoch+seconds+1000; at++ {
		f.append(other, at, ramp(at), 0)
	}
	f.commit()
	for range 3 {
		compact(t, r)
		if err := r.Erase(t.Context(), all); err != nil {
			t.Fatal(err)
		}
	}
	wantHolds(t, r, guid, false)
	if points := readHost(t, r, guid); len(points) != 0 {
		t.Errorf("%d points are left", len(points))
	}
	if n := len(readHost(t, r, stranger)); n != seconds+1000 {
		t.Errorf("of another host %d points are left in the end", n)
	}
	// It may come back under the same name.
	back := series("a.b", "x")
	for at := epoch + int64(seconds); at <= epoch+seconds+1000; at++ {
		f.append(back, at, ramp(at), 0)
	}
	f.commit()
	if n := len(readHost(t, r, guid)); n != 1001 {
		t.Errorf("of 1001 new points %d are stored", n)
	}
}

// Only what ends at or before a time is erased.
func TestEraseBefore(t *testing.T) {
	const seconds, at = 4000, epoch + 1234
	r := openRaw(t, t.TempDir(), compactingOptions())
	manual(r)
	fillBlocks(t, r, seconds, true)
	compact(t, r)
	if err := r.Erase(t.Context(), map[string]int64{guid: at}); err != nil {
		t.Fatal(err)
	}
	points := readHost(t, r, guid)
	if int64(len(points)) != seconds-(at-epoch) || points[0] != at+1 {
		t.Errorf("%d points are left, the first is %d; want %d", len(points), points[0]-epoch, at+1-epoch)
	}
	if n := len(readHost(t, r, stranger)); n != seconds {
		t.Errorf("of another host %d points are left", n)
	}
	spans, err := r.Retention(t.Context(), guid)
	if err != nil || spans["a.b"] != (Span{at + 1, epoch + seconds}) {
		t.Errorf("retention is %+v, error %v", spans, err)
	}
	before := r.Stats().BlockBytes
	if err := r.Erase(t.Context(), map[string]int64{guid: at, stranger: epoch - 10}); err != nil {
		t.Fatal(err)
	}
	if after := r.Stats().BlockBytes; after != before {
		t.Errorf("with nothing to erase the blocks went from %d to %d bytes", before, after)
	}
}

func TestEraseClosed(t *testing.T) {
	r := openRaw(t, t.TempDir(), testOptions())
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := r.Erase(t.Context(), map[string]int64{guid: Everything}); !errors.Is(err, ErrClosed) {
		t.Errorf("erase after close: %v", err)
	}
	if _, err := r.Holds(t.Context(), guid); !errors.Is(err, ErrClosed) {
		t.Errorf("holds after close: %v", err)
	}
}

// Erasing waits for readers of the blocks that it writes anew. Who closes the tier meanwhile ends them.
func TestCloseWhileErasing(t *testing.T) {
	r := openRaw(t, t.TempDir(), compactingOptions())
	manual(r)
	fillBlocks(t, r, 1000, false)
	compact(t, r)
	s, err := r.Select(t.Context(), guid, "a.b", []string{"x"}, 1, epoch, epoch+1000)
	if err != nil {
		t.Fatal(err)
	}
	oldest := idOf(r.db.Blocks()[0])
	erased := make(chan error, 1)
	go func() { erased <- r.Erase(context.Background(), map[string]int64{guid: Everything}) }()
	for deadline := time.Now().Add(time.Minute); idOf(r.db.Blocks()[0]) == oldest; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nothing is erased")
		}
	}
	closed := make(chan error, 1)
	go func() { closed <- r.Close() }()
	select {
	case err := <-closed:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		_ = s.Close()
		t.Error("the tier is not closed while somebody reads")
	}
	if err := <-erased; err != nil && !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
