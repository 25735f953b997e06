package ring

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
)

// errFault says that mapped memory cannot be used: its file was cut, or the disk is full or broken.
var errFault = errors.New("mapped memory cannot be read or written")

// guard runs f. When f uses mapped memory, a page that the kernel cannot give is an error, and not the end of the process.
func guard(mapped bool, f func()) (err error) {
	if !mapped {
		f()
		return nil
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch r := recover().(type) {
		case nil:
		case interface {
			runtime.Error
			Addr() uintptr
		}:
			err = fmt.Errorf("%w: %w", errFault, r)
		default:
			panic(r)
		}
	}()
	f()
	return nil
}
