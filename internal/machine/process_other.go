//go:build !linux

package machine

// residentMemory is known on Linux only.
func residentMemory() int64 { return 0 }
