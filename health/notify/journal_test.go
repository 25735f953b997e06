package notify

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"math"
	"testing"
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
