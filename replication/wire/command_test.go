package wire

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func split(line string) *Words {
	w := new(Words)
	w.Split([]byte(line))
	return w
}

// decodes runs decode over lines and compares what it got, or its error, with what is wanted.
func decodes[T any](t *testing.T, decode func(*Words, *T) error, cases map[string]any) {
	t.Helper()
	for line, want := range cases {
		var got T
		err := decode(split(line), &got)
		if wantErr, ok := want.(error); ok {
			if !errors.Is(err, wantErr) {
				t.Errorf("%q: got %+v, error %v, want error %v", line, got, err, wantErr)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", line, err)
			continue
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateNaNs(), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%q: -want +got\n%s", line, diff)
		}
	}
}

func TestCommand(t *testing.T) {
	for line, want := range map[string]Command{
		"":                          Unknown,
		"begin x":                   Unknown,
		"# BEGIN":                   Unknown,
		"BEGIN x":                   CmdBegin,
		"SET x = 1":                 CmdSet,
		"END":                       CmdEnd,
		"BEGIN2":                    CmdBegin2,
		"SET2":                      CmdSet2,
		"END2":                      CmdEnd2,
		"CHART":                     CmdChart,
		"DIMENSION":                 CmdDimension,
		"CLABEL":                    CmdCLabel,
		"CLABEL_COMMIT":             CmdCLabelCommit,
		"VARIABLE":                  CmdVariable,
		"CHART_DEFINITION_END":      CmdDefinitionEnd,
		"LABEL":                     CmdLabel,
		"OVERWRITE labels":          CmdOverwrite,
		"CLAIMED_ID":                CmdClaimedID,
		"RBEGIN":                    CmdReplayBegin,
		"RSET":                      CmdReplaySet,
		"RDSTATE":                   CmdReplayDimensionState,
		"RSSTATE":                   CmdReplayChartState,
		"REND":                      CmdReplayEnd,
		"FUNCTION GLOBAL":           CmdFunction,
		"FUNCTION_DEL":              CmdFunctionDel,
		"FUNCTION_RESULT_BEGIN":     CmdFunctionResultBegin,
		"FUNCTION_PROGRESS":         CmdFunctionProgress,
		"JSON STREAM_PATH":          CmdJSON,
		"FLUSH":                     CmdFlush,
		"TRUST_DURATIONS":           Unknown,
		"REPLAY_CHART \"a.b\" x":    Unknown,
		"\"SET\" x = 1":             CmdSet,
		strings.Repeat("SET", 1000): Unknown,
	} {
		if got := split(line).Command(); got != want {
			t.Errorf("%.40q: got %d, want %d", line, got, want)
		}
	}
}

func TestParseFlags(t *testing.T) {
	for word, want := range map[string]Flags{
		"": Anomalous, "A": 0, "AR": Reset, "RA": Reset, "R": Anomalous | Reset, "E": Anomalous | Empty, "EA": Empty, "x": Anomalous,
	} {
		if got := ParseFlags([]byte(word)); got != want {
			t.Errorf("%q: got %b, want %b", word, got, want)
		}
	}
}

func TestBegin(t *testing.T) {
	decodes(t, (*Words).Begin, map[string]any{
		`BEGIN "system.load" 5000022`: Begin{ID: []byte("system.load"), Microseconds: 5000022},
		`BEGIN system.load`:           Begin{ID: []byte("system.load")},
		`BEGIN SLOT:3 system.load 7`:  Begin{Slot: 3, ID: []byte("system.load"), Microseconds: 7},
		`BEGIN system.load 7 8 9`:     Begin{ID: []byte("system.load"), Microseconds: 7},
		`BEGIN system.load x`:         Begin{ID: []byte("system.load")},
		`BEGIN`:                       ErrMissingWord,
		`BEGIN ""`:                    ErrMissingWord,
		`BEGIN SLOT:1`:                ErrMissingWord,
	})
}

func TestSet(t *testing.T) {
	decodes(t, (*Words).Set, map[string]any{
		`SET "load1" = 1230`:        Set{ID: []byte("load1"), Value: 1230, Float: 1230, Has: true},
		`SET load1=-5`:              Set{ID: []byte("load1"), Value: -5, Float: -5, Has: true},
		`SET "load1" = `:            Set{ID: []byte("load1")},
		`SET "load1" = ""`:          Set{ID: []byte("load1")},
		`SET "load1" = x`:           Set{ID: []byte("load1")},
		`SET "f" = 12.5`:            Set{ID: []byte("f"), Value: 12, Float: 12.5, Has: true},
		`SET "f" = -1e3`:            Set{ID: []byte("f"), Value: -1000, Float: -1000, Has: true},
		`SET "f" = 1e300`:           Set{ID: []byte("f"), Float: 1e300},
		`SET "x" = 0x1E`:            Set{ID: []byte("x"), Value: 30, Float: 30, Has: true},
		`SET "x" = #P/E/eeeee`:      Set{ID: []byte("x"), Value: 4499544615806878, Float: 4499544615806878, Has: true},
		`SET SLOT:#C "load1" = 5`:   Set{Slot: 2, ID: []byte("load1"), Value: 5, Float: 5, Has: true},
		`SET`:                       ErrMissingWord,
		`SET "" = 5`:                ErrMissingWord,
		`SET "max" = 1.5e18 unused`: Set{ID: []byte("max"), Value: 15e17, Float: 15e17, Has: true},
	})
}

func TestBegin2(t *testing.T) {
	id := []byte("system.cpu")
	decodes(t, (*Words).Begin2, map[string]any{
		`BEGIN2 SLOT:#B 'system.cpu' #B #BrAQW7 #`:              Begin2{Slot: 1, ID: id, UpdateEvery: 1, End: 1795229115, Wall: 1795229115},
		`BEGIN2 SLOT:#B 'system.cpu' #B #BrAQW7 #BrAQW8`:        Begin2{Slot: 1, ID: id, UpdateEvery: 1, End: 1795229115, Wall: 1795229116},
		`BEGIN2 'system.cpu' 0x5 0x6B010A6B 0x6B010A6E`:         Begin2{ID: id, UpdateEvery: 5, End: 1795230315, Wall: 1795230318},
		`BEGIN2 'system.cpu' 1 1795230315 1795230318 and more`:  Begin2{ID: id, UpdateEvery: 1, End: 1795230315, Wall: 1795230318},
		`BEGIN2 'system.cpu' 0 1795230315 #`:                    Begin2{ID: id, End: 1795230315, Wall: 1795230315},
		`BEGIN2 'system.cpu' 9223372036854775807 1795230315 #`:  Begin2{ID: id, End: 1795230315, Wall: 1795230315},
		`BEGIN2 'system.cpu' 1 1795230315`:                      ErrMissingWord,
		`BEGIN2 '' 1 1795230315 #`:                              ErrMissingWord,
		`BEGIN2`:                                                ErrMissingWord,
		`BEGIN2 'system.cpu' x 1795230315 #`:                    ErrBadNumber,
		`BEGIN2 'system.cpu' 1 # #`:                             ErrBadNumber,
		`BEGIN2 'system.cpu' 1 1795230315 x`:                    ErrBadNumber,
		`BEGIN2 SLOT:#9999999 'system.cpu' 1 1795230315 unused`: ErrBadNumber,
	})
}

func TestSet2(t *testing.T) {
	user := []byte("user")
	decodes(t, (*Words).Set2, map[string]any{
		`SET2 SLOT:#G 'user' #XWs @D/4AAAAAAAA A`: Set2{Slot: 6, ID: user, Collected: 95660, Value: 1.5},
		`SET2 SLOT:#G 'user' #A # A`:              Set2{Slot: 6, ID: user},
		`SET2 'user' 0x316 0.72 A`:                Set2{ID: user, Collected: 790, Value: 0.72},
		`SET2 'user' -0x5 # AR`:                   Set2{ID: user, Collected: -5, Value: -5, Flags: Reset},
		`SET2 'user' #BA #BA A`:                   Set2{ID: user, Collected: 64, Value: 64},
		`SET2 'user' @D/4AAAAAAAA # A`:            Set2{ID: user, Collected: 1.5, Value: 1.5},
		`SET2 'user' %3FF8000000000000 7 A`:       Set2{ID: user, Collected: 1.5, Value: 7},
		`SET2 'user' 5 7 ''`:                      Set2{ID: user, Collected: 5, Value: 7, Flags: Anomalous},
		`SET2 'user' 5 7 R`:                       Set2{ID: user, Collected: 5, Value: 7, Flags: Anomalous | Reset},
		`SET2 'user' 5 7 EA`:                      Set2{ID: user, Collected: 5, Value: math.NaN(), Flags: Empty},
		`SET2 'user' 5 nan A`:                     Set2{ID: user, Collected: 5, Value: math.NaN()},
		`SET2 'user' 5 null A`:                    Set2{ID: user, Collected: 5, Value: math.NaN()},
		`SET2 'user' 5 7 A unused words`:          Set2{ID: user, Collected: 5, Value: 7},
		`SET2 'user' 5 7`:                         ErrMissingWord,
		`SET2 'user' 5 '' A`:                      ErrBadNumber,
		`SET2 'user' x 7 A`:                       ErrBadNumber,
		`SET2 'user' 5 x A`:                       ErrBadNumber,
		`SET2 '' 5 7 A`:                           ErrMissingWord,
		`SET2`:                                    ErrMissingWord,
	})
}

func TestReplayBegin(t *testing.T) {
	decodes(t, (*Words).ReplayBegin, map[string]any{
		`RBEGIN "system.cpu"`:                        ReplayBegin{ID: []byte("system.cpu")},
		`RBEGIN SLOT:#B 'system.cpu'`:                ReplayBegin{Slot: 1, ID: []byte("system.cpu")},
		`RBEGIN '' 1795225583 1795225584 1795225613`: ReplayBegin{HasTimes: true, Start: 1795225583, End: 1795225584, Wall: 1795225613},
		`RBEGIN '' 1795225583 1795225584`:            ReplayBegin{HasTimes: true, Start: 1795225583, End: 1795225584},
		`RBEGIN SLOT:#B '' #BrAQWc #BrAQWd #BrAQW7`:  ReplayBegin{Slot: 1, HasTimes: true, Start: 1795229084, End: 1795229085, Wall: 1795229115},
		`RBEGIN SLOT:1 'x.y' 0x1 #C 3`:               ReplayBegin{Slot: 1, ID: []byte("x.y"), HasTimes: true, Start: 1, End: 2, Wall: 3},
		`RBEGIN '' 1795225583`:                       ErrBadNumber,
		`RBEGIN '' x 1795225584 1795225613`:          ErrBadNumber,
		`RBEGIN '' 1795225583 after-that 1795225613`: ErrBadNumber,
		`RBEGIN`: ReplayBegin{},
		`RBEGIN '' 1795225583 1795225584 not-a-clock`: ReplayBegin{HasTimes: true, Start: 1795225583, End: 1795225584},
	})
}

func TestReplaySet(t *testing.T) {
	decodes(t, (*Words).ReplaySet, map[string]any{
		`RSET "user" 5.0761420 ""`:             ReplaySet{ID: []byte("user"), Value: 5.0761420, Flags: Anomalous},
		`RSET SLOT:#G "user" @D/4AAAAAAAA A`:   ReplaySet{Slot: 6, ID: []byte("user"), Value: 1.5},
		`RSET "user" NAN "E"`:                  ReplaySet{ID: []byte("user"), Value: math.NaN(), Flags: Anomalous | Empty},
		`RSET "user" 7 "EA"`:                   ReplaySet{ID: []byte("user"), Value: math.NaN(), Flags: Empty},
		`RSET "user" 5 AR`:                     ReplaySet{ID: []byte("user"), Value: 5, Flags: Reset},
		`RSET "user" 5`:                        ReplaySet{ID: []byte("user"), Value: 5, Flags: Anomalous},
		`RSET "user"`:                          ErrMissingWord,
		`RSET`:                                 ErrMissingWord,
		`RSET "" 5 A`:                          ErrMissingWord,
		`RSET "user" x A`:                      ErrBadNumber,
		`RSET SLOT:#GGGGGGGGGGGG "user" 1.5 A`: ReplaySet{ID: []byte("user"), Value: 1.5},
	})
}

func TestReplayState(t *testing.T) {
	decodes(t, (*Words).ReplayDimensionState, map[string]any{
		`RDSTATE "user" 1795225658350114 48991 7.1065990 7.5`:              ReplayDimensionState{ID: []byte("user"), LastCollected: 1795225658350114, CollectedValue: 48991, LastCalculated: 7.106599, LastStored: 7.5},
		`RDSTATE SLOT:#G 'user' #GYMBZpGUr #XWs @D/4AAAAAAAA @L/4AAAAAAAA`: ReplayDimensionState{Slot: 6, ID: []byte("user"), LastCollected: 1795229114197291, CollectedValue: 95660, LastCalculated: 1.5, LastStored: -1.5},
		`RDSTATE "user" 1795225658350114 48991 7.1065990 nan`:              ReplayDimensionState{ID: []byte("user"), LastCollected: 1795225658350114, CollectedValue: 48991, LastCalculated: 7.106599, LastStored: math.NaN()},
		`RDSTATE "user" 1795225658350114 48991 7.1065990`:                  ErrMissingWord,
		`RDSTATE "user" x 48991 7.1065990 7`:                               ErrBadNumber,
		`RDSTATE "user" 1795225658350114 48991 x 7`:                        ErrBadNumber,
		`RDSTATE`: ErrMissingWord,
		`RDSTATE "" 1795225658350114 48991 7.1065990 7`:                          ErrMissingWord,
		`RDSTATE "user" 1795225658350114 -9223372036854775808 7.1065990 7 extra`: ReplayDimensionState{ID: []byte("user"), LastCollected: 1795225658350114, CollectedValue: math.MinInt64, LastCalculated: 7.106599, LastStored: 7},
	})
	decodes(t, (*Words).ReplayChartState, map[string]any{
		`RSSTATE 1795225658350117 1795225658000000`: ReplayChartState{LastCollected: 1795225658350117, LastUpdated: 1795225658000000},
		`RSSTATE #GYMBZpGUt #A`:                     ReplayChartState{LastCollected: 1795229114197293},
		`RSSTATE 1795225658350117`:                  ErrMissingWord,
		`RSSTATE`:                                   ErrMissingWord,
		`RSSTATE x y`:                               ErrBadNumber,
	})
}

func TestReplayEnd(t *testing.T) {
	decodes(t, (*Words).ReplayEnd, map[string]any{
		`REND 1 1795225573 1795225658 true 1795225655 1795225658 1795225659`: ReplayEnd{UpdateEvery: 1, First: 1795225573, Last: 1795225658, Start: true, After: 1795225655, Before: 1795225658, Wall: 1795225659},
		`REND #B #BrAPja #BrAQW6 true  #BrAQWc #BrAQW6 #BrAQW7`:              ReplayEnd{UpdateEvery: 1, First: 1795225818, Last: 1795229114, Start: true, After: 1795229084, Before: 1795229114, Wall: 1795229115},
		`REND 1 0 0 false 5 6`:     ReplayEnd{UpdateEvery: 1, After: 5, Before: 6},
		`REND -1 0 0 TRUE 5 6 7`:   ReplayEnd{After: 5, Before: 6, Wall: 7},
		`REND 86401 0 0 true 5 6`:  ReplayEnd{Start: true, After: 5, Before: 6},
		`REND 1 0 0 true 5`:        ErrMissingWord,
		`REND`:                     ErrMissingWord,
		`REND x 0 0 true 5 6 7`:    ErrBadNumber,
		`REND 1 0 0 true 5 '' 7`:   ErrBadNumber,
		`REND SLOT:1 1 0 0 true 5`: ErrMissingWord,
	})
}
