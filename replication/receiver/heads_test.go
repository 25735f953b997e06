package receiver

import (
	"strings"
	"testing"

	"foster/replication/wire"
)

func TestHeads(t *testing.T) {
	var h heads
	check := func(kind blockKind, i int, line, want string) {
		t.Helper()
		values, ok := h.cut(kind, i, []byte(line))
		if ok != (want != "") || string(values) != want {
			t.Errorf("cut(%d, %d, %q) = %q, %t; want %q", kind, i, line, values, ok, want)
		}
	}
	check(stored, 0, `SET2 'a' 1 2 A`, "") // nothing is known
	h.learn(stored, 0, []byte(`SET2 'a' `))
	h.learn(stored, 1, []byte(`SET2 'ab' `))
	check(stored, 0, `SET2 'a' 1 2 A`, "1 2 A")
	check(stored, 1, `SET2 'ab' 3 4 A`, "3 4 A")
	check(stored, 0, `SET2 'ab' 3 4 A`, "")
	check(stored, 1, `SET2 'a' 3 4 A`, "")
	check(stored, 2, `SET2 'a' 3 4 A`, "")
	check(stored, 0, `SET2 'a`, "")
	check(collected, 0, `SET2 'a' 1 2 A`, "") // means something else in another block
	h.learn(stored, 3, []byte(`SET2 'd' `))   // out of order
	check(stored, 3, `SET2 'd' 1 2 A`, "")
	h.learn(stored, 0, []byte(`SET2 SLOT:1 'a' `)) // changed: learnt anew
	check(stored, 0, `SET2 SLOT:1 'a' 1 2 A`, "1 2 A")
	check(stored, 1, `SET2 'ab' 3 4 A`, "")
	h.learn(replayed, 0, []byte(`RSET 'a' `))
	check(replayed, 0, `RSET 'a' 1`, "1")
	check(stored, 0, `SET2 SLOT:1 'a' 1 2 A`, "")
	h.learn(replayed, 1, []byte(strings.Repeat("x", maxHeads)))
	h.learn(replayed, 1, nil)
	if len(h.ends) != 1 || len(h.bytes) > maxHeads {
		t.Errorf("%d heads of %d bytes are kept", len(h.ends), len(h.bytes))
	}
}

// TestHead checks that the head of a line is what stands before its first value, and only when it can be cut there.
func TestHead(t *testing.T) {
	for line, want := range map[string]string{
		`SET2 SLOT:3 'a b' 12 # A`: `SET2 SLOT:3 'a b' `,
		`SET2 'a' 12 # A`:          `SET2 'a' `,
		`SET "a" = 5`:              `SET "a" = `,
		"SET\ta=5":                 "SET\ta=",
		`SET "a"5`:                 "", // no blank before the value
		`SET "a" "5"`:              "", // the value is quoted
		`SET "a"`:                  "",
		`SET`:                      "",
		``:                         "",
	} {
		var w wire.Words
		w.Split([]byte(line))
		if got := string(w.Head()); got != want {
			t.Errorf("the head of %q is %q, want %q", line, got, want)
		}
	}
}
