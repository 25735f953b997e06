package wire

import (
	"bytes"
	"math"
	"testing"
)

var seeds = []string{
	"", "END\n", `SET "a" = 5`, `SET2 SLOT:#G 'user' #XWs @EAYHt/W1Yw5 A`, `BEGIN2 SLOT:#B 'system.cpu' #B #BrAQW7 #`, `BEGIN "system.load" 5000022`,
	`CHART "system.cpu" "" "Total" "percentage" "cpu" "system.cpu" "stacked" 100 1 "   " "proc.plugin" "/proc/stat"`,
	`DIMENSION "idle" "idle" "percentage-of-incremental-row" 1 1 " hidden "`, `CLABEL "_collect_plugin" "proc.plugin" 536870913`,
	`LABEL "_os_version" = 1 "12 (bookworm)"`, `VARIABLE CHART pidmax = 32768.0000000`, `CHART_DEFINITION_END 1795225644 1795225794 1795225795`,
	`RBEGIN SLOT:#B '' #BrAQWc #BrAQWd #BrAQW7`, `RSET "user" 5.0761420 ""`, `RDSTATE "user" 1795225658350114 48991 7.1065990 7.1065990`,
	`RSSTATE #GYMBZpGUt #GYMBZoWKA`, `REND #B #BrAPja #BrAQW6 true  #BrAQWc #BrAQW6 #BrAQW7`, `FUNCTION GLOBAL config 120 "Dynamic" "config" 0x8 1000`,
	`FUNCTION_DEL GLOBAL "x"`, `REPLAY_CHART "a.b" "true" 1 2`, `a "b\`, "'\\", "x\x00y",
}

func FuzzWords(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		var w Words
		w.Split(line)
		if w.Len() > MaxWords {
			t.Fatalf("%d words", w.Len())
		}
		total := 0
		for i := range w.Len() {
			word := w.Word(i)
			total += len(word)
			if bytes.IndexByte(word, 0) >= 0 {
				t.Errorf("word %d holds a NUL", i)
			}
		}
		if total > len(line) {
			t.Errorf("%d bytes in the words of a line of %d", total, len(line))
		}
		w.slot()
		w.Command()
	})
}

// Every decoder runs on every line: none panics, and what it accepts is within bounds.
func FuzzCommands(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		var w Words
		w.Split(line)
		slot := func(n int) {
			if n < 0 || n > MaxSlot {
				t.Errorf("slot %d", n)
			}
		}
		id := func(s string) {
			if s == "" || len(s) > MaxID {
				t.Errorf("an id of %d bytes", len(s))
			}
		}
		text := func(texts ...string) {
			for _, s := range texts {
				if len(s) > MaxID+3 {
					t.Errorf("a text of %d bytes", len(s))
				}
			}
		}
		every := func(n int64) {
			if n < 0 || n > MaxUpdateEvery {
				t.Errorf("update every %d", n)
			}
		}
		if c, err := w.Chart(); err == nil {
			slot(c.Slot)
			id(c.ID)
			every(c.UpdateEvery)
			text(c.Name, c.Title, c.Units, c.Family, c.Context, c.Type, c.Plugin, c.Module)
			if c.Priority <= 0 {
				t.Errorf("priority %d", c.Priority)
			}
			roundTripChart(t, c)
		}
		if d, err := w.Dimension(); err == nil {
			slot(d.Slot)
			id(d.ID)
			text(d.Name)
			if d.Multiplier == 0 || d.Divisor == 0 {
				t.Errorf("%d / %d", d.Multiplier, d.Divisor)
			}
		}
		if l, err := w.HostLabel(); err == nil {
			id(l.Name)
			text(l.Value)
		}
		if l, err := w.ChartLabel(); err == nil {
			id(l.Name)
			text(l.Value)
		}
		if v, err := w.Variable(); err == nil {
			id(v.Name)
		}
		w.DefinitionEnd()
		if fn, err := w.Function(); err == nil {
			id(fn.Name)
			text(fn.Help, fn.Tags)
		}
		w.FunctionDel()
		var b Begin
		if w.Begin(&b) == nil {
			slot(b.Slot)
		}
		var s Set
		if w.Set(&s) == nil {
			slot(s.Slot)
		}
		var b2 Begin2
		if w.Begin2(&b2) == nil {
			slot(b2.Slot)
			every(b2.UpdateEvery)
		}
		var s2 Set2
		if w.Set2(&s2) == nil {
			slot(s2.Slot)
			roundTripSet2(t, s2)
		}
		var rb ReplayBegin
		if w.ReplayBegin(&rb) == nil {
			slot(rb.Slot)
		}
		var rs ReplaySet
		if w.ReplaySet(&rs) == nil {
			slot(rs.Slot)
		}
		var rd ReplayDimensionState
		if w.ReplayDimensionState(&rd) == nil {
			slot(rd.Slot)
		}
		var rc ReplayChartState
		_ = w.ReplayChartState(&rc)
		var re ReplayEnd
		if w.ReplayEnd(&re) == nil {
			every(re.UpdateEvery)
		}
		if r, err := ParseReplayChart(line); err == nil {
			id(r.ID)
		}
	})
}

// roundTripChart checks that what was decoded once is encoded so that it decodes to itself.
func roundTripChart(t *testing.T, c Chart) {
	var w Words
	w.Split(encV2.AppendChart(nil, &c))
	once, err := w.Chart()
	if err != nil {
		t.Fatalf("%+v: %v", c, err)
	}
	w.Split(encV2.AppendChart(nil, &once))
	if twice, err := w.Chart(); err != nil || twice != once {
		t.Errorf("%+v became %+v, %v", once, twice, err)
	}
}

func roundTripSet2(t *testing.T, s Set2) {
	for _, e := range []Encoding{encV1, encV2, encV2Hex} {
		var w Words
		line := e.AppendSet2(nil, &s)
		w.Split(line)
		var got Set2
		if err := w.Set2(&got); err != nil {
			t.Fatalf("%+v: %q: %v", s, line, err)
		}
		if e.caps.Has(IEEE754) && !same(got.Value, s.Value) {
			t.Errorf("%+v: %q: %+v", s, line, got)
		}
	}
}

// Scan takes what agents write.
func TestScan(t *testing.T) {
	for line, want := range map[string]struct{ set2, replay bool }{
		"#XWs @EAYHt/W1Yw5 A": {set2: true},
		"#A # A":              {set2: true},
		"-#B # AR":            {set2: true},
		"@EAYHt/W1Yw5 # A":    {set2: true},
		"@EAYHt/W1Yw5 RE":     {replay: true},
		"@EAYHt/W1Yw5 ''":     {},
		"#A # ''":             {},
		"#A  # A":             {},
		"-@EAYHt/W1Yw5 # A":   {},
		"1 # A":               {},
		"":                    {},
	} {
		if got := new(Set2).Scan([]byte(line)); got != want.set2 {
			t.Errorf("SET2 %q: %t", line, got)
		}
		if got := new(ReplaySet).Scan([]byte(line)); got != want.replay {
			t.Errorf("RSET %q: %t", line, got)
		}
	}
}

// What Scan takes it decodes as the words of the line are decoded.
func FuzzScan(f *testing.F) {
	for _, s := range []string{
		"#XWs @EAYHt/W1Yw5 A", "#A # A", "-#B # AR", "@EAYHt/W1Yw5 # RE", "#A # ''", "#A #A A", "# # A", "#A  # A", "#A @A A ", "+#A # A",
		"#//////////// # A", "@H/wAAAAAAAA A", "@EAYHt/W1Yw5 A", "@EAYHt/W1Yw5 \"\"", "#A # A\\", "#A # A\x00", "-@EAYHt/W1Yw5 # A", "@A # A=R",
	} {
		f.Add([]byte(s))
	}
	same := func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) || a != a && b != b }
	f.Fuzz(func(t *testing.T, line []byte) {
		var w Words
		w.Split(line)
		var s, scanned Set2
		if scanned.Scan(line) {
			if err := w.Set2Values(&s, 0); err != nil || !same(s.Value, scanned.Value) || !same(s.Collected, scanned.Collected) || s.Flags != scanned.Flags {
				t.Errorf("SET2 %+v, not %+v (%v)", scanned, s, err)
			}
		}
		var r, replayed ReplaySet
		if replayed.Scan(line) {
			if err := w.ReplaySetValues(&r, 0); err != nil || !same(r.Value, replayed.Value) || r.Flags != replayed.Flags {
				t.Errorf("RSET %+v, not %+v (%v)", replayed, r, err)
			}
		}
	})
}
