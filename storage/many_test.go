package storage

import (
	"errors"
	"io"
	"testing"
	"time"

	"foster/storage/catalog"
	"foster/storage/query"
)

// drain reads a cursor to its end and returns the number of points and the last one.
func drain(t *testing.T, c query.Cursor) (n int, last query.Point) {
	t.Helper()
	buf := make([]query.Point, 7)
	for c != nil {
		k, err := c.Read(buf)
		if n += k; k > 0 {
			last = buf[k-1]
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return n, last
}

// SelectMany gives what Select gives, of hosts in tiers and in rings.
func TestSelectMany(t *testing.T) {
	s := openStore(t, t.TempDir())
	var dims []*catalog.Dimension
	for n, mode := range []Mode{DBEngine, RAM, DBEngine} {
		for _, id := range []string{"system.cpu", "disk.io"} {
			ch := define(s, n+1, id, "x", "y")
			fill(t, keeping(t, s, ch.Host, mode, 1000), ch, 100, 400)
			dims = append(dims, ch.Dimensions()...)
		}
	}
	empty := define(s, 4, "system.cpu", "x").Dimensions()[0]
	dims = append(dims, empty)
	for _, r := range []Range{
		{After: epoch + 150, Before: epoch + 200}, {After: 0, Before: epoch + 1000}, {After: epoch + 200, Before: epoch + 100},
		{After: epoch, Before: epoch + 400, Step: 60},
	} {
		m, err := s.SelectMany(t.Context(), dims, r)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range dims {
			c, err := m.Cursor(t.Context(), d)
			if err != nil {
				t.Fatal(err)
			}
			n, last := drain(t, c)
			one, err := s.Select(t.Context(), d.Chart, []*catalog.Dimension{d}, r)
			if err != nil {
				t.Fatal(err)
			}
			wantN, wantLast := drain(t, one.Series[0].Cursor)
			if err := one.Close(); err != nil {
				t.Fatal(err)
			}
			if n != wantN || last != wantLast {
				t.Errorf("%+v: %s of %s of %s: %d points up to %+v, want %d up to %+v", r, d.ID, d.Chart.ID, d.Chart.Host.GUID, n, last, wantN, wantLast)
			}
		}
		for range 2 {
			if err := m.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// A read that is open when the store is closed ends with an error, and does not keep the store open.
func TestSelectManyAndClose(t *testing.T) {
	s := openStore(t, t.TempDir())
	ch := define(s, 1, "system.cpu", "x", "y")
	fill(t, keeping(t, s, ch.Host, DBEngine, 0), ch, 100, 1000)
	m, err := s.SelectMany(t.Context(), ch.Dimensions(), Range{After: epoch, Before: epoch + 1000})
	if err != nil {
		t.Fatal(err)
	}
	first, err := m.Cursor(t.Context(), ch.Dimensions()[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.Read(make([]query.Point, 10)); err != nil {
		t.Fatal(err)
	}
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	select {
	case err := <-closed:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the store waits for its readers")
	}
	second, err := m.Cursor(t.Context(), ch.Dimensions()[1])
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []query.Cursor{first, second} {
		if _, err := c.Read(make([]query.Point, 10)); !errors.Is(err, ErrClosed) {
			t.Errorf("read after close: %v", err)
		}
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	if _, err := s.SelectMany(t.Context(), ch.Dimensions(), Range{After: epoch, Before: epoch + 1000}); !errors.Is(err, ErrClosed) {
		t.Errorf("select after close: %v", err)
	}
}
