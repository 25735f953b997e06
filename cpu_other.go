//go:build !linux

package main

import (
	"errors"
	"time"
)

// processCPU is known on Linux only.
func processCPU(int) (time.Duration, error) {
	return 0, errors.New("the CPU time of another process is read on Linux only")
}

// threadCPU is known on Linux only.
func threadCPU() (time.Duration, error) {
	return 0, errors.New("the CPU time of a thread is read on Linux only")
}

// yielding runs start. On Linux the processes that it starts take a core only while nobody else wants it.
func yielding(start func() error) error { return start() }
