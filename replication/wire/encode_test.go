package wire

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// The encodings of a v1 child, of a v2 child, and of one without binary numbers.
var (
	encV1     = NewEncoding(CapsOfVersion(15352))
	encV2     = NewEncoding(CapsOfVersion(465894392))
	encV2Hex  = NewEncoding(CapsOfVersion(int64(all211 &^ (IEEE754 | Slots | Compressions))))
	encV2Slot = NewEncoding(CapsOfVersion(int64(all211 &^ (IEEE754 | Compressions))))
	encOld    = NewEncoding(CapsOfVersion(3))
)

// The lines are those of real agents (quotes of v1.37.1's RBEGIN aside).
func TestAppendLines(t *testing.T) {
	cpu, user := []byte("system.cpu"), []byte("user")
	begin := Begin{Slot: 1, ID: cpu, Microseconds: 1000194}
	set := Set{Slot: 1, ID: user, Value: 1230, Float: 1230.5, Has: true}
	begin2 := Begin2{Slot: 1, ID: cpu, UpdateEvery: 5, End: 1795230315, Wall: 1795230318}
	set2 := Set2{Slot: 6, ID: user, Collected: 790, Value: 1.5}
	rset := ReplaySet{Slot: 6, ID: user, Value: 1.5}
	rpoint := ReplayBegin{Slot: 1, HasTimes: true, Start: 1795229084, End: 1795229085, Wall: 1795229115}
	rdstate := ReplayDimensionState{Slot: 6, ID: user, LastCollected: 1795229114197291, CollectedValue: 95660, LastCalculated: 1.5, LastStored: -1.5}
	rsstate := ReplayChartState{LastCollected: 1795229114197293, LastUpdated: 1795229114000000}
	rend := ReplayEnd{UpdateEvery: 1, First: 1795225818, Last: 1795229114, Start: true, After: 1795229084, Before: 1795229114, Wall: 1795229115}
	for _, tc := range []struct{ got, want string }{
		{string(encV1.AppendBegin(nil, &begin)), `BEGIN "system.cpu" 1000194`},
		{string(encV1.AppendSet(nil, &set)), `SET "user" = 1230`},
		{string(encV2.AppendSet(nil, &set)), `SET "user" = 1230.5`},
		{string(encV1.AppendEnd(nil)), `END`},
		{string(encV2.AppendBegin2(nil, &begin2)), `BEGIN2 SLOT:#B 'system.cpu' #F #BrAQpr #BrAQpu`},
		{string(encV2Hex.AppendBegin2(nil, &begin2)), `BEGIN2 'system.cpu' 0x5 0x6B010A6B 0x6B010A6E`},
		{string(encV2Slot.AppendBegin2(nil, &begin2)), `BEGIN2 SLOT:0x1 'system.cpu' 0x5 0x6B010A6B 0x6B010A6E`},
		{string(encV2.AppendBegin2(nil, &Begin2{Slot: 1, ID: cpu, UpdateEvery: 1, End: 1795229115, Wall: 1795229115})), `BEGIN2 SLOT:#B 'system.cpu' #B #BrAQW7 #`},
		{string(encV2.AppendSet2(nil, &set2)), `SET2 SLOT:#G 'user' #MW @D/4AAAAAAAA A`},
		{string(encV2Hex.AppendSet2(nil, &set2)), `SET2 'user' 0x316 1.5 A`},
		{string(encV2.AppendSet2(nil, &Set2{ID: user, Collected: 790, Value: 790})), `SET2 'user' #MW # A`},
		{string(encV2.AppendSet2(nil, &Set2{ID: user, Collected: 1.5, Value: 1.5, Flags: Anomalous})), `SET2 'user' @D/4AAAAAAAA # ''`},
		{string(NewEncoding(all211&^FloatBaseline).AppendSet2(nil, &Set2{ID: user, Collected: 1.5, Value: 1.5, Flags: Reset})), `SET2 'user' #B @D/4AAAAAAAA AR`},
		{string(encV2.AppendSet2(nil, &Set2{ID: user, Collected: math.NaN(), Value: math.NaN()})), `SET2 'user' #A NAN E`},
		{string(encV2.AppendEnd2(nil)), `END2`},
		{string(encV1.AppendReplayBegin(nil, &ReplayBegin{Slot: 1, ID: cpu})), `RBEGIN "system.cpu" `},
		{string(encV2.AppendReplayBegin(nil, &ReplayBegin{Slot: 1, ID: cpu})), `RBEGIN SLOT:#B "system.cpu" `},
		{string(encV1.AppendReplayBegin(nil, &rpoint)), `RBEGIN "" 1795229084 1795229085 1795229115`},
		{string(encV2.AppendReplayBegin(nil, &rpoint)), `RBEGIN SLOT:#B "" #BrAQWc #BrAQWd #BrAQW7`},
		{string(encV2Slot.AppendReplayBegin(nil, &rpoint)), `RBEGIN SLOT:1 "" 1795229084 1795229085 1795229115`},
		{string(encV1.AppendReplaySet(nil, &rset)), `RSET "user" 1.5 ''`},
		{string(encV2.AppendReplaySet(nil, &rset)), `RSET SLOT:#G "user" @D/4AAAAAAAA A`},
		{string(encV2Hex.AppendReplaySet(nil, &rset)), `RSET "user" 1.5 A`},
		{string(encV1.AppendReplaySet(nil, &ReplaySet{ID: user, Value: math.NaN()})), `RSET "user" NAN E`},
		{string(encV1.AppendReplayDimensionState(nil, &rdstate)), `RDSTATE "user" 1795229114197291 95660 1.5 -1.5`},
		{string(encV2.AppendReplayDimensionState(nil, &rdstate)), `RDSTATE SLOT:#G "user" #GYMBZpGUr #XWs @D/4AAAAAAAA @L/4AAAAAAAA`},
		{string(encV1.AppendReplayChartState(nil, &rsstate)), `RSSTATE 1795229114197293 1795229114000000`},
		{string(encV2.AppendReplayChartState(nil, &rsstate)), `RSSTATE #GYMBZpGUt #GYMBZoWKA`},
		{string(encV1.AppendReplayEnd(nil, &rend)), `REND 1 1795225818 1795229114 true 1795229084 1795229114 1795229115`},
		{string(encV2.AppendReplayEnd(nil, &rend)), `REND #B #BrAPja #BrAQW6 true #BrAQWc #BrAQW6 #BrAQW7`},
		{string(AppendReplayChart(nil, &ReplayChart{ID: "net.eth0", Start: true, After: 1795225725, Before: 1795225850})), `REPLAY_CHART "net.eth0" "true" 1795225725 1795225850`},
		{string(AppendReplayChart(nil, &ReplayChart{ID: "net.eth0"})), `REPLAY_CHART "net.eth0" "false" 0 0`},
		{string(encV1.AppendDefinitionEnd(nil, &DefinitionEnd{1795225644, 1795225794, 1795225795})), `CHART_DEFINITION_END 1795225644 1795225794 1795225795`},
		{string(encV1.AppendLabel(nil, &Label{Name: "_os_version", Value: "12 (bookworm)", Source: LabelAuto})), `LABEL "_os_version" = 1 "12 (bookworm)"`},
		{string(encV1.AppendOverwrite(nil)), `OVERWRITE labels`},
		{string(encV1.AppendClaimedID(nil, testGUID, "")), `CLAIMED_ID "` + testGUID + `" "NULL"`},
		{string(encV1.AppendClaimedID(nil, testGUID, testKey)), `CLAIMED_ID "` + testGUID + `" "` + testKey + `"`},
		{string(encV1.AppendCLabel(nil, &Label{Name: "_collect_plugin", Value: "proc.plugin", Source: LabelAuto})), `CLABEL "_collect_plugin" "proc.plugin" 1`},
		{string(encV1.AppendCLabelCommit(nil)), `CLABEL_COMMIT`},
		{string(encV1.AppendVariable(nil, &Variable{Name: "pidmax", Value: 32768})), `VARIABLE CHART "pidmax" = 32768`},
		{string(encV1.AppendVariable(nil, &Variable{Host: true, Name: "x", Value: -1.5})), `VARIABLE HOST "x" = -1.5`},
	} {
		if tc.got != tc.want+"\n" {
			t.Errorf("got  %swant %s", tc.got, tc.want)
		}
	}
	head := encV2.AppendHead(nil, CmdSet2, 6, "user")
	if got := string(encV2.AppendSet2Values(head, &set2)); got != string(encV2.AppendSet2(nil, &set2)) {
		t.Errorf("head and values: %s", got)
	}
}

func TestDefinitionsRoundTrip(t *testing.T) {
	chart := Chart{
		Slot: 7, ID: "disk_util.sda", Name: "disk_util.root", Title: "Disk's \"Utilization\"\n", Units: "% of time", Family: "sda", Context: "disk.util",
		Type: "area", Priority: 2004, UpdateEvery: 5, Obsolete: true, Detail: true, Hidden: true, StoreFirst: true, Plugin: "p", Module: `C:\m`,
	}
	wantChart := chart
	wantChart.Title, wantChart.Module = "Disk's 'Utilization' ", "C:/m"
	dim := Dimension{Slot: 3, ID: "read bytes", Name: "reads", Algorithm: Incremental, Multiplier: 8, Divisor: -1000, Obsolete: true, Hidden: true, NoReset: true, Float: true}
	for name, e := range map[string]Encoding{"v1": encV1, "v2": encV2, "v2 hex": encV2Hex, "v2 hex slots": encV2Slot, "old": encOld} {
		if !e.slots {
			wantChart.Slot, dim.Slot = 0, 0
		} else {
			wantChart.Slot, dim.Slot = 7, 3
		}
		got, err := split(string(e.AppendChart(nil, &chart))).Chart()
		if diff := cmp.Diff(wantChart, got); err != nil || diff != "" {
			t.Errorf("%s: %v, -want +got\n%s", name, err, diff)
		}
		d, err := split(string(e.AppendDimension(nil, &dim))).Dimension()
		if diff := cmp.Diff(dim, d); err != nil || diff != "" {
			t.Errorf("%s: %v, -want +got\n%s", name, err, diff)
		}
	}
}

func TestDataRoundTrip(t *testing.T) {
	opts := cmp.Options{cmpopts.EquateNaNs(), cmpopts.EquateEmpty()}
	for name, e := range map[string]Encoding{"v1": encV1, "v2": encV2, "v2 hex": encV2Hex, "v2 hex slots": encV2Slot} {
		slot := 0
		if e.slots {
			slot = 70
		}
		for _, v := range []float64{0, -1, 0.5, -33.333333333333336, 1e-12, 4e18, 123456789.125, 5e300, math.NaN()} {
			var set2 Set2
			want := Set2{Slot: slot, ID: []byte("a b"), Collected: -1 << 52, Value: v, Flags: Reset}
			if math.IsNaN(v) {
				want.Flags |= Empty
			}
			if err := split(string(e.AppendSet2(nil, &want))).Set2(&set2); err != nil {
				t.Errorf("%s: %g: %v", name, v, err)
			}
			if math.IsNaN(v) {
				want.Flags |= Anomalous
			}
			if diff := cmp.Diff(want, set2, opts, cmpopts.EquateApprox(1e-14, 0)); diff != "" {
				t.Errorf("%s: -want +got\n%s", name, diff)
			}
			var state ReplayDimensionState
			wantState := ReplayDimensionState{Slot: slot, ID: []byte("x"), LastCollected: 1795229114197293, CollectedValue: -7, LastCalculated: v, LastStored: -v}
			if err := split(string(e.AppendReplayDimensionState(nil, &wantState))).ReplayDimensionState(&state); err != nil {
				t.Errorf("%s: %g: %v", name, v, err)
			}
			if diff := cmp.Diff(wantState, state, opts, cmpopts.EquateApprox(1e-14, 0)); diff != "" {
				t.Errorf("%s: -want +got\n%s", name, diff)
			}
		}
		var end ReplayEnd
		wantEnd := ReplayEnd{UpdateEvery: 10, First: 1, Last: 1 << 40, After: 5, Before: 6, Wall: 7, Start: true}
		if err := split(string(e.AppendReplayEnd(nil, &wantEnd))).ReplayEnd(&end); err != nil || end != wantEnd {
			t.Errorf("%s: %v, got %+v", name, err, end)
		}
	}
}

// Whatever a string holds, it stays one word of one line, and the id is the same in every line.
func TestStringsStayWords(t *testing.T) {
	for _, s := range []string{`"`, `'`, `\`, `a\`, "\n", "a\nEND\n", "\x00", `" SLOT:1 "`, `SLOT:#B`, "ü\xff", "", strings.Repeat(`ab"`, 5000)} {
		for name, e := range map[string]Encoding{"v1": encV1, "v2": encV2, "old": encOld} {
			limit := 15000
			if e.text < MaxID {
				limit = 1000
			}
			id := "t." + s
			if e.text < MaxID {
				id = id[:min(len(id), 100)] // v1.36 and older have no longer ones
			}
			line := e.AppendChart(nil, &Chart{Slot: 1, ID: id, Name: "t.n" + s, Title: s, Units: s, Family: s, Context: s, Type: "stacked", Priority: 5, Plugin: s, Module: s})
			w := split(string(line))
			first := 1
			if e.slots {
				first = 2
			}
			if len(line) > limit || strings.Count(string(line), "\n") != 1 || w.Len() != first+12 || w.Text(first+7) != "5" {
				t.Errorf("%s: %.20q: %d bytes, %d words: %.100q", name, s, len(line), w.Len(), line)
			}
			data := split(string(e.AppendBegin2(nil, &Begin2{Slot: 1, ID: []byte(id)})))
			if got, want := data.Text(first), w.Text(first); got != want {
				t.Errorf("%s: id %q, in its definition %q", name, got, want)
			}
			label := split(string(e.AppendLabel(nil, &Label{Name: "n" + s, Value: s, Source: LabelAuto})))
			if label.Len() != 4 || label.Text(2) != "1" {
				t.Errorf("%s: label %q has %d words", name, s, label.Len())
			}
		}
	}
}

func TestParseReplayChart(t *testing.T) {
	for line, want := range map[string]ReplayChart{
		`REPLAY_CHART "net.eth0" "true" 1795225725 1795225850`:          {"net.eth0", true, 1795225725, 1795225850},
		"REPLAY_CHART 'net.eth0' 'false' 5 6 7\r\n":                     {"net.eth0", false, 5, 6},
		`  REPLAY_CHART net.eth0 TRUE 0 0`:                              {"net.eth0", false, 0, 0},
		string(AppendReplayChart(nil, &ReplayChart{"a.b", true, 1, 2})): {"a.b", true, 1, 2},
	} {
		if got, err := ParseReplayChart([]byte(line)); err != nil || got != want {
			t.Errorf("%q: got %+v, %v", line, got, err)
		}
	}
	for line, want := range map[string]error{
		"":                           ErrNotReplay,
		"JSON STREAM_PATH":           ErrNotReplay,
		"REPLAY_CHARTS a.b true 1 2": ErrNotReplay,
		`REPLAY_CHART "" "true" 1 2`: ErrMissingWord,
		`REPLAY_CHART a.b true 1`:    ErrMissingWord,
		`REPLAY_CHART`:               ErrMissingWord,
		`REPLAY_CHART a.b true x 2`:  ErrBadNumber,
		`REPLAY_CHART a.b true 1 -2`: ErrBadNumber,
		"REPLAY_CHART " + strings.Repeat("x", MaxID+1) + " true 1 2": ErrTooLong,
	} {
		if _, err := ParseReplayChart([]byte(line)); !errors.Is(err, want) {
			t.Errorf("%.40q: error %v, want %v", line, err, want)
		}
	}
}

func TestHotPathDoesNotAllocate(t *testing.T) {
	b := make([]byte, 0, 4096)
	var w Words
	for name, f := range map[string]func(){
		"SET2": func() {
			b = encV2.AppendSet2(b[:0], &Set2{Slot: 6, ID: []byte("user"), Collected: 95660, Value: 33.3})
			w.Split(b)
			var s Set2
			if w.Command() != CmdSet2 || w.Set2(&s) != nil {
				t.Error("not a SET2")
			}
		},
		"decimal SET2": func() {
			b = encV2Hex.AppendSet2(b[:0], &Set2{ID: []byte("user"), Collected: 95660, Value: 33.3})
			w.Split(b)
			var s Set2
			if w.Command() != CmdSet2 || w.Set2(&s) != nil {
				t.Error("not a SET2")
			}
		},
		"BEGIN2": func() {
			b = encV2.AppendBegin2(b[:0], &Begin2{Slot: 6, ID: []byte("system.cpu"), UpdateEvery: 1, End: 1795229115, Wall: 1795229115})
			w.Split(b)
			var c Begin2
			if w.Command() != CmdBegin2 || w.Begin2(&c) != nil {
				t.Error("not a BEGIN2")
			}
		},
		"SET": func() {
			b = encV1.AppendSet(b[:0], &Set{ID: []byte("user"), Value: 95660})
			w.Split(b)
			var s Set
			if w.Command() != CmdSet || w.Set(&s) != nil {
				t.Error("not a SET")
			}
		},
		"RSET": func() {
			b = encV1.AppendReplaySet(b[:0], &ReplaySet{ID: []byte("user"), Value: 33.3})
			w.Split(b)
			var s ReplaySet
			if w.Command() != CmdReplaySet || w.ReplaySet(&s) != nil {
				t.Error("not an RSET")
			}
		},
		"CHART": func() {
			b = encV2.AppendChart(b[:0], &Chart{ID: "system.cpu", Name: "system.c", Title: "T", Type: "line"})
			b = encV2.AppendDimension(b, &Dimension{ID: "user", Name: "user", Algorithm: Incremental})
			b = encV2.AppendLabel(b, &Label{Name: "user", Value: "x"})
			b = encV2.AppendDefinitionEnd(b, &DefinitionEnd{1, 2, 3})
			b = AppendReplayChart(b, &ReplayChart{ID: "system.cpu"})
		},
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %g allocations", name, n)
		}
	}
}
