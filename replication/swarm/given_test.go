package swarm

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestAddSpan(t *testing.T) {
	// Against a set of times, for every interval.
	for every := int64(1); every <= 5; every += 2 {
		rng := rand.New(rand.NewPCG(1, uint64(every)))
		for range 200 {
			var spans []Span
			set := map[int64]bool{}
			for range 20 {
				from := rng.Int64N(60) * every
				s := Span{from, from + rng.Int64N(6)*every}
				var added int64
				spans, added = addSpan(spans, s, every)
				for x := s.From; x <= s.To; x += every {
					if !set[x] {
						added--
					}
					set[x] = true
				}
				if added != 0 {
					t.Fatalf("adding %v: count is off by %d", s, added)
				}
				n := 0
				for i, s := range spans {
					n += int((s.To-s.From)/every) + 1
					if s.From > s.To || i > 0 && spans[i-1].To+every >= s.From {
						t.Fatalf("not sorted and apart: %v", spans)
					}
					for x := s.From; x <= s.To; x += every {
						if !set[x] {
							t.Fatalf("%d was not added: %v", x, spans)
						}
					}
				}
				if n != len(set) {
					t.Fatalf("%d times in %v, want %d", n, spans, len(set))
				}
			}
		}
	}
	spans, _ := addSpan(nil, Span{5, 5}, 1)
	spans, _ = addSpan(spans, Span{6, 6}, 1)
	if !slices.Equal(spans, []Span{{5, 6}}) {
		t.Error(spans)
	}
}
