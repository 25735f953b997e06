package receiver

import "testing"

// TestHoleSearch finds the first filled slot behind gaps of any length, in few questions.
func TestHoleSearch(t *testing.T) {
	for _, every := range []int64{1, 5} {
		for _, gap := range []int64{1, 2, 3, 15, 16, 17, 18, 40, 100, 1000, 3599} {
			const last, slots = 1_700_000_000, 5000
			resume := last + (gap+1)*every // the first slot with a point
			end := last + slots*every
			brings := func(after int64) bool { return after+every >= resume }
			h := &hole{open: true, end: end, empty: last, step: every}
			after, probe := last+every, false
			for {
				var ok bool
				h.probe = probe
				if brings(after) && !probe {
					break
				}
				if after, probe, ok = h.next(every, brings(after)); !ok {
					t.Fatalf("every %d, gap of %d: not found", every, gap)
				}
			}
			if after+every != resume {
				t.Errorf("every %d, gap of %d: resumes at slot %d, want %d", every, gap, (after+every-last)/every, gap+1)
			}
			if h.rounds > 60 {
				t.Errorf("every %d, gap of %d: %d questions", every, gap, h.rounds)
			}
		}
	}
}

// TestHoleWithoutEnd gives up when nothing comes any more.
func TestHoleWithoutEnd(t *testing.T) {
	h := &hole{open: true, end: 1_700_003_000, empty: 1_700_000_000, step: 1}
	for ok := true; ok; {
		if _, h.probe, ok = h.next(1, false); h.rounds > 100 {
			t.Fatal("the search does not end")
		}
	}
}
