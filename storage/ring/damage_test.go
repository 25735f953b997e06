package ring

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"foster/replication/wire"
	"foster/storage/query"
)

// value is what the tests of damage store: it follows from dimension and time, so that what was invented is found out.
func value(dim int, at int64) float64 { return float64(at%10_000) + float64(dim)/16 }

// fillChart stores the points of a chart that end in (from, to].
func fillChart(t testing.TB, h *Host, chart string, dims int, from, to int64) {
	t.Helper()
	w := h.Writer()
	for at := from + 1; at <= to; at++ {
		for d := range dims {
			if err := add(t, w, chart, fmt.Sprint("d", d), 1, at, value(d, at), wire.Flags(0)); err != nil {
				t.Fatal(err)
			}
		}
	}
	commit(t, w)
}

// genuine counts the points of a chart and complains of those that were never stored.
func genuine(t testing.TB, h *Host, chart string, dims int) (points int) {
	t.Helper()
	for d := range dims {
		for _, p := range read(t, h, chart, fmt.Sprint("d", d), 0, math.MaxInt64) {
			points++
			if p.Sum != value(d, p.End) || p.Reset || p.Anomalous != 0 {
				t.Errorf("dimension %d of %s has %+v", d, chart, p)
			}
		}
	}
	return points
}

// TestTornFiles changes mapped files as a power cut does, sector by sector and worse: no value is ever invented, and
// what is not damaged is there.
func TestTornFiles(t *testing.T) {
	const dims, entries = 5, 300
	dir := filepath.Join(t.TempDir(), "rings")
	o := options(t, entries, dir)
	o.Logger = slog.New(slog.DiscardHandler)
	older, newer := map[string][]byte{}, map[string][]byte{}
	keep := func(files map[string][]byte) {
		list, _ := filepath.Glob(filepath.Join(dir, "*"))
		for _, f := range list {
			files[f], _ = os.ReadFile(f)
		}
	}
	h := newHost(t, o)
	fillChart(t, h, "a.b", dims-1, epoch, epoch+400)
	keep(older)
	fillChart(t, h, "a.b", dims, epoch+400, epoch+550)
	keep(newer)
	h.Close()
	if len(newer) != 1 {
		t.Fatalf("files %v", newer)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	whole := 0
	for path, now := range newer {
		for round := range 400 {
			b := bytes.Clone(now)
			switch round % 4 {
			case 0: // sectors of an earlier time, when the file was as long
				if then := older[path]; len(then) == len(b) {
					for at := 0; at < len(b); at += 512 {
						if rnd.IntN(3) == 0 {
							copy(b[at:min(at+512, len(b))], then[at:])
						}
					}
				}
			case 1: // sectors that were never written
				for range 1 + rnd.IntN(5) {
					at := rnd.IntN(len(b)) / 512 * 512
					clear(b[at:min(at+512, len(b))])
				}
			case 2: // bits
				for range 1 + rnd.IntN(20) {
					b[rnd.IntN(len(b))] ^= 1 << rnd.IntN(8)
				}
			case 3:
				b = b[:rnd.IntN(len(b))]
			}
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			h := newHost(t, o)
			n := genuine(t, h, "a.b", dims)
			if n == entries*(dims-1)+150 {
				whole++
			}
			if round%4 == 1 && n == 0 && bytes.Equal(b[:4096], now[:4096]) {
				t.Error("a file with a few empty sectors has nothing")
			}
			// It goes on: what is there stays, a column that lost its name begins empty.
			fillChart(t, h, "a.b", dims, epoch+550, epoch+560)
			if n := genuine(t, h, "a.b", dims); n < 10*dims {
				t.Errorf("%d points after ten rows were added", n)
			}
			h.Close()
			if t.Failed() {
				t.Fatalf("round %d", round)
			}
		}
	}
	if whole == 400 {
		t.Error("nothing was damaged")
	}
}

// TestMappedFaults: a mapped file that is cut while it is used is an error, and the ring goes on in memory.
func TestMappedFaults(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "rings")
	o := options(t, 3000, dir)
	o.Logger = slog.New(slog.DiscardHandler)
	h := newHost(t, o)
	defer h.Close()
	fillChart(t, h, "a.b", 3, epoch, epoch+2000)
	fillChart(t, h, "a.c", 3, epoch, epoch+100)
	if err := os.Truncate(h.path("a.b", 1), 4096); err != nil {
		t.Fatal(err)
	}
	if n, err := h.Select("a.b", "d0", 0, math.MaxInt64).Read(make([]query.Point, 100)); !errors.Is(err, errFault) {
		t.Errorf("read %d points, %v", n, err)
	}
	w := h.Writer()
	add(t, w, "a.c", "d0", 1, epoch+101, value(0, epoch+101), 0)
	add(t, w, "a.b", "d0", 1, epoch+2001, value(0, epoch+2001), 0)
	if _, err := w.Commit(); !errors.Is(err, errFault) {
		t.Fatalf("commit: %v", err)
	}
	add(t, w, "a.b", "d0", 1, epoch+2001, value(0, epoch+2001), 0)
	commit(t, w)
	if n := genuine(t, h, "a.b", 3); n != 1 {
		t.Errorf("%d points", n)
	}
	if n := genuine(t, h, "a.c", 3); n != 301 {
		t.Errorf("%d points of the other chart", n)
	}
}

// A directory that cannot be written leaves the points in memory.
func TestNoSpaceForFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	o := options(t, 100, "")
	o.Logger = slog.New(slog.DiscardHandler)
	h := newHost(t, o)
	h.opts.Dir = filepath.Join(dir, "rings")
	fillChart(t, h, "a.b", 3, epoch, epoch+50)
	if n := genuine(t, h, "a.b", 3); n != 150 {
		t.Errorf("%d points", n)
	}
}

// Every file that is not exactly as it was written is refused.
func TestSavedFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "host.save")
	o := options(t, 100, "")
	if _, err := Load(path, guid, o); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	h := newHost(t, o)
	fillChart(t, h, "a.b", 3, epoch, epoch+30)
	fillChart(t, h, "a.c", 20, epoch, epoch+5)
	if err := h.Save(path, guid); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path, "other", o); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a file of another host: %v", err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range b {
		bad := bytes.Clone(b)
		bad[i] ^= 0x41
		if _, err := load(bytes.NewReader(bad), guid, o); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("byte %d of %d changed: %v", i, len(b), err)
		}
		if _, err := load(bytes.NewReader(b[:i]), guid, o); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("cut after byte %d of %d: %v", i, len(b), err)
		}
	}
	got, err := load(bytes.NewReader(b), guid, o)
	if err != nil {
		t.Fatal(err)
	}
	if genuine(t, got, "a.b", 3) != 90 || genuine(t, got, "a.c", 20) != 100 {
		t.Error("points are missing")
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*"+tempSuffix)); len(left) != 0 {
		t.Errorf("files are left: %v", left)
	}
}

// FuzzLoad loads anything as a saved file. The checksums of its records are made right, so that their content is reached.
func FuzzLoad(f *testing.F) {
	h := newHost(f, options(f, 20, ""))
	fillChart(f, h, "a.b", 3, epoch, epoch+30)
	w := h.Writer()
	add(f, w, "a.b", "d1", 1, epoch+31, 1, wire.Anomalous)
	add(f, w, "a.b", "d1", 7, epoch+37, 1, wire.Reset)
	commit(f, w)
	path := filepath.Join(f.TempDir(), "host.save")
	if err := h.Save(path, guid); err != nil {
		f.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(b[:len(b)/2])
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<16 {
			return
		}
		b = bytes.Clone(b)
		for at := 0; at+recordHead <= len(b); {
			end := int64(at) + recordHead + int64(binary.LittleEndian.Uint32(b[at:]))
			if end > int64(len(b)) {
				break
			}
			binary.LittleEndian.PutUint32(b[at+4:], checksum(b[at+8:end]))
			at = int(end)
		}
		h, err := load(bytes.NewReader(b), guid, Options{Entries: 20, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Errorf("error %v", err)
			}
			return
		}
		for _, c := range h.list() {
			s := c.Span()
			for _, name := range c.names {
				last := int64(0)
				for _, p := range read(t, h, c.id, name, 0, math.MaxInt64) {
					if p.End <= last || p.End < s.First || p.End > s.Last || math.IsNaN(p.Sum) || math.IsInf(p.Sum, 0) {
						t.Errorf("%s has %+v behind %d, and spans %+v", name, p, last, s)
					}
					last = p.End
				}
			}
		}
	})
}

// FuzzMapped opens anything as a mapped file.
func FuzzMapped(f *testing.F) {
	dir := filepath.Join(f.TempDir(), "rings")
	h := newHost(f, options(f, 20, dir))
	fillChart(f, h, "a.b", 3, epoch, epoch+30)
	b, err := os.ReadFile(h.path("a.b", 1))
	if err != nil {
		f.Fatal(err)
	}
	h.Close()
	f.Add(b)
	path := filepath.Join(f.TempDir(), "fuzzed")
	f.Fuzz(func(t *testing.T, b []byte) {
		var hd head
		if len(b) < headSize || len(b) > 1<<16 {
			return
		}
		b = bytes.Clone(b)
		if hd.get(b); int64(headSize)+int64(hd.ID) <= int64(len(b)) {
			binary.NativeEndian.PutUint32(b[8:], checksum(b[12:headSize+hd.ID]))
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		r, _, names, err := openRows(path)
		if err != nil {
			return
		}
		defer r.close()
		r.each(func(n, at int64, cells []cell) {
			if at/r.every != n || n > r.last || n < r.first {
				t.Errorf("row %d of %d to %d at %d", n, r.first, r.last, at)
			}
			for _, c := range cells {
				if int(c.column) >= len(names) || names[c.column] == "" || !finite(c.word) {
					t.Errorf("row %d has %+v", n, c)
				}
			}
		})
	})
}

// TestConcurrentReaders reads while a writer stores, widens, frees and closes: run it with the race detector.
func TestConcurrentReaders(t *testing.T) {
	places(t, func(t *testing.T, dir string) {
		h := newHost(t, options(t, 50, dir))
		stop := make(chan struct{})
		var wg sync.WaitGroup
		for r := range 4 {
			wg.Go(func() {
				buf := make([]query.Point, 8)
				for {
					select {
					case <-stop:
						return
					default:
					}
					for d := range 30 {
						c := h.Select(fmt.Sprint("a.c", r%2), fmt.Sprint("d", d), 0, math.MaxInt64)
						last := int64(0)
						for {
							n, err := c.Read(buf)
							for _, p := range buf[:n] {
								if p.Sum != value(d, p.End) || p.End <= last {
									t.Errorf("dimension %d has %+v behind %d", d, p, last)
									return
								}
								last = p.End
							}
							if err != nil {
								if !errors.Is(err, io.EOF) && !errors.Is(err, ErrClosed) {
									t.Error(err)
									return
								}
								break
							}
						}
					}
					_, _ = h.Spans()
					h.Bytes()
				}
			})
		}
		for i := range int64(1000) {
			fillChart(t, h, fmt.Sprint("a.c", i%2), 1+int(i/40), epoch+i, epoch+i+1)
			if i%300 == 299 {
				h.Free("a.c1")
			}
		}
		if err := h.Close(); err != nil {
			t.Error(err)
		}
		close(stop)
		wg.Wait()
	})
}
