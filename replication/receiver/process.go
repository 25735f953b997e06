package receiver

import (
	"bytes"
	"errors"
	"fmt"

	"foster/replication/wire"
)

// The ways in which a line ends the connection.
var (
	errKeyword          = errors.New("unknown keyword")
	errUnknownChart     = errors.New("data of a chart that is not defined")
	errUnknownDimension = errors.New("data of a dimension that is not defined")
	errNoChart          = errors.New("no chart is in scope")
	errNoBlock          = errors.New("no block is open")
	errForeignClaim     = errors.New("the claim is of another machine")
)

func indexNewline(b []byte) int { return bytes.IndexByte(b, '\n') }

// process applies one line, without its line end.
func (s *session) process(line []byte) error {
	if s.raw.open {
		return s.rawLine(line)
	}
	if s.block.kind != noBlock && s.chart != nil {
		if done, err := s.known(line); done {
			return err
		}
	}
	s.words.Split(line)
	if s.words.Len() == 0 {
		return nil
	}
	err := s.command()
	if s.tolerates(err) {
		return nil
	}
	return err
}

// command applies the line whose words are s.words.
func (s *session) command() error {
	w := &s.words
	switch w.Command() {
	case wire.CmdSet2:
		return s.set2()
	case wire.CmdBegin2:
		return s.begin2()
	case wire.CmdEnd2:
		return s.end2()
	case wire.CmdSet:
		return s.set()
	case wire.CmdBegin:
		return s.begin()
	case wire.CmdEnd:
		return s.end()
	case wire.CmdReplaySet:
		return s.replaySet()
	case wire.CmdReplayBegin:
		return s.replayBegin()
	case wire.CmdReplayDimensionState:
		return s.replayDimensionState()
	case wire.CmdReplayChartState:
		return s.replayChartState()
	case wire.CmdReplayEnd:
		return s.replayEnd()
	case wire.CmdChart:
		return s.defineChart()
	case wire.CmdDimension:
		return s.defineDimension()
	case wire.CmdCLabel:
		return s.chartLabel()
	case wire.CmdCLabelCommit:
		return s.commitChartLabels()
	case wire.CmdDefinitionEnd:
		return s.definitionEnd()
	case wire.CmdVariable:
		return s.variable()
	case wire.CmdLabel:
		return s.hostLabel()
	case wire.CmdOverwrite:
		return s.commitHostLabels()
	case wire.CmdClaimedID:
		return s.claimedID()
	case wire.CmdFunction:
		return s.function()
	case wire.CmdFunctionDel:
		return s.functionDel()
	case wire.CmdFunctionResultBegin:
		s.raw.start("FUNCTION_RESULT_END", false)
		return nil
	case wire.CmdJSON:
		s.raw.start("JSON_PAYLOAD_END", w.Text(1) == "STREAM_PATH")
		return nil
	case wire.CmdFlush:
		s.chart, s.block = nil, block{}
		s.points = s.points[:0]
		return nil
	case wire.CmdFunctionProgress, wire.CmdIgnored:
		return nil
	}
	return fmt.Errorf("%w %q", errKeyword, firstBytes(w.Word(0)))
}

func firstBytes(b []byte) []byte { return b[:min(len(b), 32)] }

// rawBlock is a block of lines that are not commands: JSON, or the answer of a function.
type rawBlock struct {
	open bool
	end  string // the line that closes the block
	keep bool
	body []byte
	size int
}

// The limits of a block, in bytes: of one that is skipped, and of one that is kept.
const (
	maxRawBlock  = 100 << 20
	maxKeptBlock = 128 << 10
)

func (b *rawBlock) start(end string, keep bool) {
	*b = rawBlock{open: true, end: end, keep: keep}
}

// rawLine takes a line of the open block, or closes it.
func (s *session) rawLine(line []byte) error {
	b := &s.raw
	if string(bytes.TrimSpace(line)) == b.end {
		body, keep := b.body, b.keep
		*b = rawBlock{}
		if keep {
			s.streamPath(body)
		}
		return nil
	}
	b.size += len(line) + 1
	if b.size > maxRawBlock || b.keep && b.size > maxKeptBlock {
		return fmt.Errorf("a block that should end in %s is longer than %d bytes", b.end, b.size)
	}
	if b.keep {
		b.body = append(append(b.body, line...), '\n')
	}
	return nil
}
