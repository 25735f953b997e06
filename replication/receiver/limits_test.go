package receiver

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"foster/replication/swarm"
	"foster/replication/wire"
)

// limited returns rules with these limits.
func limited(l Limits) func(key, guid string) Rules {
	return func(key, guid string) Rules {
		r := testRules(key, guid)
		r.Child.Limits = l
		return r
	}
}

// TestLimits: of what is over a limit only the rest is there, the connection goes on, and what the parent says is one line.
func TestLimits(t *testing.T) {
	store := testStore(t)
	p := startParent(t, func(o *Options) {
		o.Store, o.Now = store, func() time.Time { return time.Unix(clock, 0) }
		o.Rules = limited(Limits{Charts: 3, Dimensions: 5, ChartDimensions: 3, LabelBytes: 40})
	})
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	for c := range 6 {
		add("CHART a.c%d '' 't' 'u' 'f' 'ctx' line 1 1", c)
		for d := range 5 {
			add("DIMENSION d%d", d)
		}
		add("CLABEL name%d 'value' 1", c)
		add("CLABEL_COMMIT")
		add("VARIABLE CHART limit%d = 1", c)
		add("CHART_DEFINITION_END 0 0 %d", clock)
	}
	add("LABEL host 1 '%s'", strings.Repeat("x", 100))
	add("OVERWRITE labels")
	// Live data and a replay of all of them, refused ones first, and blocks that are cut off.
	for _, c := range []int{5, 0, 1, 4, 2, 3} {
		add("BEGIN2 'a.c%d' 1 %d #", c, clock-2)
		for d := range 5 {
			add("SET2 'd%d' %d # A", d, 10*c+d)
		}
		if c != 4 {
			add("END2")
		}
	}
	for _, c := range []int{5, 0} {
		add("RBEGIN 'a.c%d'", c)
		add("RBEGIN '' %d %d %d", clock-2, clock-1, clock)
		for d := range 5 {
			add("RSET 'd%d' %d A", d, 100*c+d)
		}
		add("REND 1 0 0 true 0 0 0 %d", clock)
	}
	h, err := play(t, p.Receiver, guid(1), capsV2, lines...)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, ch := range h.Charts() {
		text := ch.ID + ":"
		stored := points(t, store, ch, clock-5, clock)
		for _, d := range ch.Dimensions() {
			text += " " + d.ID
			for at := clock - 2; at < clock; at++ {
				if v, ok := stored[at][d.ID]; ok {
					text += fmt.Sprintf("=%v", v)
				}
			}
		}
		for _, l := range ch.Labels() {
			text += " " + l.Name
		}
		for v := range ch.Variables() {
			text += " " + v
		}
		got = append(got, text)
	}
	want := []string{
		"a.c0: d0=0=0 d1=1=1 d2=2=2 name0 limit0",
		"a.c1: d0=10 d1=11 name1 limit1",
		"a.c2: name2 limit2",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(h.Labels()) != 0 || len(h.Variables()) != 0 {
		t.Errorf("the host has labels %v and variables %v", h.Labels(), h.Variables())
	}
	refused := p.Totals().Refused
	if refused["charts"] != 3 || refused["dimensions"] != 2+3+5 || refused["labels"] != 1 {
		t.Errorf("refused %v", refused)
	}
	log := p.log.String()
	for _, limit := range []string{"max charts", "max dimensions", "max dimensions per chart", "max label bytes"} {
		if n := strings.Count(log, "limit=\""+limit+"\""); n != 1 {
			t.Errorf("%d lines about %s:\n%s", n, limit, log)
		}
	}
	for _, word := range []string{"host=child01", "machine_guid=" + guid(1), "value=3", `refused="\"a.c3\""`} {
		if !strings.Contains(log, word) {
			t.Errorf("the log does not say %s:\n%s", word, log)
		}
	}
	// The same again: what is known is known, and the limits hold for all connections together.
	if h, err = play(t, p.Receiver, guid(1), capsV2, "CHART a.c7", "DIMENSION x", "CHART a.c0", "DIMENSION d0", "DIMENSION d9", "CHART a.c2", "DIMENSION d0",
		fmt.Sprintf("BEGIN2 'a.c0' 1 %d #", clock), "SET2 'd9' 1 # A", "SET2 'd0' 7 # A", "END2"); err != nil {
		t.Fatal(err)
	}
	if n := len(h.Charts()); n != 3 {
		t.Errorf("%d charts", n)
	}
	if got := points(t, store, h.Chart("a.c0"), clock-1, clock)[clock]; len(got) != 1 || got["d0"] != 7 {
		t.Errorf("stored %v", got)
	}
}

// Without a refusal, data of what is not defined is an error, as ever.
func TestUnknownIsAnError(t *testing.T) {
	r := testReceiver(t, testStore(t))
	for i, lines := range [][]string{
		{"BEGIN2 'a.b' 1 1795225599 #"}, {"SET2 'd' 1 # A"}, {"DIMENSION x"}, {"CHART a.b", "DIMENSION x", "BEGIN a.b", "SET y = 1"},
	} {
		if _, err := play(t, r, guid(i), capsV2, lines...); err == nil {
			t.Errorf("%q is no error", lines)
		}
	}
}

// TestHostileChild: a child that defines without end does not disturb the others.
func TestHostileChild(t *testing.T) {
	p := startParent(t, func(o *Options) {
		o.Rules = func(key, machine string) Rules {
			if machine != guid(1) {
				return testRules(key, machine)
			}
			return limited(Limits{Charts: 100, Dimensions: 300, ChartDimensions: 50, LabelBytes: 4096})(key, machine)
		}
	})
	var wide []swarm.Chart
	for i, ch := range swarm.Synthetic(300, 4) {
		if i%10 == 0 {
			ch.Dimensions = swarm.Synthetic(1, 200)[0].Dimensions
		}
		ch.Labels = append(ch.Labels, wire.Label{Name: fmt.Sprint("label", i), Value: strings.Repeat("x", 100), Source: 1})
		wide = append(wide, ch)
	}
	s, err := swarm.NewSwarm(3, 0, func(i int) swarm.Options {
		o := swarm.Options{
			Addr: p.addr, APIKey: testKey, GUID: guid(i), Hostname: fmt.Sprint("child", i), Charts: swarm.Synthetic(10, 5), Values: swarm.Mix(uint64(i)),
			History: time.Minute, ReconnectDelay: 20 * time.Millisecond,
		}
		if i == 1 {
			o.Charts = wide
		}
		return o
	})
	if err != nil {
		t.Fatal(err)
	}
	run(t, s)
	for _, i := range []int{0, 2} {
		waitLive(t, s.Children()[i], 10)
	}
	hostile := s.Children()[1]
	for range 1200 {
		if hostile.Stats().LiveCharts >= 100 {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if st := hostile.Stats(); st.LiveCharts < 100 {
		t.Errorf("the hostile child does not stream what it may: %+v", st)
	}
	time.Sleep(2 * time.Second)
	for i, child := range s.Children() {
		if st := child.Stats(); st.Connects != 1 || st.Failures != 0 {
			t.Errorf("child %d: %+v", i, st)
		}
	}
	h := p.store.Catalog().Host(guid(1))
	dims, labels := 0, int64(0)
	for _, ch := range h.Charts() {
		dims += len(ch.Dimensions())
		labels += labelBytes(ch.Labels())
		if len(ch.Dimensions()) > 50 {
			t.Errorf("%s has %d dimensions", ch.ID, len(ch.Dimensions()))
		}
	}
	if n := len(h.Charts()); n != 100 || dims != 300 || labels > 4096 || labels < 3000 {
		t.Errorf("%d charts, %d dimensions, %d bytes of labels", n, dims, labels)
	}
	if at := h.Charts()[0].Last(); at < time.Now().Unix()-5 {
		t.Errorf("the first chart has no data since %d", at)
	}
}
