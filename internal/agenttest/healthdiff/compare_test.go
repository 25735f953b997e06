package healthdiff

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// moving are the alerts whose value depends on the second of their evaluation: their values at changes are not compared,
// those of settled levels are.
var moving = []string{"l_unaligned_average", "v_last_collected"}

// slack is by how many seconds a change may be seen later than the alert's interval explains, on a busy machine.
const slack = 4

// compare says where foster differs from the real parent.
func compare(f *faults, real, ours *parent) {
	if a, b := slices.Sorted(maps.Keys(real.events)), slices.Sorted(maps.Keys(ours.events)); !slices.Equal(a, b) {
		f.add("alerts with events:\nnetdata %q\nfoster  %q", a, b)
	}
	if a, b := slices.Sorted(maps.Keys(real.alerts)), slices.Sorted(maps.Keys(ours.alerts)); !slices.Equal(a, b) {
		f.add("alerts:\nnetdata %q\nfoster  %q", a, b)
	}
	for id, events := range real.events {
		compareEvents(f, id, events, ours.events[id])
	}
	compared := 0
	for id, values := range real.settled {
		for level, want := range values {
			got, ok := ours.settled[id][level]
			if !ok || flapping(id, level) {
				continue
			}
			compared++
			if strings.HasSuffix(id, ".v_last_collected") && got.value != nil && want.value != nil && math.Abs(*got.value-*want.value) <= 1 {
				got.value = want.value // whether it is evaluated before the newest point comes or after it
			}
			// How many points of a slower chart are in a window depends on the second.
			if !near(got.value, want.value) || got.status != want.status || got.at == want.at && got.window != want.window {
				f.add("%s: level %d: %s; netdata has %s", id, level, got, want)
			}
		}
	}
	if least := len(real.settled) * 3; compared < least {
		f.add("only %d settled values could be compared, want at least %d", compared, least)
	}
	for id, told := range real.told {
		compareTold(f, id, told, ours.told[id])
	}
	for id := range ours.told {
		if real.told[id] == nil {
			f.add("%s: netdata tells nobody", id)
		}
	}
}

// flapping says whether an alert is about a chart that changes within a level, just when others are settled.
func flapping(id string, level int64) bool {
	return level < flapFor/step && strings.HasPrefix(id, "hd.flap.") && id != "hd.flap.v_previous"
}

func compareEvents(f *faults, id string, want, got []event) {
	if a, b := sequence(want), sequence(got); a != b {
		f.add("%s:\n  netdata %s\n  foster  %s", id, a, b)
		return
	}
	raisedSinceStart := true // until it is clear: the first evaluation counts
	for i := range want {
		w, g := &want[i], &got[i]
		fault := func(format string, args ...any) {
			f.add("%s: %s -> %s: %s", id, g.Old, g.New, fmt.Sprintf(format, args...))
		}
		if g.Delay != w.Delay || g.DelayUpTo-g.When != w.DelayUpTo-w.When {
			fault("delay %d s up to %d s behind, want %d and %d", g.Delay, g.DelayUpTo-g.When, w.Delay, w.DelayUpTo-w.When)
		}
		// Of repeating alerts 1.37.1 notes no notification in its log; see what the scripts were told.
		repeats := strings.HasPrefix(w.Name, "r_")
		if !repeats && (g.ExecRun != 0) != (w.ExecRun != 0) || g.Updated != w.Updated || g.NoClear != w.NoClear {
			fault("told at %d, updated %t, no clear %t, want %d, %t, %t", g.ExecRun, g.Updated, g.NoClear, w.ExecRun, w.Updated, w.NoClear)
		}
		if i == 0 {
			continue // when it is evaluated first is the parent's matter
		}
		const every = 2 // the longest but one; l_every_of_after has 4
		if d := g.When - w.When; d < -every-slack || d > every+slack {
			fault("%d s later than netdata", d)
		}
		if slices.Contains(moving, w.Name) {
			continue
		}
		if !near(g.Value, w.Value) || !near(g.OldValue, w.OldValue) {
			fault("value %s -> %s, want %s -> %s", text(g.OldValue), text(g.Value), text(w.OldValue), text(w.Value))
		}
		if near(g.Value, w.Value) && g.ValueString != w.ValueString {
			fault("value %q, want %q", g.ValueString, w.ValueString)
		}
		if d := g.Duration - w.Duration; i > 1 && (d < -every-slack || d > every+slack) {
			fault("the old status lasted %d s, want %d", g.Duration, w.Duration)
		}
		if w.Old == "CLEAR" {
			raisedSinceStart = false
		}
		if d := g.Raised - w.Raised; !raisedSinceStart && (d < -every-slack || d > every+slack) {
			fault("raised for %d s, want %d", g.Raised, w.Raised)
		}
	}
}

// compareTold compares what the scripts were told: the same changes, and repetitions as often, give or take two that the
// moment of the evaluation makes. The old status of a repetition is CLEAR in foster as in agents v2, and the one before in
// 1.37.1.
func compareTold(f *faults, id string, want, got []notification) {
	runs := func(list []notification) (changes []string, times []int) {
		for _, n := range list {
			change := n.old + " -> " + n.new
			if strings.HasPrefix(n.name, "r_") {
				change = n.new
			}
			if len(changes) == 0 || changes[len(changes)-1] != change {
				changes, times = append(changes, change), append(times, 0)
			}
			times[len(times)-1]++
		}
		return changes, times
	}
	wantChanges, wantTimes := runs(want)
	gotChanges, gotTimes := runs(got)
	if !slices.Equal(wantChanges, gotChanges) {
		f.add("%s: told %q, netdata tells %q", id, gotChanges, wantChanges)
		return
	}
	for i, n := range wantTimes {
		if d := gotTimes[i] - n; d < -2 || d > 2 || n == 1 && d != 0 {
			f.add("%s: %s: told %d times, netdata tells %d times", id, wantChanges[i], gotTimes[i], n)
		}
	}
}
