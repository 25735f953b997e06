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
		n := len(m.found)
		if m.held != nil {
			n = len(m.held.samples)
		}
		if n != len(keys) {
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

// What one read of held points hands over to the next shows nothing of the one before, and two cursors of a dimension are
// independent.
func TestSelectManyHandsOver(t *testing.T) {
	r := openRaw(t, t.TempDir(), testOptions())
	f := newFeeder(t, r)
	const charts, seconds = 40, 30
	var all []Key
	for n := range charts {
		s := series(fmt.Sprintf("x.%d", n), "d")
		for i := range int64(seconds) {
			f.append(s, epoch+i, float64(n*1000)+float64(i), 0)
		}
		all = append(all, Key{s.GUID, s.Chart, s.Dimension})
	}
	f.commit()
	wantFirst := func(c query.Cursor, n int, i int64) {
		t.Helper()
		buf := make([]query.Point, 1)
		if _, err := c.Read(buf); err != nil && !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		if want := float64(n*1000) + float64(i); buf[0].Sum != want || buf[0].End != epoch+i {
			t.Errorf("%+v, want %v", buf[0], want)
		}
	}
	held := 0
	for round := range 200 {
		from, from2 := round%charts, int64(round%(seconds-1))
		keys := all[from:min(charts, from+1+round%7)]
		m, err := r.SelectMany(t.Context(), keys, epoch+from2-1, epoch+seconds)
		if err != nil {
			t.Fatal(err)
		}
		if m.held != nil {
			held++
		}
		for i, k := range keys {
			one, two := m.Cursor(k, 1), m.Cursor(k, 1)
			wantFirst(one, from+i, from2)
			wantFirst(two, from+i, from2)
			wantFirst(one, from+i, from2+1)
		}
		for range 2 {
			if err := m.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if held == 0 {
		t.Error("nothing was held")
	}
}
