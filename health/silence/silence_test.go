package silence

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// epoch is a Monday.
var epoch = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

func openSet(t testing.TB, dir string, now func() time.Time) *Set {
	t.Helper()
	s, err := Open(dir, Options{Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func fixed() time.Time { return epoch }

var cpu = Subject{Name: "cpu_usage", Chart: "system.cpu", ChartName: "system.cpu_name", Context: "system.cpu", Family: "cpu", Hostname: "web01", MachineGUID: "guid-1"}

func parameters(query string) []Parameter {
	var list []Parameter
	for part := range strings.SplitSeq(query, "&") {
		if name, value, _ := strings.Cut(part, "="); name != "" {
			list = append(list, Parameter{name, value})
		}
	}
	return list
}

func manage(t testing.TB, s *Set, query string) string {
	t.Helper()
	answer, _, err := s.Manage(parameters(query))
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return answer
}

// The answers were measured with netdata v1.37.1, but for the warnings, which are ours.
func TestManageAnswers(t *testing.T) {
	s := openSet(t, t.TempDir(), fixed)
	const added = "Alarm selector added\n"
	const alone = "WARNING: without SILENCE or DISABLE the selectors have no effect\n"
	const useless = "WARNING: without alarm selectors this has no effect\n"
	const silenced = "Alarm notifications silenced for alarms matching the selectors\n"
	const empty = "{\n\t\"all\": false,\n\t\"type\": \"None\",\n\t\"silencers\": []\n}\n"
	for _, c := range []struct{ query, want string }{
		{"", ""},
		{"cmd=LIST", empty},
		{"cmd=silence", ""},
		{"cmd=SILENCE", silenced + useless},
		{"cmd=DISABLE", "Health checks disabled for alarms matching the selectors\n" + useless},
		{"cmd=DISABLE ALL", "All health checks are disabled\n"},
		{"cmd=SILENCE ALL", "All alarm notifications are silenced\n"},
		{"cmd=SILENCE&context=a", silenced + added},
		{"alarm=x&hosts=y", added},
		{"alarm=x&hosts=y", added},
		{"cmd=LIST", "{\n\t\"all\": true,\n\t\"type\": \"SILENCE\",\n\t\"silencers\": [\n\t\t{\n\t\t\t\"alarm\": \"x\",\n\t\t\t\"hosts\": \"y\"\n\t\t},\n\t\t{\n\t\t\t\"context\": \"a\"\n\t\t}\n\t]\n}\n"},
		{"cmd=RESET", "All health checks and notifications are enabled\n"},
		{"cmd=LIST", empty},
		{"cmd=RESET&alarm=z", "All health checks and notifications are enabled\n" + added + alone},
		{"cmd=RESET", "All health checks and notifications are enabled\n"},
		{"template=x", ""},
		{"cmd=LIST", empty},
		{"unknown=1", ""},
	} {
		if got := manage(t, s, c.query); got != c.want {
			t.Errorf("%s: %q, want %q", c.query, got, c.want)
		}
	}
}

func TestManageMatch(t *testing.T) {
	s := openSet(t, t.TempDir(), fixed)
	check := func(query string, wantDisabled, wantSilenced bool) {
		t.Helper()
		before := s.Version()
		manage(t, s, "cmd=RESET&"+query)
		if disabled, silenced := s.Match(epoch, cpu); disabled != wantDisabled || silenced != wantSilenced {
			t.Errorf("%s: disabled %v, silenced %v", query, disabled, silenced)
		}
		manage(t, s, "cmd=RESET")
		if disabled, silenced := s.Match(epoch, cpu); disabled || silenced {
			t.Errorf("%s: disabled %v, silenced %v after RESET", query, disabled, silenced)
		}
		if (wantDisabled || wantSilenced) && s.Version() == before {
			t.Errorf("%s: the version did not change", query)
		}
	}
	check("cmd=SILENCE ALL", false, true)
	check("cmd=DISABLE ALL", true, false)
	check("cmd=SILENCE&context=system.*", false, true)
	check("context=system.*", false, false)
	check("cmd=DISABLE&alarm=cpu*&hosts=web* db*", true, false)
	check("cmd=DISABLE&alarm=cpu*&hosts=db*", false, false)
	check("cmd=DISABLE&hosts=!web01 *", false, false)
	check("cmd=SILENCE&hosts=guid-1", false, true)
	check("cmd=SILENCE&chart=system.cpu", false, true)
	check("cmd=SILENCE&chart=system.cpu_name", false, true)
	check("cmd=SILENCE&families=cpu&alarm=cpu_usage", false, true)
	check("cmd=SILENCE&families=mem&alarm=cpu_usage", false, false)
	check("cmd=SILENCE&template=anything", false, false)
}

func TestManagePersists(t *testing.T) {
	dir := t.TempDir()
	s := openSet(t, dir, fixed)
	manage(t, s, `cmd=SILENCE&alarm=a"\b&hosts=<h>`)
	manage(t, s, "context=system.cpu")
	list := manage(t, s, "cmd=LIST")
	data, err := os.ReadFile(filepath.Join(dir, netdataFile))
	if err != nil || string(data) != list {
		t.Fatalf("%v %s, LIST says %s", err, data, list)
	}
	if !json.Valid(data) {
		t.Errorf("no JSON: %s", data)
	}
	again := openSet(t, dir, fixed)
	if got := manage(t, again, "cmd=LIST"); got != list {
		t.Errorf("%s, want %s", got, list)
	}
	if _, silenced := again.Match(epoch, cpu); !silenced {
		t.Error("not silenced after a restart")
	}
	// A change that cannot be kept is not made.
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if _, _, err := again.Manage(parameters("cmd=RESET")); err == nil {
		t.Error("no error without a directory")
	}
	if got := manage(t, again, "cmd=LIST"); got != list {
		t.Errorf("%s, want %s", got, list)
	}
}

// A file of Netdata's with an empty selector matches everything, as there.
func TestNetdataFile(t *testing.T) {
	f := func(content string, wantDisabled, wantSilenced, aside bool) {
		t.Helper()
		dir := t.TempDir()
		path := filepath.Join(dir, netdataFile)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		s := openSet(t, dir, fixed)
		if disabled, silenced := s.Match(epoch, cpu); disabled != wantDisabled || silenced != wantSilenced {
			t.Errorf("%s: disabled %v, silenced %v", content, disabled, silenced)
		}
		if _, err := os.Stat(path); os.IsNotExist(err) != aside {
			t.Errorf("%s: %v", content, err)
		}
	}
	f(`{"all":false,"type":"DISABLE","silencers":[{}]}`, true, false, false)
	f(`{"all":true,"type":"SILENCE","silencers":[]}`, false, true, false)
	f(`{"all":true,"type":"None","silencers":null}`, false, false, false)
	f(`{"silencers":[{"alarm":"cpu*"}]}`, false, false, false)
	f(`{"type":"SILENCE","silencers":[{"alarm":"cpu*","unknown":1}]}`, false, true, false)
	f(`{"type":"LOUD"}`, false, false, true)
	f(`nonsense`, false, false, true)
	f(`{"type":"SILENCE","silencers":[{"alarm":"`+strings.Repeat("x", maxText+1)+`"}]}`, false, false, true)
}

func TestTimed(t *testing.T) {
	dir := t.TempDir()
	now := epoch
	clock := func() time.Time { return now }
	s := openSet(t, dir, clock)
	added, err := s.Add(Timed{Selector: Selector{Alarm: "cpu*"}, Expires: now.Add(time.Hour), Comment: "c", Author: "a"})
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.Add(Timed{Selector: Selector{Hosts: "*"}, Effect: Disable, Expires: now.Add(2 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	match := func(set *Set, after time.Duration, wantDisabled, wantSilenced bool) {
		t.Helper()
		if disabled, silenced := set.Match(epoch.Add(after), cpu); disabled != wantDisabled || silenced != wantSilenced {
			t.Errorf("after %v: disabled %v, silenced %v", after, disabled, silenced)
		}
	}
	match(s, 0, true, true)
	match(s, time.Hour, true, false)
	match(s, 2*time.Hour, false, false)
	again := openSet(t, dir, clock)
	match(again, 0, true, true)
	if list := again.Silences(); len(list) != 2 || list[0].ID != second.ID || list[1] != added {
		t.Errorf("%+v, want %+v last", list, added)
	}
	if err := again.Remove(second.ID); err != nil {
		t.Fatal(err)
	}
	match(again, 0, false, true)
	if err := again.Remove(second.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
	now = epoch.Add(time.Hour)
	again.expire()
	if list := again.Silences(); len(list) != 0 {
		t.Errorf("%+v did not go", list)
	}
	if list := openSet(t, dir, clock).Silences(); len(list) != 0 {
		t.Errorf("%+v did not go from the file", list)
	}
}

func TestInvalid(t *testing.T) {
	s := openSet(t, t.TempDir(), fixed)
	silence := func(field string, change func(*Timed)) {
		t.Helper()
		timed := Timed{Selector: Selector{Alarm: "x"}, Expires: epoch.Add(time.Hour)}
		change(&timed)
		var invalid *InvalidError
		if _, err := s.Add(timed); !errors.As(err, &invalid) || invalid.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	silence("selector", func(t *Timed) { t.Selector = Selector{} })
	silence("chart", func(t *Timed) { t.Selector.Chart = strings.Repeat("x", maxText+1) })
	silence("hosts", func(t *Timed) { t.Selector.Hosts = " \t" })
	silence("families", func(t *Timed) { t.Selector.Families = "\xff" })
	silence("effect", func(t *Timed) { t.Effect = "loud" })
	silence("effect", func(t *Timed) { t.Effect = None })
	silence("expires", func(t *Timed) { t.Expires = epoch })
	silence("expires", func(t *Timed) { t.Expires = epoch.Add(maxAhead + 1) })
	silence("comment", func(t *Timed) { t.Comment = strings.Repeat("x", maxText+1) })
	silence("author", func(t *Timed) { t.Author = "\xff" })
	window := func(field string, change func(*Window)) {
		t.Helper()
		w := Window{Hosts: "*", Start: epoch, End: epoch.Add(time.Hour)}
		change(&w)
		var invalid *InvalidError
		if _, err := s.AddWindow(w); !errors.As(err, &invalid) || invalid.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	window("hosts", func(w *Window) { w.Hosts = "" })
	window("start", func(w *Window) { w.Start = time.Time{} })
	window("start", func(w *Window) { w.Start = epoch.Add(2 * maxAhead) })
	window("end", func(w *Window) { w.End = w.Start })
	window("end", func(w *Window) { w.Start, w.End = epoch.Add(-2*time.Hour), epoch.Add(-time.Hour) })
	window("end", func(w *Window) { w.Weekly, w.End = true, w.Start.Add(week+1) })
	window("until", func(w *Window) { w.Until = epoch.Add(time.Hour) })
	window("until", func(w *Window) { w.Weekly, w.Until = true, epoch })
	window("zone", func(w *Window) { w.Zone = "Nowhere/Land" })
	window("comment", func(w *Window) { w.Comment = "\xff" })
	if len(s.Silences())+len(s.Windows()) != 0 {
		t.Error("something invalid was added")
	}
	for i := range maxKept {
		s.own.Silences = append(s.own.Silences, Timed{ID: string(rune(i))})
	}
	if _, err := s.Add(Timed{Selector: Selector{Alarm: "x"}, Expires: epoch.Add(time.Hour)}); !errors.Is(err, ErrTooMany) {
		t.Errorf("too many: %v", err)
	}
}

func TestWindows(t *testing.T) {
	s := openSet(t, t.TempDir(), fixed)
	w, err := s.AddWindow(Window{Hosts: "web*", Start: epoch.Add(time.Hour), End: epoch.Add(2 * time.Hour), Zone: "UTC"})
	if err != nil {
		t.Fatal(err)
	}
	for after, want := range map[time.Duration]bool{0: false, time.Hour: true, 2*time.Hour - 1: true, 2 * time.Hour: false} {
		if disabled, silenced := s.Match(epoch.Add(after), cpu); disabled || silenced != want {
			t.Errorf("after %v: disabled %v, silenced %v", after, disabled, silenced)
		}
	}
	other := cpu
	other.Hostname = "db01"
	if _, silenced := s.Match(epoch.Add(time.Hour), other); silenced {
		t.Error("another host is silenced")
	}
	if err := s.RemoveWindow(w.ID); err != nil || len(s.Windows()) != 0 {
		t.Errorf("%v, %d windows", err, len(s.Windows()))
	}
	if err := s.RemoveWindow(w.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
}

// A weekly window stays at its hour when the clocks change, which they do on 29 March 2026.
func TestWeekly(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zones here")
	}
	start := time.Date(2026, 3, 22, 2, 30, 0, 0, berlin)
	w := Window{Hosts: "*", Start: start, End: start.Add(time.Hour), Weekly: true, Zone: "Europe/Berlin", Until: time.Date(2026, 4, 12, 0, 0, 0, 0, berlin)}
	for _, c := range []struct {
		now  time.Time
		want time.Time // beginning; zero: over
	}{
		{start.Add(-time.Minute), start},
		{start, start},
		{start.Add(time.Hour), time.Date(2026, 3, 29, 2, 30, 0, 0, berlin)},
		{time.Date(2026, 4, 1, 0, 0, 0, 0, berlin), time.Date(2026, 4, 5, 2, 30, 0, 0, berlin)},
		{time.Date(2026, 4, 5, 3, 0, 0, 0, berlin), time.Date(2026, 4, 5, 2, 30, 0, 0, berlin)},
		{time.Date(2026, 4, 5, 3, 30, 0, 0, berlin), time.Time{}},
		{time.Date(2027, 4, 5, 3, 30, 0, 0, berlin), time.Time{}},
	} {
		begin, end, ok := w.At(c.now)
		if ok == c.want.IsZero() || ok && (!begin.Equal(c.want) || end.Sub(begin) != time.Hour) {
			t.Errorf("at %v: %v %v %v, want %v", c.now, begin, end, ok, c.want)
		}
	}
	w.Until = time.Time{}
	for at := start; at.Before(start.AddDate(3, 0, 0)); at = at.Add(17 * time.Hour) {
		begin, end, ok := w.At(at)
		if !ok || !end.After(at) || begin.In(berlin).Weekday() != time.Sunday || begin.Sub(at) > week+time.Hour {
			t.Fatalf("at %v: %v %v %v", at, begin, end, ok)
		}
	}
}

// Run removes what has expired, and the version tells of the beginning and the end of windows.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := openSet(t, dir, time.Now)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { s.Run(ctx) })
		defer wg.Wait()
		defer cancel()
		if _, err := s.Add(Timed{Selector: Selector{Alarm: "*"}, Expires: time.Now().Add(10 * time.Minute)}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.AddWindow(Window{Hosts: "*", Start: time.Now().Add(20 * time.Minute), End: time.Now().Add(30 * time.Minute)}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		step := func(minutes int, wantSilenced bool, silences, windows int) {
			t.Helper()
			before := s.Version()
			time.Sleep(time.Duration(minutes) * time.Minute)
			synctest.Wait()
			if s.Version() == before {
				t.Error("the version did not change")
			}
			if _, silenced := s.Match(time.Now(), cpu); silenced != wantSilenced {
				t.Errorf("silenced %v", silenced)
			}
			if a, b := len(s.Silences()), len(s.Windows()); a != silences || b != windows {
				t.Errorf("%d silences and %d windows, want %d and %d", a, b, silences, windows)
			}
		}
		step(10, false, 0, 1)
		step(10, true, 0, 1)
		step(10, false, 0, 0)
	})
}

func TestToken(t *testing.T) {
	path := filepath.Join(t.TempDir(), TokenFile)
	token, err := Token(path)
	if err != nil || len(token) != 36 {
		t.Fatalf("%q %v", token, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if again, err := Token(path); err != nil || again != token {
		t.Errorf("%q %v", again, err)
	}
	for content, want := range map[string]string{"abc": "abc", " abc \r\nx": "abc", "": "", "\nabc": "", strings.Repeat("x", maxToken+1): ""} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := Token(path); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q %v", content, got, err)
		}
	}
}

func FuzzFiles(f *testing.F) {
	f.Add([]byte(`{"all":true,"type":"SILENCE","silencers":[{"alarm":"a* !b","hosts":"*"},{}]}`))
	f.Add([]byte(`{"silences":[{"id":"x","selector":{"alarm":"*"},"effect":"SILENCE","created":"2026-03-02T10:00:00Z","expires":"2026-03-02T11:00:00Z"}],"maintenance":[{"id":"y","hosts":"*","start":"2026-03-02T10:00:00Z","end":"2026-03-02T11:00:00Z","weekly":true,"created":"2026-03-02T10:00:00Z"}]}`))
	f.Add([]byte(`{"silencers":[`))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		s := openSet(t, dir, fixed)
		if s.readCommands(data) == nil {
			list := s.commands.list()
			if !json.Valid(list) {
				t.Fatalf("%s", list)
			}
			before := s.commands
			if err := s.readCommands(list); err != nil || !s.commands.equal(&before) {
				t.Fatalf("%v: %s", err, list)
			}
		}
		if s.readOwn(data) == nil {
			for i := range s.own.Windows {
				s.own.Windows[i].At(epoch)
			}
		}
		s.compileLocked()
		s.Match(epoch, cpu)
	})
}

func BenchmarkMatch(b *testing.B) {
	s := openSet(b, b.TempDir(), fixed)
	manage(b, s, "cmd=SILENCE&hosts=db*&alarm=disk*")
	for range 20 {
		if _, err := s.Add(Timed{Selector: Selector{Hosts: "db01", Alarm: "x*"}, Expires: epoch.Add(time.Hour)}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		s.Match(epoch, cpu)
	}
}
