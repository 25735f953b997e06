package history

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"go.uber.org/goleak"

	"foster/health/alert"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(killedDir); dir != "" {
		appendForever(dir)
	}
	goleak.VerifyTestMain(m)
}

const (
	hostA = "aaaaaaaa-7c1f-4f0e-9c56-0d3c2c5a0101"
	hostB = "bbbbbbbb-7c1f-4f0e-9c56-0d3c2c5a0202"
	epoch = 1_700_000_000
)

func openLog(t testing.TB, path string) *Log {
	t.Helper()
	l, err := Open(t.Context(), path, slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func path(t testing.TB) string { return filepath.Join(t.TempDir(), "health.db") }

// transition returns the nth transition of all, of an alert of a host.
func transition(n int64, host string, alarm int64, from, to alert.Status) alert.Transition {
	when := time.Unix(epoch+n, 0)
	return alert.Transition{
		GlobalID: when.UnixMicro(), UUID: uuid.NewSHA1(uuid.Nil, fmt.Append(nil, n)), UniqueID: epoch + n, AlarmID: alarm, EventID: n + 1,
		UpdatedBy: 0, Updates: 3, ConfigHash: uuid.NewSHA1(uuid.Nil, []byte("config")), MachineGUID: host, Hostname: "host-" + host[:1],
		Name: fmt.Sprintf("alert_%d", alarm), Chart: "system.cpu", ChartName: "system.cpu_name", Context: "system.cpu", Family: "cpu",
		Class: "Utilization", Component: "CPU", Type: "System", Recipient: "sysadmin", Exec: "/bin/true", Source: "1@x.conf", Units: "%",
		Info: "info\x00\n", Summary: "summary", Expression: "$this > 5", ExpressionVariable: "[ ${this} = 7 ] ", When: when, Old: from, New: to,
		OldValue: math.NaN(), NewValue: float64(n) + 0.5, OldText: "-", NewText: "5%", Duration: 7 * time.Second, RaisedDuration: 9 * time.Second,
		Delay: 3 * time.Second, DelayUpTo: when.Add(3 * time.Second), ExecRunAt: time.Time{}, ExecCode: 0, LastRepeat: when.Add(time.Second),
		Flags: alert.Processed | alert.NoClearNotification, WarningCount: 2, CriticalCount: 1,
		WarningAlerts: []string{"a=1", "b=2"}, CriticalAlerts: []string{"c=3"},
	}
}

func query(t testing.TB, l *Log, f Filter) []alert.Transition {
	t.Helper()
	list, err := l.Query(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func numbers(list []alert.Transition) []int64 {
	ids := []int64{}
	for _, t := range list {
		ids = append(ids, t.UniqueID-epoch)
	}
	return ids
}

// What is appended comes back, after a restart too.
func TestRoundTrip(t *testing.T) {
	p := path(t)
	l := openLog(t, p)
	want := transition(0, hostA, 5, alert.Clear, alert.Warning)
	l.Append([]alert.Transition{want})
	check := func(l *Log) {
		t.Helper()
		got := query(t, l, Filter{})
		if diff := cmp.Diff([]alert.Transition{want}, got, cmpopts.EquateNaNs()); diff != "" {
			t.Error(diff)
		}
	}
	check(l)
	snapshot := p + ".snapshot"
	if err := l.Snapshot(t.Context(), snapshot); err != nil {
		t.Fatal(err)
	}
	check(openLog(t, snapshot))
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	check(openLog(t, p))
	// The test fills every field, so that none is forgotten.
	v := reflect.ValueOf(want)
	for i := range v.NumField() {
		switch name := v.Type().Field(i).Name; name {
		case "UpdatedBy", "ExecRunAt", "ExecCode":
		default:
			if v.Field(i).IsZero() {
				t.Errorf("%s is not set", name)
			}
		}
	}
}

func TestFilters(t *testing.T) {
	l := openLog(t, path(t))
	list := []alert.Transition{
		transition(0, hostA, 1, alert.Uninitialized, alert.Clear), transition(1, hostB, 1, alert.Clear, alert.Warning),
		transition(2, hostA, 2, alert.Clear, alert.Critical), transition(3, hostA, 2, alert.Critical, alert.Clear),
		transition(4, hostB, 1, alert.Clear, alert.Removed),
	}
	list[2].Chart, list[2].ChartName, list[2].Context = "disk.sda", "disk.root", "disk.io"
	l.Append(list)
	f := func(f Filter, want ...int64) {
		t.Helper()
		if got := numbers(query(t, l, f)); !slices.Equal(got, want) {
			t.Errorf("%+v: %v, want %v", f, got, want)
		}
	}
	micro := func(n int64) int64 { return (epoch + n) * 1e6 }
	f(Filter{}, 4, 3, 2, 1, 0)
	f(Filter{Limit: 2}, 4, 3)
	f(Filter{MachineGUIDs: []string{hostA}}, 3, 2, 0)
	f(Filter{MachineGUIDs: []string{hostA, hostB}}, 4, 3, 2, 1, 0)
	f(Filter{MachineGUIDs: []string{}})
	f(Filter{MachineGUIDs: []string{"nobody"}})
	f(Filter{MachineGUIDs: append(slices.Repeat([]string{"x"}, 2*maxHosts), hostB)}, 4, 1)
	f(Filter{MachineGUIDs: []string{hostA}, AfterUnique: epoch + 2}, 3)
	f(Filter{AfterGlobal: micro(3)}, 4)
	f(Filter{BeforeGlobal: micro(2)}, 1, 0)
	f(Filter{After: time.Unix(epoch+1, 0), Before: time.Unix(epoch+3, 0)}, 3, 2, 1)
	f(Filter{Chart: "disk.sda"}, 2)
	f(Filter{Chart: "disk.root"}, 2)
	f(Filter{Context: "system.cpu", Alert: "alert_2"}, 3)
	f(Filter{Raised: true}, 3, 2, 1)
	f(Filter{Transition: list[3].UUID}, 3)
	f(Filter{Transition: uuid.New()})
	f(Filter{Alert: `x' OR 1=1 --`})

	n := 0
	if err := l.Each(t.Context(), Filter{}, func(*alert.Transition) bool { n++; return n < 2 }); err != nil || n != 2 {
		t.Errorf("%d transitions, %v", n, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Query(ctx, Filter{}); !errors.Is(err, context.Canceled) {
		t.Errorf("query of one who went away: %v", err)
	}
}

// The queries that are asked often use an index.
func TestPlans(t *testing.T) {
	l := openLog(t, path(t))
	f := func(f Filter, want string) {
		t.Helper()
		text, args := f.sql()
		rows, err := l.readers.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+text, args...)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		plan := ""
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			plan += detail + "\n"
		}
		if !strings.Contains(plan, want) || strings.Contains(plan, "TEMP B-TREE FOR ORDER BY") {
			t.Errorf("%+v: %s", f, plan)
		}
	}
	f(Filter{MachineGUIDs: []string{hostA}, AfterUnique: 5}, "transition_host (host_id=? AND unique_id>?)")
	f(Filter{Raised: true, After: time.Unix(1, 0)}, "transition_raised")
	f(Filter{AfterGlobal: 5}, "USING INTEGER PRIMARY KEY (rowid>?)")
}

func TestUpdateAndRestore(t *testing.T) {
	p := path(t)
	l := openLog(t, p)
	l.Append([]alert.Transition{
		transition(0, hostA, 7, alert.Uninitialized, alert.Warning), transition(1, hostA, 8, alert.Uninitialized, alert.Clear),
		transition(2, hostB, 99, alert.Uninitialized, alert.Clear),
	})
	at := time.Unix(epoch+10, 0)
	l.Update(
		Change{GlobalID: (epoch + 0) * 1e6, Flags: alert.ExecRun, ExecRunAt: at, ExecCode: 3},
		Change{GlobalID: (epoch + 0) * 1e6, Flags: alert.Updated, Unset: alert.Processed, UpdatedBy: epoch + 3},
		Change{GlobalID: 12345, Flags: alert.ExecRun}, // of none
	)
	l.Append([]alert.Transition{transition(3, hostA, 7, alert.Warning, alert.Critical)})
	for range 2 {
		s, err := l.Restore(t.Context(), hostA)
		if err != nil {
			t.Fatal(err)
		}
		if s.UniqueID != epoch+3 || s.AlarmID != 8 || s.GlobalID != (epoch+3)*1e6 || len(s.Alerts) != 2 {
			t.Fatalf("%+v", s)
		}
		if a := s.Alerts[0]; a.Newest.AlarmID != 7 || a.Newest.New != alert.Critical || a.Executed != alert.Warning || !a.ExecutedAt.Equal(at) {
			t.Errorf("%+v", a)
		}
		if a := s.Alerts[1]; a.Newest.AlarmID != 8 || a.Newest.New != alert.Clear || a.Executed != alert.Uninitialized || !a.ExecutedAt.IsZero() {
			t.Errorf("%+v", a)
		}
		old := query(t, l, Filter{AfterGlobal: epoch*1e6 - 1, BeforeGlobal: epoch*1e6 + 1})[0]
		if old.Flags != alert.ExecRun|alert.Updated|alert.NoClearNotification || old.UpdatedBy != epoch+3 || !old.ExecRunAt.Equal(at) || old.ExecCode != 3 {
			t.Errorf("%+v", old)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		l = openLog(t, p)
	}
	if s, err := l.Restore(t.Context(), "nobody"); err != nil || len(s.Alerts) != 0 || s.UniqueID != 0 || s.GlobalID == 0 {
		t.Errorf("%+v %v", s, err)
	}
}

// What a restart needs is not trimmed, and ids are not given twice.
func TestTrim(t *testing.T) {
	l := openLog(t, path(t))
	l.Append([]alert.Transition{
		transition(0, hostA, 1, alert.Clear, alert.Warning), transition(1, hostA, 1, alert.Warning, alert.Critical),
		transition(2, hostA, 1, alert.Critical, alert.Warning), transition(3, hostA, 1, alert.Warning, alert.Critical),
		transition(4, hostA, 2, alert.Clear, alert.Warning), transition(5, hostA, 2, alert.Warning, alert.Removed),
		transition(6, hostB, 1, alert.Clear, alert.Warning), transition(7, hostB, 1, alert.Warning, alert.Clear),
		transition(20, hostA, 3, alert.Clear, alert.Warning), transition(21, hostA, 3, alert.Warning, alert.Removed),
	})
	l.Update(Change{GlobalID: (epoch + 1) * 1e6, Flags: alert.ExecRun, ExecRunAt: time.Unix(epoch+2, 0)})
	n, err := l.Trim(t.Context(), func(guid string) time.Time {
		if guid == hostB {
			return time.Unix(epoch, 0)
		}
		return time.Unix(epoch+10, 0)
	})
	if err != nil || n != 4 {
		t.Fatalf("%d trimmed, %v", n, err)
	}
	if got, want := numbers(query(t, l, Filter{})), []int64{21, 20, 7, 6, 3, 1}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	s, err := l.Restore(t.Context(), hostA)
	if err != nil || len(s.Alerts) != 2 || s.Alerts[0].Executed != alert.Critical || s.UniqueID != epoch+21 || s.AlarmID != 3 {
		t.Errorf("%+v %v", s, err)
	}
	var wordings int
	if err := l.readers.QueryRowContext(t.Context(), `SELECT count(*) FROM wording`).Scan(&wordings); err != nil || wordings != 2 {
		t.Errorf("%d wordings, %v", wordings, err)
	}
	// An alert that was forgotten may come back.
	l.Append([]alert.Transition{transition(30, hostA, 2, alert.Clear, alert.Warning)})
	if got := query(t, l, Filter{MachineGUIDs: []string{hostA}, Limit: 1}); got[0].AlarmID != 2 || got[0].Name != "alert_2" {
		t.Errorf("%+v", got[0])
	}
}

func TestRemove(t *testing.T) {
	l := openLog(t, path(t))
	l.Append([]alert.Transition{transition(0, hostA, 1, alert.Clear, alert.Warning), transition(1, hostB, 1, alert.Clear, alert.Warning)})
	if err := l.Remove(t.Context(), hostA); err != nil {
		t.Fatal(err)
	}
	if got := numbers(query(t, l, Filter{})); !slices.Equal(got, []int64{1}) {
		t.Errorf("%v", got)
	}
	if s, err := l.Restore(t.Context(), hostA); err != nil || s.UniqueID != 0 || len(s.Alerts) != 0 {
		t.Errorf("%+v %v", s, err)
	}
	l.Append([]alert.Transition{transition(2, hostA, 1, alert.Clear, alert.Warning)})
	if got := numbers(query(t, l, Filter{MachineGUIDs: []string{hostA}})); !slices.Equal(got, []int64{2}) {
		t.Errorf("%v", got)
	}
	if err := l.Remove(t.Context(), "nobody"); err != nil {
		t.Error(err)
	}
}

// The same transition is not logged twice, whichever of its ids is the same, and a host may change its name.
func TestTwice(t *testing.T) {
	l := openLog(t, path(t))
	a, b := transition(0, hostA, 1, alert.Clear, alert.Warning), transition(1, hostA, 1, alert.Clear, alert.Warning)
	sameUUID := transition(2, hostA, 1, alert.Clear, alert.Warning)
	sameUUID.UUID = a.UUID
	b.Hostname = "renamed"
	l.Append([]alert.Transition{a, a, b, sameUUID})
	list := query(t, l, Filter{})
	if got := numbers(list); !slices.Equal(got, []int64{1, 0}) {
		t.Errorf("%v", got)
	}
	if list[1].Hostname != "host-a" && list[0].Hostname != "renamed" {
		t.Errorf("%s, %s", list[0].Hostname, list[1].Hostname)
	}
}

func TestClosed(t *testing.T) {
	l := openLog(t, path(t))
	l.Append([]alert.Transition{transition(0, hostA, 1, alert.Clear, alert.Warning)})
	for range 2 {
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	l.Append([]alert.Transition{transition(1, hostA, 1, alert.Clear, alert.Warning)})
	l.Update(Change{GlobalID: 1})
	if l.Dropped() != 2 {
		t.Errorf("%d dropped", l.Dropped())
	}
	if err := l.Remove(t.Context(), hostA); !errors.Is(err, errClosed) {
		t.Errorf("remove: %v", err)
	}
}

func TestDamaged(t *testing.T) {
	p := path(t)
	if err := os.WriteFile(p, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	l := openLog(t, p)
	l.Append([]alert.Transition{transition(0, hostA, 1, alert.Clear, alert.Warning)})
	if got := query(t, l, Filter{}); len(got) != 1 {
		t.Errorf("%d transitions", len(got))
	}
	if aside, err := filepath.Glob(p + ".corrupt-*"); err != nil || len(aside) != 1 {
		t.Errorf("%v %v", aside, err)
	}
}

func TestNewer(t *testing.T) {
	p := path(t)
	l := openLog(t, p)
	err := l.do(t.Context(), func(ctx context.Context, w *writer) error {
		_, err := w.db.ExecContext(ctx, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)`)
		return err
	})
	if err = errors.Join(err, l.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), p, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "newer") {
		t.Errorf("%v", err)
	}
}

// While the disk does not take anything, what has waited longest is dropped, and evaluation goes on.
func TestBackpressure(t *testing.T) {
	l := openLog(t, path(t))
	release := make(chan struct{})
	blocked := make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- l.do(context.Background(), func(context.Context, *writer) error {
			close(blocked)
			<-release
			return nil
		})
	}()
	<-blocked
	l.limit = 100
	list := make([]alert.Transition, l.limit+10)
	for i := range list {
		list[i] = transition(int64(i), hostA, 1, alert.Clear, alert.Warning)
	}
	l.Append(list)
	if l.Dropped() != 10 {
		t.Errorf("%d dropped", l.Dropped())
	}
	// Nobody waits for it any more, and what comes next takes the place of what came before.
	for n := range int64(5) {
		l.Append([]alert.Transition{transition(1000+n, hostA, 1, alert.Clear, alert.Warning)})
	}
	if l.Dropped() != 15 {
		t.Errorf("%d dropped", l.Dropped())
	}
	// Readers get what is in the file.
	if got := query(t, l, Filter{}); len(got) != 0 {
		t.Errorf("%d transitions", len(got))
	}
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if got := query(t, l, Filter{}); len(got) != l.limit || got[len(got)-1].UniqueID != epoch+15 || got[0].UniqueID != epoch+1004 {
		t.Errorf("%d transitions, the oldest is %d", len(got), got[len(got)-1].UniqueID-epoch)
	}
}

// TestAfter has calls that follow what was queued before, and that are made nevertheless when the file cannot be written.
func TestAfter(t *testing.T) {
	l := openLog(t, path(t))
	rows := func() (n int) {
		if err := l.readers.QueryRowContext(t.Context(), `SELECT count(*) FROM transition`).Scan(&n); err != nil {
			t.Error(err)
		}
		return n
	}
	writable := func(pragma string) {
		t.Helper()
		if _, err := l.db.ExecContext(t.Context(), pragma); err != nil {
			t.Fatal(err)
		}
	}
	step := func(n int64) chan int {
		called := make(chan int, 1)
		l.Append([]alert.Transition{transition(n, hostA, 1, alert.Clear, alert.Warning)})
		l.After(func() { called <- rows() })
		l.Append([]alert.Transition{transition(n+1, hostA, 1, alert.Warning, alert.Clear)})
		return called
	}
	if n := <-step(0); n != 1 {
		t.Errorf("%d transitions are in the file, want 1", n)
	}
	if err := l.Flush(t.Context()); err != nil { // the second one too
		t.Fatal(err)
	}
	writable("PRAGMA query_only = ON")
	if n := <-step(2); n != 2 {
		t.Errorf("%d transitions are in the file that cannot be written, want 2", n)
	}
	writable("PRAGMA query_only = OFF")
	if got := query(t, l, Filter{}); len(got) != 4 {
		t.Errorf("%d transitions", len(got))
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	called := false
	l.After(func() { called = true })
	if !called {
		t.Error("nothing is called when the log is closed")
	}
}

func BenchmarkAppend(b *testing.B) {
	l := openLog(b, path(b))
	list := make([]alert.Transition, 1000)
	n := int64(0)
	for b.Loop() {
		for i := range list {
			n++
			list[i] = transition(n, hostA, n%100, alert.Clear, alert.Warning)
		}
		l.Append(list)
		if err := l.Flush(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(list)*b.N)/b.Elapsed().Seconds(), "transitions/s")
}

// What is queued is written flushEvery later at the latest, without a timer while nothing is.
func TestFlushedInTime(t *testing.T) {
	p := path(t)
	synctest.Test(t, func(t *testing.T) {
		l, err := Open(t.Context(), p, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		queued := func(want int) {
			t.Helper()
			synctest.Wait()
			l.mu.Lock()
			defer l.mu.Unlock()
			if len(l.queue) != want {
				t.Errorf("%d are queued, want %d", len(l.queue), want)
			}
		}
		put := func(n int64) { l.Append([]alert.Transition{transition(n, hostA, 1, alert.Clear, alert.Warning)}) }
		for n := range int64(3) {
			time.Sleep(time.Hour)
			put(3 * n)
			time.Sleep(flushEvery / 2)
			put(3*n + 1)
			time.Sleep(flushEvery/2 - time.Nanosecond)
			queued(2)
			put(3*n + 2)
			time.Sleep(time.Nanosecond)
			queued(0)
		}
		// One in a hurry does not make those after it wait longer.
		put(9)
		l.hurry()
		queued(0)
		put(10)
		queued(1)
		time.Sleep(flushEvery)
		queued(0)
		// What nobody has told of is not looked for.
		l.mu.Lock()
		l.queueLocked(nil)
		l.queue = append(l.queue, entry{change: &Change{}})
		l.added++
		l.mu.Unlock()
		time.Sleep(time.Hour)
		queued(1)
		put(11)
		l.hurry()
		queued(0)
		put(12)
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	if n := len(query(t, openLog(t, p), Filter{})); n != 13 {
		t.Errorf("%d are in the file, want 13", n)
	}
}
