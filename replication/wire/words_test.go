package wire

import (
	"slices"
	"strings"
	"testing"
)

func words(line string) []string {
	var w Words
	w.Split([]byte(line))
	out := []string{}
	for i := range w.Len() {
		out = append(out, w.Text(i))
	}
	return out
}

func TestSplit(t *testing.T) {
	for _, tc := range []struct {
		line string
		want []string
	}{
		{"", nil},
		{"\n", nil},
		{" \t\r\n", nil},
		{"END\n", []string{"END"}},
		{"END\r\n", []string{"END"}},
		{"  END  ", []string{"END"}},
		{`SET "a" = 5`, []string{"SET", "a", "5"}},
		{`SET a=5`, []string{"SET", "a", "5"}},
		{`SET 'a' 5`, []string{"SET", "a", "5"}},
		{`SET "a"5`, []string{"SET", "a", "5"}},
		{`SET "a"="5"`, []string{"SET", "a", "5"}},
		{`SET "a""b"'c'd`, []string{"SET", "a", "b", "c", "d"}},
		{`CHART "x.y" "" ''  z`, []string{"CHART", "x.y", "", "", "z"}},
		{`a "it's" 'say "x"'`, []string{"a", "it's", `say "x"`}},
		{`a b"c d'e`, []string{"a", `b"c`, `d'e`}},
		{`a "b = c" d`, []string{"a", "b = c", "d"}},
		{`a "b \" c" d`, []string{"a", `b \" c`, "d"}},
		{`a "b \\" c`, []string{"a", `b \\`, "c"}},
		{`a b\ c d`, []string{"a", `b\ c`, "d"}},
		{`a b\`, []string{"a", `b\`}},
		{`a "b\`, []string{"a", `b\`}},
		{`a "unterminated = x`, []string{"a", "unterminated = x"}},
		{`a "`, []string{"a", ""}},
		{"a\fb\vc\td", []string{"a", "b", "c", "d"}},
		{"a=b==c", []string{"a", "b", "c"}},
		{"SET a\x00 = 5", []string{"SET", "a"}},
		{"# comment", []string{"#", "comment"}},
		{"SET2 SLOT:#G 'user' #XWs @EAYHt/W1Yw5 A\n", []string{"SET2", "SLOT:#G", "user", "#XWs", "@EAYHt/W1Yw5", "A"}},
		{`LABEL "_os_version" = 536870913 "12 (bookworm)"`, []string{"LABEL", "_os_version", "536870913", "12 (bookworm)"}},
		{"REND #B #BrAPja #BrAQW6 true  #BrAQWc #BrAQW6 #BrAQW7", []string{"REND", "#B", "#BrAPja", "#BrAQW6", "true", "#BrAQWc", "#BrAQW6", "#BrAQW7"}},
	} {
		if got := words(tc.line); !slices.Equal(got, tc.want) {
			t.Errorf("%q: got %q, want %q", tc.line, got, tc.want)
		}
	}
}

func TestSplitManyWords(t *testing.T) {
	got := words(strings.Repeat("x ", 3*MaxWords))
	if len(got) != MaxWords {
		t.Errorf("%d words of a long line, want %d", len(got), MaxWords)
	}
	var w Words
	w.Split([]byte("a b c"))
	w.Split([]byte("d"))
	if w.Len() != 1 || w.Word(1) != nil || w.Text(2) != "" {
		t.Errorf("words of the line before are left: %d, %q", w.Len(), w.Word(1))
	}
}

func TestSlot(t *testing.T) {
	for _, tc := range []struct {
		line       string
		slot, next int
	}{
		{"SET2 SLOT:#B 'x'", 1, 2},
		{"SET2 SLOT:#BA 'x'", 64, 2},
		{"SET2 SLOT:0x1F 'x'", 31, 2},
		{"SET2 SLOT:17 'x'", 17, 2},
		{"SET2 'x'", 0, 1},
		{"SET2", 0, 1},
		{"SET2 SLOT 'x'", 0, 1},
		{"SET2 SLOT: 'x'", 0, 2},
		{"SET2 SLOT:x 'x'", 0, 2},
		{"SET2 SLOT:-1 'x'", 0, 2},
		{"SET2 SLOT:0 'x'", 0, 2},
		{"SET2 SLOT:1000000 'x'", 1000000, 2},
		{"SET2 SLOT:1000001 'x'", 0, 2},
		{"SET2 SLOT:#P/////////// 'x'", 0, 2},
		{"SET2 SLOT:99999999999999999999 'x'", 0, 2},
	} {
		var w Words
		w.Split([]byte(tc.line))
		if slot, next := w.slot(); slot != tc.slot || next != tc.next {
			t.Errorf("%q: got %d, %d, want %d, %d", tc.line, slot, next, tc.slot, tc.next)
		}
	}
}
