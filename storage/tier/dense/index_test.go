package dense

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/tsdb/index"
)

// indexed is a series of an index.
type indexed struct {
	labels labels.Labels
	chunks []chunks.Meta
}

// someSeries returns series in the order of their labels, whose chunks are one behind the other.
func someSeries(rnd *rand.Rand, hosts, charts int) (list []indexed) {
	for h := range hosts {
		for c := range charts {
			for d := range 1 + rnd.IntN(4) {
				ls := labels.FromStrings("__name__", fmt.Sprintf("context_%d", c/7), "chart", fmt.Sprintf("chart.%d", c),
					"dimension", fmt.Sprintf("dim%d", d), "machine_guid", fmt.Sprintf("guid-%d", h))
				if d == 3 {
					ls = labels.FromStrings("__name__", "größer", "other", fmt.Sprintf("%d %d", h, c))
				}
				list = append(list, indexed{labels: ls})
			}
		}
	}
	slices.SortFunc(list, func(a, b indexed) int { return labels.Compare(a.labels, b.labels) })
	ref := chunks.ChunkRef(8)
	for i := range list {
		at := int64(1_800_000_000_000) - rnd.Int64N(1e6)
		for range 1 + rnd.IntN(5) {
			to := at + rnd.Int64N(900_000)
			list[i].chunks = append(list[i].chunks, chunks.Meta{Ref: ref, MinTime: at, MaxTime: to})
			at = to + 1 + rnd.Int64N(1000)
			if ref += chunks.ChunkRef(rnd.IntN(2000)); rnd.IntN(100) == 0 {
				ref = (ref>>32+1)<<32 + 8 // the next file
			}
		}
	}
	return list
}

// writeIndex writes an index of the series.
func writeIndex(t *testing.T, w tsdb.IndexWriter, list []indexed) {
	t.Helper()
	symbols := map[string]bool{"not used": true}
	for _, s := range list {
		s.labels.Range(func(l labels.Label) { symbols[l.Name], symbols[l.Value] = true, true })
	}
	sorted := make([]string, 0, len(symbols))
	for s := range symbols {
		sorted = append(sorted, s)
	}
	slices.Sort(sorted)
	for _, s := range sorted {
		if err := w.AddSymbol(s); err != nil {
			t.Fatal(err)
		}
	}
	for i, s := range list {
		if err := w.AddSeries(storage.SeriesRef(i), s.labels, s.chunks...); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// Where the TSDB's own writer writes an index at all, ours is the same.
func TestIndexIsTheSame(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, size := range [][2]int{{0, 0}, {1, 1}, {1, 40}, {7, 30}, {40, 100}} {
		list := someSeries(rnd, size[0], size[1])
		theirs, ours := filepath.Join(t.TempDir(), "index"), filepath.Join(t.TempDir(), "index")
		w, err := index.NewWriter(t.Context(), theirs)
		if err != nil {
			t.Fatal(err)
		}
		writeIndex(t, w, list)
		v, err := newIndexWriter(ours)
		if err != nil {
			t.Fatal(err)
		}
		writeIndex(t, v, list)
		want, err := os.ReadFile(theirs)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(ours)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%d series: an index of %d bytes differs from that of %d bytes", len(list), len(got), len(want))
		}
	}
}

// Chunks may be anywhere, also before those of the series before.
func TestIndexOfSharedChunks(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	list := someSeries(rnd, 3, 50)
	for i := range list {
		for k := range list[i].chunks {
			from := list[rnd.IntN(i+1)].chunks
			list[i].chunks[k].Ref = from[rnd.IntN(len(from))].Ref
		}
	}
	path := filepath.Join(t.TempDir(), "index")
	w, err := newIndexWriter(path)
	if err != nil {
		t.Fatal(err)
	}
	writeIndex(t, w, list)
	r, err := index.NewFileReader(path, index.DecodePostingsRaw)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	all, err := r.Postings(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	var builder labels.ScratchBuilder
	var got []chunks.Meta
	n := 0
	for ; all.Next(); n++ {
		if err := r.Series(all.At(), &builder, &got); err != nil {
			t.Fatal(err)
		}
		if ls := builder.Labels(); !labels.Equal(ls, list[n].labels) || !slices.Equal(got, list[n].chunks) {
			t.Fatalf("series %d is %s with %v, want %s with %v", n, ls, got, list[n].labels, list[n].chunks)
		}
	}
	if all.Err() != nil || n != len(list) {
		t.Errorf("%d series, want %d; error %v", n, len(list), all.Err())
	}
}

// What cannot be is refused, rather than written.
func TestIndexRefuses(t *testing.T) {
	a, b := labels.FromStrings("__name__", "a"), labels.FromStrings("__name__", "b")
	chunk := chunks.Meta{Ref: 8, MinTime: 10, MaxTime: 20}
	for want, do := range map[string]func(w *indexWriter) error{
		"comes after": func(w *indexWriter) error {
			if err := w.AddSeries(1, b, chunk); err != nil {
				t.Error(err)
			}
			return w.AddSeries(2, a, chunk)
		},
		"not among the symbols": func(w *indexWriter) error { return w.AddSeries(1, labels.FromStrings("__name__", "c"), chunk) },
		"the one before ends at": func(w *indexWriter) error {
			return w.AddSeries(1, a, chunk, chunks.Meta{Ref: 9, MinTime: 20, MaxTime: 30})
		},
		"from 9 to 8":      func(w *indexWriter) error { return w.AddSeries(1, a, chunks.Meta{MinTime: 9, MaxTime: 8}) },
		`symbol "a" comes`: func(w *indexWriter) error { return w.AddSymbol("a") },
	} {
		w, err := newIndexWriter(filepath.Join(t.TempDir(), "index"))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []string{"__name__", "a", "b"} {
			if err := w.AddSymbol(s); err != nil {
				t.Error(err)
			}
		}
		if err := do(w); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}
}
