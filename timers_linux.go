package main

import (
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// timerSlack is how late a timer of the process may be: 1 ms instead of the kernel's 50 µs.
//
// While anything runs, a thread of Go's runtime looks every 20 µs whether something hangs. Each time it sets a timer, and on a
// virtual machine setting a timer is work for the hypervisor. A parent works for half a millisecond when a child sends its
// second, twenty times a second with 20 children; with this slack the thread wakes once each time, and that saves a fifth of
// the CPU time of all: 656 → 523 ns a sample with 20 children of 1,000 metrics.
const timerSlack = 1_000_000 // ns

// startedAnew is in the environment of a program that relaxTimers has started.
const startedAnew = "FOSTER_STARTED_ANEW"

// relaxTimers gives the process timerSlack, by starting the program anew in the same process, once: a thread has the slack of
// the one that made it, and the runtime's own are made before main. Where the system does not allow it, all stays as it is; so
// it does under a real-time policy, whose timers have no slack.
func relaxTimers() {
	if _, found := os.LookupEnv(startedAnew); found {
		_ = os.Unsetenv(startedAnew) // nobody's business but ours
		return
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	slack, err := getSlack()
	if err != nil || slack >= timerSlack {
		return
	}
	program, err := os.Executable()
	if err != nil || unix.Prctl(unix.PR_SET_TIMERSLACK, timerSlack, 0, 0, 0) != nil {
		return
	}
	if got, err := getSlack(); err == nil && got >= timerSlack {
		_ = syscall.Exec(program, os.Args, append(os.Environ(), startedAnew+"=1"))
	}
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(max(slack, 1)), 0, 0, 0) // 0 stands for what the parent process had
}

// getSlack returns the slack of the thread that calls it, in nanoseconds.
func getSlack() (int, error) { return unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0) }
