package wire

import (
	"bytes"
	"math"
)

// Command is a keyword a child sends.
type Command uint8

// The commands of a child. Unknown is any other word.
const (
	Unknown Command = iota
	CmdBegin
	CmdSet
	CmdEnd
	CmdBegin2
	CmdSet2
	CmdEnd2
	CmdChart
	CmdDimension
	CmdCLabel
	CmdCLabelCommit
	CmdVariable
	CmdDefinitionEnd
	CmdLabel
	CmdOverwrite
	CmdClaimedID
	CmdReplayBegin
	CmdReplaySet
	CmdReplayDimensionState
	CmdReplayChartState
	CmdReplayEnd
	CmdFunction
	CmdFunctionDel
	CmdFunctionResultBegin
	CmdFunctionProgress
	CmdJSON
	CmdFlush
	CmdIgnored // accepted by Netdata parents without effect
)

// Command returns the command of the line, which is its first word.
func (w *Words) Command() Command {
	// A switch over a converted byte slice compares in place: no allocation.
	switch string(w.Word(0)) {
	case "SET2":
		return CmdSet2
	case "BEGIN2":
		return CmdBegin2
	case "END2":
		return CmdEnd2
	case "SET":
		return CmdSet
	case "BEGIN":
		return CmdBegin
	case "END":
		return CmdEnd
	case "RSET":
		return CmdReplaySet
	case "RBEGIN":
		return CmdReplayBegin
	case "RDSTATE":
		return CmdReplayDimensionState
	case "RSSTATE":
		return CmdReplayChartState
	case "REND":
		return CmdReplayEnd
	case "DIMENSION":
		return CmdDimension
	case "CHART":
		return CmdChart
	case "CLABEL":
		return CmdCLabel
	case "CLABEL_COMMIT":
		return CmdCLabelCommit
	case "CHART_DEFINITION_END":
		return CmdDefinitionEnd
	case "VARIABLE":
		return CmdVariable
	case "LABEL":
		return CmdLabel
	case "OVERWRITE":
		return CmdOverwrite
	case "CLAIMED_ID":
		return CmdClaimedID
	case "FUNCTION":
		return CmdFunction
	case "FUNCTION_DEL":
		return CmdFunctionDel
	case "FUNCTION_RESULT_BEGIN":
		return CmdFunctionResultBegin
	case "FUNCTION_PROGRESS":
		return CmdFunctionProgress
	case "JSON":
		return CmdJSON
	case "FLUSH":
		return CmdFlush
	case "DYNCFG_ENABLE", "DYNCFG_REGISTER_MODULE", "DYNCFG_REGISTER_JOB", "DYNCFG_RESET", "REPORT_JOB_STATUS", "DELETE_JOB":
		return CmdIgnored
	}
	return Unknown
}

// Flags are the marks of a stored point.
type Flags uint8

// The flags. A point sent without the letter A is anomalous.
const (
	Anomalous Flags = 1 << iota
	Reset
	Empty
)

// ParseFlags reads the flags word of SET2 and RSET.
func ParseFlags(b []byte) Flags {
	f := Anomalous
	for _, c := range b {
		switch c {
		case 'A':
			f &^= Anomalous
		case 'R':
			f |= Reset
		case 'E':
			f |= Empty
		}
	}
	return f
}

// Begin is BEGIN: a collection of raw values. ID aliases the line.
type Begin struct {
	Slot         int
	ID           []byte
	Microseconds int64 // since the previous BEGIN of the chart, 0 when not told
}

// Begin decodes a BEGIN line.
func (w *Words) Begin(b *Begin) error {
	slot, i := w.slot()
	b.Slot, b.ID = slot, w.Word(i)
	if len(b.ID) == 0 {
		return ErrMissingWord
	}
	b.Microseconds, _ = ParseInt(w.Word(i + 1))
	return nil
}

// Set is SET: one raw value. ID aliases the line.
type Set struct {
	Slot  int
	ID    []byte
	Value int64
	Float float64 // the value with its fraction, for dimensions of type float
	Has   bool    // a value was given
}

// Set decodes a SET line.
func (w *Words) Set(s *Set) error {
	slot, i := w.slot()
	s.Slot, s.ID = slot, w.Word(i)
	if len(s.ID) == 0 {
		return ErrMissingWord
	}
	return w.SetValues(s, i+1)
}

// SetValues decodes what follows the id of a SET line, from the i-th word.
func (w *Words) SetValues(s *Set, i int) error {
	value := w.Word(i)
	s.Value, s.Has = ParseInt(value)
	s.Float = float64(s.Value)
	if len(value) == 0 || value[0] == '#' || len(value) > 1 && value[1] == 'x' {
		return nil
	}
	if bytes.ContainsAny(value, ".eE") {
		s.Float, s.Has = ParseFloat(value)
		s.Has = s.Has && s.Float >= math.MinInt64 && s.Float < math.MaxInt64 // neither NaN
		if s.Value = 0; s.Has {
			s.Value = int64(s.Float)
		}
	}
	return nil
}

// Begin2 is BEGIN2: the points of a chart at one time. ID aliases the line.
type Begin2 struct {
	Slot        int
	ID          []byte
	UpdateEvery int64 // seconds; 0 when not a sane one
	End         int64 // unix seconds, the time of the points
	Wall        int64 // unix seconds, the child's clock at the collection
}

// Begin2 decodes a BEGIN2 line.
func (w *Words) Begin2(b *Begin2) error {
	slot, i := w.slot()
	b.Slot, b.ID = slot, w.Word(i)
	if len(b.ID) == 0 || w.n < i+4 {
		return ErrMissingWord
	}
	var ok1, ok2, ok3 bool
	b.UpdateEvery, ok1 = parseUpdateEvery(w.Word(i + 1))
	b.End, ok2 = ParseInt(w.Word(i + 2))
	if wall := w.Word(i + 3); len(wall) == 1 && wall[0] == '#' {
		b.Wall, ok3 = b.End, true
	} else {
		b.Wall, ok3 = ParseInt(wall)
	}
	if !ok1 || !ok2 || !ok3 {
		return ErrBadNumber
	}
	return nil
}

// Set2 is SET2: a stored point and the raw value it came from. ID aliases the line.
type Set2 struct {
	Slot      int
	ID        []byte
	Collected float64
	Value     float64 // NaN when the point is empty
	Flags     Flags
}

// Set2 decodes a SET2 line.
func (w *Words) Set2(s *Set2) error {
	slot, i := w.slot()
	s.Slot, s.ID = slot, w.Word(i)
	if len(s.ID) == 0 {
		return ErrMissingWord
	}
	return w.Set2Values(s, i+1)
}

// Set2Values decodes what follows the id of a SET2 line, from the i-th word.
func (w *Words) Set2Values(s *Set2, i int) error {
	if w.n < i+3 {
		return ErrMissingWord
	}
	var ok bool
	s.Collected, ok = ParseFloat(w.Word(i))
	if !ok {
		return ErrBadNumber
	}
	// A word that starts with # says "as collected": doubles never start with it.
	if value := w.Word(i + 1); len(value) > 0 && value[0] == '#' {
		s.Value = s.Collected
	} else if s.Value, ok = ParseFloat(value); !ok {
		return ErrBadNumber
	}
	if s.Flags = ParseFlags(w.Word(i + 2)); s.Flags&Empty != 0 {
		s.Value = math.NaN()
	}
	return nil
}

func parseUpdateEvery(b []byte) (n int64, ok bool) {
	if n, ok = ParseInt(b); n <= 0 || n > MaxUpdateEvery {
		n = 0
	}
	return n, ok
}

// ReplayBegin is RBEGIN: it opens the answer for a chart, or, with times, one point of it. ID aliases the line; empty
// means the chart of the RBEGIN before.
type ReplayBegin struct {
	Slot       int
	ID         []byte
	HasTimes   bool
	Start, End int64 // unix seconds; the point covers (Start, End]
	Wall       int64 // unix seconds, the child's clock; 0 when not told
}

// ReplayBegin decodes an RBEGIN line.
func (w *Words) ReplayBegin(b *ReplayBegin) error {
	slot, i := w.slot()
	b.Slot, b.ID = slot, w.Word(i)
	b.HasTimes = w.n > i+1
	b.Start, b.End, b.Wall = 0, 0, 0
	if !b.HasTimes {
		return nil
	}
	var ok1, ok2 bool
	b.Start, ok1 = ParseInt(w.Word(i + 1))
	b.End, ok2 = ParseInt(w.Word(i + 2))
	b.Wall, _ = ParseInt(w.Word(i + 3))
	if !ok1 || !ok2 {
		return ErrBadNumber
	}
	return nil
}

// ReplaySet is RSET: one stored point. ID aliases the line.
type ReplaySet struct {
	Slot  int
	ID    []byte
	Value float64 // NaN when the point is empty
	Flags Flags
}

// ReplaySet decodes an RSET line.
func (w *Words) ReplaySet(s *ReplaySet) error {
	slot, i := w.slot()
	s.Slot, s.ID = slot, w.Word(i)
	if len(s.ID) == 0 {
		return ErrMissingWord
	}
	return w.ReplaySetValues(s, i+1)
}

// ReplaySetValues decodes what follows the id of an RSET line, from the i-th word.
func (w *Words) ReplaySetValues(s *ReplaySet, i int) error {
	if w.n <= i {
		return ErrMissingWord
	}
	var ok bool
	if s.Value, ok = ParseFloat(w.Word(i)); !ok {
		return ErrBadNumber
	}
	if s.Flags = ParseFlags(w.Word(i + 1)); s.Flags&Empty != 0 {
		s.Value = math.NaN()
	}
	return nil
}

// ReplayDimensionState is RDSTATE: the collector's state of a dimension. ID aliases the line.
type ReplayDimensionState struct {
	Slot           int
	ID             []byte
	LastCollected  int64 // unix microseconds
	CollectedValue float64
	LastCalculated float64
	LastStored     float64
}

// ReplayDimensionState decodes an RDSTATE line.
func (w *Words) ReplayDimensionState(s *ReplayDimensionState) error {
	slot, i := w.slot()
	s.Slot, s.ID = slot, w.Word(i)
	if len(s.ID) == 0 || w.n < i+5 {
		return ErrMissingWord
	}
	var ok [4]bool
	s.LastCollected, ok[0] = ParseInt(w.Word(i + 1))
	s.CollectedValue, ok[1] = ParseFloat(w.Word(i + 2))
	s.LastCalculated, ok[2] = ParseFloat(w.Word(i + 3))
	s.LastStored, ok[3] = ParseFloat(w.Word(i + 4))
	if ok != [4]bool{true, true, true, true} {
		return ErrBadNumber
	}
	return nil
}

// ReplayChartState is RSSTATE: the collector's state of a chart, in unix microseconds.
type ReplayChartState struct {
	LastCollected int64
	LastUpdated   int64
}

// ReplayChartState decodes an RSSTATE line.
func (w *Words) ReplayChartState(s *ReplayChartState) error {
	_, i := w.slot()
	if w.n < i+2 {
		return ErrMissingWord
	}
	var ok1, ok2 bool
	s.LastCollected, ok1 = ParseInt(w.Word(i))
	s.LastUpdated, ok2 = ParseInt(w.Word(i + 1))
	if !ok1 || !ok2 {
		return ErrBadNumber
	}
	return nil
}

// ReplayEnd is REND: it closes the answer for a chart. Times are unix seconds of the child's clock.
type ReplayEnd struct {
	UpdateEvery   int64 // seconds; 0 when not a sane one
	First, Last   int64 // what the child has now
	Start         bool  // live data of the chart follow
	After, Before int64 // what was answered
	Wall          int64
}

// ReplayEnd decodes a REND line.
func (w *Words) ReplayEnd(e *ReplayEnd) error {
	_, i := w.slot()
	if w.n < i+6 {
		return ErrMissingWord
	}
	var ok [5]bool
	e.UpdateEvery, ok[0] = parseUpdateEvery(w.Word(i))
	e.First, ok[1] = ParseInt(w.Word(i + 1))
	e.Last, ok[2] = ParseInt(w.Word(i + 2))
	e.Start = string(w.Word(i+3)) == "true"
	e.After, ok[3] = ParseInt(w.Word(i + 4))
	e.Before, ok[4] = ParseInt(w.Word(i + 5))
	e.Wall, _ = ParseInt(w.Word(i + 6))
	if ok != [5]bool{true, true, true, true, true} {
		return ErrBadNumber
	}
	return nil
}
