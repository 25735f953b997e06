package compress

import (
	"errors"
	"fmt"
)

// ErrBomb says that a frame gives more plain text than any agent puts into
// one. It comes wrapped in a *FormatError.
var ErrBomb = errors.New("decompression bomb")

// FormatError says that a stream is not what its algorithm demands. The
// connection it came from cannot be continued.
type FormatError struct {
	Algorithm Algorithm
	What      string // what is wrong, in words
	Offset    int64  // bytes of the stream before the frame in question
	Head      []byte // first bytes of that frame's payload (of the frame, if its header is bad), at most 16
	Err       error  // the cause: ErrBomb, io.ErrUnexpectedEOF, a decoder's own error, or nil
}

func (e *FormatError) Error() string {
	s := fmt.Sprintf("%s stream at byte %d: %s", e.Algorithm, e.Offset, e.What)
	if len(e.Head) > 0 {
		s += fmt.Sprintf(" (first bytes % x)", e.Head)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause, for errors.Is and errors.As.
func (e *FormatError) Unwrap() error { return e.Err }
