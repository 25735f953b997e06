package healthdiff

import (
	"context"
	_ "embed"
	"flag"
	"fmt"
	"maps"
	"math"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"foster/internal/agenttest"
)

//go:embed testdata/diff.conf
var definitions string

// sequencesFile holds the statuses that the real parent goes through.
const sequencesFile = "testdata/sequences.txt"

var update = flag.Bool("update", false, "write "+sequencesFile+" from what the real parent does")

const hostname = "diffhost"

// patience is how long anything may take that takes a few seconds on an idle machine.
const patience = 90 * time.Second

// parent is one side of the comparison.
type parent struct {
	name   string
	base   string // URL of the host at the parent
	notify notifications

	alerts  map[string]bool              // all there were
	settled map[string]map[int64]settled // by alert, then by level: what it had when the level had held long enough
	events  map[string][]event           // by alert, oldest first
	told    map[string][]notification    // by alert
}

// settled is what an alert has when it has nothing left to do.
type settled struct {
	status string
	value  *float64
	window int64 // seconds from the first to the last point of its lookup
	at     int64 // second of the level at which it was evaluated
}

func (s settled) String() string {
	return fmt.Sprintf("%s %s, window %d", s.status, text(s.value), s.window)
}

// poll asks for all alerts and keeps the values of those that were evaluated when nothing had changed for 7 s and nothing
// was to change for 2 s, by which a busy parent may be late.
func (p *parent) poll(ctx context.Context, s *script) (alarms, error) {
	var a alarms
	if err := fetch(ctx, p.base+"/api/v1/alarms?all", &a); err != nil {
		return a, err
	}
	for id, alarm := range a.Alarms {
		p.alerts[id] = true
		into := s.into(alarm.LastUpdated)
		if into < 0 || into%step < 7 || into%step > 9 {
			continue
		}
		if p.settled[id] == nil {
			p.settled[id] = map[int64]settled{}
		}
		p.settled[id][into/step] = settled{alarm.Status, alarm.Value, alarm.Before - alarm.After, into % step}
	}
	return a, nil
}

// finish reads the log and what was told.
func (p *parent) finish(ctx context.Context, t *testing.T) error {
	var events []event
	if err := fetch(ctx, p.base+"/api/v1/alarm_log", &events); err != nil {
		return err
	}
	slices.SortFunc(events, func(a, b event) int { return int(a.ID - b.ID) })
	p.events, p.told = map[string][]event{}, map[string][]notification{}
	for _, e := range events {
		if e.Old == "UNINITIALIZED" && e.New == "UNINITIALIZED" || e.Old == "REMOVED" {
			continue // it was linked; the generations log that differently
		}
		id := e.Chart + "." + e.Name
		if n := len(p.events[id]); n > 0 && p.events[id][n-1].New == e.New {
			continue // a repeated notification: foster logs them as agents v2 do, those of v1 do not
		}
		p.events[id] = append(p.events[id], e)
	}
	for _, n := range p.notify.read(t, hostname) {
		id := n.chart + "." + n.name
		p.told[id] = append(p.told[id], n)
	}
	return nil
}

// TestSameStatuses gives the same definitions and the same stream to a real parent and to foster, and compares what becomes
// of every alert. On a machine that does something else for seconds either is late in its own way, and so is what scripts are
// told: only what is not the same in the second of two runs either is a fault.
func TestSameStatuses(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute and a half")
	}
	t.Parallel()
	agenttest.Require(t)
	var f faults
	for _, run := range []string{"first", "second"} {
		f = nil
		if !t.Run(run, func(t *testing.T) { sameStatuses(t, &f) }) || len(f) == 0 {
			return
		}
		t.Logf("%s run: %d faults:\n%s", run, len(f), strings.Join(f, "\n"))
	}
	t.Errorf("%d faults in the second run too", len(f))
}

// faults are what was not as it should be in a run.
type faults []string

func (f *faults) add(format string, args ...any) { *f = append(*f, fmt.Sprintf(format, args...)) }

func sameStatuses(t *testing.T, f *faults) {
	ctx, cancel := context.WithTimeout(t.Context(), 4*patience)
	defer cancel()

	key := agenttest.NewGUID()
	side := func(name string) *parent {
		return &parent{name: name, notify: newNotifications(t), alerts: map[string]bool{}, settled: map[string]map[int64]settled{}}
	}
	real, ours := side("netdata"), side("foster")
	of := func(p *parent) string { return strings.ReplaceAll(definitions, "NOTIFY", p.notify.script) }
	agent := startNetdata(t, key, of(real), "")
	real.base = agenttest.HostURL(agent.URL(), url.PathEscape(hostname))
	addr := startFoster(t, key, of(ours))
	ours.base = agenttest.HostURL("http://"+addr, url.PathEscape(hostname))
	parents := []*parent{real, ours}

	s := newScript()
	s.stream(t, key, hostname, agent.Addr(), addr)
	for _, p := range parents {
		waitEvaluated(ctx, t, s, p)
	}
	// The delays of the first evaluation are over by then.
	begin := time.Now().Unix() + 8
	s.begin.Store(begin + step - begin%step)
	t.Logf("the script begins at %d", s.begin.Load())
	for end := s.end() + 10; time.Now().Unix() < end; {
		if err := agenttest.Sleep(ctx, time.Second); err != nil {
			t.Fatal(err)
		}
		for _, p := range parents {
			if _, err := p.poll(ctx, s); err != nil {
				f.add("%s: %v", p.name, err)
			}
		}
	}
	for _, p := range parents {
		if err := p.finish(ctx, t); err != nil {
			t.Fatalf("%s: %v", p.name, err)
		}
	}
	checkSequences(t, f, real)
	compare(f, real, ours)
}

// waitEvaluated waits until a parent has evaluated every alert it has, and has not got more for a while.
func waitEvaluated(ctx context.Context, t *testing.T, s *script, p *parent) {
	t.Helper()
	var last alarms
	var err error
	same := 0
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		before := len(last.Alarms)
		if last, err = p.poll(ctx, s); err == nil {
			pending := 0
			for _, a := range last.Alarms {
				if a.Status == "UNINITIALIZED" {
					pending++
				}
			}
			if len(last.Alarms) > 0 && pending == 0 && len(last.Alarms) == before {
				same++
			} else {
				same = 0
			}
			if same == 3 {
				return
			}
		}
		if err := agenttest.Sleep(ctx, 500*time.Millisecond); err != nil {
			break
		}
	}
	t.Fatalf("%s: not all alerts are evaluated: %v; %d alerts", p.name, err, len(last.Alarms))
}

// sequence is what an alert went through, shortened.
func sequence(events []event) string {
	var b strings.Builder
	for i, e := range events {
		if i == 0 {
			b.WriteString(e.Old)
		}
		fmt.Fprintf(&b, " %s", e.New)
	}
	return b.String()
}

// checkSequences finds fault when the real parent does not do what it was recorded to do: then the machine was too busy, or the
// definitions changed.
func checkSequences(t *testing.T, f *faults, real *parent) {
	t.Helper()
	var b strings.Builder
	for _, id := range slices.Sorted(maps.Keys(real.events)) {
		fmt.Fprintf(&b, "%s: %s\n", id, sequence(real.events[id]))
	}
	if *update {
		if err := os.WriteFile(sequencesFile, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(sequencesFile)
	if err != nil {
		t.Fatal(err)
	}
	if got := b.String(); got != string(want) {
		for line := range strings.Lines(got) {
			if !strings.Contains(string(want), line) {
				f.add("the real parent did %s", strings.TrimSuffix(line, "\n"))
			}
		}
	}
}

func text(v *float64) string {
	if v == nil {
		return "none"
	}
	return fmt.Sprint(*v)
}

func near(a, b *float64) bool {
	if a == nil || b == nil {
		return a == b
	}
	return math.Abs(*a-*b) <= 1e-4*max(1, math.Abs(*a))
}
