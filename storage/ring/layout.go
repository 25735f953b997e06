package ring

// layout says where the words of a row are: a time and a checksum when it is tagged, the flags when it is flagged, the
// values.
type layout struct {
	width   int // columns
	tagged  bool
	flagged bool
}

const (
	timeWord = 0 // of a tagged row: unix seconds, 0 when the row is empty
	sumWord  = 1
	tagWords = 2

	flagsPerWord = 32 / flagBits
)

// maxTime is the newest time that fits a word.
const maxTime = 1<<32 - 1

// flagsAt returns where the flags are, and valuesAt where the values.
func (l layout) flagsAt() int {
	if l.tagged {
		return tagWords
	}
	return 0
}

func (l layout) valuesAt() int {
	if l.flagged {
		return l.flagsAt() + (l.width+flagsPerWord-1)/flagsPerWord
	}
	return l.flagsAt()
}

func (l layout) stride() int { return l.valuesAt() + l.width }

// flags returns the flags of a column.
func (l layout) flags(row []uint32, column int) uint32 {
	if !l.flagged {
		return 0
	}
	return row[l.flagsAt()+column/flagsPerWord] >> (column % flagsPerWord * flagBits) & (1<<flagBits - 1)
}

// setFlags adds flags to a column that has none.
func (l layout) setFlags(row []uint32, column int, flags uint32) {
	if flags != 0 {
		row[l.flagsAt()+column/flagsPerWord] |= flags << (column % flagsPerWord * flagBits)
	}
}

// holds says whether rows of layout l can hold all that rows of layout m can.
func (l layout) holds(m layout) bool {
	return l.width >= m.width && (l.tagged || !m.tagged) && (l.flagged || !m.flagged)
}
