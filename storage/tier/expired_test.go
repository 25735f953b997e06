package tier

import (
	"testing"
	"time"
)

// TestSizeLimit fills blocks beyond a size limit: the oldest go, and the log does not count.
func TestSizeLimit(t *testing.T) {
	for _, test := range []struct {
		name  string
		limit int64
		kept  func(blocks int) bool
	}{
		{"no limit", 0, func(n int) bool { return n > 2 }},
		{"two blocks fit", 0, nil},
		{"none fits", 1, func(n int) bool { return n == 0 }},
	} {
		t.Run(test.name, func(t *testing.T) {
			now := int64(1_700_000_000) / 60 * 60
			o := DefaultOptions()
			o.BlockDuration = time.Minute
			o.MaxBytes = test.limit
			o.Now = func() time.Time { return time.Unix(now+3600, 0) }
			dir := t.TempDir()
			fill := func(o Options) (blocks int, size int64) {
				r, err := Open(dir, o)
				if err != nil {
					t.Fatal(err)
				}
				defer r.Close()
				a := r.Appender()
				for at := now; at < now+600; at++ {
					if _, err := a.Create(Series{GUID: "g", Chart: "c.c", Dimension: "d", Context: "c.c"}, at, float64(at%7), 0); err != nil {
						t.Fatal(err)
					}
					if at%60 == 0 {
						if err := a.Commit(); err != nil {
							t.Fatal(err)
						}
					}
				}
				if err := a.Commit(); err != nil {
					t.Fatal(err)
				}
				for range 3 {
					if err := r.compact(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				return len(r.db.Blocks()), r.Stats().BlockBytes
			}
			if test.kept == nil {
				all := o
				all.MaxBytes = 0
				blocks, size := fill(all)
				o.MaxBytes = size * 2 / int64(blocks)
				test.kept = func(n int) bool { return n > 0 && n < blocks }
			}
			if blocks, _ := fill(o); !test.kept(blocks) {
				t.Errorf("%d blocks are kept", blocks)
			}
		})
	}
}
