package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// Each thread of a parent has timerSlack, those of the runtime too.
func TestTimerSlack(t *testing.T) {
	t.Parallel()
	c := newCrash(t, 1)
	p := c.startParent()
	c.waitReady(p)
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, thread := range threads {
		slack, err := os.ReadFile("/proc/" + thread.Name() + "/timerslack_ns")
		switch {
		case errors.Is(err, syscall.EPERM):
			t.Skip("only root may see the slack of another process")
		case errors.Is(err, os.ErrNotExist), errors.Is(err, syscall.ESRCH):
			continue // has ended
		case err != nil:
			t.Fatal(err)
		}
		got, err := strconv.Atoi(strings.TrimSpace(string(slack)))
		if err != nil {
			t.Fatal(err)
		}
		if got < timerSlack {
			t.Errorf("thread %s has a slack of %d ns", thread.Name(), got)
		}
	}
}
