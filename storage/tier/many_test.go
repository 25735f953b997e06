package tier

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"foster/storage/query"
)

// However many hosts and charts there are, SelectMany finds all it was asked for and nothing else.
func TestSelectMany(t *testing.T) {
	r := openRaw(t, t.TempDir(), testOptions())
	const base = epoch + 10
	var all []Key
	app := r.Appender()
	add := func(k Key) {
		t.Helper()
		all = append(all, k)
		if _, err := app.Create(Series{GUID: k.GUID, Chart: k.Chart, Dimension: k.Dimension, Context: "c"}, base, float64(len(all)), 0); err != nil {
			t.Fatal(err)
		}
	}
	many := mostAlternatives + 10
	for n := range many {
		add(Key{"host", fmt.Sprintf("chart.(%d|", n), "d"})
		add(Key{fmt.Sprintf("host %d", n), "chart", "d"})
	}
	if err := app.Commit(); err != nil {
		t.Fatal(err)
	}
	for what, keys := range map[string][]Key{
		"one": all[:1], "charts of a host": {all[0], all[2], all[4]}, "hosts": {all[1], all[3]}, "all": all, "few of both": all[10:20],
		"all but one": all[1:], "none": {}, "not stored": {{"host", "x", "y"}},
	} {
		m, err := r.SelectMany(t.Context(), keys, base-1, base)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(m.found) + len(m.held); n != len(keys) {
			t.Errorf("%s: %d dimensions, want %d", what, n, len(keys))
		}
		for _, k := range keys {
			c := m.Cursor(k, 1)
			if c == nil {
				if what != "not stored" {
					t.Errorf("%s: %v is not found", what, k)
				}
				continue
			}
			buf := make([]query.Point, 2)
			n, err := c.Read(buf)
			if err != nil && !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
			if n != 1 || all[int(buf[0].Sum)-1] != k {
				t.Errorf("%s: %v has %d points, the first is %v", what, k, n, buf[0])
			}
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}
