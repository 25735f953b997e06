package main

import "testing"

func TestGCPercent(t *testing.T) {
	for _, c := range []struct {
		live, rate uint64 // MiB, MiB/s
		want       int
	}{
		{0, 0, 50}, {1, 0, 50}, {16, 0, 50}, {20, 0, 40}, {40, 0, 20}, {1 << 20, 0, 20},
		{30, 1, 25}, {30, 5, 50}, {30, 10, 100}, {30, 20, 200}, {30, 1000, 210},
		{0, 1000, 400}, {10, 1000, 400}, {400, 20, 20}, {400, 1000, 20},
	} {
		if got := gcPercent(c.live<<20, c.rate<<20); got != c.want {
			t.Errorf("with %d MiB in use and %d MiB/s it is %d, want %d", c.live, c.rate, got, c.want)
		}
	}
}
