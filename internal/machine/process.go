package machine

import (
	"runtime"
	"time"
)

// Process is what this process has used of its machine.
type Process struct {
	CPU        time.Duration // since its start; 0 when that is not known
	Memory     int64         // bytes of physical memory; where that is not known, those that the Go runtime has
	Goroutines int
}

// ThisProcess returns what this process has used.
func ThisProcess() Process {
	p := Process{CPU: processCPU(), Memory: residentMemory(), Goroutines: runtime.NumGoroutine()}
	if p.Memory == 0 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		p.Memory = int64(m.Sys - m.HeapReleased)
	}
	return p
}
