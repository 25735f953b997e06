package tier

import "errors"

// Errors of this package.
var (
	// ErrTooOld says that a point is older than the out-of-order window allows, and is not stored.
	ErrTooOld = errors.New("point is older than the store accepts")
	// ErrFuture says that a point is so far ahead of the clock that storing it would shut other hosts out.
	ErrFuture = errors.New("point is too far in the future")
	// ErrFull says that nothing is stored because the disk is full or cannot be written.
	ErrFull = errors.New("disk is full")
	// ErrUnknownSeries says that a reference names no series of the head (any more); Appender.Create finds or makes it.
	ErrUnknownSeries = errors.New("unknown series")
	// ErrLocked says that another process uses the directory.
	ErrLocked = errors.New("is in use by another process")
	// ErrClosed says that the tier has been closed.
	ErrClosed = errors.New("store is closed")
)
