package notify

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"foster/health/alert"
	"foster/health/notify/service"
)

func TestTransitionRoundTrip(t *testing.T) {
	before := change(5, "web1", alert.Warning, alert.Critical)
	before.OldValue, before.NewValue = math.NaN(), 1.5
	before.WarningAlerts, before.Flags, before.Duration = []string{"a=1"}, alert.Recurring, time.Minute
	text, err := json.Marshal(transition(before))
	if err != nil {
		t.Fatal(err)
	}
	var after transition
	if err := json.Unmarshal(text, &after); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(before, alert.Transition(after), cmpopts.EquateNaNs()); d != "" {
		t.Error(d)
	}
}

// TestUpkeep: what is written is synced syncEvery later at the latest, and what fails is tried again; nothing is done in between.
func TestUpkeep(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		c := quick(ServiceConfig{Name: "hook", URL: "generic://nowhere.example/"})
		c.GroupWait = 1000 * time.Hour
		var log strings.Builder
		h, err := Open(t.Context(), Options{Config: c, Dir: dir, Log: slog.New(slog.NewTextHandler(&log, nil)), Transport: &wire{status: 503}})
		if err != nil {
			t.Fatal(err)
		}
		h.mu.Lock()
		j := h.journal
		h.mu.Unlock()
		dirty := func(want bool) {
			t.Helper()
			synctest.Wait()
			h.mu.Lock()
			defer h.mu.Unlock()
			if j.dirty != want {
				t.Errorf("not synced: %v, want %v", j.dirty, want)
			}
		}
		id := int64(0)
		notify := func() {
			id++
			h.Notify(change(id, "web1", alert.Clear, alert.Critical))
		}
		for range 3 {
			pass(time.Hour)
			notify()
			pass(syncEvery / 2)
			notify()
			pass(syncEvery/2 - time.Nanosecond)
			dirty(true)
			pass(time.Nanosecond)
			dirty(false)
		}
		// What nobody has told of is not looked for.
		h.mu.Lock()
		j.dirty = true
		h.mu.Unlock()
		pass(time.Hour)
		dirty(true)
		h.mu.Lock()
		j.dirty = false
		h.mu.Unlock()

		// A file that cannot be synced is tried again, and that is said once.
		notify()
		h.mu.Lock()
		whole := j.file
		if j.file, err = os.Open(filepath.Join(dir, journalName)); err != nil {
			t.Error(err)
		}
		j.file.Close()
		h.mu.Unlock()
		pass(10 * syncEvery)
		dirty(true)
		h.mu.Lock()
		j.file = whole
		h.mu.Unlock()
		pass(syncEvery)
		dirty(false)
		if n := strings.Count(log.String(), "sync the journal"); n != 1 {
			t.Errorf("%d times in the log:\n%s", n, log.String())
		}

		// A compaction that fails leaves the journal as it is, to be synced, and comes again when it has grown further.
		aside := filepath.Join(dir, journalName+".new")
		if err := os.MkdirAll(filepath.Join(aside, "x"), 0o750); err != nil {
			t.Fatal(err)
		}
		h.mu.Lock()
		j.size += minCompact
		h.mu.Unlock()
		notify()
		pass(syncEvery)
		dirty(true)
		pass(syncEvery)
		dirty(false)
		if n := strings.Count(log.String(), "keep the journal"); n != 1 {
			t.Errorf("%d times in the log:\n%s", n, log.String())
		}
		if err := os.RemoveAll(aside); err != nil {
			t.Fatal(err)
		}
		h.mu.Lock()
		j.size += 4 * j.base
		h.mu.Unlock()
		notify()
		pass(syncEvery)
		dirty(true) // the new file
		h.mu.Lock()
		if j.base == 0 || j.base > minCompact {
			t.Errorf("the journal has %d bytes after it was compacted", j.base)
		}
		h.mu.Unlock()
		pass(syncEvery)
		dirty(false)
		closeHub(t, h)
	})
}

// FuzzJournal reads any file, writes anew what it says, and reads that.
func FuzzJournal(f *testing.F) {
	dir := f.TempDir()
	c := quick(ServiceConfig{Name: "hook", URL: "generic://nowhere.example/"})
	h, err := Open(f.Context(), Options{Config: c, Dir: dir, Transport: &wire{status: 503}})
	if err != nil {
		f.Fatal(err)
	}
	h.Notify(change(1, "web1", alert.Clear, alert.Critical))
	h.Notify(change(2, "web1", alert.Critical, alert.Clear))
	var seed bytes.Buffer
	h.mu.Lock()
	for _, rec := range h.state.records(time.Now()) {
		_ = json.NewEncoder(&seed).Encode(rec)
	}
	h.mu.Unlock()
	if err := h.Close(f.Context()); err != nil {
		f.Fatal(err)
	}
	f.Add(seed.Bytes())
	f.Add([]byte(`{"in":{"t":{"GlobalID":1},"items":[{"id":1,"s":"a"},{"id":1,"s":"b"}]}}` + "\n" + `{"try":{"items":[1]}}` + "\n" + `{"end":{"items":[1,1,2],"o":"sent"}}`))
	f.Add([]byte(`{"alert":{"told":[{"s":"x","st":4}]}}{}` + "\n\n{" + "\n" + `{"rate":{"s":"x","sent":[]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		s := newState(map[string]*service.Service{})
		if _, err := readRecords(bytes.NewReader(text), s.apply); err != nil {
			t.Fatal(err)
		}
		var again bytes.Buffer
		for _, rec := range s.records(time.Now()) {
			if err := json.NewEncoder(&again).Encode(rec); err != nil {
				t.Fatal(err)
			}
		}
		next := newState(map[string]*service.Service{})
		bad, err := readRecords(&again, next.apply)
		if err != nil || bad > 0 || len(next.items) != len(s.items) || len(next.log.newest()) != len(s.log.newest()) {
			t.Errorf("%d bad, %v; %d items and %d entries, were %d and %d", bad, err, len(next.items), len(next.log.list), len(s.items), len(s.log.list))
		}
	})
}

// BenchmarkNotify measures what the engine waits for, with a service that is dead.
func BenchmarkNotify(b *testing.B) {
	c := quick(ServiceConfig{Name: "hook", URL: "generic://nowhere.example/"})
	c.GroupWait = time.Hour
	h, err := Open(b.Context(), Options{Config: c, Dir: b.TempDir(), Log: slog.New(slog.DiscardHandler), Transport: &wire{status: 503}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = h.Close(b.Context()) })
	b.ReportAllocs()
	i := int64(0)
	for b.Loop() {
		i++
		t := change(i, "web1", alert.Clear, alert.Critical)
		t.AlarmID = i % 100000
		h.Notify(t)
	}
}
