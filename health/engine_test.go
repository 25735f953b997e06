package health

import (
	"context"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"foster/health/alert"
	"foster/health/conf"
	"foster/replication/wire"
)

// TestRun lets the engine run by its own clock.
func TestRun(t *testing.T) {
	b := newBench(t)
	b.load("template: on\non: foster.self\ncalc: $up\nevery: 10s\ncrit: $this > 0\n")
	b.facts = map[string]float64{"up": 1}
	synctest.Test(t, func(t *testing.T) {
		// The clock of the bubble moves on its own; that of the engine follows it.
		base := time.Now()
		b.engine.o.Now = func() time.Time { return b.clock().Add(time.Since(base)) }
		ctx, cancel := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		wg.Go(func() { b.engine.Run(ctx) })
		time.Sleep(25 * time.Second)
		synctest.Wait()
		a := b.alert(selfGUID, "on")
		if a == nil || a.Status != alert.Critical || a.LastUpdated.Unix() < epoch+20 {
			t.Errorf("alert is %+v", a)
		}
		cancel()
		wg.Wait()
	})
	if err := b.log.Flush(t.Context()); err != nil || len(b.notified) != 1 {
		t.Errorf("%d notifications, want 1; %v", len(b.notified), err)
	}
}

func TestTransition(t *testing.T) {
	b := newBench(t)
	b.load(`template: t
on: t.ctx
class: Utilization
component: Lab
type: System
lookup: max -1s unaligned of x
every: 1s
units: widgets
warn: $this > 20
crit: $this > 50
info: on ${label:device}
summary: ${hostname} ${family}
`)
	ch := b.chart(wire.Chart{ID: "t.a", Context: "t.ctx", Family: "fam"}, "x")
	ch.SetLabels([]wire.Label{{Name: "device", Value: "sda"}})
	b.connect()
	value := func(second int64) float64 {
		switch {
		case second < 20:
			return 1
		case second < 32:
			return 30
		case second < 46:
			return 70
		}
		return 2
	}
	for second := range int64(60) {
		b.set(second)
		b.evaluate()
		b.append(ch, map[string]float64{"x": value(second)})
	}
	if len(b.notified) != 3 {
		t.Fatalf("%d notifications: %+v", len(b.notified), b.notified)
	}
	warning, critical, clear := b.notified[0], b.notified[1], b.notified[2]
	if warning.Old != alert.Clear || warning.New != alert.Warning || warning.NewValue != 30 || warning.OldValue != 1 || warning.NewText != "30 widgets" ||
		warning.Chart != "t.a" || warning.Context != "t.ctx" || warning.Family != "fam" || warning.Class != "Utilization" || warning.Type != "System" ||
		warning.Component != "Lab" || warning.Info != "on sda" || warning.Summary != "child fam" || warning.Recipient != "root" ||
		warning.Hostname != "child" || warning.MachineGUID != childGUID || warning.Source != "1@health.d/test.conf" || warning.Expression != "$this > 20" ||
		warning.ExpressionVariable != "[ ${this} = 30 ] " || warning.WarningCount != 1 || warning.CriticalCount != 0 || len(warning.WarningAlerts) != 1 {
		t.Errorf("warning is %+v", warning)
	}
	if critical.Duration != 12*time.Second || critical.RaisedDuration != 12*time.Second {
		t.Errorf("critical after %v, raised for %v", critical.Duration, critical.RaisedDuration)
	}
	if clear.Duration != 14*time.Second || clear.RaisedDuration != 26*time.Second || clear.CriticalCount != 0 {
		t.Errorf("clear after %v, raised for %v", clear.Duration, clear.RaisedDuration)
	}
	for i, n := range b.notified {
		if n.UniqueID != warning.UniqueID+int64(i) || n.EventID != int64(3+i) || n.AlarmID != warning.AlarmID || i > 0 && n.Updates != b.notified[i-1].UniqueID {
			t.Errorf("ids of notification %d: %+v", i, n)
		}
	}
	if id := b.engine.LatestUniqueID(childGUID); id != clear.UniqueID {
		t.Errorf("latest unique id %d, want %d", id, clear.UniqueID)
	}
	if c := b.engine.Counts(childGUID); c != (Counts{Clear: 1}) {
		t.Errorf("counts are %+v", c)
	}
	if !b.engine.Enabled(childGUID) || b.engine.Enabled("nobody") {
		t.Error("enabled is wrong")
	}
	v, ok := b.engine.Variables(childGUID, "t.a")
	if !ok || len(v.Stored) != 1 || v.Stored[0] != (Variable{"x", 2}) || v.Collected[0].Value != 20 || len(v.Alerts) != 1 {
		t.Errorf("variables are %+v", v)
	}
}

func TestSuspended(t *testing.T) {
	f := func(wall, ran time.Duration, want bool) {
		t.Helper()
		if got := slept(wall, ran); got != want {
			t.Errorf("%v on the wall in %v: %v", wall, ran, got)
		}
	}
	f(time.Second, time.Second, false)
	f(time.Minute, time.Second, true)
	f(3*time.Second, time.Second, false) // a correction
	f(-time.Hour, time.Second, false)
	f(time.Minute, 50*time.Second, false)

	b := newBench(t)
	b.settings.Hibernation = time.Minute
	b.load("template: t\non: t.ctx\ncalc: $x\nevery: 1s\ncrit: $this > 0\n")
	ch := b.chart(wire.Chart{ID: "t.a", Context: "t.ctx"}, "x")
	b.connect()
	b.engine.postponedUntil.Store(epoch + 30)
	for second := range int64(35) {
		b.set(second)
		b.evaluate()
		if a := b.alert(childGUID, "t"); second < 30 && a != nil {
			t.Fatalf("alert at %d: %+v", second, a)
		}
		b.append(ch, map[string]float64{"x": 1})
	}
	if a := b.alert(childGUID, "t"); a == nil || a.Status != alert.Critical {
		t.Errorf("alert is %+v", a)
	}
}

func TestHashOf(t *testing.T) {
	parse := func(text string) *conf.Definition {
		t.Helper()
		list, _, err := conf.Parse(strings.NewReader(text), "f")
		if err != nil || len(list) != 1 {
			t.Fatalf("%d definitions, %v", len(list), err)
		}
		return list[0]
	}
	const text = "alarm: a\non: b\ncalc: 1\nevery: 1s\n"
	same := HashOf(parse(text))
	if HashOf(parse("# further down\n\n"+text)) != same {
		t.Error("the line matters")
	}
	for _, more := range []string{"warn: 1\n", "to: x\n", "green: 1\n", "info: i\n", "lookup: max -1s\n", "options: no-clear\n", "repeat: off\n", "host labels: a=b\n", "delay: up 1s\n"} {
		if HashOf(parse(text+more)) == same {
			t.Errorf("%q does not matter", more)
		}
	}
}

func TestCombine(t *testing.T) {
	f := func(how string, want float64, values ...float64) {
		t.Helper()
		if got := combine(how, values); got != want && (got == got || want == want) {
			t.Errorf("%s of %v is %v, want %v", how, values, got, want)
		}
	}
	f("sum", 6, 1, 2, 3)
	f("average", 2, 1, 2, 3)
	f("min", 1, 3, 1, 2)
	f("max", 3, 1, 3, 2)
	f("min2max", 2, 1, 3, 2)
	f("sum", math.NaN())
}

// TestTrim forgets alerts that were removed long ago, and no others.
func TestTrim(t *testing.T) {
	b := newBench(t)
	b.load("template: t\non: t.ctx\ncalc: $x\nevery: 1s\ncrit: $this > 0\n")
	ch := b.chart(wire.Chart{ID: "t.a", Context: "t.ctx"}, "x")
	second := int64(0)
	run := func(n int64) {
		for range n {
			second++
			b.set(second)
			b.evaluate()
			if b.conn != nil {
				b.append(ch, map[string]float64{"x": 1})
			}
		}
	}
	trim := func(before int64, want int) {
		t.Helper()
		b.engine.Trim(func(string) time.Time { return time.Unix(epoch+before, 0) })
		if known := b.engine.host(childGUID).known; len(known) != want {
			t.Errorf("%d alerts are known before %d, want %d", len(known), before, want)
		}
	}
	b.connect()
	run(20)
	trim(1000, 1)
	b.disconnect()
	run(2)
	trim(10, 1)
	trim(1000, 0)
	b.connect()
	run(20)
	if a := b.alert(childGUID, "t"); a == nil || a.Status != alert.Critical || a.EventID != 2 {
		t.Errorf("alert is %+v", a)
	}
}

// TestRemovedHost has a host that is taken out of the catalog while alerts of it run.
func TestRemovedHost(t *testing.T) {
	b := newBench(t)
	b.load("template: t\non: t.ctx\ncalc: $x\nevery: 1s\ncrit: $this > 0\n")
	ch := b.chart(wire.Chart{ID: "t.a", Context: "t.ctx"}, "x")
	b.connect()
	for second := range int64(20) {
		b.set(second)
		b.evaluate()
		b.append(ch, map[string]float64{"x": 1})
	}
	if b.alert(childGUID, "t") == nil {
		t.Fatal("there is no alert")
	}
	b.disconnect()
	if _, err := b.store.Catalog().Remove(t.Context(), b.host, b.clock()); err != nil {
		t.Fatal(err)
	}
	b.set(30)
	b.evaluate()
	if list := b.engine.Alerts(childGUID); len(list) != 0 {
		t.Errorf("alerts are %+v", list)
	}
	if got := b.logged(t.Context(), childGUID); len(got) != 0 {
		t.Errorf("the log still has %q", got)
	}
}
