//go:build !(linux || darwin || freebsd)

package machine

import "time"

// processCPU is not known on this system.
func processCPU() time.Duration { return 0 }
