package wire

import "errors"

// MaxWords is the number of words kept of a line; what follows them is ignored. Netdata keeps 20 (v1.43 and older) or
// 30 words, and no command has more than 14.
const MaxWords = 32

// Words is a line split into words. The words alias the line: they are valid until the line's buffer is reused. The
// zero value is ready for Split.
type Words struct {
	words [MaxWords][]byte
	n     int
	line  []byte
}

// Errors of a line that lacks what its command needs.
var (
	ErrMissingWord = errors.New("a mandatory word is missing")
	ErrBadNumber   = errors.New("a word is not a number")
	ErrNoDot       = errors.New("chart id has no dot")
	ErrTooLong     = errors.New("an id is too long")
)

// MaxID is the longest chart, dimension or label name accepted, in bytes (netdata v2.11 accepts 1,200 for charts).
const MaxID = 1200

// Split cuts line, a line from a child without or with its line end, into words. Blanks and '=' separate words; a word
// that starts with a quote ends at the next same quote; a backslash keeps the following byte from being looked at. A NUL
// byte ends the line.
func (w *Words) Split(line []byte) {
	n, i := 0, 0
	for {
		for i < len(line) && class[line[i]] == blank {
			i++
		}
		if i == len(line) || n == MaxWords || line[i] == 0 {
			break
		}
		start, end := i, 0
		if q := line[i]; q == '"' || q == '\'' {
			start++
			i++
			for i < len(line) && line[i] != q && line[i] != 0 {
				if line[i] == '\\' && i+1 < len(line) && line[i+1] != 0 {
					i++
				}
				i++
			}
			end = i
			if i < len(line) && line[i] == q {
				i++ // the closing quote; when it is missing the word ends with the line
			}
		} else {
			for i < len(line) {
				c := class[line[i]]
				if c == other {
					i++
					continue
				}
				if c != escape {
					break
				}
				if i++; i < len(line) && line[i] != 0 {
					i++
				}
			}
			end = i
		}
		w.words[n] = line[start:end]
		n++
	}
	w.n, w.line = n, line
}

// The classes of bytes in lines from a child to its parent.
const (
	other  = iota
	blank  // separates words
	escape // keeps the next byte from being looked at
	stop   // ends the line
)

var class = [256]byte{0: stop, ' ': blank, '\t': blank, '\r': blank, '\n': blank, '\f': blank, '\v': blank, '=': blank, '\\': escape}

// Len returns the number of words.
func (w *Words) Len() int { return w.n }

// Word returns the i-th word, or nil when there are fewer.
func (w *Words) Word(i int) []byte {
	if i >= w.n {
		return nil
	}
	return w.words[i]
}

// Head returns the beginning of a line with the values of a dimension, up to the first value: keyword, slot and id. It is
// nil when there is no value, or no blank directly before it.
func (w *Words) Head() []byte {
	_, i := w.slot()
	if i++; i >= w.n {
		return nil
	}
	n := cap(w.line) - cap(w.words[i]) // the word aliases the line
	if n == 0 || class[w.line[n-1]] != blank {
		return nil
	}
	return w.line[:n]
}

// slot returns the number of a SLOT:n word at position 1 and the position of the word after it; the number is 0 when
// there is none or it is not usable.
func (w *Words) slot() (slot, next int) {
	word := w.Word(1)
	if len(word) < 5 || string(word[:5]) != "SLOT:" {
		return 0, 1
	}
	n, ok := ParseInt(word[5:])
	if !ok || n < 0 || n > MaxSlot {
		return 0, 2
	}
	return int(n), 2
}

// MaxSlot is the highest slot number used as an index; a command with a higher one is resolved by its id (netdata v2.11
// allows 1,000,000 charts a connection).
const MaxSlot = 1_000_000
