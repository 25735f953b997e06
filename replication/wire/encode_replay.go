package wire

import (
	"bytes"
	"errors"
	"strconv"
)

// AppendReplayBegin appends RBEGIN: the opening of the answer for a chart, or of one point if c has times.
func (e Encoding) AppendReplayBegin(b []byte, c *ReplayBegin) []byte {
	return e.AppendReplayBeginValues(appendHead(e, b, CmdReplayBegin, c.Slot, c.ID), c)
}

// AppendReplayBeginValues appends what follows the head of RBEGIN.
func (e Encoding) AppendReplayBeginValues(b []byte, c *ReplayBegin) []byte {
	if !c.HasTimes {
		return append(b, '\n')
	}
	b = append(AppendInt64(b, c.Start, e.replay), ' ')
	b = append(AppendInt64(b, c.End, e.replay), ' ')
	return append(AppendInt64(b, c.Wall, e.replay), '\n')
}

// AppendReplaySet appends RSET.
func (e Encoding) AppendReplaySet(b []byte, s *ReplaySet) []byte {
	return e.AppendReplaySetValues(appendHead(e, b, CmdReplaySet, s.Slot, s.ID), s)
}

// AppendReplaySetValues appends what follows the head of RSET.
func (e Encoding) AppendReplaySetValues(b []byte, s *ReplaySet) []byte {
	flags := s.Flags
	if !finite(s.Value) {
		flags |= Empty
	}
	b = append(AppendFloat64(b, s.Value, e.replay), ' ')
	// Points without the letter A are anomalous only for peers that know anomalies.
	return append(flags.letters(b, e.caps.Has(Interpolated)), '\n')
}

// AppendReplayDimensionState appends RDSTATE.
func (e Encoding) AppendReplayDimensionState(b []byte, s *ReplayDimensionState) []byte {
	b = appendHead(e, b, CmdReplayDimensionState, s.Slot, s.ID)
	b = append(AppendInt64(b, s.LastCollected, e.replay), ' ')
	b, _ = e.appendCollected(b, s.CollectedValue, e.replay)
	b = AppendFloat64(append(b, ' '), s.LastCalculated, e.replay)
	b = AppendFloat64(append(b, ' '), s.LastStored, e.replay)
	return append(b, '\n')
}

// AppendReplayChartState appends RSSTATE.
func (e Encoding) AppendReplayChartState(b []byte, s *ReplayChartState) []byte {
	b = AppendInt64(append(b, "RSSTATE "...), s.LastCollected, e.replay)
	b = AppendInt64(append(b, ' '), s.LastUpdated, e.replay)
	return append(b, '\n')
}

// AppendReplayEnd appends REND.
func (e Encoding) AppendReplayEnd(b []byte, c *ReplayEnd) []byte {
	b = append(AppendInt64(append(b, "REND "...), c.UpdateEvery, e.replay), ' ')
	b = append(AppendInt64(b, c.First, e.replay), ' ')
	b = append(AppendInt64(b, c.Last, e.replay), ' ')
	b = append(strconv.AppendBool(b, c.Start), ' ')
	b = append(AppendInt64(b, c.After, e.replay), ' ')
	b = append(AppendInt64(b, c.Before, e.replay), ' ')
	return append(AppendInt64(b, c.Wall, e.replay), '\n')
}

// ReplayChart is REPLAY_CHART, the line with which a parent asks its child for history of a chart. It is the same
// whatever was negotiated.
type ReplayChart struct {
	ID            string // a copy
	Start         bool   // live data of the chart are to follow
	After, Before int64  // unix seconds; points in (After, Before] are wanted, none if both are 0
}

// ErrNotReplay says that a line from a parent is not REPLAY_CHART.
var ErrNotReplay = errors.New("not a REPLAY_CHART line")

// AppendReplayChart appends r to b.
func AppendReplayChart(b []byte, r *ReplayChart) []byte {
	b = appendID(append(b, "REPLAY_CHART "...), '"', r.ID)
	if r.Start {
		b = append(b, ` "true" `...)
	} else {
		b = append(b, ` "false" `...)
	}
	b = strconv.AppendInt(b, r.After, 10)
	b = strconv.AppendInt(append(b, ' '), r.Before, 10)
	return append(b, '\n')
}

// ParseReplayChart decodes a line from a parent.
func ParseReplayChart(line []byte) (ReplayChart, error) {
	if !bytes.HasPrefix(bytes.TrimLeft(line, " \t"), []byte("REPLAY_CHART")) {
		return ReplayChart{}, ErrNotReplay
	}
	var w Words
	w.Split(line)
	if string(w.Word(0)) != "REPLAY_CHART" {
		return ReplayChart{}, ErrNotReplay
	}
	r := ReplayChart{ID: w.Text(1), Start: string(w.Word(2)) == "true"}
	switch {
	case r.ID == "" || w.n < 5:
		return r, ErrMissingWord
	case len(r.ID) > MaxID:
		return r, ErrTooLong
	}
	var ok1, ok2 bool
	r.After, ok1 = ParseInt(w.Word(3))
	r.Before, ok2 = ParseInt(w.Word(4))
	if !ok1 || !ok2 || r.After < 0 || r.Before < 0 {
		return r, ErrBadNumber
	}
	return r, nil
}
