package main

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// processCPU returns the CPU time a process has used, from its scheduler clock: that of /proc/<pid>/stat is sampled at the
// timer's ticks, and work that happens at the start of each second is counted wrong.
func processCPU(pid int) (time.Duration, error) {
	var ts unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|2), &ts); err != nil {
		return 0, err
	}
	return time.Duration(ts.Nano()), nil
}

// threadCPU returns the CPU time that the thread which calls it has used.
func threadCPU() (time.Duration, error) {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts); err != nil {
		return 0, err
	}
	return time.Duration(ts.Nano()), nil
}

// yielding runs start, on a thread of its own, so that the processes which it starts take a core only while nobody else wants
// it, where the system allows that.
func yielding(start func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // for ever: the thread ends with this
		_ = unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_IDLE}, 0)
		done <- start()
	}()
	return <-done
}
