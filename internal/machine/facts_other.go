//go:build !linux

package machine

import (
	"runtime"
	"strconv"
)

// Facts returns the facts by name: what Go knows, on systems other than Linux.
func Facts() map[string]string {
	return map[string]string{
		"NETDATA_SYSTEM_KERNEL_NAME":           runtime.GOOS,
		"NETDATA_SYSTEM_ARCHITECTURE":          runtime.GOARCH,
		"NETDATA_SYSTEM_CPU_LOGICAL_CPU_COUNT": strconv.Itoa(runtime.NumCPU()),
	}
}
