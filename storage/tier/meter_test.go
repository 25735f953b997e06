package tier

import (
	"fmt"
	"testing"
)

func TestMeter(t *testing.T) {
	o := compactingOptions()
	ts, err := openTiers(t.TempDir(), o, []CoarseOptions{{Iterations: 60}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ts.Close(); err != nil {
			t.Error(err)
		}
	})
	manual(ts.Raw)
	f := newFeeder(t, ts.Raw)
	for at := epoch + 1; at <= epoch+1000; at++ {
		for i := range 6 {
			s := series("a.b", fmt.Sprint(i))
			if i >= 2 {
				s.GUID = stranger
			}
			f.append(s, at, float64(at*7919%(1000+int64(i))), 0)
			s.Dimension += " is constant" // of all hosts the same, and written once
			f.append(s, at, 1, 0)
		}
		if at%50 == 0 {
			f.commit()
		}
	}
	compact(t, ts.Raw)
	if err := ts.Derive(t.Context()); err != nil {
		t.Fatal(err)
	}
	m := NewMeter(ts)
	for range 2 { // the second time from memory
		all, err := m.Measure(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(all) != 2 {
			t.Fatalf("%d tiers", len(all))
		}
		for n, blocks := range all {
			if len(blocks) == 0 {
				t.Errorf("tier %d has no blocks", n)
			}
			var mine, theirs int64
			for _, b := range blocks {
				u, v := b.Hosts[guid], b.Hosts[stranger]
				mine, theirs = mine+u.Bytes, theirs+v.Bytes
				if u.Series != 4 || v.Series != 8 || len(b.Hosts) != 2 {
					t.Errorf("tier %d: %+v", n, b)
				}
				if b.First < epoch || b.Last > epoch+1020 || b.First > b.Last {
					t.Errorf("tier %d: block of %d to %d", n, b.First-epoch, b.Last-epoch)
				}
			}
			if size := ts.TierStats()[n].BlockBytes; mine+theirs > size || mine+theirs < size-int64(4*len(blocks)) {
				t.Errorf("tier %d: the hosts have %d and %d bytes of %d", n, mine, theirs, size)
			}
			if ratio := float64(theirs) / float64(mine); ratio < 1.8 || ratio > 2.2 {
				t.Errorf("tier %d: %d series take %.2f times of what %d take", n, 8, ratio, 4)
			}
		}
	}
	// What was erased is not measured any more.
	if err := ts.Erase(t.Context(), map[string]int64{guid: Everything}); err != nil {
		t.Fatal(err)
	}
	all, err := m.Measure(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for n, blocks := range all {
		for _, b := range blocks {
			if _, has := b.Hosts[guid]; has || b.Hosts[stranger].Series != 8 {
				t.Errorf("tier %d after erasing: %+v", n, b)
			}
		}
	}
	stored, err := ts.Dimensions(t.Context(), stranger)
	if err != nil || len(stored) != 1 || len(stored["a.b"]) != 8 {
		t.Errorf("dimensions %v, error %v", stored, err)
	}
	if len(m.blocks) != len(all[0])+len(all[1]) {
		t.Errorf("%d blocks are remembered, there are %d", len(m.blocks), len(all[0])+len(all[1]))
	}
}
