//go:build !linux

package server

// monotonicMicroseconds is for systemd, which is on Linux only.
func monotonicMicroseconds() int64 { return 0 }
