package server

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"
)

// notifySystemd tells the service manager a state (sd_notify(3)). It does nothing without one.
func notifySystemd(ctx context.Context, state string) {
	socket := os.Getenv("NOTIFY_SOCKET")
	if socket == "" {
		return
	}
	var d net.Dialer
	c, err := d.DialContext(ctx, "unixgram", socket)
	if err != nil {
		return // the manager is not there: nobody to tell
	}
	defer c.Close()
	_, _ = c.Write([]byte(state))
}

// reloading is the state at the start of a reload, which needs the monotonic clock.
func reloading() string {
	return fmt.Sprintf("RELOADING=1\nMONOTONIC_USEC=%d", monotonicMicroseconds())
}

// watchdogInterval returns how often the service manager wants to hear from us, 0 for never.
func watchdogInterval() time.Duration {
	usec, err := strconv.ParseInt(os.Getenv("WATCHDOG_USEC"), 10, 64)
	if err != nil || usec <= 0 {
		return 0
	}
	return time.Duration(usec) * time.Microsecond / 2
}
