package compress

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/pierrec/lz4/v4"
)

// TestLZ4LinkedBlocks feeds blocks that refer back over block borders, up to
// the full 64 KiB, through far more text than that.
func TestLZ4LinkedBlocks(t *testing.T) {
	var l linker
	var stream bytes.Buffer
	linked, alone := 0, make([]byte, maxPlain)
	for i, m := range messages(21, 1500) {
		block := l.block(m)
		if _, err := lz4.UncompressBlock(block, alone); err != nil {
			linked++ // cannot be decoded alone
		}
		stream.Write(frameOf(block))
		if i%100 == 0 { // as large as agents make them
			stream.Write(frameOf(l.block(bytes.Repeat([]byte{'a' + byte(i/100)}, 16384))))
		}
		if i%500 == 0 { // larger than agents make them
			stream.Write(frameOf(l.block(bytes.Repeat([]byte("larger than the room\n"), 3000))))
		}
	}
	if linked < 1000 || len(l.text) < 8*lz4Window {
		t.Fatalf("the test is too easy: %d linked blocks, %d bytes", linked, len(l.text))
	}
	got, err := decode(LZ4, stream.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, l.text) {
		t.Error("text differs")
	}
}

// TestLZ4HistoryBorder takes a match from exactly 64 KiB - 1 back, after moves
// of the history at all its places.
func TestLZ4HistoryBorder(t *testing.T) {
	for _, size := range []int{1, 7, 1000, 16383, 16384, 16385, 40_000, 65_536} {
		var l lz4Reader
		l.frames = &deframer{algorithm: LZ4}
		var text []byte
		for i := range 2*lz4Buffer/size + 20 {
			var block []byte
			if len(text) < 65535 || size < 16 {
				block = appendSequence(nil, bytes.Repeat([]byte{byte(i)}, size), 0, 0)
			} else {
				block = appendSequence(nil, []byte{byte(i)}, 65535, size-9)
				block = appendSequence(block, []byte("12345678"), 0, 0)
			}
			got, err := l.decode(block)
			if err != nil {
				t.Fatalf("size %d, block %d: %v", size, i, err)
			}
			want := make([]byte, 0, size)
			if len(text) < 65535 || size < 16 {
				want = append(want, bytes.Repeat([]byte{byte(i)}, size)...)
				text = append(text, want...)
			} else {
				start := len(text)
				text = append(text, byte(i))
				for range size - 9 {
					text = append(text, text[len(text)-65535])
				}
				text = append(text, "12345678"...)
				want = append(want, text[start:]...)
			}
			if !bytes.Equal(got, want) {
				t.Fatalf("size %d, block %d: text differs", size, i)
			}
		}
	}
}

func TestLZ4ReferenceBeforeHistory(t *testing.T) {
	for _, offset := range []int{0, 5, 65535} {
		block := appendSequence(nil, []byte("abcd"), offset, 10)
		block = appendSequence(block, []byte("12345678"), 0, 0)
		_, err := decode(LZ4, frameOf(block))
		wantFormatError(t, err, LZ4, "corrupt block", nil)
	}
}

func TestLZ4Bomb(t *testing.T) {
	block := func(size int) []byte {
		b := appendSequence(nil, []byte("x"), 1, size-1-8)
		return appendSequence(b, []byte("12345678"), 0, 0)
	}
	got, err := decode(LZ4, frameOf(block(maxPlain)))
	if err != nil || len(got) != maxPlain {
		t.Errorf("64 KiB: %d bytes, %v", len(got), err)
	}
	for _, size := range []int{maxPlain + 1, 1 << 20, 4_000_000} {
		stream := append(encode(t, LZ4, []byte("END\n")), frameOf(block(size))...)
		got, err := decode(LZ4, stream)
		wantFormatError(t, err, LZ4, "more than 64 KiB come out of a frame", ErrBomb)
		if string(got) != "END\n" {
			t.Errorf("%d bytes came out", len(got))
		}
	}
}

func TestLZ4NothingInside(t *testing.T) {
	_, err := decode(LZ4, frameOf([]byte{0}))
	wantFormatError(t, err, LZ4, "nothing comes out of a frame", nil)
}

// TestLZ4CutBlocks takes off the end of a block, or its beginning.
func TestLZ4CutBlocks(t *testing.T) {
	block := new(linker).block(bytes.Join(messages(3, 20), nil))
	for n := 1; n < len(block); n++ {
		for _, part := range [][]byte{block[:n], block[n:]} {
			if _, err := decode(LZ4, frameOf(part)); err != nil {
				var fe *FormatError
				if !errors.As(err, &fe) || errors.Is(err, ErrBomb) {
					t.Fatalf("%d bytes: %v", n, err)
				}
			}
		}
	}
}

// TestReaderMixesPlainLinesAndLZ4: v1.37 parents look at each message, so
// children may change between frames and lines.
func TestReaderMixesPlainLinesAndLZ4(t *testing.T) {
	var l linker
	var stream, want bytes.Buffer
	for i, m := range messages(9, 400) {
		if i%3 == 1 { // is no part of the history
			line := []byte("SET 'plain' = 1\n")
			stream.Write(line)
			want.Write(line)
		}
		stream.Write(frameOf(l.block(m)))
		want.Write(m)
	}
	stream.WriteString("no newline at the end")
	want.WriteString("no newline at the end")
	for _, most := range []int{1, 3, 100, 100_000} {
		p := &paced{t: t, pieces: [][]byte{}}
		for b := bytes.Clone(stream.Bytes()); len(b) > 0; {
			n := min(len(b), most)
			p.pieces = append(p.pieces, b[:n])
			b = b[n:]
		}
		got, err := readRandom(NewReader(p, LZ4), rand.New(rand.NewPCG(uint64(most), 0)), 5000)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want.Bytes()) {
			t.Error("text differs")
		}
	}

	// A plain line is delivered as it comes.
	p := &paced{t: t, ends: []int{0, 0, 0, 0}, texts: []int{0, 0, 0, 0}}
	block := new(linker).block([]byte("BEGIN a.b\n"))
	p.pieces = [][]byte{frameOf(block), []byte("S"), []byte("ET\nEN"), []byte("D\n")}
	at, text := 0, 0
	for i, n := range []int{10, 1, 5, 2} {
		at += len(p.pieces[i])
		text += n
		p.ends[i], p.texts[i] = at, text
	}
	r := NewReader(p, LZ4)
	for p.delivered < 18 {
		n, err := r.Read(make([]byte, 100))
		if err != nil {
			t.Fatal(err)
		}
		p.delivered += n
	}
}

func TestLZ4PlainSize(t *testing.T) {
	f := func(name string, block []byte, want int, wantOK bool) {
		t.Helper()
		if n, ok := lz4PlainSize(block); ok != wantOK || ok && n != want {
			t.Errorf("%s: %d, %v; want %d, %v", name, n, ok, want, wantOK)
		}
	}
	whole := appendSequence(appendSequence(nil, make([]byte, 300), 1, 1000), make([]byte, 15), 0, 0)
	f("whole", whole, 1315, true)
	f("empty last sequence", []byte{0}, 0, true)
	f("literals cut", whole[:200], 0, false)
	f("offset cut", whole[:304], 0, false)
	f("match length cut", whole[:306], 0, false)
	f("literal length cut", []byte{0xF0, 255}, 0, false)
	f("ends with a match", []byte{0x10, 'a', 1, 0}, 5, true)
	f("ends inside an offset", []byte{0x10, 'a', 1}, 0, false)
}

// TestLZ4ReadDoesNotAllocate reads recorded frames in the steady state.
func TestLZ4ReadDoesNotAllocate(t *testing.T) {
	var stream bytes.Buffer
	for _, m := range messages(1, 3000) {
		stream.Write(encode(t, LZ4, m))
	}
	r := NewReader(&stream, LZ4)
	buf := make([]byte, 1000)
	r.Read(buf)
	got := testing.AllocsPerRun(1000, func() {
		if _, err := r.Read(buf); err != nil {
			t.Fatal(err)
		}
	})
	if got != 0 {
		t.Errorf("%v allocations in a Read", got)
	}
}
