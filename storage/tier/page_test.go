package tier

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestKeys(t *testing.T) {
	all := []key{{"a", "b", "c"}, {"a", "b", "c\x00"}, {"a", "b\x00", "c"}, {"a", "b\x00\x01", "c"}, {"a\xff", "b", ""}, {"", "", ""}, {"a", "bc", ""}, {"ab", "c", ""}}
	for _, a := range all {
		got, err := parseKey(appendKey(nil, a))
		if err != nil || got != a {
			t.Errorf("%q comes back as %q, %v", a, got, err)
		}
		for _, b := range all {
			want := cmp.Or(cmp.Compare(a.guid, b.guid), cmp.Compare(a.chart, b.chart), cmp.Compare(a.dimension, b.dimension))
			if got := bytes.Compare(appendKey(nil, a), appendKey(nil, b)); got != want {
				t.Errorf("%q and %q are ordered %d, want %d", a, b, got, want)
			}
		}
	}
	for _, bad := range []string{"", "a", "a\x00\x01b\x00\x01c", "a\x00\x01b\x00\x01c\x00\x01d"} {
		if k, err := parseKey([]byte(bad)); !errors.Is(err, errCorrupt) {
			t.Errorf("%q is the key %q, %v", bad, k, err)
		}
	}
}

func TestPages(t *testing.T) {
	c := openTestTiers(t, t.TempDir(), testOptions(), []CoarseOptions{{Iterations: 60}}).coarse[0]
	rnd := rand.New(rand.NewPCG(1, 2))
	var all []key
	for i := range 30 {
		for j := range rnd.IntN(60) {
			for d := range rnd.IntN(5) {
				all = append(all, key{fmt.Sprintf("host%d", i), fmt.Sprintf("chart.%d", j), fmt.Sprint(d)})
			}
		}
	}
	slices.SortFunc(all, func(a, b key) int { return bytes.Compare(appendKey(nil, a), appendKey(nil, b)) })
	w, err := newBlockWriter(c.dir, c.step, c.now())
	must(t, err)
	for i, k := range all {
		w.record.add(&aggregate{window: int64(i + 1), count: 1})
		must(t, w.add(appendKey(nil, k)))
	}
	b, err := w.finish(nil, nil)
	must(t, err)
	must(t, c.replace(b))
	if len(b.pages) < 2 {
		t.Fatalf("%d pages", len(b.pages))
	}
	for _, prefix := range []key{{"host1", "", ""}, {"host1", "chart.1", ""}, {"host29", "chart.59", ""}, {"host", "", ""}, {"zzz", "", ""}, {"", "", ""}, {"host0", "", ""}} {
		p := hostPrefix(prefix.guid)
		if prefix.chart != "" {
			p = chartPrefix(prefix.guid, prefix.chart)
		}
		var got, want []key
		must(t, b.prefixed(p, func(e *entry) error {
			k, err := parseKey(e.key)
			got = append(got, k)
			if all[e.first-1] != k || e.last != e.first {
				t.Errorf("%q has the windows of %q", k, all[e.first-1])
			}
			return err
		}))
		for _, k := range all {
			if k.guid == prefix.guid && (prefix.chart == "" || k.chart == prefix.chart) {
				want = append(want, k)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q has %d series, want %d", prefix, len(got), len(want))
		}
	}
}

// FuzzPage reads anything that has a right checksum.
func FuzzPage(f *testing.F) {
	var w pageWriter
	for i := range 50 {
		w.add(&entry{key: appendKey(nil, key{"host", "chart", fmt.Sprint(100 + i)}), at: int64(8 + 100*i), size: 100, first: int64(i), last: int64(2 * i)})
	}
	page := w.bytes()
	f.Add(page[:len(page)-checksumSize])
	f.Fuzz(func(t *testing.T, b []byte) {
		var p pageReader
		if p.open(appendChecksum(b)) != nil {
			return
		}
		for range len(b) + 1 {
			ok, err := p.next()
			if err != nil || !ok {
				return
			}
			_, _ = parseKey(p.entry.key)
		}
		t.Fatal("more series than bytes")
	})
}

// FuzzIndex reads the index of pages of a block.
func FuzzIndex(f *testing.F) {
	f.Add([]byte("\x02\x01a\x08\x10\x01b\x20\x10"))
	f.Fuzz(func(_ *testing.T, index []byte) {
		var b block
		_ = b.readIndex(index, 1<<20)
	})
}
