package main

import "testing"

func TestGCPercent(t *testing.T) {
	for live, want := range map[uint64]int{0: 50, 1 << 20: 50, 32 << 20: 50, 40 << 20: 40, 64 << 20: 25, 1 << 40: 25} {
		if got := gcPercent(live); got != want {
			t.Errorf("with %d bytes in use it is %d, want %d", live, got, want)
		}
	}
}
