package swarm

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Swarm is many children.
type Swarm struct {
	children []*Child
	stagger  time.Duration
}

// NewSwarm returns n children, each with the options that child returns for its number. They connect stagger apart, in
// the same instant if that is 0.
func NewSwarm(n int, stagger time.Duration, child func(i int) Options) (*Swarm, error) {
	s := &Swarm{children: make([]*Child, n), stagger: stagger}
	for i := range n {
		c, err := New(child(i))
		if err != nil {
			return nil, fmt.Errorf("child %d: %w", i, err)
		}
		s.children[i] = c
	}
	return s, nil
}

// Children returns the children.
func (s *Swarm) Children() []*Child { return s.children }

// Run runs all children until ctx ends, and returns when the last one has ended.
func (s *Swarm) Run(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for i, c := range s.children {
		if i > 0 && s.stagger > 0 {
			select {
			case <-ctx.Done():
				return
			case <-time.After(s.stagger):
			}
		}
		wg.Go(func() { c.Run(ctx) })
	}
}

// Stats returns the sum of the children's counts.
func (s *Swarm) Stats() Stats {
	var sum Stats
	for _, c := range s.children {
		sum.add(c.Stats())
	}
	return sum
}

// WaitLive waits until all charts of all children stream at the same time, that is, until all replays are finished.
func (s *Swarm) WaitLive(ctx context.Context) error {
	for {
		if st := s.Stats(); st.LiveCharts == st.Charts {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait until %d charts stream (%d do): %w", s.Stats().Charts, s.Stats().LiveCharts, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}
