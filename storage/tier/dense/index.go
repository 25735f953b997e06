package dense

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"math"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/tsdb/encoding"
	"github.com/prometheus/prometheus/tsdb/index"
)

// seriesAlign is what the place of a series in an index is a multiple of: lists of series have it divided by that.
const seriesAlign = 16

// indexWriter writes the index of a block: byte for byte what the TSDB's own writes, which refuses chunks that a series shares with one
// before it. The format is version 2 of github.com/prometheus/prometheus tsdb/docs/format/index.md.
//
// It has in memory the symbols, and of each series its place, once for each of its labels.
type indexWriter struct {
	f   *index.FileWriter
	toc index.TOC
	buf encoding.Encbuf
	crc hash.Hash32

	symbols  []string
	numbers  map[string]uint32
	last     labels.Labels
	all      []uint32            // the places of all series, divided by seriesAlign
	postings map[uint32][]uint64 // by name of a label: number of the value, place
}

func newIndexWriter(path string) (*indexWriter, error) {
	f, err := index.NewFileWriter(path)
	if err != nil {
		return nil, err
	}
	w := &indexWriter{f: f, crc: crc32.New(crc32.MakeTable(crc32.Castagnoli)), numbers: map[string]uint32{}, postings: map[uint32][]uint64{}}
	w.buf.PutBE32(index.MagicIndex)
	w.buf.PutByte(index.FormatV2)
	if err := w.f.Write(w.buf.Get()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return w, nil
}

// AddSymbol implements tsdb.IndexWriter.
func (w *indexWriter) AddSymbol(s string) error {
	if n := len(w.symbols); n > 0 && s <= w.symbols[n-1] {
		return fmt.Errorf("symbol %q comes after %q", s, w.symbols[n-1])
	}
	s = strings.Clone(s) // which may be in a file that is mapped
	w.numbers[s] = uint32(len(w.symbols))
	w.symbols = append(w.symbols, s)
	return nil
}

// AddSeries implements tsdb.IndexWriter. Series are in the order of their labels.
func (w *indexWriter) AddSeries(_ storage.SeriesRef, ls labels.Labels, list ...chunks.Meta) error {
	if w.toc.Series == 0 {
		if err := w.writeSymbols(); err != nil {
			return fmt.Errorf("write symbols: %w", err)
		}
	} else if labels.Compare(ls, w.last) <= 0 {
		return fmt.Errorf("series %s comes after %s", ls, w.last)
	}
	w.last.CopyFrom(ls)
	if err := w.f.AddPadding(seriesAlign); err != nil {
		return err
	}
	place := w.f.Pos() / seriesAlign
	w.all = append(w.all, uint32(place))

	w.buf.Reset()
	w.buf.PutUvarint(ls.Len())
	err := ls.Validate(func(l labels.Label) error {
		name, ok := w.numbers[l.Name]
		value, ok2 := w.numbers[l.Value]
		if !ok || !ok2 {
			return fmt.Errorf("%s=%q is not among the symbols", l.Name, l.Value)
		}
		w.buf.PutUvarint32(name)
		w.buf.PutUvarint32(value)
		w.postings[name] = append(w.postings[name], uint64(value)<<32|place)
		return nil
	})
	if err != nil {
		return err
	}
	w.buf.PutUvarint(len(list))
	var end, ref int64
	for i, c := range list {
		if c.MaxTime < c.MinTime || i > 0 && c.MinTime <= end {
			return fmt.Errorf("chunk %d of series %s is from %d to %d, the one before ends at %d", i, ls, c.MinTime, c.MaxTime, end)
		}
		if i == 0 {
			w.buf.PutVarint64(c.MinTime)
		} else {
			w.buf.PutUvarint64(uint64(c.MinTime - end))
		}
		w.buf.PutUvarint64(uint64(c.MaxTime - c.MinTime))
		if i == 0 {
			w.buf.PutUvarint64(uint64(c.Ref))
		} else {
			w.buf.PutVarint64(int64(c.Ref) - ref)
		}
		end, ref = c.MaxTime, int64(c.Ref)
	}
	var length [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(length[:], uint64(w.buf.Len()))
	w.buf.PutHash(w.crc)
	return w.f.Write(length[:n], w.buf.Get())
}

// writeSymbols writes the table of symbols.
func (w *indexWriter) writeSymbols() error {
	w.toc.Symbols = w.f.Pos()
	var table encoding.Encbuf
	table.PutBE32int(len(w.symbols))
	for _, s := range w.symbols {
		table.PutUvarintStr(s)
	}
	if err := w.section(&table); err != nil {
		return err
	}
	w.toc.Series = w.f.Pos()
	return nil
}

// section writes what b holds, between its length and its checksum.
func (w *indexWriter) section(b *encoding.Encbuf) error {
	n := b.Len()
	if uint64(n) > math.MaxUint32 {
		return errors.New("more than 4 GiB")
	}
	var length [4]byte
	binary.BigEndian.PutUint32(length[:], uint32(n))
	b.PutHash(w.crc)
	return w.f.Write(length[:], b.Get())
}

// Close writes what is left of the index, and closes the file.
func (w *indexWriter) Close() error {
	return errors.Join(w.finish(), w.f.Close())
}

func (w *indexWriter) finish() error {
	if w.toc.Series == 0 {
		if err := w.writeSymbols(); err != nil {
			return fmt.Errorf("write symbols: %w", err)
		}
	}
	// Here were, in indexes of old, the values of each label.
	w.toc.LabelIndices, w.toc.Postings = w.f.Pos(), w.f.Pos()
	table, err := w.writePostings()
	if err != nil {
		return fmt.Errorf("write lists of series: %w", err)
	}
	w.toc.LabelIndicesTable, w.toc.PostingsTable = w.f.Pos(), w.f.Pos()
	if err := w.section(table); err != nil {
		return fmt.Errorf("write table of the lists of series: %w", err)
	}
	w.buf.Reset()
	for _, at := range []uint64{w.toc.Symbols, w.toc.Series, w.toc.LabelIndices, w.toc.LabelIndicesTable, w.toc.Postings, w.toc.PostingsTable} {
		w.buf.PutBE64(at)
	}
	w.buf.PutHash(w.crc)
	return w.f.Write(w.buf.Get())
}

// writePostings writes for each label the list of the series that have it. It returns the table of these lists.
func (w *indexWriter) writePostings() (*encoding.Encbuf, error) {
	var entries encoding.Encbuf
	count := 0
	list := func(name, value string, places []uint32) error {
		if err := w.f.AddPadding(4); err != nil {
			return err
		}
		count++
		entries.PutUvarint(2)
		entries.PutUvarintStr(name)
		entries.PutUvarintStr(value)
		entries.PutUvarint64(w.f.Pos())
		w.buf.Reset()
		if err := index.EncodePostingsRaw(&w.buf, places); err != nil {
			return err
		}
		return w.section(&w.buf)
	}
	if err := list("", "", w.all); err != nil {
		return nil, err
	}
	names := make([]uint32, 0, len(w.postings))
	for name := range w.postings {
		names = append(names, name)
	}
	slices.Sort(names) // symbols, and so the numbers of names and values, are in the order of their text
	var places []uint32
	for _, name := range names {
		pairs := w.postings[name]
		slices.Sort(pairs)
		for len(pairs) > 0 {
			value := uint32(pairs[0] >> 32)
			places = places[:0]
			for len(pairs) > 0 && uint32(pairs[0]>>32) == value {
				places, pairs = append(places, uint32(pairs[0])), pairs[1:]
			}
			if err := list(w.symbols[name], w.symbols[value], places); err != nil {
				return nil, err
			}
		}
	}
	var table encoding.Encbuf
	table.PutBE32int(count)
	table.PutBytes(entries.Get())
	return &table, nil
}
