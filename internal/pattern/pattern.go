// Package pattern implements Netdata's simple patterns: lists of words in
// which * stands for any run of bytes, a leading ! turns a match into a
// refusal, and the first word that matches decides.
//
// Patterns filter charts, hosts, labels and client addresses in configuration
// files and in API parameters. Matching takes time linear in the length of the
// string for each word, whatever the word looks like, so patterns may come
// from a request. A Pattern is immutable and safe for concurrent use.
package pattern

import "strings"

// Separators are the bytes that end a word.
type Separators string

const (
	// Blanks separates the words of a pattern in a configuration file and in
	// the filter parameter of the API.
	Blanks Separators = " \t\n\v\f\r"
	// List separates the words of the API's charts, contexts, dimensions,
	// labels, nodes and instances parameters, where a blank is part of a word.
	List Separators = ",|\t\n\v\f\r"
)

// Pattern is a parsed list of words. The zero value has no words and matches
// nothing.
type Pattern struct {
	source string
	words  []word
}

// word is one alternative. parts are the literals between the stars: a word
// without a star has exactly one, "a*" has "a" and "".
type word struct {
	negative bool
	parts    []string
}

// Parse splits s into words at any byte of sep. Every string is a pattern. A
// backslash makes the next byte part of the word, which is how a separator or
// a leading ! is written literally; a star stays a wildcard even then
// (measured with netdata v1.37.1 -W simple-pattern).
func Parse(s string, sep Separators) Pattern {
	p := Pattern{source: s}
	var text []byte
	for i := 0; i < len(s); {
		if strings.IndexByte(string(sep), s[i]) >= 0 {
			i++
			continue
		}
		negative := s[i] == '!'
		if negative {
			i++
		}
		text = text[:0]
		for i < len(s) && strings.IndexByte(string(sep), s[i]) < 0 {
			if s[i] == '\\' {
				i++
				if i == len(s) {
					break
				}
			}
			text = append(text, s[i])
			i++
		}
		if len(text) > 0 {
			p.words = append(p.words, word{negative: negative, parts: strings.Split(string(text), "*")})
		}
	}
	return p
}

// Empty reports whether the pattern has no words. Where a pattern is optional
// an empty one means "everything", which is for the caller to decide: Match
// answers false.
func (p Pattern) Empty() bool { return len(p.words) == 0 }

// String returns the text the pattern was parsed from.
func (p Pattern) String() string { return p.source }

// Match reports whether s is selected: the first word that matches decides,
// and when none does the answer is false. The empty string never matches, not
// even *.
func (p Pattern) Match(s string) bool {
	if s == "" {
		return false
	}
	for i := range p.words {
		if p.words[i].match(s) {
			return !p.words[i].negative
		}
	}
	return false
}

// MatchAny is Match for something that has several names: the first word that
// matches one of them decides.
func (p Pattern) MatchAny(names ...string) bool {
	for i := range p.words {
		for _, name := range names {
			if name != "" && p.words[i].match(name) {
				return !p.words[i].negative
			}
		}
	}
	return false
}

// match takes the leftmost place for each part. With stars as the only
// wildcard that never has to be undone: an earlier place leaves a longer rest.
func (w *word) match(s string) bool {
	if len(w.parts) == 1 {
		return s == w.parts[0]
	}
	first, last := w.parts[0], w.parts[len(w.parts)-1]
	if len(s) < len(first)+len(last) || !strings.HasPrefix(s, first) || !strings.HasSuffix(s, last) {
		return false
	}
	s = s[len(first) : len(s)-len(last)]
	for _, part := range w.parts[1 : len(w.parts)-1] {
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return true
}
